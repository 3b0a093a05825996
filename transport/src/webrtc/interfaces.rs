//! Which addresses of this machine others can dial.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use if_addrs::{IfAddr, Interface};

use crate::lan::interfaces::{all, is_last_resort, is_virtual};

/// How long one look at the interfaces serves: addresses change rarely, but are asked for with
/// every invite drawn.
const FRESH: Duration = Duration::from_secs(1);

/// Addresses offered at most; more would not fit an invite, and nobody has more that matter.
const MAX_ADDRS: usize = 12;

/// Remembers the interfaces for a moment.
#[derive(Debug)]
pub(super) struct Interfaces {
    loopback: bool,
    seen: Mutex<Option<(Instant, Vec<Interface>)>>,
}

/// The addresses of one network of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    ip: IpAddr,
    /// Leading bits all its addresses share.
    prefix_len: u8,
}

impl Network {
    /// Whether `ip` is one of its addresses.
    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        let differing = match (self.ip, ip) {
            (IpAddr::V4(ours), IpAddr::V4(ip)) => u128::from(u32::from(ours) ^ u32::from(ip)) << 96,
            (IpAddr::V6(ours), IpAddr::V6(ip)) => u128::from(ours) ^ u128::from(ip),
            _ => return false,
        };
        differing.leading_zeros() >= u32::from(self.prefix_len)
    }
}

impl Interfaces {
    /// Offers loopback addresses only if `loopback`, or if there is nothing else.
    pub(super) fn new(loopback: bool) -> Self {
        Self { loopback, seen: Mutex::default() }
    }

    /// The usable addresses, best first.
    pub(super) fn addrs(&self) -> Vec<IpAddr> {
        usable(&self.all(), self.loopback)
    }

    /// The networks this machine is on.
    pub(super) fn networks(&self) -> Vec<Network> {
        let network = |interface: Interface| {
            let prefix_len = match &interface.addr {
                IfAddr::V4(addr) => addr.prefixlen,
                IfAddr::V6(addr) => addr.prefixlen,
            };
            Network { ip: interface.ip(), prefix_len }
        };
        self.all().into_iter().map(network).collect()
    }

    fn all(&self) -> Vec<Interface> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, interfaces)) = &*seen
            && at.elapsed() < FRESH
        {
            return interfaces.clone();
        }
        let interfaces = all();
        *seen = Some((Instant::now(), interfaces.clone()));
        interfaces
    }

    /// Looks again the next time.
    pub(super) fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Orders by: leads out of the machine, IPv4 before IPv6, broad before point-to-point links.
fn usable(interfaces: &[Interface], loopback: bool) -> Vec<IpAddr> {
    let is_meant = |interface: &&Interface| {
        !interface.is_link_local() || is_last_resort(interface, interfaces)
    };
    let mut found: Vec<((bool, bool, bool), IpAddr)> = interfaces
        .iter()
        .filter(|interface| is_meant(interface) && !interface.ip().is_unspecified())
        .map(|interface| {
            let inward = is_virtual(&interface.name) || interface.is_loopback();
            ((inward, interface.ip().is_ipv6(), interface.is_p2p()), interface.ip())
        })
        .collect();
    if !loopback && found.iter().any(|(_rank, ip)| !ip.is_loopback()) {
        found.retain(|(_rank, ip)| !ip.is_loopback());
    }
    // Stable: within a rank the system's order stands.
    found.sort_by_key(|(rank, _ip)| *rank);
    let mut addrs: Vec<IpAddr> = found.into_iter().map(|(_rank, ip)| ip).collect();
    let mut known = Vec::new();
    addrs.retain(|ip| {
        let is_new = !known.contains(ip);
        known.push(*ip);
        is_new
    });
    addrs.truncate(MAX_ADDRS);
    addrs
}

#[cfg(test)]
mod tests {
    use super::{Network, usable};
    use crate::lan::interfaces::tests::interface;

    fn shown(interfaces: &[(&str, &str)], loopback: bool) -> Vec<String> {
        let interfaces: Vec<_> = interfaces.iter().map(|(n, ip)| interface(n, 1, ip)).collect();
        usable(&interfaces, loopback).iter().map(ToString::to_string).collect()
    }

    const LAPTOP: [(&str, &str); 8] = [
        ("lo", "127.0.0.1"),
        ("lo", "::1"),
        ("docker0", "172.17.0.1"),
        ("wlan0", "fe80::1"),
        ("wlan0", "2001:db8::7"),
        ("wlan0", "192.168.1.7"),
        ("eth0", "169.254.3.3"),
        ("wlan0", "192.168.1.7"),
    ];

    #[test]
    fn outward_ipv4_comes_first_and_link_local_never_beside_others() {
        assert_eq!(shown(&LAPTOP, false), ["192.168.1.7", "2001:db8::7", "172.17.0.1"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn link_local_address_of_ipv6_shows_where_there_is_no_other() {
        assert_eq!(shown(&LAPTOP[3..4], false), ["fe80::1"]);
    }

    #[test]
    fn loopback_shows_when_asked_for_or_alone() {
        let last = ["127.0.0.1", "172.17.0.1", "::1"];
        assert_eq!(shown(&LAPTOP, true)[2..], last);
        assert_eq!(shown(&LAPTOP[..2], false), ["127.0.0.1", "::1"]);
        assert!(shown(&[], false).is_empty());
    }

    #[test]
    fn network_has_the_addresses_with_its_prefix_and_no_others() {
        let network = |ip: &str, prefix_len| Network { ip: ip.parse().expect("one"), prefix_len };
        let has = |network: Network, ip: &str| network.contains(ip.parse().expect("an address"));

        assert!(has(network("192.168.1.7", 24), "192.168.1.200"));
        assert!(!has(network("192.168.1.7", 24), "192.168.2.7"));
        assert!(has(network("10.0.0.1", 0), "203.0.113.5"));
        assert!(has(network("2001:db8::7", 64), "2001:db8::8"));
        assert!(!has(network("2001:db8::7", 64), "2001:db8:0:1::7"));
        assert!(!has(network("192.168.1.7", 24), "2001:db8::7"));
    }
}
