//! What came of it: who heard what, when, and what that took.

use crate::traffic::Traffic;

/// A message that became known to a device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) message: u32,
    pub(crate) device: u32,
    /// Seconds from the beginning.
    pub(crate) at: u32,
}

/// Who may hear what: devices that are honest and on at the end hear of all that was written, but
/// for what went with devices that were switched off.
#[derive(Debug)]
pub(crate) struct Audience {
    /// Whose each message is, and when it was written, in seconds from the beginning.
    pub(crate) messages: Vec<(usize, u32)>,
    /// Since when each device of the audience is on.
    pub(crate) since: Vec<Option<u32>>,
}

impl Audience {
    /// How deliveries went, of those that `counts` says yes to: from which device, to which.
    pub(crate) fn spread(
        &self,
        deliveries: &[Delivery],
        bytes: u64,
        counts: impl Fn(usize, usize) -> bool,
    ) -> Spread {
        let mut is_held = vec![false; self.messages.len()];
        for (held, (author, _)) in is_held.iter_mut().zip(&self.messages) {
            *held = self.since[*author].is_some();
        }
        let mut delays = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            let Some(since) = self.since[delivery.device as usize] else { continue };
            let message = delivery.message as usize;
            is_held[message] = true;
            let (author, written_at) = self.messages[message];
            if !counts(author, delivery.device as usize) {
                continue;
            }
            delays.push(delivery.at.saturating_sub(since.max(written_at)));
        }
        delays.sort_unstable();
        let listeners: Vec<_> =
            (0..self.since.len()).filter(|device| self.since[*device].is_some()).collect();
        let held = self.messages.iter().zip(&is_held).filter(|(_, held)| **held);
        let wanted = held.map(|((author, _), _)| {
            listeners.iter().filter(|to| *to != author && counts(*author, **to)).count()
        });
        Spread { wanted: wanted.sum::<usize>() as u64, delays, bytes }
    }
}

/// How messages spread through the crowd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// How many deliveries there could have been: each message to each device but its author's.
    pub wanted: u64,
    /// How long each delivery took, in seconds, shortest first.
    delays: Vec<u32>,
    /// Bytes on the air, with what carries them.
    pub bytes: u64,
}

impl Spread {
    /// The share of deliveries that took no longer than this many seconds, 0 to 1.
    #[must_use]
    pub fn ratio_within(&self, seconds: u32) -> f64 {
        let done = self.delays.partition_point(|delay| *delay <= seconds);
        done as f64 / self.wanted.max(1) as f64
    }

    /// The share of deliveries there were, 0 to 1.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.delays.len() as f64 / self.wanted.max(1) as f64
    }

    /// How long the quickest `percent` of all deliveries took at most, in seconds; `None` if fewer
    /// were made.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u32> {
        let at = (self.wanted * percent).div_ceil(100).saturating_sub(1);
        self.delays.get(usize::try_from(at).ok()?).copied()
    }

    /// How many deliveries were made.
    #[must_use]
    pub fn deliveries(&self) -> usize {
        self.delays.len()
    }

    /// The same of two crowds together.
    fn absorb(&mut self, other: Self) {
        self.wanted += other.wanted;
        self.bytes += other.bytes;
        self.delays.extend(other.delays);
        self.delays.sort_unstable();
    }

    /// Bytes on the air for each delivery.
    #[must_use]
    pub fn bytes_per_delivery(&self) -> f64 {
        self.bytes as f64 / self.delays.len().max(1) as f64
    }
}

/// What devices did that met as strangers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Couriers {
    /// How many messages members first had out of a pack of a stranger's. Those they then passed on
    /// to members are not among them.
    pub brought: u64,
    /// How many links between strangers opened.
    pub meetings: u64,
    /// Bytes on the air between strangers, with what carries them.
    pub bytes: u64,
}

/// Everything a run of the crowd shows.
#[derive(Debug)]
pub struct Outcome {
    /// The crowd's own devices.
    pub crowd: Spread,
    /// Flooding with a TTL of 7, over the same links at the same moments.
    pub flood: Spread,
    /// Flooding without end, over the same links at the same moments.
    pub endless_flood: Spread,
    /// Of the crowd's deliveries those from one camp to the other, if there are camps; bytes are
    /// all there were.
    pub across: Option<Spread>,
    /// The same of flooding.
    pub flood_across: Option<Spread>,
    /// What couriers did.
    pub couriers: Couriers,
    /// What the crowd's bytes were for, as handed to links; what a broken link lost is in it.
    pub traffic: Traffic,
    /// How many links were set up.
    pub links: u64,
    /// How many devices were in range of each, on average.
    pub neighbors: f64,
    /// How many messages were written.
    pub messages: usize,
    /// How many seconds went by in the crowd; of several, in all of them together.
    pub seconds: u32,
}

impl Outcome {
    /// Another crowd's is added, as if both had been one: what is counted adds up, neighbors are
    /// averaged over the time.
    pub fn absorb(&mut self, other: Self) {
        let [ours, theirs] = [self.seconds, other.seconds].map(f64::from);
        let neighbors = self.neighbors * ours + other.neighbors * theirs;
        self.neighbors = neighbors / (ours + theirs).max(1.0);
        self.crowd.absorb(other.crowd);
        self.flood.absorb(other.flood);
        self.endless_flood.absorb(other.endless_flood);
        let pairs =
            [(&mut self.across, other.across), (&mut self.flood_across, other.flood_across)];
        for (ours, theirs) in pairs {
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                ours.absorb(theirs);
            }
        }
        self.couriers.brought += other.couriers.brought;
        self.couriers.meetings += other.couriers.meetings;
        self.couriers.bytes += other.couriers.bytes;
        self.traffic.absorb(&other.traffic);
        self.links += other.links;
        self.messages += other.messages;
        self.seconds += other.seconds;
    }
}
