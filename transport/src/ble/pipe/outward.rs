//! What this end sends: which parts of the stream are on their way, arrived or lost.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Gap, WINDOW, expand, low};
use crate::ble::packet::{DATA_HEADER_LEN, MIN_PACKET_LEN};

/// Bytes on their way, beyond which nothing is sent: a stack below may buffer without limit, and eight packets in each
/// event of a connection fill it.
const MAX_ON_WAY: u64 = 16 * 497;

/// Packets on their way at most, however small.
const MAX_PACKETS: usize = 32;

/// Packets on their way at first, and after all were taken for lost: one more for each that
/// arrives, so that the round trip is known before a slow radio's queue is long.
const FIRST_PACKETS: usize = 4;

/// Pieces that are not done with, beyond which nothing new is sent: what the other end keeps apart.
const MAX_PARTS: usize = 64;

/// Bytes that wait to be sent for the first time at most, apart from the last frame: little, so
/// that what is urgent need not wait for long.
const MAX_UNSENT: usize = 8 * 497;

/// A piece is lost once one that was sent so many later has arrived. More where packets are seen
/// to overtake each other, and never so many that only the timer would find a loss.
const FIRST_PATIENCE: u64 = 3;
const LONGEST_PATIENCE: u64 = 24;

/// What fits a packet of any radio, in bytes.
const SMALLEST: usize = MIN_PACKET_LEN - DATA_HEADER_LEN;

/// Before a round trip was measured, and at most.
const LONGEST_RESEND: Duration = Duration::from_secs(4);
const SHORTEST_RESEND: Duration = Duration::from_millis(500);

/// One part of the stream that was sent and is not done with.
#[derive(Debug, Clone, Copy)]
struct Part {
    end: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The how manieth piece it was, when it was sent, and whether it was sent before.
    OnWay {
        order: u64,
        at: Duration,
        is_again: bool,
    },
    /// Ahead of what precedes it.
    Arrived,
    Lost,
}

#[derive(Debug)]
pub(super) struct Outward {
    /// What was not acknowledged yet, from `acked` on.
    out: VecDeque<u8>,
    acked: u64,
    /// How far pieces were sent ever.
    reached: u64,
    /// Everything from `acked` to `reached`, by where it begins.
    parts: BTreeMap<u64, Part>,
    /// Pieces sent so far.
    sent: u64,
    /// The last sent of those that arrived.
    latest: u64,
    patience: u64,
    /// Packets that may be on their way.
    allowed: usize,
    /// When everything on its way is taken for lost.
    pub(super) resend_at: Option<Duration>,
    /// How often one piece has asked since anything new was heard, after all were taken for lost.
    asked: u32,
    /// How often that happened since a round trip was measured.
    resends: u32,
    pub(super) round_trip: Option<Duration>,
}

impl Outward {
    pub(super) fn new() -> Self {
        Self {
            out: VecDeque::new(),
            acked: 0,
            reached: 0,
            parts: BTreeMap::new(),
            sent: 0,
            latest: 0,
            patience: FIRST_PATIENCE,
            allowed: FIRST_PACKETS,
            resend_at: None,
            asked: 0,
            resends: 0,
            round_trip: None,
        }
    }

    pub(super) fn has_room(&self) -> bool {
        let sent = usize::try_from(self.reached.saturating_sub(self.acked)).unwrap_or(usize::MAX);
        self.out.len() < WINDOW && self.out.len().saturating_sub(sent) < MAX_UNSENT
    }

    pub(super) fn push(&mut self, frame: &[u8]) {
        let Ok(len) = u16::try_from(frame.len()) else { return };
        if len > 0 {
            self.out.extend(len.to_le_bytes());
            self.out.extend(frame);
        }
    }

    /// Whether one piece asks whether the other end is there.
    pub(super) fn is_asking(&self) -> bool {
        self.asked > 0
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.out.is_empty()
    }

    /// Everything up to `ack` arrived, and what is not in these gaps beyond.
    pub(super) fn acknowledged(&mut self, now: Duration, ack: u32, gaps: &[Gap]) {
        let ack = expand(ack, self.acked);
        if ack < self.acked || ack > self.reached {
            return;
        }
        let mut is_news = ack > self.acked;
        self.arrived(now, 0, ack);
        let len = usize::try_from(ack.saturating_sub(self.acked)).unwrap_or(usize::MAX);
        self.out.drain(..len.min(self.out.len()));
        self.acked = ack;
        self.parts.retain(|_, part| part.end > ack);
        // What arrived in half begins later now.
        if let Some((place, part)) = self.parts.pop_first() {
            self.parts.insert(place.max(ack), part);
        }
        let mut end = ack;
        for gap in gaps {
            let start = end.saturating_add(u64::from(gap.missing));
            end = start.saturating_add(u64::from(gap.arrived));
            is_news |= self.arrived(now, start, end);
        }
        if is_news {
            self.lose_overtaken();
            self.asked = 0;
            let patience = self.resend_after();
            self.resend_at = (self.reached > self.acked).then(|| now.saturating_add(patience));
        }
    }

