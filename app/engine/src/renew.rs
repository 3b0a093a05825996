//! Keys that change because they have been in use for long: whoever gets hold of one can read what
//! was written with it, and nothing of what follows.

use std::time::Duration;

use crate::{
    Engine, EpochId, Role, RoomId, Store, body::OpBody, engine::Now, room::Room, wire::MAX_EPOCHS,
};

/// How long one key is used: whoever gets hold of it reads a day, and changes cost little.
const MAX_AGE: Duration = Duration::from_secs(24 * 3_600);

/// How many operations are written with one key: what a busy camp says in a day, so that in a busier
/// one a key gives away no more than in any other.
const MAX_WRITTEN: u32 = 10_000;

/// How much longer admins wait, so that the owner comes first, and up to how much longer still, so
/// that they do not all do it at once.
const ADMINS_WAIT: Duration = Duration::from_secs(6 * 3_600);
const STAGGER: Duration = Duration::from_secs(6 * 3_600);

/// How long somebody must have been there: until the newest rules are held, which takes two round
/// trips, and what was left in a mailbox was read.
const SETTLED: Duration = Duration::from_secs(60);

/// How long after one change, or a try, there is no other: devices whose clocks differ by days must
/// not answer each other's changes.
const PAUSE: Duration = Duration::from_secs(3_600);

/// The most members for whom a key is changed by itself: each of them costs 52 bytes, which
/// everyone in the room has to pass on. Above it whoever governs still can change it.
const MAX_MEMBERS: usize = 1_000;

/// The most epochs held for whose sake a key is changed by itself: the rest is for removals.
const MAX_RENEWED: usize = MAX_EPOCHS - 256;

/// What matters to when a room's key is to be changed because of its age.
#[derive(Debug, Default)]
pub(crate) struct Renewal {
    /// The epoch this is about,
    epoch: Option<EpochId>,
    /// since when it is used here, as far as this process knows,
    since: Duration,
    /// how much was written in it since then,
    written: u32,
    /// and when that became too much.
    full_at: Option<Duration>,
    /// Before that it is too early.
    not_before: Duration,
    /// Since when somebody is there to hear of it.
    company_since: Option<Duration>,
}

impl Renewal {
    /// Somebody wrote in an epoch.
    pub(crate) fn note_written(&mut self, epoch: Option<EpochId>, now: Duration) {
        if self.epoch.is_some() && self.epoch == epoch {
            self.written = self.written.saturating_add(1);
            if self.written >= MAX_WRITTEN {
                self.full_at.get_or_insert(now);
            }
        }
    }

    /// Whether somebody is linked, or the mailbox is used and was read.
    pub(crate) fn note_company(&mut self, is_there: bool, now: Duration) {
        if is_there {
            self.company_since.get_or_insert(now);
        } else {
            self.company_since = None;
        }
    }

    fn note_epoch(&mut self, epoch: Option<EpochId>, now: Duration) {
        if self.epoch == epoch {
            return;
        }
        // What was in use before this process began may be old enough.
        if self.epoch.is_some() {
            self.not_before = now.saturating_add(PAUSE);
        }
        (self.epoch, self.since, self.written, self.full_at) = (epoch, now, 0, None);
    }

    /// When the key is to be changed that has been in use for `age` by the clocks of who made it and
    /// of this device.
    fn due(&self, now: Duration, age: Duration, extra: Duration) -> Option<Duration> {
        let most = MAX_AGE.saturating_add(extra);
        let by_clocks = now.saturating_add(most.saturating_sub(age));
        // Clocks may be wrong by years; this process counts for itself.
        let by_age = by_clocks.min(self.since.saturating_add(most));
        let by_number = self.full_at.map(|at| at.saturating_add(extra));
        self.due_at(by_number.map_or(by_age, |at| at.min(by_age)))
    }

    /// The same moment, or when there was somebody to hear of it for long enough.
    fn due_at(&self, due: Duration) -> Option<Duration> {
        Some(due.max(self.not_before).max(self.company_since?.saturating_add(SETTLED)))
    }
}

impl Room {
    /// When this device is to change the key because of its age.
    pub(crate) fn renewal_due(&self, now: Now) -> Option<Duration> {
        let extra = match self.my_role() {
            Role::Owner => Duration::ZERO,
            Role::Admin => ADMINS_WAIT.saturating_add(stagger(self.me.id.as_bytes())),
            _ => return None,
        };
        let epoch = self.writing()?;
        let made_at = self.membership.made_at(&epoch);
        let is_too_much =
            self.members.len() > MAX_MEMBERS || self.record.epochs.len() >= MAX_RENEWED;
        // A key nothing was written with gives nothing away. One made by a clock far ahead seems to be
        // newer than all that was.
        let is_used = self.renewal.written > 0 || self.was_written_after(made_at);
        if is_too_much {
            return None;
        }
        if self.is_open_by_mistake() {
            return self.renewal.due_at(self.renewal.since.saturating_add(extra));
        }
        if !is_used {
            return None;
        }
        let age = Duration::from_millis(now.wall.0.saturating_sub(made_at.0));
        self.renewal.due(now.since_start, age, extra)
    }
}

