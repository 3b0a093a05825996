//! One run of the radio: from an adapter that is there until it is not.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use bluer::{AdapterEvent, AdapterProperty, SessionEvent};
use btleplug::{
    api::{Central as _, CentralEvent, ScanFilter},
    platform::PeripheralId,
};
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, time::interval};

use super::{
    RadioCommand, RadioEvent, RadioState, SERVICE, Settings, central,
    central::{Attached, Radio},
    l2cap::Channel,
    peripheral,
    server::Server,
};
use crate::ble::{Device, Token, lock, radio::Side};

/// How often it is looked whether all is well.
const LOOK: Duration = Duration::from_secs(5);

/// What connections may have to say at once; they wait beyond.
const MAX_NOTES: usize = 16;

/// Devices heard that may be connected to.
const MAX_HEARD: usize = 256;

/// Centrals that are connected, with the L2CAP channel each may have opened: `BlueZ` forgets a device from
/// both sides at once.
pub(super) type Served = Arc<Mutex<BTreeMap<Device, Option<Channel>>>>;

/// Runs until something is gone: what, and whether it was all there.
pub(super) async fn run(
    settings: Settings,
    events: mpsc::Sender<RadioEvent>,
    commands: mpsc::Receiver<RadioCommand>,
) -> (RadioState, bool) {
    match Run::begin(settings, events).await {
        Ok(run) => (run.go(commands).await, true),
        Err(state) => (state, false),
    }
}

/// What an error says of the radio.
fn state_of(err: &bluer::Error) -> RadioState {
    log::debug!("Bluetooth: {err}");
    let is_denied = err.kind == bluer::ErrorKind::NotAuthorized
        || err.to_string().contains("org.freedesktop.DBus.Error.AccessDenied");
    if is_denied { RadioState::Denied } else { RadioState::Missing }
}

struct Run {
    session: bluer::Session,
    radio: Radio,
    server: Server,
    events: mpsc::Sender<RadioEvent>,
    served: Served,
    heard: BTreeMap<Device, PeripheralId>,
    /// Tokens that devices list as services, which `BlueZ` tells when they are new to it and not again.
    listed: BTreeMap<Device, Vec<Token>>,
    attached: BTreeMap<Device, Attached>,
    must_scan: bool,
    is_scanning: bool,
    /// Says that an attempt to connect is over, or a connection.
    notes: mpsc::Sender<Note>,
    noted: mpsc::Receiver<Note>,
}

/// What a connection's task says.
pub(super) enum Note {
    /// The attempt to connect is over.
    Tried(Device),
    /// All of it is over.
    Over(Device),
}

impl Run {
    async fn begin(
        settings: Settings,
        events: mpsc::Sender<RadioEvent>,
    ) -> Result<Self, RadioState> {
        let session = bluer::Session::new().await.map_err(|err| state_of(&err))?;
        let adapter = find(&session, settings.wanted).await?;
        if !adapter.is_powered().await.map_err(|err| state_of(&err))? {
            return Err(RadioState::Off);
        }
        let address = adapter.address().await.map_err(|err| state_of(&err))?;
        let scanner = central::scanner(address.0).await.ok_or(RadioState::Missing)?;
        central::forget_old(&adapter).await;
        let served = Served::default();
        let out = (events.clone(), Arc::clone(&served));
        let server = Server::start(&adapter, settings.is_gatt_only, out);
        let server = server.await.map_err(|err| state_of(&err))?;
        let (notes, noted) = mpsc::channel(MAX_NOTES);
        Ok(Self {
            session,
            radio: Radio { scanner, adapter, is_gatt_only: settings.is_gatt_only },
            server,
            events,
            served,
            heard: BTreeMap::new(),
            listed: BTreeMap::new(),
            attached: BTreeMap::new(),
            must_scan: false,
            is_scanning: false,
            notes,
            noted,
        })
    }

