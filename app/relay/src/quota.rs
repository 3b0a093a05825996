//! Token buckets: so many at once, so many a second.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::limits::Rate;

/// What is left of a rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    rate: Rate,
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, left: f64::from(rate.burst), at: now }
    }

    /// Takes `amount` if there is as much.
    pub(crate) fn take(&mut self, amount: f64, now: Instant) -> bool {
        self.refill(now);
        let is_enough = self.left >= amount;
        if is_enough {
            self.left -= amount;
        }
        is_enough
    }

    /// Takes `amount` even if there is less, and says how long to wait until that is made good.
    pub(crate) fn owe(&mut self, amount: f64, now: Instant) -> Duration {
        self.refill(now);
        self.left -= amount;
        let missing = (-self.left).max(0.0);
        Duration::from_secs_f64((missing / f64::from(self.rate.per_second.max(1))).min(60.0))
    }

    fn refill(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(self.at).as_secs_f64();
        let full = f64::from(self.rate.burst);
        self.left = (self.left + gone * f64::from(self.rate.per_second)).min(full);
        self.at = now;
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.left >= f64::from(self.rate.burst)
    }
}

/// A bucket for each of many, as long as it is not full.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    rate: Rate,
    of: Mutex<HashMap<K, Bucket>>,
}

/// How many buckets are remembered.
const MAX_BUCKETS: usize = 65_536;

impl<K: Eq + Hash> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, of: Mutex::default() }
    }

    /// Takes one of `key`'s if there is one.
    pub(crate) fn take(&self, key: K, now: Instant) -> bool {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= MAX_BUCKETS {
            // A full bucket is as good as none. Where most are in use, forgetting them all costs
            // less than searching again with each event; the other quotas still hold.
            of.retain(|_, bucket| !bucket.is_full(now));
            if of.len() > MAX_BUCKETS / 2 {
                of.clear();
            }
        }
        of.entry(key).or_insert_with(|| Bucket::new(self.rate, now)).take(1.0, now)
    }
}

/// Who counts as one: an IPv4 address, or an IPv6 network, since a home is given one of these.
pub(crate) fn one_address(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => {
            let network = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        v4 => v4,
    }
}

/// How many connections each address has.
#[derive(Debug)]
pub(crate) struct Counts {
    max: usize,
    of: Mutex<HashMap<IpAddr, usize>>,
}

impl Counts {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, of: Mutex::default() }
    }

    /// Counts one more; false if that is too many, and then it is not counted.
    pub(crate) fn add(&self, ip: IpAddr) -> bool {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let count = of.entry(one_address(ip)).or_default();
        let is_allowed = *count < self.max;
        if is_allowed {
            *count = count.saturating_add(1);
        }
        is_allowed
    }

    pub(crate) fn remove(&self, ip: IpAddr) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let ip = one_address(ip);
        if let Some(count) = of.get_mut(&ip) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                of.remove(&ip);
            }
        }
    }
}
