//! What the system's objects say, in the words of what decides.
#![allow(unsafe_code)] // calls into CoreBluetooth, all of whose functions count as such

use objc2::{DowncastTarget, rc::Retained, runtime::AnyObject};
use objc2_core_bluetooth::{
    CBAdvertisementDataOverflowServiceUUIDsKey, CBAdvertisementDataServiceDataKey,
    CBAdvertisementDataServiceUUIDsKey, CBAttribute, CBCentral, CBCharacteristicWriteType,
    CBManager, CBManagerState, CBPeer, CBPeripheral, CBService, CBUUID,
};
use objc2_foundation::{NSArray, NSData, NSDictionary, NSString};

use super::super::system::Power;
use crate::ble::{Device, SERVICE, Token, listed_token};

/// Tokens that are read of one advertisement.
const MAX_TOKENS: usize = 4;

pub(super) fn power(manager: &CBManager) -> Power {
    // SAFETY: it takes nothing.
    match unsafe { manager.state() } {
        CBManagerState::Unsupported => Power::Unsupported,
        CBManagerState::Unauthorized => Power::Unauthorized,
        CBManagerState::PoweredOff => Power::Off,
        CBManagerState::PoweredOn => Power::On,
        _ => Power::Unknown,
    }
}

pub(super) fn is_ours(service: &Retained<CBService>) -> bool {
    attribute_uuid(service) == Some(SERVICE)
}

pub(super) fn max_write(peripheral: &CBPeripheral) -> usize {
    // SAFETY: it takes what is declared.
    unsafe { peripheral.maximumWriteValueLengthForType(CBCharacteristicWriteType::WithoutResponse) }
}

pub(super) fn max_update(central: &CBCentral) -> usize {
    // SAFETY: it takes nothing.
    unsafe { central.maximumUpdateValueLength() }
}

/// The elements of what is said to be an array that are of this class.
pub(super) fn elements<T: DowncastTarget>(
    array: Option<Retained<AnyObject>>,
) -> impl Iterator<Item = Retained<T>> {
    let array = array.and_then(|array| array.downcast::<NSArray>().ok());
    let all = array.map(|array| array.to_vec()).unwrap_or_default();
    all.into_iter().filter_map(|one| one.downcast::<T>().ok())
}

/// The tokens that a device shows: as data of the service, or as services that it lists.
pub(super) fn tokens(shown: &NSDictionary<NSString, AnyObject>) -> Vec<Token> {
    // SAFETY: the system's own keys.
    let [data, listed, overflowing] = unsafe {
        [
            CBAdvertisementDataServiceDataKey,
            CBAdvertisementDataServiceUUIDsKey,
            CBAdvertisementDataOverflowServiceUUIDsKey,
        ]
    }
    .map(|key| shown.objectForKey(key));
    let data = data.and_then(|data| data.downcast::<NSDictionary>().ok());
    let ours = data.and_then(|data| data.objectForKey(&cb_uuid(SERVICE)));
    let ours = ours.and_then(|data| data.downcast::<NSData>().ok());
    let ours = ours.and_then(|data| data.to_vec().try_into().ok());
    let listed = elements::<CBUUID>(listed).chain(elements::<CBUUID>(overflowing));
    let listed = listed.filter_map(|uuid| listed_token(long_uuid(&uuid)?));
    ours.into_iter().chain(listed).take(MAX_TOKENS).collect()
}

/// A device by the name that the system gives it, for this app and on this device alone.
pub(super) fn device(peer: &CBPeer) -> Device {
    // SAFETY: every peer has one.
    let identifier = unsafe { peer.identifier() };
    Device(identifier.as_bytes())
}

/// The UUID of a service or characteristic, if it is a long one.
pub(super) fn attribute_uuid(attribute: &CBAttribute) -> Option<u128> {
    // SAFETY: every attribute has one.
    let uuid = unsafe { attribute.UUID() };
    long_uuid(&uuid)
}

/// A UUID as a number, if it is a long one.
fn long_uuid(uuid: &CBUUID) -> Option<u128> {
    // SAFETY: it is two, four or sixteen bytes.
    let bytes = unsafe { uuid.data() }.to_vec();
    bytes.try_into().ok().map(u128::from_be_bytes)
}

pub(super) fn cb_uuid(uuid: u128) -> Retained<CBUUID> {
    // SAFETY: sixteen bytes are what it takes.
    unsafe { CBUUID::UUIDWithData(&NSData::with_bytes(&uuid.to_be_bytes())) }
}
