//! Carrying the messages of an allocation to and from its server.

use std::{
    future::poll_fn,
    io::{self, IoSliceMut},
    sync::{Arc, PoisonError, atomic::Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    time::sleep,
};
use webrtc::runtime::RecvMeta;

use super::Shared;
use crate::{turn_stream, webrtc::socket::Udp};

/// The largest datagram expected; longer ones are cut, which makes them invalid.
const DATAGRAM_LEN: usize = 2048;

/// Bytes read from a stream at once.
pub(super) const PIECE_LEN: usize = 64 * 1024;

/// How long a socket that cannot receive is left alone: its network may be gone for a while.
const RECEIVE_PAUSE: Duration = Duration::from_millis(100);

/// Over UDP. What the user sends leaves at once, without this task, and what comes for it is
/// received by its driver as soon as there is one.
pub(super) async fn datagrams(shared: Arc<Shared>, udp: Arc<Udp>) {
    while let Some(wait) = shared.tick() {
        let receive = poll_fn(|cx| match shared.is_driven.load(Ordering::Relaxed) {
            true => Poll::Pending,
            false => shared.poll_receive(&udp, cx),
        });
        let received = tokio::select! {
            received = receive => received,
            () = sleep(wait) => continue,
            () = shared.work.notified() => continue,
        };
        if let Err(error) = received {
            log::debug!("cannot receive from {}: {error}", shared.name);
            sleep(RECEIVE_PAUSE).await;
        }
    }
}

impl Shared {
    /// Receives one batch of datagrams. For one task only, as [`Udp::poll_recv`].
    pub(super) fn poll_receive(&self, udp: &Udp, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.resize(DATAGRAM_LEN.saturating_mul(udp.max_gro_segments()), 0);
        let mut meta = [RecvMeta::default()];
        match ready!(udp.poll_recv(cx, &mut [IoSliceMut::new(&mut bytes)], &mut meta)) {
            // Somebody there does not listen: a server that begins anew.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => return Poll::Ready(Err(error)),
            Ok(_one) => {
                let [RecvMeta { addr, len, stride, .. }] = meta;
                // Nobody else has a say.
                if addr == self.server
                    && let Some(bytes) = bytes.get(..len)
                {
                    self.input(|message| bytes.chunks(stride.max(1)).for_each(message));
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Over a stream.
pub(super) async fn stream(shared: Arc<Shared>, stream: impl AsyncRead + AsyncWrite) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut incoming = Incoming::default();
    let mut outgoing = Outgoing::default();
    while let Some(wait) = shared.tick() {
        shared.refill(&mut outgoing);
        let done = tokio::select! {
            read = incoming.read(&mut reader) => read.and_then(|len| incoming.take(len, &shared)),
            written = outgoing.write(&mut writer), if outgoing.has_work() => written,
            () = sleep(wait) => Ok(()),
            () = shared.work.notified() => Ok(()),
        };
        if let Err(error) = done {
            return shared.lose(&error.to_string());
        }
    }
}

/// What arrives on a stream.
struct Incoming {
    piece: Vec<u8>,
    reader: turn_stream::Reader,
}

impl Default for Incoming {
    fn default() -> Self {
        Self { piece: vec![0; PIECE_LEN], reader: turn_stream::Reader::default() }
    }
}

impl Incoming {
    async fn read<S: AsyncRead>(&mut self, from: &mut ReadHalf<S>) -> io::Result<usize> {
        match from.read(&mut self.piece).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it has hung up")),
            len => Ok(len),
        }
    }

    fn take(&mut self, len: usize, shared: &Shared) -> io::Result<()> {
        let piece = self.piece.get(..len).unwrap_or_default();
        shared.input(|message| self.reader.read(piece, message)).map_err(io::Error::other)
    }
}

/// What is to leave on a stream.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    written: usize,
    is_unflushed: bool,
}

impl Outgoing {
    pub(super) fn has_work(&self) -> bool {
        !self.is_written() || self.is_unflushed
    }

    pub(super) fn is_written(&self) -> bool {
        self.written >= self.bytes.len()
    }

    /// Has `exchange` put more into the buffer, in which everything has been written.
    pub(super) fn exchange(&mut self, exchange: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.clear();
        self.written = 0;
        exchange(&mut self.bytes);
    }

    /// Writes some; may be dropped at any time.
    pub(super) async fn write<S: AsyncWrite>(&mut self, to: &mut WriteHalf<S>) -> io::Result<()> {
        let rest = self.bytes.get(self.written..).unwrap_or_default();
        if rest.is_empty() {
            to.flush().await?;
            self.is_unflushed = false;
            return Ok(());
        }
        let len = to.write(rest).await?;
        self.written = self.written.saturating_add(len);
        self.is_unflushed = true;
        Ok(())
    }
}

impl Shared {
    /// Gives a stream more to write once it has written everything.
    fn refill(&self, outgoing: &mut Outgoing) {
        if !outgoing.is_written() {
            return;
        }
        outgoing.exchange(|bytes| self.lock().out().swap(bytes));
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            sender.wake();
        }
    }
}
