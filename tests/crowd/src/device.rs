//! One device of the crowd: the real engine, and what it is told and says within a second.

use std::collections::BTreeSet;

use engine::{
    Engine, Event, Frame, Input, LinkId, MemberIndex, Now, Output, PeerId, RoomId, Store as _,
};

use crate::{chance::Chance, malice::Malice, store::SharingStore, traffic::is_ops};

/// What a device said within a second.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) frames: Vec<(LinkId, Frame)>,
    pub(crate) hung_up: Vec<LinkId>,
    /// Messages that are new here: whose, which of the author's operations, and whether a stranger
    /// brought them.
    pub(crate) messages: Vec<(PeerId, u64, bool)>,
}

/// An engine and its power switch.
#[derive(Debug)]
pub(crate) struct Device {
    engine: Engine<SharingStore>,
    pub(crate) inbox: Vec<Input>,
    /// Frames with operations, and what came behind them on the same link: they are handled at the
    /// end of the second.
    held: Vec<(LinkId, Frame)>,
    /// Links to strangers.
    strangers: BTreeSet<LinkId>,
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
        let strangers = BTreeSet::new();
        Self { engine, inbox, held, strangers, said, is_on: true, sleeps: false, malice: None }
    }

    /// Whether its radio can have links now.
    pub(crate) fn is_awake(&self) -> bool {
        self.is_on && !self.sleeps
    }

    /// A link to a stranger opened.
    pub(crate) fn meet_stranger(&mut self, link: LinkId, is_dialer: bool, binding: [u8; 32]) {
        self.strangers.insert(link);
        self.inbox.push(Input::StrangerMet { link, is_dialer, binding: Some(binding) });
    }

    /// A link is over, whoever ended it.
    pub(crate) fn part_from(&mut self, link: LinkId) {
        self.strangers.remove(&link);
    }

    /// A frame came.
    pub(crate) fn receive(&mut self, link: LinkId, frame: Frame) {
        let is_ops = !self.strangers.contains(&link) && is_ops(&frame);
        if is_ops || self.held.iter().any(|(other, _)| *other == link) {
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
        // By themselves, so that it shows what they brought.
        let (brought, others): (Vec<_>, Vec<_>) =
            self.inbox.drain(..).partition(|input| match input {
                Input::FrameReceived(link, _) => self.strangers.contains(link),
                _ => false,
            });
        for input in others {
            self.engine.handle(now, input).expect("memory never fails");
        }
        if is_due {
            self.engine.handle(now, Input::Timeout).expect("memory never fails");
        }
        self.speak(false);
        if brought.is_empty() {
            return;
        }
        for input in brought {
            self.engine.handle(now, input).expect("memory never fails");
        }
        self.speak(true);
    }

    /// Commits, and says what there is to say; what is new was brought by strangers or not.
    fn speak(&mut self, is_brought: bool) {
        self.engine.commit().expect("memory never fails");
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Transmit(link, frame) => self.said.frames.push((link, frame)),
                Output::Hangup(link) => self.said.hung_up.push(link),
                Output::Notify(Event::MessageAdded { message, .. }) => {
                    self.said.messages.push((message.author, message.position.seq, is_brought));
                }
                // Neighbors are found by the radio, not dialed at addresses, and there are no
                // relays on a field.
                _ => {}
            }
        }
    }
}
