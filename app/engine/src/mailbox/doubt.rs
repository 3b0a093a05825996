//! What a relay owes: everything it has shown or acknowledged, until its time is over.

use std::{collections::BTreeSet, time::Duration};

use super::{
    after, before, days,
    reading::{Promise, Shown},
};
use crate::{
    Doubt, Engine, Event, Kept, MemberIndex, PeerId, RelayRecord, RoomId, Store, Timestamp, crypto,
};

/// How long before the end of a parcel a relay may forget it: clocks differ.
const SLACK: Duration = Duration::from_secs(2 * 3_600);

/// Of one depositor, so many parcels are asked for; older ones are not missed.
const MAX_EXPECTED: u64 = 4_096;

/// How often everything is left anew because of one relay.
const REPAIR_INTERVAL: Duration = days(7);

impl<S: Store> Engine<S> {
    /// Compares what a relay has shown with what it should have; false if there is doubt. The
    /// first time it is read once more: what seems missing may have been on its way.
    pub(super) fn judge(&mut self, id: RoomId, relay: &str) -> bool {
        let now = self.now.wall;
        let Some(room) = self.rooms.get_mut(&id) else { return true };
        let tag = crypto::relay_tag(&room.mailbox.key, relay);
        let record = &room.mailbox.record;
        let known = record.relays.iter().find(|known| known.name == relay);
        let reading = &room.mailbox.reading;
        let Some(shown) = reading.shown.get(relay) else { return true };
        let is_doubted = reading.doubted.iter().any(|(name, why)| {
            name == relay && matches!(why, Doubt::Withholds | Doubt::RolledBack)
        });
        if is_doubted {
            return false;
        }
        let mut lacking = BTreeSet::new();
        if let Some(known) = known {
            lacking.extend(not_shown_again(known, shown, now));
        }
        let members = reading.promises.iter().filter(|(peer, _)| room.index_of(**peer).is_some());
        for (peer, promise) in members {
            let seen = known.and_then(|known| known.seen.iter().find(|s| s.depositor == *peer));
            let seen = seen.map(|seen| seen.number);
            lacking.extend(promise.missing(tag, *peer, shown, seen, now).map(|n| (*peer, n)));
        }
        let newest = |peer: &PeerId| shown.numbers.get(peer).and_then(BTreeSet::last).copied();
        let is_back = lacking.iter().any(|(peer, number)| newest(peer).is_none_or(|n| n < *number));
        let reading = &mut room.mailbox.reading;
        if lacking.is_empty() {
            reading.suspected.remove(relay);
            self.note_shown(id, relay);
            return true;
        }
        let suspected = reading.suspected.insert(relay.to_owned(), lacking.clone());
        if suspected.is_some_and(|before| before.intersection(&lacking).next().is_some()) {
            reading.suspected.remove(relay);
            let why = if is_back { Doubt::RolledBack } else { Doubt::Withholds };
            self.doubt_relay(id, relay, why);
            self.repair(id, relay);
        } else {
            self.begin_collecting(id, Duration::ZERO);
        }
        false
    }

    /// What a relay has shown it must show again.
    pub(super) fn note_shown(&mut self, id: RoomId, relay: &str) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let shown = room.mailbox.reading.shown.get(relay);
        let parcels = shown.into_iter().flat_map(|shown| shown.last.values().copied());
        let parcels: Vec<_> =
            parcels.filter(|parcel| room.index_of(parcel.depositor).is_some()).collect();
        let Some(relay) = room.mailbox.record.relay(relay) else { return };
        let before = relay.seen.clone();
        parcels.into_iter().for_each(|parcel| relay.note_seen(parcel));
        if relay.seen != before {
            self.stage_mailbox(id);
        }
    }

    /// Tells the person of a relay, once.
    pub(super) fn doubt_relay(&mut self, id: RoomId, relay: &str, why: Doubt) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.mailbox.reading.doubted.insert((relay.to_owned(), why)) {
            self.notify(Event::MailboxDoubt { room: id, relay: relay.to_owned(), why });
        }
    }

    /// What is missing at one relay is left there anew, with all the rest.
    fn repair(&mut self, id: RoomId, relay: &str) {
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let Some(record) = room.mailbox.record.relay(relay) else { return };
        let is_early = record.doubted_at > before(now.wall, REPAIR_INTERVAL);
        let name = std::mem::take(&mut record.name);
        *record = RelayRecord { name, doubted_at: now.wall, ..RelayRecord::default() };
        if is_early {
            return;
        }
        let (mine, is_keeper) = (room.my_index, room.mailbox.is_keeper);
        let count = u32::try_from(room.members.len()).unwrap_or(u32::MAX);
        let is_meant = |index: &MemberIndex| is_keeper || *index == mine;
        for index in (0..count).map(MemberIndex).filter(is_meant) {
            self.stage_kept(id, index, Kept::default());
        }
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.mailbox.deposits.hurry(now.since_start);
        let [spread, ..] = *room.me.id.as_bytes();
        room.mailbox.deposits.mind_others(now.since_start, spread);
    }
}

/// Of the parcels a relay has shown before, those it should have shown again and did not.
fn not_shown_again(
    known: &RelayRecord,
    shown: &Shown,
    now: Timestamp,
) -> impl Iterator<Item = (PeerId, u64)> {
    let is_owed = move |made_at: Timestamp, expires_at: Timestamp| {
        made_at >= shown.since && expires_at > after(now, SLACK)
    };
    let owed = known.seen.iter().filter(move |seen| is_owed(seen.made_at, seen.expires_at));
    let owed = owed.map(|seen| (seen.depositor, seen.number));
    owed.filter(|(peer, number)| !shown.numbers.get(peer).is_some_and(|n| n.contains(number)))
}

impl Promise {
    /// Of the parcels the relay has acknowledged by the depositor's word, those it did not show.
    /// `seen` is the newest it has shown before.
    fn missing(
        &self,
        relay: [u8; 4],
        depositor: PeerId,
        shown: &Shown,
        seen: Option<u64>,
        now: Timestamp,
    ) -> impl Iterator<Item = u64> {
        let acked = self.acked.iter().find(|acked| acked.relay == relay);
        let numbers = shown.numbers.get(&depositor);
        // What was made before the reading began is not shown again.
        let read_from = match (shown.since, seen) {
            (Timestamp(0), _) => Some(0),
            (_, Some(seen)) => seen.checked_add(1),
            (_, None) => numbers.and_then(BTreeSet::first).copied(),
        };
        let alive = self.lives.iter().find(|(_, end)| *end > after(now, SLACK));
        let range = acked.zip(read_from).zip(alive).map(|((acked, read_from), (alive, _))| {
            let last = acked.up_to.min(self.number);
            let first = acked.from.max(read_from).max(*alive);
            first.max(last.saturating_sub(MAX_EXPECTED))..=last
        });
        let is_excused =
            move |n: &u64| acked.is_some_and(|acked| acked.missing.binary_search(n).is_ok());
        let owed = range.into_iter().flatten().filter(move |n| !is_excused(n));
        owed.filter(move |n| !numbers.is_some_and(|numbers| numbers.contains(n)))
    }
}
