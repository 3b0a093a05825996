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

    use std::time::Duration;

    use super::{Either, race};
    use crate::{
        Addr, AddrKind, Callee, DialKey, Dialing, Link, LinkStats, Role, Transport, TransportError,
        TransportKind,
        chooser::{Choice, Way},
        memory::MemoryHub,
    };

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

    /// A dial that ends after so many seconds: with a link, or with none.
    fn dial(secs: u64, kind: TransportKind, has_link: bool) -> Dialing {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(secs)).await;
            let stats = LinkStats::starting(std::time::Instant::now(), String::new());
            let link = || Link::pair(kind, Role::Dialer, None, stats).0;
            has_link.then(link).ok_or(TransportError::Unreachable)
        })
    }

    /// What wins, and after how many seconds; the network's dial first.
    async fn winner(
        network: (u64, bool),
        bluetooth: (u64, bool),
        head_start: u64,
    ) -> (TransportKind, u64) {
        let began = tokio::time::Instant::now();
        let first = dial(network.0, TransportKind::WebRtc, network.1);
        let second = dial(bluetooth.0, TransportKind::Ble, bluetooth.1);
        let link =
            race(first, second, Duration::from_secs(head_start)).await.expect("one leads there");
        (link.kind, began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn slower_way_begins_after_the_head_start_or_once_the_faster_one_has_failed() {
        use TransportKind::{Ble, WebRtc};
        assert_eq!(winner((1, true), (0, true), 2).await, (WebRtc, 1), "within the head start");
        assert_eq!(winner((9, true), (3, true), 2).await, (Ble, 5), "after it");
        assert_eq!(winner((9, true), (3, true), 0).await, (Ble, 3), "without one");
        assert_eq!(winner((1, false), (3, true), 2).await, (Ble, 4), "the network failed at once");
        assert_eq!(winner((4, false), (9, true), 2).await, (Ble, 11), "and later");
        assert_eq!(winner((9, true), (1, false), 2).await, (WebRtc, 9), "nobody was heard");
    }

    #[tokio::test]
    async fn way_that_was_not_chosen_is_not_gone() {
        let hubs = [MemoryHub::new(), MemoryHub::new()];
        let host = Either::new(hubs[0].transport(), hubs[1].transport());
        let (incoming, _links) = mpsc::channel(2);
        let listener = host.listen(incoming).expect("memory");
        listener.admit(KEY, HOST);
        let nowhere = MemoryHub::new();
        let only_bluetooth = Either::new(nowhere.transport(), hubs[1].transport());
        let mut choice = Choice::everything();
        choice.attempts.retain(|attempt| attempt.way != Way::Bluetooth);

        let addrs = listener.addrs();
        assert!(only_bluetooth.dial_by(&choice, &addrs, KEY, HOST).await.is_err());
        assert!(only_bluetooth.dial(&addrs, KEY, HOST).await.is_ok());
        choice.attempts.clear();
        let none = only_bluetooth.dial_by(&choice, &addrs, KEY, HOST).await;
        assert!(matches!(none, Err(TransportError::NoUsableAddr)));
    }
}
