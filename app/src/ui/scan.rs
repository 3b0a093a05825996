//! Looking for a QR: with the camera, in a picture, on the clipboard or on the screen.

use egui::{
    Color32, Rect, Sense, Shape, TextureId, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{
    action::{Action, ScanFrom},
    layout,
    nearby::{NearbyRow, nearby_ui},
    permit::permit_ui,
    theme::{self, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, palette},
    widgets::{
        button::{self, Weight},
        field,
        icon::Icon,
        text,
    },
};
use crate::host::{Permission, PermissionState};

const MAX_PREVIEW: f32 = 420.0;

/// What the scan screen shows.
#[derive(Debug, Default)]
pub struct ScanView {
    /// Where it is looking, if it is.
    pub from: Option<ScanFrom>,
    /// What it sees, and how many pixels that has.
    pub preview: Option<(TextureId, Vec2)>,
    /// Why it sees or finds nothing, as a sentence.
    pub problem: Option<String>,
    /// On whose screen the code is, if it is to be that of a person.
    pub of: Option<String>,
    /// Where it could look.
    pub can: Vec<ScanFrom>,
    /// Rooms that need no code, since they are open to people nearby.
    pub nearby: Vec<NearbyRow>,
    /// What is not permitted and would help.
    pub permits: Vec<(Permission, PermissionState)>,
}

impl ScanView {
    fn missing(&self, of: Permission) -> Option<(Permission, PermissionState)> {
        self.permits.iter().copied().find(|(missing, _)| *missing == of)
    }
}

/// Shows what the camera sees, and the other ways to a code.
pub fn scan_ui(ui: &mut Ui, view: &ScanView, link: &mut String, actions: &mut Vec<Action>) {
    let title = view
        .of
        .as_ref()
        .map_or_else(|| "Scan a code".to_owned(), |name| format!("Scan the code of {name}"));
    layout::titled_bar(ui, true, &title, actions);
    layout::column(ui, "scan", |ui| {
        let side = ui.available_width().min(MAX_PREVIEW);
        ui.vertical_centered(|ui| finder_ui(ui, view, side));
        ui.add_space(SPACE_M);
        match (&view.problem, view.from) {
            (Some(problem), _) => {
                ui.vertical_centered(|ui| text::problem(ui, problem));
            }
            (None, Some(ScanFrom::Screen)) => {
                ui.vertical_centered(|ui| {
                    text::hint(ui, "Looking at your screen. Bring the code into view.");
                });
            }
            (None, Some(ScanFrom::Camera)) => {
                ui.vertical_centered(|ui| text::hint(ui, "Point the camera at the code."));
            }
            (None, Some(_)) => {
                ui.vertical_centered(|ui| text::hint(ui, "Reading the picture."));
            }
            (None, None) => match view.missing(Permission::Camera) {
                Some(missing) => permit_ui(ui, missing, actions),
                None => {
                    ui.vertical_centered(|ui| {
                        text::hint(ui, "Choose where to look. You can also drop a picture here.");
                    });
                }
            },
        }
        ui.add_space(SPACE_L);
        ways_ui(ui, view, actions);
        if !view.nearby.is_empty() {
            // Below what the person came for, which no stranger can push away.
            ui.add_space(SPACE_L);
            nearby_ui(ui, &view.nearby, actions);
        }
        if let Some(missing) = view.missing(Permission::Nearby) {
            ui.add_space(SPACE_L);
            permit_ui(ui, missing, actions);
        }
        ui.add_space(SPACE_L);
        link_ui(ui, view, link, actions);
    });
}

/// The camera's picture behind four corners, cut to a square.
fn finder_ui(ui: &mut Ui, view: &ScanView, side: f32) {
    let colors = palette(ui);
    let height = if view.preview.is_some() { side } else { side * 0.62 };
    let (rect, response) = ui.allocate_exact_size(vec2(side, height), Sense::hover());
    let label = if view.preview.is_some() { "Camera picture" } else { "No camera picture" };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
    ui.painter().rect_filled(rect, 20, colors.raised);
    if let Some((texture, size)) = view.preview {
        let mut image = egui::epaint::RectShape::filled(rect, 20, Color32::WHITE);
        image.brush = Some(
            egui::epaint::Brush { fill_texture_id: texture, uv: middle(size, rect.size()) }.into(),
        );
        ui.painter().add(Shape::Rect(image));
    } else {
        let icon = Rect::from_center_size(rect.center(), Vec2::splat(56.0));
        Icon::Scan.paint(ui.painter(), icon, colors.muted);
        return;
    }
    corners(ui, Rect::from_center_size(rect.center(), Vec2::splat(side * 0.7)));
}

/// The part of a picture of `size` that fills a frame of another shape.
fn middle(size: Vec2, frame: Vec2) -> Rect {
    let scale = (frame.x / size.x).max(frame.y / size.y);
    let share = frame / (size * scale);
    Rect::from_center_size(pos2(0.5, 0.5), share)
}

fn corners(ui: &Ui, rect: Rect) {
    let arm = rect.width() * 0.14;
    for (corner, x, y) in [
        (rect.left_top(), 1.0, 1.0),
        (rect.right_top(), -1.0, 1.0),
        (rect.left_bottom(), 1.0, -1.0),
        (rect.right_bottom(), -1.0, -1.0),
    ] {
        let points = vec![corner + vec2(x * arm, 0.0), corner, corner + vec2(0.0, y * arm)];
        // Dark under light, to be seen on any picture.
        ui.painter().line(points.clone(), (6.0, theme::FRAME_SHADOW));
        ui.painter().line(points, (3.0, theme::QR_LIGHT));
    }
}

fn ways_ui(ui: &mut Ui, view: &ScanView, actions: &mut Vec<Action>) {
    let ways = [
        (ScanFrom::Camera, Icon::Scan, "Use the camera"),
        (ScanFrom::File, Icon::Image, "Choose a picture"),
        (ScanFrom::Clipboard, Icon::Paste, "Paste a picture or link"),
        (ScanFrom::Screen, Icon::Screen, "Scan my screen"),
    ];
    let is_live = |way| view.from == Some(way) && view.problem.is_none();
    let may = |way| way != ScanFrom::Camera || view.missing(Permission::Camera).is_none();
    for (way, icon, label) in ways {
        if view.can.contains(&way) && may(way) && !is_live(way) {
            if button::wide(ui, Weight::Plain, Some(icon), label).clicked() {
                actions.push(Action::Scan(way));
            }
            ui.add_space(SPACE_XS);
        }
    }
}

fn link_ui(ui: &mut Ui, view: &ScanView, link: &mut String, actions: &mut Vec<Action>) {
    let (name, hint, deed) = match view.of {
        None => ("Or type an invite link", "FESTIVAL:...", "Join"),
        Some(_) => ("Or type the code", "FESTIVALME:...", "Check"),
    };
    let response = ui.scope(|ui| field::line(ui, name, hint, link)).inner;
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    ui.add_space(SPACE_S);
    let has_link = !link.trim().is_empty();
    let join = ui.add_enabled_ui(has_link, |ui| button::wide(ui, Weight::Primary, None, deed));
    if has_link && (join.inner.clicked() || entered) {
        actions.push(Action::Join(link.clone()));
    }
}

/// What is shown over everything while a picture is dragged over the window.
pub fn drop_ui(ui: &mut Ui) {
    let area = ui.ctx().content_rect();
    let painter = ui
        .ctx()
        .layer_painter(egui::LayerId::new(egui::Order::Foreground, ui.scope_id().with("drop")));
    let colors = palette(ui);
    painter.rect_filled(area, 0.0, colors.shade);
    let words = text::line(
        ui,
        "Drop the picture to look for a code in it",
        theme::Type::Title,
        colors.text,
        area.width() - 4.0 * SPACE_L,
    );
    let card = Rect::from_center_size(area.center(), words.size() + vec2(48.0, 40.0));
    painter.rect_filled(card, 20, colors.surface);
    painter.rect_stroke(card, 20, (2.0, colors.accent), egui::StrokeKind::Inside);
    painter.galley(card.center() - words.size() / 2.0, words, colors.text);
}
