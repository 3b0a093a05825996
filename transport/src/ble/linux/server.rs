//! The peripheral's side: what is advertised, and the GATT server behind it.

use std::{pin::pin, sync::Arc};

use bluer::{
    adv::{Advertisement, AdvertisementHandle, Type},
    gatt::{
        CharacteristicWriter,
        local::{
            Application, ApplicationHandle, Characteristic, CharacteristicControl,
            CharacteristicControlEvent, CharacteristicNotify, CharacteristicNotifyMethod,
            CharacteristicRead, CharacteristicWrite, CharacteristicWriteMethod, ReqError, Service,
            characteristic_control,
        },
    },
};
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    MAX_PACKETS, PSM, RadioEvent, SERVICE, TO_CENTRAL, TO_PERIPHERAL, l2cap, max_value, peripheral,
    run::Served,
};
use crate::ble::{Advert, Device, lock};

/// Serves until dropped.
pub(super) struct Server {
    _application: ApplicationHandle,
    /// Takes in L2CAP channels.
    _channels: JoinSet<()>,
    packets: mpsc::Sender<Vec<u8>>,
    wanted: Option<Advert>,
    shown: Option<(Advert, AdvertisementHandle)>,
}

impl Server {
    pub(super) async fn start(
        adapter: &bluer::Adapter,
        is_gatt_only: bool,
        (events, served): (mpsc::Sender<RadioEvent>, Served),
    ) -> bluer::Result<Self> {
        let mut channels = JoinSet::new();
        let mut psm = None;
        if !is_gatt_only {
            match l2cap::bind(adapter).await {
                Ok((listener, number)) => {
                    psm = Some(number);
                    channels.spawn(l2cap::welcome(listener, events.clone(), Arc::clone(&served)));
                }
                // GATT alone does it, slower.
                Err(err) => log::info!("Bluetooth: no L2CAP channels here: {err}"),
            }
        }
        let (control, control_handle) = characteristic_control();
        let write = CharacteristicWrite {
            write_without_response: true,
            // The other way of taking writes does not tell one central from another.
            method: CharacteristicWriteMethod::Fun(Box::new(move |bytes, request| {
                let (events, served) = (events.clone(), Arc::clone(&served));
                Box::pin(async move {
                    if request.offset != 0 {
                        return Err(ReqError::InvalidOffset);
                    }
                    let device = Device::from_address(request.device_address.0);
                    let max_packet = match lock(&served).entry(device).or_default() {
                        Some(channel) if channel.is_heard() => channel.max_packet,
                        _ => max_value(request.mtu),
                    };
                    let contact = peripheral(device);
                    let packet = RadioEvent::Packet { contact, max_packet, bytes };
                    events.send(packet).await.map_err(|_stopped| ReqError::Failed)
                })
            })),
            ..CharacteristicWrite::default()
        };
        let notify = CharacteristicNotify {
            notify: true,
            method: CharacteristicNotifyMethod::Io,
            ..CharacteristicNotify::default()
        };
        let to_peripheral =
            Characteristic { uuid: TO_PERIPHERAL, write: Some(write), ..Characteristic::default() };
        let to_central = Characteristic {
            uuid: TO_CENTRAL,
            notify: Some(notify),
            control_handle,
            ..Characteristic::default()
        };
        let service = Service {
            uuid: SERVICE,
            primary: true,
            characteristics: [to_peripheral, to_central].into_iter().chain(psm.map(told)).collect(),
            ..Service::default()
        };
        let application = Application { services: vec![service], ..Application::default() };
        let application = adapter.serve_gatt_application(application).await?;
        let (packets, to_send) = mpsc::channel(MAX_PACKETS);
        tokio::spawn(notify_all(control, to_send));
        Ok(Self {
            _application: application,
            _channels: channels,
            packets,
            wanted: None,
            shown: None,
        })
    }

    /// Notifies all centrals; the packet says which one is meant. What there is no room for is lost.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        let _ = self.packets.try_send(bytes);
    }

    /// Shows this instead of the last one.
    pub(super) async fn show(&mut self, adapter: &bluer::Adapter, advert: Option<Advert>) {
        self.wanted = advert;
        self.shown = None;
        self.retry(adapter).await;
    }

    /// Shows what could not be shown before.
    pub(super) async fn retry(&mut self, adapter: &bluer::Adapter) {
        let Some(wanted) = self.wanted else { return };
        if self.shown.as_ref().is_some_and(|(shown, _)| *shown == wanted) {
            return;
        }
        let advertisement = Advertisement {
            advertisement_type: Type::Peripheral,
            // With its UUID listed as well it would not fit into 31 bytes.
            service_data: [(SERVICE, wanted.token.to_vec())].into(),
            // Without, others' BlueZ does not report it.
            discoverable: Some(true),
            min_interval: Some(wanted.every),
            max_interval: Some(wanted.every.saturating_mul(2)),
            ..Advertisement::default()
        };
        match adapter.advertise(advertisement).await {
            Ok(handle) => self.shown = Some((wanted, handle)),
            Err(err) => log::debug!("Bluetooth: advertising: {err}"),
        }
    }
}

/// What tells by which number a channel is opened.
fn told(psm: u16) -> Characteristic {
    let tell = move |_| -> futures_util::future::BoxFuture<'static, Result<Vec<u8>, ReqError>> {
        Box::pin(async move { Ok(psm.to_le_bytes().to_vec()) })
    };
    let read =
        CharacteristicRead { read: true, fun: Box::new(tell), ..CharacteristicRead::default() };
    Characteristic { uuid: PSM, read: Some(read), ..Characteristic::default() }
}

/// Notifies whoever has subscribed.
async fn notify_all(control: CharacteristicControl, mut packets: mpsc::Receiver<Vec<u8>>) {
    let mut control = pin!(control);
    let mut writer: Option<CharacteristicWriter> = None;
    loop {
        tokio::select! {
            event = control.next() => match event {
                Some(CharacteristicControlEvent::Notify(new)) => writer = Some(new),
                Some(CharacteristicControlEvent::Write(_)) => {}
                None => return,
            },
            packet = packets.recv() => {
                let Some(packet) = packet else { return };
                let Some(open) = &writer else { continue };
                if packet.len() > open.mtu() {
                    log::debug!("Bluetooth: a packet is longer than {}", open.mtu());
                } else if let Err(err) = open.send(&packet).await {
                    log::debug!("Bluetooth: notifying: {err}");
                    writer = None;
                }
            }
        }
    }
}
