//! Choosing what a new invite allows.

use std::time::Duration;

use egui::Ui;
use engine::{Command, Role, RoomId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    action::Action,
    layout,
    theme::{SPACE_L, SPACE_XS},
    widgets::{
        button::{self, Weight},
        icon::Icon,
        text,
    },
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

const ROLES: [(Role, &str); 2] = [(Role::Member, "Member"), (Role::Muted, "Reader")];
const SPANS: [(Option<Duration>, &str); 4] = [
    (Some(HOUR), "In 1 hour"),
    (Some(DAY), "In 1 day"),
    (Some(Duration::from_secs(7 * 24 * 3_600)), "In 1 week"),
    (None, "Never"),
];
const USES: [(Option<u32>, &str); 3] =
    [(Some(1), "1 person"), (Some(10), "10 people"), (None, "Any number")];
const BEFORE: [(bool, &str); 2] = [(false, "Stays hidden"), (true, "They can read it")];

/// What an invite allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// What those become who join by it.
    pub role: Role,
    /// How long it works, if not for ever.
    pub span: Option<Duration>,
    /// How many may join by it, if not as many as like.
    pub max_uses: Option<u32>,
    /// Whether they get to read what is hidden from other newcomers.
    pub reads_before: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self { role: Role::Member, span: Some(DAY), max_uses: None, reads_before: false }
    }
}

/// Asks what a new invite to `room` is to allow, in which newcomers do not read what was before if
/// it `hides` that.
pub fn new_invite_ui(
    ui: &mut Ui,
    (room, hides): (RoomId, bool),
    choices: &mut Choices,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    layout::titled_bar(ui, true, "New invite", actions);
    layout::column(ui, "new invite", |ui| {
        choice_ui(ui, "Whoever joins is a", &ROLES, &mut choices.role);
        text::small(
            ui,
            match choices.role {
                Role::Muted => "Readers can read everything, and write nothing until you let them.",
                _ => "Members can read and write.",
            },
        );
        ui.add_space(SPACE_L);
        choice_ui(ui, "It ends", &SPANS, &mut choices.span);
        ui.add_space(SPACE_L);
        choice_ui(ui, "It works for", &USES, &mut choices.max_uses);
        if choices.max_uses.is_some() {
            text::small(
                ui,
                "Devices that are apart cannot count together: if too many join, those who came \
                 last are removed once it is noticed.",
            );
        }
        ui.add_space(SPACE_L);
        before_ui(ui, hides, &mut choices.reads_before);
        ui.add_space(SPACE_L);
        if button::wide(ui, Weight::Primary, Some(Icon::Qr), "Make and show").clicked() {
            actions.push(Action::Invite(command(room, *choices, now)));
        }
    });
}

fn before_ui(ui: &mut Ui, hides: bool, reads_before: &mut bool) {
    if !hides {
        text::body(ui, "What was written before");
        text::small(ui, "Whoever joins can read it, as in this room everybody can.");
        return;
    }
    choice_ui(ui, "What was written before", &BEFORE, reads_before);
    text::small(
        ui,
        if *reads_before {
            "Whoever joins can read earlier messages, too, as far back as the members they meet can."
        } else {
            "Whoever joins reads only what is written once they are there."
        },
    );
}

fn choice_ui<T: Copy + PartialEq>(ui: &mut Ui, title: &str, choices: &[(T, &str)], chosen: &mut T) {
    text::body(ui, title);
    ui.add_space(SPACE_XS);
    ui.horizontal_wrapped(|ui| {
        for (choice, label) in choices {
            if button::choice(ui, label, chosen == choice).clicked() {
                *chosen = *choice;
            }
        }
    });
}

fn command(room: RoomId, choices: Choices, now: Timestamp) -> Command {
    let end = |span: Duration| {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Timestamp(now.0.saturating_add(millis))
    };
    Command::CreateInvite {
        room,
        role: choices.role,
        expires_at: choices.span.map(end),
        max_uses: choices.max_uses,
        reads_before: choices.reads_before,
    }
}
