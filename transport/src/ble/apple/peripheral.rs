//! The peripheral's side: centrals that have subscribed. The system has one queue for the notifications of all of them, says
//! when it is full, and lets no app end a connection.

use std::collections::{BTreeMap, VecDeque};

use super::{Device, MAX_CENTRALS, MAX_PACKETS, system::System};
use crate::ble::{MAX_VALUE_LEN, RadioEvent, Side, radio::Contact};

#[derive(Debug)]
struct Subscriber {
    max_packet: usize,
    waiting: VecDeque<Vec<u8>>,
    /// There was no room for its last notification.
    is_blocked: bool,
    /// It has written something.
    is_met: bool,
    /// It was disconnected as far as the transport is concerned: it is not heard before it has left and come again.
    is_let_go: bool,
}

/// All centrals that are served.
#[derive(Debug, Default)]
pub(super) struct Peripheral {
    subscribers: BTreeMap<Device, Subscriber>,
    /// Who was notified last: the next one comes first.
    last: Option<Device>,
}

impl Peripheral {
    /// A central has subscribed. Nothing comes of it before it writes.
    pub(super) fn joined(&mut self, central: Device, max_update: usize, system: &mut impl System) {
        let is_new = !self.subscribers.contains_key(&central);
        if is_new && self.subscribers.len() >= MAX_CENTRALS {
            system.forget_central(central);
            return;
        }
        let subscriber = Subscriber {
            max_packet: max_update.min(MAX_VALUE_LEN),
            waiting: VecDeque::new(),
            is_blocked: false,
            is_met: false,
            is_let_go: false,
        };
        self.subscribers.insert(central, subscriber);
    }

    pub(super) fn left(&mut self, central: Device, system: &mut impl System) -> Option<RadioEvent> {
        let subscriber = self.subscribers.remove(&central)?;
        system.forget_central(central);
        let is_known = subscriber.is_met && !subscriber.is_let_go;
        is_known.then(|| RadioEvent::Disconnected(contact(central)))
    }

    /// A central has written; only one that can be answered is heard.
    pub(super) fn written(
        &mut self,
        central: Device,
        max_update: usize,
        bytes: Vec<u8>,
    ) -> Option<RadioEvent> {
        let subscriber = self.subscribers.get_mut(&central)?;
        if subscriber.is_let_go || bytes.len() > MAX_VALUE_LEN {
            return None;
        }
        subscriber.is_met = true;
        subscriber.max_packet = max_update.min(MAX_VALUE_LEN);
        let (contact, max_packet) = (contact(central), subscriber.max_packet);
        Some(RadioEvent::Packet { contact, max_packet, bytes })
    }

    /// Notifies a central; what there is no room for is lost.
    pub(super) fn send(&mut self, central: Device, packet: Vec<u8>, system: &mut impl System) {
        let Some(subscriber) = self.subscribers.get_mut(&central) else { return };
        if !subscriber.is_let_go && subscriber.waiting.len() < MAX_PACKETS {
            subscriber.waiting.push_back(packet);
            self.flush(system);
        }
    }

    /// There is room again, for anybody.
    pub(super) fn updatable(&mut self, system: &mut impl System) {
        for subscriber in self.subscribers.values_mut() {
            subscriber.is_blocked = false;
        }
        self.flush(system);
    }

    /// Notifies of what waits, of one packet for each central in turn, as far as there is room.
    fn flush(&mut self, system: &mut impl System) {
        let next = |peripheral: &Self| {
            let sends =
                |(_, one): &(&Device, &Subscriber)| !one.is_blocked && !one.waiting.is_empty();
            let all = || peripheral.subscribers.iter().filter(sends);
            let after = all().find(|(device, _)| Some(**device) > peripheral.last);
            after.or_else(|| all().next()).map(|(device, _)| *device)
        };
        while let Some(central) = next(self) {
            self.last = Some(central);
            let Some(subscriber) = self.subscribers.get_mut(&central) else { return };
            let Some(packet) = subscriber.waiting.front() else { return };
            // Unless it was cut for more than the connection takes.
            if packet.len() <= subscriber.max_packet && !system.notify(central, packet) {
                subscriber.is_blocked = true;
            } else {
                subscriber.waiting.pop_front();
            }
        }
    }

    /// Has no more to do with a central, as far as that can be.
    pub(super) fn disconnect(&mut self, central: Device) {
        if let Some(subscriber) = self.subscribers.get_mut(&central) {
            subscriber.is_let_go = true;
            subscriber.waiting.clear();
        }
    }

    /// All of them are gone.
    pub(super) fn clear(&mut self, system: &mut impl System) {
        for central in std::mem::take(&mut self.subscribers).into_keys() {
            system.forget_central(central);
        }
    }
}

fn contact(device: Device) -> Contact {
    Contact { device, side: Side::Peripheral }
}
