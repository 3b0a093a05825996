//! `CoreBluetooth` itself. Its objects live on a queue of their own, one thing at a time: what happens is told there, and
//! what the transport says is brought there.

mod delegate;
mod handle;
mod objects;
mod read;

use std::{pin::pin, time::Duration};

use objc2_core_bluetooth::{CBManager, CBManagerAuthorization};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use self::handle::Handle;
use crate::ble::{RadioCommand, RadioEnd, RadioEvent, RadioState};

/// How long to wait before looking again whether Bluetooth may be used, or beginning anew.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// Drives the adapter until nothing more is told.
pub(in crate::ble) fn start(end: RadioEnd) {
    tokio::spawn(supervise(end));
}

/// Begins once the person allows it, and anew if something fails inside.
async fn supervise(end: RadioEnd) {
    let RadioEnd { events, mut commands } = end;
    let mut is_told = false;
    loop {
        if is_allowed() {
            is_told = false;
            if run(&events, &mut commands).await == Ended::Unwanted {
                return;
            }
        } else if !is_told {
            log::info!("Bluetooth: this program may not use it");
            is_told = true;
            if events.send(RadioEvent::State(RadioState::Denied)).await.is_err() {
                return;
            }
        }
        let mut again = pin!(sleep(LOOK_AGAIN));
        loop {
            tokio::select! {
                () = &mut again => break,
                command = commands.recv() => if command.is_none() {
                    return;
                },
            }
        }
    }
}

/// Why a run of the radio is over.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// Nothing more is told.
    Unwanted,
    /// Something failed inside, which was told.
    Failed,
}

async fn run(
    events: &mpsc::Sender<RadioEvent>,
    commands: &mut mpsc::Receiver<RadioCommand>,
) -> Ended {
    let (handle, mut status) = Handle::open(events.clone());
    loop {
        let due = status.borrow_and_update().due;
        let due = async {
            match due {
                Some(due) => sleep_until(Instant::from_std(due)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => handle.obey(command).await,
                None => {
                    handle.close();
                    return Ended::Unwanted;
                }
            },
            changed = status.changed() => if changed.is_err() || status.borrow().is_over {
                handle.close();
                return Ended::Failed;
            },
            () = due => handle.catch_up().await,
        }
    }
}

/// Whether Bluetooth may be touched: whoever does before, without a text that says why, is ended by the system.
fn is_allowed() -> bool {
    #[allow(unsafe_code)] // asks the system
    // SAFETY: it takes nothing, can be asked from any thread, and asks nobody.
    let said = unsafe { CBManager::authorization_class() };
    match said {
        CBManagerAuthorization::AllowedAlways => true,
        CBManagerAuthorization::NotDetermined => may_ask(),
        _ => false,
    }
}

/// Whether the person is asked by touching Bluetooth. On a phone they press a button for that (`FestivalPermission`).
#[cfg(target_os = "ios")]
fn may_ask() -> bool {
    false
}

/// Whether the person is asked by touching Bluetooth: where the program is in a bundle that says why.
#[cfg(target_os = "macos")]
fn may_ask() -> bool {
    use objc2_foundation::{NSBundle, ns_string};
    let key = ns_string!("NSBluetoothAlwaysUsageDescription");
    NSBundle::mainBundle().objectForInfoDictionaryKey(key).is_some()
}
