//! Two phones that meet.

use std::time::Duration;

use tokio::{sync::mpsc, task::yield_now, time::timeout};
use transport::{
    Addr, AddrKind, Callee, DialKey, Link, Listener, Transport as _,
    ble::{Advert, BleTransport, Contact, Device, RadioCommand, RadioEvent, RadioState, Side},
};

use super::{Air, Phone, Radio};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);
pub(crate) const ADA: [u8; 6] = [0xfe, 0, 0, 0, 0, 1];
pub(crate) const BEN: [u8; 6] = [0xfe, 0, 0, 0, 0, 2];

/// How long anything may take, on a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn two() -> (Air, Phone, Phone) {
    let air = Air::new();
    let ada = air.phone("FE:00:00:00:00:01");
    let ben = air.phone("FE:00:00:00:00:02");
    (air, ada, ben)
}

pub(crate) async fn soon<T>(coming: impl Future<Output = T>) -> T {
    timeout(PATIENCE, coming).await.expect("it takes too long")
}

/// The number by which Java knows a device.
pub(crate) fn number([a, b, c, d, e, f]: [u8; 6]) -> i64 {
    i64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

pub(crate) fn central(other: [u8; 6]) -> Contact {
    Contact { device: Device::from_address(other), side: Side::Central }
}

pub(crate) fn peripheral(other: [u8; 6]) -> Contact {
    Contact { device: Device::from_address(other), side: Side::Peripheral }
}

/// The next that a radio reports, but for those it hears.
pub(crate) async fn next(radio: &mut Radio) -> RadioEvent {
    loop {
        let event = soon(radio.events.recv()).await.expect("a radio");
        if !matches!(event, RadioEvent::Heard { .. }) {
            return event;
        }
    }
}

pub(crate) async fn ready(radio: &mut Radio) {
    while next(radio).await != RadioEvent::State(RadioState::Ready) {}
}

/// Two radios that can be used.
pub(crate) async fn radios(ada: &Phone, ben: &Phone) -> (Radio, Radio) {
    let (mut ada, mut ben) = (ada.radio(), ben.radio());
    ready(&mut ada).await;
    ready(&mut ben).await;
    (ada, ben)
}

/// Ben hears Ada.
pub(crate) async fn hear(ada: &mut Radio, ben: &mut Radio) {
    let token = [0xff, 2, 3, 4, 5, 6, 7, 8];
    let advert = Some(Advert { token, every: Duration::from_millis(100) });
    ada.commands.send(RadioCommand::Advertise(advert)).await.expect("a radio");
    ben.commands.send(RadioCommand::Scan(true)).await.expect("a radio");
    let heard = RadioEvent::Heard { device: Device::from_address(ADA), token };
    while soon(ben.events.recv()).await.expect("a radio") != heard {}
}

/// Ben hears Ada, connects and says something.
pub(crate) async fn connected(ada: &mut Radio, ben: &mut Radio) {
    hear(ada, ben).await;
    connect(ada, ben).await;
}

/// Ben, who has heard Ada, connects and says something.
pub(crate) async fn connect(ada: &mut Radio, ben: &mut Radio) {
    let device = Device::from_address(ADA);
    ben.commands.send(RadioCommand::Connect(device)).await.expect("a radio");
    assert_eq!(next(ben).await, RadioEvent::Connected { device, max_packet: 509 });
    let send = RadioCommand::Send { contact: central(ADA), bytes: b"hello".to_vec() };
    ben.commands.send(send).await.expect("a radio");
    let (contact, bytes) = (peripheral(BEN), b"hello".to_vec());
    assert_eq!(next(ada).await, RadioEvent::Packet { contact, max_packet: 509, bytes });
}

/// A device with the transport that the app uses.
pub(crate) struct Member {
    pub(crate) transport: BleTransport,
    listener: Box<dyn Listener>,
    links: mpsc::Receiver<Link>,
}

/// The two ends of a link.
pub(crate) struct Pair {
    pub(crate) called: Link,
    pub(crate) answered: Link,
}

impl Member {
    /// One that can be called.
    pub(crate) fn host(phone: &Phone) -> Self {
        let host = Self::guest(phone);
        host.listener.admit(KEY, HOST);
        host
    }

    /// One that calls.
    pub(crate) fn guest(phone: &Phone) -> Self {
        let transport = phone.transport();
        let (incoming, links) = mpsc::channel(1);
        let listener = transport.listen(incoming).expect("a runtime");
        Self { transport, listener, links }
    }

    /// The link that a guest calls this one for, if need be again and again, as the app does.
    pub(crate) async fn met_by(&mut self, guest: &Self) -> Pair {
        is_state(&guest.transport, RadioState::Ready).await;
        let addr = [Addr { kind: AddrKind::Ble, bytes: Vec::new() }];
        loop {
            if let Ok(called) = guest.transport.dial(&addr, KEY, HOST).await {
                let answered = soon(self.links.recv()).await.expect("a listener");
                return Pair { called, answered };
            }
        }
    }
}

pub(crate) async fn is_state(transport: &BleTransport, state: RadioState) {
    soon(async {
        while transport.state() != state {
            yield_now().await;
        }
    })
    .await;
}
