//! What decides, from a radio that is ready until it is not: no clock, no threads, no Windows.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use super::{Address, Ask, Happening, advert::Showing, device, outbox::Outbox};
use crate::ble::{
    Device,
    radio::{Contact, RadioCommand, RadioEvent, RadioState, Side},
};

/// How long the connection itself may take: a phone that is near answers within a second or two. While one hangs the device cannot
/// be connected to by others.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// How long it may take in all until packets can be sent.
pub(super) const OPEN_TIMEOUT: Duration = Duration::from_secs(23);

/// How often it is looked whether all is well.
pub(super) const LOOK: Duration = Duration::from_secs(5);

/// How long the answer to that may take.
pub(super) const LOOK_ANSWER: Duration = Duration::from_secs(12);

/// Devices heard that may be connected to.
pub(super) const MAX_HEARD: usize = 256;

/// Centrals whose packets are taken.
pub(super) const MAX_CENTRALS: usize = 16;

/// Centrals that are not listened to.
pub(super) const MAX_HUSHED: usize = 64;

/// How long a central that was let go is not listened to, while it stays: Windows disconnects none.
pub(super) const HUSH: Duration = Duration::from_secs(10);

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    Ask(Ask),
    Tell(RadioEvent),
}

/// A connection to a peripheral, or an attempt at one.
#[derive(Debug)]
struct Peripheral {
    number: u64,
    /// When it is to have come further; no more once it is open.
    due: Option<Duration>,
    is_open: bool,
    /// When it is to be open.
    open_by: Duration,
    max_packet: usize,
    outbox: Outbox,
}

#[derive(Debug, Default)]
struct Central {
    has_subscribed: bool,
    outbox: Outbox,
}

