//! Whole frames over packets that are lost, doubled, cut short or overtaken: a stream of bytes
//! with places, so that any packet may be cut anew when it is sent again.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// The longest frame, in bytes: the engine's longest.
pub(super) const MAX_FRAME_LEN: usize = 65_535;

/// Bytes on their way at most: a stack below may buffer without limit, and eight packets in each
/// event of a connection fill it.
pub(super) const WINDOW: usize = 16 * 498;

/// Packets on their way at most, however small.
const MAX_PACKETS: usize = 32;

/// Pieces that may wait for an earlier one. EATT was seen to reorder within a few.
const MAX_EARLY: usize = 64;

/// Bytes of whole frames that may wait for who reads them; beyond, nothing is taken in.
const MAX_HELD: usize = 2 * MAX_FRAME_LEN;

/// Whole frames that may wait.
pub(super) const MAX_HELD_FRAMES: usize = 64;

/// How long an acknowledgment may wait for company.
const ACK_DELAY: Duration = Duration::from_millis(40);

/// Before a round trip was measured, and at most.
const LONGEST_RESEND: Duration = Duration::from_secs(4);
const SHORTEST_RESEND: Duration = Duration::from_millis(500);

/// The other end does not keep to the form: the link cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Both directions of one link.
#[derive(Debug)]
pub(super) struct Pipe {
    /// What was not acknowledged yet, from `acked` on.
    out: VecDeque<u8>,
    acked: u64,
    /// Where the next piece begins.
    cursor: u64,
    /// How far pieces were sent ever.
    reached: u64,
    /// Where the pieces on their way end.
    ends: VecDeque<u64>,
    /// When the oldest of them is sent again.
    resend_at: Option<Duration>,
    resends: u32,
    /// The place whose acknowledgment is timed, and since when.
    timed: Option<(u64, Duration)>,
    round_trip: Option<Duration>,

    /// Up to where everything arrived.
    next: u64,
    early: BTreeMap<u64, Vec<u8>>,
    len_bytes: Vec<u8>,
    /// The frame that is coming in, and how many bytes it still lacks.
    frame: Vec<u8>,
    missing: usize,
    frames: VecDeque<Vec<u8>>,
    held: usize,
    held_frames: usize,
    ack_at: Option<Duration>,
    said: u64,
}

impl Pipe {
    pub(super) fn new() -> Self {
        Self {
            out: VecDeque::new(),
            acked: 0,
            cursor: 0,
            reached: 0,
            ends: VecDeque::new(),
            resend_at: None,
            resends: 0,
            timed: None,
            round_trip: None,
            next: 0,
            early: BTreeMap::new(),
            len_bytes: Vec::new(),
            frame: Vec::new(),
            missing: 0,
            frames: VecDeque::new(),
            held: 0,
            held_frames: 0,
            ack_at: None,
            said: 0,
        }
    }

    /// Whether another frame should be given now.
    pub(super) fn has_room(&self) -> bool {
        self.out.len() < WINDOW
    }

    /// Takes a frame of 1 to [`MAX_FRAME_LEN`] bytes; others are not sent.
    pub(super) fn push(&mut self, frame: &[u8]) {
        let Ok(len) = u16::try_from(frame.len()) else { return };
        if len > 0 {
            self.out.extend(len.to_le_bytes());
            self.out.extend(frame);
        }
    }

    /// Whether everything given has arrived.
    pub(super) fn is_flushed(&self) -> bool {
        self.out.is_empty()
    }

    /// The next whole frame.
    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    /// A frame of this length was read by whoever it is for.
    pub(super) fn release(&mut self, len: usize) {
        self.held = self.held.saturating_sub(len);
        self.held_frames = self.held_frames.saturating_sub(1);
    }

    /// The last measured round trip.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Up to where the other stream arrived, to be said.
    pub(super) fn ack(&mut self) -> u32 {
        self.ack_at = None;
        self.said = self.next;
        low(self.next)
    }

    /// Whether an acknowledgment is due by itself.
    pub(super) fn owes_ack(&self, now: Duration) -> bool {
        self.ack_at.is_some_and(|at| at <= now)
    }

