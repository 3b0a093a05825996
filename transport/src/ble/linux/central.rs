//! The central's side: connections to devices that were heard.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use btleplug::{
    api::{Central as _, Characteristic, Manager as _, Peripheral as _, WriteType},
    platform::{Adapter, Manager, Peripheral, PeripheralId},
};
use futures_util::StreamExt as _;
use tokio::{
    sync::{Notify, mpsc},
    time::timeout,
};
use uuid::Uuid;

use super::{
    MAX_PACKETS, PSM, RadioEvent, SERVICE, TO_CENTRAL, TO_PERIPHERAL, central,
    l2cap::{self, Channel},
    max_value,
    run::{Note, Served},
};
use crate::ble::{Device, Token, listed_token, lock};

/// How long the connection itself may take: a phone that is near answers within a second or two. While
/// one hangs the device cannot be connected to either, so that two that try at once would wait for
/// each other.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// How long it may take to find the service then: on a busy machine, many seconds.
const DISCOVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// How long it may take to open an L2CAP channel then.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one write may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long leaving may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Tokens of one device that are heard as listed services: more than it shows in half an hour with few rooms, and few
/// enough that whoever lists a thousand is no trouble.
const MAX_LISTED: usize = 16;

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

/// Makes `BlueZ` forget what devices showed before: it tells of that as if it were heard now, long after they show
/// something else, or are gone.
pub(super) async fn forget_old(adapter: &bluer::Adapter) {
    let forget = async {
        for address in adapter.device_addresses().await? {
            let device = adapter.device(address)?;
            let data = device.service_data().await?.unwrap_or_default();
            let services = device.uuids().await?.unwrap_or_default();
            let shows = |uuid: &Uuid| listed_token(uuid.as_u128()).is_some();
            let is_ours = data.contains_key(&SERVICE) || services.iter().any(shows);
            let is_old = is_ours && !device.is_connected().await?;
            // One that the person paired with, for whatever it does besides, is not ours to remove.
            if is_old && !device.is_paired().await? {
                adapter.remove_device(address).await?;
            }
        }
        bluer::Result::Ok(())
    };
    if let Ok(Err(err)) = timeout(LEAVE_TIMEOUT, forget).await {
        log::debug!("Bluetooth: forgetting who was heard before: {err}");
    }
}

/// The tokens among the services that a device lists: the last ones, which are the newest.
pub(super) fn listed(services: &[Uuid]) -> Vec<Token> {
    let tokens = services.iter().rev().filter_map(|uuid| listed_token(uuid.as_u128()));
    tokens.take(MAX_LISTED).collect()
}

/// What a connection is made with.
#[derive(Clone)]
pub(super) struct Radio {
    pub(super) scanner: Adapter,
    pub(super) adapter: bluer::Adapter,
    pub(super) is_gatt_only: bool,
}

/// A connection, or an attempt at one. Dropping it ends it.
pub(super) struct Attached {
    packets: mpsc::Sender<Vec<u8>>,
    is_trying: bool,
    is_over: Arc<AtomicBool>,
}

