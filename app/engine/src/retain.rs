//! What disappears with time: checkpoints are written, texts hidden and then forgotten.

use std::time::Duration;

use crate::{
    Engine, Event, Gone, RoomId, Row, Store, StoreError, Timestamp, body, bound::Bound, op::Op,
    room::Room,
};

/// Operations that are forgotten at once, and their bytes: some 20 ms of a phone's disk. What is left
/// goes with the next commits.
const MAX_GONE_AT_ONCE: usize = 512;
const MAX_GONE_BYTES: usize = 1 << 20;

/// How long between two parts of what is to be forgotten: others have their turn.
const PART: Duration = Duration::from_millis(200);

/// How long at least between two looks at what has become too old, and how long at most: nobody sees
/// a minute, and a clock that is set anew is noticed.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(6 * 3_600);

/// How long after something was forgotten the memory is made smaller: more may follow.
const COMPACT_AFTER: Duration = Duration::from_secs(30);

/// When what is kept is looked at again.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    /// When; never in a room where everything is kept for ever.
    at: Option<Duration>,
    /// When the memory is made smaller.
    compact_at: Option<Duration>,
    /// When it was last.
    compacted_at: Option<Duration>,
    /// Whether it is as soon as everything is written.
    wants_compact: bool,
    pub(crate) bound: Bound,
}

impl Retention {
    /// When there is something to do.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.at.into_iter().chain(self.compact_at).min()
    }

    /// There is something new that will be too old one day.
    pub(crate) fn look_soon(&mut self, now: Duration) {
        let at = now.saturating_add(SHORTEST);
        self.at = Some(self.at.map_or(at, |before| before.min(at)));
    }

    /// Something changed that decides what is kept.
    pub(crate) fn look(&mut self, now: Duration) {
        self.at = Some(now);
    }
}

impl<S: Store> Engine<S> {
    /// Reads what is remembered of logs that texts may disappear from.
    pub(crate) fn load_trails(&mut self, room: &mut Room) -> Result<(), StoreError> {
        let id = room.id();
        room.trails = self.store.trails(id)?.into_iter().collect();
        room.runs = self.store.runs(id)?.into_iter().collect();
        if room.trails.is_empty() {
            let mut before = None;
            loop {
                let page = self.store.page_before(id, before, MAX_GONE_AT_ONCE)?;
                room.learn_trails(page.iter());
                before = page.last().map(|op| op.position);
                if page.len() < MAX_GONE_AT_ONCE {
                    break;
                }
            }
            let all = room.trails.iter().map(|(index, trail)| ((id, *index), *trail));
            self.staged.trails.extend(all);
        }
        let height = room.head(room.my_index).height;
        let last = self.store.ops_after(id, room.my_index, height.saturating_sub(1), 1, 0)?;
        room.my_clock = last.first().and_then(|op| Op::decode(op)).map_or(0, |op| op.header.hlc);
        room.taken = self.store.taken(id)?;
        if room.membership.keeping().shortest.is_some() {
            // The first input says what time it is.
            self.retention.look(Duration::ZERO);
        }
        Ok(())
    }

    /// The rules say how long texts are kept, and time passes.
    pub(crate) fn note_time(&mut self) {
        let now = self.now.wall;
        self.rooms.values_mut().for_each(|room| room.note_time(now));
        self.share_space();
    }

    /// A checkpoint comes before a text of ours if one is due.
    pub(crate) fn check_off(&mut self, id: RoomId, for_text: bool) {
        let due = self.rooms.get(&id).and_then(|r| r.due_checkpoint(self.now.wall, for_text));
        if let Some(checkpoint) = due {
            // A log that has forked stays as it is, and texts wait for a key as always.
            let _ = self.write(id, &checkpoint);
        }
    }

    /// Hides and forgets what has become too old.
    pub(crate) fn retain(&mut self) -> Result<(), StoreError> {
        let now = self.now;
        if self.retention.compact_at.is_some_and(|at| at <= now.since_start) {
            self.retention.compact_at = None;
            self.retention.compacted_at = Some(now.since_start);
            self.retention.wants_compact = true;
        }
        if self.retention.at.is_none_or(|at| at > now.since_start) {
            return Ok(());
        }
        self.retention.at = None;
        let mut next: Option<Duration> = None;
        for id in self.rooms.keys().copied().collect::<Vec<_>>() {
            self.check_off(id, false);
            self.hide_past(id)?;
            let is_over = self.forget_past(id)?;
            let due = if is_over { self.next_look(id)? } else { Some(PART) };
            next = next.into_iter().chain(due).min();
        }
        let next = next.into_iter().chain(self.free_space(PART)?).min();
        self.retention.at = next.map(|pause| now.since_start.saturating_add(pause));
        Ok(())
    }