    /// Whatever lies whole in this part of the stream is there; whether any of it is news.
    fn arrived(&mut self, now: Duration, start: u64, end: u64) -> bool {
        if start >= end {
            return false;
        }
        let (mut is_news, mut trip, mut is_hasty) = (false, None, false);
        let soon = self.round_trip.unwrap_or_default().div_f64(2.0);
        for (_, part) in self.parts.range_mut(start..end).filter(|(_, part)| part.end <= end) {
            match std::mem::replace(&mut part.state, State::Arrived) {
                State::Arrived => continue,
                // It was late, not lost.
                State::Lost => is_hasty = true,
                State::OnWay { at, is_again: true, .. } if now.saturating_sub(at) < soon => {
                    is_hasty = true;
                }
                State::OnWay { order, at, is_again } => {
                    if order > self.latest {
                        self.latest = order;
                        trip = (!is_again).then(|| now.saturating_sub(at));
                    }
                }
            }
            is_news = true;
            self.allowed = self.allowed.saturating_add(1).min(MAX_PACKETS);
        }
        if is_hasty {
            self.patience = self.patience.saturating_mul(2).min(LONGEST_PATIENCE);
        }
        if let Some(trip) = trip {
            // A queue below that fills is noticed soon: what waits in it is not lost.
            let share = |old: Duration| if trip > old { 1_u32 } else { 7 };
            let smooth = |old: Duration| {
                let (weight, all) = (share(old), share(old).saturating_add(1));
                old.saturating_mul(weight).saturating_add(trip).div_f64(all.into())
            };
            self.round_trip = Some(self.round_trip.map_or(trip, smooth));
            self.resends = 0;
        }
        is_news
    }

    /// What was sent well before something that arrived is lost.
    fn lose_overtaken(&mut self) {
        for part in self.parts.values_mut() {
            if let State::OnWay { order, .. } = part.state
                && order.saturating_add(self.patience) <= self.latest
            {
                part.state = State::Lost;
            }
        }
    }

    /// The next piece to send, of at most `room` bytes, `beside` less if it is new, and its place.
    pub(super) fn piece(
        &mut self,
        now: Duration,
        room: usize,
        beside: usize,
    ) -> Option<(u32, Vec<u8>)> {
        if self.resend_at.is_some_and(|at| at <= now) {
            // One piece asks; the answer tells where to go on.
            // Who twice says nothing new is not believed what it said before.
            self.asked = self.asked.saturating_add(1);
            self.resends = self.resends.saturating_add(1);
            self.resend_at = None;
            self.allowed = FIRST_PACKETS;
            for part in self.parts.values_mut() {
                if part.state != State::Arrived || self.asked > 1 {
                    part.state = State::Lost;
                }
            }
        }
        let on_way =
            self.parts.iter().filter(|(_, part)| matches!(part.state, State::OnWay { .. }));
        let (packets, bytes) = on_way.fold((0_usize, 0_u64), |(packets, bytes), (place, part)| {
            let len = part.end.saturating_sub(*place);
            (packets.saturating_add(1), bytes.saturating_add(len))
        });
        let limit = if self.asked > 0 { 1 } else { self.allowed };
        if packets >= limit || bytes >= MAX_ON_WAY {
            return None;
        }
        // Whoever hears nothing for long may be sending more than the radio carries by now.
        let is_last_try = self.asked > 1;
        let room = if is_last_try { room.min(SMALLEST) } else { room };
        let (place, end, is_again) = self.due(room as u64, beside as u64)?;
        let skip = usize::try_from(place.saturating_sub(self.acked)).ok()?;
        let len = usize::try_from(end.saturating_sub(place)).ok()?;
        let bytes: Vec<u8> = self.out.iter().skip(skip).take(len).copied().collect();
        self.sent = self.sent.saturating_add(1);
        let state = State::OnWay { order: self.sent, at: now, is_again };
        self.parts.insert(place, Part { end, state });
        self.reached = self.reached.max(end);
        if self.resend_at.is_none() {
            self.resend_at = Some(now.saturating_add(self.resend_after()));
        }
        Some((low(place), bytes))
    }

    /// What to send now: the first that was lost, or what is new. What remains of a part that is
    /// too long now stays lost.
    fn due(&mut self, room: u64, beside: u64) -> Option<(u64, u64, bool)> {
        let lost = self.parts.iter().find(|(_, part)| part.state == State::Lost);
        if let Some((&place, &part)) = lost {
            let end = part.end.min(place.saturating_add(room));
            if end < part.end {
                self.parts.insert(end, part);
            }
            return Some((place, end, true));
        }
        // Pieces are cut short by what there is, not by the window: small ones cost as much.
        let given = self.acked.saturating_add(self.out.len() as u64);
        let end = given.min(self.reached.saturating_add(room.saturating_sub(beside)));
        let is_far = end > self.acked.saturating_add(WINDOW as u64);
        let is_any = self.reached < end && !is_far && self.parts.len() < MAX_PARTS;
        is_any.then_some((self.reached, end, false))
    }

    /// How long an acknowledgment may take.
    fn resend_after(&self) -> Duration {
        let usual = self.round_trip.map_or(LONGEST_RESEND, |trip| {
            trip.saturating_mul(3).clamp(SHORTEST_RESEND, LONGEST_RESEND)
        });
        let factor = 1_u32.checked_shl(self.resends).unwrap_or(u32::MAX);
        usual.saturating_mul(factor).min(LONGEST_RESEND)
    }
}
