mod air;
mod fake;

use std::time::Duration;

use proptest::prelude::*;

use self::fake::{Call, Fake, On, device, peer};
use super::{
    MAX_CENTRALS, MAX_HEARD, MAX_PACKETS,
    central::{CONNECT_TIMEOUT, OPEN_TIMEOUT},
    radio::{AGAIN, AppleRadio},
    system::{Power, Report},
};
use crate::ble::{
    Advert, MAX_VALUE_LEN, RadioCommand, RadioEvent, RadioState, Side, listed_uuid, radio::Contact,
};

const NOW: Duration = Duration::from_secs(100);

fn at(side: Side, number: u16) -> Contact {
    Contact { device: device(number), side }
}

/// One that works, and has told so.
fn ready() -> AppleRadio<Fake> {
    let mut radio = AppleRadio::new(Fake::default());
    switch(&mut radio, Power::On);
    radio.report(NOW, Report::Published(true));
    assert_eq!(radio.poll(), Some(RadioEvent::State(RadioState::Ready)));
    radio.system().take();
    radio
}

fn switch(radio: &mut AppleRadio<Fake>, power: Power) {
    radio.report(NOW, Report::Central(power));
    radio.report(NOW, Report::Peripheral(power));
}

fn events(radio: &mut AppleRadio<Fake>) -> Vec<RadioEvent> {
    std::iter::from_fn(|| radio.poll()).collect()
}

/// Connects to a device, all the way.
fn attach(radio: &mut AppleRadio<Fake>, number: u16, max_write: usize) {
    let device = device(number);
    radio.report(NOW, Report::Heard(device, [1; 8]));
    radio.obey(NOW, RadioCommand::Connect(device));
    radio.report(NOW, Report::Connected(device));
    radio.report(NOW, Report::Discovered(device, true));
    radio.report(NOW, Report::Subscribed(device, Some(max_write)));
    let max_packet = max_write.min(MAX_VALUE_LEN);
    assert_eq!(events(radio).last(), Some(&RadioEvent::Connected { device, max_packet }));
    let [connects, discovers, subscribes] = [Call::Connect, Call::Discover, Call::Subscribe];
    assert_eq!(radio.system().take(), [connects(device), discovers(device), subscribes(device)]);
}

/// A central comes and says something.
fn join(radio: &mut AppleRadio<Fake>, number: u16) {
    radio.report(NOW, Report::Joined(device(number), MAX_VALUE_LEN));
    radio.report(NOW, Report::Written(device(number), MAX_VALUE_LEN, vec![0]));
    assert!(matches!(events(radio)[..], [RadioEvent::Packet { .. }]));
}

fn send(radio: &mut AppleRadio<Fake>, contact: Contact, bytes: Vec<u8>) {
    radio.obey(NOW, RadioCommand::Send { contact, bytes });
}

#[test]
fn what_keeps_bluetooth_from_working_is_told_once_and_in_words_that_the_person_can_use() {
    for (power, state) in [
        (Power::Unauthorized, RadioState::Denied),
        (Power::Unsupported, RadioState::Missing),
        (Power::Off, RadioState::Off),
    ] {
        let mut radio = AppleRadio::new(Fake::default());
        switch(&mut radio, power);
        switch(&mut radio, power);

        assert_eq!(events(&mut radio), [RadioEvent::State(state)], "{power:?}");
        assert_eq!(radio.system().take(), [], "nothing can be asked for");
    }
}

#[test]
fn bluetooth_is_ready_once_both_sides_are_on_and_the_service_is_there() {
    let mut radio = AppleRadio::new(Fake::default());
    radio.report(NOW, Report::Central(Power::On));
    assert_eq!(radio.system().take(), []);
    radio.report(NOW, Report::Peripheral(Power::On));
    assert_eq!(radio.system().take(), [Call::Publish]);
    assert_eq!(events(&mut radio), []);

    radio.report(NOW, Report::Published(false));
    assert_eq!(radio.deadline(), Some(NOW + AGAIN));
    radio.timeout(NOW + AGAIN);
    assert_eq!(radio.system().take(), [Call::Publish]);
    radio.report(NOW, Report::Published(true));

    assert_eq!(events(&mut radio), [RadioEvent::State(RadioState::Ready)]);
}

