//! How many dials may begin, from where, how fast: pure policy.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// What a listener lets happen at once. All of it applies only to dialers that have proved to
/// know an admitted key: strangers cost a hash for each key and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Links that may be open or opening.
    pub links: usize,
    /// Links that may be opening.
    pub half_open: usize,
    /// Dials that may begin at once, and how long one then counts.
    pub burst: u32,
    /// Time in which one more dial may begin.
    pub interval: Duration,
    /// Dials that may begin at once from one source address (IPv6: /64 network).
    pub source_burst: u32,
    /// Time in which one more dial may begin from one source address.
    pub source_interval: Duration,
}

impl Default for Limits {
    /// For one device among friends: a room of fifty may arrive at once, and a stubborn source
    /// cannot fill the half-open places, which last 10 s: 32 + 10 s / 250 ms < 128.
    fn default() -> Self {
        Self {
            links: 256,
            half_open: 128,
            burst: 128,
            interval: Duration::from_millis(20),
            source_burst: 32,
            source_interval: Duration::from_millis(250),
        }
    }
}

/// Counts beginnings; two token buckets, each kept as the time at which it will be full again.
#[derive(Debug)]
pub(super) struct Gate {
    limits: Limits,
    all: Option<Instant>,
    sources: HashMap<IpAddr, Instant>,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, all: None, sources: HashMap::new() }
    }

    /// Whether a dial from `source` may begin now; counts it if so.
    pub(super) fn admit(&mut self, now: Instant, source: IpAddr) -> bool {
        let source = network(source);
        let Limits { burst, interval, source_burst, source_interval, .. } = self.limits;
        let from_source =
            take(self.sources.get(&source).copied(), now, source_interval, source_burst);
        let (Some(from_source), Some(all)) = (from_source, take(self.all, now, interval, burst))
        else {
            return false;
        };
        // Full buckets need no memory: what stays is bounded by the rate of all sources together.
        self.sources.retain(|_source, full_at| *full_at > now);
        self.sources.insert(source, from_source);
        self.all = Some(all);
        true
    }
}

/// When the bucket is full again after one token is taken; `None` if there is none to take.
fn take(full_at: Option<Instant>, now: Instant, interval: Duration, burst: u32) -> Option<Instant> {
    let full_at = full_at.map_or(now, |at| at.max(now)).checked_add(interval)?;
    let longest = interval.checked_mul(burst)?;
    (full_at.saturating_duration_since(now) <= longest).then_some(full_at)
}

/// What counts as one source: an IPv6 host has 2^64 addresses to itself.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        time::{Duration, Instant},
    };

    use super::{Gate, Limits};

    const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn one_source_is_slowed_to_its_rate_and_others_are_not() {
        let limits = Limits::default();
        let (mut gate, now) = (Gate::new(limits), Instant::now());

        let at_once = (0..1000).filter(|_| gate.admit(now, SOURCE)).count();

        assert_eq!(at_once, limits.source_burst as usize);
        assert!(gate.admit(now, IpAddr::from([192, 0, 2, 8])));
        let later = now + limits.source_interval * 3;
        assert_eq!((0..1000).filter(|_| gate.admit(later, SOURCE)).count(), 3);
    }

    #[test]
    fn many_sources_together_are_slowed_too_and_forgotten() {
        let limits = Limits::default();
        let (mut gate, now) = (Gate::new(limits), Instant::now());

        let at_once =
            (0..10_000_u32).filter(|n| gate.admit(now, IpAddr::from(n.to_be_bytes()))).count();

        assert_eq!(at_once, limits.burst as usize);
        assert!(gate.admit(now + Duration::from_secs(60), SOURCE));
        assert_eq!(gate.sources.len(), 1);
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one_source() {
        let limits = Limits::default();
        let (mut gate, now) = (Gate::new(limits), Instant::now());
        let host = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);

        let at_once = (0..1000).filter(|n| gate.admit(now, host(*n))).count();

        assert_eq!(at_once, limits.source_burst as usize);
    }
}
