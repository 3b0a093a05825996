//! How much may be sent, and what the ends owe each other.
//!
//! Neither end ever stops reading its channel, else heartbeats would be stuck behind frames and
//! the library would buffer 256 messages unseen. Instead each may have only [`WINDOW`] bytes of
//! frames under way that the other's app has not taken; taking grants credit for more.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::control::Control;

/// Bytes of frames one end may send before the other's app takes them: 20 MiB per second over the
/// slowest round trip worth having (100 ms), and all that a flooding peer can make us hold.
pub(super) const WINDOW: u32 = 2 << 20;

/// Credit is granted in lumps of this many bytes, so that few messages do it.
const GRANT: u32 = WINDOW / 4;

/// What a frame costs beside its bytes, so that empty frames cannot be sent without end.
const FRAME_OVERHEAD: usize = 64;

/// The peer sent more than it may: it is broken or hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overrun;

/// One link's accounts.
#[derive(Debug)]
pub(super) struct Flow {
    credit: Semaphore,
    ledger: Mutex<Ledger>,
    due: Notify,
}

#[derive(Debug, Default)]
struct Ledger {
    /// What the peer has used of its window.
    used: u32,
    /// How much of that the app has taken since the last grant.
    taken: u32,
    /// The peer's latest ping; earlier ones need no answer.
    pong: Option<u64>,
    pings: u64,
    /// Our latest ping and when it left.
    ping: Option<(u64, Instant)>,
}

impl Flow {
    pub(super) fn new() -> Self {
        Self {
            credit: Semaphore::new(WINDOW as usize),
            ledger: Mutex::default(),
            due: Notify::new(),
        }
    }

    /// Waits until a frame of `len` bytes may be sent, and uses the credit up.
    pub(super) async fn pay(&self, len: usize) {
        // Never closed, so it cannot fail; a frame is far smaller than the window, so it ends.
        if let Ok(permit) = self.credit.acquire_many(cost(len)).await {
            permit.forget();
        }
    }

    /// Uses up the credit for a frame of `len` bytes, if there is that much.
    pub(super) fn try_pay(&self, len: usize) -> bool {
        self.credit.try_acquire_many(cost(len)).map(SemaphorePermit::forget).is_ok()
    }

    /// The peer grants credit.
    pub(super) fn granted(&self, bytes: u32) -> Result<(), Overrun> {
        let free = (WINDOW as usize).saturating_sub(self.credit.available_permits());
        if bytes as usize > free {
            return Err(Overrun);
        }
        self.credit.add_permits(bytes as usize);
        Ok(())
    }

    /// A frame of `len` bytes came.
    pub(super) fn came(&self, len: usize) -> Result<(), Overrun> {
        let mut ledger = self.lock();
        ledger.used = ledger.used.saturating_add(cost(len));
        if ledger.used > WINDOW { Err(Overrun) } else { Ok(()) }
    }

    /// The app took a frame of `len` bytes.
    pub(super) fn taken(&self, len: usize) {
        let mut ledger = self.lock();
        ledger.taken = ledger.taken.saturating_add(cost(len));
        if ledger.taken >= GRANT {
            self.due.notify_one();
        }
    }

    /// The peer asks for an answer.
    pub(super) fn pinged(&self, number: u64) {
        self.lock().pong = Some(number);
        self.due.notify_one();
    }

    /// The peer answers; the round trip, if it is the answer to our latest ping.
    pub(super) fn ponged(&self, number: u64) -> Option<Duration> {
        let mut ledger = self.lock();
        let (_latest, sent) = ledger.ping.take_if(|(latest, _sent)| *latest == number)?;
        Some(sent.elapsed())
    }

    /// The next ping to send.
    pub(super) fn ping(&self) -> Control {
        let mut ledger = self.lock();
        ledger.pings = ledger.pings.wrapping_add(1);
        ledger.ping = Some((ledger.pings, Instant::now()));
        Control::Ping(ledger.pings)
    }

    /// Waits until [`Self::next_due`] has something.
    pub(super) async fn due(&self) {
        self.due.notified().await;
    }

    /// What has to be said to the peer now.
    pub(super) fn next_due(&self) -> Option<Control> {
        let mut ledger = self.lock();
        if let Some(number) = ledger.pong.take() {
            return Some(Control::Pong(number));
        }
        if ledger.taken < GRANT {
            return None;
        }
        let taken = std::mem::take(&mut ledger.taken);
        ledger.used = ledger.used.saturating_sub(taken);
        Some(Control::Credit(taken))
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a frame of `len` bytes costs; both ends compute alike.
fn cost(len: usize) -> u32 {
    u32::try_from(len.saturating_add(FRAME_OVERHEAD)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Control, Flow, Overrun, WINDOW, cost};

    #[tokio::test(start_paused = true)]
    async fn sender_waits_at_the_window_until_the_app_takes() {
        let (sender, receiver) = (Flow::new(), Flow::new());
        let mut frames: u32 = 0;
        while tokio::time::timeout(std::time::Duration::from_secs(9), sender.pay(1000))
            .await
            .is_ok()
        {
            assert_eq!(receiver.came(1000), Ok(()));
            frames += 1;
        }
        assert_eq!(frames, WINDOW / cost(1000));

        for _ in 0..frames {
            receiver.taken(1000);
        }
        let Some(Control::Credit(bytes)) = receiver.next_due() else { panic!("nothing due") };
        assert_eq!(sender.granted(bytes), Ok(()));

        sender.pay(1000).await;
    }

    #[test]
    fn peer_beyond_its_window_is_found_out() {
        let flow = Flow::new();
        let within = WINDOW / cost(1000);
        assert!((0..within).all(|_| flow.came(1000).is_ok()));

        assert_eq!(flow.came(1000), Err(Overrun));
    }

    #[test]
    fn empty_frames_use_the_window_up_too() {
        let flow = Flow::new();

        assert!((0..WINDOW).any(|_| flow.came(0).is_err()));
    }

    #[test]
    fn credit_never_granted_cannot_be_had() {
        let flow = Flow::new();

        assert_eq!(flow.granted(1), Err(Overrun));
        assert_eq!(flow.granted(u32::MAX), Err(Overrun));
    }

    #[test]
    fn only_the_latest_ping_measures_and_only_once() {
        let flow = Flow::new();
        let (Control::Ping(first), Control::Ping(second)) = (flow.ping(), flow.ping()) else {
            panic!("pings")
        };

        assert_eq!(flow.ponged(first), None);
        assert!(flow.ponged(second).is_some());
        assert_eq!(flow.ponged(second), None);
    }

    #[test]
    fn flood_of_pings_is_answered_once() {
        let flow = Flow::new();
        (0..1000).for_each(|number| flow.pinged(number));

        assert_eq!(flow.next_due(), Some(Control::Pong(999)));
        assert_eq!(flow.next_due(), None);
    }
}