#[derive(Debug)]
pub(super) struct Machine {
    showing: Showing,
    must_scan: bool,
    is_scanning: bool,
    heard: BTreeMap<Device, Address>,
    peripherals: BTreeMap<Device, Peripheral>,
    next_number: u64,
    centrals: BTreeMap<Device, Central>,
    /// Centrals that were let go, and until when they are not listened to.
    hushed: BTreeMap<Device, Duration>,
    look_at: Duration,
    /// Until when the answer to a look is waited for.
    look_by: Option<Duration>,
    ended: Option<RadioState>,
    outputs: VecDeque<Output>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            showing: Showing::new(),
            must_scan: false,
            is_scanning: false,
            heard: BTreeMap::new(),
            peripherals: BTreeMap::new(),
            next_number: 0,
            centrals: BTreeMap::new(),
            hushed: BTreeMap::new(),
            look_at: LOOK,
            look_by: None,
            ended: None,
            outputs: VecDeque::new(),
        }
    }

    /// Why it is over, if it is.
    pub(super) fn ended(&self) -> Option<RadioState> {
        self.ended
    }

    /// What is to be done next.
    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When it is to be called though nothing happens.
    pub(super) fn deadline(&self) -> Duration {
        let connections = self.peripherals.values().flat_map(|peripheral| {
            [peripheral.due, peripheral.outbox.deadline()].into_iter().flatten()
        });
        let centrals = self.centrals.values().filter_map(|central| central.outbox.deadline());
        let other = [self.look_by, self.showing.deadline()].into_iter().flatten();
        connections.chain(centrals).chain(other).fold(self.look_at, Duration::min)
    }

    pub(super) fn timeout(&mut self, now: Duration) {
        if self.look_by.is_some_and(|at| at <= now) {
            log::warn!("Bluetooth: the system does not answer");
            self.ended = Some(RadioState::Missing);
        }
        if self.look_at <= now {
            self.look_at = now.saturating_add(LOOK);
            self.look_by.get_or_insert(now.saturating_add(LOOK_ANSWER));
            self.ask(Ask::Look);
            self.scan();
        }
        let overdue = |peripheral: &Peripheral| {
            peripheral.due.is_some_and(|at| at <= now) || peripheral.outbox.is_stalled(now)
        };
        let over = |(at, peripheral): (&Device, &Peripheral)| overdue(peripheral).then_some(*at);
        for device in self.peripherals.iter().filter_map(over).collect::<Vec<_>>() {
            self.lose(device);
        }
        let stalled =
            |(at, central): (&Device, &Central)| central.outbox.is_stalled(now).then_some(*at);
        for device in self.centrals.iter().filter_map(stalled).collect::<Vec<_>>() {
            self.leave(device);
        }
        self.hushed.retain(|_, until| *until > now);
        self.show(now);
    }

    pub(super) fn obey(&mut self, now: Duration, command: RadioCommand) {
        match command {
            RadioCommand::Advertise(advert) => {
                self.showing.want(advert.map(|advert| advert.token));
                self.show(now);
            }
            RadioCommand::Scan(must_scan) => {
                self.must_scan = must_scan;
                self.scan();
            }
            RadioCommand::Connect(device) => self.connect(now, device),
            RadioCommand::Send { contact: Contact { device, side: Side::Central }, bytes } => {
                if let Some(peripheral) = self.peripherals.get_mut(&device)
                    && peripheral.is_open
                    && bytes.len() <= peripheral.max_packet
                {
                    peripheral.outbox.push(bytes);
                    self.write(now, device);
                }
            }
            RadioCommand::Send { contact: Contact { device, side: Side::Peripheral }, bytes } => {
                if let Some(central) = self.centrals.get_mut(&device) {
                    central.outbox.push(bytes);
                    self.notify(now, device);
                }
            }
            RadioCommand::Disconnect(Contact { device, side: Side::Central }) => {
                if let Some(old) = self.peripherals.remove(&device) {
                    self.ask(Ask::Close(old.number));
                }
            }
            RadioCommand::Disconnect(Contact { device, side: Side::Peripheral }) => {
                if self.centrals.remove(&device).is_some() {
                    if self.hushed.len() >= MAX_HUSHED {
                        self.hushed.clear();
                    }
                    self.hushed.insert(device, now.saturating_add(HUSH));
                }
            }
        }
    }

    pub(super) fn happened(&mut self, now: Duration, happening: Happening) {
        match happening {
            Happening::State(RadioState::Ready) => self.look_by = None,
            Happening::State(state) => self.ended = Some(state),
            Happening::Advert(status) => {
                self.showing.status(now, status);
                self.show(now);
            }
            // It is tried again at the next look.
            Happening::ScanStopped => self.is_scanning = false,
            Happening::Heard(address, token) => {
                let device = device(address.number);
                if self.heard.len() >= MAX_HEARD && !self.heard.contains_key(&device) {
                    self.heard.clear();
                }
                self.heard.insert(device, address);
                self.tell(RadioEvent::Heard { device, token });
            }
            Happening::Reached(number) => {
                if let Some((_, peripheral)) = self.numbered(number)
                    && !peripheral.is_open
                {
                    peripheral.due = Some(peripheral.open_by);
                }
            }
            Happening::Opened { number, max_packet } => {
                if let Some((device, peripheral)) = self.numbered(number) {
                    (peripheral.is_open, peripheral.due) = (true, None);
                    peripheral.max_packet = max_packet;
                    self.tell(RadioEvent::Connected { device, max_packet });
                }
            }
            Happening::Closed(number) | Happening::Wrote(number, false) => {
                if let Some((device, _)) = self.numbered(number) {
                    self.lose(device);
                }
            }
            Happening::Wrote(number, true) => {
                if let Some((device, peripheral)) = self.numbered(number) {
                    peripheral.outbox.done(now);
                    self.write(now, device);
                }
            }
            Happening::Received { number, max_packet, bytes } => {
                if let Some((device, peripheral)) = self.numbered(number)
                    && peripheral.is_open
                {
                    peripheral.max_packet = max_packet;
                    let contact = Contact { device, side: Side::Central };
                    self.tell(RadioEvent::Packet { contact, max_packet, bytes });
                }
            }
            Happening::Written { device, max_packet, bytes } => {
                if self.takes_from(now, device) {
                    let contact = Contact { device, side: Side::Peripheral };
                    self.tell(RadioEvent::Packet { contact, max_packet, bytes });
                }
            }
            Happening::Subscribed(all) => self.subscribed(&all.into_iter().collect()),
            Happening::Notified(device) => {
                if let Some(central) = self.centrals.get_mut(&device) {
                    central.outbox.done(now);
                    self.notify(now, device);
                }
            }
        }
    }

    fn ask(&mut self, ask: Ask) {
        self.outputs.push_back(Output::Ask(ask));
    }

    fn tell(&mut self, event: RadioEvent) {
        self.outputs.push_back(Output::Tell(event));
    }

    fn show(&mut self, now: Duration) {
        if let Some(ask) = self.showing.next(now) {
            self.ask(ask);
        }
    }

    fn scan(&mut self) {
        if self.must_scan != self.is_scanning {
            self.is_scanning = self.must_scan;
            self.ask(Ask::Scan(self.must_scan));
        }
    }

    fn connect(&mut self, now: Duration, device: Device) {
        if let Some(old) = self.peripherals.remove(&device) {
            self.ask(Ask::Close(old.number));
        }
        let Some(address) = self.heard.get(&device).copied() else {
            return self.tell(RadioEvent::ConnectFailed(device));
        };
        let number = self.next_number;
        self.next_number = number.wrapping_add(1);
        let peripheral = Peripheral {
            number,
            due: Some(now.saturating_add(CONNECT_TIMEOUT)),
            is_open: false,
            open_by: now.saturating_add(OPEN_TIMEOUT),
            max_packet: 0,
            outbox: Outbox::default(),
        };
        self.peripherals.insert(device, peripheral);
        self.ask(Ask::Open(number, address));
    }

    /// The connection with this number. One that was let go has none any more: what is told of it is late.
    fn numbered(&mut self, number: u64) -> Option<(Device, &mut Peripheral)> {
        let found = self.peripherals.iter_mut().find(|(_, found)| found.number == number);
        found.map(|(device, peripheral)| (*device, peripheral))
    }

    /// A connection to a peripheral is over, or there will be none.
    fn lose(&mut self, device: Device) {
        let Some(old) = self.peripherals.remove(&device) else { return };
        self.ask(Ask::Close(old.number));
        let side = Side::Central;
        self.tell(if old.is_open {
            RadioEvent::Disconnected(Contact { device, side })
        } else {
            RadioEvent::ConnectFailed(device)
        });
    }

    /// A connection from a central is over.
    fn leave(&mut self, device: Device) {
        if self.centrals.remove(&device).is_some() {
            let side = Side::Peripheral;
            self.tell(RadioEvent::Disconnected(Contact { device, side }));
        }
    }

    /// Whether packets of this central are taken, who is known from then on.
    fn takes_from(&mut self, now: Duration, device: Device) -> bool {
        let is_hushed = self.hushed.get(&device).is_some_and(|until| *until > now);
        let is_full = self.centrals.len() >= MAX_CENTRALS && !self.centrals.contains_key(&device);
        if is_hushed || is_full {
            return false;
        }
        self.centrals.entry(device).or_default();
        true
    }

    /// Who has subscribed. Whoever had and has not any more is gone, and comes anew if it comes again.
    fn subscribed(&mut self, all: &BTreeSet<Device>) {
        self.hushed.retain(|device, _| all.contains(device));
        let is_gone = |(device, central): (&Device, &mut Central)| {
            central.has_subscribed |= all.contains(device);
            (central.has_subscribed && !all.contains(device)).then_some(*device)
        };
        for device in self.centrals.iter_mut().filter_map(is_gone).collect::<Vec<_>>() {
            self.leave(device);
        }
    }

    fn write(&mut self, now: Duration, device: Device) {
        if let Some(peripheral) = self.peripherals.get_mut(&device)
            && let Some(bytes) = peripheral.outbox.next(now)
        {
            let number = peripheral.number;
            self.ask(Ask::Write(number, bytes));
        }
    }

    fn notify(&mut self, now: Duration, device: Device) {
        if let Some(central) = self.centrals.get_mut(&device)
            && let Some(bytes) = central.outbox.next(now)
        {
            self.ask(Ask::Notify(device, bytes));
        }
    }
}
