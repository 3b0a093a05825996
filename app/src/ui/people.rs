//! What the card of a member says of who they are, and offers against those one does not want to
//! read.

use egui::Ui;
use engine::{Command, PeerId, RoomId};

use super::{
    action::Action,
    route::Route,
    theme::{SPACE_S, SPACE_XS, Type},
    verify::ask_block,
    widgets::{
        badge,
        button::{self, Weight},
        card,
        icon::Icon,
        sure::{Sure, sure},
        text,
    },
};

/// What the card of a member shows of this.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleView {
    /// Whether this device's person made sure who it is.
    pub is_verified: bool,
    /// Whether they do not want to read them.
    pub is_blocked: bool,
    /// Whether they may be about to.
    pub is_blocking: bool,
    /// Whether they may still tell the admins something.
    pub may_report: bool,
    /// When they last told the admins about this member: "4 min ago".
    pub reported: Option<String>,
}

/// Whether it is really them, and the way to make sure.
pub fn verified_ui(
    ui: &mut Ui,
    (room, id): (RoomId, PeerId),
    name: &str,
    view: &PeopleView,
    actions: &mut Vec<Action>,
) {
    text::small(ui, "Is it really them?");
    card::card(ui, |ui| {
        if view.is_verified {
            ui.horizontal(|ui| {
                badge::badge(ui, Type::Body);
                text::body(ui, &format!("You made sure that this is {name}."));
            });
        } else {
            text::body(ui, "Anybody can use any name. Make sure when you meet, or in a call.");
        }
        ui.add_space(SPACE_XS);
        let label = if view.is_verified { "Check again" } else { "Check it is really them" };
        if button::wide(ui, Weight::Plain, Some(Icon::Shield), label).clicked() {
            actions.push(Action::Open(Route::Verify(room, id)));
        }
    });
}

/// What can be done without anybody's leave: telling the admins, and not reading somebody.
pub fn against_ui(
    ui: &mut Ui,
    who: (RoomId, PeerId),
    name: &str,
    view: &PeopleView,
    actions: &mut Vec<Action>,
) {
    ui.spacing_mut().item_spacing.y = SPACE_S;
    if view.may_report {
        if button::wide(ui, Weight::Plain, Some(Icon::Flag), "Report to the admins").clicked() {
            actions.push(Action::Open(Route::Report(who.0, who.1)));
        }
        if let Some(when) = &view.reported {
            text::small(ui, &format!("You told the admins about {name} {when}."));
        }
    }
    block_ui(ui, who, name, view.is_blocked, view.is_blocking, actions);
}

/// The way to not reading somebody, and back.
pub(super) fn block_ui(
    ui: &mut Ui,
    (room, member): (RoomId, PeerId),
    name: &str,
    is_blocked: bool,
    is_asked: bool,
    actions: &mut Vec<Action>,
) {
    let block = |is_blocked| Command::SetBlocked { room, member, is_blocked };
    if is_blocked {
        text::small(
            ui,
            &format!("You blocked {name}: you do not see what they write. They are not told."),
        );
        if button::wide(ui, Weight::Plain, Some(Icon::Again), "Unblock").clicked() {
            actions.push(Action::Command(block(false)));
        }
        return;
    }
    if !is_asked {
        if button::wide(ui, Weight::Danger, Some(Icon::Mute), "Block").clicked() {
            actions.push(ask_block(room, member));
        }
        return;
    }
    let question = format!(
        "You will not see what {name} writes in this room. They are not told, others still see it, \
         and {name} can still read what you write. You can unblock them at any time."
    );
    let yes = format!("Block {name}");
    let asked = Sure { question: &question, icon: Icon::Mute, yes: &yes, no: "Do not block" };
    if let Some(is_meant) = sure(ui, asked) {
        actions.push(Action::Answer(is_meant.then(|| block(true))));
    }
}
