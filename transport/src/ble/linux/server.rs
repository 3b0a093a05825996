//! The peripheral's side: what is advertised, and the GATT server behind it.

use std::{pin::pin, sync::Arc};

use bluer::{
    adv::{Advertisement, AdvertisementHandle, Type},
    gatt::{
        CharacteristicWriter,
        local::{
            Application, ApplicationHandle, Characteristic, CharacteristicControl,
            CharacteristicControlEvent, CharacteristicNotify, CharacteristicNotifyMethod,
            CharacteristicWrite, CharacteristicWriteMethod, ReqError, Service,
            characteristic_control,
        },
    },
};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::{MAX_PACKETS, RadioEvent, max_packet, peripheral, run::Served};
use crate::ble::{
    Device, Token, lock,
    radio::{SERVICE, TO_CENTRAL, TO_PERIPHERAL},
};

/// Serves until dropped.
pub(super) struct Server {
    _application: ApplicationHandle,
    packets: mpsc::Sender<Vec<u8>>,
    wanted: Option<Token>,
    shown: Option<(Token, AdvertisementHandle)>,
}

impl Server {
    pub(super) async fn start(
        adapter: &bluer::Adapter,
        events: mpsc::Sender<RadioEvent>,
        served: Served,
    ) -> bluer::Result<Self> {
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
                    lock(&served).insert(device);
                    let (contact, max_packet) = (peripheral(device), max_packet(request.mtu));
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
            characteristics: vec![to_peripheral, to_central],
            ..Service::default()
        };
        let application = Application { services: vec![service], ..Application::default() };
        let application = adapter.serve_gatt_application(application).await?;
        let (packets, to_send) = mpsc::channel(MAX_PACKETS);
        tokio::spawn(notify_all(control, to_send));
        Ok(Self { _application: application, packets, wanted: None, shown: None })
    }

    /// Notifies all centrals; the packet says which one is meant. What there is no room for is lost.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        let _ = self.packets.try_send(bytes);
    }

    /// Shows this token instead of the last one.
    pub(super) async fn show(&mut self, adapter: &bluer::Adapter, token: Option<Token>) {
        self.wanted = token;
        self.shown = None;
        self.retry(adapter).await;
    }

    /// Shows what could not be shown before.
    pub(super) async fn retry(&mut self, adapter: &bluer::Adapter) {
        let Some(token) = self.wanted else { return };
        if self.shown.as_ref().is_some_and(|(shown, _)| *shown == token) {
            return;
        }
        let advertisement = Advertisement {
            advertisement_type: Type::Peripheral,
            // With its UUID listed as well it would not fit into 31 bytes.
            service_data: [(SERVICE, token.to_vec())].into(),
            // Without, others' BlueZ does not report it.
            discoverable: Some(true),
            ..Advertisement::default()
        };
        match adapter.advertise(advertisement).await {
            Ok(handle) => self.shown = Some((token, handle)),
            Err(err) => log::debug!("Bluetooth: advertising: {err}"),
        }
    }
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
