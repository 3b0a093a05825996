//! What owner and admins can switch for everybody in a room, and how it is for all others.

use egui::Ui;
use engine::{Command, KeptFor, RoomId, RoomOption, RoomOptions};

use super::{
    action::{Action, Grave},
    layout,
    route::Route,
    theme::{SPACE_M, SPACE_S, SPACE_XS},
    widgets::{
        button::{self, Weight},
        card::card,
        icon::Icon,
        sure::{Sure, sure},
        text,
    },
};

/// What the screen of a room's options shows.
#[derive(Debug)]
pub struct OptionsView<'a> {
    /// The room.
    pub room: RoomId,
    /// Its name.
    pub name: &'a str,
    /// How they are.
    pub options: RoomOptions,
    /// Who may switch them, if this device's person may not: "Bea, Cem".
    pub admins: Option<String>,
    /// Whether the person may be about to have newcomers let in one by one.
    pub is_asked: bool,
}

/// The way to this screen.
pub(super) fn way_ui(ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
    if button::wide(ui, Weight::Plain, Some(Icon::Settings), "Room options").clicked() {
        actions.push(Action::Open(Route::Options(room)));
    }
}

/// Shows the options.
pub fn options_ui(ui: &mut Ui, view: &OptionsView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, &format!("Options of {}", view.name), actions);
    layout::column(ui, "options", |ui| {
        text::hint(
            ui,
            &match &view.admins {
                None => "They hold for everybody in the room.".to_owned(),
                Some(admins) => format!("Only the owner and admins can change them: {admins}."),
            },
        );
        ui.add_space(SPACE_M);
        text::title(ui, "Who comes in");
        ui.add_space(SPACE_XS);
        card(ui, |ui| joins_ui(ui, view, actions));
        ui.add_space(SPACE_M);
        text::title(ui, "How long messages stay");
        ui.add_space(SPACE_XS);
        card(ui, |ui| keeping_ui(ui, view, actions));
    });
}

fn joins_ui(ui: &mut Ui, view: &OptionsView<'_>, actions: &mut Vec<Action>) {
    let is_on = view.options.approve_joins;
    if view.admins.is_some() {
        text::body(
            ui,
            if is_on { "Newcomers are let in one by one" } else { "Whoever has an invite" },
        );
    } else {
        for (on, label) in [(false, "Whoever has an invite"), (true, "Let in one by one")] {
            if button::choice(ui, label, is_on == on).clicked() && is_on != on {
                actions.push(if on {
                    Action::Ask(Grave::ApproveJoins(view.room))
                } else {
                    Action::Command(switch(view.room, false))
                });
            }
        }
    }
    text::small(ui, meaning(is_on));
    if view.is_asked && !is_on {
        ui.add_space(SPACE_S);
        ask_ui(ui, view.room, actions);
    }
}

fn keeping_ui(ui: &mut Ui, view: &OptionsView<'_>, actions: &mut Vec<Action>) {
    let kept_for = view.options.kept_for;
    if view.admins.is_some() {
        text::body(ui, time_words(kept_for));
    } else {
        ui.horizontal_wrapped(|ui| {
            for time in std::iter::once(None).chain(KeptFor::ALL.map(Some)) {
                if button::choice(ui, time_words(time), kept_for == time).clicked()
                    && kept_for != time
                {
                    actions.extend(keep(view.room, kept_for, time).map(Action::Command));
                }
            }
        });
    }
    let meaning = match kept_for {
        None => "Everything stays on everybody\u{2019}s device.".to_owned(),
        Some(time) => format!(
            "Messages disappear after {} on everybody\u{2019}s device. Whoever wrote them down or uses \
             another program can keep them. What the owner and admins wrote is hidden then, and stays \
             locked away on the devices.",
            time_words(Some(time))
        ),
    };
    text::small(ui, &meaning);
}

fn time_words(kept_for: Option<KeptFor>) -> &'static str {
    match kept_for {
        None => "For ever",
        Some(KeptFor::Month) => "30 days",
        Some(KeptFor::Week) => "7 days",
        Some(KeptFor::TwoDays) => "2 days",
    }
}

/// What has messages stay as long as that, where they stayed as long as this.
fn keep(room: RoomId, before: Option<KeptFor>, after: Option<KeptFor>) -> Option<Command> {
    let option = RoomOption::KeepFor(after.or(before)?);
    Some(Command::SetOption { room, option, on: after.is_some() })
}

fn meaning(is_on: bool) -> &'static str {
    if is_on {
        "Whoever scans a code waits until the person who shows it lets them in. Both see six \
         pictures, to be sure that it is the phone in front of them. Nobody can join while nobody \
         is there, and members who may only read let nobody in. It is the app that asks: a member \
         who wants to can still pass on what they can read."
    } else {
        "Whoever scans a code, or a photo of it, is in at once and can read everything, also what \
         was written before. Everybody sees that they joined."
    }
}

fn switch(room: RoomId, on: bool) -> Command {
    Command::SetOption { room, option: RoomOption::ApproveJoins, on }
}

fn ask_ui(ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
    let answer = sure(
        ui,
        Sure {
            question: "Let newcomers in one by one? All invites stop working, also printed ones; a \
                       new one is made. The room\u{2019}s key is changed.",
            icon: Icon::Key,
            yes: "Let in one by one",
            no: "Leave it",
        },
    );
    if let Some(is_meant) = answer {
        actions.push(Action::Answer(is_meant.then_some(switch(room, true))));
    }
}
