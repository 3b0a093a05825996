//! UDP sockets, and how a peer connection's driver sees them.

use std::{
    fmt,
    future::Future,
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use socket2::{Domain, Protocol, Type};
use tokio::{io::Interest, net::UdpSocket};
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit, UdpSockRef, UdpSocketState};

use super::{
    inbox::Inbox,
    runtime::Turns,
    scope::Scopes,
    turn::{Pipe, Turn},
};

use crate::SocketBinder;

/// Kernel buffers asked for, in bytes, first come first served. The default, about 200 KiB, drops
/// datagrams in bulk transfer, and each lost tail costs SCTP a second.
const SOCKET_BUFFERS: [usize; 3] = [4 << 20, 2 << 20, 1 << 20];

/// Datagrams from or to a TURN server that are seen to at once: enough to spare most of the
/// overhead, and small enough for any buffer they go through.
pub(super) const MAX_BATCH: usize = 32;

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) fn of(addr: SocketAddr) -> Self {
        if addr.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    pub(super) fn of_ip(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// Every local address of the family.
    pub(super) fn any(self, port: u16) -> SocketAddr {
        match self {
            Self::V4 => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
            Self::V6 => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port),
        }
    }

    /// What a driver is told to bind. It never uses that socket (see [`Wire`]); the address is
    /// only its name for the real one. It can be bound where not even the loopback network is up.
    pub(super) fn placeholder(self) -> SocketAddr {
        match self {
            Self::V4 => SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            Self::V6 => SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
        }
    }
}

/// A UDP socket on all addresses of one family, with large buffers and batched input and output.
pub(super) struct Udp {
    io: UdpSocket,
    batch: UdpSocketState,
    scopes: Scopes,
}

impl Udp {
    /// Binds `port` on all addresses; 0 is any port.
    ///
    /// # Errors
    ///
    /// If the family is missing or the port is taken, and outside a tokio runtime.
    pub(super) fn bind(family: Family, port: u16) -> io::Result<Self> {
        let addr = family.any(port);
        let socket =
            socket2::Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
        if family == Family::V6 {
            socket.set_only_v6(true)?;
        }
        enlarge_buffers(&socket);
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        let _inside_runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let io = UdpSocket::from_std(socket.into())?;
        let batch = UdpSocketState::new(UdpSockRef::from(&io))?;
        Ok(Self { io, batch, scopes: Scopes::default() })
    }

    /// Has it leave by the network that leads to these, or to anybody.
    pub(super) fn be_bound(&self, binder: Option<&SocketBinder>, to: &[IpAddr]) {
        if let Some(binder) = binder {
            binder.bind(&self.io, to);
        }
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        Ok(self.io.local_addr()?.port())
    }

    /// Datagrams one send may hold.
    pub(super) fn max_gso_segments(&self) -> usize {
        self.batch.max_gso_segments()
    }

    /// Where it is bound.
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// Waits until a datagram can be sent: at first a socket does not know that it can.
    pub(super) async fn writable(&self) -> io::Result<()> {
        self.io.writable().await
    }

    /// Sends one datagram now or never.
    pub(super) fn try_send(&self, to: SocketAddr, datagram: &[u8]) {
        if let Err(error) = self.io.try_send_to(datagram, to) {
            log::debug!("datagram to {to} lost: {error}");
        }
    }

    /// Datagrams one receive may hold.
    pub(super) fn max_gro_segments(&self) -> usize {
        self.batch.gro_segments()
    }

    /// Receives one batch of datagrams. For one task only: a second would steal its wake-ups.
    pub(super) fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.io.poll_recv_ready(cx))?;
            let received = self.io.try_io(Interest::READABLE, || {
                self.batch.recv(UdpSockRef::from(&self.io), bufs, meta)
            });
            match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) => {}
                Ok(count) => {
                    for meta in meta.iter_mut().take(count) {
                        meta.addr = self.scopes.heard(meta.addr);
                    }
                    return Poll::Ready(Ok(count));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Sends one batch; `waiting` is the caller's place in the queue while the socket is full.
    ///
    /// Any number of tasks may send. Errors are lost datagrams, as everywhere in UDP: an
    /// unreachable candidate must not end the connection that tries it.
    pub(super) fn poll_send(
        self: &Arc<Self>,
        waiting: &Mutex<Option<Writable>>,
        cx: &mut Context<'_>,
        transmit: &Transmit<'_>,
    ) -> Poll<()> {
        let mut transmit = transmit.clone();
        match self.scopes.ways(transmit.destination).as_deref() {
            None => {}
            Some([way]) => transmit.destination = *way,
            Some(ways) => {
                // Only until one of them answers: what is lost is sent again.
                for way in ways {
                    transmit.destination = *way;
                    let _lost = self.io.try_io(Interest::WRITABLE, || {
                        self.batch.try_send(UdpSockRef::from(&self.io), &transmit)
                    });
                }
                return Poll::Ready(());
            }
        }
        loop {
            let sent = self.io.try_io(Interest::WRITABLE, || {
                self.batch.try_send(UdpSockRef::from(&self.io), &transmit)
            });
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    log::debug!("datagram to {} lost: {error}", transmit.destination);
                    self.scopes.forget(transmit.destination);
                    return Poll::Ready(());
                }
                Ok(()) => return Poll::Ready(()),
            }
            let mut slot = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let writable = slot.get_or_insert_with(|| {
                let udp = Arc::clone(self);
                Box::pin(async move { udp.io.writable().await })
            });
            // An error will come back from the next send.
            let _ready = ready!(writable.as_mut().poll(cx));
            *slot = None;
        }
    }
}

