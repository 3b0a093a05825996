//! Whether the peer still takes what is sent, though its address still answers.
//!
//! ICE notices a dead peer, but not one that was restarted on the same port, or is stuck, or never
//! reads: it may answer ICE for ever while nothing sent arrives.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use tokio::time::interval;
use webrtc::data_channel::DataChannel;

/// How often acknowledgments are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long the peer may acknowledge nothing of what is under way. Longer than SCTP's first three
/// repetitions, which take 7 s.
const DEAF: Duration = Duration::from_secs(10);

/// Counts what one link has said.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    said: AtomicUsize,
}

impl Hearing {
    /// So many bytes were given to the channel.
    pub(super) fn said(&self, bytes: usize) {
        self.said.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Waits until the peer has been deaf for too long. Heartbeats see to it that something is
    /// always under way.
    pub(super) async fn lost(&self, channel: &dyn DataChannel) {
        let mut looks = interval(LOOK);
        let mut last = Acknowledged { bytes: 0, since: Instant::now() };
        loop {
            looks.tick().await;
            let Ok(unheard) = channel.outstanding_bytes().await else {
                // Closed: whoever reads the channel learns why.
                return std::future::pending().await;
            };
            if last.is_stale(self.said.load(Ordering::Relaxed), unheard, Instant::now()) {
                return;
            }
        }
    }
}

/// How much the peer had acknowledged when it last acknowledged anything.
struct Acknowledged {
    bytes: usize,
    since: Instant,
}

impl Acknowledged {
    fn is_stale(&mut self, said: usize, unheard: usize, now: Instant) -> bool {
        let heard = said.wrapping_sub(unheard);
        if heard != self.bytes || unheard == 0 {
            *self = Self { bytes: heard, since: now };
        }
        now.saturating_duration_since(self.since) > DEAF
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Acknowledged, DEAF};

    #[test]
    fn peer_that_acknowledges_nothing_is_deaf_after_a_while() {
        let start = Instant::now();
        let mut last = Acknowledged { bytes: 0, since: start };

        assert!(!last.is_stale(100, 100, start + DEAF));
        assert!(last.is_stale(100, 100, start + DEAF + Duration::from_secs(1)));
    }

    #[test]
    fn peer_that_acknowledges_little_by_little_is_not() {
        let start = Instant::now();
        let mut last = Acknowledged { bytes: 0, since: start };

        assert!((1..100).all(|n| !last.is_stale(1000, 1000 - n, start + DEAF * n as u32)));
        assert!(!last.is_stale(1000, 0, start + DEAF * 1000));
    }
}
