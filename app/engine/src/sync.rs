//! Who lacks what: one session's half of keeping two devices equal.
//!
//! Once a comparison has shown how far each side holds each log, each sends what the other lacks,
//! and says how much of that it has taken.

mod asked;
mod comparison;
mod lanes;
mod newest;
mod offering;
mod refusals;
mod sending;
mod window;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use asked::Asked;
use comparison::{Compared, Comparison};
use lanes::Lanes;
use newest::Newest;
pub(crate) use offering::Grown;
use offering::Offering;
use refusals::Refusals;
use window::Window;

use crate::{
    MemberIndex, PeerId, Store, StoreError,
    airtime::{Held, Space},
    alias::Names,
    frontier::Digest,
    quota::Quota,
    room::Room,
    wire::{MAX_HAVE_ENTRIES, Packet, Part},
};

/// How often a day one side of a session may have everything sent again. An honest peer needs it
/// once or twice in its life; each time can cost us the whole room.
const MAX_REPAIRS_PER_DAY: u64 = 16;

/// The most bytes of last operations that are sent because one of them may be another: a hundred
/// usual ones, several buckets of them. What is above is left to another session.
const MAX_UNLIKE_BYTES: usize = 24 * 1024;

/// Heights we were told of authors we do not know yet: a packet's worth.
const MAX_STRANGERS: usize = MAX_HAVE_ENTRIES;

/// What one session knows of the difference between two devices.
#[derive(Debug)]
pub(crate) struct Sync {
    /// How far each log was sent, or is known to be held there, by roster index.
    sent: Vec<u64>,
    /// How far they are known to hold each log, by roster index.
    held: Vec<u64>,
    /// What they said of authors we do not know yet.
    strangers: BTreeMap<PeerId, u64>,
    /// Logs that may be longer than what was sent of them.
    behind: BTreeSet<MemberIndex>,
    /// Logs as long as theirs, one of which may be another.
    unlike: BTreeSet<MemberIndex>,
    /// What salts this session's hashes, and whether the sketch is ours to send.
    begins: ([u8; 32], bool),
    /// How what both hold is compared, from our greeting until that is over.
    comparison: Option<Comparison>,
    /// Whether we know what they lack.
    knows_theirs: bool,
    /// Whether a complete word of theirs is coming in, in more than one packet.
    is_restating: bool,
    window: Window,
    /// What could not be added.
    pub(crate) refusals: Refusals,
    answered: Quota,
    newest: Newest,
    /// Whether operations are sent as they are, since something could not be put together.
    is_plain: bool,
    pub(crate) names: Names,
    offering: Offering,
    pub(crate) asked: Asked,
    lanes: Lanes,
}

/// What a peer's word leads to.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What to answer.
    pub(crate) replies: Vec<Packet>,
    /// Logs the peer is newly known to hold up to a point.
    pub(crate) receipts: Vec<(MemberIndex, u64)>,
}

fn slot(heights: &mut Vec<u64>, index: MemberIndex) -> Option<&mut u64> {
    let at = index.0 as usize;
    if heights.len() <= at {
        heights.resize(at.saturating_add(1), 0);
    }
    heights.get_mut(at)
}

fn height(heights: &[u64], index: MemberIndex) -> u64 {
    heights.get(index.0 as usize).copied().unwrap_or_default()
}

fn raise(heights: &mut Vec<u64>, index: MemberIndex, to: u64) -> bool {
    slot(heights, index).is_some_and(|slot| {
        let is_higher = *slot < to;
        *slot = to.max(*slot);
        is_higher
    })
}

impl Sync {
    /// At the beginning of a session. `salt` is equal at both ends and never the same twice;
    /// `is_sketcher` at one of them.
    pub(crate) fn new(salt: [u8; 32], is_sketcher: bool) -> Self {
        Self {
            sent: Vec::new(),
            held: Vec::new(),
            strangers: BTreeMap::new(),
            behind: BTreeSet::new(),
            unlike: BTreeSet::new(),
            begins: (salt, is_sketcher),
            comparison: None,
            knows_theirs: false,
            is_restating: false,
            window: Window::default(),
            refusals: Refusals::new(),
            answered: Quota::new(MAX_REPAIRS_PER_DAY),
            newest: Newest::default(),
            is_plain: false,
            names: Names::default(),
            offering: Offering::default(),
            asked: Asked::default(),
            lanes: Lanes::default(),
        }
    }