    /// When something is to be done.
    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.ack_at, self.resend_at].into_iter().flatten().min()
    }

    /// Takes in an acknowledgment.
    pub(super) fn acknowledged(&mut self, now: Duration, ack: u32) {
        let ack = expand(ack, self.acked);
        if ack <= self.acked || ack > self.reached {
            return;
        }
        let len = usize::try_from(ack.saturating_sub(self.acked)).unwrap_or(usize::MAX);
        self.out.drain(..len.min(self.out.len()));
        self.acked = ack;
        self.cursor = self.cursor.max(ack);
        while self.ends.front().is_some_and(|end| *end <= ack) {
            self.ends.pop_front();
        }
        if let Some((_, since)) = self.timed.take_if(|(place, _)| *place <= ack) {
            let trip = now.saturating_sub(since);
            let smooth = |old: Duration| old.saturating_mul(7).saturating_add(trip).div_f64(8.0);
            self.round_trip = Some(self.round_trip.map_or(trip, smooth));
        }
        self.resends = 0;
        self.resend_at = (self.reached > self.acked).then(|| now.saturating_add(self.patience()));
    }

    /// The next piece to send, of at most `room` bytes, and its place.
    pub(super) fn piece(&mut self, now: Duration, room: usize) -> Option<(u32, Vec<u8>)> {
        if self.resend_at.is_some_and(|at| at <= now) {
            // One piece asks; the answer tells where to go on.
            self.cursor = self.acked;
            self.ends.clear();
            self.timed = None;
            self.resends = self.resends.saturating_add(1);
            self.resend_at = None;
        }
        let limit = if self.resends > 0 { 1 } else { MAX_PACKETS };
        let on_way = usize::try_from(self.cursor.saturating_sub(self.acked)).ok()?;
        let left = WINDOW.checked_sub(on_way)?.min(room);
        let waiting = self.out.len().checked_sub(on_way)?;
        let len = left.min(waiting);
        if len == 0 || self.ends.len() >= limit {
            return None;
        }
        let bytes = self.out.iter().skip(on_way).take(len).copied().collect();
        let place = low(self.cursor);
        let is_new = self.cursor >= self.reached;
        self.cursor = self.cursor.saturating_add(len as u64);
        self.reached = self.reached.max(self.cursor);
        self.ends.push_back(self.cursor);
        if is_new && self.timed.is_none() {
            self.timed = Some((self.cursor, now));
        }
        if self.resend_at.is_none() {
            self.resend_at = Some(now.saturating_add(self.patience()));
        }
        Some((place, bytes))
    }

    /// Takes in a piece.
    ///
    /// # Errors
    ///
    /// [`Broken`] if what arrived is no stream of frames.
    pub(super) fn receive(
        &mut self,
        now: Duration,
        place: u32,
        bytes: &[u8],
    ) -> Result<(), Broken> {
        let place = expand(place, self.next);
        let end = place.saturating_add(bytes.len() as u64);
        let is_full = self.held > MAX_HELD || self.held_frames > MAX_HELD_FRAMES;
        if end > self.next.saturating_add(WINDOW as u64) || is_full {
            return Ok(());
        }
        let in_turn = place <= self.next && end > self.next;
        // Whoever sends what is here already, or what is not in turn, had better know at once.
        let due = if in_turn { now.saturating_add(ACK_DELAY) } else { now };
        self.ack_at = Some(self.ack_at.map_or(due, |at| at.min(due)));
        if end <= self.next {
            return Ok(());
        }
        if place > self.next {
            let is_longer = self.early.get(&place).is_none_or(|old| old.len() < bytes.len());
            if is_longer && (self.early.len() < MAX_EARLY || self.early.contains_key(&place)) {
                self.early.insert(place, bytes.to_vec());
            }
            return Ok(());
        }
        self.accept(place, bytes)?;
        while let Some(first) = self.early.first_entry() {
            if *first.key() > self.next {
                break;
            }
            let (place, bytes) = first.remove_entry();
            self.accept(place, &bytes)?;
        }
        if self.next.saturating_sub(self.said) >= WINDOW as u64 / 4 {
            self.ack_at = Some(now);
        }
        Ok(())
    }

    /// Goes on with what is new in a piece that begins at `next` or before.
    fn accept(&mut self, place: u64, bytes: &[u8]) -> Result<(), Broken> {
        let known = usize::try_from(self.next.saturating_sub(place)).unwrap_or(usize::MAX);
        let Some(mut new) = bytes.get(known..) else { return Ok(()) };
        self.next = self.next.saturating_add(new.len() as u64);
        while !new.is_empty() {
            if self.missing == 0 {
                let take = 2_usize.saturating_sub(self.len_bytes.len()).min(new.len());
                let (len, rest) = new.split_at(take);
                self.len_bytes.extend(len);
                new = rest;
                let Ok(len) = <[u8; 2]>::try_from(self.len_bytes.as_slice()) else { continue };
                self.len_bytes.clear();
                self.missing = usize::from(u16::from_le_bytes(len));
                if self.missing == 0 {
                    return Err(Broken);
                }
                continue;
            }
            let (body, rest) = new.split_at(self.missing.min(new.len()));
            // Grows with what arrives, not with what is promised.
            self.frame.extend(body);
            self.missing = self.missing.saturating_sub(body.len());
            new = rest;
            if self.missing == 0 {
                let frame = std::mem::take(&mut self.frame);
                self.held = self.held.saturating_add(frame.len());
                self.held_frames = self.held_frames.saturating_add(1);
                self.frames.push_back(frame);
            }
        }
        Ok(())
    }

    /// Bytes it holds of what others sent.
    #[cfg(test)]
    pub(super) fn holds(&self) -> usize {
        let early: usize = self.early.values().map(Vec::len).sum();
        let whole: usize = self.frames.iter().map(Vec::len).sum();
        early + whole + self.frame.len()
    }

    /// How long an acknowledgment may take.
    fn patience(&self) -> Duration {
        let usual = self.round_trip.map_or(LONGEST_RESEND, |trip| {
            trip.saturating_mul(3).clamp(SHORTEST_RESEND, LONGEST_RESEND)
        });
        let factor = 1_u32.checked_shl(self.resends).unwrap_or(u32::MAX);
        usual.saturating_mul(factor).min(LONGEST_RESEND)
    }
}

/// A place as it travels.
fn low(place: u64) -> u32 {
    let [a, b, c, d, ..] = place.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The place nearest to `near` that travels as `place`.
fn expand(place: u32, near: u64) -> u64 {
    let ahead = place.wrapping_sub(low(near));
    if ahead < 1 << 31 {
        near.saturating_add(u64::from(ahead))
    } else {
        near.saturating_sub(u64::from(ahead.wrapping_neg()))
    }
}
