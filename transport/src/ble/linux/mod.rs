//! The radio of Linux: `BlueZ`, as a central through `btleplug`, as a peripheral through `bluer`.

mod central;
mod l2cap;
mod run;
mod server;

use std::{pin::pin, time::Duration};

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use uuid::Uuid;

use super::radio::{self, Contact, Device, RadioCommand, RadioEnd, RadioEvent, RadioState, Side};

const SERVICE: Uuid = Uuid::from_u128(radio::SERVICE);
const TO_PERIPHERAL: Uuid = Uuid::from_u128(radio::TO_PERIPHERAL);
const TO_CENTRAL: Uuid = Uuid::from_u128(radio::TO_CENTRAL);
const PSM: Uuid = Uuid::from_u128(radio::PSM);

/// How long to wait before looking again for an adapter that was missing or off.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// How long leaving may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Packets that may wait for one end of a connection: as many as all its links have on their way.
const MAX_PACKETS: usize = 256;

/// Commands that may wait for the adapter.
const MAX_COMMANDS: usize = 64;

/// Which adapter is driven, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// The one with this address, or the system's first.
    pub(super) wanted: Option<[u8; 6]>,
    /// No L2CAP channels.
    pub(super) is_gatt_only: bool,
}

/// Drives an adapter until nothing more is told.
pub(super) fn start(settings: Settings, end: RadioEnd) {
    tokio::spawn(supervise(settings, end));
}

/// Begins anew whenever the adapter, or what drives it, comes back; whatever panics in between.
async fn supervise(settings: Settings, end: RadioEnd) {
    let RadioEnd { events, mut commands } = end;
    let mut told = None;
    loop {
        let (orders, told_to_run) = mpsc::channel(MAX_COMMANDS);
        let mut run = tokio::spawn(run::run(settings, events.clone(), told_to_run));
        let ended = loop {
            tokio::select! {
                ended = &mut run => break ended,
                command = commands.recv() => match command {
                    // While it does nothing, nothing more is read; once it is gone, that is lost.
                    Some(command) => drop(orders.send(command).await),
                    None => {
                        drop(orders);
                        let _ = timeout(LEAVE_TIMEOUT, run).await;
                        return;
                    }
                },
            }
        };
        let (state, was_ready) = ended.unwrap_or_else(|panic| {
            log::error!("Bluetooth failed inside: {panic}");
            (RadioState::Missing, true)
        });
        if was_ready || told != Some(state) {
            log::info!("Bluetooth: {state:?}");
            told = Some(state);
            if events.send(RadioEvent::State(state)).await.is_err() {
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

fn central(device: Device) -> Contact {
    Contact { device, side: Side::Central }
}

fn peripheral(device: Device) -> Contact {
    Contact { device, side: Side::Peripheral }
}

/// The longest GATT value where this MTU was agreed.
fn max_value(mtu: u16) -> usize {
    usize::from(mtu.saturating_sub(3)).min(super::MAX_VALUE_LEN)
}
