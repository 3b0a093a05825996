//! The radio of Linux: `BlueZ`, as a central through `btleplug`, as a peripheral through `bluer`.

mod central;
mod run;
mod server;

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};

use super::radio::{Contact, Device, RadioCommand, RadioEnd, RadioEvent, RadioState, Side};

/// How long to wait before looking again for an adapter that was missing or off.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// How long leaving may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Drives the adapter with this address, or the system's first, until nothing more is told.
pub(super) fn start(wanted: Option<[u8; 6]>, end: RadioEnd) {
    tokio::spawn(supervise(wanted, end));
}

/// Begins anew whenever the adapter, or what drives it, comes back; whatever panics in between.
async fn supervise(wanted: Option<[u8; 6]>, end: RadioEnd) {
    let RadioEnd { events, mut commands } = end;
    let mut told = None;
    loop {
        let (orders, told_to_run) = mpsc::unbounded_channel();
        let mut run = tokio::spawn(run::run(wanted, events.clone(), told_to_run));
        let ended = loop {
            tokio::select! {
                ended = &mut run => break ended,
                command = commands.recv() => match command {
                    Some(command) => drop(orders.send(command)),
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
        let again = Instant::now() + LOOK_AGAIN;
        loop {
            tokio::select! {
                () = sleep_until(again) => break,
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

/// The longest packet where this MTU was agreed.
fn max_packet(mtu: u16) -> usize {
    usize::from(mtu.saturating_sub(3)).min(super::MAX_PACKET_LEN)
}
