//! The central's side: a connection to a device that was heard.

use windows::{
    Devices::Bluetooth::{
        BluetoothAddressType, BluetoothCacheMode, BluetoothConnectionStatus, BluetoothLEDevice,
        GenericAttributeProfile::{
            GattCharacteristic, GattClientCharacteristicConfigurationDescriptorValue,
            GattCommunicationStatus, GattDeviceService, GattSession, GattValueChangedEventArgs,
            GattWriteOption,
        },
    },
    Foundation::TypedEventHandler,
    core::{Error, GUID, HRESULT, Ref, Result},
};

use super::{
    super::{Address, Happening, inbox::Inbox, max_value},
    buffer, bytes,
};
use crate::ble::radio;

/// It was not there (`ERROR_NOT_FOUND`).
const NOT_FOUND: HRESULT = HRESULT(0x8007_0490_u32.cast_signed());

/// Everything of a connection that Windows keeps it open for. It has no way to disconnect but to let go of all of it.
pub(super) struct Connection {
    device: BluetoothLEDevice,
    changes: i64,
    session: Option<GattSession>,
    service: Option<GattDeviceService>,
    /// What packets come by, and what the handler of that is removed by.
    to_central: Option<(GattCharacteristic, i64)>,
    to_peripheral: Option<GattCharacteristic>,
}

impl Connection {
    /// Connects and subscribes; also the longest packet.
    pub(super) async fn open(
        number: u64,
        address: Address,
        inbox: &Inbox,
    ) -> Result<(Self, usize)> {
        let mut this = Self::prepare(number, address, inbox).await?;
        let session = GattSession::FromDeviceIdAsync(&this.device.BluetoothDeviceId()?)?.await?;
        this.session = Some(session.clone());
        session.SetMaintainConnection(true)?;
        // What Windows remembers of a device may be out of date.
        let uncached = BluetoothCacheMode::Uncached;
        let service = GUID::from_u128(radio::SERVICE);
        let found = this.device.GetGattServicesForUuidWithCacheModeAsync(service, uncached)?;
        let found = found.await?;
        done(found.Status()?)?;
        let service = found.Services()?.into_iter().next().ok_or_else(not_found)?;
        this.service = Some(service.clone());
        let found = service.GetCharacteristicsWithCacheModeAsync(uncached)?.await?;
        done(found.Status()?)?;
        let mut to_central = None;
        for characteristic in found.Characteristics()? {
            match characteristic.Uuid()?.to_u128() {
                radio::TO_PERIPHERAL => this.to_peripheral = Some(characteristic),
                radio::TO_CENTRAL => to_central = Some(characteristic),
                _ => {}
            }
        }
        let to_central = to_central.ok_or_else(not_found)?;
        if this.to_peripheral.is_none() {
            return Err(not_found());
        }
        let received = receive(number, &to_central, session.clone(), inbox.clone())?;
        this.to_central = Some((to_central.clone(), received));
        let notify = GattClientCharacteristicConfigurationDescriptorValue::Notify;
        let asked = to_central.WriteClientCharacteristicConfigurationDescriptorAsync(notify)?;
        done(asked.await?)?;
        Ok((this, max_value(session.MaxPduSize()?)))
    }

    /// What can be had without connecting.
    async fn prepare(number: u64, address: Address, inbox: &Inbox) -> Result<Self> {
        let kind = match address.is_random {
            Some(true) => Some(BluetoothAddressType::Random),
            Some(false) => Some(BluetoothAddressType::Public),
            None => None,
        };
        let number_of = address.number;
        let device = match kind {
            Some(kind) => BluetoothLEDevice::FromBluetoothAddressWithBluetoothAddressTypeAsync(
                number_of, kind,
            ),
            None => BluetoothLEDevice::FromBluetoothAddressAsync(number_of),
        }?;
        let device = device.await?;
        let changes = changes(number, &device, inbox.clone())?;
        let this = Self {
            device,
            changes,
            session: None,
            service: None,
            to_central: None,
            to_peripheral: None,
        };
        if this.device.ConnectionStatus()? == BluetoothConnectionStatus::Connected {
            inbox.tell(Happening::Reached(number));
        }
        Ok(this)
    }

    pub(super) fn write(&self, number: u64, packet: &[u8], inbox: &Inbox) {
        let told = inbox.clone();
        let begin = || {
            let to = self.to_peripheral.as_ref().ok_or_else(not_found)?;
            let without_response = GattWriteOption::WriteWithoutResponse;
            to.WriteValueWithOptionAsync(&buffer(packet)?, without_response)?.when(move |status| {
                told.tell(Happening::Wrote(number, status.and_then(done).is_ok()));
            })
        };
        if let Err(err) = begin() {
            log::debug!("Bluetooth: writing: {err}");
            inbox.tell(Happening::Wrote(number, false));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.device.RemoveConnectionStatusChanged(self.changes);
        if let Some((to_central, received)) = &self.to_central {
            let _ = to_central.RemoveValueChanged(*received);
        }
        if let Some(session) = &self.session {
            let _ = session.SetMaintainConnection(false);
            let _ = session.Close();
        }
        if let Some(service) = &self.service {
            let _ = service.Close();
        }
        let _ = self.device.Close();
    }
}

/// Has it told when the device is connected, and when it is no more.
fn changes(number: u64, device: &BluetoothLEDevice, inbox: Inbox) -> Result<i64> {
    device.ConnectionStatusChanged(&TypedEventHandler::new(
        move |device: Ref<'_, BluetoothLEDevice>, _| {
            if let Some(device) = device.as_ref() {
                let status = device.ConnectionStatus()?;
                let is_connected = status == BluetoothConnectionStatus::Connected;
                inbox.tell(if is_connected {
                    Happening::Reached(number)
                } else {
                    Happening::Closed(number)
                });
            }
            Ok(())
        },
    ))
}

/// Has it told what the peripheral notifies.
fn receive(
    number: u64,
    to_central: &GattCharacteristic,
    session: GattSession,
    inbox: Inbox,
) -> Result<i64> {
    to_central.ValueChanged(&TypedEventHandler::new(
        move |_, args: Ref<'_, GattValueChangedEventArgs>| {
            let read = |args: &GattValueChangedEventArgs| {
                Ok((bytes(&args.CharacteristicValue()?)?, max_value(session.MaxPduSize()?)))
            };
            if let Ok((bytes, max_packet)) = args.ok().and_then(read) {
                inbox.mention(Happening::Received { number, max_packet, bytes });
            }
            Ok(())
        },
    ))
}

fn done(status: GattCommunicationStatus) -> Result<()> {
    if status == GattCommunicationStatus::Success {
        return Ok(());
    }
    Err(Error::new(NOT_FOUND, format!("{status:?}")))
}

fn not_found() -> Error {
    NOT_FOUND.into()
}
