//! Which addresses of this machine others can dial.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use if_addrs::Interface;

/// How long one look at the interfaces serves: addresses change rarely, but are asked for with
/// every invite drawn.
const FRESH: Duration = Duration::from_secs(1);

/// Addresses offered at most; more would not fit an invite, and nobody has more that matter.
const MAX_ADDRS: usize = 12;

/// Beginnings of names of interfaces that lead into this machine, not out of it.
const VIRTUAL: [&str; 7] = ["br-", "docker", "veth", "virbr", "vmnet", "vboxnet", "lxc"];

/// Remembers the interfaces for a moment.
#[derive(Debug)]
pub(super) struct Interfaces {
    loopback: bool,
    seen: Mutex<Option<(Instant, Vec<IpAddr>)>>,
}

impl Interfaces {
    /// Offers loopback addresses only if `loopback`, or if there is nothing else.
    pub(super) fn new(loopback: bool) -> Self {
        Self { loopback, seen: Mutex::default() }
    }

    /// The usable addresses, best first.
    pub(super) fn addrs(&self) -> Vec<IpAddr> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, addrs)) = &*seen
            && at.elapsed() < FRESH
        {
            return addrs.clone();
        }
        let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            log::warn!("cannot list network interfaces: {error}");
            Vec::new()
        });
        let addrs = usable(&interfaces, self.loopback);
        *seen = Some((Instant::now(), addrs.clone()));
        addrs
    }
}

/// Orders by: leads out of the machine, IPv4 before IPv6, broad before point-to-point links.
fn usable(interfaces: &[Interface], loopback: bool) -> Vec<IpAddr> {
    let mut found: Vec<((bool, bool, bool), IpAddr)> = interfaces
        .iter()
        .filter(|interface| !interface.is_link_local() && !interface.ip().is_unspecified())
        .map(|interface| {
            let is_virtual = VIRTUAL.iter().any(|name| interface.name.starts_with(name));
            let inward = is_virtual || interface.is_loopback();
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
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr, Ifv6Addr, Interface};

    use super::usable;

    fn interface(name: &str, ip: &str) -> Interface {
        let addr = match ip.parse().expect("an address") {
            IpAddr::V4(ip) => IfAddr::V4(Ifv4Addr {
                ip,
                netmask: Ipv4Addr::BROADCAST,
                prefixlen: 24,
                broadcast: None,
            }),
            IpAddr::V6(ip) => IfAddr::V6(Ifv6Addr {
                ip,
                netmask: Ipv6Addr::UNSPECIFIED,
                prefixlen: 64,
                broadcast: None,
            }),
        };
        let oper_status = IfOperStatus::Up;
        Interface { name: name.to_owned(), addr, index: None, oper_status, is_p2p: false }
    }

    fn shown(interfaces: &[(&str, &str)], loopback: bool) -> Vec<String> {
        let interfaces: Vec<_> = interfaces.iter().map(|(n, ip)| interface(n, ip)).collect();
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
    fn outward_ipv4_comes_first_and_link_local_never() {
        assert_eq!(shown(&LAPTOP, false), ["192.168.1.7", "2001:db8::7", "172.17.0.1"]);
    }

    #[test]
    fn loopback_shows_when_asked_for_or_alone() {
        let last = ["127.0.0.1", "172.17.0.1", "::1"];
        assert_eq!(shown(&LAPTOP, true)[2..], last);
        assert_eq!(shown(&LAPTOP[..2], false), ["127.0.0.1", "::1"]);
        assert!(shown(&[], false).is_empty());
    }
}
