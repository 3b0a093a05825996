//! What lies between the networks: packets go from TUN device to TUN device, late and with gaps as told.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    os::fd::AsFd as _,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, ppoll},
    sys::{
        eventfd::{EfdFlags, EventFd},
        time::TimeSpec,
    },
};
use tun_rs::{DeviceBuilder, SyncDevice};

use crate::{Namespace, capture::Capture};

/// The longest packet taken.
const MAX_PACKET_LEN: usize = 65_536;
/// Packets under way; more are lost, as in any network.
const MAX_IN_FLIGHT: usize = 20_000;
/// Packets taken from one device before the others get their turn.
const MAX_BURST: usize = 64;

/// Networks at the same time.
const MAX_NETWORKS: u8 = 250;

/// A place where packets enter and leave; the number only tells it from others.
pub(crate) type PortId = u64;

/// A packet under way: when it arrives, its place in the order of sending, and where.
type Packet = Reverse<(Instant, u64, PortId, Vec<u8>)>;

/// What the thread and its owner share.
#[derive(Default)]
struct State {
    ports: BTreeMap<PortId, Arc<SyncDevice>>,
    /// Whole addresses, and the first halves of IPv6 addresses for everything behind a router.
    routes: BTreeMap<IpAddr, PortId>,
    prefixes: BTreeMap<[u8; 8], PortId>,
    silent: BTreeSet<IpAddr>,
    delay: Duration,
    loss_per_mille: u64,
    next_port: PortId,
    /// Numbers of networks in use, and the last one given.
    numbers: BTreeSet<u8>,
    last_number: u8,
    capture: Option<Capture>,
    /// What chance has come to.
    chance: u64,
}

/// The internet of a lab.
pub struct Internet {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    wake: EventFd,
    is_over: AtomicBool,
}

impl Internet {
    /// An internet through which every packet takes this long.
    ///
    /// # Errors
    ///
    /// If the system has no more files or threads to give.
    pub fn new(delay: Duration) -> io::Result<Self> {
        let wake = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        let state = State { delay, chance: 0x9e37_79b9_7f4a_7c15, ..State::default() };
        let shared = Arc::new(Shared { state: state.into(), wake, is_over: false.into() });
        let carrier = Arc::clone(&shared);
        let thread =
            thread::Builder::new().name("internet".into()).spawn(move || carrier.carry())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// From now on a packet takes this long.
    pub fn set_delay(&self, delay: Duration) {
        self.shared.lock().delay = delay;
    }

    /// From now on so many of a thousand packets get lost.
    pub fn set_loss(&self, per_mille: u64) {
        self.shared.lock().loss_per_mille = per_mille;
    }

    /// From now on nothing reaches this address or comes from it, and nobody is told; or again all of it.
    pub fn set_silent(&self, addr: impl Into<IpAddr>, is_silent: bool) {
        let (addr, mut state) = (addr.into(), self.shared.lock());
        if is_silent {
            state.silent.insert(addr);
        } else {
            state.silent.remove(&addr);
        }
    }

    /// From now on every packet is also written to this file, in the form of tcpdump.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn record(&self, file: &Path) -> io::Result<()> {
        let capture = Capture::create(file)?;
        self.shared.lock().capture = Some(capture);
        Ok(())
    }

    /// A number for a network, from which its addresses are made; none is given again soon.
    pub(crate) fn take_number(&self) -> io::Result<u8> {
        let mut state = self.shared.lock();
        let next = |number: u8| number % MAX_NETWORKS + 1;
        let mut number = next(state.last_number);
        while state.numbers.contains(&number) {
            if number == state.last_number {
                return Err(io::Error::other("too many networks"));
            }
            number = next(number);
        }
        state.numbers.insert(number);
        state.last_number = number;
        Ok(number)
    }

    pub(crate) fn give_back(&self, number: u8) {
        self.shared.lock().numbers.remove(&number);
    }

