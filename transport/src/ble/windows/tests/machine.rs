//! Connections, as the system makes them and loses them.

use std::time::Duration;

use super::super::{
    Address, Ask, Happening, device,
    machine::{
        CONNECT_TIMEOUT, HUSH, LOOK, MAX_CENTRALS, MAX_HEARD, Machine, OPEN_TIMEOUT, Output,
    },
    outbox::{MAX_HELD, MAX_PACKETS, STALLED},
};
use crate::ble::{
    Device, RadioCommand, RadioEvent,
    radio::{Contact, Side},
};

const NOW: Duration = Duration::from_secs(1);

fn address(number: u64) -> Address {
    Address { number, is_random: Some(true) }
}

fn contact(number: u64, side: Side) -> Contact {
    Contact { device: device(number), side }
}

fn drain(machine: &mut Machine) -> Vec<Output> {
    std::iter::from_fn(|| machine.poll()).collect()
}

/// One that heard this device, and connects to it as the first.
fn connecting(number: u64) -> Machine {
    let mut machine = Machine::new();
    machine.happened(NOW, Happening::Heard(address(number), [1; 8]));
    machine.obey(NOW, RadioCommand::Connect(device(number)));
    assert_eq!(drain(&mut machine).pop(), Some(Output::Ask(Ask::Open(0, address(number)))));
    machine
}

/// A packet from a central.
fn written(number: u64) -> Happening {
    Happening::Written { device: device(number), max_packet: 20, bytes: vec![1] }
}

fn send(number: u64, side: Side, byte: u8) -> RadioCommand {
    RadioCommand::Send { contact: contact(number, side), bytes: vec![byte] }
}

/// To whom something was notified.
fn notified(machine: &mut Machine) -> Vec<Device> {
    let asks = drain(machine).into_iter().filter_map(|output| match output {
        Output::Ask(Ask::Notify(device, _)) => Some(device),
        _ => None,
    });
    asks.collect()
}

#[test]
fn attempt_that_hangs_is_given_up_and_told_once_and_what_comes_late_is_not() {
    for (is_reached, due) in [(false, CONNECT_TIMEOUT), (true, OPEN_TIMEOUT)] {
        let mut machine = connecting(5);
        if is_reached {
            machine.happened(NOW, Happening::Reached(0));
        }
        machine.timeout(NOW + due - Duration::from_millis(1));
        assert!(!drain(&mut machine).contains(&Output::Ask(Ask::Close(0))));
        assert!(machine.deadline() <= NOW + due);
        machine.timeout(NOW + due);
        let over = [Output::Ask(Ask::Close(0)), Output::Tell(RadioEvent::ConnectFailed(device(5)))];
        assert!(drain(&mut machine).ends_with(&over));

        let late = Happening::Received { number: 0, max_packet: 20, bytes: vec![1] };
        let opened = Happening::Opened { number: 0, max_packet: 20 };
        for happening in [opened, late, Happening::Wrote(0, false), Happening::Closed(0)] {
            machine.happened(NOW + due, happening);
        }
        assert_eq!(drain(&mut machine), []);
    }
}

#[test]
fn device_that_was_not_heard_cannot_be_connected_to() {
    let mut machine = Machine::new();
    machine.obey(NOW, RadioCommand::Connect(device(5)));
    assert_eq!(drain(&mut machine), [Output::Tell(RadioEvent::ConnectFailed(device(5)))]);
}

#[test]
fn connection_is_let_go_of_when_it_is_ended_and_told_when_it_ends() {
    let mut machine = connecting(5);
    machine.happened(NOW, Happening::Opened { number: 0, max_packet: 20 });
    let connected = RadioEvent::Connected { device: device(5), max_packet: 20 };
    assert_eq!(drain(&mut machine), [Output::Tell(connected)]);
    machine.obey(NOW, RadioCommand::Disconnect(contact(5, Side::Central)));
    assert_eq!(drain(&mut machine), [Output::Ask(Ask::Close(0))]);

    machine.obey(NOW, RadioCommand::Connect(device(5)));
    machine.happened(NOW, Happening::Opened { number: 1, max_packet: 20 });
    drain(&mut machine);
    machine.happened(NOW, Happening::Closed(1));
    let gone = RadioEvent::Disconnected(contact(5, Side::Central));
    assert_eq!(drain(&mut machine), [Output::Ask(Ask::Close(1)), Output::Tell(gone)]);
}