    async fn go(mut self, mut commands: mpsc::Receiver<RadioCommand>) -> RadioState {
        let name = self.radio.adapter.name().to_owned();
        let streams = (self.session.events().await, self.radio.adapter.events().await);
        let (Ok(sessions), Ok(changes), Ok(mut seen)) =
            (streams.0, streams.1, self.radio.scanner.events().await)
        else {
            return RadioState::Missing;
        };
        let (mut sessions, mut changes) = (pin!(sessions), pin!(changes));
        let mut looks = interval(LOOK);
        if self.events.send(RadioEvent::State(RadioState::Ready)).await.is_err() {
            return RadioState::Missing;
        }
        log::info!("Bluetooth: ready, {name}");
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => return RadioState::Missing,
                },
                Some(note) = self.noted.recv() => self.note(note).await,
                seen = seen.next() => match seen {
                    Some(event) => self.see(event).await,
                    None => return RadioState::Missing,
                },
                change = changes.next() => match change {
                    Some(AdapterEvent::PropertyChanged(AdapterProperty::Powered(false))) => {
                        return RadioState::Off;
                    }
                    Some(_) => {}
                    None => return RadioState::Missing,
                },
                change = sessions.next() => match change {
                    Some(SessionEvent::AdapterRemoved(gone)) if gone == name => {
                        return RadioState::Missing;
                    }
                    Some(_) => {}
                    None => return RadioState::Missing,
                },
                _ = looks.tick() => {
                    match self.radio.adapter.is_powered().await {
                        Ok(true) => {}
                        Ok(false) => return RadioState::Off,
                        Err(err) => return state_of(&err),
                    }
                    self.server.retry(&self.radio.adapter).await;
                    self.scan().await;
                }
            }
        }
    }

    async fn obey(&mut self, command: RadioCommand) {
        match command {
            RadioCommand::Advertise(advert) => self.server.show(&self.radio.adapter, advert).await,
            RadioCommand::Scan(must_scan) => {
                self.must_scan = must_scan;
                self.scan().await;
            }
            RadioCommand::Connect(device) => {
                if let Some(id) = self.heard.get(&device).cloned() {
                    let out = (self.events.clone(), self.notes.clone());
                    let radio = self.radio.clone();
                    let attached = Attached::begin(radio, (device, id), out, &self.served);
                    self.attached.insert(device, attached);
                    self.scan().await;
                } else {
                    let _ = self.events.send(RadioEvent::ConnectFailed(device)).await;
                }
            }
            RadioCommand::Send { contact, bytes } => match contact.side {
                Side::Peripheral => match lock(&self.served).get(&contact.device) {
                    Some(Some(channel)) if channel.is_heard() => channel.send(bytes),
                    _ => self.server.send(bytes),
                },
                Side::Central => {
                    if let Some(attached) = self.attached.get(&contact.device) {
                        attached.send(bytes);
                    }
                }
            },
            RadioCommand::Disconnect(contact) => match contact.side {
                Side::Central => drop(self.attached.remove(&contact.device)),
                Side::Peripheral => {
                    lock(&self.served).remove(&contact.device);
                    let is_used = self.attached.contains_key(&contact.device);
                    let address = contact.device.address().map(bluer::Address);
                    if let (false, Some(address)) = (is_used, address)
                        && let Ok(device) = self.radio.adapter.device(address)
                    {
                        tokio::spawn(async move { device.disconnect().await });
                    }
                }
            },
        }
    }

    /// Scans if it should: not while a connection is made, which only some radios can do at once.
    async fn scan(&mut self) {
        let is_trying = self.attached.values().any(Attached::is_trying);
        let must_scan = self.must_scan && !is_trying;
        if must_scan == self.is_scanning {
            return;
        }
        let done = if must_scan {
            self.radio.scanner.start_scan(ScanFilter::default()).await
        } else {
            self.radio.scanner.stop_scan().await
        };
        match done {
            Ok(()) => self.is_scanning = must_scan,
            // It is tried again at the next look.
            Err(err) => log::debug!("Bluetooth: scanning {must_scan}: {err}"),
        }
    }

    async fn note(&mut self, note: Note) {
        match note {
            Note::Tried(device) => {
                if let Some(attached) = self.attached.get_mut(&device) {
                    attached.end_trying();
                }
            }
            Note::Over(device) => {
                if self.attached.get(&device).is_some_and(Attached::is_over) {
                    self.attached.remove(&device);
                }
            }
        }
        self.scan().await;
    }

    async fn see(&mut self, event: CentralEvent) {
        match event {
            CentralEvent::ServiceDataAdvertisement { id, service_data } => {
                self.hear(id, service_data.get(&SERVICE)).await;
            }
            CentralEvent::ServicesAdvertisement { id, services } => {
                let tokens = central::listed(&services);
                let device = central::device(&id).filter(|_| !tokens.is_empty());
                let Some(device) = device else { return };
                if self.listed.len() >= MAX_HEARD {
                    self.listed.clear();
                }
                self.listed.insert(device, tokens);
                self.hear_listed(id, device).await;
            }
            // Heard again, with whatever it shows.
            CentralEvent::RssiUpdate { id, .. } => {
                if let Some(device) = central::device(&id) {
                    self.hear_listed(id, device).await;
                }
            }
            CentralEvent::DeviceDiscovered(id) => {
                let data = central::service_data(&self.radio.scanner, &id).await;
                self.hear(id, data.as_ref()).await;
            }
            CentralEvent::DeviceDisconnected(id) => {
                let Some(device) = central::device(&id) else { return };
                self.attached.remove(&device);
                if lock(&self.served).remove(&device).is_some() {
                    let gone = RadioEvent::Disconnected(peripheral(device));
                    let _ = self.events.send(gone).await;
                }
            }
            _ => {}
        }
    }

    async fn hear(&mut self, id: PeripheralId, data: Option<&Vec<u8>>) {
        let token = data.and_then(|data| data.as_slice().try_into().ok());
        if let (Some(token), Some(device)) = (token, central::device(&id)) {
            self.note_heard(id, device, token).await;
        }
    }

    async fn hear_listed(&mut self, id: PeripheralId, device: Device) {
        for token in self.listed.get(&device).cloned().unwrap_or_default() {
            self.note_heard(id.clone(), device, token).await;
        }
    }

    async fn note_heard(&mut self, id: PeripheralId, device: Device, token: Token) {
        if self.heard.len() >= MAX_HEARD {
            self.heard.clear();
        }
        self.heard.insert(device, id);
        let _ = self.events.send(RadioEvent::Heard { device, token }).await;
    }
}

/// The adapter with this address, or the system's own choice.
async fn find(
    session: &bluer::Session,
    wanted: Option<[u8; 6]>,
) -> Result<bluer::Adapter, RadioState> {
    let Some(wanted) = wanted else {
        return session.default_adapter().await.map_err(|err| state_of(&err));
    };
    for name in session.adapter_names().await.map_err(|err| state_of(&err))? {
        let Ok(adapter) = session.adapter(&name) else { continue };
        if adapter.address().await.is_ok_and(|address| address.0 == wanted) {
            return Ok(adapter);
        }
    }
    Err(RadioState::Missing)
}
