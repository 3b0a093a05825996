//! How much this device sends on a link, whatever its other end asks for.
//!
//! What a peer says of itself cannot be held to anything, and what it asks for may be without end.
//! What this device sends is its own: each link has a bucket that fills at a steady rate, and what
//! does not fit waits here, where something more urgent can still go first.

use std::{collections::VecDeque, time::Duration};

use crate::{
    Engine, LinkId, PeerId, RoomId, Store,
    engine::Output,
    session::LinkState,
    wire::{MAX_OPS_BYTES, Packet},
};

/// What a link's bytes go through, and so what they cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Medium {
    /// A cable or a network of one's own, or a direct way through the internet: as good as free.
    #[default]
    Free,
    /// Somebody pays for each byte: the person, or whoever runs a relay in between.
    Metered,
    /// A radio that everybody near shares, such as Bluetooth.
    Air,
}

impl Medium {
    /// Bytes a second in the long run, and bytes at once after a while of silence.
    ///
    /// - `Free`: several times what a device can verify, so that only whoever asks for everything without
    ///   end ever meets it.
    /// - `Metered`: a whole long history is there at once; after that half a megabyte, which neither
    ///   empties a plan within minutes nor fills a relay.
    /// - `Air`: half of what one Bluetooth link carries, so that the other end has its half; the burst is
    ///   what such a link takes in two seconds.
    const fn measure(self) -> (u64, u64) {
        match self {
            Self::Free => (64 << 20, 256 << 20),
            Self::Metered => (512 << 10, 32 << 20),
            Self::Air => (20_000, 64_000),
        }
    }

    /// The most bytes of operations in one packet. On the air less than half a second's worth: what is
    /// urgent waits no longer than for the packet before it.
    const fn max_ops_bytes(self) -> usize {
        match self {
            Self::Free | Self::Metered => MAX_OPS_BYTES,
            Self::Air => 8 * 1024,
        }
    }

    /// What nobody waits for is said here too.
    pub(crate) const fn is_free(self) -> bool {
        matches!(self, Self::Free)
    }
}

/// Of a bucket this part is kept for what is urgent: words about who may do what, and what sessions
/// say to each other. On the air it is two packets, so that one is left after the last of the rest.
const RESERVED_PART: u64 = 4;

/// The most packets that wait for one link; a peer that makes us owe it more is hung up on. They are
/// receipts, addresses and comparisons: operations are only read from the store when they can go.
const MAX_PACKETS_WAITING: usize = 256;

/// The most peers whose bucket is remembered after a link, until it is full again.
const MAX_REMEMBERED: usize = 1_024;

/// One link's bucket.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    medium: Medium,
    /// When it is full again.
    full_at: Duration,
}

impl Bucket {
    /// How long the bucket takes for so many bytes.
    fn time_for(self, bytes: u64) -> Duration {
        let (rate, _) = self.medium.measure();
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000).div_ceil(rate.max(1)))
    }

    fn reserve(self) -> u64 {
        self.medium.measure().1 / RESERVED_PART
    }

    /// When more than `kept` bytes are in it.
    fn ready_at(self, kept: u64) -> Duration {
        let (_, burst) = self.medium.measure();
        self.full_at.saturating_sub(self.time_for(burst.saturating_sub(kept).saturating_sub(1)))
    }

    fn left(self, now: Duration) -> u64 {
        let (rate, burst) = self.medium.measure();
        let missing = self.full_at.saturating_sub(now).as_nanos().saturating_mul(u128::from(rate));
        burst.saturating_sub(u64::try_from(missing / 1_000_000_000).unwrap_or(u64::MAX))
    }

    fn spend(&mut self, now: Duration, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.full_at = self.full_at.max(now).saturating_add(self.time_for(bytes));
    }
}

/// What may be sent now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    /// Bytes, for what is urgent.
    pub(crate) urgent: usize,
    /// Bytes, for all the rest.
    pub(crate) rest: usize,
    /// The most bytes of operations in one packet.
    pub(crate) max_ops_bytes: usize,
    /// What waits, since there was not enough.
    pub(crate) held: Option<Held>,
}

impl Space {
    /// So many bytes of it are used. The last packet may be larger than what was left.
    pub(crate) fn take(&mut self, bytes: usize) {
        self.urgent = self.urgent.saturating_sub(bytes);
        self.rest = self.rest.saturating_sub(bytes);
    }
}

/// Why operations wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Something urgent does, for want of anything.
    Urgent,
    /// Others do: what is left is kept for what is urgent.
    Rest,
}

/// What one session's link has left, and what waits for it.
#[derive(Debug)]
pub(crate) struct Airtime {
    bucket: Bucket,
    /// Packets of the session itself, in the order in which they were made: names depend on it.
    waiting: VecDeque<Packet>,
    /// Whether operations wait.
    pub(crate) held: Option<Held>,
}

impl Airtime {
    /// A link that nothing was sent on yet.
    pub(crate) fn new(medium: Medium) -> Self {
        let bucket = Bucket { medium, full_at: Duration::ZERO };
        Self { bucket, waiting: VecDeque::new(), held: None }
    }

    pub(crate) fn medium(&self) -> Medium {
        self.bucket.medium
    }

    /// Whether nothing waits, and something can go.
    pub(crate) fn is_open(&self, now: Duration) -> bool {
        self.waiting.is_empty() && self.bucket.left(now) > 0
    }

