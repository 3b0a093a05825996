//! The room's mailbox: a place on relays where members leave sealed operations for those who are
//! away. Relays are blind, and not trusted to keep what they were given.
//!
//! Everyone leaves there what they write. Of members who are linked, one, the *keeper*, also hears
//! what arrives there, and leaves what others wrote and did not leave themselves.

mod collect;
mod deposit;
mod doubt;
pub(crate) mod pack;
mod reading;
mod schedule;
mod welcome;

use std::time::Duration;

use crate::{
    Addr, Engine, Event, Kept, MailboxRecord, MemberIndex, Refusal, RoomId, Store, StoreError,
    Timestamp, addr,
    body::{self, OpBody},
    crypto,
    engine::Output,
    room::Room,
};
pub use pack::MAX_PACK_LEN;
use reading::Reading;
use schedule::Deposits;
pub(crate) use welcome::Greeting;

/// How long what is left in a mailbox stays there: a summer month away from the network.
const LIFETIME: Duration = days(30);

/// How long before its end a log is left there anew: by its author,
const RENEW_OWN: Duration = days(10);
/// and by whoever else is there, if the author did not.
const RENEW_OTHERS: Duration = days(5);

/// How long after a link was lost the mailbox is only listened to: most links come back, and
/// reading costs what was left there in six hours.
const LOST_PAUSE: Duration = Duration::from_secs(5);

/// How long a call takes to become a link, or nothing; over before there is more than listening.
const CALL: Duration = Duration::from_secs(4);

const fn days(count: u64) -> Duration {
    Duration::from_secs(86_400_u64.saturating_mul(count))
}

/// One room's mailbox as this device sees it.
pub(crate) struct Mailbox {
    /// What finds and opens it.
    pub(crate) key: [u8; 32],
    pub(crate) record: MailboxRecord,
    /// How much of each log is in it, by roster index.
    kept: Vec<Kept>,
    deposits: Deposits,
    reading: Reading,
    /// Whether this device hears for others as well.
    is_keeper: bool,
    /// Until when somebody who calls may come by way of the mailbox sooner than by a link.
    called_until: Option<Duration>,
}

/// Says nothing of the key.
impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox").field("record", &self.record).finish_non_exhaustive()
    }
}

impl Mailbox {
    pub(crate) fn new(key: [u8; 32], epoch: u32) -> Self {
        let record = MailboxRecord {
            on: true,
            epoch,
            at: Vec::new(),
            made: 0,
            lives: Vec::new(),
            relays: Vec::new(),
            welcomes: Vec::new(),
        };
        let (deposits, reading) = (Deposits::default(), Reading::default());
        Self {
            key,
            record,
            kept: Vec::new(),
            deposits,
            reading,
            is_keeper: false,
            called_until: None,
        }
    }

    /// Takes what the store remembers. Of another epoch's mailbox only the settings still count.
    pub(crate) fn restore(&mut self, record: MailboxRecord, kept: Vec<(MemberIndex, Kept)>) {
        if record.epoch != self.record.epoch {
            (self.record.on, self.record.at) = (record.on, record.at);
            return;
        }
        self.record = record;
        for (index, kept) in kept {
            self.set_kept(index, kept);
        }
    }

    /// When something is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deposits.deadline().into_iter().chain(self.called_until).min()
    }

    /// How much of a log is there now.
    pub(crate) fn kept(&self, index: MemberIndex, now: Timestamp) -> Kept {
        let kept = self.kept.get(index.0 as usize).copied().unwrap_or_default();
        kept.at(now)
    }

    fn set_kept(&mut self, index: MemberIndex, kept: Kept) {
        let at = index.0 as usize;
        if self.kept.len() <= at {
            self.kept.resize(at.saturating_add(1), Kept::default());
        }
        if let Some(slot) = self.kept.get_mut(at) {
            *slot = kept;
        }
    }
}

impl Kept {
    /// What of it is left at `now`.
    fn at(mut self, now: Timestamp) -> Self {
        if self.renewal_expires_at <= now {
            (self.renewed_to, self.renewal_expires_at) = (0, Timestamp(0));
        }
        if self.expires_at <= now {
            (self.up_to, self.expires_at) = (0, Timestamp(0));
        }
        self
    }

    /// Operations `from` up to `to` are there until `expires_at`.
    fn note(&mut self, (from, to): (u64, u64), expires_at: Timestamp, now: Timestamp) {
        *self = self.at(now);
        if expires_at <= now {
            return;
        }
        extend((&mut self.up_to, &mut self.expires_at), (from, to), expires_at);
        if expires_at > self.expires_at {
            let renewal = (&mut self.renewed_to, &mut self.renewal_expires_at);
            extend(renewal, (from, to), expires_at);
        }
        if self.renewed_to >= self.up_to && self.renewal_expires_at > self.expires_at {
            (self.up_to, self.expires_at) = (self.renewed_to, self.renewal_expires_at);
            (self.renewed_to, self.renewal_expires_at) = (0, Timestamp(0));
        }
    }
}

