//! The kinds of networks, and what theory says about pairs of them.

use std::fmt;

/// What a device's network does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One public port for each of ours, and anyone may write to it.
    FullCone,
    /// One public port for each of ours; who was written to may write back, from any port.
    AddressRestricted,
    /// One public port for each of ours; only whom we wrote to may write back. IPv4 only, as are
    /// all kinds that do not say otherwise.
    PortRestricted,
    /// Another public port for each one that is written to.
    Symmetric,
    /// A home router behind a carrier's.
    Double,
    /// Nothing but TCP goes out.
    UdpBlocked,
    /// Nothing but TCP to port 443 goes out.
    Only443,
    /// No IPv4 at all; public addresses behind a firewall that lets answers in.
    Ipv6Only,
    /// IPv4 as port-restricted, and IPv6.
    Both,
}

/// How a NAT treats one of its inner ports, in the words of RFC 4787.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nat {
    /// Whether the public port is the same toward everyone.
    pub is_mapping_independent: bool,
    /// Who may write to it.
    pub filtering: Filtering,
}

/// Who may write to a public port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filtering {
    /// Anyone.
    Open,
    /// Addresses that were written to.
    Address,
    /// Addresses and ports that were written to.
    AddressAndPort,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::FullCone,
        Self::AddressRestricted,
        Self::PortRestricted,
        Self::Symmetric,
        Self::Double,
        Self::UdpBlocked,
        Self::Only443,
        Self::Ipv6Only,
        Self::Both,
    ];

    /// What it does to UDP over IPv4, if that passes at all.
    pub fn udp4(self) -> Option<Nat> {
        let (is_mapping_independent, filtering) = match self {
            Self::FullCone => (true, Filtering::Open),
            Self::AddressRestricted => (true, Filtering::Address),
            Self::PortRestricted | Self::Double | Self::Both => (true, Filtering::AddressAndPort),
            Self::Symmetric => (false, Filtering::AddressAndPort),
            Self::UdpBlocked | Self::Only443 | Self::Ipv6Only => return None,
        };
        Some(Nat { is_mapping_independent, filtering })
    }

    /// What it does to UDP over IPv6, if that passes at all.
    pub fn udp6(self) -> Option<Nat> {
        let filtering = Filtering::AddressAndPort;
        self.has_ipv6().then_some(Nat { is_mapping_independent: true, filtering })
    }

    /// Whether there is IPv4.
    pub fn has_ipv4(self) -> bool {
        self != Self::Ipv6Only
    }

    /// Whether there is IPv6.
    pub fn has_ipv6(self) -> bool {
        matches!(self, Self::Ipv6Only | Self::Both)
    }
}

/// Whether devices in two separate networks of these kinds can reach each other without help, once each knows the
/// other's address as STUN sees it.
pub fn can_be_direct(a: Kind, b: Kind) -> bool {
    let meet = |a: Option<Nat>, b: Option<Nat>| matches!((a, b), (Some(a), Some(b)) if a.meets(b));
    meet(a.udp4(), b.udp4()) || meet(a.udp6(), b.udp6())
}

impl Nat {
    /// Both send to what they know of each other. One whose port toward the other nobody can know in advance must be
    /// let in by the other all the same, whose answer then goes where the packet came from.
    fn meets(self, other: Self) -> bool {
        let lets_in = |from: Self, to: Self| {
            from.is_mapping_independent || to.filtering != Filtering::AddressAndPort
        };
        lets_in(self, other) && lets_in(other, self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FullCone => "full cone",
            Self::AddressRestricted => "address-restricted",
            Self::PortRestricted => "port-restricted",
            Self::Symmetric => "symmetric",
            Self::Double => "double NAT",
            Self::UdpBlocked => "UDP blocked",
            Self::Only443 => "only TCP 443",
            Self::Ipv6Only => "IPv6 only",
            Self::Both => "IPv4 and IPv6",
        })
    }
}
