//! The options of a room: switched by who may, followed by everyone.

use crate::{Engine, Event, OptionChange, Refusal, RoomId, RoomOption, Store, body::OpBody};

impl<S: Store> Engine<S> {
    pub(crate) fn set_option(
        &mut self,
        id: RoomId,
        option: RoomOption,
        on: bool,
    ) -> Result<(), Refusal> {
        let room = self.governed(id)?;
        if room.membership.options().is_on(option) == on {
            return Ok(());
        }
        let rank = room.membership.next_rank();
        self.write(id, &OpBody::Option(OptionChange { option, on, rank }))?;
        match (option, on) {
            // Whoever saw an invite before may have the keys from its mailbox, or from a member who has
            // not heard of this yet.
            (RoomOption::ApproveJoins, true) => self.change_key_and_invites(id, &[]),
            (RoomOption::ApproveJoins, false) | (RoomOption::KeepFor(_), _) => Ok(()),
            // What is said from now on is said under a key that keeps the rule, either way.
            (RoomOption::HideHistory, _) => self.change_key(id, &[], Vec::new()),
        }
    }

    /// The rules changed: perhaps the options did, too.
    pub(crate) fn follow_options(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let options = room.membership.options();
        if std::mem::replace(&mut room.options_told, options) == options {
            return;
        }
        room.note_time(self.now.wall);
        self.retention.look(self.now.since_start);
        self.notify(Event::OptionsChanged { room: id, options });
        self.doors.changed.insert(id);
    }
}
