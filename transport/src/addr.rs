//! The bytes of WebRTC addresses: an IP address, then a port; or relays.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Addr, AddrKind, servers::SHIPPED_RELAYS};

/// Relays named in full: more would make an invite's code hard to read.
const MAX_NAMED_RELAYS: usize = 2;

/// The longest name of a relay, in bytes.
const MAX_RELAY_LEN: usize = 32;

/// Relays one address names at most.
const MAX_INDEXES: usize = 8;

impl Addr {
    /// The WebRTC address of a UDP socket.
    pub fn from_socket_addr(addr: SocketAddr) -> Self {
        let mut bytes = match addr.ip().to_canonical() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        bytes.extend(addr.port().to_be_bytes());
        Self { kind: AddrKind::Socket, bytes }
    }

    /// The UDP socket a WebRTC address names; `None` for other kinds, other lengths, and whatever
    /// cannot be the address of one device: unspecified, multicast, broadcast, port zero.
    pub fn to_socket_addr(&self) -> Option<SocketAddr> {
        if self.kind != AddrKind::Socket {
            return None;
        }
        let (ip, port) = self.bytes.split_last_chunk::<2>()?;
        let ip = match ip.len() {
            4 => IpAddr::V4(Ipv4Addr::from(*ip.first_chunk::<4>()?)),
            16 => IpAddr::V6(Ipv6Addr::from(*ip.first_chunk::<16>()?)).to_canonical(),
            _ => return None,
        };
        let port = u16::from_be_bytes(*port);
        (port != 0 && is_dialable(ip)).then_some(SocketAddr::new(ip, port))
    }
}

impl Addr {
    /// Where offers for a device are heard, given the URLs of its relays: one address for those
    /// that every program is built with, and one each for the first few others.
    pub fn of_relays<'a>(urls: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let (mut indexes, mut named) = (Vec::new(), Vec::new());
        for url in urls {
            let place = SHIPPED_RELAYS.iter().position(|shipped| *shipped == url);
            let name = url.strip_prefix("wss://").unwrap_or(url);
            match place.and_then(|place| u8::try_from(place).ok()) {
                Some(index) if indexes.len() < MAX_INDEXES => indexes.push(index),
                None if named.len() < MAX_NAMED_RELAYS && name.len() <= MAX_RELAY_LEN => {
                    named.push(Self { kind: AddrKind::RelayHost, bytes: name.into() });
                }
                _ => {}
            }
        }
        if !indexes.is_empty() {
            named.insert(0, Self { kind: AddrKind::RelayIndexes, bytes: indexes });
        }
        named
    }

    /// The URLs of the relays this names; none for other kinds and unknown places.
    pub fn relay_urls(&self) -> Vec<String> {
        match self.kind {
            AddrKind::RelayIndexes => {
                let places = self.bytes.iter().take(MAX_INDEXES).map(|place| usize::from(*place));
                let urls = places.filter_map(|place| SHIPPED_RELAYS.get(place));
                urls.filter(|url| !url.is_empty()).map(ToString::to_string).collect()
            }
            AddrKind::RelayHost if self.bytes.len() <= MAX_RELAY_LEN => {
                let name = str::from_utf8(&self.bytes).into_iter();
                let url = |name: &str| match name.starts_with("ws://") {
                    true => name.to_owned(),
                    false => format!("wss://{name}"),
                };
                name.map(url).collect()
            }
            AddrKind::Memory | AddrKind::Socket | AddrKind::RelayHost | AddrKind::Ble => Vec::new(),
        }
    }
}

/// Whether this can be the address of one device, wherever it is. One of IPv6 that is link-local is not: it means
/// something to neighbors only.
pub(crate) fn names_one_device(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast()),
        IpAddr::V6(ip) => !(ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local()),
    }
}

/// Whether this can be the address of one device, perhaps of a neighbor.
fn is_dialable(ip: IpAddr) -> bool {
    let is_neighbor = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    names_one_device(ip) || is_neighbor
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use crate::{Addr, AddrKind};

    fn round_trip(text: &str) -> Option<SocketAddr> {
        Addr::from_socket_addr(text.parse().expect("an address")).to_socket_addr()
    }

    #[test]
    fn addresses_survive_their_bytes() {
        for text in ["192.0.2.7:4433", "127.0.0.1:1", "[2001:db8::7]:65535", "[fe80::1]:9"] {
            assert_eq!(round_trip(text), Some(text.parse().expect("an address")));
        }
        assert_eq!(round_trip("[::ffff:192.0.2.7]:9"), Some("192.0.2.7:9".parse().expect("one")));
    }

    #[test]
    fn ipv4_takes_six_bytes_and_ipv6_eighteen() {
        let len = |text: &str| Addr::from_socket_addr(text.parse().expect("one")).bytes.len();

        assert_eq!(len("192.0.2.7:4433"), 6);
        assert_eq!(len("[2001:db8::7]:4433"), 18);
    }

    #[test]
    fn what_is_not_one_device_is_refused() {
        for text in [
            "0.0.0.0:1",
            "224.0.0.1:1",
            "255.255.255.255:1",
            "192.0.2.7:0",
            "[::]:1",
            "[ff02::1]:1",
        ] {
            assert_eq!(round_trip(text), None, "{text}");
        }
        for len in (0..24).filter(|len| ![6, 18].contains(len)) {
            let addr = Addr { kind: AddrKind::Socket, bytes: vec![1; len] };
            assert_eq!(addr.to_socket_addr(), None, "{len} bytes");
        }
        let memory = Addr { kind: AddrKind::Memory, bytes: vec![1; 6] };
        assert_eq!(memory.to_socket_addr(), None);
    }

    #[test]
    fn relays_survive_their_bytes() {
        let urls = ["wss://nos.lol", "wss://relay.example:4848", "wss://relay.damus.io"];
        let more = ["ws://203.0.113.5:7777", "wss://one.too.many"];

        let addrs = Addr::of_relays(urls.into_iter().chain(more));

        let back: Vec<_> = addrs.iter().flat_map(Addr::relay_urls).collect();
        assert_eq!(back, [urls[0], urls[2], urls[1], more[0]]);
        assert_eq!(addrs[0].bytes.len(), 2);
    }

    #[test]
    fn relay_nobody_can_mean_is_no_relay() {
        let odd = |kind, bytes: &[u8]| Addr { kind, bytes: bytes.to_vec() }.relay_urls();

        assert!(odd(AddrKind::RelayIndexes, &[200, 255]).is_empty());
        assert!(odd(AddrKind::RelayHost, &[0xff; 12]).is_empty());
        assert!(odd(AddrKind::RelayHost, &[b'a'; 33]).is_empty());
        assert!(odd(AddrKind::Socket, b"relay.example").is_empty());
    }
}
