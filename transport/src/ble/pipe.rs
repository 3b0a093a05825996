//! Whole frames over packets that are lost, doubled, cut short or overtaken: a stream of bytes
//! with places, so that any packet may be cut anew when it is sent again.

mod inward;
mod outward;

use std::time::Duration;

use self::{inward::Inward, outward::Outward};

/// The longest frame, in bytes: the engine's longest.
pub(super) const MAX_FRAME_LEN: usize = 65_535;

/// How far the stream may be ahead of what was lost, in bytes: four times what may be on its way,
/// so that a piece that is lost three times over holds nothing up.
pub(super) const WINDOW: usize = 64 * 497;

/// Whole frames that may wait; beyond, nothing is taken in.
const MAX_HELD_FRAMES: usize = 64;

/// Whole frames that are given out and not released at most: those that may wait, and what is taken in
/// at once before, a window of the smallest, of one byte behind a length of two, and what it completes.
pub(super) const MAX_UNREAD_FRAMES: usize = MAX_HELD_FRAMES + WINDOW / 3 + 2;

/// The other end does not keep to the form: the link cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Some of the stream is missing, and what follows has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// So many bytes.
    pub(super) missing: u16,
    /// So many.
    pub(super) arrived: u16,
}

/// Both directions of one link.
#[derive(Debug)]
pub(super) struct Pipe {
    out: Outward,
    inward: Inward,
}

impl Pipe {
    pub(super) fn new() -> Self {
        Self { out: Outward::new(), inward: Inward::new() }
    }

    /// Whether another frame should be given now.
    pub(super) fn has_room(&self) -> bool {
        self.out.has_room()
    }

    /// Takes a frame of 1 to [`MAX_FRAME_LEN`] bytes; others are not sent.
    pub(super) fn push(&mut self, frame: &[u8]) {
        self.out.push(frame);
    }

    /// Whether everything given has arrived.
    pub(super) fn is_flushed(&self) -> bool {
        self.out.is_flushed()
    }

    /// Whether nothing was answered for long: what is sent now had better be small.
    pub(super) fn is_asking(&self) -> bool {
        self.out.is_asking()
    }

    /// The next whole frame.
    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.inward.pop()
    }

    /// A frame of this length was read by whoever it is for.
    pub(super) fn release(&mut self, len: usize) {
        self.inward.release(len);
    }

    /// The measured round trip, smoothed.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.out.round_trip
    }

    /// Up to where the other stream arrived, and what arrived beyond, with at most so many gaps.
    pub(super) fn report(&self, max_gaps: usize) -> (u32, Vec<Gap>) {
        self.inward.report(max_gaps)
    }

    /// That was said: it is due no more.
    pub(super) fn reported(&mut self) {
        self.inward.reported();
    }

    /// Whether a report is due.
    pub(super) fn owes_ack(&self, now: Duration) -> bool {
        self.inward.ack_at.is_some_and(|at| at <= now)
    }

    /// When something is to be done.
    pub(super) fn deadline(&self) -> Option<Duration> {
        [self.inward.ack_at, self.out.resend_at].into_iter().flatten().min()
    }

    /// Takes in what the other end says of this one's stream.
    pub(super) fn acknowledged(&mut self, now: Duration, ack: u32, gaps: &[Gap]) {
        self.out.acknowledged(now, ack, gaps);
    }

    /// The next piece to send, of at most `room` bytes, and its place. What is new leaves `beside`
    /// of them to something else; what is sent again does not, or it would be cut ever smaller.
    pub(super) fn piece(
        &mut self,
        now: Duration,
        room: usize,
        beside: usize,
    ) -> Option<(u32, Vec<u8>)> {
        self.out.piece(now, room, beside)
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
        self.inward.receive(now, place, bytes)
    }

    /// Bytes it holds of what others sent.
    #[cfg(test)]
    pub(super) fn holds(&self) -> usize {
        self.inward.holds()
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
