//! The central's side: connections to devices that were heard.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use btleplug::{
    api::{Central as _, Characteristic, Manager as _, Peripheral as _, WriteType},
    platform::{Adapter, Manager, Peripheral, PeripheralId},
};
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, time::timeout};

use super::{
    MAX_PACKETS, RadioEvent, central, max_packet,
    run::{Note, Served},
};
use crate::ble::{
    Device, lock,
    radio::{SERVICE, TO_CENTRAL, TO_PERIPHERAL},
};

/// How long the connection itself may take: a phone that is near answers within a second or two. While
/// one hangs the device cannot be connected to either, so that two that try at once would wait for
/// each other.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// How long it may take to find the service then: on a busy machine, many seconds.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// How long one write may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long leaving may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// What scans on the adapter with this address.
pub(super) async fn scanner(address: [u8; 6]) -> Option<Adapter> {
    let manager = Manager::new().await.ok()?;
    for adapter in manager.adapters().await.ok()? {
        let found = adapter.adapter_address().await.ok().flatten();
        if found.is_some_and(|found| found.into_inner() == address) {
            return Some(adapter);
        }
    }
    None
}

/// The device that `BlueZ` names `hci0/dev_00_11_22_33_44_55`.
pub(super) fn device(id: &PeripheralId) -> Option<Device> {
    let name = id.to_string();
    let (_, address) = name.rsplit_once("dev_")?;
    let mut bytes = [0; 6];
    let mut parts = address.split('_');
    for byte in &mut bytes {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then(|| Device::from_address(bytes))
}

/// What a device shows for our service, if it does.
pub(super) async fn service_data(adapter: &Adapter, id: &PeripheralId) -> Option<Vec<u8>> {
    let peripheral = adapter.peripheral(id).await.ok()?;
    let mut properties = peripheral.properties().await.ok().flatten()?;
    properties.service_data.remove(&SERVICE)
}

/// A connection, or an attempt at one. Dropping it ends it.
pub(super) struct Attached {
    packets: mpsc::Sender<Vec<u8>>,
    is_trying: bool,
    is_over: Arc<AtomicBool>,
}

impl Attached {
    pub(super) fn begin(
        (scanner, adapter): (Adapter, bluer::Adapter),
        (device, id): (Device, PeripheralId),
        (events, notes): (mpsc::Sender<RadioEvent>, mpsc::Sender<Note>),
        served: &Served,
    ) -> Self {
        let (packets, to_send) = mpsc::channel(MAX_PACKETS);
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, served) = (Arc::clone(&is_over), Arc::clone(served));
        tokio::spawn(async move {
            let attach = attach(scanner, (device, id), events.clone(), notes.clone(), to_send);
            // In a task of its own: the libraries were seen to panic.
            if let Err(panic) = tokio::spawn(attach).await {
                log::warn!("Bluetooth: a connection failed inside: {panic}");
            }
            // `BlueZ` goes on telling what it once knew of a device, unless it is made to forget.
            let is_served = lock(&served).contains(&device);
            if let (false, Some(address)) = (is_served, device.address()) {
                let forget = adapter.remove_device(bluer::Address(address));
                let _ = timeout(LEAVE_TIMEOUT, forget).await;
            }
            over.store(true, Ordering::Relaxed);
            let _ = events.send(RadioEvent::ConnectFailed(device)).await;
            let _ = events.send(RadioEvent::Disconnected(central(device))).await;
            let _ = notes.send(Note::Over(device)).await;
        });
        Self { packets, is_trying: true, is_over }
    }

    /// Sends a packet; what there is no room for is lost.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        let _ = self.packets.try_send(bytes);
    }

    pub(super) fn is_trying(&self) -> bool {
        self.is_trying && !self.is_over()
    }

    pub(super) fn end_trying(&mut self) {
        self.is_trying = false;
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// Connects and carries packets until either side ends it.
async fn attach(
    scanner: Adapter,
    (device, id): (Device, PeripheralId),
    events: mpsc::Sender<RadioEvent>,
    notes: mpsc::Sender<Note>,
    mut packets: mpsc::Receiver<Vec<u8>>,
) {
    let connected = connect(&scanner, &id).await;
    let _ = notes.send(Note::Tried(device)).await;
    let (peripheral, characteristic) = match connected {
        Ok(connected) => connected,
        Err(err) => {
            log::debug!("Bluetooth: connecting to {device}: {err}");
            return;
        }
    };
    let carried = carry(&peripheral, &characteristic, device, &events, &mut packets).await;
    if let Err(err) = carried {
        log::debug!("Bluetooth: {device}: {err}");
    }
    let _ = timeout(LEAVE_TIMEOUT, peripheral.disconnect()).await;
}

async fn connect(
    scanner: &Adapter,
    id: &PeripheralId,
) -> btleplug::Result<(Peripheral, Characteristic)> {
    let peripheral = scanner.peripheral(id).await?;
    if !peripheral.is_connected().await? {
        within(CONNECT_TIMEOUT, peripheral.connect()).await?;
    }
    let characteristic = within(DISCOVERY_TIMEOUT, discover(&peripheral)).await?;
    Ok((peripheral, characteristic))
}

/// Finds our service, and asks to be notified by it.
async fn discover(peripheral: &Peripheral) -> btleplug::Result<Characteristic> {
    peripheral.discover_services().await?;
    let missing = || btleplug::Error::NotSupported("the service is not there".to_owned());
    let characteristics = peripheral.characteristics();
    let find = |uuid| characteristics.iter().find(|found| found.uuid == uuid).cloned();
    let to_central = find(TO_CENTRAL).ok_or_else(missing)?;
    let to_peripheral = find(TO_PERIPHERAL).ok_or_else(missing)?;
    peripheral.subscribe(&to_central).await?;
    Ok(to_peripheral)
}

/// What comes of it, unless that takes longer.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = btleplug::Result<T>>,
) -> btleplug::Result<T> {
    timeout(limit, work).await.unwrap_or(Err(btleplug::Error::TimedOut(limit)))
}

async fn carry(
    peripheral: &Peripheral,
    characteristic: &Characteristic,
    device: Device,
    events: &mpsc::Sender<RadioEvent>,
    packets: &mut mpsc::Receiver<Vec<u8>>,
) -> btleplug::Result<()> {
    let mut notified = peripheral.notifications().await?;
    let max_packet = max_packet(peripheral.mtu());
    if events.send(RadioEvent::Connected { device, max_packet }).await.is_err() {
        return Ok(());
    }
    let inward = async {
        while let Some(packet) = notified.next().await {
            if packet.uuid != TO_CENTRAL {
                continue;
            }
            let contact = central(device);
            let packet = RadioEvent::Packet { contact, max_packet, bytes: packet.value };
            if events.send(packet).await.is_err() {
                return;
            }
        }
    };
    let outward = async {
        while let Some(packet) = packets.recv().await {
            let write = peripheral.write(characteristic, &packet, WriteType::WithoutResponse);
            within(WRITE_TIMEOUT, write).await?;
        }
        Ok(())
    };
    tokio::select! {
        () = inward => Ok(()),
        ended = outward => ended,
    }
}