#[test]
fn bluetooth_that_was_off_begins_anew_and_knows_nothing_of_before() {
    let mut radio = ready();
    attach(&mut radio, 1, 100);
    join(&mut radio, 2);

    radio.report(NOW, Report::Central(Power::Off));
    assert_eq!(events(&mut radio), [RadioEvent::State(RadioState::Off)]);
    assert_eq!(radio.system().take(), [Call::ForgetCentral(device(2)), Call::Forget(device(1))]);
    send(&mut radio, at(Side::Central, 1), vec![1]);
    send(&mut radio, at(Side::Peripheral, 2), vec![1]);
    radio.obey(NOW, RadioCommand::Connect(device(1)));
    assert_eq!(events(&mut radio), [RadioEvent::ConnectFailed(device(1))]);
    radio.report(NOW, Report::Central(Power::On));
    radio.report(NOW, Report::Published(true));

    let states = [RadioState::Starting, RadioState::Ready].map(RadioEvent::State);
    assert_eq!(events(&mut radio), states);
    assert_eq!(radio.system().take(), [Call::Publish]);
    attach(&mut radio, 1, 100);
}

#[test]
fn token_is_shown_as_a_service_and_again_if_the_system_would_not() {
    let mut radio = ready();
    let advert =
        |token| RadioCommand::Advertise(Some(Advert { token, every: Duration::from_millis(100) }));
    radio.obey(NOW, advert([7; 8]));
    assert_eq!(radio.system().take(), [Call::Advertise(Some(listed_uuid([7; 8])))]);
    radio.report(NOW, Report::Advertised(false));
    radio.timeout(NOW);
    assert_eq!(radio.system().take(), [], "it is not time yet");
    radio.timeout(NOW + AGAIN);
    assert_eq!(radio.system().take(), [Call::Advertise(Some(listed_uuid([7; 8])))]);
    radio.report(NOW, Report::Advertised(true));
    assert_eq!(radio.deadline(), None);

    radio.obey(NOW, RadioCommand::Advertise(None));

    assert_eq!(radio.system().take(), [Call::Advertise(None)]);
}

#[test]
fn attempt_that_hangs_at_any_step_is_given_up_and_told() {
    for steps in 0..3 {
        let mut radio = ready();
        let device = device(1);
        radio.report(NOW, Report::Heard(device, [1; 8]));
        radio.obey(NOW, RadioCommand::Connect(device));
        let reports = [Report::Connected(device), Report::Discovered(device, true)];
        for report in reports.into_iter().take(steps) {
            radio.report(NOW, report);
        }
        events(&mut radio);
        radio.system().take();
        let limit = if steps == 0 { CONNECT_TIMEOUT } else { OPEN_TIMEOUT };
        assert_eq!(radio.deadline(), Some(NOW + limit));

        radio.timeout(NOW + limit);

        assert_eq!(events(&mut radio), [RadioEvent::ConnectFailed(device)]);
        assert_eq!(radio.system().take(), [Call::Cancel(device)]);
        radio.report(NOW, Report::Connected(device));
        assert_eq!(radio.system().take(), [Call::Cancel(device)], "nobody waits for it");
    }
}

#[test]
fn device_without_the_service_or_that_loses_it_is_let_go() {
    let mut radio = ready();
    radio.report(NOW, Report::Heard(device(1), [1; 8]));
    radio.obey(NOW, RadioCommand::Connect(device(1)));
    radio.report(NOW, Report::Connected(device(1)));
    radio.report(NOW, Report::Discovered(device(1), false));
    assert_eq!(events(&mut radio).last(), Some(&RadioEvent::ConnectFailed(device(1))));
    radio.system().take();

    attach(&mut radio, 2, 100);
    radio.report(NOW, Report::Discovered(device(2), false));

    let gone = RadioEvent::Disconnected(at(Side::Central, 2));
    assert_eq!(events(&mut radio), [gone]);
    assert_eq!(radio.system().take(), [Call::Cancel(device(2))]);
}

