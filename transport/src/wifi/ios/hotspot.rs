//! What the system is asked for. The class that does it is in no binding yet, so it is called by its name.
#![allow(unsafe_code)] // calls into NetworkExtension

use std::sync::{Mutex, PoisonError};

use block2::RcBlock;
use objc2::{
    msg_send,
    rc::{Allocated, Retained},
    runtime::{AnyClass, AnyObject, NSObject},
};
use objc2_foundation::{NSArray, NSError, NSString};
use tokio::sync::oneshot;

use super::outcome::outcome;
use crate::wifi::{Credentials, WifiError};

// SAFETY: nothing is declared; the classes are looked up by their names.
#[link(name = "NetworkExtension", kind = "framework")]
unsafe extern "C" {}

/// The name of the phone's Wi-Fi.
const WIFI: &str = "en0";

/// Whether this system has it.
pub(super) fn is_there() -> bool {
    manager().is_some()
}

fn manager() -> Option<Retained<NSObject>> {
    let class = AnyClass::get(c"NEHotspotConfigurationManager")?;
    // SAFETY: a class property, of the type that is documented.
    unsafe { msg_send![class, sharedManager] }
}

/// Answers once, from a block that the system may call more often.
fn answer<T: Send + 'static>() -> (impl Fn(T) + 'static, oneshot::Receiver<T>) {
    let (sender, receiver) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let answer = move |value| {
        let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = sender.map(|sender| sender.send(value));
    };
    (answer, receiver)
}

/// Has the system ask the person and join.
pub(super) async fn apply(credentials: &Credentials) -> Result<(), WifiError> {
    let asked = ask(credentials).ok_or(WifiError::Unsupported)?;
    asked.await.unwrap_or(Err(WifiError::CalledOff))
}

fn ask(credentials: &Credentials) -> Option<oneshot::Receiver<Result<(), WifiError>>> {
    let (answer, answered) = answer();
    let block = RcBlock::new(move |error: *mut NSError| {
        // SAFETY: null, or an error that lives as long as this call.
        let error = unsafe { error.as_ref() };
        let said =
            error.map(|error| outcome(error.code(), &error.localizedDescription().to_string()));
        answer(said.unwrap_or(Ok(())));
    });
    let ssid = NSString::from_str(credentials.ssid());
    let passphrase = NSString::from_str(credentials.passphrase());
    let (manager, class) = (manager()?, AnyClass::get(c"NEHotspotConfiguration")?);
    // SAFETY: the methods and their types are those that are documented.
    unsafe {
        let new: Allocated<NSObject> = msg_send![class, alloc];
        let described: Option<Retained<NSObject>> =
            msg_send![new, initWithSSID: &*ssid, passphrase: &*passphrase, isWEP: false];
        let described = described?;
        // The system leaves it and forgets it when the app is gone.
        let _: () = msg_send![&*described, setJoinOnce: true];
        let _: () =
            msg_send![&*manager, applyConfiguration: &*described, completionHandler: &*block];
    }
    Some(answered)
}

/// Leaves a network that the system joined for this app, and forgets it.
pub(super) fn forget(ssid: &str) {
    let Some(manager) = manager() else { return };
    let ssid = NSString::from_str(ssid);
    // SAFETY: the method and its types are those that are documented.
    unsafe { msg_send![&*manager, removeConfigurationForSSID: &*ssid] }
}

/// The networks that this app has described.
pub(super) async fn described() -> Vec<String> {
    let asked = || {
        let (answer, answered) = answer();
        let block = RcBlock::new(move |ssids: *mut NSArray<NSString>| {
            // SAFETY: null, or an array that lives as long as this call.
            let ssids = unsafe { ssids.as_ref() };
            answer(ssids.iter().flat_map(|all| all.iter()).map(|ssid| ssid.to_string()).collect());
        });
        let manager = manager()?;
        // SAFETY: the method and its types are those that are documented.
        let _: () =
            unsafe { msg_send![&*manager, getConfiguredSSIDsWithCompletionHandler: &*block] };
        Some(answered)
    };
    let Some(answered) = asked() else { return Vec::new() };
    answered.await.unwrap_or_default()
}

/// The network this device is in, if the system tells: it does of one that this app has described.
pub(super) async fn current() -> Option<String> {
    let asked = || {
        let (answer, answered) = answer();
        let block = RcBlock::new(move |network: *mut AnyObject| {
            // SAFETY: null, or a network that lives as long as this call.
            let network = unsafe { network.as_ref() };
            answer(network.map(|network| {
                // SAFETY: the property and its type are those that are documented.
                let ssid: Retained<NSString> = unsafe { msg_send![network, SSID] };
                ssid.to_string()
            }));
        });
        let class = AnyClass::get(c"NEHotspotNetwork")?;
        // SAFETY: the method and its types are those that are documented.
        let _: () = unsafe { msg_send![class, fetchCurrentWithCompletionHandler: &*block] };
        Some(answered)
    };
    asked()?.await.ok().flatten()
}

/// Whether the phone's Wi-Fi has an address that a network gave it.
pub(super) fn has_address() -> bool {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.iter().any(|one| {
        let is_given = |addr: std::net::Ipv4Addr| !addr.is_link_local() && !addr.is_unspecified();
        one.name == WIFI && matches!(one.ip(), std::net::IpAddr::V4(addr) if is_given(addr))
    })
}
