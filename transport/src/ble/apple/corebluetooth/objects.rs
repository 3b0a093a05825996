//! The system's objects, and what they are asked for.
#![allow(unsafe_code)] // calls into CoreBluetooth, all of whose functions count as such

use std::collections::BTreeMap;

use objc2::{
    AnyThread as _,
    rc::Retained,
    runtime::{AnyObject, ProtocolObject},
};
use objc2_core_bluetooth::{
    CBAdvertisementDataServiceUUIDsKey, CBAttributePermissions, CBCentral, CBCentralManager,
    CBCentralManagerScanOptionAllowDuplicatesKey, CBCharacteristic, CBCharacteristicProperties,
    CBCharacteristicWriteType, CBMutableCharacteristic, CBMutableService, CBPeripheral,
    CBPeripheralDelegate, CBPeripheralManager,
};
use objc2_foundation::{NSArray, NSData, NSDictionary, NSNumber, NSString};

use super::{
    super::system::System,
    read::{attribute_uuid, cb_uuid, device},
};
use crate::ble::{Device, SERVICE, TO_CENTRAL, TO_PERIPHERAL};

/// Both managers and what is known through them. Only used on their queue.
pub(super) struct Objects {
    pub(super) central: Retained<CBCentralManager>,
    pub(super) peripheral: Retained<CBPeripheralManager>,
    pub(super) to_central: Option<Retained<CBMutableCharacteristic>>,
    pub(super) known: BTreeMap<Device, Known>,
    pub(super) centrals: BTreeMap<Device, Retained<CBCentral>>,
}

/// A device that was heard, and what was found on it.
pub(super) struct Known {
    peripheral: Retained<CBPeripheral>,
    found: Option<Found>,
}

/// What of the service is used.
pub(super) struct Found {
    to_peripheral: Retained<CBCharacteristic>,
    to_central: Retained<CBCharacteristic>,
}

impl Objects {
    /// Keeps a device.
    pub(super) fn keep(&mut self, peripheral: Retained<CBPeripheral>) {
        let device = device(&peripheral);
        self.known.entry(device).or_insert(Known { peripheral, found: None });
    }

    /// Keeps what was found on a device; whether that is all that is needed.
    pub(super) fn find(&mut self, device: Device, found: Option<Found>) -> bool {
        let Some(known) = self.known.get_mut(&device) else { return false };
        known.found = found;
        known.found.is_some()
    }
}

impl System for Objects {
    fn publish(&mut self) {
        // SAFETY: the values are of the types that the system documents, and it keeps them by itself.
        unsafe {
            self.peripheral.removeAllServices();
            let to_peripheral = CBMutableCharacteristic::initWithType_properties_value_permissions(
                CBMutableCharacteristic::alloc(),
                &cb_uuid(TO_PERIPHERAL),
                CBCharacteristicProperties::WriteWithoutResponse,
                None,
                CBAttributePermissions::Writeable,
            );
            let to_central = CBMutableCharacteristic::initWithType_properties_value_permissions(
                CBMutableCharacteristic::alloc(),
                &cb_uuid(TO_CENTRAL),
                CBCharacteristicProperties::Notify,
                None,
                CBAttributePermissions::Readable,
            );
            self.to_central = Some(to_central.clone());
            let both = [to_peripheral, to_central].map(Retained::into_super);
            let service = CBMutableService::initWithType_primary(
                CBMutableService::alloc(),
                &cb_uuid(SERVICE),
                true,
            );
            service.setCharacteristics(Some(&NSArray::from_retained_slice(&both)));
            self.peripheral.addService(&service);
        }
    }

    fn advertise(&mut self, listed: Option<u128>) {
        // SAFETY: the key and its value are the ones that the system documents.
        unsafe {
            self.peripheral.stopAdvertising();
            if let Some(uuid) = listed {
                let uuids = NSArray::from_retained_slice(&[cb_uuid(uuid)]);
                let shown = options(CBAdvertisementDataServiceUUIDsKey, &uuids);
                self.peripheral.startAdvertising(Some(&shown));
            }
        }
    }