/// Lengthens what is known from the beginning up to a point, if the new piece goes on from it.
fn extend(
    (up_to, ends_at): (&mut u64, &mut Timestamp),
    (from, to): (u64, u64),
    expires_at: Timestamp,
) {
    if from > up_to.saturating_add(1) || to <= *up_to {
        return;
    }
    *ends_at = if *up_to == 0 { expires_at } else { expires_at.min(*ends_at) };
    *up_to = to;
}

/// `time` after `wall`.
pub(crate) fn after(wall: Timestamp, time: Duration) -> Timestamp {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Timestamp(wall.0.saturating_add(millis))
}

/// `time` before `wall`.
pub(crate) fn before(wall: Timestamp, time: Duration) -> Timestamp {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Timestamp(wall.0.saturating_sub(millis))
}

impl<S: Store> Engine<S> {
    /// Something changed that may matter to a room's mailbox.
    pub(crate) fn mind_mailbox(&mut self, id: RoomId) {
        self.untended.insert(id);
    }

    /// Somebody calls by this key, who may be a member that was linked a moment ago and is somewhere
    /// else now: what was sent on that link since is lost, and in the mailbox each finds the
    /// other's words sooner.
    pub(crate) fn note_call(&mut self, key: &[u8; 32]) {
        let until = self.now.since_start.saturating_add(CALL);
        let is_meant = |room: &&mut Room| {
            let keys = room.meeting_keys();
            keys.iter().any(|epoch_key| crypto::room_dial_key(room.id(), epoch_key) == *key)
        };
        if let Some(room) = self.rooms.values_mut().find(is_meant) {
            room.mailbox.called_until = Some(until);
            let id = room.id();
            self.mind_mailbox(id);
        }
    }

    /// Where a room's mailbox is; nowhere if it is not used.
    pub(crate) fn mailbox_places(&self, room: &Room) -> Vec<Addr> {
        let record = &room.mailbox.record;
        match (record.on, record.at.is_empty()) {
            (false, _) => Vec::new(),
            (true, false) => record.at.clone(),
            (true, true) => addr::relays(&self.addrs),
        }
    }

    /// Brings what is done about mailboxes in line with what is so.
    pub(crate) fn tend_mailboxes(&mut self) {
        for id in std::mem::take(&mut self.untended) {
            self.announce_relays(id);
            self.tend_mailbox(id);
        }
    }

    fn tend_mailbox(&mut self, id: RoomId) {
        let now = self.now;
        let peers = self.peers_of(id);
        let Some(places) = self.rooms.get(&id).map(|room| self.mailbox_places(room)) else {
            return;
        };
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let me = room.me.id;
        let mailbox = &mut room.mailbox;
        mailbox.is_keeper = !places.is_empty() && peers.iter().all(|peer| *peer > me);
        let is_called = mailbox.called_until.is_some();
        let is_wanted =
            !places.is_empty() && (mailbox.is_keeper || is_called || !mailbox.reading.has_read);
        if !is_wanted {
            if mailbox.reading.stop() {
                self.outputs.push_back(Output::StopCollecting(mailbox.key));
            }
        } else if let Some(pause) = mailbox.reading.begins_at(&places) {
            self.begin_collecting(id, pause);
        }
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let is_heard = !places.is_empty() && room.mailbox.reading.has_read;
        room.renewal.note_company(!peers.is_empty() || is_heard, now.since_start);
        if places.is_empty() {
            room.mailbox.deposits.rest();
        } else {
            let own = room.mailbox.kept(room.my_index, now.wall).up_to;
            let has_more = own < room.head(room.my_index).height;
            let is_urgent = peers.is_empty() || is_called;
            room.mailbox.deposits.mind(now.since_start, has_more, is_urgent);
        }
        self.mind_renewal(id);
    }

    /// The owner says where the mailbox is, so that everyone looks at the same place.
    fn announce_relays(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let record = &room.mailbox.record;
        let addrs = addr::relays(&self.addrs);
        if room.me.id == room.record.owner && record.on && record.at.is_empty() && !addrs.is_empty()
        {
            // A log that has forked stays as it is.
            let _ = self.write(id, &OpBody::Relays { addrs });
        }
    }

    /// Does what is due.
    pub(crate) fn serve_mailboxes(&mut self) -> Result<(), StoreError> {
        let now = self.now.since_start;
        let is_due = |room: &&Room| room.mailbox.deadline().is_some_and(|at| now >= at);
        for id in self.rooms.values().filter(is_due).map(Room::id).collect::<Vec<_>>() {
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            if room.mailbox.called_until.take_if(|until| now >= *until).is_some() {
                self.mind_mailbox(id);
            }
            self.deposit_due(id)?;
        }
        Ok(())
    }