#[test]
fn packets_wait_for_room_and_go_out_in_order_and_those_that_do_not_fit_are_lost() {
    let mut radio = ready();
    attach(&mut radio, 1, 20);
    radio.system().room.insert(On::Writes(device(1)), 2);
    for number in 0..5 {
        send(&mut radio, at(Side::Central, 1), vec![number; 1 + 19 * usize::from(number % 2)]);
    }
    send(&mut radio, at(Side::Central, 1), vec![9; 21]);
    assert_eq!(radio.system().sent.len(), 2);
    radio.system().room.insert(On::Writes(device(1)), 100);
    radio.report(NOW, Report::Writable(device(1)));
    send(&mut radio, at(Side::Central, 1), vec![5]);

    let first: Vec<_> = radio.system().sent.iter().map(|(_, packet)| packet[0]).collect();

    assert_eq!(first, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn flood_of_packets_devices_and_centrals_stays_bounded() {
    let mut radio = ready();
    attach(&mut radio, 1, 20);
    radio.system().room.insert(On::Writes(device(1)), 0);
    for _ in 0..10 * MAX_PACKETS {
        send(&mut radio, at(Side::Central, 1), vec![1]);
    }
    for number in 1_000..1_000 + 10 * MAX_HEARD {
        let number = u16::try_from(number).expect("small");
        radio.report(NOW, Report::Heard(device(number), [1; 8]));
        radio.report(NOW, Report::Joined(device(number), 20));
        while radio.poll().is_some() {}
    }

    let forgotten = radio.system().take();
    let kept = 10 * MAX_HEARD + 1 - count(&forgotten, |call| matches!(call, Call::Forget(_)));
    assert_eq!(kept, MAX_HEARD);
    assert!(!forgotten.contains(&Call::Forget(device(1))), "it is connected to");
    let refused = count(&forgotten, |call| matches!(call, Call::ForgetCentral(_)));
    assert_eq!(10 * MAX_HEARD - refused, MAX_CENTRALS);
    radio.system().room.clear();
    radio.report(NOW, Report::Writable(device(1)));
    assert_eq!(radio.system().sent.len(), MAX_PACKETS);
}

fn count(calls: &[Call], is_one: impl Fn(&Call) -> bool) -> usize {
    calls.iter().filter(|call| is_one(call)).count()
}

#[test]
fn central_that_takes_nothing_does_not_hold_up_the_others() {
    let mut radio = ready();
    for number in 1..=3 {
        join(&mut radio, number);
    }
    radio.system().notices_in_all = Some(0);
    for round in 0..10 {
        for number in 1..=3 {
            send(&mut radio, at(Side::Peripheral, number), vec![round]);
        }
    }
    radio.system().notices_in_all = None;
    radio.system().room.insert(On::Notices(device(1)), 0);
    radio.report(NOW, Report::Updatable);
    let to = |radio: &mut AppleRadio<Fake>, number| {
        let sent = radio.system().sent.iter().filter(|(to, _)| *to == device(number));
        sent.map(|(_, packet)| packet[0]).collect::<Vec<_>>()
    };
    let all: Vec<_> = (0..10).collect();
    assert_eq!((to(&mut radio, 1), to(&mut radio, 2)), (vec![], all.clone()));

    radio.system().room.clear();
    radio.report(NOW, Report::Updatable);

    assert_eq!((to(&mut radio, 1), to(&mut radio, 3)), (all.clone(), all));
}

#[test]
fn room_for_few_notifications_is_shared_by_turns() {
    let mut radio = ready();
    for number in 1..=3 {
        join(&mut radio, number);
    }
    radio.system().notices_in_all = Some(0);
    for number in 1..=3 {
        for packet in 0..4 {
            send(&mut radio, at(Side::Peripheral, number), vec![packet]);
        }
    }
    for _ in 0..6 {
        radio.system().notices_in_all = Some(1);
        radio.report(NOW, Report::Updatable);
    }

    for number in 1..=3 {
        let sent = radio.system().sent.iter().filter(|(to, _)| *to == device(number));
        assert_eq!(sent.map(|(_, packet)| packet[0]).collect::<Vec<_>>(), [0, 1]);
    }
}

#[test]
fn central_that_was_let_go_is_not_heard_before_it_comes_again() {
    let mut radio = ready();
    join(&mut radio, 1);
    radio.obey(NOW, RadioCommand::Disconnect(at(Side::Peripheral, 1)));
    radio.report(NOW, Report::Written(device(1), 20, vec![1]));
    send(&mut radio, at(Side::Peripheral, 1), vec![1]);
    radio.report(NOW, Report::Left(device(1)));
    assert_eq!((events(&mut radio), radio.system().sent.len()), (vec![], 0));

    join(&mut radio, 1);
    radio.report(NOW, Report::Left(device(1)));

    let gone = RadioEvent::Disconnected(at(Side::Peripheral, 1));
    assert_eq!(events(&mut radio), [gone]);
}

#[test]
fn central_that_cannot_be_answered_or_says_too_much_at_once_is_not_heard() {
    let mut radio = ready();
    radio.report(NOW, Report::Written(device(1), 20, vec![1]));
    radio.report(NOW, Report::Joined(device(1), 20));
    radio.report(NOW, Report::Written(device(1), 20, vec![1; MAX_VALUE_LEN + 1]));
    radio.report(NOW, Report::Left(device(1)));

    assert_eq!(events(&mut radio), []);
}

#[test]
fn connections_that_the_system_kept_for_an_earlier_process_are_ended() {
    let mut radio = AppleRadio::new(Fake::default());
    radio.report(NOW, Report::Restored(vec![device(1), device(2)]));
    assert_eq!(radio.system().take(), []);

    switch(&mut radio, Power::On);

    let ended = |number| [Call::Cancel(device(number)), Call::Forget(device(number))];
    let calls = [&ended(1)[..], &ended(2), &[Call::Publish]].concat();
    assert_eq!(radio.system().take(), calls);
}

#[test]
fn radio_that_is_wanted_no_more_ends_what_it_began() {
    let mut radio = ready();
    attach(&mut radio, 1, 100);
    join(&mut radio, 2);

    radio.stop();

    let calls = radio.system().take();
    for call in [Call::Cancel(device(1)), Call::Scan(false), Call::Advertise(None)] {
        assert!(calls.contains(&call), "{call:?} in {calls:?}");
    }
}

proptest! {
    /// Whatever the system says in whatever order, a connection is told of from its beginning to its end, and what is sent
    /// is never more than fits.
    #[test]
    fn connection_is_told_of_once_from_beginning_to_end(steps in proptest::collection::vec(peer(), 1..200)) {
        let mut radio = ready();
        let mut open = std::collections::BTreeSet::new();
        for (late, step) in (0..).zip(steps) {
            let now = NOW + Duration::from_secs(late);
            step.play(&mut radio, now);
            for event in events(&mut radio) {
                match event {
                    RadioEvent::Connected { device, max_packet } => {
                        prop_assert!(max_packet <= MAX_VALUE_LEN);
                        prop_assert!(open.insert(device));
                    }
                    RadioEvent::Disconnected(Contact { device, side: Side::Central }) => {
                        prop_assert!(open.remove(&device));
                    }
                    RadioEvent::ConnectFailed(device) => prop_assert!(!open.contains(&device) || step.is_connect()),
                    RadioEvent::State(_) => open.clear(),
                    RadioEvent::Packet { contact: Contact { device, side: Side::Central }, .. } => {
                        prop_assert!(open.contains(&device));
                    }
                    _ => {}
                }
            }
            if let Some(device) = step.disconnects() {
                open.remove(&device);
            }
        }
    }
}