impl Attached {
    pub(super) fn begin(
        radio: Radio,
        (device, id): (Device, PeripheralId),
        (events, notes): (mpsc::Sender<RadioEvent>, mpsc::Sender<Note>),
        served: &Served,
    ) -> Self {
        let (packets, to_send) = mpsc::channel(MAX_PACKETS);
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, served) = (Arc::clone(&is_over), Arc::clone(served));
        tokio::spawn(async move {
            let adapter = radio.adapter.clone();
            let attach = attach(radio, (device, id), events.clone(), notes.clone(), to_send);
            // In a task of its own: the libraries were seen to panic.
            if let Err(panic) = tokio::spawn(attach).await {
                log::warn!("Bluetooth: a connection failed inside: {panic}");
            }
            // `BlueZ` goes on telling what it once knew of a device, unless it is made to forget.
            let is_served = lock(&served).contains_key(&device);
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
    radio: Radio,
    (device, id): (Device, PeripheralId),
    events: mpsc::Sender<RadioEvent>,
    notes: mpsc::Sender<Note>,
    mut packets: mpsc::Receiver<Vec<u8>>,
) {
    let connected = connect(&radio.scanner, &id).await;
    let _ = notes.send(Note::Tried(device)).await;
    let (peripheral, found) = match connected {
        Ok(connected) => connected,
        Err(err) => {
            log::debug!("Bluetooth: connecting to {device}: {err}");
            return;
        }
    };
    let carried = carry(&radio, (&peripheral, device), &found, &events, &mut packets).await;
    if let Err(err) = carried {
        log::debug!("Bluetooth: {device}: {err}");
    }
    let _ = timeout(LEAVE_TIMEOUT, peripheral.disconnect()).await;
}

async fn connect(scanner: &Adapter, id: &PeripheralId) -> btleplug::Result<(Peripheral, Found)> {
    let peripheral = scanner.peripheral(id).await?;
    if !peripheral.is_connected().await? {
        within(CONNECT_TIMEOUT, peripheral.connect()).await?;
    }
    let found = within(DISCOVERY_TIMEOUT, discover(&peripheral)).await?;
    Ok((peripheral, found))
}

/// What of our service is used.
struct Found {
    to_peripheral: Characteristic,
    psm: Option<Characteristic>,
}

/// Finds our service, and asks to be notified by it.
async fn discover(peripheral: &Peripheral) -> btleplug::Result<Found> {
    peripheral.discover_services().await?;
    let missing = || btleplug::Error::NotSupported("the service is not there".to_owned());
    let characteristics = peripheral.characteristics();
    let find = |uuid| characteristics.iter().find(|found| found.uuid == uuid).cloned();
    let to_central = find(TO_CENTRAL).ok_or_else(missing)?;
    let to_peripheral = find(TO_PERIPHERAL).ok_or_else(missing)?;
    peripheral.subscribe(&to_central).await?;
    Ok(Found { to_peripheral, psm: find(PSM) })
}

/// What comes of it, unless that takes longer.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = btleplug::Result<T>>,
) -> btleplug::Result<T> {
    timeout(limit, work).await.unwrap_or(Err(btleplug::Error::TimedOut(limit)))
}

async fn carry(
    radio: &Radio,
    (peripheral, device): (&Peripheral, Device),
    found: &Found,
    events: &mpsc::Sender<RadioEvent>,
    packets: &mut mpsc::Receiver<Vec<u8>>,
) -> btleplug::Result<()> {
    let mut notified = peripheral.notifications().await?;
    let max_value = max_value(peripheral.mtu());
    let connected = RadioEvent::Connected { device, max_packet: max_value };
    if events.send(connected).await.is_err() {
        return Ok(());
    }
    let (channel, is_answered) = (Mutex::<Option<Channel>>::default(), Notify::new());
    let inward = async {
        while let Some(packet) = notified.next().await {
            if packet.uuid != TO_CENTRAL {
                continue;
            }
            is_answered.notify_one();
            let max_packet = lock(&channel).as_ref().map_or(max_value, |open| open.max_packet);
            let contact = central(device);
            let packet = RadioEvent::Packet { contact, max_packet, bytes: packet.value };
            if events.send(packet).await.is_err() {
                return;
            }
        }
    };
    let outward = async {
        while let Some(packet) = packets.recv().await {
            if let Some(open) = &*lock(&channel) {
                open.send(packet);
                continue;
            }
            // Cut for a channel that has closed meanwhile.
            if packet.len() > max_value {
                continue;
            }
            let to = &found.to_peripheral;
            within(WRITE_TIMEOUT, peripheral.write(to, &packet, WriteType::WithoutResponse))
                .await?;
        }
        Ok(())
    };
    let beside = async {
        // Whoever answers nothing need not be asked for more.
        is_answered.notified().await;
        if let Some(psm) = found.psm.as_ref().filter(|_| !radio.is_gatt_only) {
            let carried = carry_beside(radio, (peripheral, device), psm, events, &channel).await;
            log::debug!("Bluetooth: the channel to {device} is over: {carried:?}");
            *lock(&channel) = None;
        }
        pending::<()>().await;
    };
    tokio::select! {
        () = inward => Ok(()),
        ended = outward => ended,
        () = beside => Ok(()),
    }
}

/// Opens an L2CAP channel and carries packets on it until it closes.
async fn carry_beside(
    radio: &Radio,
    (peripheral, device): (&Peripheral, Device),
    psm: &Characteristic,
    events: &mpsc::Sender<RadioEvent>,
    channel: &Mutex<Option<Channel>>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let told = within(OPEN_TIMEOUT, peripheral.read(psm)).await?;
    let psm = u16::from_le_bytes(told.as_slice().try_into()?);
    let socket = timeout(OPEN_TIMEOUT, l2cap::open(&radio.adapter, device, psm)).await??;
    let (open, to_send) = Channel::on(&socket)?;
    *lock(channel) = Some(open);
    l2cap::carry(&socket, central(device), events, to_send).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{MAX_LISTED, listed};
    use crate::ble::{SERVICE, listed_uuid};

    #[test]
    fn device_that_lists_a_token_as_a_service_is_heard_and_one_that_lists_a_thousand_in_part() {
        let uuids = |count: u64| (0..count).map(|number| listed_uuid(number.to_be_bytes()));
        let few = [SERVICE, 0x180a].into_iter().chain(uuids(2)).map(Uuid::from_u128);
        let many = uuids(1_000).map(Uuid::from_u128);

        assert_eq!(listed(&few.collect::<Vec<_>>()), [1_u64, 0].map(u64::to_be_bytes));
        let heard = listed(&many.collect::<Vec<_>>());
        assert_eq!((heard.len(), heard[0]), (MAX_LISTED, 999_u64.to_be_bytes()));
    }
}
