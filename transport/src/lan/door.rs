//! Sockets that speak to one network as a whole, and hear what is said there.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
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

/// How long an [`Allowance`] lasts.
const ALLOWANCE: Duration = Duration::from_millis(250);

/// Messages taken off one socket in that time; of more, the system drops the rest.
const MAX_READ: u32 = 1_000;

/// Messages looked at of those: what a crowd says, and nothing to a processor.
const MAX_TAKEN: u32 = 64;

/// Messages looked at of one sender: so one that floods does not drown the others.
const MAX_PER_SENDER: u32 = 16;

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
            IpAddr::V4(ip) => Some(*ip),
            IpAddr::V6(_) => None,
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

/// What may be read of one socket for a while.
#[derive(Debug)]
struct Allowance {
    until: Instant,
    read: u32,
    taken: u32,
    by_sender: BTreeMap<IpAddr, u32>,
}

/// What to do with a message.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Take,
    Drop,
    /// Nor read another one until this time.
    Rest(Instant),
}

impl Allowance {
    fn new(now: Instant) -> Self {
        let until = now.checked_add(ALLOWANCE).unwrap_or(now);
        Self { until, read: 0, taken: 0, by_sender: BTreeMap::new() }
    }

    fn judge(&mut self, now: Instant, from: SocketAddr) -> Verdict {
        if now >= self.until {
            *self = Self::new(now);
        }
        self.read = self.read.saturating_add(1);
        if self.read > MAX_READ {
            return Verdict::Rest(self.until);
        }
        // Only questions of programs that do not keep the standard come from other ports.
        if from.port() != PORT || self.taken >= MAX_TAKEN {
            return Verdict::Drop;
        }
        let of_sender = self.by_sender.entry(from.ip()).or_default();
        if *of_sender >= MAX_PER_SENDER {
            return Verdict::Drop;
        }
        *of_sender = of_sender.saturating_add(1);
        self.taken = self.taken.saturating_add(1);
        Verdict::Take
    }
}

/// Reads for as long as somebody wants to hear it.
async fn read(index: u32, socket: Arc<UdpSocket>, heard: mpsc::Sender<Overheard>) {
    let mut buf = vec![0; MAX_LEN.saturating_add(1)];
    let mut allowance = Allowance::new(Instant::now());
    loop {
        let Ok((len, from)) = socket.recv_from(&mut buf).await else {
            // The interface is going; the next look at them tells.
            sleep(ALLOWANCE).await;
            continue;
        };
        match allowance.judge(Instant::now(), from) {
            Verdict::Take => {}
            Verdict::Drop => continue,
            Verdict::Rest(until) => {
                sleep_until(until).await;
                continue;
            }
        }
        let Some(message) = buf.get(..len).filter(|message| message.len() <= MAX_LEN) else {
            continue;
        };
        match heard.try_send((index, message.to_vec())) {
            Err(mpsc::error::TrySendError::Closed(_)) => return,
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::time::Instant;

    use super::{ALLOWANCE, Allowance, MAX_PER_SENDER, MAX_READ, MAX_TAKEN, PORT, Verdict};

    fn sender(n: u32) -> SocketAddr {
        (std::net::Ipv4Addr::from_bits(0x0a00_0000 | n), PORT).into()
    }

    #[test]
    fn sender_that_floods_is_cut_short_and_others_are_heard() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        let verdicts = |allowance: &mut Allowance, now, from, times| {
            let all = (0..times).map(|_| allowance.judge(now, from));
            all.filter(|verdict| *verdict == Verdict::Take).count()
        };

        assert_eq!(verdicts(&mut allowance, now, sender(1), 500), MAX_PER_SENDER as usize);
        assert_eq!(verdicts(&mut allowance, now, sender(2), 1), 1);
        assert_eq!(verdicts(&mut allowance, now + ALLOWANCE, sender(1), 1), 1, "forgiven");
    }

    #[test]
    fn many_senders_together_are_bounded_too() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        let verdicts: Vec<_> = (0..=MAX_READ).map(|n| allowance.judge(now, sender(n))).collect();

        let taken = verdicts.iter().filter(|verdict| **verdict == Verdict::Take).count();
        assert_eq!(taken, MAX_TAKEN as usize);
        assert_eq!(verdicts.last(), Some(&Verdict::Rest(now + ALLOWANCE)));
    }
}
