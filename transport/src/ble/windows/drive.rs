//! The thread on which the system is asked, which may take its time: nobody else waits for it.

use std::{panic::AssertUnwindSafe, pin::pin, sync::Arc, thread, time::Duration};

use futures_util::FutureExt as _;
use tokio::{
    sync::mpsc,
    task::LocalSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    System,
    inbox::{Inbox, Outlet},
    machine::{Machine, Output},
};
use crate::ble::radio::{RadioCommand, RadioEnd, RadioEvent, RadioState};

/// How long to wait before looking again for an adapter that was missing or off.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// The same where this program cannot use any: another adapter, or another Windows, does not come so soon.
pub(super) const LOOK_LATER: Duration = Duration::from_secs(60);

/// How long getting ready may take.
pub(super) const BEGIN_TIMEOUT: Duration = Duration::from_secs(20);

/// Drives a radio on a thread of its own until nothing more is told.
pub(super) fn start<S: System + 'static>(settings: S::Settings, end: RadioEnd) {
    let events = end.events.clone();
    let drive = move || match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => LocalSet::new().block_on(&runtime, supervise::<S>(settings, end)),
        Err(err) => fail(&end.events, &err),
    };
    if let Err(err) = thread::Builder::new().name("festival-radio".to_owned()).spawn(drive) {
        fail(&events, &err);
    }
}

fn fail(events: &mpsc::Sender<RadioEvent>, err: &std::io::Error) {
    log::error!("Bluetooth: there is no thread for the radio: {err}");
    // Nothing else was told.
    let _ = events.try_send(RadioEvent::State(RadioState::Missing));
}

/// Begins anew whenever the adapter comes back, whatever panics in between.
pub(super) async fn supervise<S: System>(settings: S::Settings, mut end: RadioEnd) {
    let mut told = None;
    loop {
        let ended = AssertUnwindSafe(run::<S>(&settings, &mut end)).catch_unwind().await;
        let (state, was_ready) = match ended {
            Ok(Ended::Lost(state)) => (state, true),
            Ok(Ended::NotReady(state)) => (state, false),
            Ok(Ended::Over) => return,
            Err(_panic) => {
                log::error!("Bluetooth failed inside");
                (RadioState::Missing, true)
            }
        };
        if was_ready || told != Some(state) {
            log::info!("Bluetooth: {state:?}");
            told = Some(state);
            if end.events.send(RadioEvent::State(state)).await.is_err() {
                return;
            }
        }
        let is_hopeless = state == RadioState::Unsupported;
        let mut again = pin!(sleep(if is_hopeless { LOOK_LATER } else { LOOK_AGAIN }));
        loop {
            tokio::select! {
                () = &mut again => break,
                // While it does nothing, that is lost.
                command = end.commands.recv() => if command.is_none() {
                    return;
                },
            }
        }
    }
}

/// Why a run is over.
enum Ended {
    /// It never was ready.
    NotReady(RadioState),
    /// It was ready.
    Lost(RadioState),
    /// Nothing is told any more, or nobody listens.
    Over,
}

enum Next {
    Command(Option<RadioCommand>),
    Happening(Option<super::Happening>),
    Overrun,
    Timeout,
}

/// One run: from an adapter that is there until it is not.
async fn run<S: System>(settings: &S::Settings, end: &mut RadioEnd) -> Ended {
    let (inbox, mut outlet) = Inbox::new();
    let mut system = match begin::<S>(settings, inbox, &mut end.commands).await {
        Some(Ok(system)) => system,
        Some(Err(state)) => return Ended::NotReady(state),
        None => return Ended::Over,
    };
    if end.events.send(RadioEvent::State(RadioState::Ready)).await.is_err() {
        return Ended::Over;
    }
    log::info!("Bluetooth: ready");
    let (mut machine, started) = (Machine::new(), Instant::now());
    loop {
        while let Some(output) = machine.poll() {
            match output {
                Output::Ask(ask) => system.ask(ask),
                Output::Tell(event) => {
                    if end.events.send(event).await.is_err() {
                        return Ended::Over;
                    }
                }
            }
        }
        if let Some(state) = machine.ended() {
            return Ended::Lost(state);
        }
        let wake = started.checked_add(machine.deadline()).unwrap_or(started);
        let next = next(&mut end.commands, &mut outlet, wake).await;
        let now = started.elapsed();
        match next {
            Next::Command(Some(command)) => machine.obey(now, command),
            Next::Command(None) => return Ended::Over,
            Next::Happening(Some(happening)) => machine.happened(now, happening),
            // The system holds the other end for as long as it is asked anything.
            Next::Happening(None) => return Ended::Lost(RadioState::Missing),
            Next::Overrun => {
                log::warn!("Bluetooth: more happened than can be kept up with");
                return Ended::Lost(RadioState::Missing);
            }
            Next::Timeout => machine.timeout(now),
        }
    }
}

async fn next(
    commands: &mut mpsc::Receiver<RadioCommand>,
    outlet: &mut Outlet,
    wake: Instant,
) -> Next {
    let overrun = Arc::clone(&outlet.overrun);
    tokio::select! {
        command = commands.recv() => Next::Command(command),
        happening = outlet.happenings.recv() => Next::Happening(happening),
        () = overrun.notified() => Next::Overrun,
        () = sleep_until(wake) => Next::Timeout,
    }
}

/// Gets ready; nothing, if meanwhile all is over. What is told meanwhile is lost.
async fn begin<S: System>(
    settings: &S::Settings,
    inbox: Inbox,
    commands: &mut mpsc::Receiver<RadioCommand>,
) -> Option<Result<S, RadioState>> {
    let mut begun = pin!(timeout(BEGIN_TIMEOUT, S::begin(settings, inbox)));
    loop {
        tokio::select! {
            begun = &mut begun => return Some(begun.unwrap_or_else(|_elapsed| {
                log::warn!("Bluetooth: the system does not answer");
                Err(RadioState::Missing)
            })),
            command = commands.recv() => drop(command?),
        }
    }
}
