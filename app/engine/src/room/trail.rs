//! What of logs disappears with time, and what takes its place.
//!
//! Every log stays a chain of what is no text, each [`Checkpoint`](OpBody::Checkpoint) in it naming
//! the operation before: so texts between may be missing, and nothing else.

use super::{Room, Unusable};
use crate::{
    KeptFor, MemberIndex, Position, Run, StoredOp, Timestamp, Trail,
    body::{self, OpBody, is_governing_kind},
    engine::Now,
    hlc,
    membership::Keeping,
    op::Op,
};

/// How much longer than agreed texts are kept, hidden: clocks differ, and whoever lacks a text that is
/// just not too old yet must still get it.
const SLACK_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// How old the last operation of a log that is no text must be for its author's device to write a
/// checkpoint: so a log has no more than two a day, and texts go at most about a day late.
const CHECKPOINT_MILLIS: u64 = 12 * 60 * 60 * 1_000;

impl Room {
    /// What is remembered of a log besides how far it is held.
    pub(crate) fn trail(&self, index: MemberIndex) -> Trail {
        self.trails.get(&index).copied().unwrap_or_default()
    }

    /// An operation was added at the end of its log, which was held up to `before`.
    pub(super) fn note_trail(
        &mut self,
        index: MemberIndex,
        before: u64,
        op: &Op<'_>,
        body: &OpBody,
    ) {
        let (kind, seq, clock) = (body.kind(), op.header.seq, op.header.hlc);
        if body::is_words(kind) {
            return;
        }
        if let OpBody::Checkpoint { since, .. } = body
            && before > *since
        {
            self.runs.insert((index, seq), Run { since: *since, clock });
        }
        let governs = is_governing_kind(kind) || self.trail(index).governs;
        self.trails.insert(index, Trail { last: seq, id: op.id, clock, governs });
    }

