//! The options of a room: switched by who may, followed by everyone.

use crate::{
    Engine, Event, OptionChange, Refusal, Role, RoomId, RoomOption, Store, body::OpBody, crypto,
};

impl<S: Store> Engine<S> {
    pub(crate) fn set_option(
        &mut self,
        id: RoomId,
        option: RoomOption,
        on: bool,
    ) -> Result<(), Refusal> {
        if let RoomOption::Nearby(_) = option {
            return self.set_nearby(id, on);
        }
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
            // Else it would be open again, unasked, once they are let in one by one again.
            (RoomOption::ApproveJoins, false) => self.set_nearby(id, false),
            (RoomOption::KeepFor(_) | RoomOption::Nearby(_), _) => Ok(()),
            // What is said from now on is said under a key that keeps the rule, either way.
            (RoomOption::HideHistory, _) => self.change_key(id, &[], Vec::new()),
        }
    }

    /// Opens a room to people nearby, who are let in one by one, or does not any more.
    fn set_nearby(&mut self, id: RoomId, on: bool) -> Result<(), Refusal> {
        let options = self.governed(id)?.membership.options();
        if on {
            self.set_option(id, RoomOption::ApproveJoins, true)?;
        }
        if options.nearby.is_some() == on {
            return Ok(());
        }
        let secret = self.short_chance();
        let option = RoomOption::Nearby(on.then(|| crypto::invite_id(&secret)));
        let rank = self.governed(id)?.membership.next_rank();
        self.write(id, &OpBody::Option(OptionChange { option, on, rank }))?;
        if !on {
            return Ok(());
        }
        // It comes after what says what it is for, so that nobody takes it for one to be shown. No end and
        // no number of uses keeps anybody out who is let in by a word, and out who is not.
        let (role, expires_at, max_uses, reads_before) = (Role::Member, None, None, false);
        self.write(id, &OpBody::Invite { secret, expires_at, role, max_uses, reads_before })
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
        self.answer_invites(id);
    }
}
