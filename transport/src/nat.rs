//! What kind of address translation a device is behind, told from the addresses servers see.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
};

use serde::{Deserialize, Serialize};

/// How a network treats the addresses of what leaves it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum NatKind {
    /// Not known: nobody was asked, or too few have answered.
    #[default]
    Unknown,
    /// None: the device's own address is what others see.
    Open,
    /// One public address for all destinations, so what a server sees can be told to a friend.
    EndpointIndependent,
    /// A new public address for each destination: nobody can be told where to send to.
    Symmetric,
    /// Nothing comes back: UDP does not get through.
    Blocked,
}

/// What one server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// The server's address.
    pub server: SocketAddr,
    /// Where it saw the request come from.
    pub mapped: SocketAddr,
}

impl NatKind {
    /// Tells the kind from what was answered to requests from one port of this device, whose
    /// addresses are `local`. `asked` is the number of servers asked and given the time to answer.
    ///
    /// Two servers, or two ports of one, are needed to tell a cone from a symmetric one.
    pub fn of(local: &[IpAddr], port: u16, answers: &[Mapping], asked: usize) -> Self {
        let mapped: BTreeSet<SocketAddr> = answers.iter().map(|answer| answer.mapped).collect();
        let servers: BTreeSet<SocketAddr> = answers.iter().map(|answer| answer.server).collect();
        let is_own = |addr: &SocketAddr| addr.port() == port && local.contains(&addr.ip());
        match (mapped.len(), servers.len()) {
            (0, _) if asked == 0 => Self::Unknown,
            (0, _) => Self::Blocked,
            (1, _) if mapped.iter().all(is_own) => Self::Open,
            (1, 1) => Self::Unknown,
            (1, _) => Self::EndpointIndependent,
            _ => Self::Symmetric,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::{Mapping, NatKind};

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 2));
    const PORT: u16 = 4000;

    fn answer(server: u8, ip: [u8; 4], port: u16) -> Mapping {
        Mapping {
            server: SocketAddr::from(([198, 51, 100, server], 3478)),
            mapped: SocketAddr::from((ip, port)),
        }
    }

    fn kind(answers: &[Mapping], asked: usize) -> NatKind {
        NatKind::of(&[HOME], PORT, answers, asked)
    }

    #[test]
    fn answers_of_two_servers_tell_a_cone_from_a_symmetric_one() {
        let public = [203, 0, 113, 5];
        let same = [answer(1, public, 700), answer(2, public, 700)];
        assert_eq!(kind(&same, 2), NatKind::EndpointIndependent);
        let other_port = [answer(1, public, 700), answer(2, public, 701)];
        assert_eq!(kind(&other_port, 2), NatKind::Symmetric);
        let other_ip = [answer(1, public, 700), answer(2, [203, 0, 113, 6], 700)];
        assert_eq!(kind(&other_ip, 2), NatKind::Symmetric);
    }

    #[test]
    fn one_answer_tells_only_that_there_is_no_translation() {
        assert_eq!(kind(&[answer(1, [203, 0, 113, 5], 700)], 2), NatKind::Unknown);
        assert_eq!(kind(&[answer(1, [192, 168, 1, 2], PORT)], 2), NatKind::Open);
        // A router that gives the same port away is still one.
        assert_eq!(kind(&[answer(1, [203, 0, 113, 5], PORT)], 1), NatKind::Unknown);
    }

    #[test]
    fn silence_counts_only_once_somebody_was_asked() {
        assert_eq!(kind(&[], 0), NatKind::Unknown);
        assert_eq!(kind(&[], 2), NatKind::Blocked);
    }
}
