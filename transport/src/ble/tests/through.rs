//! The transport as the app uses it, over two radios that hear each other and lose nothing.

use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

use super::super::{
    Adapter, BleTransport, RadioEnd, lock,
    packet::MAX_PACKET_LEN,
    radio::{Contact, Device, RadioCommand, RadioEvent, RadioState, Side},
    token::Token,
};
use crate::{Addr, AddrKind, Callee, DialKey, Link, Transport as _};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);

/// Carries what two radios are told to the other one.
fn join(ends: [RadioEnd; 2]) {
    let shown = Arc::new(Mutex::new([None::<Token>; 2]));
    let events = ends.each_ref().map(|end| end.events.clone());
    for (number, end) in ends.into_iter().enumerate() {
        let (shown, own, other) = (Arc::clone(&shown), end.events, events[1 - number].clone());
        let mut commands = end.commands;
        let [me, them] = [number, 1 - number].map(|number| Device([u8::from(number > 0); 16]));
        tokio::spawn(async move {
            let _ = own.send(RadioEvent::State(RadioState::Ready)).await;
            while let Some(command) = commands.recv().await {
                let opposite = |contact: Contact| match contact.side {
                    Side::Central => Contact { device: me, side: Side::Peripheral },
                    Side::Peripheral => Contact { device: me, side: Side::Central },
                };
                let _ = match command {
                    RadioCommand::Advertise(advert) => {
                        let token = advert.map(|advert| advert.token);
                        lock(&shown)[number] = token;
                        let Some(token) = token else { continue };
                        other.send(RadioEvent::Heard { device: me, token }).await
                    }
                    RadioCommand::Scan(true) => {
                        let Some(token) = lock(&shown)[1 - number] else { continue };
                        own.send(RadioEvent::Heard { device: them, token }).await
                    }
                    RadioCommand::Scan(false) => continue,
                    RadioCommand::Connect(device) => {
                        own.send(RadioEvent::Connected { device, max_packet: MAX_PACKET_LEN }).await
                    }
                    RadioCommand::Send { contact, bytes } => {
                        let (contact, max_packet) = (opposite(contact), MAX_PACKET_LEN);
                        other.send(RadioEvent::Packet { contact, max_packet, bytes }).await
                    }
                    RadioCommand::Disconnect(contact) => {
                        other.send(RadioEvent::Disconnected(opposite(contact))).await
                    }
                };
            }
        });
    }
}

/// A link between two, the dialer's end first, and what keeps it open.
async fn link() -> (Link, Link, impl Sized) {
    let [host, guest] = [BleTransport::new(Adapter::None), BleTransport::new(Adapter::None)];
    let ((incoming, mut links), (unused, _)) = (mpsc::channel(1), mpsc::channel(1));
    let mut ends = Vec::new();
    let host = host.listen_with(incoming, |end| ends.push(end)).expect("a runtime");
    let kept = guest.listen_with(unused, |end| ends.push(end)).expect("a runtime");
    let Ok(ends) = <[RadioEnd; 2]>::try_from(ends) else { panic!("two radios") };
    join(ends);
    host.admit(KEY, HOST);
    let mut state = guest.shared.state.subscribe();
    state.wait_for(|state| *state == RadioState::Ready).await.expect("a driver");
    let addr = Addr { kind: AddrKind::Ble, bytes: Vec::new() };
    let called = guest.dial(&[addr], KEY, HOST).await.expect("a host");
    (called, links.recv().await.expect("a guest"), (host, kept, guest))
}

#[tokio::test]
async fn frames_far_smaller_than_a_packet_all_arrive_however_late_they_are_read() {
    const FRAMES: u16 = 3_000;
    let (called, mut answered, _kept) = link().await;
    let (many_are_sent, many) = oneshot::channel();
    let sender = tokio::spawn(async move {
        let mut many_are_sent = Some(many_are_sent);
        for number in 0..FRAMES {
            if number == FRAMES / 3 {
                let _ = many_are_sent.take().map(|sent| sent.send(()));
            }
            called.send(number.to_le_bytes().to_vec()).await.expect("open");
        }
        called
    });
    many.await.expect("the sender goes on");

    for number in 0..FRAMES {
        assert_eq!(answered.recv().await, Some(number.to_le_bytes().to_vec()));
    }

    sender.await.expect("all were sent");
}

#[tokio::test]
async fn device_whose_bluetooth_is_off_for_a_while_still_says_that_it_can_be_heard() {
    let device = BleTransport::new(Adapter::None);
    let (unused, mut ends) = (mpsc::channel(1).0, Vec::new());
    let listener = device.listen_with(unused, |end| ends.push(end)).expect("a runtime");
    let mut states = device.shared.state.subscribe();
    let states_and_words = [
        (RadioState::Ready, 1),
        (RadioState::Off, 1),
        (RadioState::Missing, 0),
        (RadioState::Denied, 0),
        (RadioState::Unsupported, 0),
    ];
    for (state, words) in states_and_words {
        ends[0].events.send(RadioEvent::State(state)).await.expect("a driver");
        states.wait_for(|now| *now == state).await.expect("a driver");

        assert_eq!(listener.addrs().len(), words, "{state:?}");
    }
}