/// How much longer than others this admin waits.
fn stagger(key: &[u8; 32]) -> Duration {
    let [high, low, ..] = *key;
    let part = u32::from(u16::from_be_bytes([high, low]));
    STAGGER.saturating_mul(part).checked_div(u32::from(u16::MAX)).unwrap_or_default()
}

impl<S: Store> Engine<S> {
    /// Something changed that may matter to when the key of a room is to be changed.
    pub(crate) fn mind_renewal(&mut self, id: RoomId) {
        let now = self.now.since_start;
        if let Some(room) = self.rooms.get_mut(&id) {
            room.renewal.note_epoch(room.writing(), now);
        }
    }

    /// Changes keys that are due for it.
    pub(crate) fn renew_keys(&mut self) {
        let now = self.now;
        let is_due = |room: &&Room| room.renewal_due(now).is_some_and(|at| at <= now.since_start);
        for id in self.rooms.values().filter(is_due).map(Room::id).collect::<Vec<_>>() {
            if let Some(room) = self.rooms.get_mut(&id) {
                room.renewal.not_before = now.since_start.saturating_add(PAUSE);
            }
            // A log that has forked stays as it is.
            if let Ok((epoch, sealed, chain)) = self.draw_key(id, &[], Vec::new()) {
                let _ = self.write(id, &OpBody::Renewal(epoch, sealed, chain));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ADMINS_WAIT, MAX_AGE, MAX_MEMBERS, MAX_WRITTEN, PAUSE, Renewal, SETTLED};
    use crate::{
        Control, ControlRecord, Head, InviteId, MemberRecord, PeerId, Role, RoomRecord, Timestamp,
        crypto, engine::Now, hlc, identity::Identity, room::Room,
    };

    const EPOCH: [u8; 16] = [1; 16];
    const WALL: Timestamp = Timestamp(1_784_000_000_000);

    fn in_company() -> Renewal {
        let mut renewal = Renewal::default();
        renewal.note_epoch(Some(EPOCH), Duration::ZERO);
        renewal.note_company(true, Duration::ZERO);
        renewal
    }

    #[test]
    fn key_that_much_was_written_with_is_changed_before_its_time() {
        let now = Duration::from_secs(600);
        let mut renewal = in_company();
        for _ in 1..MAX_WRITTEN {
            renewal.note_written(Some(EPOCH), now);
            renewal.note_written(Some([2; 16]), now);
        }
        assert_eq!(renewal.due(now, now, Duration::ZERO), Some(MAX_AGE));

        renewal.note_written(Some(EPOCH), now);

        assert_eq!(renewal.due(now, now, Duration::ZERO), Some(now), "by the owner");
        let later = now + ADMINS_WAIT;
        assert_eq!(renewal.due(now, now, ADMINS_WAIT), Some(later), "and by admins if not");
    }

    #[test]
    fn key_is_not_changed_before_somebody_was_there_for_a_while_nor_soon_after_another() {
        let mut renewal = in_company();
        let now = Duration::from_secs(10);
        assert_eq!(renewal.due(now, MAX_AGE, Duration::ZERO), Some(SETTLED));

        renewal.note_epoch(Some([2; 16]), now);
        assert_eq!(renewal.due(now, MAX_AGE, Duration::ZERO), Some(now + PAUSE));

        renewal.note_company(false, now);
        assert_eq!(renewal.due(now, MAX_AGE, Duration::ZERO), None);
    }

    /// The owner's room with so many members, in which somebody wrote.
    fn crowded(members: usize) -> Room {
        let me = Identity::from_seed(&[1; 32]);
        let record = RoomRecord {
            id: crypto::room_id(me.id, &[4; 16]),
            name: "Camp".to_owned(),
            identity_seed: [1; 32],
            owner: me.id,
            nonce: [4; 16],
            epochs: vec![(0, [5; 32])],
            invites: Vec::new(),
            read_up_to: None,
            host: None,
        };
        let member = |n: usize| {
            let mut id = [0xee; 32];
            id.iter_mut().zip(n.to_le_bytes()).for_each(|(to, from)| *to = from);
            let id = if n == 0 { me.id } else { PeerId::from_bytes(id) };
            let (name, addrs) = ("somebody".to_owned(), Vec::new());
            MemberRecord { id, noise_key: [0; 32], name, addrs, last_seen: None, holds: 0 }
        };
        let control = Control::Invite {
            invite: InviteId::from_bytes([6; 16]),
            role: Role::Member,
            expires_at: None,
            max_uses: None,
            reads_before: false,
        };
        let (by, seq) = (me.id, 2);
        let began = ControlRecord { by, seq, hlc: hlc::from_wall(WALL), control };
        let spoken_at = hlc::from_wall(Timestamp(WALL.0 + 60_000));
        let heads = vec![Head::default(); members];
        let mut room =
            Room::new(record, (0..members).map(member).collect(), heads, &[began], spoken_at);
        room.renewal.note_epoch(room.writing(), Duration::ZERO);
        room.renewal.note_company(true, Duration::ZERO);
        room
    }

    #[test]
    fn key_of_a_room_with_very_many_members_is_not_changed_by_itself() {
        let now = Now { since_start: Duration::ZERO, wall: WALL };

        assert_eq!(crowded(MAX_MEMBERS).renewal_due(now), Some(MAX_AGE));
        assert_eq!(crowded(MAX_MEMBERS + 1).renewal_due(now), None);
    }
}
