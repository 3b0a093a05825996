//! Leaving operations in a room's mailbox.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    LIFETIME, RENEW_OTHERS, RENEW_OWN, after,
    pack::{self, Acked, MAX_ACKED, MAX_LETTER_LEN, MAX_MISSING, Parcel},
};
use crate::{
    DepositFailure, Doubt, Engine, MailboxRecord, MemberIndex, RelayRecord, RoomId, SeenParcel,
    Store, StoreError, Timestamp, crypto, engine::Output, room::Room,
};

/// How long nothing more is written before what was is left in the mailbox: somebody who types has
/// several thoughts in a row, and each pack costs at least 3 KiB.
const QUIET: Duration = Duration::from_secs(3);

/// How long it may be put off by more.
const PATIENCE: Duration = Duration::from_secs(15);

/// What others wrote is left to them for so long, and for up to a minute more, which differs from
/// device to device.
const OTHERS_PAUSE: Duration = Duration::from_secs(60);

/// Packs on their way to relays at a time, for one room: 360 KiB.
const MAX_UNDER_WAY: usize = 8;

/// When a pack that no relay has acknowledged is taken for lost.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(120);

/// Pauses after packs were lost: doubled each time, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How often it is looked whether something comes to its end.
const LOOK_INTERVAL: Duration = Duration::from_secs(6 * 3_600);

/// Parcels acknowledged by one relay that others may still acknowledge.
const MAX_RECENT: usize = 64;

/// Numbers of parcels that end within the same day are told together.
const SAME_END: Duration = Duration::from_secs(86_400);

/// A parcel made and given to relays.
#[derive(Debug)]
struct UnderWay {
    spans: Vec<(MemberIndex, u64, u64)>,
    made_at: Timestamp,
    expires_at: Timestamp,
    lost_at: Duration,
    /// Whether a relay has acknowledged it.
    is_kept: bool,
    /// Relays that said no.
    refused_by: Vec<String>,
}

/// What is to be left in a mailbox when.
#[derive(Debug, Default)]
pub(crate) struct Deposits {
    /// When to leave what this device wrote, and when at the latest.
    own_at: Option<Duration>,
    own_by: Option<Duration>,
    /// When to leave what others wrote.
    others_at: Option<Duration>,
    /// Whether that is being done.
    is_for_others: bool,
    look_at: Option<Duration>,
    not_before: Duration,
    failures: u32,
    under_way: BTreeMap<u64, UnderWay>,
    /// Whether a welcome is to be left for those who have seen an invite.
    pub(super) is_welcoming: bool,
    /// When that is tried again.
    pub(super) welcome_at: Option<Duration>,
}

impl Deposits {
    pub(super) fn deadline(&self) -> Option<Duration> {
        let due = [self.own_at, self.others_at, self.look_at, self.welcome_at];
        let due = due.into_iter().flatten().map(|at| at.max(self.not_before));
        due.chain(self.waiting().map(|way| way.lost_at)).min()
    }

    fn waiting(&self) -> impl Iterator<Item = &UnderWay> {
        self.under_way.values().filter(|way| !way.is_kept)
    }

    /// Nothing is to be left any more.
    pub(super) fn rest(&mut self) {
        *self = Self { is_welcoming: self.is_welcoming, ..Self::default() };
    }

    /// The mailbox is in use; `has_more` says that this device has written what is not there yet.
    pub(super) fn mind(&mut self, now: Duration, has_more: bool) {
        self.look_at.get_or_insert(now.saturating_add(LOOK_INTERVAL));
        if (has_more && self.waiting().next().is_none()) || self.is_welcoming {
            self.own_at.get_or_insert(now.saturating_add(QUIET));
        }
    }

    /// This device wrote something.
    pub(super) fn put_off(&mut self, now: Duration) {
        let by = *self.own_by.get_or_insert(now.saturating_add(PATIENCE));
        self.own_at = Some(now.saturating_add(QUIET).min(by));
    }