    fn scan(&mut self, is_wanted: bool) {
        // SAFETY: the key and its value are the ones that the system documents.
        unsafe {
            if is_wanted {
                // A token is another service each time, so no service can be named. Each time one is heard counts.
                let all = NSNumber::new_bool(true);
                let how = options(CBCentralManagerScanOptionAllowDuplicatesKey, &all);
                self.central.scanForPeripheralsWithServices_options(None, Some(&how));
            } else {
                self.central.stopScan();
            }
        }
    }

    fn connect(&mut self, device: Device) -> bool {
        let Some(known) = self.known.get_mut(&device) else { return false };
        known.found = None;
        // SAFETY: the peripheral is of this manager, and there are no options.
        unsafe { self.central.connectPeripheral_options(&known.peripheral, None) };
        true
    }

    fn cancel(&mut self, device: Device) {
        if let Some(known) = self.known.get_mut(&device) {
            known.found = None;
            // SAFETY: the peripheral is of this manager.
            unsafe { self.central.cancelPeripheralConnection(&known.peripheral) };
        }
    }

    fn discover(&mut self, device: Device) {
        if let Some(known) = self.known.get(&device) {
            let services = NSArray::from_retained_slice(&[cb_uuid(SERVICE)]);
            // SAFETY: the array is of the type that is declared.
            unsafe { known.peripheral.discoverServices(Some(&services)) };
        }
    }

    fn subscribe(&mut self, device: Device) {
        if let Some(Known { peripheral, found: Some(found) }) = self.known.get(&device) {
            // SAFETY: the characteristic was found on this peripheral.
            unsafe { peripheral.setNotifyValue_forCharacteristic(true, &found.to_central) };
        }
    }

    fn write(&mut self, device: Device, packet: &[u8]) -> bool {
        let Some(Known { peripheral, found: Some(found) }) = self.known.get(&device) else {
            return true;
        };
        // SAFETY: the characteristic was found on this peripheral, and the packet is copied.
        unsafe {
            if !peripheral.canSendWriteWithoutResponse() {
                return false;
            }
            peripheral.writeValue_forCharacteristic_type(
                &NSData::with_bytes(packet),
                &found.to_peripheral,
                CBCharacteristicWriteType::WithoutResponse,
            );
        }
        true
    }

    fn notify(&mut self, central: Device, packet: &[u8]) -> bool {
        let (Some(to), Some(central)) = (&self.to_central, self.centrals.get(&central)) else {
            return true;
        };
        let centrals = NSArray::from_retained_slice(std::slice::from_ref(central));
        let packet = NSData::with_bytes(packet);
        let manager = &self.peripheral;
        // SAFETY: the characteristic is one of this manager's, and the packet is copied.
        unsafe {
            manager.updateValue_forCharacteristic_onSubscribedCentrals(&packet, to, Some(&centrals))
        }
    }

    fn forget(&mut self, device: Device) {
        self.known.remove(&device);
    }

    fn forget_central(&mut self, central: Device) {
        self.centrals.remove(&central);
    }
}

/// What is needed among these, if it is there.
pub(super) fn found(all: &NSArray<CBCharacteristic>) -> Option<Found> {
    let find = |wanted| all.iter().find(|one| attribute_uuid(one) == Some(wanted));
    Some(Found { to_peripheral: find(TO_PERIPHERAL)?, to_central: find(TO_CENTRAL)? })
}

/// Has this delegate told what happens to a device.
pub(super) fn watch(peripheral: &CBPeripheral, by: &ProtocolObject<dyn CBPeripheralDelegate>) {
    // SAFETY: the system holds the delegate weakly, and tells it on the manager's queue.
    unsafe { peripheral.setDelegate(Some(by)) };
}

/// One option.
pub(super) fn options(
    key: &NSString,
    value: &AnyObject,
) -> Retained<NSDictionary<NSString, AnyObject>> {
    NSDictionary::from_slices(&[key], &[value])
}
