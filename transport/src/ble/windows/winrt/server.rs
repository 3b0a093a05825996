//! The peripheral's side: what is advertised, and the GATT server behind it.

use windows::{
    Devices::Bluetooth::{
        BluetoothError,
        GenericAttributeProfile::{
            GattCharacteristicProperties, GattLocalCharacteristic,
            GattLocalCharacteristicParameters, GattProtectionLevel, GattServiceProvider,
            GattServiceProviderAdvertisementStatus,
            GattServiceProviderAdvertisementStatusChangedEventArgs,
            GattServiceProviderAdvertisingParameters, GattSession, GattWriteRequest,
            GattWriteRequestedEventArgs,
        },
    },
    Foundation::TypedEventHandler,
    core::{Error, GUID, HRESULT, Ref, Result},
};

use super::{
    super::{AdvertStatus, Happening, device_named, inbox::Inbox, max_value},
    buffer, bytes,
};
use crate::ble::{Device, Token, radio};

/// It failed (`E_FAIL`).
const FAILED: HRESULT = HRESULT(0x8000_4005_u32.cast_signed());

/// Serves until dropped. There is no characteristic for L2CAP channels: Windows has none for programs.
pub(super) struct Server {
    provider: GattServiceProvider,
    to_peripheral: GattLocalCharacteristic,
    to_central: GattLocalCharacteristic,
    /// What the handlers are removed by: of advertising, of writes, of subscriptions.
    handlers: [i64; 3],
}

impl Server {
    pub(super) async fn start(inbox: &Inbox) -> Result<Self> {
        // Before Windows 10, version 1903, nothing could be added to what is advertised.
        parameters(&Token::default(), true)?;
        let provider = GattServiceProvider::CreateAsync(GUID::from_u128(radio::SERVICE))?.await?;
        done(provider.Error()?)?;
        let provider = provider.ServiceProvider()?;
        let write = GattCharacteristicProperties::WriteWithoutResponse;
        let to_peripheral = characteristic(&provider, radio::TO_PERIPHERAL, write).await?;
        let notify = GattCharacteristicProperties::Notify;
        let to_central = characteristic(&provider, radio::TO_CENTRAL, notify).await?;
        let handlers = [
            advert_changes(&provider, inbox.clone())?,
            writes(&to_peripheral, inbox.clone())?,
            subscriptions(&to_central, inbox.clone())?,
        ];
        Ok(Self { provider, to_peripheral, to_central, handlers })
    }

    pub(super) fn show(&self, token: &Token, is_discoverable: bool, inbox: &Inbox) -> Result<()> {
        self.provider.StartAdvertisingWithParameters(&parameters(token, is_discoverable)?)?;
        // It is told again if it is so later.
        let status = status_of(self.provider.AdvertisementStatus()?);
        if let Some(status @ (AdvertStatus::Started | AdvertStatus::Incomplete)) = status {
            inbox.tell(Happening::Advert(status));
        }
        Ok(())
    }

    pub(super) fn hide(&self, inbox: &Inbox) {
        // It may not have been shown.
        let _ = self.provider.StopAdvertising();
        let status = self.provider.AdvertisementStatus().ok().and_then(status_of);
        if !matches!(status, Some(AdvertStatus::Started | AdvertStatus::Incomplete)) {
            inbox.tell(Happening::Advert(AdvertStatus::Stopped));
        }
    }

