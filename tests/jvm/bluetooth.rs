//! Bluetooth LE as the app has it on Android: the real Java at both ends, the real radio, driver and core of the library
//! above it, and a system beneath that does what Android's does.

use std::time::Duration;

use jni::jni_str;
use tokio::task::block_in_place;
use transport::{
    Link,
    ble::{Advert, Device, RadioCommand, RadioEvent, RadioState, SERVICE, Side, listed_uuid},
};

use crate::handset::{
    self, MAX_EVENTS, Phone, Radio,
    meeting::{
        ADA, BEN, Member, Pair, central, connect, connected, hear, is_state, next, number,
        peripheral, radios, ready, soon, two,
    },
};

/// What is said, so that each byte tells where it belongs.
fn message(len: usize, first: u8) -> Vec<u8> {
    (0..len).map(|at| first.wrapping_add((at % 251) as u8)).collect()
}

/// Says this much from either end to the other, in frames as long as they may be.
async fn exchange(pair: &mut Pair, len: usize) {
    let Pair { called, answered } = pair;
    let (theirs, ours) = (message(len, 1), message(len, 100));
    let send = async |link: &Link, whole: &[u8]| {
        for frame in whole.chunks(60_000) {
            link.send(frame.to_vec()).await.expect("an open link");
        }
    };
    soon(async { tokio::join!(send(called, &theirs), send(answered, &ours)) }).await;
    for (link, whole) in [(called, ours), (answered, theirs)] {
        let mut heard = Vec::new();
        while heard.len() < whole.len() {
            heard.extend(soon(link.recv()).await.expect("an open link"));
        }
        assert!(heard == whole, "{} bytes arrived, or others", heard.len());
    }
}

async fn two_phones_exchange_messages(level: i32, longest: usize) {
    let (air, ada, ben) = two();
    handset::android(level);
    let (mut host, guest) = (Member::host(&ada), Member::guest(&ben));
    let mut pair = soon(host.met_by(&guest)).await;

    exchange(&mut pair, 100_000).await;
    exchange(&mut pair, 1_000).await;

    assert_eq!(air.faults(), 0, "something was sent while the last was under way");
    for link in [&pair.called, &pair.answered] {
        assert_eq!(max_packet(link), Some(longest));
    }
}