impl fmt::Debug for Udp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Udp").field("io", &self.io).finish_non_exhaustive()
    }
}

/// Best effort: systems cap what one may ask for, some by an error.
fn enlarge_buffers(socket: &socket2::Socket) {
    let _smaller = SOCKET_BUFFERS.iter().find(|len| socket.set_recv_buffer_size(**len).is_ok());
    let _smaller = SOCKET_BUFFERS.iter().find(|len| socket.set_send_buffer_size(**len).is_ok());
}

/// A sender's place in the queue of a full socket.
pub(super) type Writable = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// The real socket behind one placeholder of a driver.
#[derive(Debug, Clone)]
pub(super) struct Wiring {
    pub(super) family: Family,
    pub(super) socket: Socket,
}

/// What carries a driver's datagrams.
#[derive(Debug, Clone)]
pub(super) enum Socket {
    /// A UDP socket of its own.
    Own(Arc<Udp>),
    /// One shared with other connections, and where the datagrams for this one come from.
    Shared(Arc<Udp>, Arc<Inbox>),
    /// An address on a TURN server.
    Turn(Arc<Turn>),
    /// A stream that a TURN server passes on.
    Pipe(Arc<Pipe>),
}

impl Wiring {
    /// Drives a connection by a stream.
    pub(super) fn piped(pipe: Arc<Pipe>) -> Self {
        Self { family: Family::of(pipe.peer()), socket: Socket::Pipe(pipe) }
    }

    /// Drives a connection by what a TURN server passes on.
    pub(super) fn relayed(turn: Arc<Turn>) -> Self {
        Self { family: Family::of(turn.relayed()), socket: Socket::Turn(turn) }
    }

    /// What has to be opened once the driver has gathered its candidates, if anything.
    pub(super) fn inbox(&self) -> Option<Arc<Inbox>> {
        match &self.socket {
            Socket::Own(_) => None,
            Socket::Shared(_, inbox) => Some(Arc::clone(inbox)),
            Socket::Turn(turn) => Some(turn.inbox()),
            Socket::Pipe(pipe) => Some(pipe.inbox()),
        }
    }

    /// The address on a TURN server, if it is one.
    pub(super) fn turn(&self) -> Option<Arc<Turn>> {
        match &self.socket {
            Socket::Own(_) | Socket::Shared(..) | Socket::Pipe(_) => None,
            Socket::Turn(turn) => Some(Arc::clone(turn)),
        }
    }

    /// The stream, if it is one.
    pub(super) fn pipe(&self) -> Option<Arc<Pipe>> {
        match &self.socket {
            Socket::Own(_) | Socket::Shared(..) | Socket::Turn(_) => None,
            Socket::Pipe(pipe) => Some(Arc::clone(pipe)),
        }
    }
}

/// A socket as a driver sees it.
pub(super) struct Wire {
    wiring: Wiring,
    placeholder: SocketAddr,
    turns: Arc<Turns>,
    waiting: Mutex<Option<Writable>>,
}

impl Wire {
    pub(super) fn new(wiring: Wiring, placeholder: SocketAddr, turns: Arc<Turns>) -> Self {
        Self { wiring, placeholder, turns, waiting: Mutex::default() }
    }
}

impl AsyncUdpSocket for Wire {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.placeholder)
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        match &self.wiring.socket {
            Socket::Own(udp) | Socket::Shared(udp, _) => {
                ready!(udp.poll_send(&self.waiting, cx, transmit));
            }
            Socket::Turn(turn) => ready!(turn.poll_send(&self.waiting, cx, transmit)),
            Socket::Pipe(pipe) => ready!(pipe.poll_send(cx, transmit)),
        }
        Poll::Ready(Ok(transmit.contents.len()))
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let count = match &self.wiring.socket {
            Socket::Own(udp) => ready!(udp.poll_recv(cx, bufs, meta)),
            Socket::Shared(_, inbox) => ready!(inbox.poll_recv(cx, bufs, meta)),
            Socket::Turn(turn) => ready!(turn.poll_recv(cx, bufs, meta)),
            Socket::Pipe(pipe) => ready!(pipe.poll_recv(cx, bufs, meta)),
        }?;
        for meta in meta.iter_mut().take(count) {
            // A zero stride would make the driver divide by zero.
            meta.stride = meta.stride.max(1);
            self.turns.arm(meta.addr);
        }
        Poll::Ready(Ok(count))
    }

    fn max_gso_segments(&self) -> usize {
        match &self.wiring.socket {
            Socket::Own(udp) | Socket::Shared(udp, _) => udp.max_gso_segments(),
            Socket::Turn(turn) => turn.max_gso_segments(),
            Socket::Pipe(_) => MAX_BATCH,
        }
    }

    fn max_gro_segments(&self) -> usize {
        match &self.wiring.socket {
            Socket::Own(udp) | Socket::Shared(udp, _) => udp.max_gro_segments(),
            Socket::Turn(_) | Socket::Pipe(_) => MAX_BATCH,
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("wiring", &self.wiring).finish_non_exhaustive()
    }
}
