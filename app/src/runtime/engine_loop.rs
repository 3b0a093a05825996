//! The driver: wait, handle, commit, drain. The only caller of the engine.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use engine::{Engine, Event, Input, Now, Output, StoreError, Timestamp};
use storage::RedbStore;
use tokio::sync::mpsc;
use transport::{Callee, DialKey, webrtc::WebRtcTransport};

use super::{Shared, dialer::Dialer, links, mailbox::Post, wall_millis, ways::Way};
use crate::backend::Notice;

/// Inputs handled before their changes are written: while one write is under way, the next batch
/// collects by itself.
const MAX_BATCH: usize = 512;

pub(super) struct EngineLoop {
    shared: Arc<Shared>,
    engine: Engine<RedbStore>,
    inputs: mpsc::Receiver<Input>,
    tokio: tokio::runtime::Handle,
    dialer: Dialer,
    post: Post,
}

impl EngineLoop {
    pub(super) fn new(
        shared: Arc<Shared>,
        engine: Engine<RedbStore>,
        inputs: mpsc::Receiver<Input>,
        tokio: tokio::runtime::Handle,
        transport: WebRtcTransport,
    ) -> Self {
        let dialer = Dialer::new(Arc::clone(&shared), tokio.clone());
        let post = Post::new(Arc::clone(&shared), tokio.clone(), transport);
        Self { shared, engine, inputs, tokio, dialer, post }
    }

    /// Runs until the device stops or its memory fails.
    pub(super) fn run(mut self) {
        self.drain();
        while !self.shared.is_stopping.load(Ordering::SeqCst) {
            let input = self.next_input();
            if let Err(err) = self.turn(input) {
                let reason = with_causes(&err);
                log::error!("the engine stopped: {reason}");
                self.shared.notices.push(vec![Notice::Stopped(reason)]);
                return;
            }
        }
    }

    fn next_input(&mut self) -> Input {
        let deadline = self.engine.deadline().map(|at| self.shared.started + at);
        let inputs = &mut self.inputs;
        self.tokio.block_on(async move {
            let never = Instant::now() + Duration::from_secs(3_600);
            tokio::time::timeout_at(deadline.unwrap_or(never).into(), inputs.recv())
                .await
                .ok()
                .flatten()
                .unwrap_or(Input::Timeout)
        })
    }

    fn turn(&mut self, first: Input) -> Result<(), StoreError> {
        let now =
            Now { since_start: self.shared.started.elapsed(), wall: Timestamp(wall_millis()) };
        self.engine.handle(now, first)?;
        for _ in 0..MAX_BATCH {
            let Ok(input) = self.inputs.try_recv() else { break };
            self.engine.handle(now, input)?;
        }
        self.engine.commit()?;
        if !self.drain() {
            self.engine.retell()?;
            self.drain();
        }
        Ok(())
    }

    /// Does what the engine says; false if the screens lost track.
    fn drain(&mut self) -> bool {
        let mut notices = Vec::new();
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Transmit(link, frame) => self.shared.links.send(link, frame),
                Output::Hangup(link) => self.shared.links.hang_up(link),
                Output::Dial { target, addrs, key, callee } => {
                    let way = Way {
                        addrs: addrs.iter().filter_map(links::to_transport).collect(),
                        key: DialKey::from_bytes(key),
                        callee: Callee::from_bytes(callee),
                    };
                    self.dialer.want(target, way);
                }
                Output::StopDialing(target) => self.dialer.drop_want(&target),
                Output::Admit { key, callee } => {
                    let callee = Callee::from_bytes(callee);
                    self.shared.listener.admit(DialKey::from_bytes(key), callee);
                }
                Output::Deposit { mailbox, number, pack, expires_at, at } => {
                    self.post.deposit((mailbox, number), &pack.into(), expires_at, &at);
                }
                Output::Collect { mailbox, at, since, pause } => {
                    self.post.collect(mailbox, &at, &since, pause);
                }
                Output::StopCollecting(mailbox) => self.post.stop(&mailbox),
                Output::MeetStrangers(on) => (self.shared.surroundings.meet_strangers)(on),
                Output::Refuse(key) => self.shared.listener.refuse(&DialKey::from_bytes(key)),
                Output::Notify(event) => {
                    if let Event::PeerSeen { room, peer, link } = event {
                        self.shared.links.prove(link, room, peer);
                        self.dialer.meet(link, room, peer);
                    }
                    if let Event::LinkBusy { room, peer, link, is_busy } = event {
                        self.shared.links.set_busy(link, is_busy);
                        if is_busy {
                            self.dialer.hurry(link, room, peer);
                        }
                    }
                    notices.push(Notice::Event(event));
                }
            }
        }
        self.shared.notices.push(notices)
    }
}

/// The error and what lies beneath it, in one line.
fn with_causes(err: &dyn std::error::Error) -> String {
    let mut text = err.to_string();
    let mut cause = err.source();
    while let Some(err) = cause {
        text.push_str(": ");
        text.push_str(&err.to_string());
        cause = err.source();
    }
    text
}
