//! What decides: which state Bluetooth is in, what the system is asked for next, and what of all it says is passed on.
//! Knows no clock and nothing of `CoreBluetooth`.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{
    Device, MAX_CENTRALS, MAX_HEARD,
    central::Central,
    peripheral::Peripheral,
    system::{Power, Report, System},
};
use crate::ble::{RadioCommand, RadioEvent, RadioState, Side, listed_uuid};

/// How long to wait before something is tried again that the system did not do.
pub(super) const AGAIN: Duration = Duration::from_secs(3);

/// What the system is asked for once and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Asked {
    /// It is not wanted, or cannot be.
    #[default]
    Not,
    /// It is being done.
    Pending,
    /// It is done.
    Done,
    /// It failed, and is tried again then.
    Again(Duration),
}

/// One adapter, with both of the system's managers.
#[derive(Debug)]
pub(super) struct AppleRadio<S> {
    system: S,
    power: [Power; 2],
    state: RadioState,
    service: Asked,
    advert: Option<u128>,
    advertising: Asked,
    central: Central,
    peripheral: Peripheral,
    /// Devices that were heard, each with when that was last among all.
    heard: BTreeMap<Device, u64>,
    hearings: u64,
    /// Connections of an earlier process, which are of no use: nobody knows what was said on them.
    restored: Vec<Device>,
    events: VecDeque<RadioEvent>,
}