    /// This device wrote something long ago that is missing now.
    pub(super) fn hurry(&mut self, now: Duration) {
        self.own_at = Some(now);
    }

    /// Others wrote something.
    pub(super) fn mind_others(&mut self, now: Duration, spread: u8) {
        let spread = Duration::from_secs(u64::from(spread % 60));
        self.others_at.get_or_insert(now.saturating_add(OTHERS_PAUSE).saturating_add(spread));
    }

    /// Parcels no relay has acknowledged in time are lost. Gives those that refused them.
    fn lose(&mut self, now: Duration) -> BTreeSet<String> {
        let is_lost = |way: &UnderWay| !way.is_kept && now >= way.lost_at;
        let lost = self.under_way.extract_if(.., |_, way| is_lost(way));
        let lost: Vec<_> = lost.map(|(_, way)| way).collect();
        if !lost.is_empty() {
            let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
            self.failures = self.failures.saturating_add(1);
            self.not_before = now.saturating_add(pause);
            self.own_at = Some(self.not_before);
        }
        lost.into_iter().flat_map(|way| way.refused_by).collect()
    }

    /// The first operation after `after` of one log that is not on its way.
    fn skip_under_way(&self, index: MemberIndex, mut after: u64) -> u64 {
        for (_, from, to) in self.waiting().flat_map(|way| &way.spans).filter(|s| s.0 == index) {
            if *from <= after.saturating_add(1) {
                after = after.max(*to);
            }
        }
        after
    }
}

impl RelayRecord {
    /// It acknowledged a parcel made here.
    fn acknowledge(&mut self, number: u64) {
        if self.from == 0 || number > self.up_to.saturating_add(MAX_MISSING as u64) {
            (self.from, self.up_to) = (number, number);
            self.missing.clear();
            return;
        }
        self.missing.retain(|missing| *missing != number);
        if number > self.up_to {
            self.missing.extend(self.up_to.saturating_add(1)..number);
            self.up_to = number;
        }
        while self.missing.len() > MAX_MISSING {
            self.from = self.missing.remove(0).saturating_add(1);
        }
    }
}

impl<S: Store> Engine<S> {
    /// An operation was added to a room: it belongs in the mailbox.
    pub(crate) fn mind_deposit(&mut self, id: RoomId, author: MemberIndex) {
        let now = self.now.since_start;
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.mailbox.deposits.look_at.is_none() {
            // Not in use, as far as is known; if it is, the look that is coming notices.
            self.mind_mailbox(id);
        } else if author == room.my_index {
            room.mailbox.deposits.put_off(now);
        } else if room.mailbox.is_keeper {
            let [spread, ..] = *room.me.id.as_bytes();
            room.mailbox.deposits.mind_others(now, spread);
        }
    }

    /// Leaves in the mailbox what it is time for.
    pub(super) fn deposit_due(&mut self, id: RoomId) -> Result<(), StoreError> {
        let now = self.now.since_start;
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let is_informed = room.mailbox.is_keeper && room.mailbox.reading.has_read;
        let refusing = room.mailbox.deposits.lose(now);
        // A relay need not take everything, as long as there is one that does.
        refusing.iter().for_each(|relay| self.doubt_relay(id, relay, Doubt::Refuses));
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let deposits = &mut room.mailbox.deposits;
        let is_due = |at: Option<Duration>| at.is_some_and(|at| now >= at);
        if now < deposits.not_before {
            return Ok(());
        }
        let is_look = is_due(deposits.look_at);
        if is_look {
            deposits.look_at = Some(now.saturating_add(LOOK_INTERVAL));
        }
        if is_due(deposits.others_at) || is_look {
            deposits.others_at = None;
            deposits.is_for_others = is_informed;
        }
        if is_due(deposits.welcome_at) {
            (deposits.is_welcoming, deposits.welcome_at) = (true, None);
        }
        if is_due(deposits.own_at) {
            (deposits.own_at, deposits.own_by) = (None, None);
        }
        self.leave_welcome(id)?;
        self.deposit_more(id)
    }

