//! The sending half of a link: frames as credit allows, and what is due to the peer in between.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};
use webrtc::error::Error;

use super::pump::Pump;
use crate::control::Control;

/// How often the round trip is measured, and the peer's attention with it.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long the peer may leave everything unacknowledged though its ICE still answers: it was
/// restarted on the same port, or is stuck. Longer than SCTP's first three repetitions (7 s).
const DEAF: Duration = Duration::from_secs(10);

/// Frames sent in a row before looking up.
const BURST: usize = 16;

/// Sends what the app gives.
pub(super) struct Outbound<'a> {
    pump: &'a Pump,
    from_app: mpsc::Receiver<Vec<u8>>,
    /// A frame that waits for credit.
    next: Option<Vec<u8>>,
    heartbeat: Interval,
    hearing: Hearing,
}

impl<'a> Outbound<'a> {
    pub(super) fn new(pump: &'a Pump, from_app: mpsc::Receiver<Vec<u8>>) -> Self {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { pump, from_app, next: None, heartbeat, hearing: Hearing::new() }
    }

    /// Sends until the app hangs up, then says goodbye; or until the peer no longer listens.
    ///
    /// # Errors
    ///
    /// If the channel is closed.
    pub(super) async fn run(mut self) -> Result<Ended, Error> {
        let flow = &self.pump.flow;
        loop {
            while let Some(control) = flow.next_due() {
                self.say(control).await?;
            }
            let waiting = self.next.as_ref().map(Vec::len);
            tokio::select! {
                biased;
                () = flow.due() => {}
                () = self.pump.app_gone.notified() => self.from_app.close(),
                _tick = self.heartbeat.tick() => {
                    if self.hearing.is_deaf(self.pump.channel.outstanding_bytes().await?) {
                        return Ok(Ended::Deaf);
                    }
                    self.say(flow.ping()).await?;
                }
                () = flow.pay(waiting.unwrap_or_default()), if waiting.is_some() => {
                    if let Some(frame) = self.next.take() {
                        self.put(frame).await?;
                    }
                }
                frame = self.from_app.recv(), if waiting.is_none() => {
                    let Some(frame) = frame else {
                        self.say(Control::Bye).await?;
                        return Ok(Ended::HungUp);
                    };
                    self.burst(frame).await?;
                }
            }
        }
    }

    /// Sends `frame` and what waits behind it, while there is credit.
    async fn burst(&mut self, mut frame: Vec<u8>) -> Result<(), Error> {
        for _ in 0..BURST {
            if !self.pump.flow.try_pay(frame.len()) {
                break;
            }
            self.put(frame).await?;
            match self.from_app.try_recv() {
                Ok(following) => frame = following,
                Err(_none) => return Ok(()),
            }
        }
        self.next = Some(frame);
        Ok(())
    }

    async fn put(&mut self, frame: Vec<u8>) -> Result<(), Error> {
        let len = frame.len();
        // No copy: the vector is uniquely owned.
        self.pump.channel.send(BytesMut::from(Bytes::from(frame))).await?;
        self.hearing.said(len);
        let mut stats = self.pump.stats();
        stats.bytes_sent = stats.bytes_sent.saturating_add(len as u64);
        Ok(())
    }

    async fn say(&mut self, control: Control) -> Result<(), Error> {
        let text = control.encode();
        self.pump.channel.send_text(&text).await?;
        self.hearing.said(text.len());
        Ok(())
    }
}

/// How sending ended, if not by an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{DEAF, Hearing};

    #[test]
    fn peer_that_acknowledges_nothing_is_deaf_after_a_while() {
        let mut hearing = Hearing::new();
        hearing.said(100);
        assert!(!hearing.is_deaf(100));

        hearing.since = Instant::now().checked_sub(DEAF * 2).expect("up that long");

        assert!(hearing.is_deaf(100));
        assert!(!hearing.is_deaf(99));
    }
}
