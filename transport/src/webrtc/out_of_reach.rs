//! Servers whose places for streams cannot be visited from this network: many networks let TCP out
//! to a few ports only, and finding out takes as long as a call waits.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Duration, Instant},
};

/// How long a server is not tried again.
const REST: Duration = Duration::from_secs(10 * 60);

/// Servers remembered; who calls names them, so there may be any number.
const MAX_SERVERS: usize = 32;

/// What has been found out, on one network.
#[derive(Debug, Default)]
pub(super) struct OutOfReach(BTreeMap<IpAddr, Instant>);

impl OutOfReach {
    /// No visit to a place on `server` has come through.
    pub(super) fn insert(&mut self, server: IpAddr, now: Instant) {
        self.0.retain(|_server, since| now.saturating_duration_since(*since) < REST);
        if self.0.len() < MAX_SERVERS {
            self.0.insert(server, now);
        }
    }

    /// Whether a visit there would be in vain.
    pub(super) fn contains(&self, server: IpAddr, now: Instant) -> bool {
        self.0.get(&server).is_some_and(|since| now.saturating_duration_since(*since) < REST)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv4Addr},
        time::{Duration, Instant},
    };

    use super::{MAX_SERVERS, OutOfReach, REST};

    fn server(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn server_out_of_reach_is_tried_again_after_a_while() {
        let (mut servers, now) = (OutOfReach::default(), Instant::now());
        servers.insert(server(1), now);

        assert!(servers.contains(server(1), now + REST - Duration::from_secs(1)));
        assert!(!servers.contains(server(1), now + REST));
        assert!(!servers.contains(server(2), now));
    }

    #[test]
    fn callers_who_name_many_servers_fill_no_memory() {
        let (mut servers, now) = (OutOfReach::default(), Instant::now());
        for number in 0..1_000 {
            servers.insert(server(number), now);
        }
        assert_eq!(servers.0.len(), MAX_SERVERS);

        servers.insert(server(5_000), now + REST);

        assert_eq!(servers.0.len(), 1);
    }
}
