//! Moves frames between an open connection and the app, until either hangs up.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use tokio::{
    sync::{Notify, mpsc},
    time::{MissedTickBehavior, interval, sleep},
};
use webrtc::data_channel::{DataChannel, DataChannelEvent, RTCDataChannelMessage};

use super::{MAX_FRAME_LEN, connection::Connection, flow::Flow};
use crate::{Link, LinkFailure, LinkStats, control::Control};

/// How often the round trip is measured, and the peer's attention with it.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long the peer may leave everything unacknowledged though its ICE still answers: it was
/// restarted on the same port, or is stuck. Longer than SCTP's first three repetitions (7 s).
const DEAF: Duration = Duration::from_secs(10);

/// How long the last frames may take to leave once the app has hung up.
const LINGER: Duration = Duration::from_secs(2);

/// How long a failed send waits for the reason to show on the receiving side.
const REASON_TIMEOUT: Duration = Duration::from_millis(250);

/// Runs one link; ends when it has closed and the app has everything that came.
pub(super) async fn run(connection: Connection, link: Link) {
    let stats = Arc::clone(&link.stats);
    let (to_app, from_app) = link.into_channels();
    let pump = Pump {
        channel: Arc::clone(&connection.channel),
        flow: Flow::new(),
        stats,
        app_gone: Notify::new(),
        hung_up: Notify::new(),
    };
    let mut waiting = VecDeque::new();
    let why = tokio::select! {
        why = pump.receive(&to_app, &mut waiting) => why,
        why = pump.send(from_app) => why,
        why = connection.progress.ended() => why,
    };
    pump.stats().closed = Some(why);
    log::debug!("link to {} closed: {why:?}", pump.stats().remote);
    drop(pump);
    connection.close().await;
    // What came before the end still belongs to the app, whenever it comes for it.
    for frame in waiting {
        if to_app.send(frame).await.is_err() {
            break;
        }
    }
}

struct Pump {
    channel: Arc<dyn DataChannel>,
    flow: Flow,
    stats: Arc<Mutex<LinkStats>>,
    /// The app has dropped its receiving half: what it still gave is sent, then goodbye.
    app_gone: Notify,
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
                        Some(DataChannelEvent::OnMessage(message)) => self.came(message, waiting),
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
        waiting: &mut VecDeque<Vec<u8>>,
    ) -> Result<(), LinkFailure> {
        if !message.is_string {
            self.flow.came(message.data.len()).map_err(|_overrun| LinkFailure::Broken)?;
            let mut stats = self.stats();
            stats.bytes_received = stats.bytes_received.saturating_add(message.data.len() as u64);
            waiting.push_back(message.data.into());
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
    async fn send(&self, mut from_app: mpsc::Receiver<Vec<u8>>) -> LinkFailure {
        let sent = tokio::select! {
            sent = self.send_all(&mut from_app) => sent,
            () = async {
                self.hung_up.notified().await;
                sleep(LINGER).await;
            } => return LinkFailure::HungUp,
        };
        match sent {
            Ok(Ended::HungUp) => {
                // The peer hangs up in answer, which ends the receiving side first.
                sleep(LINGER).await;
                LinkFailure::HungUp
            }
            Ok(Ended::Deaf) => LinkFailure::Silent,
            Err(_closed) => {
                sleep(REASON_TIMEOUT).await;
                LinkFailure::Broken
            }
        }
    }

    async fn send_all(
        &self,
        from_app: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Ended, webrtc::error::Error> {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut hearing = Hearing::new();
        let mut next: Option<Vec<u8>> = None;
        loop {
            while let Some(control) = self.flow.next_due() {
                self.say(control).await?;
            }
            tokio::select! {
                biased;
                () = self.flow.due() => {}
                () = self.app_gone.notified() => from_app.close(),
                _tick = heartbeat.tick() => {
                    let unheard = self.channel.outstanding_bytes().await?;
                    if hearing.is_deaf(unheard) {
                        return Ok(Ended::Deaf);
                    }
                    hearing.said(self.say(self.flow.ping()).await?);
                }
                () = self.flow.pay(next.as_ref().map_or(0, Vec::len)), if next.is_some() => {
                    if let Some(frame) = next.take() {
                        hearing.said(self.put(frame).await?);
                    }
                }
                frame = from_app.recv(), if next.is_none() => match frame {
                    Some(frame) if frame.len() <= MAX_FRAME_LEN => next = Some(frame),
                    Some(frame) => log::warn!("frame of {} bytes is too long", frame.len()),
                    None => {
                        self.say(Control::Bye).await?;
                        return Ok(Ended::HungUp);
                    }
                },
            }
        }
    }

    /// Sends one frame; its length.
    async fn put(&self, frame: Vec<u8>) -> Result<usize, webrtc::error::Error> {
        let len = frame.len();
        // No copy: the vector is uniquely owned.
        self.channel.send(BytesMut::from(Bytes::from(frame))).await?;
        let mut stats = self.stats();
        stats.bytes_sent = stats.bytes_sent.saturating_add(len as u64);
        Ok(len)
    }

    /// Sends one control message; its length.
    async fn say(&self, control: Control) -> Result<usize, webrtc::error::Error> {
        let text = control.encode();
        self.channel.send_text(&text).await?;
        Ok(text.len())
    }

    fn stats(&self) -> MutexGuard<'_, LinkStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How sending ended, if not by an error.
enum Ended {
    HungUp,
    Deaf,
}

/// Whether the peer acknowledges what is sent.
struct Hearing {
    said: usize,
    heard: usize,
    since: Instant,
}

impl Hearing {
    fn new() -> Self {
        Self { said: 0, heard: 0, since: Instant::now() }
    }

    fn said(&mut self, bytes: usize) {
        self.said = self.said.wrapping_add(bytes);
    }

    /// Whether nothing more has been acknowledged for too long, given what is not by now.
    fn is_deaf(&mut self, unheard: usize) -> bool {
        let heard = self.said.wrapping_sub(unheard);
        if heard != self.heard || unheard == 0 {
            self.heard = heard;
            self.since = Instant::now();
        }
        self.since.elapsed() > DEAF
    }
}