    /// Begins to compare what both hold: gives our digest.
    pub(crate) fn greet(&mut self, room: &Room) -> Packet {
        let (salt, is_sketcher) = self.begins;
        self.names.note_authors(room.frontier().map(|(index, ..)| index).collect());
        self.comparison.insert(Comparison::new(room, salt, is_sketcher)).digest()
    }

    /// The session began with a welcome, so that both sides hold the owner's first operation, and
    /// need not wait for each other's word to send the rest.
    pub(crate) fn begin_with_genesis(&mut self, room: &Room) {
        self.knows_theirs = true;
        if let Some(owner) = room.index_of(room.record.owner) {
            raise(&mut self.sent, owner, 1);
        }
        self.behind.extend(room.frontier().map(|(index, ..)| index));
    }

    /// Their digest came.
    pub(crate) fn take_digest(&mut self, room: &Room, digest: Digest) -> Option<Heard> {
        let Some(comparison) = &mut self.comparison else { return Some(Heard::default()) };
        let compared = comparison.take_digest(room, digest);
        if comparison.has_same_authors() {
            self.names.share_ranks();
        }
        Some(self.learn(room, compared))
    }

    /// Their sketch came; `None` if they broke the protocol.
    pub(crate) fn take_sketch(
        &mut self,
        room: &Room,
        logs: &[[u8; 4]],
        authors: &[[u8; 4]],
    ) -> Option<Heard> {
        let compared = self.comparison.as_mut()?.take_sketch(room, logs, authors)?;
        Some(self.learn(room, compared))
    }

    /// Their heights came; `None` if they broke the protocol.
    pub(crate) fn take_heights(
        &mut self,
        room: &Room,
        parts: &[Part],
        more: bool,
    ) -> Option<Heard> {
        let compared = self.comparison.as_mut()?.take_heights(room, parts, more)?;
        Some(self.learn(room, compared))
    }

    /// What differs in their heights came; `None` if they broke the protocol.
    pub(crate) fn take_differences(
        &mut self,
        room: &Room,
        steps: &[u64],
        more: bool,
    ) -> Option<Heard> {
        let compared = self.comparison.as_mut()?.take_differences(room, steps, more)?;
        Some(self.learn(room, compared))
    }

    fn learn(&mut self, room: &Room, compared: Compared) -> Heard {
        let mut heard = Heard { replies: compared.replies, receipts: Vec::new() };
        for (author, height) in compared.strangers {
            self.note_stranger(author, height);
        }
        self.unlike.extend(compared.unlike);
        for (index, height) in compared.held {
            // Where authors differ, nothing is known of last operations. Whoever left in one history may
            // have gone on in another, and nobody who knows of that end would hear it from them.
            let is_end = room.member(index).is_some_and(|m| room.membership.has_left(m.id));
            if is_end && height == room.height(index) {
                self.unlike.insert(index);
            }
            self.note_held(&mut heard, room, index, height);
        }
        if compared.is_over {
            self.comparison = None;
            if !std::mem::replace(&mut self.knows_theirs, true) {
                self.sort_behind(room);
            }
        }
        heard
    }

    /// They hold a log up to here.
    fn note_held(&mut self, heard: &mut Heard, room: &Room, index: MemberIndex, height: u64) {
        raise(&mut self.sent, index, height);
        if raise(&mut self.held, index, height) {
            heard.receipts.push((index, height));
            self.note_offer(room, index, height);
        }
    }

    fn note_offer(&mut self, room: &Room, index: MemberIndex, height: u64) {
        if height > room.head(index).height {
            self.asked.note_offer(index, height);
        }
    }

    /// Whether the peer has to be told that it should offer what others may send as well, or that
    /// it should not.
    pub(crate) fn spare(&mut self, now: Duration, is_spared: bool) -> bool {
        self.asked.spare(now, is_spared, &self.held)
    }

    /// Forgets what was asked for and has come, or did not come in time.
    pub(crate) fn settle_asked(&mut self, now: Duration, room: &Room) {
        let refusals = &self.refusals;
        let is_refused = |index| {
            !refusals.is_empty() && room.member(index).is_some_and(|m| refusals.contains(m.id))
        };
        self.asked.settle(now, room, &self.held, is_refused);
    }

