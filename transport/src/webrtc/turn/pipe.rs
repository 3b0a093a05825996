//! A stream that carries the datagrams of one link, each with its length before it (RFC 4571). A
//! TURN server passes streams on with back-pressure: nothing on them is ever dropped.

use std::{
    fmt,
    io::{self, IoSliceMut},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite},
    sync::{Notify, watch},
    task::AbortHandle,
};
use webrtc::runtime::{RecvMeta, Transmit};

use super::{
    MAX_UNSENT, StreamPlace,
    carry::{Outgoing, PIECE_LEN},
    collect,
};
use crate::{
    datagram_stream,
    webrtc::inbox::{Batch, Inbox},
};

/// One stream; dropping it closes it.
pub(in super::super) struct Pipe {
    peer: SocketAddr,
    shared: Arc<Shared>,
    carrier: AbortHandle,
    /// The place on the server it came by: it ends with that.
    _place: Option<Arc<StreamPlace>>,
}

#[derive(Debug, Default)]
struct Shared {
    inbox: Arc<Inbox>,
    out: Mutex<Vec<u8>>,
    /// A driver that waits until the stream has room.
    sender: Mutex<Option<Waker>>,
    work: Notify,
    over: watch::Sender<Option<String>>,
}

impl Pipe {
    /// Carries datagrams on `stream`; they seem to come from `peer`, whatever is sent goes there.
    pub(super) fn new(
        peer: SocketAddr,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        place: Option<Arc<StreamPlace>>,
    ) -> Arc<Self> {
        let shared = Arc::<Shared>::default();
        let carrier = tokio::spawn(carry(Arc::clone(&shared), peer, stream)).abort_handle();
        Arc::new(Self { peer, shared, carrier, _place: place })
    }

    pub(in super::super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Where what the peer sends waits for the driver.
    pub(in super::super) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.shared.inbox)
    }

    /// Waits until the stream has ended, and says why.
    pub(in super::super) async fn failed(&self) -> String {
        let mut over = self.shared.over.subscribe();
        // `self` holds a sender, so the wait cannot fail.
        let why = over.wait_for(Option::is_some).await;
        why.ok().and_then(|why| why.clone()).unwrap_or_default()
    }

    pub(in super::super) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.shared.inbox.poll_recv(cx, bufs, meta)
    }

    /// Sends one batch.
    pub(in super::super) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        transmit: &Transmit<'_>,
    ) -> Poll<()> {
        let mut out = self.shared.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out.len() >= MAX_UNSENT {
            let mut sender = self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner);
            *sender = Some(cx.waker().clone());
            return Poll::Pending;
        }
        // Nobody else is there.
        if transmit.destination == self.peer {
            let stride = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
            for datagram in transmit.contents.chunks(stride) {
                datagram_stream::write(datagram, &mut out);
            }
            drop(out);
            self.shared.work.notify_one();
        }
        Poll::Ready(())
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

async fn carry(shared: Arc<Shared>, peer: SocketAddr, stream: impl AsyncRead + AsyncWrite) {
    let (mut from, mut to) = tokio::io::split(stream);
    let (mut piece, mut reader) = (vec![0; PIECE_LEN], datagram_stream::Reader::default());
    let mut outgoing = Outgoing::default();
    let why = loop {
        shared.refill(&mut outgoing);
        let done = tokio::select! {
            read = from.read(&mut piece) => match read {
                Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it has hung up")),
                Ok(len) => shared.take(&mut reader, peer, piece.get(..len).unwrap_or_default()),
                Err(error) => Err(error),
            },
            written = outgoing.write(&mut to), if outgoing.has_work() => written,
            () = shared.work.notified() => Ok(()),
        };
        if let Err(error) = done {
            break error.to_string();
        }
    };
    shared.over.send_replace(Some(why));
    shared.inbox.close();
}

impl Shared {
    fn take(
        &self,
        reader: &mut datagram_stream::Reader,
        peer: SocketAddr,
        piece: &[u8],
    ) -> io::Result<()> {
        let mut batch: Option<Batch> = None;
        let read = reader.read(piece, |data| collect(&self.inbox, &mut batch, peer, data));
        if let Some(batch) = batch {
            self.inbox.push(batch);
        }
        read.map_err(io::Error::other)
    }

    /// Gives the stream more to write once it has written everything.
    fn refill(&self, outgoing: &mut Outgoing) {
        if !outgoing.is_written() {
            return;
        }
        outgoing.exchange(|bytes| {
            std::mem::swap(&mut *self.out.lock().unwrap_or_else(PoisonError::into_inner), bytes);
        });
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            sender.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, net::SocketAddr, time::Duration};

    use futures_util::FutureExt as _;
    use tokio::{io::AsyncReadExt as _, time::timeout};
    use webrtc::runtime::Transmit;

    use super::{MAX_UNSENT, Pipe};
    use crate::datagram_stream::Reader;

    /// Far longer than any of this takes.
    const HANG: Duration = Duration::from_secs(30);
    const LEN: usize = 1000;
    const COUNT: usize = 500;

    async fn send(pipe: &Pipe, number: usize) {
        let mut contents = number.to_be_bytes().to_vec();
        contents.resize(LEN, 7);
        let transmit = Transmit {
            destination: pipe.peer(),
            ecn: None,
            contents: &contents,
            segment_size: None,
            src_ip: None,
        };
        poll_fn(|cx| pipe.poll_send(cx, &transmit)).await;
    }

    #[tokio::test]
    async fn whoever_sends_to_a_slow_end_waits_and_nothing_is_lost() {
        let (near, mut far) = tokio::io::duplex(4096);
        let pipe = Pipe::new(SocketAddr::from(([192, 0, 2, 1], 9)), near, None);
        let mut sent = 0;
        while send(&pipe, sent).now_or_never().is_some() {
            sent += 1;
            assert!(sent * LEN < 2 * MAX_UNSENT, "kept without a limit, or dropped");
        }

        let sending = async {
            for number in sent..COUNT {
                send(&pipe, number).await;
            }
        };
        let reading = async {
            let (mut reader, mut heard, mut piece) = (Reader::default(), Vec::new(), [0; 512]);
            while heard.len() < COUNT {
                let len = far.read(&mut piece).await.expect("open");
                let begin = |datagram: &[u8]| heard.push(datagram.first_chunk().copied());
                reader.read(piece.get(..len).expect("read"), begin).expect("datagrams");
            }
            heard
        };
        let ((), heard) =
            timeout(HANG, async { tokio::join!(sending, reading) }).await.expect("in time");

        assert!(heard.into_iter().eq((0..COUNT).map(|number| Some(number.to_be_bytes()))));
    }
}
