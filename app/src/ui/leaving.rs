//! The way out of a room: what it means, whether others will know, and what came of it.

use egui::Ui;
use engine::{Command, Goodbye, RoomId};

use super::{
    action::{Action, Grave},
    theme::{SPACE_L, SPACE_S, SPACE_XS},
    widgets::{
        button::{self, Weight},
        icon::Icon,
        sure::{Sure, sure},
        text,
    },
};

/// What somebody is to know who may be about to leave a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeavingView {
    /// The room.
    pub room: RoomId,
    /// Whether they pressed the button once.
    pub is_asked: bool,
    /// Whether it is being left.
    pub is_leaving: bool,
    /// Who will know.
    pub witness: Witness,
    /// Whether the person began the room, and is still in it.
    pub is_owner: bool,
    /// Whether there are admins besides them.
    pub has_admins: bool,
}

/// Who takes the word that somebody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Witness {
    /// Nobody has to know: they are alone, or were removed.
    Unneeded,
    /// Somebody is connected, or the mailbox is.
    Somebody,
    /// Nobody is near.
    Nobody,
}

impl LeavingView {
    /// What leaving means, in sentences.
    fn question(&self) -> String {
        let mut words =
            vec!["Leave this room and delete its messages and keys from this device?".to_owned()];
        match self.witness {
            Witness::Unneeded => {}
            Witness::Somebody => words.push("The others will see that you left.".to_owned()),
            Witness::Nobody => words.push(
                "Nobody is near, so the others will not see that you left. If they should, wait \
                 until somebody is connected."
                    .to_owned(),
            ),
        }
        if self.is_owner {
            words.push("The room goes on, but nobody can make admins without you.".to_owned());
            if !self.has_admins {
                words.push(
                    "There are none now: nobody will be able to invite or to remove anybody."
                        .to_owned(),
                );
            }
        }
        words.join(" ")
    }
}

/// The way out of a room, asked about twice.
pub(super) fn leave_ui(ui: &mut Ui, view: &LeavingView, actions: &mut Vec<Action>) {
    let room = view.room;
    if view.is_leaving {
        text::body(ui, "The others are being told that you leave. It takes a few seconds.");
        ui.add_space(SPACE_S);
        if button::wide(ui, Weight::Plain, None, "Do not wait").clicked() {
            actions.push(Action::Command(Command::LeaveRoom { room }));
        }
        return;
    }
    if !view.is_asked {
        if button::wide(ui, Weight::Danger, Some(Icon::Leave), "Leave room").clicked() {
            actions.push(Action::Ask(Grave::Leave(room)));
        }
        return;
    }
    let question = view.question();
    let answer = sure(
        ui,
        Sure { question: &question, icon: Icon::Leave, yes: "Leave and delete", no: "Stay" },
    );
    if let Some(is_meant) = answer {
        actions.push(Action::Answer(is_meant.then_some(Command::LeaveRoom { room })));
    }
}

/// What came of leaving, in a sentence or two.
pub fn parted(room: &str, goodbye: Goodbye) -> String {
    let more = match goodbye {
        Goodbye::Heard | Goodbye::Kept => " The others will see it.",
        Goodbye::Unheard => " Nobody was near, so the others do not know.",
        Goodbye::Unsaid => "",
    };
    format!("You left {room}, and nothing of it is on this device any more.{more}")
}

/// The line under which those are found who left; whether they are to be shown.
pub(super) fn fold_ui(ui: &mut Ui, count: usize) -> bool {
    ui.add_space(SPACE_L);
    let id = ui.make_persistent_id("who left");
    let is_open = ui.data(|data| data.get_temp(id)).unwrap_or(false);
    let label = match (is_open, count) {
        (true, _) => "Hide who left".to_owned(),
        (false, 1) => "Show 1 who left".to_owned(),
        (false, count) => format!("Show {count} who left"),
    };
    if button::wide(ui, Weight::Plain, None, &label).clicked() {
        ui.data_mut(|data| data.insert_temp(id, !is_open));
    }
    ui.add_space(SPACE_XS);
    is_open
}

#[cfg(test)]
mod tests {
    use engine::RoomId;

    use super::{LeavingView, Witness};

    const VIEW: LeavingView = LeavingView {
        room: RoomId::from_bytes([1; 16]),
        is_asked: true,
        is_leaving: false,
        witness: Witness::Somebody,
        is_owner: false,
        has_admins: false,
    };

    #[test]
    fn who_leaves_is_told_whether_others_will_know() {
        let alone = LeavingView { witness: Witness::Nobody, ..VIEW };
        let last = LeavingView { witness: Witness::Unneeded, ..VIEW };

        assert!(VIEW.question().ends_with("The others will see that you left."));
        assert!(alone.question().contains("Nobody is near, so the others will not see"));
        assert!(last.question().ends_with("from this device?"));
    }

    #[test]
    fn owner_is_told_what_becomes_of_the_room() {
        let owner = LeavingView { is_owner: true, ..VIEW };
        let with_admins = LeavingView { has_admins: true, ..owner };

        assert!(owner.question().contains("nobody can make admins without you"));
        assert!(owner.question().contains("nobody will be able to invite"));
        assert!(!with_admins.question().contains("nobody will be able to invite"));
    }
}