/// The longest packet that carries a link.
fn max_packet(link: &Link) -> Option<usize> {
    link.stats.lock().expect("nobody panics").max_packet
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_find_each_other_and_100_kb_arrive_whole_and_in_order_both_ways() {
    two_phones_exchange_messages(36, 1_018).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_holds_on_the_oldest_android_it_is_made_for() {
    two_phones_exchange_messages(26, 509).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn channel_that_closes_leaves_the_link_to_what_it_was_opened_beside() {
    let (air, ada, ben) = two();
    let (mut host, guest) = (Member::host(&ada), Member::guest(&ben));
    let mut pair = soon(host.met_by(&guest)).await;
    exchange(&mut pair, 20_000).await;
    assert_eq!(air.channels(), 1);

    air.close_channels();
    exchange(&mut pair, 20_000).await;
    exchange(&mut pair, 1_000).await;

    assert_eq!(max_packet(&pair.called), Some(509));
    assert_eq!((air.channels(), air.connections()), (1, 1), "one is tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_said_nothing_gets_no_channel() {
    let (_air, ada, ben) = two();
    let (mut host, _guest) = radios(&ada, &ben).await;
    let advert = Some(Advert { token: [1; 8], every: Duration::from_millis(100) });
    host.commands.send(RadioCommand::Advertise(advert)).await.expect("a radio");
    sync(&mut host).await;

    assert!(ada.closes_channel_of("FE:00:00:00:00:02"));
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_are_as_long_as_the_mtu_allows_also_after_it_has_changed() {
    let (air, ada, ben) = two();
    // Older than L2CAP channels.
    handset::android(28);
    air.limit(60);
    let (mut host, guest) = (Member::host(&ada), Member::guest(&ben));
    let mut pair = soon(host.met_by(&guest)).await;
    for (mtu, longest) in [(60, 57), (517, 509)] {
        ada.agree(mtu);
        exchange(&mut pair, 10_000).await;
        exchange(&mut pair, 1_000).await;

        for link in [&pair.called, &pair.answered] {
            assert_eq!(max_packet(link), Some(longest));
        }
    }
    assert_eq!(air.faults(), 0, "something longer was sent, or over the last");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_walks_away_is_missed_at_both_ends_and_found_again() {
    let (air, ada, ben) = two();
    let (mut host, guest) = (Member::host(&ada), Member::guest(&ben));
    let mut pair = soon(host.met_by(&guest)).await;

    ben.stay(false);
    assert_eq!(soon(pair.called.recv()).await, None);
    assert_eq!(soon(pair.answered.recv()).await, None);
    assert_eq!((air.connections(), ben.gatts()), (0, 0));

    ben.stay(true);
    let mut pair = soon(host.met_by(&guest)).await;
    exchange(&mut pair, 5_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bluetooth_that_is_switched_off_ends_links_and_is_used_again_once_it_is_on() {
    for is_guest in [false, true] {
        let (_air, ada, ben) = two();
        let (mut host, guest) = (Member::host(&ada), Member::guest(&ben));
        let mut pair = soon(host.met_by(&guest)).await;
        let (phone, member) = if is_guest { (&ben, &guest) } else { (&ada, &host) };

        phone.turn(false);
        is_state(&member.transport, RadioState::Off).await;
        assert_eq!(soon(pair.called.recv()).await, None);
        assert_eq!(soon(pair.answered.recv()).await, None);

        phone.turn(true);
        is_state(&member.transport, RadioState::Ready).await;
        let mut pair = soon(host.met_by(&guest)).await;
        exchange(&mut pair, 5_000).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bluetooth_that_was_off_for_a_moment_only_begins_anew() {
    let (_air, ada, _ben) = two();
    let mut radio = ada.radio();
    ready(&mut radio).await;

    ada.turn(false);
    ada.turn(true);

    assert_ne!(soon(radio.events.recv()).await, Some(RadioEvent::State(RadioState::Ready)));
    ready(&mut radio).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn radio_that_is_not_allowed_says_so_and_is_used_once_it_is() {
    for level in [26, 36] {
        let (_air, ada, _ben) = two();
        handset::android(level);
        ada.allow(false);
        let mut radio = ada.radio();
        let denied = RadioEvent::State(RadioState::Denied);
        assert_eq!(soon(radio.events.recv()).await, Some(denied));

        ada.allow(true);
        festival_android::bluetooth::look_again();
        ready(&mut radio).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_without_an_adapter_says_so_and_one_that_cannot_be_heard_as_well() {
    for (has_adapter, state) in [(false, RadioState::Missing), (true, RadioState::Unsupported)] {
        let (_air, ada, _ben) = two();
        ada.lacks(!has_adapter);
        let mut radio = ada.radio();
        assert_eq!(soon(radio.events.recv()).await, Some(RadioEvent::State(state)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_system_throws_is_told_as_a_state_and_the_radio_begins_anew() {
    let what = [
        (jni_str!("java/lang/SecurityException"), RadioState::Denied),
        (jni_str!("java/lang/IllegalStateException"), RadioState::Missing),
        (jni_str!("java/lang/NullPointerException"), RadioState::Missing),
    ];
    let (_air, ada, _ben) = two();
    let mut radio = ada.radio();
    ready(&mut radio).await;
    for (class, state) in what {
        ada.throw_once(class);
        radio.commands.send(RadioCommand::Scan(true)).await.expect("a radio");
        assert_eq!(soon(radio.events.recv()).await, Some(RadioEvent::State(state)));

        festival_android::bluetooth::look_again();
        ready(&mut radio).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_after_the_other_is_heard_from_the_same_address() {
    let (_air, ada, ben) = two();
    let (host, mut guest) = radios(&ada, &ben).await;
    guest.commands.send(RadioCommand::Scan(true)).await.expect("a radio");
    for number in 1..=3 {
        let token = [number; 8];
        let advert = Some(Advert { token, every: Duration::from_millis(500) });
        host.commands.send(RadioCommand::Advertise(advert)).await.expect("a radio");
        let heard = RadioEvent::Heard { device: device(ADA), token };
        assert_eq!(soon(guest.events.recv()).await, Some(heard));
        ada.settle();
    }
    assert_eq!(ada.sets(), 1, "each set of advertisements has an address of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_that_is_listed_as_a_service_is_heard_as_apples_devices_show_it() {
    let (_air, _ada, ben) = two();
    let mut guest = ben.radio();
    ready(&mut guest).await;
    guest.commands.send(RadioCommand::Scan(true)).await.expect("a radio");
    sync(&mut guest).await;
    let (token, other) = ([0xff, 2, 3, 4, 5, 6, 7, 8], [9; 8]);

    ben.is_shown("FE:00:00:00:00:03", &[SERVICE]);
    ben.is_shown("FE:00:00:00:00:03", &[0x180a, listed_uuid(token), listed_uuid(other)]);

    for token in [token, other] {
        let heard =
            RadioEvent::Heard { device: Device::from_address([0xfe, 0, 0, 0, 0, 3]), token };
        assert_eq!(soon(guest.events.recv()).await, Some(heard));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_that_fails_is_told_closed_and_tried_again() {
    let (_air, ada, ben) = two();
    let (mut host, mut guest) = radios(&ada, &ben).await;
    hear(&mut host, &mut guest).await;
    ben.fail_connecting(2);
    for _ in 0..2 {
        guest.commands.send(RadioCommand::Connect(device(ADA))).await.expect("a radio");
        let failed = RadioEvent::ConnectFailed(device(ADA));
        assert_eq!(next(&mut guest).await, failed);
        assert_eq!(ben.gatts(), 0, "Android has room for few");
    }
    connect(&mut host, &mut guest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempt_to_connect_to_somebody_who_is_gone_is_given_up_and_closed() {
    let (_air, ada, ben) = two();
    let (mut host, mut guest) = radios(&ada, &ben).await;
    hear(&mut host, &mut guest).await;
    ada.stay(false);
    guest.commands.send(RadioCommand::Connect(device(ADA))).await.expect("a radio");
    sync(&mut guest).await;
    assert_eq!(ben.gatts(), 1);

    // On a phone it is the radio's thread, which may wait.
    block_in_place(|| ben.is_overdue(number(ADA), false));

    let failed = RadioEvent::ConnectFailed(device(ADA));
    assert_eq!(next(&mut guest).await, failed);
    assert_eq!(ben.gatts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_packet_waits_until_android_has_sent_the_one_before() {
    for side in [Side::Central, Side::Peripheral] {
        let (air, ada, ben) = two();
        let (mut host, mut guest) = radios(&ada, &ben).await;
        connected(&mut host, &mut guest).await;
        let (phone, contact) = match side {
            Side::Central => (&ben, central(ADA)),
            Side::Peripheral => (&ada, peripheral(BEN)),
        };
        let (from, to) = match side {
            Side::Central => (&mut guest, &mut host),
            Side::Peripheral => (&mut host, &mut guest),
        };
        phone.hold(true);
        for number in 0..5 {
            let send = RadioCommand::Send { contact, bytes: vec![number; 509] };
            from.commands.send(send).await.expect("a radio");
        }
        sync(from).await;
        [&ada, &ben].into_iter().for_each(Phone::settle);

        assert_eq!(packets(to), [vec![0; 509]], "{side:?}");

        phone.hold(false);
        for number in 1..5 {
            let RadioEvent::Packet { bytes, .. } = next(to).await else {
                panic!("something else than a packet");
            };
            assert_eq!(bytes, vec![number; 509], "{side:?}");
        }
        assert_eq!(air.faults(), 0, "{side:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_is_ended_by_either_end_that_has_enough_of_it() {
    for side in [Side::Central, Side::Peripheral] {
        let (air, ada, ben) = two();
        let (mut host, mut guest) = radios(&ada, &ben).await;
        connected(&mut host, &mut guest).await;
        let (from, to, ended, told) = match side {
            Side::Central => (&mut guest, &mut host, central(ADA), peripheral(BEN)),
            Side::Peripheral => (&mut host, &mut guest, peripheral(BEN), central(ADA)),
        };
        from.commands.send(RadioCommand::Disconnect(ended)).await.expect("a radio");

        assert_eq!(next(to).await, RadioEvent::Disconnected(told));
        assert_eq!(air.connections(), 0);
        sync(from).await;
        [&ada, &ben].into_iter().for_each(Phone::settle);
        let more = from.events.try_recv();
        assert!(more.is_err(), "whoever ends it needs not to be told: {more:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_without_end_fills_no_memory_and_long_packets_are_none() {
    let (_air, ada, _ben) = two();
    let mut radio = ada.radio();
    ready(&mut radio).await;

    ada.is_written_to(20_000, 509);
    ada.settle();
    let kept = packets(&mut radio);
    assert_eq!(kept.len(), MAX_EVENTS);

    ada.is_written_to(1, 100_000);
    ada.is_written_to(1, 7);
    ada.settle();
    assert_eq!(packets(&mut radio), [vec![6; 7]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn phone_begins_to_listen_no_more_often_than_android_lets_it() {
    let (_air, ada, _ben) = two();
    let mut radio = ada.radio();
    ready(&mut radio).await;
    let scan = async |radio: &mut Radio, times| {
        for _ in 0..times {
            for is_wanted in [true, false] {
                radio.commands.send(RadioCommand::Scan(is_wanted)).await.expect("a radio");
            }
        }
        sync(radio).await;
    };

    scan(&mut radio, 20).await;
    assert_eq!(ada.scans(), 5);

    handset::pass(30_000);
    scan(&mut radio, 1).await;
    assert_eq!(ada.scans(), 5, "it never stopped, so as to be able to go on");
    scan(&mut radio, 1).await;
    assert_eq!(ada.scans(), 6);
}

fn device(address: [u8; 6]) -> Device {
    Device::from_address(address)
}

/// Waits until the radio has done all that it was told: the answer comes after that.
async fn sync(radio: &mut Radio) {
    let nobody = device([0xfe, 0, 0, 0, 0, 9]);
    radio.commands.send(RadioCommand::Connect(nobody)).await.expect("a radio");
    assert_eq!(next(radio).await, RadioEvent::ConnectFailed(nobody));
}

/// The packets that have arrived by now.
fn packets(radio: &mut Radio) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let Ok(event) = radio.events.try_recv() {
        if let RadioEvent::Packet { bytes, .. } = event {
            packets.push(bytes);
        }
    }
    packets
}
