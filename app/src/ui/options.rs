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
    /// What the person may be about to do.
    pub asked: Option<Grave>,
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
        card(ui, |ui| option_ui(ui, view, &JOINS, actions));
        ui.add_space(SPACE_M);
        text::title(ui, "Who sees the room");
        ui.add_space(SPACE_XS);
        card(ui, |ui| option_ui(ui, view, &NEARBY, actions));
        ui.add_space(SPACE_M);
        text::title(ui, "What newcomers can read");
        ui.add_space(SPACE_XS);
        card(ui, |ui| option_ui(ui, view, &HISTORY, actions));
        ui.add_space(SPACE_M);
        text::title(ui, "How long messages stay");
        ui.add_space(SPACE_XS);
        card(ui, |ui| keeping_ui(ui, view, actions));
    });
}

/// One option in the person's words; of each two, the first is for when it is off.
struct Words {
    option: RoomOption,
    grave: fn(RoomId) -> Grave,
    /// What can be chosen.
    choices: [&'static str; 2],
    /// The same as a statement.
    states: [&'static str; 2],
    /// What follows from it.
    meanings: [&'static str; 2],
    /// What to think of before switching it on,
    question: &'static str,
    /// and the way to leave it.
    no: &'static str,
}

const JOINS: Words = Words {
    option: RoomOption::ApproveJoins,
    grave: Grave::ApproveJoins,
    choices: ["Whoever has an invite", "Let in one by one"],
    states: ["Whoever has an invite", "Newcomers are let in one by one"],
    meanings: [
        "Whoever scans a code, or a photo of it, is in at once. Everybody sees that they joined.",
        "Whoever scans a code waits until the person who shows it lets them in. Both see six \
         pictures, to be sure that it is the phone in front of them. Nobody can join while nobody \
         is there, and members who may only read let nobody in. It is the app that asks: a member \
         who wants to can still pass on what they can read.",
    ],
    question: "Let newcomers in one by one? All invites stop working, also printed ones; a new one \
               is made. The room\u{2019}s key is changed.",
    no: "Leave it",
};

const NEARBY: Words = Words {
    option: RoomOption::Nearby(None),
    grave: Grave::Nearby,
    choices: ["Only by invite", "People nearby"],
    states: ["Only by invite", "People nearby, in a list"],
    meanings: [
        "Nobody finds this room without an invite.",
        "Everybody nearby with the app can read the room\u{2019}s name and ask to come in, without a \
         code. Whoever of you they meet is asked, and you both compare six pictures. Phones tell \
         each other over Bluetooth, in passing: that takes a minute or more, and only phones that \
         carry messages for others do it.",
    ],
    question: "Show this room to people nearby? Anybody around can then read its name, and tell that \
               somebody of you is there. Newcomers are let in one by one: if they are not yet, all \
               invites stop working and a new one is made.",
    no: "Keep it hidden",
};

const HISTORY: Words = Words {
    option: RoomOption::HideHistory,
    grave: Grave::HideHistory,
    choices: ["Everything", "Only what follows"],
    states: ["Everything", "Only what is written after they came"],
    meanings: [
        "Whoever joins can read what was written before they came, except what was written while \
         that was hidden.",
        "Whoever joins cannot read what was written before they came, back to when this was \
         chosen. To join, somebody has to be there. What you write before your device has heard of \
         somebody who joined elsewhere may stay hidden from them, too. A member who wants to can \
         still pass on what they can read.",
    ],
    question: "Hide from newcomers what is written before they come? That begins now: what was \
               written until now stays readable for them, and nothing can be taken back that \
               newcomers already have. The room\u{2019}s key is changed.",
    no: "Leave it as it is",
};

fn option_ui(ui: &mut Ui, view: &OptionsView<'_>, words: &Words, actions: &mut Vec<Action>) {
    let is_on = view.options.is_on(words.option);
    let of = |[off, on]: [&'static str; 2]| if is_on { on } else { off };
    let [off, on] = words.choices;
    if view.admins.is_some() {
        text::body(ui, of(words.states));
    } else {
        for (is_meant, label) in [(false, off), (true, on)] {
            if button::choice(ui, label, is_on == is_meant).clicked() && is_on != is_meant {
                actions.push(if is_meant {
                    Action::Ask((words.grave)(view.room))
                } else {
                    Action::Command(switch(view.room, words.option, false))
                });
            }
        }
    }
    text::small(ui, of(words.meanings));
    if view.asked == Some((words.grave)(view.room)) && !is_on {
        ui.add_space(SPACE_S);
        ask_ui(ui, view.room, words, actions);
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

fn switch(room: RoomId, option: RoomOption, on: bool) -> Command {
    Command::SetOption { room, option, on }
}

fn ask_ui(ui: &mut Ui, room: RoomId, words: &Words, actions: &mut Vec<Action>) {
    let Words { question, no, choices: [_, yes], .. } = *words;
    let answer = sure(ui, Sure { question, icon: Icon::Key, yes, no });
    if let Some(is_meant) = answer {
        actions.push(Action::Answer(is_meant.then_some(switch(room, words.option, true))));
    }
}