    /// When this room is to be looked at again.
    fn next_look(&self, id: RoomId) -> Result<Option<Duration>, StoreError> {
        let Some(room) = self.rooms.get(&id) else { return Ok(None) };
        let Some(time) = room.membership.options().kept_for else { return Ok(None) };
        let expiry = self.first_shown(room)?.map(|at| at.0.saturating_add(time.millis()));
        // What is due and could not be done just now is for a later look.
        let is_later = |at: &u64| *at > self.now.wall.0;
        let due = room.checkpoint_due(false).into_iter().chain(room.run_due()).map(|at| at.0);
        let due = due.filter(is_later);
        let first = due.chain(expiry).min().unwrap_or(u64::MAX);
        let pause = Duration::from_millis(first.saturating_sub(self.now.wall.0));
        Ok(Some(pause.clamp(SHORTEST, LONGEST)))
    }

    /// When the oldest text was written that is shown.
    fn first_shown(&self, room: &Room) -> Result<Option<Timestamp>, StoreError> {
        let mut after = Some(room.horizon());
        loop {
            let rows = self.store.rows_after(room.id(), after, MAX_GONE_AT_ONCE)?;
            if let Some(row) = rows.iter().find(|row| body::is_words(row.kind)) {
                return Ok(Some(crate::hlc::to_wall(crate::hlc::of_order(row.position.hlc))));
            }
            if rows.len() < MAX_GONE_AT_ONCE {
                return Ok(None);
            }
            after = rows.last().map(|row| row.position);
        }
    }

    /// Has screens show a room anew if something in it has become too old since they last did.
    fn hide_past(&mut self, id: RoomId) -> Result<(), StoreError> {
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let horizon = room.horizon();
        let told = std::mem::replace(&mut room.horizon_told, horizon);
        let newest = self.store.page_before(id, Some(horizon), 1)?;
        if newest.first().is_some_and(|op| op.position >= told) {
            self.notify(Event::HistoryChanged { room: id });
            self.relisted.insert(id);
        }
        Ok(())
    }

    /// Forgets the next texts that nobody may expect any more; whether that was all of them.
    fn forget_past(&mut self, id: RoomId) -> Result<bool, StoreError> {
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(true) };
        let Some(((author, seq), run)) = room.due_run(now.wall) else { return Ok(true) };
        let ops = self.store.ops_after(id, author, run.since, MAX_GONE_AT_ONCE, MAX_GONE_BYTES)?;
        let headers = ops.iter().filter_map(|bytes| Op::decode(bytes)).map(|op| op.header);
        let texts: Vec<_> = headers.take_while(|header| header.seq < seq).collect();
        // Whoever dates a checkpoint back has what they wrote after it kept.
        let is_true = texts.iter().all(|header| header.hlc <= run.clock);
        if let (Some(last), true) = (texts.last(), is_true) {
            let (after, before) = (run.since, last.seq.saturating_add(1));
            self.staged.gone.push(Gone { room: id, author, after, before });
            let lens = ops.iter().take(texts.len()).map(|op| Row::cost(op.len()));
            room.taken = room.taken.saturating_sub(lens.fold(0, u64::saturating_add));
            self.note_gone();
        }
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(true) };
        if texts.len() < ops.len() || ops.is_empty() || !is_true {
            room.runs.remove(&(author, seq));
            self.staged.runs.insert((id, author, seq), None);
        }
        Ok(room.due_run(now.wall).is_none())
    }

    /// Something is forgotten: the memory is made smaller in a while, and not for each thing anew.
    pub(crate) fn note_gone(&mut self) {
        let soonest = self.now.since_start.saturating_add(COMPACT_AFTER);
        let retention = &mut self.retention;
        retention.compact_at = Some(
            retention.compacted_at.map_or(soonest, |at| soonest.max(at.saturating_add(LONGEST))),
        );
    }

    /// Makes the memory smaller, if that is wanted and everything is written.
    pub(crate) fn compact(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.retention.wants_compact) {
            self.store.compact()
        } else {
            Ok(())
        }
    }
}
