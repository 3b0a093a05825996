//! Which sockets leave by the network that was joined. Android sends what is not bound to a network into the one that
//! leads to the internet, and that is another one where it can be.

use std::{
    fmt,
    net::IpAddr,
    os::fd::{AsRawFd, RawFd},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

/// Has a socket leave by the network with this number; 0 is none in particular.
pub type Steer = dyn Fn(RawFd, u64) + Send + Sync;

/// Addresses of one network that are looked at: nobody has as many.
const MAX_SUBNETS: usize = 16;

/// A network that was joined, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// Android's number for it.
    handle: u64,
    subnets: Vec<(IpAddr, u32)>,
}

impl Network {
    /// The one with this number, and with these addresses of this device in it, each followed by the length of its prefix.
    pub(crate) fn read(handle: i64, addresses: &str) -> Self {
        let subnet = |text: &str| {
            let (address, prefix_len) = text.split_once('/')?;
            Some((address.parse().ok()?, prefix_len.parse().ok()?))
        };
        let subnets = addresses.split_whitespace().filter_map(subnet).take(MAX_SUBNETS);
        Self { handle: handle.cast_unsigned(), subnets: subnets.collect() }
    }

    fn leads_to(&self, to: IpAddr) -> bool {
        self.subnets.iter().any(|(own, prefix_len)| match (own, to) {
            (IpAddr::V4(own), IpAddr::V4(to)) => {
                (own.to_bits() ^ to.to_bits()).leading_zeros() >= *prefix_len
            }
            (IpAddr::V6(own), IpAddr::V6(to)) => {
                (own.to_bits() ^ to.to_bits()).leading_zeros() >= *prefix_len
            }
            _ => false,
        })
    }
}

/// Binds sockets to the network that was joined.
pub(crate) struct Steering {
    steer: Arc<Steer>,
    /// Told when sockets are to be bound anew.
    changed: Arc<Notify>,
    /// None before the first one: then there is nothing to take back.
    network: Mutex<Option<Network>>,
}

impl Steering {
    pub(crate) fn new(steer: Arc<Steer>, changed: Arc<Notify>) -> Self {
        Self { steer, changed, network: Mutex::default() }
    }

    /// This is the network from now on.
    pub(crate) fn follow(&self, network: Network) {
        let mut known = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        let is_another = known.as_ref().unwrap_or(&Network::default()) != &network;
        if is_another {
            *known = Some(network);
            self.changed.notify_one();
        }
    }

    /// Binds a socket that is to reach one of these, or anybody.
    pub(crate) fn bind(&self, socket: &impl AsRawFd, to: &[IpAddr]) {
        let known = self.network.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(network) = known else { return };
        let fits = to.is_empty() || to.iter().any(|to| network.leads_to(*to));
        (self.steer)(socket.as_raw_fd(), if fits { network.handle } else { 0 });
    }
}

impl fmt::Debug for Steering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steering").field("network", &self.network).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn network_leads_to_those_in_it_and_to_nobody_else() {
        let network = Network::read(7, "192.168.49.23/24 fe80::1%wlan0/64 fd00::5/64 nonsense /");
        let leads = |to: &str| network.leads_to(to.parse().expect("an address"));

        assert!(leads("192.168.49.1") && leads("fd00::9"));
        assert!(!leads("192.168.50.1") && !leads("203.0.113.9") && !leads("fd00:0:0:1::9"));
        assert!(!Network::default().leads_to("192.168.49.1".parse().expect("an address")));
    }
}
