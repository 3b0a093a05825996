mod air;
mod fake;

use std::time::Duration;

use proptest::prelude::*;

use self::fake::{Call, Fake, On, device, peer};
use super::{
    MAX_CENTRALS, MAX_HEARD, MAX_PACKETS,
    central::{CONNECT_TIMEOUT, OPEN_TIMEOUT},
    manager::{AGAIN, Manager},
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
fn ready() -> Manager<Fake> {
    let mut manager = Manager::new(Fake::default());
    switch(&mut manager, Power::On);
    manager.report(NOW, Report::Published(true));
    assert_eq!(manager.poll(), Some(RadioEvent::State(RadioState::Ready)));
    manager.system().take();
    manager
}

fn switch(manager: &mut Manager<Fake>, power: Power) {
    manager.report(NOW, Report::Central(power));
    manager.report(NOW, Report::Peripheral(power));
}

fn events(manager: &mut Manager<Fake>) -> Vec<RadioEvent> {
    std::iter::from_fn(|| manager.poll()).collect()
}

/// Connects to a device, all the way.
fn attach(manager: &mut Manager<Fake>, number: u16, max_write: usize) {
    let device = device(number);
    manager.report(NOW, Report::Heard(device, [1; 8]));
    manager.obey(NOW, RadioCommand::Connect(device));
    manager.report(NOW, Report::Connected(device));
    manager.report(NOW, Report::Discovered(device, true));
    manager.report(NOW, Report::Subscribed(device, Some(max_write)));
    let max_packet = max_write.min(MAX_VALUE_LEN);
    assert_eq!(events(manager).last(), Some(&RadioEvent::Connected { device, max_packet }));
    let [connects, discovers, subscribes] = [Call::Connect, Call::Discover, Call::Subscribe];
    assert_eq!(manager.system().take(), [connects(device), discovers(device), subscribes(device)]);
}

/// A central comes and says something.
fn join(manager: &mut Manager<Fake>, number: u16) {
    manager.report(NOW, Report::Joined(device(number), MAX_VALUE_LEN));
    manager.report(NOW, Report::Written(device(number), MAX_VALUE_LEN, vec![0]));
    assert!(matches!(events(manager)[..], [RadioEvent::Packet { .. }]));
}

fn send(manager: &mut Manager<Fake>, contact: Contact, bytes: Vec<u8>) {
    manager.obey(NOW, RadioCommand::Send { contact, bytes });
}

#[test]
fn what_keeps_bluetooth_from_working_is_told_once_and_in_words_that_the_person_can_use() {
    for (power, state) in [
        (Power::Unauthorized, RadioState::Denied),
        (Power::Unsupported, RadioState::Missing),
        (Power::Off, RadioState::Off),
    ] {
        let mut manager = Manager::new(Fake::default());
        switch(&mut manager, power);
        switch(&mut manager, power);

        assert_eq!(events(&mut manager), [RadioEvent::State(state)], "{power:?}");
        assert_eq!(manager.system().take(), [], "nothing can be asked for");
    }
}

#[test]
fn bluetooth_is_ready_once_both_sides_are_on_and_the_service_is_there() {
    let mut manager = Manager::new(Fake::default());
    manager.report(NOW, Report::Central(Power::On));
    assert_eq!(manager.system().take(), []);
    manager.report(NOW, Report::Peripheral(Power::On));
    assert_eq!(manager.system().take(), [Call::Publish]);
    assert_eq!(events(&mut manager), []);

    manager.report(NOW, Report::Published(false));
    assert_eq!(manager.deadline(), Some(NOW + AGAIN));
    manager.timeout(NOW + AGAIN);
    assert_eq!(manager.system().take(), [Call::Publish]);
    manager.report(NOW, Report::Published(true));

    assert_eq!(events(&mut manager), [RadioEvent::State(RadioState::Ready)]);
}

#[test]
fn bluetooth_that_was_off_begins_anew_and_knows_nothing_of_before() {
    let mut manager = ready();
    attach(&mut manager, 1, 100);
    join(&mut manager, 2);

    manager.report(NOW, Report::Central(Power::Off));
    assert_eq!(events(&mut manager), [RadioEvent::State(RadioState::Off)]);
    assert_eq!(manager.system().take(), [Call::ForgetCentral(device(2)), Call::Forget(device(1))]);
    send(&mut manager, at(Side::Central, 1), vec![1]);
    send(&mut manager, at(Side::Peripheral, 2), vec![1]);
    manager.obey(NOW, RadioCommand::Connect(device(1)));
    assert_eq!(events(&mut manager), [RadioEvent::ConnectFailed(device(1))]);
    manager.report(NOW, Report::Central(Power::On));
    manager.report(NOW, Report::Published(true));

    let states = [RadioState::Starting, RadioState::Ready].map(RadioEvent::State);
    assert_eq!(events(&mut manager), states);
    assert_eq!(manager.system().take(), [Call::Publish]);
    attach(&mut manager, 1, 100);
}

#[test]
fn token_is_shown_as_a_service_and_again_if_the_system_would_not() {
    let mut manager = ready();
    let advert =
        |token| RadioCommand::Advertise(Some(Advert { token, every: Duration::from_millis(100) }));
    manager.obey(NOW, advert([7; 8]));
    assert_eq!(manager.system().take(), [Call::Advertise(Some(listed_uuid([7; 8])))]);
    manager.report(NOW, Report::Advertised(false));
    manager.timeout(NOW);
    assert_eq!(manager.system().take(), [], "it is not time yet");
    manager.timeout(NOW + AGAIN);
    assert_eq!(manager.system().take(), [Call::Advertise(Some(listed_uuid([7; 8])))]);
    manager.report(NOW, Report::Advertised(true));
    assert_eq!(manager.deadline(), None);

    manager.obey(NOW, RadioCommand::Advertise(None));

    assert_eq!(manager.system().take(), [Call::Advertise(None)]);
}

#[test]
fn attempt_that_hangs_at_any_step_is_given_up_and_told() {
    for steps in 0..3 {
        let mut manager = ready();
        let device = device(1);
        manager.report(NOW, Report::Heard(device, [1; 8]));
        manager.obey(NOW, RadioCommand::Connect(device));
        let reports = [Report::Connected(device), Report::Discovered(device, true)];
        for report in reports.into_iter().take(steps) {
            manager.report(NOW, report);
        }
        events(&mut manager);
        manager.system().take();
        let limit = if steps == 0 { CONNECT_TIMEOUT } else { OPEN_TIMEOUT };
        assert_eq!(manager.deadline(), Some(NOW + limit));

        manager.timeout(NOW + limit);

        assert_eq!(events(&mut manager), [RadioEvent::ConnectFailed(device)]);
        assert_eq!(manager.system().take(), [Call::Cancel(device)]);
        manager.report(NOW, Report::Connected(device));
        assert_eq!(manager.system().take(), [Call::Cancel(device)], "nobody waits for it");
    }
}

#[test]
fn device_without_the_service_or_that_loses_it_is_let_go() {
    let mut manager = ready();
    manager.report(NOW, Report::Heard(device(1), [1; 8]));
    manager.obey(NOW, RadioCommand::Connect(device(1)));
    manager.report(NOW, Report::Connected(device(1)));
    manager.report(NOW, Report::Discovered(device(1), false));
    assert_eq!(events(&mut manager).last(), Some(&RadioEvent::ConnectFailed(device(1))));
    manager.system().take();

    attach(&mut manager, 2, 100);
    manager.report(NOW, Report::Discovered(device(2), false));

    let gone = RadioEvent::Disconnected(at(Side::Central, 2));
    assert_eq!(events(&mut manager), [gone]);
    assert_eq!(manager.system().take(), [Call::Cancel(device(2))]);
}

#[test]
fn packets_wait_for_room_and_go_out_in_order_and_those_that_do_not_fit_are_lost() {
    let mut manager = ready();
    attach(&mut manager, 1, 20);
    manager.system().room.insert(On::Writes(device(1)), 2);
    for number in 0..5 {
        send(&mut manager, at(Side::Central, 1), vec![number; 1 + 19 * usize::from(number % 2)]);
    }
    send(&mut manager, at(Side::Central, 1), vec![9; 21]);
    assert_eq!(manager.system().sent.len(), 2);
    manager.system().room.insert(On::Writes(device(1)), 100);
    manager.report(NOW, Report::Writable(device(1)));
    send(&mut manager, at(Side::Central, 1), vec![5]);

    let first: Vec<_> = manager.system().sent.iter().map(|(_, packet)| packet[0]).collect();

    assert_eq!(first, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn flood_of_packets_devices_and_centrals_stays_bounded() {
    let mut manager = ready();
    attach(&mut manager, 1, 20);
    manager.system().room.insert(On::Writes(device(1)), 0);
    for _ in 0..10 * MAX_PACKETS {
        send(&mut manager, at(Side::Central, 1), vec![1]);
    }
    for number in 1_000..1_000 + 10 * MAX_HEARD {
        let number = u16::try_from(number).expect("small");
        manager.report(NOW, Report::Heard(device(number), [1; 8]));
        manager.report(NOW, Report::Joined(device(number), 20));
        while manager.poll().is_some() {}
    }

    let forgotten = manager.system().take();
    let kept = 10 * MAX_HEARD + 1 - count(&forgotten, |call| matches!(call, Call::Forget(_)));
    assert_eq!(kept, MAX_HEARD);
    assert!(!forgotten.contains(&Call::Forget(device(1))), "it is connected to");
    let refused = count(&forgotten, |call| matches!(call, Call::ForgetCentral(_)));
    assert_eq!(10 * MAX_HEARD - refused, MAX_CENTRALS);
    manager.system().room.clear();
    manager.report(NOW, Report::Writable(device(1)));
    assert_eq!(manager.system().sent.len(), MAX_PACKETS);
}

fn count(calls: &[Call], is_one: impl Fn(&Call) -> bool) -> usize {
    calls.iter().filter(|call| is_one(call)).count()
}

#[test]
fn central_that_takes_nothing_does_not_hold_up_the_others() {
    let mut manager = ready();
    for number in 1..=3 {
        join(&mut manager, number);
    }
    manager.system().room.insert(On::Notices(device(1)), 0);
    for round in 0..10 {
        for number in 1..=3 {
            send(&mut manager, at(Side::Peripheral, number), vec![round]);
        }
    }
    let to = |manager: &mut Manager<Fake>, number| {
        let sent = manager.system().sent.iter().filter(|(to, _)| *to == device(number));
        sent.map(|(_, packet)| packet[0]).collect::<Vec<_>>()
    };
    let all: Vec<_> = (0..10).collect();
    assert_eq!((to(&mut manager, 1), to(&mut manager, 2)), (vec![], all.clone()));

    manager.system().room.clear();
    manager.report(NOW, Report::Updatable);

    assert_eq!((to(&mut manager, 1), to(&mut manager, 3)), (all.clone(), all));
}

#[test]
fn room_for_few_notifications_is_shared_by_turns() {
    let mut manager = ready();
    for number in 1..=3 {
        join(&mut manager, number);
    }
    manager.system().notices_in_all = Some(0);
    for number in 1..=3 {
        for packet in 0..4 {
            send(&mut manager, at(Side::Peripheral, number), vec![packet]);
        }
    }
    for _ in 0..6 {
        manager.system().notices_in_all = Some(1);
        manager.report(NOW, Report::Updatable);
    }

    for number in 1..=3 {
        let sent = manager.system().sent.iter().filter(|(to, _)| *to == device(number));
        assert_eq!(sent.map(|(_, packet)| packet[0]).collect::<Vec<_>>(), [0, 1]);
    }
}

#[test]
fn central_that_was_let_go_is_not_heard_before_it_comes_again() {
    let mut manager = ready();
    join(&mut manager, 1);
    manager.obey(NOW, RadioCommand::Disconnect(at(Side::Peripheral, 1)));
    manager.report(NOW, Report::Written(device(1), 20, vec![1]));
    send(&mut manager, at(Side::Peripheral, 1), vec![1]);
    manager.report(NOW, Report::Left(device(1)));
    assert_eq!((events(&mut manager), manager.system().sent.len()), (vec![], 0));

    join(&mut manager, 1);
    manager.report(NOW, Report::Left(device(1)));

    let gone = RadioEvent::Disconnected(at(Side::Peripheral, 1));
    assert_eq!(events(&mut manager), [gone]);
}

#[test]
fn central_that_cannot_be_answered_or_says_too_much_at_once_is_not_heard() {
    let mut manager = ready();
    manager.report(NOW, Report::Written(device(1), 20, vec![1]));
    manager.report(NOW, Report::Joined(device(1), 20));
    manager.report(NOW, Report::Written(device(1), 20, vec![1; MAX_VALUE_LEN + 1]));
    manager.report(NOW, Report::Left(device(1)));

    assert_eq!(events(&mut manager), []);
}

#[test]
fn connections_that_the_system_kept_for_an_earlier_process_are_ended() {
    let mut manager = Manager::new(Fake::default());
    manager.report(NOW, Report::Restored(vec![device(1), device(2)]));
    assert_eq!(manager.system().take(), []);

    switch(&mut manager, Power::On);

    let ended = |number| [Call::Cancel(device(number)), Call::Forget(device(number))];
    let calls = [&ended(1)[..], &ended(2), &[Call::Publish]].concat();
    assert_eq!(manager.system().take(), calls);
}

#[test]
fn radio_that_is_wanted_no_more_ends_what_it_began() {
    let mut manager = ready();
    attach(&mut manager, 1, 100);
    join(&mut manager, 2);

    manager.stop();

    let calls = manager.system().take();
    for call in [Call::Cancel(device(1)), Call::Scan(false), Call::Advertise(None)] {
        assert!(calls.contains(&call), "{call:?} in {calls:?}");
    }
}

proptest! {
    /// Whatever the system says in whatever order, a connection is told of from its beginning to its end, and what is sent
    /// is never more than fits.
    #[test]
    fn connection_is_told_of_once_from_beginning_to_end(steps in proptest::collection::vec(peer(), 1..200)) {
        let mut manager = ready();
        let mut open = std::collections::BTreeSet::new();
        for (late, step) in (0..).zip(steps) {
            let now = NOW + Duration::from_secs(late);
            step.play(&mut manager, now);
            for event in events(&mut manager) {
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
