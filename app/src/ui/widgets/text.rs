//! Words: laid out, elided, centered.

use std::sync::Arc;

use egui::{
    Align, Color32, Galley, Label, Response, RichText, TextFormat, Ui, WidgetInfo,
    accesskit::Role,
    text::{LayoutJob, TextWrapping},
};

use super::badge::TICK;
use crate::{
    model::{VERIFIED, spoken},
    ui::{
        pictures,
        theme::{Type, palette},
    },
};

/// `text` in lines no wider than `width` points. Words longer than that are broken.
pub fn layout(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let job = LayoutJob::simple(text.to_owned(), kind.font(ui), color, width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// `text` in which the sign of the verified may stand, to be laid out. Of other words, such a sign in
/// them is not to be drawn: whoever wrote them could pretend.
fn signed_job(ui: &Ui, text: &str, kind: Type, color: Color32) -> LayoutJob {
    let font = kind.font(ui);
    let sign = pictures::font(ui, font.size * 0.9);
    let mut job = LayoutJob::default();
    for (nth, part) in text.split(VERIFIED).enumerate() {
        if let (Some(sign), true) = (&sign, nth > 0) {
            let format = TextFormat::simple(sign.clone(), palette(ui).connected);
            job.append(&TICK.to_string(), 0.0, format);
        }
        job.append(part, 0.0, TextFormat::simple(font.clone(), color));
    }
    job
}

/// The same as [`line()`] with the signs of those who are verified.
pub fn signed_line(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = signed_job(ui, &text.replace('\n', " "), kind, color);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The same as [`layout()`], each line in the middle, with the signs of those who are verified.
pub fn signed_centered(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = signed_job(ui, text, kind, color);
    job.wrap.max_width = width;
    job.halign = Align::Center;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The same as [`small`] with the signs of those who are verified.
pub fn signed_small(ui: &mut Ui, text: &str) -> Response {
    let job = signed_job(ui, text, Type::Small, palette(ui).muted);
    let response = ui.add(Label::new(job).wrap());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, spoken(text)));
    response
}

/// `text` in one line no wider than `width` points, with an ellipsis if need be.
pub fn line(ui: &Ui, text: &str, kind: Type, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), kind.font(ui), color);
    job.wrap = TextWrapping::truncate_at_width(width.max(1.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The same, where the words that `end` it are never cut off.
pub fn line_with_end(
    ui: &Ui,
    text: &str,
    end: &str,
    kind: Type,
    color: Color32,
    width: f32,
) -> Arc<Galley> {
    let whole = line(ui, text, kind, color, f32::INFINITY);
    let Some(start) = text.strip_suffix(end).filter(|start| !start.is_empty() && !end.is_empty())
    else {
        return line(ui, text, kind, color, width);
    };
    if whole.size().x <= width {
        return whole;
    }
    let chars: Vec<char> = start.chars().collect();
    let cut = |len: usize| {
        let start: String = chars.iter().take(len).collect();
        line(ui, &format!("{}\u{2026}{end}", start.trim_end()), kind, color, f32::INFINITY)
    };
    let lens: Vec<usize> = (1..chars.len()).collect();
    let fitting = lens.partition_point(|len| cut(*len).size().x <= width);
    line(ui, cut(fitting.max(1)).text(), kind, color, width)
}

/// The big line of a page.
pub fn display(ui: &mut Ui, text: &str) -> Response {
    ui.add(
        Label::new(RichText::new(text).text_style(Type::Display.style()).color(palette(ui).text))
            .wrap(),
    )
}

/// A heading within a page.
pub fn title(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).heading().color(palette(ui).text)).wrap())
}

/// A heading about something that went wrong.
pub fn problem_title(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).heading().color(palette(ui).danger)).wrap())
}

/// A sentence.
pub fn body(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(palette(ui).text)).wrap())
}

/// A sentence that may be skipped.
pub fn hint(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(palette(ui).muted)).wrap())
}

/// A lesser remark.
pub fn small(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).small().color(palette(ui).muted)).wrap())
}

/// A sentence about something that went wrong.
pub fn problem(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).color(palette(ui).danger)).wrap())
}