    /// Their word on how many packets they have taken came, and how far they hold some logs;
    /// `None` if they acknowledge what was never sent.
    pub(crate) fn take_have(
        &mut self,
        now: Duration,
        room: &Room,
        entries: &[(PeerId, u64)],
        (more, again, taken): (bool, bool, u64),
    ) -> Option<Heard> {
        let brought = self.window.acknowledge(taken)?;
        if again && !self.is_restating && self.answered.has(now, 1) {
            self.answered.take(1);
            (self.is_restating, self.is_plain) = (true, true);
            self.sent.fill(0);
        }
        let mut heard = Heard::default();
        let mut lacking = BTreeSet::new();
        for (author, height) in entries {
            match room.index_of(*author) {
                Some(index) => {
                    lacking.insert(index);
                    self.note_held(&mut heard, room, index, *height);
                }
                None => self.note_stranger(*author, *height),
            }
        }
        // A log comes up again in one packet or several: what counts is how far it got.
        let mut most = BTreeMap::new();
        for (index, height) in brought {
            let up_to: &mut u64 = most.entry(index).or_default();
            *up_to = height.max(*up_to);
        }
        for (index, height) in most {
            if !lacking.contains(&index) && raise(&mut self.held, index, height) {
                heard.receipts.push((index, height));
            }
        }
        if !more && std::mem::take(&mut self.is_restating) {
            self.knows_theirs = true;
            self.behind.extend(room.frontier().map(|(index, ..)| index));
        }
        Some(heard)
    }

    fn note_stranger(&mut self, author: PeerId, height: u64) {
        if self.strangers.len() < MAX_STRANGERS || self.strangers.contains_key(&author) {
            self.strangers.insert(author, height);
        }
    }

    /// A packet of operations came from them.
    pub(crate) fn take_ops(&mut self, now: Duration) {
        self.window.take();
        self.refusals.retry_if_due(now);
    }

    /// The last packet brought an operation of `author` that we still do not hold.
    pub(crate) fn note_lacking(&mut self, author: PeerId) {
        self.window.note_lacking(author);
    }

    /// They sent operations up to here, which we hold as well: so they need not get them from us.
    /// Gives which logs they are newly known to hold.
    pub(crate) fn note_theirs(
        &mut self,
        now: Duration,
        room: &Room,
        theirs: &BTreeMap<MemberIndex, u64>,
    ) -> Vec<(MemberIndex, u64)> {
        let mut heard = Heard::default();
        for (author, seq) in theirs {
            self.note_held(&mut heard, room, *author, *seq);
        }
        self.asked.note_came(now, theirs);
        heard.receipts
    }

    /// How far they said they hold a log.
    pub(crate) fn held(&self, author: MemberIndex) -> u64 {
        height(&self.held, author)
    }

    /// Whether they have been sent all we hold.
    pub(crate) fn is_level(&self) -> bool {
        self.knows_theirs && self.behind.is_empty()
    }

    /// What to send now that the store has everything up to the heads of `room`, as far as there is
    /// `space`. `grown` are the logs that have grown since the last call.
    pub(crate) fn flush(
        &mut self,
        room: &Room,
        store: &impl Store,
        grown: &Grown,
        space: &mut Space,
    ) -> Result<Vec<Packet>, StoreError> {
        self.note_growth(room, grown);
        if space.urgent == 0 {
            space.held = self.has_more().then_some(Held::Urgent);
            return Ok(Vec::new());
        }
        let mut packets = self.window.receipts(room);
        if self.refusals.take_repair() {
            packets.extend(self.restatement(room));
        }
        packets.extend(self.newest(room, store, space)?);
        packets.extend(self.offers(room));
        while self.knows_theirs && self.window.has_place() {
            let mut heights = Vec::new();
            let ops = self.next_ops(room, store, space, &mut heights)?;
            if ops.is_empty() {
                break;
            }
            self.window.send(heights);
            packets.push(Packet::Ops(ops));
        }
        Ok(packets)
    }

    fn note_growth(&mut self, room: &Room, grown: &Grown) {
        self.sort_grown(room, grown);
        for index in &grown.logs {
            let Some(member) = room.member(*index) else { continue };
            if let Some(height) = self.strangers.remove(&member.id) {
                self.note_held(&mut Heard::default(), room, *index, height);
            }
        }
    }

    /// All we hold, and that sending is to start over from there.
    fn restatement(&self, room: &Room) -> Vec<Packet> {
        let from = |id, height| if room.suspects.contains(&id) { 0 } else { height };
        let entries: Vec<_> =
            room.frontier().map(|(_, id, height)| (id, from(id, height))).collect();
        let taken = self.window.taken();
        let mut chunks: Vec<_> = entries.chunks(MAX_HAVE_ENTRIES).map(<[_]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        let whole = chunks.into_iter().map(|entries| (entries, true)).chain([(last, false)]);
        whole.map(|(entries, more)| Packet::Have { entries, more, again: true, taken }).collect()
    }
}

#[cfg(test)]
mod tests;
