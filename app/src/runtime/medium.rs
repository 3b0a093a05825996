//! What a link's bytes go through, as far as it can be told here.

use std::net::{IpAddr, SocketAddr};

use engine::Medium;
use transport::{LinkPath, LinkStats};

/// Of a link that has just opened; `is_metered` says whether the way to the internet is.
pub(super) fn of(stats: &LinkStats, is_metered: bool) -> Medium {
    match stats.path {
        LinkPath::Direct => {}
        // Whoever runs the relay pays for what goes through it.
        LinkPath::Relayed => return Medium::Metered,
        LinkPath::Bluetooth => return Medium::Air,
    }
    let remote: Option<SocketAddr> = stats.remote.parse().ok();
    if is_metered && remote.is_some_and(|addr| !is_local(addr.ip())) {
        return Medium::Metered;
    }
    Medium::Free
}

/// Whether a device with this address can only be on a network of one's own.
pub(crate) fn is_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use engine::Medium;
    use transport::{LinkPath, LinkStats};

    use super::of;

    fn link(remote: &str, path: LinkPath) -> LinkStats {
        LinkStats { path, ..LinkStats::starting(Instant::now(), remote.to_owned()) }
    }

    #[test]
    fn only_what_somebody_pays_for_is_metered_and_only_bluetooth_is_air() {
        for near in ["192.168.1.7:9", "[fe80::1]:9", "[fd00::1]:9", "127.0.0.1:9"] {
            assert_eq!(of(&link(near, LinkPath::Direct), true), Medium::Free, "{near}");
        }
        for far in ["203.0.113.9:9", "[2001:db8::1]:9"] {
            assert_eq!(of(&link(far, LinkPath::Direct), true), Medium::Metered, "{far}");
            assert_eq!(of(&link(far, LinkPath::Direct), false), Medium::Free, "{far}");
            assert_eq!(of(&link(far, LinkPath::Relayed), false), Medium::Metered, "{far}");
        }
        assert_eq!(of(&link("", LinkPath::Direct), true), Medium::Free, "in this process");
        let near = link("00:AA:01:01:00:01", LinkPath::Bluetooth);
        assert_eq!([of(&near, true), of(&near, false)], [Medium::Air; 2], "Bluetooth");
    }
}
