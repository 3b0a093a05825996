//! The central's side: connections to devices that were heard. The system gives up on none by itself.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Device, MAX_PACKETS, system::System};
use crate::ble::{MAX_VALUE_LEN, RadioEvent, Side, radio::Contact};

/// How long the connection itself may take: a device that is near answers within a second or two.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// How long it may take then until packets can be sent.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(15);

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    Discovering,
    Subscribing,
    Ready,
}

#[derive(Debug)]
struct Attached {
    stage: Stage,
    /// When it is to be ready, or to have come further.
    due: Duration,
    max_packet: usize,
    waiting: VecDeque<Vec<u8>>,
}

/// All connections that this device made.
#[derive(Debug, Default)]
pub(super) struct Central {
    attached: BTreeMap<Device, Attached>,
}

impl Central {
    /// Whether this device is connected to, or about to be.
    pub(super) fn has(&self, device: Device) -> bool {
        self.attached.contains_key(&device)
    }

    /// When something is to be done at the latest.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let opening = self.attached.values().filter(|attached| attached.stage != Stage::Ready);
        opening.map(|attached| attached.due).min()
    }

    pub(super) fn connect(
        &mut self,
        now: Duration,
        device: Device,
        system: &mut impl System,
    ) -> Option<RadioEvent> {
        if self.has(device) || !system.connect(device) {
            return Some(RadioEvent::ConnectFailed(device));
        }
        let attached = Attached {
            stage: Stage::Connecting,
            due: now.saturating_add(CONNECT_TIMEOUT),
            max_packet: 0,
            waiting: VecDeque::new(),
        };
        self.attached.insert(device, attached);
        None
    }

    pub(super) fn connected(&mut self, now: Duration, device: Device, system: &mut impl System) {
        match self.attached.get_mut(&device) {
            Some(attached) if attached.stage == Stage::Connecting => {
                attached.stage = Stage::Discovering;
                attached.due = now.saturating_add(OPEN_TIMEOUT);
                system.discover(device);
            }
            Some(_) => {}
            // It was given up meanwhile.
            None => system.cancel(device),
        }
    }

    pub(super) fn discovered(
        &mut self,
        device: Device,
        is_there: bool,
        system: &mut impl System,
    ) -> Option<RadioEvent> {
        let attached = self.attached.get_mut(&device)?;
        match attached.stage {
            Stage::Discovering if is_there => {
                attached.stage = Stage::Subscribing;
                system.subscribe(device);
                None
            }
            // Also where the service goes away later.
            _ if !is_there => self.end(device, system),
            _ => None,
        }
    }

    pub(super) fn subscribed(
        &mut self,
        device: Device,
        max_write: Option<usize>,
        system: &mut impl System,
    ) -> Option<RadioEvent> {
        let attached = self.attached.get_mut(&device)?;
        let Some(max_write) = max_write else { return self.end(device, system) };
        if attached.stage != Stage::Subscribing {
            return None;
        }
        attached.stage = Stage::Ready;
        attached.max_packet = max_write.min(MAX_VALUE_LEN);
        Some(RadioEvent::Connected { device, max_packet: attached.max_packet })
    }

    pub(super) fn notified(
        &mut self,
        device: Device,
        max_write: usize,
        bytes: Vec<u8>,
    ) -> Option<RadioEvent> {
        let attached = self.attached.get_mut(&device)?;
        if attached.stage != Stage::Ready || bytes.len() > MAX_VALUE_LEN {
            return None;
        }
        attached.max_packet = max_write.min(MAX_VALUE_LEN);
        let (contact, max_packet) = (contact(device), attached.max_packet);
        Some(RadioEvent::Packet { contact, max_packet, bytes })
    }

    /// Sends a packet; what there is no room for is lost.
    pub(super) fn send(&mut self, device: Device, packet: Vec<u8>, system: &mut impl System) {
        let Some(attached) = self.attached.get_mut(&device) else { return };
        if attached.stage == Stage::Ready && attached.waiting.len() < MAX_PACKETS {
            attached.waiting.push_back(packet);
            self.flush(device, system);
        }
    }

    /// Writes what waits, as far as there is room.
    pub(super) fn flush(&mut self, device: Device, system: &mut impl System) {
        let Some(attached) = self.attached.get_mut(&device) else { return };
        while let Some(packet) = attached.waiting.front() {
            // Unless it was cut for more than the connection takes.
            if packet.len() <= attached.max_packet && !system.write(device, packet) {
                return;
            }
            attached.waiting.pop_front();
        }
    }

    /// Ends a connection without a word.
    pub(super) fn disconnect(&mut self, device: Device, system: &mut impl System) {
        if self.attached.remove(&device).is_some() {
            system.cancel(device);
        }
    }

    /// A connection is over, as the system says.
    pub(super) fn lost(&mut self, device: Device) -> Option<RadioEvent> {
        let attached = self.attached.remove(&device)?;
        Some(match attached.stage {
            Stage::Ready => RadioEvent::Disconnected(contact(device)),
            _ => RadioEvent::ConnectFailed(device),
        })
    }

    fn end(&mut self, device: Device, system: &mut impl System) -> Option<RadioEvent> {
        system.cancel(device);
        self.lost(device)
    }

    /// Gives up one attempt that takes too long.
    pub(super) fn overdue(
        &mut self,
        now: Duration,
        system: &mut impl System,
    ) -> Option<RadioEvent> {
        let is_overdue =
            |attached: &Attached| attached.stage != Stage::Ready && attached.due <= now;
        let found = self.attached.iter().find(|(_, attached)| is_overdue(attached));
        let device = *found?.0;
        self.end(device, system)
    }

    /// Everything is over, and the system knows.
    pub(super) fn clear(&mut self) {
        self.attached.clear();
    }

    /// Ends everything.
    pub(super) fn stop(&mut self, system: &mut impl System) {
        for device in std::mem::take(&mut self.attached).into_keys() {
            system.cancel(device);
        }
    }
}

fn contact(device: Device) -> Contact {
    Contact { device, side: Side::Central }
}
