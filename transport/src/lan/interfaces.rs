//! The networks this device is on.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use if_addrs::{IfAddr, Interface};

use crate::interface::is_down;

/// Beginnings of names of interfaces that lead into this machine, not out of it.
const VIRTUAL: [&str; 8] = ["br-", "docker", "veth", "virbr", "vmnet", "vnet", "vboxnet", "lxc"];

/// One address of this device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of its interface.
    pub interface: String,
    /// The number of its interface: a new one means a new interface, whatever its address.
    pub index: Option<u32>,
    /// The address.
    pub ip: IpAddr,
}

/// Where this device is: its interfaces that lead out of the machine, with their addresses.
/// Two calls differ if it moved.
///
/// Loopback and link-local addresses are left out, which are always there, except for those of
/// IPv6 that neighbors know this device by where nobody gives others; and whatever leads only to
/// guests of this machine, unless there is nothing else.
pub fn places() -> BTreeSet<Place> {
    places_of(&all())
}

fn places_of(interfaces: &[Interface]) -> BTreeSet<Place> {
    let outward = |interface: &&Interface| {
        let ip = interface.ip();
        let is_meant = !interface.is_link_local() || is_last_resort(interface, interfaces);
        !interface.is_loopback() && is_meant && !ip.is_unspecified()
    };
    let place = |interface: &Interface| Place {
        interface: interface.name.clone(),
        index: interface.index,
        ip: interface.ip(),
    };
    let there = interfaces.iter().filter(|interface| !is_down(interface));
    let all: BTreeSet<_> = there.filter(outward).map(place).collect();
    let real: BTreeSet<_> =
        all.iter().filter(|place| !is_virtual(&place.interface)).cloned().collect();
    if real.is_empty() { all } else { real }
}

/// One network that can be spoken to as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Net {
    /// Addresses of this device there that others there can dial.
    pub(super) addrs: BTreeSet<IpAddr>,
    /// Whether IPv6 is spoken there.
    pub(super) has_v6: bool,
}

/// The networks to speak on, by the index of their interface: only the loopback one if
/// `loopback`, else all but that, tunnels, and those inside this machine unless there is nothing
/// else.
pub(super) fn nets(loopback: bool) -> BTreeMap<u32, Net> {
    nets_of(&all(), loopback)
}

fn nets_of(interfaces: &[Interface], loopback: bool) -> BTreeMap<u32, Net> {
    let is_meant = |interface: &&Interface| {
        interface.is_loopback() == loopback && !interface.is_p2p() && !is_down(interface)
    };
    let meant: Vec<_> = interfaces.iter().filter(is_meant).collect();
    let has_real = meant.iter().any(|interface| !is_virtual(&interface.name));
    let mut nets = BTreeMap::<u32, Net>::new();
    for interface in meant {
        let Some(index) = interface.index else { continue };
        if has_real && is_virtual(&interface.name) {
            continue;
        }
        let net = nets.entry(index).or_default();
        match &interface.addr {
            // A link-local address of IPv4 can be dialed without ado.
            IfAddr::V4(addr) => drop(net.addrs.insert(addr.ip.into())),
            IfAddr::V6(addr) => {
                net.has_v6 = true;
                if !addr.is_link_local() || is_last_resort(interface, interfaces) {
                    net.addrs.insert(addr.ip.into());
                }
            }
        }
    }
    nets.retain(|_, net| !net.addrs.is_empty());
    nets
}

/// Whether this device is on any network, if only with neighbors.
pub fn has_network() -> bool {
    has_network_of(&all())
}

fn has_network_of(interfaces: &[Interface]) -> bool {
    interfaces.iter().any(|interface| {
        let ip = interface.ip();
        let leads_out = !interface.is_loopback() && !ip.is_unspecified() && !is_down(interface);
        // Every interface gives itself such an address; others at it are found by other ones, too.
        let is_own = ip.is_ipv6() && interface.is_link_local();
        leads_out && (!is_own || is_last_resort(interface, interfaces))
    })
}

/// Whether this is a link-local address of IPv6 with which neighbors can be reached, and with
/// nothing else: nobody gives addresses there, as in a group made by `wpa_supplicant`.
///
/// Other systems than Linux have such interfaces that lead nowhere.
pub(crate) fn is_last_resort(interface: &Interface, all: &[Interface]) -> bool {
    let is_own = |interface: &Interface| interface.ip().is_ipv6() && interface.is_link_local();
    let is_same = |other: &&Interface| other.index == interface.index;
    let leads_out = !interface.is_p2p() && !is_virtual(&interface.name) && !is_down(interface);
    cfg!(target_os = "linux")
        && is_own(interface)
        && leads_out
        && all.iter().filter(is_same).all(is_own)
}

/// Whether an interface leads into this machine, not out of it.
pub(crate) fn is_virtual(name: &str) -> bool {
    VIRTUAL.iter().any(|beginning| name.starts_with(beginning))
}

