//! Moves frames between an open connection and the app, until either hangs up.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelMessage};

use super::{
    connection::Connection,
    flow::Flow,
    hearing::Hearing,
    outbound::Outbound,
    parts::{Assembly, part_len},
};
use crate::{Link, LinkFailure, LinkStats, control::Control};

/// How long the last frames may take to leave once the app has hung up.
const LINGER: Duration = Duration::from_secs(2);

/// How long a failed send waits for the reason to show on the receiving side.
const REASON_TIMEOUT: Duration = Duration::from_millis(250);

/// Runs one link, which holds `place` while it is open; ends when it has closed and the app has
/// everything that came.
pub(super) async fn run(connection: Connection, link: Link, place: impl Send) {
    let stats = Arc::clone(&link.stats);
    let path = stats.lock().unwrap_or_else(PoisonError::into_inner).path;
    let (to_app, from_app) = link.into_channels();
    let pump = Pump {
        channel: Arc::clone(&connection.channel),
        flow: Flow::new(),
        hearing: Hearing::default(),
        part_len: part_len(path),
        stats,
        app_gone: Notify::new(),
        hung_up: Notify::new(),
    };
    let mut waiting = VecDeque::new();
    let why = tokio::select! {
        why = pump.receive(&to_app, &mut waiting) => why,
        why = pump.send(from_app) => why,
        () = pump.hearing.lost(&*connection.channel) => LinkFailure::Silent,
        why = connection.progress.ended() => why,
    };
    pump.stats().closed = Some(why);
    log::debug!("link to {} closed: {why:?}", pump.stats().remote);
    drop(pump);
    let closing = async {
        connection.close().await;
        drop(place);
    };
    // What came before the end still belongs to the app, whenever it comes for it.
    let handing_over = async {
        for frame in waiting {
            if to_app.send(frame).await.is_err() {
                break;
            }
        }
        drop(to_app);
    };
    tokio::join!(closing, handing_over);
}

/// One link at work: what its two directions share.
pub(super) struct Pump {
    pub(super) channel: Arc<dyn DataChannel>,
    pub(super) flow: Flow,
    pub(super) hearing: Hearing,
    /// The longest message: longer frames are sent in parts.
    pub(super) part_len: usize,
    stats: Arc<Mutex<LinkStats>>,
    /// The app has dropped its receiving half: what it still gave is sent, then goodbye.
    pub(super) app_gone: Notify,
    /// The same, for whoever bounds the time that takes.
    hung_up: Notify,
}

impl Pump {
    /// Takes what comes, never waiting for the app: see [`Flow`].
    async fn receive(
        &self,
        to_app: &mpsc::Sender<Vec<u8>>,
        waiting: &mut VecDeque<Vec<u8>>,
    ) -> LinkFailure {
        let mut gone = std::pin::pin!(to_app.closed());
        let mut is_gone = false;
        let mut assembly = Assembly::default();
        loop {
            tokio::select! {
                biased;
                () = &mut gone, if !is_gone => {
                    is_gone = true;
                    self.app_gone.notify_one();
                    self.hung_up.notify_one();
                    self.forget(waiting);
                }
                Ok(permit) = to_app.reserve(), if !waiting.is_empty() => {
                    if let Some(frame) = waiting.pop_front() {
                        self.flow.taken(frame.len());
                        permit.send(frame);
                    }
                }
                event = self.channel.poll() => {
                    let outcome = match event {
                        Some(DataChannelEvent::OnMessage(message)) => {
                            self.came(message, &mut assembly, waiting)
                        }
                        Some(DataChannelEvent::OnClose) => Err(LinkFailure::PeerHungUp),
                        Some(_) => Ok(()),
                        None => Err(LinkFailure::Broken),
                    };
                    if let Err(why) = outcome {
                        return if is_gone { LinkFailure::HungUp } else { why };
                    }
                    if is_gone {
                        self.forget(waiting);
                    }
                    self.hand_over(to_app, waiting);
                }
            }
        }
    }

    /// Gives the app what it has room for, without waiting.
    fn hand_over(&self, to_app: &mpsc::Sender<Vec<u8>>, waiting: &mut VecDeque<Vec<u8>>) {
        while !waiting.is_empty()
            && let Ok(permit) = to_app.try_reserve()
            && let Some(frame) = waiting.pop_front()
        {
            self.flow.taken(frame.len());
            permit.send(frame);
        }
    }

    /// One message of the peer.
    fn came(
        &self,
        message: RTCDataChannelMessage,
        assembly: &mut Assembly,
        waiting: &mut VecDeque<Vec<u8>>,
    ) -> Result<(), LinkFailure> {
        if !message.is_string {
            let frame = assembly.take(message.data).map_err(|_bad| LinkFailure::Broken)?;
            let Some(frame) = frame else { return Ok(()) };
            self.flow.came(frame.len()).map_err(|_overrun| LinkFailure::Broken)?;
            let mut stats = self.stats();
            stats.bytes_received = stats.bytes_received.saturating_add(frame.len() as u64);
            waiting.push_back(frame);
            return Ok(());
        }
        match Control::parse(&message.data) {
            Some(Control::Ping(number)) => self.flow.pinged(number),
            Some(Control::Pong(number)) => {
                if let Some(round_trip) = self.flow.ponged(number) {
                    self.stats().round_trip = Some(round_trip);
                }
            }
            Some(Control::Credit(bytes)) => {
                self.flow.granted(bytes).map_err(|_overrun| LinkFailure::Broken)?;
            }
            Some(Control::Frame(bytes)) => {
                assembly.begin(bytes).map_err(|_bad| LinkFailure::Broken)?;
            }
            Some(Control::Bye) => return Err(LinkFailure::PeerHungUp),
            // From a newer version, perhaps.
            None => {}
        }
        Ok(())
    }

    /// Nobody will take these; the peer may go on saying what it has to say, and goodbye.
    fn forget(&self, waiting: &mut VecDeque<Vec<u8>>) {
        for frame in waiting.drain(..) {
            self.flow.taken(frame.len());
        }
    }

    /// Sends what the app gives and what is due, then goodbye.
    async fn send(&self, from_app: mpsc::Receiver<Vec<u8>>) -> LinkFailure {
        let sent = tokio::select! {
            sent = Outbound::new(self, from_app).run() => sent,
            () = async {
                self.hung_up.notified().await;
                sleep(LINGER).await;
            } => return LinkFailure::HungUp,
        };
        match sent {
            Ok(()) => {
                // The peer hangs up in answer, which ends the receiving side first.
                sleep(LINGER).await;
                LinkFailure::HungUp
            }
            Err(_closed) => {
                sleep(REASON_TIMEOUT).await;
                LinkFailure::Broken
            }
        }
    }

    pub(super) fn stats(&self) -> MutexGuard<'_, LinkStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
