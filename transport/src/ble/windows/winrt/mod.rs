//! What asks Windows. Nothing is decided here; all of it is called on the radio's thread, and what Windows calls on threads of its
//! own only tells the inbox, and never that it failed, whatever others sent. That thread belongs to no apartment, so that Windows puts it into the one for everybody.

mod central;
mod scanner;
mod server;

use std::{cell::OnceCell, collections::BTreeMap, rc::Rc};

use tokio::task::{AbortHandle, JoinSet};
use windows::{
    Devices::{
        Bluetooth::BluetoothAdapter,
        Radios::{Radio, RadioState as Power},
    },
    Foundation::TypedEventHandler,
    Storage::Streams::{DataReader, DataWriter, IBuffer},
    core::{Error, HRESULT, Ref, Result},
};

use self::{central::Connection, scanner::Scanner, server::Server};
use super::{AdvertStatus, Ask, Happening, System, inbox::Inbox, state_of};
use crate::ble::{MAX_PACKET_LEN, RadioState};

/// The result is longer than allowed (`E_BOUNDS`).
const TOO_LONG: HRESULT = HRESULT(0x8000_000B_u32.cast_signed());

/// What is held open for one run of the radio.
pub(super) struct Windows {
    inbox: Inbox,
    wanted: Option<[u8; 6]>,
    radio: Radio,
    /// What the handler of its changes is removed by.
    changes: i64,
    server: Option<Server>,
    scanner: Option<Scanner>,
    connections: BTreeMap<u64, Held>,
    /// What takes its time: dropped with this.
    tasks: JoinSet<()>,
}

/// An attempt to connect, and what came of it. Dropping it ends both.
struct Held {
    attempt: AbortHandle,
    connection: Rc<OnceCell<Connection>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.attempt.abort();
    }
}

impl System for Windows {
    type Settings = Option<[u8; 6]>;

    async fn begin(wanted: &Self::Settings, inbox: Inbox) -> std::result::Result<Self, RadioState> {
        let blame = |err: Error| {
            log::debug!("Bluetooth: {err}");
            state_of(err.code().0.cast_unsigned())
        };
        let (adapter, radio) = find(*wanted).await.map_err(blame)??;
        match power(radio.State().map_err(blame)?) {
            RadioState::Ready => {}
            state => return Err(state),
        }
        let changes = changes(&radio, inbox.clone()).map_err(blame)?;
        let mut this = Self {
            inbox,
            wanted: *wanted,
            radio,
            changes,
            server: None,
            scanner: None,
            connections: BTreeMap::new(),
            tasks: JoinSet::new(),
        };
        if adapter.IsPeripheralRoleSupported().map_err(blame)? {
            match Server::start(&this.inbox).await {
                Ok(server) => this.server = Some(server),
                // Too old a Windows, or not allowed: others can still be connected to.
                Err(err) => log::warn!("Bluetooth: others cannot connect here: {err}"),
            }
        } else {
            log::info!("Bluetooth: the adapter cannot be connected to");
        }
        Ok(this)
    }