    pub(crate) fn set_mailbox(&mut self, id: RoomId, on: bool) -> Result<(), Refusal> {
        let room = self.rooms.get_mut(&id).ok_or(Refusal::UnknownRoom)?;
        room.mailbox.record.on = on;
        self.stage_mailbox(id);
        self.tell_mailbox(id);
        Ok(())
    }

    pub(crate) fn set_relays(&mut self, id: RoomId, addrs: Vec<Addr>) -> Result<(), Refusal> {
        let room = self.rooms.get(&id).ok_or(Refusal::UnknownRoom)?;
        if room.me.id != room.record.owner {
            return Err(Refusal::NotOwner);
        }
        if !body::are_relays(&addrs) {
            return Err(Refusal::BadRelays);
        }
        self.write(id, &OpBody::Relays { addrs })
    }

    /// Tells the person how the room's mailbox is used.
    pub(crate) fn tell_mailbox(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        let (on, relays) = (room.mailbox.record.on, room.mailbox.record.at.clone());
        self.notify(Event::MailboxSet { room: id, on, relays });
    }

    /// Moves to the mailbox of the epoch that is written in now, if it is another. Whoever changed
    /// the key leaves a last word in the old one, for those who will look there.
    pub(crate) fn move_mailbox(&mut self, id: RoomId, is_ours: bool) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let mut mailbox = room.new_mailbox();
        if mailbox.key == room.mailbox.key {
            return;
        }
        mailbox.record.on = room.mailbox.record.on;
        mailbox.record.at.clone_from(&room.mailbox.record.at);
        let mut old = std::mem::replace(&mut room.mailbox, mailbox);
        for n in 0..old.kept.len() {
            let index = MemberIndex(u32::try_from(n).unwrap_or(u32::MAX));
            self.staged.kept.insert((id, index), Kept::default());
        }
        if old.reading.stop() {
            self.outputs.push_back(Output::StopCollecting(old.key));
        }
        if self.shown_invites.contains_key(&id) {
            room.mailbox.deposits.is_welcoming = true;
        }
        if is_ours {
            self.left_mailboxes.push((id, old));
        }
        self.stage_mailbox(id);
        self.redial(id);
    }

    /// Leaves this device's newest operations in mailboxes it moved out of: they are on disk now.
    pub(crate) fn leave_old_mailboxes(&mut self) -> Result<(), StoreError> {
        for (id, old) in std::mem::take(&mut self.left_mailboxes) {
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            let new = std::mem::replace(&mut room.mailbox, old);
            let outcome = self.deposit_more(id);
            if let Some(room) = self.rooms.get_mut(&id) {
                room.mailbox = new;
            }
            outcome?;
            self.stage_mailbox(id);
        }
        Ok(())
    }

    /// Has nothing to do any more with the mailbox of a room that is being left.
    pub(crate) fn close_mailbox(&mut self, room: &Room) {
        if room.mailbox.reading.is_going_on() {
            self.outputs.push_back(Output::StopCollecting(room.mailbox.key));
        }
    }

    /// Remembers what changed in the mailbox's record.
    pub(crate) fn stage_mailbox(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else { return };
        self.staged.mailboxes.insert(id, room.mailbox.record.clone());
        self.mind_mailbox(id);
    }

    /// Remembers how much of a log is there.
    fn stage_kept(&mut self, id: RoomId, index: MemberIndex, kept: Kept) {
        let now = self.now.wall;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let is_news = index == room.my_index && kept.up_to > room.mailbox.kept(index, now).up_to;
        room.mailbox.set_kept(index, kept);
        self.staged.kept.insert((id, index), kept);
        if is_news {
            self.notify(Event::Deposited { room: id, up_to: kept.up_to });
        }
    }

    /// Tells the person how far what this device wrote is in each room's mailbox.
    pub(crate) fn tell_deposited(&mut self) {
        // Before the first input no clock was seen: what is over is seen to be so later.
        let now = self.now.wall;
        let kept = |room: &Room| (room.id(), room.mailbox.kept(room.my_index, now).up_to);
        let all: Vec<_> = self.rooms.values().map(kept).filter(|(_, up_to)| *up_to > 0).collect();
        for (room, up_to) in all {
            self.notify(Event::Deposited { room, up_to });
        }
    }

    /// The room that has this mailbox.
    fn room_of_mailbox(&self, mailbox: &[u8; 32]) -> Option<RoomId> {
        self.rooms.values().find(|room| room.mailbox.key == *mailbox).map(Room::id)
    }
}

#[cfg(test)]
mod tests;
