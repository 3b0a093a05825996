//! The sending half of a link: frames as credit allows, and what is due to the peer in between.

use std::time::Duration;

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

/// Frames sent in a row before looking up.
const BURST: usize = 16;

/// Sends what the app gives.
pub(super) struct Outbound<'a> {
    pump: &'a Pump,
    from_app: mpsc::Receiver<Vec<u8>>,
    /// A frame that waits for credit.
    next: Option<Vec<u8>>,
    heartbeat: Interval,
}

impl<'a> Outbound<'a> {
    pub(super) fn new(pump: &'a Pump, from_app: mpsc::Receiver<Vec<u8>>) -> Self {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { pump, from_app, next: None, heartbeat }
    }

    /// Sends until the app hangs up, then says goodbye.
    ///
    /// # Errors
    ///
    /// If the channel is closed.
    pub(super) async fn run(mut self) -> Result<(), Error> {
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
                _tick = self.heartbeat.tick() => self.say(flow.ping()).await?,
                () = flow.pay(waiting.unwrap_or_default()), if waiting.is_some() => {
                    if let Some(frame) = self.next.take() {
                        self.put(frame).await?;
                    }
                }
                frame = self.from_app.recv(), if waiting.is_none() => {
                    let Some(frame) = frame else {
                        self.say(Control::Bye).await?;
                        return Ok(());
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
        let part_len = self.pump.part_len;
        if len > part_len {
            self.say(Control::Frame(u32::try_from(len).unwrap_or(u32::MAX))).await?;
        }
        // No copy: the vector is uniquely owned.
        let mut rest = BytesMut::from(Bytes::from(frame));
        loop {
            let part = rest.split_to(part_len.min(rest.len()));
            let len = part.len();
            self.pump.channel.send(part).await?;
            self.pump.hearing.said(len);
            if rest.is_empty() {
                break;
            }
        }
        let mut stats = self.pump.stats();
        stats.bytes_sent = stats.bytes_sent.saturating_add(len as u64);
        Ok(())
    }

    async fn say(&mut self, control: Control) -> Result<(), Error> {
        let text = control.encode();
        self.pump.channel.send_text(&text).await?;
        self.pump.hearing.said(text.len());
        Ok(())
    }
}
