//! Leaving a room: said first, so that the others see it; then everything of it is forgotten here.

use std::time::Duration;

use crate::{
    Engine, Event, Goodbye, Refusal, Role, RoomId, Store, body::OpBody, engine::Target, room::Room,
};

/// How long a room that is left waits until somebody knows: a commit of the others, or a relay's
/// answer over a slow network. Whoever leaves watches it.
pub const GOODBYE: Duration = Duration::from_secs(10);

impl<S: Store> Engine<S> {
    pub(crate) fn leave_room(&mut self, id: RoomId) -> Result<(), Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        if room.leaves_at.is_some() {
            self.forget_room(id, Goodbye::Unheard);
            return Ok(());
        }
        let is_out = room.membership.was_removed(room.me.id);
        if is_out || !has_others(room) {
            self.forget_room(id, Goodbye::Unsaid);
            return Ok(());
        }
        // Those who were removed may know: if there is no key they lack, an older one will do.
        let said = self.write(id, &OpBody::Leave);
        let said = said.or_else(|_| self.write_anyhow(id, &OpBody::Leave));
        if said.is_err() || !self.can_be_heard(id) {
            self.forget_room(id, Goodbye::Unheard);
            return Ok(());
        }
        self.wait_for_goodbye(id);
        Ok(())
    }

    /// Whether somebody is near, or there is a mailbox, to take a last word.
    fn can_be_heard(&self, id: RoomId) -> bool {
        let Some(room) = self.rooms.get(&id) else { return false };
        self.shown_sessions().iter().any(|(_, known, _)| *known == id)
            || !self.mailbox_places(room).is_empty()
    }

    fn wait_for_goodbye(&mut self, id: RoomId) {
        let until = self.now.since_start.saturating_add(GOODBYE);
        if let Some(room) = self.rooms.get_mut(&id) {
            room.leaves_at = Some(until);
            self.notify(Event::RoomLeaving { room: id });
        }
    }

    /// The program ended while a room was being left.
    pub(crate) fn go_on_leaving(&mut self, id: RoomId) {
        if self.rooms.get(&id).is_some_and(|room| room.membership.has_left(room.me.id)) {
            self.wait_for_goodbye(id);
        }
    }

    /// Tells the person anew which rooms are being left.
    pub(crate) fn tell_leaving(&mut self) {
        let leaving = self.rooms.values().filter(|room| room.leaves_at.is_some());
        for room in leaving.map(Room::id).collect::<Vec<_>>() {
            self.notify(Event::RoomLeaving { room });
        }
    }

    /// Forgets rooms of which somebody knows that they are left, or that have waited long enough.
    pub(crate) fn finish_leaving(&mut self) {
        let now = self.now;
        let outcome = |room: &Room| {
            let until = room.leaves_at?;
            let said = room.head(room.my_index).height;
            if room.members.iter().any(|member| member.holds >= said) {
                return Some((room.id(), Goodbye::Heard));
            }
            if room.mailbox.kept(room.my_index, now.wall).up_to >= said {
                return Some((room.id(), Goodbye::Kept));
            }
            (now.since_start >= until).then_some((room.id(), Goodbye::Unheard))
        };
        for (id, goodbye) in self.rooms.values().filter_map(outcome).collect::<Vec<_>>() {
            self.forget_room(id, goodbye);
        }
    }

    /// Forgets rooms that are being left, whoever knows.
    pub(crate) fn stop_leaving(&mut self) {
        let leaving = self.rooms.values().filter(|room| room.leaves_at.is_some());
        for id in leaving.map(Room::id).collect::<Vec<_>>() {
            self.forget_room(id, Goodbye::Unheard);
        }
    }

    fn forget_room(&mut self, id: RoomId, goodbye: Goodbye) {
        let Some(room) = self.rooms.remove(&id) else { return };
        self.refuse(&room);
        self.close_mailbox(&room);
        self.shown_invites.remove(&id);
        self.hang_up_room(id);
        self.forget_joins(id);
        for member in room.members.iter().chain(&room.record.host) {
            self.stop_dialing(Target::Member(id, member.id));
        }
        self.unstage(id);
        self.staged.forgotten.push(id);
        self.notify(Event::RoomLeft { room: id, goodbye });
    }
}

/// Whether anybody is in the room besides this device.
fn has_others(room: &Room) -> bool {
    let is_in = |member: &crate::MemberRecord| room.membership.role(member.id) > Role::Removed;
    room.members.iter().any(|member| member.id != room.me.id && is_in(member))
}