    /// Gives relays as many packs as may be on their way.
    fn deposit_more(&mut self, id: RoomId) -> Result<(), StoreError> {
        while let Some(room) = self.rooms.get(&id) {
            let places = self.mailbox_places(room);
            let is_full = room.mailbox.deposits.waiting().count() >= MAX_UNDER_WAY;
            if places.is_empty() || is_full {
                break;
            }
            let parcel = self.begin_parcel(room);
            let (ops, spans) = self.next_parcel(room, pack::letter_len(&parcel))?;
            if ops.is_empty() {
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.mailbox.deposits.is_for_others = false;
                }
                break;
            }
            if !self.deposit(id, Parcel { ops, ..parcel }, spans) {
                break;
            }
        }
        Ok(())
    }

    fn begin_parcel(&self, room: &Room) -> Parcel {
        let record = &room.mailbox.record;
        let now = self.now.wall;
        let number = record.made.saturating_add(1);
        let expires_at = after(now, LIFETIME);
        let acked = record.relays.iter().filter(|relay| relay.from > 0).map(|relay| Acked {
            relay: crypto::relay_tag(&room.mailbox.key, &relay.name),
            from: relay.from,
            up_to: relay.up_to,
            missing: relay.missing.clone(),
        });
        Parcel {
            depositor: room.me.id,
            number,
            made_at: now,
            expires_at,
            lives: lives_with(record, number, expires_at, now),
            acked: acked.take(MAX_ACKED).collect(),
            ops: Vec::new(),
        }
    }

    /// What goes into the next parcel, whose letter has `len` bytes already.
    #[expect(clippy::type_complexity, reason = "operations, and which they are")]
    fn next_parcel(
        &self,
        room: &Room,
        mut len: usize,
    ) -> Result<(Vec<Vec<u8>>, Vec<(MemberIndex, u64, u64)>), StoreError> {
        let (mut ops, mut spans) = (Vec::new(), Vec::new());
        let others = (0..room.members.len()).filter_map(|n| u32::try_from(n).ok()).map(MemberIndex);
        let is_meant = |i: &MemberIndex| room.mailbox.deposits.is_for_others || *i == room.my_index;
        // In the order in which members became known: what lets an author in comes first.
        for index in others.filter(is_meant) {
            let Some(first) = self.next_to_deposit(room, index) else { continue };
            let mut last = first;
            while last < room.head(index).height {
                let space = MAX_LETTER_LEN.saturating_sub(len);
                let more = self.store.ops_after(room.id(), index, last, 256, space)?;
                let mut is_full = more.is_empty();
                for op in more {
                    let with = len.saturating_add(pack::element_len(op.len()));
                    if with > MAX_LETTER_LEN {
                        is_full = true;
                        break;
                    }
                    len = with;
                    last = last.saturating_add(1);
                    ops.push(op);
                }
                if is_full {
                    break;
                }
            }
            if last > first {
                spans.push((index, first.saturating_add(1), last));
            }
            if last < room.head(index).height {
                break;
            }
        }
        Ok((ops, spans))
    }

    /// After which operation of a log the next ones are to be left, if any are.
    fn next_to_deposit(&self, room: &Room, index: MemberIndex) -> Option<u64> {
        let now = self.now.wall;
        let height = room.head(index).height;
        let kept = room.mailbox.kept(index, now);
        let early = if index == room.my_index { RENEW_OWN } else { RENEW_OTHERS };
        let base = if kept.up_to < height {
            kept.up_to
        } else if kept.expires_at < after(now, early) {
            kept.renewed_to
        } else {
            return None;
        };
        let after = room.mailbox.deposits.skip_under_way(index, base);
        (after < height).then_some(after)
    }

    /// Gives relays a pack; false if it cannot be made.
    fn deposit(&mut self, id: RoomId, parcel: Parcel, spans: Vec<(MemberIndex, u64, u64)>) -> bool {
        let nonce = self.pack_nonce();
        let now = self.now;
        let Some(room) = self.rooms.get(&id) else { return false };
        let at = self.mailbox_places(room);
        let Some(room) = self.rooms.get_mut(&id) else { return false };
        let mailbox = &mut room.mailbox;
        let pack = pack::seal(&mailbox.key, &parcel, &room.me, nonce);
        let Some(pack) = pack else { return false };
        let (number, made_at, expires_at) = (parcel.number, parcel.made_at, parcel.expires_at);
        let lost_at = now.since_start.saturating_add(LOST_AFTER);
        let (is_kept, refused_by) = (false, Vec::new());
        let way = UnderWay { spans, made_at, expires_at, lost_at, is_kept, refused_by };
        mailbox.deposits.under_way.insert(number, way);
        mailbox.record.made = number;
        mailbox.record.lives = parcel.lives;
        let mailbox = mailbox.key;
        self.stage_mailbox(id);
        self.outputs.push_back(Output::Deposit { mailbox, number, pack, expires_at, at });
        true
    }

    fn under_way(&mut self, id: RoomId, number: u64) -> Option<&mut UnderWay> {
        self.rooms.get_mut(&id)?.mailbox.deposits.under_way.get_mut(&number)
    }

    pub(super) fn pack_nonce(&mut self) -> [u8; 24] {
        *self.chance().first_chunk().expect("24 of 32 bytes")
    }

    /// A relay has taken a pack in, or has not.
    pub(crate) fn note_deposited(
        &mut self,
        mailbox: &[u8; 32],
        number: u64,
        relay: &str,
        result: Result<(), DepositFailure>,
    ) -> Result<(), StoreError> {
        let Some(id) = self.room_of_mailbox(mailbox) else {
            if result.is_ok() {
                self.note_welcomed(mailbox);
            }
            return Ok(());
        };
        match result {
            Ok(()) => {}
            Err(failure) => {
                let way = self.under_way(id, number).filter(|_| failure == DepositFailure::Refused);
                if let Some(way) = way
                    && way.refused_by.len() < MAX_ACKED
                {
                    way.refused_by.push(relay.to_owned());
                }
                return Ok(());
            }
        }
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let me = room.me.id;
        let Some(way) = room.mailbox.deposits.under_way.get_mut(&number) else { return Ok(()) };
        let (made_at, expires_at) = (way.made_at, way.expires_at);
        let spans = if std::mem::replace(&mut way.is_kept, true) {
            Vec::new()
        } else {
            std::mem::take(&mut way.spans)
        };
        let deposits = &mut room.mailbox.deposits;
        deposits.failures = 0;
        while deposits.under_way.len() > MAX_RECENT {
            deposits.under_way.pop_first();
        }
        if let Some(relay) = room.mailbox.record.relay(relay) {
            relay.acknowledge(number);
            relay.note_seen(SeenParcel { depositor: me, number, made_at, expires_at });
        }
        for (index, from, to) in spans {
            let Some(room) = self.rooms.get(&id) else { return Ok(()) };
            let mut kept = room.mailbox.kept(index, now.wall);
            kept.note((from, to), expires_at, now.wall);
            self.stage_kept(id, index, kept);
        }
        self.stage_mailbox(id);
        self.deposit_more(id)
    }
}

/// From which number on parcels end when, with one more that ends at `expires_at`; without those
/// that are over.
fn lives_with(
    record: &MailboxRecord,
    number: u64,
    expires_at: Timestamp,
    now: Timestamp,
) -> Vec<(u64, Timestamp)> {
    let mut lives = record.lives.clone();
    let is_new = lives.last().is_none_or(|(_, end)| expires_at > after(*end, SAME_END));
    if is_new {
        lives.push((number, expires_at));
    }
    lives.retain(|(_, end)| after(*end, SAME_END) > now);
    lives
}