    /// Notifies one central; a packet for one that has not subscribed is lost.
    pub(super) fn notify(&self, device: Device, packet: &[u8], inbox: &Inbox) {
        let begin = || -> Result<bool> {
            for client in self.to_central.SubscribedClients()? {
                let Ok(session) = client.Session() else { continue };
                let is_meant = name(&session).is_ok_and(|name| name == device);
                if !is_meant || packet.len() > max_value(session.MaxPduSize()?) {
                    continue;
                }
                let told = inbox.clone();
                let buffer = buffer(packet)?;
                let sent = self.to_central.NotifyValueForSubscribedClientAsync(&buffer, &client)?;
                sent.when(move |_| told.tell(Happening::Notified(device)))?;
                return Ok(true);
            }
            Ok(false)
        };
        let begun = begin();
        if let Err(err) = &begun {
            log::debug!("Bluetooth: notifying: {err}");
        }
        if !begun.unwrap_or_default() {
            inbox.tell(Happening::Notified(device));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let [adverts, writes, subscriptions] = self.handlers;
        let _ = self.provider.RemoveAdvertisementStatusChanged(adverts);
        let _ = self.to_peripheral.RemoveWriteRequested(writes);
        let _ = self.to_central.RemoveSubscribedClientsChanged(subscriptions);
        let _ = self.provider.StopAdvertising();
    }
}

/// What is advertised: a service data field. The UUID in it stands for the list of UUIDs, with which it would not fit into 31 bytes.
fn parameters(
    token: &Token,
    is_discoverable: bool,
) -> Result<GattServiceProviderAdvertisingParameters> {
    let parameters = GattServiceProviderAdvertisingParameters::new()?;
    parameters.SetIsConnectable(true)?;
    parameters.SetIsDiscoverable(is_discoverable)?;
    parameters.SetServiceData(&buffer(token)?)?;
    Ok(parameters)
}

/// Adds a characteristic that asks for no pairing.
async fn characteristic(
    provider: &GattServiceProvider,
    uuid: u128,
    properties: GattCharacteristicProperties,
) -> Result<GattLocalCharacteristic> {
    let parameters = GattLocalCharacteristicParameters::new()?;
    parameters.SetCharacteristicProperties(properties)?;
    parameters.SetReadProtectionLevel(GattProtectionLevel::Plain)?;
    parameters.SetWriteProtectionLevel(GattProtectionLevel::Plain)?;
    let uuid = GUID::from_u128(uuid);
    let made = provider.Service()?.CreateCharacteristicAsync(uuid, &parameters)?.await?;
    done(made.Error()?)?;
    made.Characteristic()
}

/// Has it told what became of advertising.
fn advert_changes(provider: &GattServiceProvider, inbox: Inbox) -> Result<i64> {
    provider.AdvertisementStatusChanged(&TypedEventHandler::new(
        move |_, args: Ref<'_, GattServiceProviderAdvertisementStatusChangedEventArgs>| {
            let Some(args) = args.as_ref() else { return Ok(()) };
            if let Some(status) = status_of(args.Status()?) {
                log::debug!("Bluetooth: advertising: {status:?}, {:?}", args.Error());
                inbox.tell(Happening::Advert(status));
            }
            Ok(())
        },
    ))
}

fn status_of(status: GattServiceProviderAdvertisementStatus) -> Option<AdvertStatus> {
    match status {
        GattServiceProviderAdvertisementStatus::Started => Some(AdvertStatus::Started),
        GattServiceProviderAdvertisementStatus::StartedWithoutAllAdvertisementData => {
            Some(AdvertStatus::Incomplete)
        }
        GattServiceProviderAdvertisementStatus::Stopped => Some(AdvertStatus::Stopped),
        GattServiceProviderAdvertisementStatus::Aborted => Some(AdvertStatus::Aborted),
        _ => None,
    }
}

/// Has it told what centrals write.
fn writes(to_peripheral: &GattLocalCharacteristic, inbox: Inbox) -> Result<i64> {
    to_peripheral.WriteRequested(&TypedEventHandler::new(
        move |_, args: Ref<'_, GattWriteRequestedEventArgs>| {
            let Some(args) = args.as_ref() else { return Ok(()) };
            let (deferral, session, inbox) = (args.GetDeferral()?, args.Session()?, inbox.clone());
            let kept = deferral.clone();
            let asked = args.GetRequestAsync().and_then(|asked| {
                asked.when(move |request| {
                    // Who writes something else than a packet is not told so.
                    let _ = request.and_then(|request| take(&request, &session, &inbox));
                    let _ = kept.Complete();
                })
            });
            if asked.is_err() {
                let _ = deferral.Complete();
            }
            Ok(())
        },
    ))
}

fn take(request: &GattWriteRequest, session: &GattSession, inbox: &Inbox) -> Result<()> {
    let (device, bytes) = (name(session)?, bytes(&request.Value()?)?);
    let max_packet = max_value(session.MaxPduSize()?);
    inbox.mention(Happening::Written { device, max_packet, bytes });
    Ok(())
}

/// Has it told who has subscribed, whenever that changes.
fn subscriptions(to_central: &GattLocalCharacteristic, inbox: Inbox) -> Result<i64> {
    to_central.SubscribedClientsChanged(&TypedEventHandler::new(
        move |to_central: Ref<'_, GattLocalCharacteristic>, _| {
            let Some(to_central) = to_central.as_ref() else { return Ok(()) };
            // Whoever has no session any more is gone.
            let clients = to_central.SubscribedClients()?.into_iter();
            let all = clients.filter_map(|client| name(&client.Session().ok()?).ok());
            inbox.tell(Happening::Subscribed(all.collect()));
            Ok(())
        },
    ))
}

/// The device at the other end.
fn name(session: &GattSession) -> Result<Device> {
    Ok(device_named(&session.DeviceId()?.Id()?.to_string_lossy()))
}

fn done(error: BluetoothError) -> Result<()> {
    if error == BluetoothError::Success {
        return Ok(());
    }
    Err(Error::new(FAILED, format!("{error:?}")))
}
