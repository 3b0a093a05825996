//! The network and Bluetooth as one transport: what is fast where there is a network, and what works
//! without. What is tried when, the [chooser](crate::chooser) says.

use std::time::Duration;

use tokio::{sync::mpsc, time::sleep};

use crate::{
    Addr, Callee, DialKey, Dialing, Link, LinkTraits, Listener, Transport, TransportError,
    TransportKind,
    chooser::{Choice, Way},
};

/// Listens on both of two transports and dials with both; whichever link is up first is the one.
#[derive(Debug)]
pub struct Either<Network, Bluetooth> {
    network: Network,
    bluetooth: Bluetooth,
}

impl<Network: Transport, Bluetooth: Transport> Either<Network, Bluetooth> {
    /// One of a transport over the network and one over Bluetooth.
    pub fn new(network: Network, bluetooth: Bluetooth) -> Self {
        Self { network, bluetooth }
    }
}

impl<Network: Transport, Bluetooth: Transport> Transport for Either<Network, Bluetooth> {
    /// That of the network. A link says itself what it is.
    fn kind(&self) -> TransportKind {
        self.network.kind()
    }

    /// What links of either can carry.
    fn traits(&self) -> LinkTraits {
        let (network, bluetooth) = (self.network.traits(), self.bluetooth.traits());
        LinkTraits {
            max_frame_len: network.max_frame_len.min(bluetooth.max_frame_len),
            bytes_per_sec: network.bytes_per_sec,
            metered: network.metered,
        }
    }

    fn listen(&self, incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError> {
        let bluetooth = self.bluetooth.listen(incoming.clone())?;
        let network = self.network.listen(incoming)?;
        Ok(Box::new(EitherListener { network, bluetooth }))
    }

    fn dial(&self, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        self.dial_by(&Choice::everything(), addrs, key, callee)
    }

    fn dial_by(&self, choice: &Choice, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        let by_network = || self.network.dial_by(choice, addrs, key, callee);
        let by_bluetooth = || self.bluetooth.dial_by(choice, addrs, key, callee);
        match (choice.tries_network(), choice.after(Way::Bluetooth)) {
            (true, Some(head_start)) => Box::pin(race(by_network(), by_bluetooth(), head_start)),
            (true, None) => by_network(),
            (false, Some(_)) => by_bluetooth(),
            (false, None) => Box::pin(async { Err(TransportError::NoUsableAddr) }),
        }
    }
}

/// Whichever is up first; the second begins once the first has failed or had its head start.
async fn race(
    mut first: Dialing,
    mut second: Dialing,
    head_start: Duration,
) -> Result<Link, TransportError> {
    tokio::select! {
        biased;
        link = &mut first => match link {
            Ok(link) => return Ok(link),
            Err(err) => return second.await.map_err(|other| worse(err, other)),
        },
        () = sleep(head_start) => {}
    }
    tokio::select! {
        link = &mut first => match link {
            Ok(link) => Ok(link),
            Err(err) => second.await.map_err(|other| worse(err, other)),
        },
        link = &mut second => match link {
            Ok(link) => Ok(link),
            Err(err) => first.await.map_err(|other| worse(other, err)),
        },
    }
}

/// What to say when neither reached anybody: that somebody did not answer, if anybody was asked.
fn worse(first: TransportError, second: TransportError) -> TransportError {
    match first {
        TransportError::NoUsableAddr => second,
        first => first,
    }
}

#[derive(Debug)]
struct EitherListener {
    network: Box<dyn Listener>,
    bluetooth: Box<dyn Listener>,
}

impl Listener for EitherListener {
    /// Those of Bluetooth first: they are few and short, and must not fall off an invite's end.
    fn addrs(&self) -> Vec<Addr> {
        let mut addrs = self.bluetooth.addrs();
        addrs.extend(self.network.addrs());
        addrs
    }

    fn admit(&self, key: DialKey, callee: Callee) {
        self.network.admit(key, callee);
        self.bluetooth.admit(key, callee);
    }

    fn refuse(&self, key: &DialKey) {
        self.network.refuse(key);
        self.bluetooth.refuse(key);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::Either;
    use crate::{Addr, AddrKind, Callee, DialKey, Transport, TransportError, memory::MemoryHub};

    const KEY: DialKey = DialKey::from_bytes([7; 32]);
    const HOST: Callee = Callee::from_bytes([1; 16]);

    #[tokio::test]
    async fn who_is_out_of_the_reach_of_one_transport_is_reached_by_the_other() {
        let hubs = [MemoryHub::new(), MemoryHub::new(), MemoryHub::new()];
        let [first, second, nowhere] = &hubs;
        let host = Either::new(first.transport(), second.transport());
        let (incoming, mut links) = mpsc::channel(1);
        let listener = host.listen(incoming).expect("memory");
        listener.admit(KEY, HOST);
        let mut addrs = listener.addrs();
        addrs.push(Addr { kind: AddrKind::Ble, bytes: Vec::new() });

        for (near, far) in [(first, nowhere), (nowhere, second)] {
            let guest = Either::new(near.transport(), far.transport());
            guest.dial(&addrs, KEY, HOST).await.expect("one of them reaches it");
            links.recv().await.expect("a link");
        }

        let alone = Either::new(nowhere.transport(), nowhere.transport());
        let refused = alone.dial(&addrs, KEY, HOST).await;
        assert!(matches!(refused, Err(TransportError::Unreachable)));
    }
}
