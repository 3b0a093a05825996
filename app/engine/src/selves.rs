//! Several devices of one person: linked by a word from each, unlinked by a word from either.

use serde::{Deserialize, Serialize};

use crate::{Engine, PeerId, Refusal, Role, RoomId, Store, body::OpBody, membership::MAX_SELVES};

/// What two members say of each other: whether they are devices of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Bond {
    /// Neither says so.
    #[default]
    None,
    /// This device says so, and waits for the other one's word.
    Asked,
    /// The other one says so, and waits for this device's word.
    Asks,
    /// The other one says so, and this device says no.
    Declined,
    /// Both say so.
    Linked,
}

impl<S: Store> Engine<S> {
    /// Says that a member is another device of this person, or is not.
    pub(crate) fn set_self(
        &mut self,
        id: RoomId,
        member: PeerId,
        is_so: bool,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        let me = room.me.id;
        room.index_of(member).filter(|_| member != me).ok_or(Refusal::UnknownMember)?;
        if room.my_role() == Role::Removed {
            return Err(Refusal::Removed);
        }
        let rules = &room.membership;
        if rules.says_self(me, member) == Some(is_so) {
            return Ok(());
        }
        let devices = |peer| rules.devices(peer).len();
        let is_one = rules.person(me) == rules.person(member);
        if is_so && !is_one && devices(me).saturating_add(devices(member)) > MAX_SELVES {
            return Err(Refusal::TooManyDevices);
        }
        self.write(id, &OpBody::Same { other: member, is_so })
    }

    /// Makes all devices of a member's person something else: as one removal, if that is what they
    /// become.
    pub(crate) fn set_person_role(
        &mut self,
        id: RoomId,
        member: PeerId,
        role: Role,
    ) -> Result<(), Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        let rules = &room.membership;
        let mine = room.my_role();
        let mut devices = rules.devices(member);
        // Those who are so already, and those whom this device's person may do nothing about.
        devices.retain(|peer| {
            let is_below = rules.role(*peer) < mine && *peer != room.me.id;
            is_below && rules.role(*peer) != role && !rules.has_left(*peer)
        });
        let Some((first, rest)) = devices.split_first() else {
            return self.set_role(id, member, role);
        };
        if role != Role::Removed {
            return devices.iter().try_for_each(|device| self.set_role(id, *device, role));
        }
        if rest.is_empty() {
            return self.set_role(id, *first, role);
        }
        self.change_key_and_invites(id, &devices)
    }
}