impl<S: System> AppleRadio<S> {
    pub(super) fn new(system: S) -> Self {
        Self {
            system,
            power: [Power::Unknown; 2],
            state: RadioState::Starting,
            service: Asked::Not,
            advert: None,
            advertising: Asked::Not,
            central: Central::default(),
            peripheral: Peripheral::default(),
            heard: BTreeMap::new(),
            hearings: 0,
            restored: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// What the system is, for who keeps its objects.
    pub(super) fn system(&mut self) -> &mut S {
        &mut self.system
    }

    /// What is to be told of, in order.
    pub(super) fn poll(&mut self) -> Option<RadioEvent> {
        self.events.pop_front()
    }

    /// When [`timeout`](Self::timeout) is to be called at the latest.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let again = [self.service, self.advertising].into_iter().filter_map(|asked| match asked {
            Asked::Again(at) => Some(at),
            _ => None,
        });
        again.chain(self.central.deadline()).min()
    }

    /// It is this late.
    pub(super) fn timeout(&mut self, now: Duration) {
        let is_due = |asked| matches!(asked, Asked::Again(at) if at <= now);
        if is_due(self.service) {
            self.publish();
        }
        if is_due(self.advertising) {
            self.advertise();
        }
        while let Some(event) = self.central.overdue(now, &mut self.system) {
            self.events.push_back(event);
        }
    }

    /// The system says something.
    pub(super) fn report(&mut self, now: Duration, report: Report) {
        let system = &mut self.system;
        let event = match report {
            Report::Central(power) => return self.set_power(0, power),
            Report::Peripheral(power) => return self.set_power(1, power),
            Report::Restored(devices) => {
                return self.restored.extend(devices.into_iter().take(MAX_CENTRALS));
            }
            Report::Published(is_there) => return self.published(now, is_there),
            Report::Advertised(is_shown) => return self.advertised(now, is_shown),
            Report::Heard(device, token) => {
                self.keep(device);
                let is_ready = self.state == RadioState::Ready;
                is_ready.then_some(RadioEvent::Heard { device, token })
            }
            Report::Connected(device) => {
                self.central.connected(now, device, system);
                None
            }
            Report::Lost(device) => self.central.lost(device),
            Report::Discovered(device, is_there) => {
                self.central.discovered(device, is_there, system)
            }
            Report::Subscribed(device, max_write) => {
                self.central.subscribed(device, max_write, system)
            }
            Report::Notified(device, max, bytes) => self.central.notified(device, max, bytes),
            Report::Writable(device) => {
                self.central.flush(device, system);
                None
            }
            Report::Joined(central, max_update) => {
                self.peripheral.joined(central, max_update, system);
                None
            }
            Report::Left(central) => self.peripheral.left(central, system),
            Report::Written(central, max, bytes) => self.peripheral.written(central, max, bytes),
            Report::Updatable => {
                self.peripheral.updatable(system);
                None
            }
        };
        self.events.extend(event);
    }

    /// Does what the transport says.
    pub(super) fn obey(&mut self, now: Duration, command: RadioCommand) {
        let system = &mut self.system;
        if self.state != RadioState::Ready {
            // Whatever it was, it is lost; it is said again once there is a radio.
            if let RadioCommand::Connect(device) = command {
                self.events.push_back(RadioEvent::ConnectFailed(device));
            }
            return;
        }
        match command {
            RadioCommand::Advertise(advert) => {
                self.advert = advert.map(|advert| listed_uuid(advert.token));
                self.advertise();
            }
            RadioCommand::Scan(is_wanted) => system.scan(is_wanted),
            RadioCommand::Connect(device) => {
                self.events.extend(self.central.connect(now, device, system));
            }
            RadioCommand::Send { contact, bytes } => match contact.side {
                Side::Central => self.central.send(contact.device, bytes, system),
                Side::Peripheral => self.peripheral.send(contact.device, bytes, system),
            },
            RadioCommand::Disconnect(contact) => match contact.side {
                Side::Central => self.central.disconnect(contact.device, system),
                Side::Peripheral => self.peripheral.disconnect(contact.device),
            },
        }
    }

    /// Ends everything: nothing more is wanted.
    pub(super) fn stop(&mut self) {
        self.central.stop(&mut self.system);
        self.peripheral.clear(&mut self.system);
        if self.state == RadioState::Ready {
            self.system.scan(false);
            self.system.advertise(None);
        }
        self.forget_heard();
    }

    fn set_power(&mut self, which: usize, power: Power) {
        if let Some(known) = self.power.get_mut(which) {
            *known = power;
        }
        self.look();
    }

    /// Follows what both managers say.
    fn look(&mut self) {
        let are_on = self.power == [Power::On; 2];
        if !are_on {
            self.begin_anew();
        } else if self.service == Asked::Not {
            for device in std::mem::take(&mut self.restored) {
                self.system.cancel(device);
                self.system.forget(device);
            }
            self.publish();
        }
        let state = match self.power {
            [Power::Unauthorized, _] | [_, Power::Unauthorized] => RadioState::Denied,
            [Power::Unsupported, _] | [_, Power::Unsupported] => RadioState::Missing,
            [Power::Off, _] | [_, Power::Off] => RadioState::Off,
            _ if self.service == Asked::Done => RadioState::Ready,
            _ => RadioState::Starting,
        };
        if state != self.state {
            log::info!("Bluetooth: {state:?}");
            self.state = state;
            self.events.push_back(RadioEvent::State(state));
        }
    }

    /// What there was is over, as whoever hears of the state knows.
    fn begin_anew(&mut self) {
        self.central.clear();
        self.peripheral.clear(&mut self.system);
        self.forget_heard();
        (self.service, self.advertising, self.advert) = (Asked::Not, Asked::Not, None);
    }

    fn forget_heard(&mut self) {
        for device in std::mem::take(&mut self.heard).into_keys() {
            self.system.forget(device);
        }
    }

    fn publish(&mut self) {
        self.service = Asked::Pending;
        self.system.publish();
    }

    fn published(&mut self, now: Duration, is_there: bool) {
        if self.service == Asked::Pending {
            let again = Asked::Again(now.saturating_add(AGAIN));
            self.service = if is_there { Asked::Done } else { again };
            self.look();
        }
    }

    fn advertise(&mut self) {
        self.advertising = self.advert.map_or(Asked::Not, |_| Asked::Pending);
        self.system.advertise(self.advert);
    }

    fn advertised(&mut self, now: Duration, is_shown: bool) {
        if self.advertising == Asked::Pending {
            let again = Asked::Again(now.saturating_add(AGAIN));
            self.advertising = if is_shown { Asked::Done } else { again };
        }
    }

    /// Keeps a device that was heard, instead of the one that was not for longest.
    fn keep(&mut self, device: Device) {
        self.hearings = self.hearings.saturating_add(1);
        self.heard.insert(device, self.hearings);
        if self.heard.len() <= MAX_HEARD {
            return;
        }
        let unused = self.heard.iter().filter(|(device, _)| !self.central.has(**device));
        let oldest = unused.min_by_key(|(_, heard)| **heard).map(|(device, _)| *device);
        if let Some(oldest) = oldest {
            self.heard.remove(&oldest);
            self.system.forget(oldest);
        }
    }
}
