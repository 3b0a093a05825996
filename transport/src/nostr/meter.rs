//! Counts what a relay makes us receive, and cuts it off when that is too much.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes a relay may send without having been asked for them: at once, and per second. A quiet
/// device needs less than a hundred per second.
const BURST: u64 = 4 << 20;
const PER_SECOND: u64 = 8 << 10;

/// What may be saved up at most, with what was asked for.
const MOST: u64 = 64 << 20;

/// Bytes to and from one relay, over all connections to it.
#[derive(Debug)]
pub(super) struct Meter {
    received: AtomicU64,
    sent: AtomicU64,
    allowance: Mutex<(u64, Instant)>,
}

impl Meter {
    pub(super) fn new() -> Self {
        let allowance = Mutex::new((BURST, Instant::now()));
        Self { received: AtomicU64::new(0), sent: AtomicU64::new(0), allowance }
    }

    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// We asked for something that may be so long.
    pub(super) fn allow(&self, bytes: u64) {
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        allowance.0 = allowance.0.saturating_add(bytes).min(MOST);
    }

    /// Counts what came; `false` if it was too much.
    fn take(&self, bytes: u64, now: Instant) -> bool {
        self.received.fetch_add(bytes, Ordering::Relaxed);
        let mut allowance = self.allowance.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = *allowance;
        let seconds = now.saturating_duration_since(since).as_secs();
        let refilled = left.saturating_add(seconds.saturating_mul(PER_SECOND)).min(BURST.max(left));
        let since = if seconds == 0 { since } else { now };
        *allowance = (refilled.saturating_sub(bytes), since);
        refilled >= bytes
    }
}

/// A stream whose bytes are counted.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    meter: Arc<Meter>,
}

impl<S> Metered<S> {
    pub(super) fn new(stream: S, meter: Arc<Meter>) -> Self {
        Self { stream, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let bytes = buffer.filled().len().saturating_sub(before);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if self.meter.take(bytes, Instant::now()) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Ready(Err(io::Error::new(io::ErrorKind::QuotaExceeded, "sends too much")))
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.meter.sent.fetch_add(u64::try_from(written).unwrap_or(0), Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{BURST, Meter, PER_SECOND};

    #[test]
    fn what_was_not_asked_for_is_bounded() {
        let (meter, start) = (Meter::new(), Instant::now());

        assert!(meter.take(BURST, start));
        assert!(!meter.take(1, start));
        let later = start + Duration::from_secs(10);
        assert!(meter.take(PER_SECOND * 9, later));
        assert!(!meter.take(PER_SECOND * 2, later));
        assert_eq!(meter.received(), BURST + 1 + PER_SECOND * 11);
    }

    #[test]
    fn what_was_asked_for_comes_on_top() {
        let (meter, start) = (Meter::new(), Instant::now());

        meter.allow(BURST);

        assert!(meter.take(BURST * 2, start));
        assert!(!meter.take(BURST, start));
    }
}
