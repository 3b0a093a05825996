//! Sockets that speak to one network as a whole, and hear what is said there.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    interfaces::Net,
    message::MAX_LEN,
    names::{Nonce, Spot},
};

/// Where multicast DNS is spoken.
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
const PORT: u16 = 5353;

/// Messages read of one socket in [`ALLOWANCE`]: what a crowd needs, and nothing to a processor.
/// Of more, the rest is not looked at.
const MAX_READ: u32 = 50;
const ALLOWANCE: Duration = Duration::from_millis(250);

/// A message somebody on a network sent to all, with the index of the network's interface.
pub(super) type Overheard = (u32, Vec<u8>);

/// One network, spoken to.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) net: Net,
    pub(super) spot: Spot,
    /// What this device is called there now.
    pub(super) nonce: Nonce,
    sockets: Vec<(SocketAddr, Arc<UdpSocket>)>,
    /// Ends the reading when dropped.
    _readers: JoinSet<()>,
}

impl Door {
    /// Opens sockets for the families that are there.
    ///
    /// # Errors
    ///
    /// If none can be had: no permission, or no multicast there.
    pub(super) fn open(
        index: u32,
        net: Net,
        port: u16,
        nonce: Nonce,
        heard: &mpsc::Sender<Overheard>,
    ) -> io::Result<Self> {
        let v4 = net.addrs.iter().find_map(|ip| match ip {
            std::net::IpAddr::V4(ip) => Some(*ip),
            std::net::IpAddr::V6(_) => None,
        });
        let v4 = v4.map(|ip| Ok((SocketAddr::from((GROUP_V4, PORT)), socket_v4(index, ip)?)));
        let group_v6 = SocketAddrV6::new(GROUP_V6, PORT, 0, index);
        let v6 = net.has_v6.then(|| Ok((SocketAddr::V6(group_v6), socket_v6(index, group_v6)?)));
        let (mut sockets, mut last_error) = (Vec::new(), None);
        for opened in [v4, v6].into_iter().flatten() {
            match opened {
                Ok((group, socket)) => sockets.push((group, Arc::new(socket))),
                Err(error) => last_error = Some(error),
            }
        }
        if let Some(error) = last_error
            && sockets.is_empty()
        {
            return Err(error);
        }
        let mut readers = JoinSet::new();
        for (_, socket) in &sockets {
            readers.spawn(read(index, Arc::clone(socket), heard.clone()));
        }
        let spot = Spot::new(port, net.addrs.iter().copied());
        Ok(Self { net, spot, nonce, sockets, _readers: readers })
    }

    /// Says something to all; the bytes that took. What a network does not take is lost.
    pub(super) fn say(&self, message: &[u8]) -> usize {
        let sent = |(group, socket): &(SocketAddr, Arc<UdpSocket>)| {
            socket.try_send_to(message, *group).unwrap_or_else(|error| {
                log::debug!("nothing can be said on the local network: {error}");
                0
            })
        };
        self.sockets.iter().map(sent).fold(0, usize::saturating_add)
    }
}

fn socket_v4(index: u32, ip: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = shared(Domain::IPV4)?;
    // Linux and others hear only the group then, and leave alone what is meant for the system's
    // own resolver on the same port.
    let bound = if cfg!(windows) { Ipv4Addr::UNSPECIFIED } else { GROUP_V4 };
    socket.bind(&SocketAddr::from((bound, PORT)).into())?;
    socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index))?;
    #[cfg(target_os = "linux")]
    socket.set_multicast_all_v4(false)?;
    socket.set_multicast_if_v4(&ip)?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_multicast_loop_v4(true)?;
    UdpSocket::from_std(socket.into())
}

fn socket_v6(index: u32, group: SocketAddrV6) -> io::Result<UdpSocket> {
    let socket = shared(Domain::IPV6)?;
    socket.set_only_v6(true)?;
    let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, PORT, 0, 0);
    socket.bind(&SocketAddr::V6(if cfg!(windows) { any } else { group }).into())?;
    socket.join_multicast_v6(&GROUP_V6, index)?;
    #[cfg(target_os = "linux")]
    socket.set_multicast_all_v6(false)?;
    socket.set_multicast_if_v6(index)?;
    socket.set_multicast_hops_v6(255)?;
    socket.set_multicast_loop_v6(true)?;
    UdpSocket::from_std(socket.into())
}

/// A socket on a port that others, the system's resolver first of all, use too.
fn shared(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Reads for as long as somebody wants to hear it.
async fn read(index: u32, socket: Arc<UdpSocket>, heard: mpsc::Sender<Overheard>) {
    let mut buf = vec![0; MAX_LEN.saturating_add(1)];
    let mut allowances = interval(ALLOWANCE);
    allowances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut left, mut since) = (MAX_READ, Instant::now());
    loop {
        let Ok(len) = socket.recv(&mut buf).await else {
            // The interface is going; the next look at them tells.
            allowances.tick().await;
            continue;
        };
        if since.elapsed() >= ALLOWANCE {
            (left, since) = (MAX_READ, Instant::now());
        }
        let Some(rest) = left.checked_sub(1) else {
            // What came too thick is dropped by the system meanwhile.
            allowances.tick().await;
            continue;
        };
        left = rest;
        let Some(message) = buf.get(..len).filter(|message| message.len() <= MAX_LEN) else {
            continue;
        };
        match heard.try_send((index, message.to_vec())) {
            Err(mpsc::error::TrySendError::Closed(_)) => return,
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
        }
    }
}
