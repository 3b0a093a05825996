//! Short notes at the bottom that go away by themselves.

use egui::{Align2, Area, Frame, Id, Order, Ui, accesskit, vec2};

use super::{
    action::Action,
    theme::{self, SPACE_L, SPACE_M, SPACE_S, Type, palette},
    widgets::{button, icon::Icon, text},
};

/// Seconds a note stays: long enough to read two sentences.
const STAYS: f64 = 6.0;
const WIDTH: f32 = 420.0;

/// The notes that are visible.
#[derive(Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
    next: u64,
}

#[derive(Debug)]
struct Toast {
    id: u64,
    text: String,
    /// When it goes away, by egui's time; set when it is first drawn.
    until: Option<f64>,
}

impl Toasts {
    /// Shows a sentence.
    pub fn push(&mut self, text: String) {
        if self.shown.iter().any(|toast| toast.text == text && toast.until.is_none()) {
            return;
        }
        self.shown.push(Toast { id: self.next, text, until: None });
        self.next += 1;
    }

    /// Closes one.
    pub fn dismiss(&mut self, id: u64) {
        self.shown.retain(|toast| toast.id != id);
    }

    /// Draws them over everything, `above` points from the bottom.
    pub fn ui(&mut self, ui: &mut Ui, above: f32, actions: &mut Vec<Action>) {
        let now = ui.input(|input| input.time);
        self.shown.retain(|toast| toast.until.is_none_or(|until| until > now));
        let area = ui.ctx().content_rect();
        let mut bottom = -above;
        for toast in &mut self.shown {
            let until = *toast.until.get_or_insert(now + STAYS);
            let left = std::time::Duration::from_secs_f64((until - now).max(0.0));
            ui.ctx().request_repaint_after(left);
            let shown = Area::new(Id::unique(("toast", toast.id)))
                .order(Order::Foreground)
                .anchor(Align2::CENTER_BOTTOM, vec2(0.0, bottom))
                .show(ui.ctx(), |ui| toast_ui(ui, toast, area.width().min(WIDTH), actions));
            bottom -= shown.response.rect.height() + SPACE_S;
        }
    }
}

fn toast_ui(ui: &mut Ui, toast: &Toast, width: f32, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    Frame::new()
        .fill(colors.text)
        .corner_radius(theme::RADIUS)
        .inner_margin(egui::Margin { left: SPACE_L as i8, right: 4, top: 4, bottom: 4 })
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let wrap = width - SPACE_L - theme::TOUCH - 4.0 * SPACE_M;
                let words = text::layout(ui, &toast.text, Type::Body, colors.page, wrap);
                let space = Frame::new().inner_margin(egui::Margin::symmetric(0, SPACE_S as i8));
                let response = space.show(ui, |ui| ui.add(egui::Label::new(words))).inner;
                ui.ctx().accesskit_node_builder(response.id, |node| {
                    node.set_live(accesskit::Live::Polite);
                });
                ui.scope(|ui| {
                    // The note has the colors of the other theme.
                    let other =
                        if ui.visuals().dark_mode { egui::Theme::Light } else { egui::Theme::Dark };
                    *ui.visuals_mut() = ui.ctx().style_of(other).visuals.clone();
                    if button::icon(ui, Icon::Close, "Dismiss").clicked() {
                        actions.push(Action::Dismiss(toast.id));
                    }
                });
            });
        });
}