    fn ask(&mut self, ask: Ask) {
        while self.tasks.try_join_next().is_some() {}
        match ask {
            Ask::Look => {
                let (inbox, wanted) = (self.inbox.clone(), self.wanted);
                self.tasks.spawn_local(async move {
                    inbox.tell(Happening::State(look(wanted).await));
                });
            }
            Ask::Show { token, is_discoverable } => {
                // If it cannot be, trying again is of no use.
                let shown = match &self.server {
                    Some(server) => server.show(&token, is_discoverable, &self.inbox),
                    None => {
                        self.inbox.tell(Happening::Advert(AdvertStatus::Started));
                        Ok(())
                    }
                };
                if let Err(err) = shown {
                    log::debug!("Bluetooth: advertising: {err}");
                    self.inbox.tell(Happening::Advert(AdvertStatus::Aborted));
                }
            }
            Ask::Hide => match &self.server {
                Some(server) => server.hide(&self.inbox),
                None => self.inbox.tell(Happening::Advert(AdvertStatus::Stopped)),
            },
            Ask::Scan(true) => match Scanner::start(&self.inbox) {
                Ok(scanner) => self.scanner = Some(scanner),
                Err(err) => {
                    log::debug!("Bluetooth: scanning: {err}");
                    self.inbox.tell(Happening::ScanStopped);
                }
            },
            Ask::Scan(false) => self.scanner = None,
            Ask::Open(number, address) => {
                let connection = Rc::new(OnceCell::new());
                let (kept, inbox) = (Rc::clone(&connection), self.inbox.clone());
                let attempt = self.tasks.spawn_local(async move {
                    match Connection::open(number, address, &inbox).await {
                        Ok((opened, max_packet)) => {
                            let _ = kept.set(opened);
                            inbox.tell(Happening::Opened { number, max_packet });
                        }
                        Err(err) => {
                            log::debug!("Bluetooth: connecting to {:012X}: {err}", address.number);
                            inbox.tell(Happening::Closed(number));
                        }
                    }
                });
                self.connections.insert(number, Held { attempt, connection });
            }
            Ask::Close(number) => drop(self.connections.remove(&number)),
            Ask::Write(number, packet) => {
                let held = self.connections.get(&number).and_then(|held| held.connection.get());
                if let Some(connection) = held {
                    connection.write(number, &packet, &self.inbox);
                }
            }
            Ask::Notify(device, packet) => {
                if let Some(server) = &self.server {
                    server.notify(device, &packet, &self.inbox);
                }
            }
        }
    }
}

impl Drop for Windows {
    fn drop(&mut self) {
        let _ = self.radio.RemoveStateChanged(self.changes);
    }
}

/// The adapter and its radio, or why they cannot be used.
async fn find(
    wanted: Option<[u8; 6]>,
) -> Result<std::result::Result<(BluetoothAdapter, Radio), RadioState>> {
    let adapter = BluetoothAdapter::GetDefaultAsync()?.await?;
    let is_other = |wanted| -> Result<bool> {
        Ok(super::device(adapter.BluetoothAddress()?).address() != Some(wanted))
    };
    if wanted.map_or(Ok(false), is_other)? {
        return Ok(Err(RadioState::Missing));
    }
    if !adapter.IsLowEnergySupported()? || !adapter.IsCentralRoleSupported()? {
        return Ok(Err(RadioState::Unsupported));
    }
    let radio = adapter.GetRadioAsync()?.await?;
    Ok(Ok((adapter, radio)))
}

/// Whether Bluetooth can still be used.
async fn look(wanted: Option<[u8; 6]>) -> RadioState {
    let state = match find(wanted).await {
        Ok(Ok((_, radio))) => radio.State().map(power),
        Ok(Err(state)) => Ok(state),
        Err(err) => Err(err),
    };
    state.unwrap_or_else(|err| state_of(err.code().0.cast_unsigned()))
}

/// Has it told when the radio is switched on or off.
fn changes(radio: &Radio, inbox: Inbox) -> Result<i64> {
    radio.StateChanged(&TypedEventHandler::new(move |radio: Ref<'_, Radio>, _| {
        if let Some(radio) = radio.as_ref() {
            inbox.tell(Happening::State(power(radio.State()?)));
        }
        Ok(())
    }))
}

fn power(power: Power) -> RadioState {
    match power {
        Power::On => RadioState::Ready,
        Power::Off | Power::Disabled => RadioState::Off,
        _ => RadioState::Missing,
    }
}

/// What Windows sends.
fn buffer(bytes: &[u8]) -> Result<IBuffer> {
    let writer = DataWriter::new()?;
    writer.WriteBytes(bytes)?;
    writer.DetachBuffer()
}

/// What Windows received, unless it is longer than any packet.
fn bytes(buffer: &IBuffer) -> Result<Vec<u8>> {
    let len = usize::try_from(buffer.Length()?).unwrap_or(usize::MAX);
    if len > MAX_PACKET_LEN {
        return Err(TOO_LONG.into());
    }
    let mut bytes = vec![0; len];
    DataReader::FromBuffer(buffer)?.ReadBytes(&mut bytes)?;
    Ok(bytes)
}
