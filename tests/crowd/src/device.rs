//! One device of the crowd: the real engine, and what it is told and says within a second.

use engine::{
    Engine, Event, Frame, Input, LinkId, MemberIndex, Now, Output, PeerId, RoomId, Store as _,
};

use crate::{chance::Chance, malice::Malice, store::SharingStore, traffic::is_ops};

/// What a device said within a second.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) frames: Vec<(LinkId, Frame)>,
    pub(crate) hung_up: Vec<LinkId>,
    /// Messages that are new here: whose, and which of the author's operations.
    pub(crate) messages: Vec<(PeerId, u64)>,
}

/// An engine and its power switch.
#[derive(Debug)]
pub(crate) struct Device {
    engine: Engine<SharingStore>,
    pub(crate) inbox: Vec<Input>,
    /// Frames with operations, and what came behind them on the same link: they are handled at the
    /// end of the second.
    held: Vec<(LinkId, Frame)>,
    pub(crate) said: Said,
    /// Whether it is switched on.
    pub(crate) is_on: bool,
    /// Whether it sleeps: no radio, no processor.
    pub(crate) sleeps: bool,
    pub(crate) malice: Option<Malice>,
}

impl Device {
    pub(crate) fn new(store: SharingStore, chance: &mut Chance) -> Self {
        let mut engine = Engine::new(store, chance.bytes()).expect("memory never fails");
        // The room as it is at the beginning is nobody's news.
        engine.commit().expect("memory never fails");
        while engine.poll().is_some() {}
        let (inbox, held, said) = (Vec::new(), Vec::new(), Said::default());
        Self { engine, inbox, held, said, is_on: true, sleeps: false, malice: None }
    }

    /// Whether its radio can have links now.
    pub(crate) fn is_awake(&self) -> bool {
        self.is_on && !self.sleeps
    }

    /// A frame came.
    pub(crate) fn receive(&mut self, link: LinkId, frame: Frame) {
        if is_ops(&frame) || self.held.iter().any(|(other, _)| *other == link) {
            self.held.push((link, frame));
        } else {
            self.inbox.push(Input::FrameReceived(link, frame));
        }
    }

    /// The second is over.
    pub(crate) fn release(&mut self) {
        let held = self.held.drain(..);
        self.inbox.extend(held.map(|(link, frame)| Input::FrameReceived(link, frame)));
    }

    /// How many bytes one of `author`'s operations takes.
    pub(crate) fn op_len(&self, room: RoomId, author: usize, seq: u64) -> usize {
        let log = (room, MemberIndex(author as u32), seq - 1);
        let ops = self.engine.store().ops_after(log.0, log.1, log.2, 1, 0);
        ops.expect("memory never fails").first().map_or(0, Vec::len)
    }

    /// Takes in all that happened, and commits once.
    pub(crate) fn work(&mut self, now: Now) {
        let is_due = self.engine.deadline().is_some_and(|at| at <= now.since_start);
        if !self.is_on
            || (self.sleeps && self.inbox.is_empty())
            || (self.inbox.is_empty() && !is_due)
        {
            return;
        }
        for input in self.inbox.drain(..) {
            self.engine.handle(now, input).expect("memory never fails");
        }
        if is_due {
            self.engine.handle(now, Input::Timeout).expect("memory never fails");
        }
        self.engine.commit().expect("memory never fails");
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Transmit(link, frame) => self.said.frames.push((link, frame)),
                Output::Hangup(link) => self.said.hung_up.push(link),
                Output::Notify(Event::MessageAdded { message, .. }) => {
                    self.said.messages.push((message.author, message.position.seq));
                }
                // Neighbors are found by the radio, not dialed at addresses, and there are no
                // relays on a field.
                _ => {}
            }
        }
    }
}
