//! Telling the admins about somebody, and what they were told.

use egui::Ui;
use engine::{Command, MAX_REPORT_LEN, PeerId, RoomId};

use super::{
    action::Action,
    layout,
    route::Route,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XS},
    widgets::{
        button::{self, Weight},
        card::card,
        field,
        icon::Icon,
        text,
    },
};
use crate::model::{VERIFIED, spoken};

/// Reports that were seen to and are still listed.
const MAX_DONE: usize = 10;
/// A text longer than this says how long it may get.
const NEARLY_FULL: usize = MAX_REPORT_LEN - 100;

/// What the screen shows on which somebody tells the admins something.
#[derive(Debug)]
pub struct ReportView {
    /// The room.
    pub room: RoomId,
    /// About whom.
    pub about: PeerId,
    /// What they are called.
    pub name: String,
    /// Who reads it: "Bea, Cem"; empty if there is nobody.
    pub readers: String,
    /// Whether it is on its way.
    pub is_sending: bool,
}

/// One report, as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Who reports,
    pub by: PeerId,
    /// and where in their log.
    pub seq: u64,
    /// What they are called.
    pub by_name: String,
    /// About whom.
    pub about: PeerId,
    /// What those are called: "Cem", "you".
    pub about_name: String,
    /// When: "4 min ago".
    pub when: String,
    /// In which words.
    pub text: String,
    /// What the one it is about had said last.
    pub last_words: Option<String>,
    /// Whether it was seen to.
    pub is_done: bool,
}

/// Shows where to write to the admins.
pub fn report_ui(ui: &mut Ui, view: &ReportView, draft: &mut String, actions: &mut Vec<Action>) {
    let name = &view.name;
    layout::titled_bar(ui, true, &format!("Report {name}"), actions);
    layout::column(ui, "report", |ui| {
        if view.readers.is_empty() {
            text::body(ui, &format!("There is no admin in this room but you and {name}."));
            text::hint(ui, "You can block them, or leave the room.");
            return;
        }
        text::body(ui, &format!("Only the admins can read this: {}.", view.readers));
        text::hint(
            ui,
            &format!(
                "{name} is not told. Others could find out that you told the admins something, but \
                 not what, nor about whom. The admins see who you are."
            ),
        );
        ui.add_space(SPACE_M);
        ui.scope(|ui| field::lines(ui, "What happened?", draft));
        let len = draft.trim().len();
        if len > MAX_REPORT_LEN {
            text::problem(ui, &format!("{} bytes too long", len - MAX_REPORT_LEN));
        } else if len > NEARLY_FULL {
            text::small(ui, &format!("{len} of {MAX_REPORT_LEN} bytes"));
        }
        ui.add_space(SPACE_M);
        let can_send = len > 0 && len <= MAX_REPORT_LEN && !view.is_sending;
        let send = ui.add_enabled_ui(can_send, |ui| {
            button::wide(ui, Weight::Primary, Some(Icon::Send), "Tell the admins")
        });
        if can_send && send.inner.clicked() {
            let (room, member) = (view.room, view.about);
            let text = draft.trim().to_owned();
            actions.push(Action::Report(Command::Report { room, member, text }));
        }
    });
}

/// What the admins were told and nobody has seen to, above the members.
pub fn reports_ui(ui: &mut Ui, room: RoomId, rows: &[ReportRow], actions: &mut Vec<Action>) {
    let open: Vec<_> = rows.iter().filter(|row| !row.is_done).collect();
    if open.is_empty() {
        return;
    }
    text::title(ui, "Reports");
    text::small(ui, "Only admins see them. Those they are about are not told.");
    ui.add_space(SPACE_XS);
    for row in open {
        row_ui(ui, room, row, actions);
        ui.add_space(SPACE_XS);
    }
    ui.add_space(SPACE_L);
}

/// Those that were seen to, below the members.
pub fn done_ui(ui: &mut Ui, room: RoomId, rows: &[ReportRow], actions: &mut Vec<Action>) {
    let mut done = rows.iter().filter(|row| row.is_done).peekable();
    if done.peek().is_none() {
        return;
    }
    ui.add_space(SPACE_L);
    text::title(ui, "Reports that are done");
    text::small(ui, "Done on this device: other admins see to theirs.");
    ui.add_space(SPACE_XS);
    for row in done.take(MAX_DONE) {
        row_ui(ui, room, row, actions);
        ui.add_space(SPACE_XS);
    }
}

fn row_ui(ui: &mut Ui, room: RoomId, row: &ReportRow, actions: &mut Vec<Action>) {
    let head = format!("{} about {}, {}", row.by_name, row.about_name, row.when);
    card(ui, |ui| {
        text::signed_small(ui, &head);
        if row.is_done {
            text::hint(ui, &row.text);
        } else {
            text::body(ui, &row.text);
        }
        if let Some(words) = &row.last_words {
            // Their words may hold anything.
            let words = words.replace(VERIFIED, "");
            let said = format!("{} had last said: \u{201c}{words}\u{201d}", row.about_name);
            text::signed_small(ui, &said);
        }
        ui.add_space(SPACE_S);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.y = SPACE_S;
            let card = "Open their card";
            let named = |what: &str| format!("{what}: {}", spoken(&head));
            if button::named(ui, Weight::Plain, card, &named(card)).clicked() {
                actions.push(Action::Open(Route::Member(room, row.about)));
            }
            let done = if row.is_done { "Not done yet" } else { "Done" };
            if button::named(ui, Weight::Plain, done, &named(done)).clicked() {
                let (by, seq, is_done) = (row.by, row.seq, !row.is_done);
                actions.push(Action::Command(Command::SetReportDone { room, by, seq, is_done }));
            }
        });
    });
}