/// All interfaces; none if the system does not say.
pub(crate) fn all() -> Vec<Interface> {
    if_addrs::get_if_addrs().unwrap_or_else(|error| {
        log::warn!("cannot list network interfaces: {error}");
        Vec::new()
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr, Ifv6Addr, Interface};

    use super::{has_network_of, nets_of, places_of};

    pub(crate) fn interface(name: &str, index: u32, ip: &str) -> Interface {
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
        let (index, is_p2p) = (Some(index), name.starts_with("tun"));
        Interface { name: name.to_owned(), addr, index, oper_status: IfOperStatus::Up, is_p2p }
    }

    fn laptop() -> Vec<Interface> {
        [
            ("lo", 1, "127.0.0.1"),
            ("lo", 1, "::1"),
            ("wlan0", 2, "fe80::1"),
            ("wlan0", 2, "192.168.1.7"),
            ("wlan0", 2, "2001:db8::7"),
            ("eth0", 3, "169.254.3.3"),
            ("docker0", 4, "172.17.0.1"),
            ("tun0", 5, "10.8.0.2"),
            ("eth1", 6, "fe80::2"),
        ]
        .map(|(name, index, ip)| interface(name, index, ip))
        .to_vec()
    }

    #[test]
    fn moving_shows_and_a_container_that_starts_does_not() {
        let (here, mut there) = (laptop(), laptop());
        there.push(interface("veth7", 9, "10.9.9.9"));
        assert_eq!(places_of(&here), places_of(&there));
        there.retain(|interface| interface.name != "wlan0");
        assert_ne!(places_of(&here), places_of(&there));
    }

    #[test]
    fn same_address_on_a_new_interface_is_another_place() {
        let here = [interface("wlan0", 2, "192.168.1.7")];
        let there = [interface("wlan0", 5, "192.168.1.7")];
        assert_ne!(places_of(&here), places_of(&there));
    }

    #[test]
    fn cable_that_is_pulled_out_leaves_no_network_behind_though_its_address_stays() {
        let mut here = vec![interface("lo", 1, "127.0.0.1"), interface("eth0", 2, "10.9.0.1")];
        assert!(has_network_of(&here));
        assert_eq!(places_of(&here).len(), 1);

        for status in [IfOperStatus::LowerLayerDown, IfOperStatus::Down] {
            here[1].oper_status = status;

            assert!(!has_network_of(&here));
            assert!(places_of(&here).is_empty());
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn interface_of_which_linux_does_not_say_that_it_runs_is_down() {
        let mut here = [interface("eth0", 2, "10.9.0.1")];
        here[0].oper_status = IfOperStatus::Unknown;

        assert!(!has_network_of(&here) && places_of(&here).is_empty());
    }

    #[test]
    fn address_that_a_device_gives_itself_is_a_network_if_others_can_dial_it() {
        assert!(has_network_of(&[interface("eth0", 2, "169.254.3.3")]));
        assert!(!has_network_of(&[interface("docker0", 2, "fe80::2")]));
        assert!(!has_network_of(&[interface("lo", 1, "127.0.0.1")]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn neighbors_that_nobody_gives_addresses_are_spoken_to_by_those_of_ipv6() {
        let alone = [interface("wlan0", 2, "fe80::2"), interface("tun0", 3, "fe80::3")];
        let ip = alone[0].ip();

        assert!(has_network_of(&alone));
        assert_eq!(places_of(&alone).into_iter().map(|place| place.ip).collect::<Vec<_>>(), [ip]);
        assert_eq!(nets_of(&alone, false)[&2].addrs.iter().collect::<Vec<_>>(), [&ip]);
        assert!(!has_network_of(&alone[1..]), "a tunnel has no neighbors");

        let given = [alone[0].clone(), interface("wlan0", 2, "10.0.0.2")];
        assert!(places_of(&given).iter().all(|place| place.ip != ip), "there is a better one");
    }

    #[test]
    fn guests_networks_count_where_there_is_no_other() {
        let here = [interface("lo", 1, "127.0.0.1"), interface("veth7", 9, "10.9.9.9")];
        assert_eq!(places_of(&here).len(), 1);
        assert_eq!(nets_of(&here, false).keys().collect::<Vec<_>>(), [&9]);
    }

    #[test]
    fn neither_tunnels_nor_guests_nor_loopback_are_spoken_to_unasked() {
        let nets = nets_of(&laptop(), false);
        assert!(nets.keys().all(|index| [2, 3, 6].contains(index)), "{nets:?}");
        assert!(nets[&2].has_v6 && !nets[&3].has_v6);
        let addrs: Vec<_> = nets[&2].addrs.iter().map(ToString::to_string).collect();
        assert_eq!(addrs, ["192.168.1.7", "2001:db8::7"]);
    }

    #[test]
    fn loopback_is_spoken_to_alone() {
        assert_eq!(nets_of(&laptop(), true).keys().collect::<Vec<_>>(), [&1]);
    }
}