    /// What operations may take.
    pub(crate) fn space(&self, now: Duration) -> Space {
        let left = if self.waiting.is_empty() { self.bucket.left(now) } else { 0 };
        let bytes = |left: u64| usize::try_from(left).unwrap_or(usize::MAX);
        Space {
            urgent: bytes(left),
            rest: bytes(left.saturating_sub(self.bucket.reserve())),
            max_ops_bytes: self.bucket.medium.max_ops_bytes(),
            held: None,
        }
    }

    /// A packet has to wait; false if too many do.
    fn put_off(&mut self, packet: Packet) -> bool {
        if let Packet::Received { by, up_to } = &packet {
            let said = self.waiting.iter_mut().find_map(|waiting| match waiting {
                Packet::Received { by: other, up_to } if other == by => Some(up_to),
                _ => None,
            });
            if let Some(said) = said {
                *said = (*said).max(*up_to);
                return true;
            }
        }
        self.waiting.push_back(packet);
        self.waiting.len() <= MAX_PACKETS_WAITING
    }

    /// When something that waits can go.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        if !self.waiting.is_empty() {
            return Some(self.bucket.ready_at(0));
        }
        self.held.map(|held| match held {
            Held::Urgent => self.bucket.ready_at(0),
            Held::Rest => self.bucket.ready_at(self.bucket.reserve()),
        })
    }
}

impl<S: Store> Engine<S> {
    /// Sends a packet, or has it wait until there is air for it.
    pub(crate) fn transmit(&mut self, link: LinkId, packet: &Packet) {
        let now = self.now.since_start;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        if session.airtime.is_open(now) {
            self.put_out(link, packet);
        } else if !session.airtime.put_off(packet.clone()) {
            self.hang_up(link);
        }
    }

    /// Sends a packet for which there is air.
    pub(crate) fn put_out(&mut self, link: LinkId, packet: &Packet) {
        let now = self.now.since_start;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        match session.seal(packet) {
            Some(frame) => {
                let len = frame.len();
                session.airtime.bucket.spend(now, len);
                self.outputs.push_back(Output::Transmit(link, frame));
                self.note_load(link, len);
            }
            // The cipher has run out of nonces: a new link gets new ones.
            None => self.hang_up(link),
        }
    }

    /// Sends what has waited on a link, as far as there is air.
    pub(crate) fn send_waiting(&mut self, link: LinkId) {
        let now = self.now.since_start;
        while let Some(LinkState::Open(session)) = self.links.get_mut(&link) {
            if session.airtime.bucket.left(now) == 0 {
                break;
            }
            let Some(packet) = session.airtime.waiting.pop_front() else { break };
            self.put_out(link, &packet);
        }
    }

    /// Goes on where there is air again.
    pub(crate) fn mind_airtime(&mut self) {
        let now = self.now.since_start;
        let due = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Open(session) => {
                session.airtime.deadline().filter(|at| *at <= now).map(|_| (*link, session.room))
            }
            _ => None,
        });
        for (link, room) in due.collect::<Vec<_>>() {
            self.send_waiting(link);
            if let Some(LinkState::Open(session)) = self.links.get_mut(&link) {
                session.airtime.held = None;
                self.unsent.entry(room).or_default();
            }
        }
    }

    /// The bucket of a new link: a full one, unless the same peer has just used another.
    pub(crate) fn airtime(&self, room: RoomId, peer: PeerId, medium: Medium) -> Airtime {
        let of_links = self.links.values().filter_map(|state| match state {
            LinkState::Open(s) if (s.room, s.peer) == (room, peer) => {
                Some(s.airtime.bucket.full_at)
            }
            _ => None,
        });
        let full_at = of_links.chain(self.spent.get(&(room, peer)).copied()).max();
        let mut airtime = Airtime::new(medium);
        airtime.bucket.full_at = full_at.unwrap_or_default();
        airtime
    }

    /// A session is over: its peer gets no new bucket before the old one is full.
    pub(crate) fn keep_airtime(&mut self, room: RoomId, peer: PeerId, airtime: &Airtime) {
        let (now, full_at) = (self.now.since_start, airtime.bucket.full_at);
        if full_at <= now {
            return;
        }
        self.spent.retain(|_, at| *at > now);
        let at = self.spent.entry((room, peer)).or_default();
        *at = full_at.max(*at);
        if self.spent.len() > MAX_REMEMBERED
            && let Some(first) = self.spent.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key)
        {
            self.spent.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bucket, Medium};

    #[test]
    fn bucket_gives_a_burst_at_once_and_then_its_rate_and_no_more() {
        let mut bucket = Bucket { medium: Medium::Air, full_at: Duration::ZERO };
        let (rate, burst) = Medium::Air.measure();
        let mut sent = 0u64;

        for millis in 0..10_000 {
            let now = Duration::from_millis(millis);
            while bucket.left(now) > 0 {
                bucket.spend(now, 100);
                sent += 100;
            }
        }

        let whole = burst + 10 * rate;
        assert!((whole - 200..=whole + 100).contains(&sent), "{sent}");
    }

    #[test]
    fn bucket_has_what_is_needed_when_it_says_so_and_not_before() {
        for (kept, spent) in [(0, 64_000), (0, 90_001), (8_000, 60_000), (8_000, 123_457)] {
            let mut bucket = Bucket { medium: Medium::Air, full_at: Duration::ZERO };
            let now = Duration::from_secs(7);
            bucket.spend(now, spent);

            let at = bucket.ready_at(kept);

            assert!(bucket.left(at) > kept, "{} of {kept}", bucket.left(at));
            assert!(bucket.left(at - Duration::from_millis(1)) <= kept);
        }
    }
}