    /// Connects a machine, by an interface `wan` with these addresses; everything it has no other route for goes out
    /// there. A `prefix` is the first half of the IPv6 addresses behind it.
    pub(crate) fn connect(
        &self,
        machine: &Namespace,
        addrs: &[IpAddr],
        prefix: Option<[u8; 8]>,
    ) -> io::Result<PortId> {
        let device = machine.enter(|| DeviceBuilder::new().name("wan").mtu(1_500).build_sync());
        let device = device.map_err(|err| {
            io::Error::new(err.kind(), format!("/dev/net/tun cannot be used: {err}"))
        })?;
        device.set_nonblocking(true)?;
        let mut lines = "link set wan up\n".to_owned();
        for addr in addrs {
            let len = if addr.is_ipv4() { 32 } else { 128 };
            lines += &format!("addr add {addr}/{len} dev wan\n");
        }
        if addrs.iter().any(IpAddr::is_ipv4) {
            lines += "route add default dev wan\n";
        }
        if prefix.is_some() || addrs.iter().any(IpAddr::is_ipv6) {
            lines += "route add ::/0 dev wan\n";
        }
        machine.ip(&lines)?;
        let mut state = self.shared.lock();
        let id = state.next_port;
        state.next_port = id.wrapping_add(1);
        state.ports.insert(id, Arc::new(device));
        state.routes.extend(addrs.iter().map(|addr| (*addr, id)));
        state.prefixes.extend(prefix.map(|prefix| (prefix, id)));
        drop(state);
        self.shared.notify();
        Ok(id)
    }

    /// Takes a machine's way out, interface and all.
    pub(crate) fn disconnect(&self, port: PortId) {
        let mut state = self.shared.lock();
        state.ports.remove(&port);
        state.routes.retain(|_, at| *at != port);
        state.prefixes.retain(|_, at| *at != port);
        drop(state);
        self.shared.notify();
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        self.shared.notify();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl std::fmt::Debug for Internet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Internet").finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notify(&self) {
        let _ = self.wake.write(1);
    }

    /// Carries packets until it is over.
    fn carry(&self) {
        let mut in_flight: BinaryHeap<Packet> = BinaryHeap::new();
        let mut order = 0_u64;
        let mut buffer = vec![0; MAX_PACKET_LEN];
        while !self.is_over.load(Ordering::Relaxed) {
            let ports = self.lock().ports.clone();
            let next = in_flight.peek().map(|Reverse((due, ..))| *due);
            let wait = next.map(|due| due.saturating_duration_since(Instant::now()));
            let mut polled = vec![PollFd::new(self.wake.as_fd(), PollFlags::POLLIN)];
            polled.extend(ports.values().map(|tun| PollFd::new(tun.as_fd(), PollFlags::POLLIN)));
            let _ = ppoll(&mut polled, wait.map(TimeSpec::from_duration), None);
            let is_ready: Vec<_> = polled.iter().map(|fd| fd.any().unwrap_or(false)).collect();
            let _ = self.wake.read();

            for (device, _) in
                ports.values().zip(is_ready.iter().skip(1)).filter(|(_, ready)| **ready)
            {
                for _ in 0..MAX_BURST {
                    let Ok(len) = device.recv(&mut buffer) else { break };
                    let mut state = self.lock();
                    let Some(to) = state.route(&buffer[..len]) else { continue };
                    if in_flight.len() < MAX_IN_FLIGHT {
                        order = order.wrapping_add(1);
                        let due = Instant::now() + state.delay;
                        in_flight.push(Reverse((due, order, to, buffer[..len].to_vec())));
                    }
                }
            }
            while let Some(Reverse((due, ..))) = in_flight.peek() {
                if *due > Instant::now() {
                    break;
                }
                let Some(Reverse((_, _, to, packet))) = in_flight.pop() else { break };
                let device = self.lock().ports.get(&to).cloned();
                // A full queue at the other side loses the packet, as in any network.
                let _ = device.map(|device| device.send(&packet));
            }
        }
    }
}

impl State {
    /// Where a packet goes, if it is not lost.
    fn route(&mut self, packet: &[u8]) -> Option<PortId> {
        let (from, to) = ends(packet)?;
        if let Some(capture) = &mut self.capture {
            capture.write(packet);
        }
        // xorshift64
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let is_lost = self.chance % 1_000 < self.loss_per_mille;
        if is_lost || self.silent.contains(&from) || self.silent.contains(&to) {
            return None;
        }
        let prefix = || match to {
            IpAddr::V6(to) => self.prefixes.get(to.octets().first_chunk::<8>()?),
            IpAddr::V4(_) => None,
        };
        self.routes.get(&to).or_else(prefix).copied()
    }
}

/// Where a packet comes from and goes to.
fn ends(packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let v4 = |at: usize| Some(Ipv4Addr::from(*packet.get(at..)?.first_chunk::<4>()?).into());
    let v6 = |at: usize| Some(Ipv6Addr::from(*packet.get(at..)?.first_chunk::<16>()?).into());
    match packet.first()? >> 4 {
        4 => Some((v4(12)?, v4(16)?)),
        6 => Some((v6(8)?, v6(24)?)),
        _ => None,
    }
}
