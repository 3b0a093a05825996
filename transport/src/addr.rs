//! The bytes of a WebRTC address: an IP address, then a port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Addr, AddrKind};

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
    /// cannot be the address of one device: unspecified, multicast, broadcast, link-local IPv6
    /// (it would need a scope), port zero.
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
        (port != 0 && names_one_device(ip)).then_some(SocketAddr::new(ip, port))
    }
}

fn names_one_device(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast()),
        IpAddr::V6(ip) => !(ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local()),
    }
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
        for text in ["192.0.2.7:4433", "127.0.0.1:1", "[2001:db8::7]:65535", "[fd00::1]:9"] {
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
            "[fe80::1]:1",
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
}
