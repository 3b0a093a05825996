//! A system that does what a test says.

use std::{collections::BTreeMap, time::Duration};

use proptest::prelude::*;

use crate::ble::{
    Device, RadioCommand, Side,
    apple::{
        radio::AppleRadio,
        system::{Power, Report, System},
    },
    radio::Contact,
};

/// What was asked for, but packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    Publish,
    Advertise(Option<u128>),
    Scan(bool),
    Connect(Device),
    Cancel(Device),
    Discover(Device),
    Subscribe(Device),
    Forget(Device),
    ForgetCentral(Device),
}

/// Where there is room for packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    Writes(Device),
    Notices(Device),
}

#[derive(Debug, Default)]
pub(super) struct Fake {
    pub(super) calls: Vec<Call>,
    /// For how many packets there is room; without an entry, for all.
    pub(super) room: BTreeMap<On, usize>,
    /// For how many notifications there is room, whoever gets them.
    pub(super) notices_in_all: Option<usize>,
    pub(super) sent: Vec<(Device, Vec<u8>)>,
}

impl Fake {
    /// What was asked for since.
    pub(super) fn take(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.calls)
    }

    fn send(&mut self, on: On, device: Device, packet: &[u8]) -> bool {
        if self.room.get(&on) == Some(&0) {
            return false;
        }
        if let Some(room) = self.room.get_mut(&on) {
            *room -= 1;
        }
        self.sent.push((device, packet.to_vec()));
        true
    }
}

impl System for Fake {
    fn publish(&mut self) {
        self.calls.push(Call::Publish);
    }

    fn advertise(&mut self, listed: Option<u128>) {
        self.calls.push(Call::Advertise(listed));
    }

    fn scan(&mut self, is_wanted: bool) {
        self.calls.push(Call::Scan(is_wanted));
    }

    fn connect(&mut self, device: Device) -> bool {
        self.calls.push(Call::Connect(device));
        true
    }

    fn cancel(&mut self, device: Device) {
        self.calls.push(Call::Cancel(device));
    }

    fn discover(&mut self, device: Device) {
        self.calls.push(Call::Discover(device));
    }

    fn subscribe(&mut self, device: Device) {
        self.calls.push(Call::Subscribe(device));
    }

    fn write(&mut self, device: Device, packet: &[u8]) -> bool {
        self.send(On::Writes(device), device, packet)
    }

    fn notify(&mut self, central: Device, packet: &[u8]) -> bool {
        if self.notices_in_all == Some(0) {
            return false;
        }
        if let Some(room) = &mut self.notices_in_all {
            *room -= 1;
        }
        self.send(On::Notices(central), central, packet)
    }

    fn forget(&mut self, device: Device) {
        self.calls.push(Call::Forget(device));
    }

    fn forget_central(&mut self, central: Device) {
        self.calls.push(Call::ForgetCentral(central));
    }
}

/// A device by a number.
pub(super) fn device(number: u16) -> Device {
    let mut bytes = [0xfe; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    Device(bytes)
}

/// Something that happens to one of three devices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    what: u8,
    device: Device,
}

pub(super) fn peer() -> impl Strategy<Value = Step> {
    (0_u8..13, 0_u16..3).prop_map(|(what, number)| Step { what, device: device(number) })
}

impl Step {
    pub(super) fn is_connect(self) -> bool {
        self.what == 1
    }

    pub(super) fn disconnects(self) -> Option<Device> {
        (self.what == 8).then_some(self.device)
    }

    pub(super) fn play(self, radio: &mut AppleRadio<Fake>, now: Duration) {
        let device = self.device;
        let contact = Contact { device, side: Side::Central };
        match self.what {
            0 => radio.report(now, Report::Heard(device, [1; 8])),
            1 => radio.obey(now, RadioCommand::Connect(device)),
            2 => radio.report(now, Report::Connected(device)),
            3 => radio.report(now, Report::Discovered(device, true)),
            4 => radio.report(now, Report::Subscribed(device, Some(1_000))),
            5 => radio.report(now, Report::Notified(device, 1_000, vec![1])),
            6 => radio.obey(now, RadioCommand::Send { contact, bytes: vec![1] }),
            7 => radio.report(now, Report::Lost(device)),
            8 => radio.obey(now, RadioCommand::Disconnect(contact)),
            9 => radio.timeout(now),
            10 => radio.report(now, Report::Discovered(device, false)),
            11 => radio.report(now, Report::Subscribed(device, None)),
            _ => {
                radio.report(now, Report::Central(Power::Off));
                radio.report(now, Report::Central(Power::On));
                radio.report(now, Report::Published(true));
            }
        }
    }
}