#[test]
fn central_that_takes_nothing_is_given_up_and_holds_up_no_other() {
    let mut machine = Machine::new();
    for number in [1, 2] {
        machine.happened(NOW, written(number));
    }
    for _ in 0..100 {
        machine.obey(NOW, send(1, Side::Peripheral, 1));
    }
    assert_eq!(notified(&mut machine), [device(1); MAX_HELD]);
    for _ in 0..100 {
        machine.obey(NOW, send(2, Side::Peripheral, 2));
        machine.happened(NOW, Happening::Notified(device(2)));
    }
    assert_eq!(notified(&mut machine), [device(2); 100]);

    machine.timeout(NOW + STALLED);
    let gone = Output::Tell(RadioEvent::Disconnected(contact(1, Side::Peripheral)));
    let outputs = drain(&mut machine);
    assert_eq!(outputs.iter().filter(|output| matches!(output, Output::Tell(_))).count(), 1);
    assert!(outputs.contains(&gone));
}

#[test]
fn packets_beyond_what_may_wait_are_lost() {
    let mut machine = connecting(5);
    machine.happened(NOW, Happening::Opened { number: 0, max_packet: 20 });
    for _ in 0..10 * MAX_PACKETS {
        machine.obey(NOW, send(5, Side::Central, 1));
    }
    let long = RadioCommand::Send { contact: contact(5, Side::Central), bytes: vec![0; 21] };
    machine.obey(NOW, long);
    let mut writes = 0;
    loop {
        let asked = drain(&mut machine).into_iter();
        let asked = asked.filter(|output| matches!(output, Output::Ask(Ask::Write(..)))).count();
        if asked == 0 {
            break;
        }
        writes += asked;
        (0..asked).for_each(|_| machine.happened(NOW, Happening::Wrote(0, true)));
    }
    assert_eq!(writes, MAX_PACKETS + MAX_HELD);
}

#[test]
fn crowd_of_devices_costs_no_more_than_a_few() {
    let mut machine = Machine::new();
    for number in 0..1_000 {
        machine.happened(NOW, written(number));
        machine.happened(NOW, Happening::Heard(address(number), [1; 8]));
    }
    let packets = drain(&mut machine).into_iter();
    let taken = packets.filter(|told| matches!(told, Output::Tell(RadioEvent::Packet { .. })));
    assert_eq!(taken.count(), MAX_CENTRALS);
    let known = (0..1_000).filter(|number| {
        machine.obey(NOW, RadioCommand::Connect(device(*number)));
        matches!(drain(&mut machine).as_slice(), [Output::Ask(Ask::Open(..))])
    });
    assert!(known.count() <= MAX_HEARD);
}

#[test]
fn central_that_was_let_go_is_not_listened_to_until_it_comes_anew() {
    let mut machine = Machine::new();
    let is_taken = |machine: &mut Machine, now| {
        machine.happened(now, written(1));
        !drain(machine).is_empty()
    };
    let let_go = RadioCommand::Disconnect(contact(1, Side::Peripheral));
    machine.happened(NOW, Happening::Subscribed(vec![device(1)]));
    assert!(is_taken(&mut machine, NOW));
    machine.obey(NOW, let_go.clone());
    assert!(!is_taken(&mut machine, NOW), "it goes on as if nothing was");
    machine.happened(NOW, Happening::Subscribed(vec![]));
    assert!(is_taken(&mut machine, NOW), "it has left, and comes again");

    machine.obey(NOW, let_go);
    assert!(is_taken(&mut machine, NOW + HUSH), "Windows may not have told that it left");
}

#[test]
fn central_is_gone_when_it_has_unsubscribed_and_not_before_it_subscribed() {
    let mut machine = Machine::new();
    machine.happened(NOW, written(1));
    machine.happened(NOW, Happening::Subscribed(vec![]));
    assert_eq!(drain(&mut machine).len(), 1, "its packet");
    machine.happened(NOW, Happening::Subscribed(vec![device(1), device(2)]));
    machine.happened(NOW, Happening::Subscribed(vec![device(2)]));
    let gone = RadioEvent::Disconnected(contact(1, Side::Peripheral));
    assert_eq!(drain(&mut machine), [Output::Tell(gone)]);
}

#[test]
fn scan_that_the_system_ended_is_begun_again_while_it_is_wanted() {
    let mut machine = Machine::new();
    for wanted in [true, true, false, true] {
        machine.obey(NOW, RadioCommand::Scan(wanted));
    }
    assert_eq!(drain(&mut machine), [true, false, true].map(|on| Output::Ask(Ask::Scan(on))));
    machine.happened(NOW, Happening::ScanStopped);
    machine.timeout(NOW + LOOK);
    assert!(drain(&mut machine).contains(&Output::Ask(Ask::Scan(true))));
}
