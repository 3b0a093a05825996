//! Datagrams waiting for one connection on a shared socket.

use std::{
    collections::VecDeque,
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use webrtc::runtime::RecvMeta;

/// Bytes that may wait. Twice what SCTP lets a peer have in flight (1 MiB), so an honest peer
/// never overflows it; whoever does loses datagrams, as on any full socket.
const MAX_WAITING_BYTES: usize = 2 << 20;

/// What a waiting batch costs beside its bytes, so that tiny datagrams are bounded too.
const BATCH_OVERHEAD: usize = 128;

/// Received from one address in one go: datagrams of `stride` bytes, the last maybe shorter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) from: SocketAddr,
    pub(super) stride: usize,
    pub(super) bytes: Vec<u8>,
}

impl Batch {
    fn cost(&self) -> usize {
        self.bytes.len().saturating_add(BATCH_OVERHEAD)
    }
}

/// A bounded queue from the reader of a shared socket to the driver of one connection.
///
/// Closed at first: until the driver has gathered its own candidates it drops every datagram, and
/// the dialer's first one, lost, would be repeated only a check interval later.
#[derive(Debug, Default)]
pub(super) struct Inbox(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    bytes: usize,
    is_open: bool,
    is_closed: bool,
    reader: Option<Waker>,
}

impl Inbox {
    /// Lets the driver have what waits, from now on.
    pub(super) fn open(&self) {
        let mut waiting = self.lock();
        waiting.is_open = true;
        if let Some(reader) = waiting.reader.take() {
            drop(waiting);
            reader.wake();
        }
    }

    /// Whether the driver may have what waits.
    pub(super) fn is_open(&self) -> bool {
        self.lock().is_open
    }

    /// Nothing more will come: whoever reads is told so once it has read what waits.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        if let Some(reader) = waiting.reader.take() {
            drop(waiting);
            reader.wake();
        }
    }

    /// Adds a batch, or drops it if too much waits already.
    pub(super) fn push(&self, batch: Batch) {
        let mut waiting = self.lock();
        let bytes = waiting.bytes.saturating_add(batch.cost());
        if bytes > MAX_WAITING_BYTES {
            return;
        }
        waiting.bytes = bytes;
        waiting.batches.push_back(batch);
        if let Some(reader) = waiting.reader.take() {
            drop(waiting);
            reader.wake();
        }
    }

    /// Moves the oldest batch into the first buffer.
    pub(super) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buf), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        let mut waiting = self.lock();
        let next = if waiting.is_open { waiting.batches.pop_front() } else { None };
        let Some(batch) = next else {
            if waiting.is_open && waiting.is_closed {
                return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
            }
            waiting.reader = Some(cx.waker().clone());
            return Poll::Pending;
        };
        waiting.bytes = waiting.bytes.saturating_sub(batch.cost());
        drop(waiting);

        let copied = buf.len().min(batch.bytes.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..copied), batch.bytes.get(..copied)) {
            to.copy_from_slice(from);
        }
        *meta = RecvMeta::default();
        meta.addr = batch.from;
        meta.len = copied;
        meta.stride = batch.stride;
        Poll::Ready(Ok(1))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::IoSliceMut,
        net::SocketAddr,
        task::{Context, Poll, Waker},
    };

    use webrtc::runtime::RecvMeta;

    use super::{Batch, Inbox, MAX_WAITING_BYTES};

    fn batch(first: u8, len: usize) -> Batch {
        let mut bytes = vec![0; len];
        bytes[0] = first;
        Batch { from: SocketAddr::from(([192, 0, 2, 7], 9)), stride: 3, bytes }
    }

    /// The length, stride and first byte of the next batch, if one waits.
    fn next(inbox: &Inbox) -> Option<(usize, usize, u8)> {
        let mut buf = [0; 1024];
        let mut meta = [RecvMeta::default()];
        let mut cx = Context::from_waker(Waker::noop());
        match inbox.poll_recv(&mut cx, &mut [IoSliceMut::new(&mut buf)], &mut meta) {
            Poll::Ready(received) => {
                assert_eq!(received.expect("never fails"), 1);
                assert_eq!(meta[0].addr, SocketAddr::from(([192, 0, 2, 7], 9)));
                Some((meta[0].len, meta[0].stride, buf[0]))
            }
            Poll::Pending => None,
        }
    }

    #[test]
    fn batches_come_out_in_order_and_cut_to_the_buffer() {
        let inbox = Inbox::default();
        inbox.push(batch(1, 7));
        inbox.push(batch(2, 4096));
        assert_eq!(next(&inbox), None);

        inbox.open();

        assert_eq!(next(&inbox), Some((7, 3, 1)));
        assert_eq!(next(&inbox), Some((1024, 3, 2)));
        assert_eq!(next(&inbox), None);
    }

    #[test]
    fn flood_is_dropped_and_the_room_comes_back() {
        let inbox = Inbox::default();
        inbox.open();
        for _ in 0..100_000 {
            inbox.push(batch(1, 1000));
        }

        let mut waited = 0;
        while next(&inbox).is_some() {
            waited += 1000;
        }

        assert!(waited <= MAX_WAITING_BYTES);
        inbox.push(batch(9, 10));
        assert_eq!(next(&inbox), Some((10, 3, 9)));
    }
}
