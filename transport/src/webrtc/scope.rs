//! Where link-local addresses of IPv6 lead: to a neighbor on one of this device's networks. They travel without
//! saying which, since that has another number on each device.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use if_addrs::Interface;

use crate::{interface::is_down, lan::interfaces};

/// Neighbors whose network is remembered. Of others all are tried.
const MAX_KNOWN: usize = 64;

/// Networks tried at most.
const MAX_NETWORKS: usize = 8;

/// How long one look at the interfaces serves.
const FRESH: Duration = Duration::from_secs(1);

/// The networks of neighbors, by the numbers of their interfaces.
#[derive(Debug, Default)]
pub(super) struct Scopes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    neighbors: VecDeque<(SocketAddr, u32)>,
    networks: Vec<u32>,
    looked: Option<Instant>,
}

impl Scopes {
    /// Whom a datagram came from, by the address that others know. On which network that was is remembered of the
    /// first one: who says later to be the same on another network gets nothing.
    pub(super) fn heard(&self, from: SocketAddr) -> SocketAddr {
        let Some((neighbor, network)) = without_scope(from).filter(|(_, network)| *network != 0)
        else {
            return from;
        };
        let mut known = self.lock();
        if !known.neighbors.iter().any(|(other, _)| *other == neighbor) {
            if known.neighbors.len() >= MAX_KNOWN {
                known.neighbors.pop_front();
            }
            known.neighbors.push_back((neighbor, network));
        }
        neighbor
    }

    /// Where to send what is for this address; `None` if that is the address itself.
    pub(super) fn ways(&self, to: SocketAddr) -> Option<Vec<SocketAddr>> {
        let (neighbor, _) = without_scope(to).filter(|(_, network)| *network == 0)?;
        let mut known = self.lock();
        if let Some((_, network)) = known.neighbors.iter().find(|(other, _)| *other == neighbor) {
            return Some(vec![with_scope(neighbor, *network)]);
        }
        if known.looked.is_none_or(|at| at.elapsed() >= FRESH) {
            known.networks = networks(&interfaces::all());
            known.looked = Some(Instant::now());
        }
        Some(known.networks.iter().map(|network| with_scope(neighbor, *network)).collect())
    }

    /// Nothing can be sent there any more: its network may have another number from now on.
    pub(super) fn forget(&self, to: SocketAddr) {
        let Some((neighbor, _)) = without_scope(to) else { return };
        self.lock().neighbors.retain(|(other, _)| *other != neighbor);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A link-local address without the number of its network, and that number.
fn without_scope(addr: SocketAddr) -> Option<(SocketAddr, u32)> {
    match addr {
        SocketAddr::V6(addr) if addr.ip().is_unicast_link_local() => {
            let ip = (*addr.ip()).into();
            Some((SocketAddr::new(ip, addr.port()), addr.scope_id()))
        }
        _ => None,
    }
}

fn with_scope(mut addr: SocketAddr, network: u32) -> SocketAddr {
    if let SocketAddr::V6(addr) = &mut addr {
        addr.set_scope_id(network);
    }
    addr
}

/// The networks on which this device has such an address itself.
fn networks(interfaces: &[Interface]) -> Vec<u32> {
    let is_one = |interface: &&Interface| {
        interface.ip().is_ipv6() && interface.is_link_local() && !is_down(interface)
    };
    let mut networks: Vec<_> =
        interfaces.iter().filter(is_one).filter_map(|one| one.index).collect();
    networks.sort_unstable();
    networks.dedup();
    networks.truncate(MAX_NETWORKS);
    networks
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};

    use super::{MAX_KNOWN, MAX_NETWORKS, Scopes, networks};
    use crate::lan::interfaces::tests::interface;

    fn neighbor(number: u16, network: u32) -> SocketAddr {
        let ip = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, number);
        SocketAddrV6::new(ip, 9, 0, network).into()
    }

    #[test]
    fn neighbor_is_answered_on_the_network_on_which_it_was_heard_first() {
        let scopes = Scopes::default();

        assert_eq!(scopes.heard(neighbor(1, 3)), neighbor(1, 0));
        assert_eq!(scopes.heard(neighbor(1, 4)), neighbor(1, 0));
        assert_eq!(scopes.ways(neighbor(1, 0)), Some(vec![neighbor(1, 3)]));
        scopes.forget(neighbor(1, 0));
        assert_ne!(scopes.ways(neighbor(1, 0)), Some(vec![neighbor(1, 3)]));
    }

    #[test]
    fn all_other_addresses_stay_as_they_are() {
        let scopes = Scopes::default();
        for other in ["192.0.2.7:9", "169.254.1.1:9", "[2001:db8::7]:9", "[::1]:9"] {
            let other = other.parse().expect("an address");
            assert_eq!((scopes.heard(other), scopes.ways(other)), (other, None));
        }
    }

    #[test]
    fn flood_of_neighbors_grows_no_memory() {
        let scopes = Scopes::default();
        for number in 0..1_000 {
            scopes.heard(neighbor(number, 3));
        }
        assert_eq!(scopes.lock().neighbors.len(), MAX_KNOWN);
    }

    #[test]
    fn neighbor_not_heard_yet_is_looked_for_on_each_network_that_is_up() {
        let mut here = vec![
            interface("lo", 1, "::1"),
            interface("wlan0", 2, "fe80::1"),
            interface("wlan0", 2, "fe80::2"),
            interface("eth0", 3, "192.168.1.7"),
            interface("eth1", 4, "fe80::3"),
            interface("eth2", 5, "fe80::4"),
        ];
        here[4].oper_status = if_addrs::IfOperStatus::Down;

        assert_eq!(networks(&here), [2, 5]);
        here.extend((10..90).map(|index| interface("vlan", index, "fe80::5")));
        assert_eq!(networks(&here).len(), MAX_NETWORKS);
    }
}