    /// Works out what there is to know of logs from their operations, newest first, for a room that is
    /// remembered from before that was.
    pub(crate) fn learn_trails<'a>(&mut self, newest_first: impl Iterator<Item = &'a StoredOp>) {
        for stored in newest_first.filter(|stored| !body::is_words(stored.kind)) {
            let Some(op) = Op::decode(&stored.bytes) else { continue };
            let (last, id, clock) = (op.header.seq, op.id, op.header.hlc);
            let trail = self.trails.entry(stored.position.author).or_default();
            let governs = trail.governs || is_governing_kind(stored.kind);
            if trail.last < last {
                *trail = Trail { last, id, clock, governs };
            }
            trail.governs = governs;
        }
    }

    /// Whether a checkpoint that extends a log by one says the truth.
    pub(super) fn is_true_checkpoint(&self, op: &Op<'_>, since: u64, id: [u8; 16]) -> bool {
        let trail = self.index_of(op.header.author).map(|index| self.trail(index));
        trail.is_some_and(|trail| {
            let is_empty = since.saturating_add(1) >= op.header.seq;
            !is_empty && !trail.governs && (trail.last, trail.id) == (since, id)
        })
    }

    /// The checkpoint that an operation is, if it is one: up to where it reaches back, and what it says
    /// stands there.
    fn checkpoint(&self, op: &Op<'_>) -> Option<(u64, [u8; 16])> {
        match op.open(&self.key_of(op.header.epoch, &op.header.room_tag)?)? {
            OpBody::Checkpoint { since, id } => Some((since, id)),
            _ => None,
        }
    }

    /// Whether an operation may follow one at `held`, because there were only texts between.
    pub(crate) fn bridges(&self, op: &Op<'_>, held: u64) -> bool {
        op.header.seq > held && self.checkpoint(op).is_some_and(|(since, _)| since <= held)
    }

    /// Whether texts before an operation may be gone everywhere: the place behind which they began.
    pub(crate) fn reaches_back(&self, now: Timestamp, op: &Op<'_>) -> Option<u64> {
        let is_old = self.may_be_gone(now, op.header.hlc);
        self.checkpoint(op).filter(|_| is_old).map(|(since, _)| since)
    }

    /// Whether nobody may expect texts any more that a checkpoint of this clock covers.
    fn may_be_gone(&self, now: Timestamp, clock: u64) -> bool {
        let Keeping { shortest, .. } = self.membership.keeping();
        shortest.is_some_and(|time| is_older(now, clock, time.millis()))
    }

    /// Whether a log that is held up to `held` may go on here though something between is missing.
    pub(super) fn bridge(
        &mut self,
        now: Now,
        index: Option<MemberIndex>,
        op: &Op<'_>,
    ) -> Result<(), Unusable> {
        let trail = index.map(|index| self.trail(index)).ok_or(Unusable::Early)?;
        let (since, id) = self.checkpoint(op).ok_or(Unusable::Early)?;
        if since > trail.last {
            return Err(Unusable::Early);
        }
        if !op.is_signed() {
            return Err(Unusable::Forged);
        }
        if since < trail.last || trail.governs {
            return Err(Unusable::Wrong);
        }
        if id != trail.id {
            self.suspects.insert(op.header.author);
            return Err(Unusable::Forked);
        }
        if self.may_be_gone(now.wall, op.header.hlc) { Ok(()) } else { Err(Unusable::Gapped) }
    }

    /// Takes note of the time: what is older than agreed is not shown from now on.
    pub(crate) fn note_time(&mut self, now: Timestamp) {
        let before = |time: KeptFor, at: Timestamp| at.0.saturating_sub(time.millis());
        let current = self.membership.options().kept_for.map(|time| before(time, now));
        let over = self.membership.keeping().over.iter();
        let over = over.map(|(time, clock)| before(*time, hlc::to_wall(*clock).min(now)));
        let horizon = current.into_iter().chain(over).max().unwrap_or_default();
        self.horizon = hlc::order_at(hlc::from_wall(Timestamp(horizon)));
    }

    /// Whether what stands here has disappeared.
    pub(crate) fn is_past(&self, position: Position, kind: u8) -> bool {
        body::is_words(kind) && position.hlc < self.horizon
    }

    /// Whether a text of this clock has disappeared.
    pub(crate) fn was_before(&self, clock: u64) -> bool {
        hlc::order_at(clock) < self.horizon
    }

    /// Up to where texts have disappeared: nothing before is shown.
    pub(crate) fn horizon(&self) -> Position {
        Position { hlc: self.horizon, ..NOWHERE }
    }

    /// Behind which place what is new begins, as far as it is still shown.
    pub(crate) fn unread_from(&self) -> Option<Position> {
        let horizon = (self.horizon > 0).then(|| self.horizon());
        self.record.read_up_to.max(horizon)
    }

    /// The checkpoint this device is to write now, if one is due: `for_text` before a text of its own,
    /// else because nothing was written for as long.
    pub(crate) fn due_checkpoint(&self, now: Timestamp, for_text: bool) -> Option<OpBody> {
        let due = self.checkpoint_due(for_text)?;
        (due <= now).then(|| {
            let trail = self.trail(self.my_index);
            OpBody::Checkpoint { since: trail.last, id: trail.id }
        })
    }

    /// When this device is to write a checkpoint.
    pub(crate) fn checkpoint_due(&self, for_text: bool) -> Option<Timestamp> {
        self.membership.options().kept_for?;
        let (trail, head) = (self.trail(self.my_index), self.head(self.my_index));
        let is_out = self.membership.end_of_log(self.me.id) < u64::MAX;
        if trail.last == 0 || trail.governs || head.height <= trail.last || is_out {
            return None;
        }
        let since = if for_text { trail.clock } else { trail.clock.max(self.my_clock) };
        Some(Timestamp(hlc::to_wall(since).0.saturating_add(CHECKPOINT_MILLIS)))
    }

    /// A run of texts, by author and checkpoint, that nobody may expect any more.
    pub(crate) fn due_run(&self, now: Timestamp) -> Option<((MemberIndex, u64), Run)> {
        let time = self.membership.options().kept_for?.millis().saturating_add(SLACK_MILLIS);
        let mut runs = self.runs.iter().map(|(key, run)| (*key, *run));
        runs.find(|(_, run)| is_older(now, run.clock, time))
    }

    /// When the next run of texts is to go.
    pub(crate) fn run_due(&self) -> Option<Timestamp> {
        let time = self.membership.options().kept_for?.millis().saturating_add(SLACK_MILLIS);
        let first = self.runs.values().map(|run| run.clock).min()?;
        Some(Timestamp(hlc::to_wall(first).0.saturating_add(time)))
    }

    /// The checkpoint behind a run of which something is gone: whoever holds a log up to `held` goes on
    /// with it.
    pub(crate) fn run_over(&self, index: MemberIndex, held: u64) -> Option<u64> {
        let mut later = self.runs.range((index, held.saturating_add(1))..=(index, u64::MAX));
        later.next().filter(|(_, run)| run.since <= held).map(|((_, seq), _)| *seq)
    }
}

/// Before everything.
pub(super) const NOWHERE: Position = Position { hlc: 0, author: MemberIndex(0), seq: 0 };

/// Whether something of this clock is older than `millis`.
fn is_older(now: Timestamp, clock: u64, millis: u64) -> bool {
    hlc::to_wall(clock).0.saturating_add(millis) < now.0
}
