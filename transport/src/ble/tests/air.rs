//! Simulated air: radios that hear those near them and carry packets between them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use super::super::{
    core::{Core, Moment, Output},
    packet::MIN_PACKET_LEN,
    radio::{Advert, Contact, Device, RadioCommand, RadioEvent, RadioState, Side},
    token::{Name, Token},
};
use crate::{Callee, DialKey};

/// How finely time passes.
const STEP: Duration = Duration::from_millis(50);

/// A moment in which tokens do not change by chance.
const START: u64 = 1_700_000_100;

pub(super) fn name(key: u8, callee: u8) -> Name {
    Name { key: DialKey::from_bytes([key; 32]), callee: Callee::from_bytes([callee; 16]) }
}

/// One device and what its core said.
pub(super) struct Node {
    pub(super) core: Core,
    shown: Option<Advert>,
    scans: bool,
    /// Tokens shown so far.
    pub(super) tokens: BTreeSet<Token>,
    /// Links that are open, and the dial each answers.
    pub(super) links: BTreeMap<u64, Option<u64>>,
    pub(super) frames: Vec<Vec<u8>>,
    pub(super) refused: usize,
    pub(super) connects: usize,
    /// Whom it connected to, or tried to.
    pub(super) tried: BTreeSet<usize>,
    /// Links to strangers so far.
    pub(super) meetings: usize,
}

/// All of them. Devices are their places in the list.
pub(super) struct Air {
    pub(super) nodes: Vec<Node>,
    /// Pairs that do not hear each other.
    pub(super) deaf: BTreeSet<(usize, usize)>,
    pub(super) now: Duration,
    connected: BTreeSet<(usize, usize)>,
    on_way: VecDeque<(usize, RadioEvent)>,
    chance: u64,
    /// One packet in so many is lost, doubled or late; 0 for none.
    pub(super) trouble: u64,
    /// What happens to packets in turns; nothing if it is empty.
    pub(super) mischief: Vec<Mischief>,
    carried: usize,
    max_packet: usize,
    stalled: usize,
    /// No packet arrives, and no radio notices.
    pub(super) is_mute: bool,
}

/// What a radio does to one packet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mischief {
    None,
    Loses,
    Doubles,
    /// It arrives before so many that were sent earlier.
    Delays(usize),
    /// To this length.
    Cuts(usize),
    /// That packets may have this length from now on, and this one is lost if it has more.
    Claims(usize),
    /// Nothing arrives until so many rounds of 50 ms are over.
    Stalls(usize),
}

/// A host that answers to a name, and a guest who looks for it.
pub(super) fn host_and_guest() -> Air {
    let mut air = Air::new(2);
    let name = name(1, 1);
    air.with(0, |core, now| core.answer_to(now, [(name.key, name.callee)].into()));
    air.with(1, |core, now| core.look_for(now, [name].into()));
    air.with(1, |core, now| core.dial(now, 1, name));
    air
}

/// The only link of a device.
pub(super) fn link(air: &Air, number: usize) -> u64 {
    let links = &air.nodes[number].links;
    assert_eq!(links.len(), 1, "device {number} has {links:?}");
    *links.keys().next().expect("one")
}

fn device(number: usize) -> Device {
    Device([u8::try_from(number).expect("few"); 16])
}

fn number(device: Device) -> usize {
    usize::from(device.0[0])
}

impl Air {
    pub(super) fn new(count: usize) -> Self {
        let node = |number: usize| Node {
            core: Core::new(u16::try_from(number * 1_000).expect("few")),
            shown: None,
            scans: false,
            tokens: BTreeSet::new(),
            links: BTreeMap::new(),
            frames: Vec::new(),
            refused: 0,
            connects: 0,
            tried: BTreeSet::new(),
            meetings: 0,
        };
        let mut air = Self {
            nodes: (0..count).map(node).collect(),
            deaf: BTreeSet::new(),
            now: Duration::ZERO,
            connected: BTreeSet::new(),
            on_way: VecDeque::new(),
            chance: 1,
            trouble: 0,
            mischief: Vec::new(),
            carried: 0,
            max_packet: 100,
            stalled: 0,
            is_mute: false,
        };
        (0..count).for_each(|number| air.switch(number, RadioState::Ready));
        air
    }

    pub(super) fn moment(&self) -> Moment {
        Moment { at: self.now, wall: START + self.now.as_secs() }
    }

    /// Switches a device's radio.
    pub(super) fn switch(&mut self, number: usize, state: RadioState) {
        let lost: Vec<_> =
            self.connected.iter().copied().filter(|(a, b)| *a == number || *b == number).collect();
        for (central, peripheral) in lost {
            self.cut(central, peripheral);
        }
        let node = &mut self.nodes[number];
        (node.shown, node.scans) = (None, false);
        self.event(number, RadioEvent::State(state));
    }

    fn cut(&mut self, central: usize, peripheral: usize) {
        if self.connected.remove(&(central, peripheral)) {
            let at = |other, side| Contact { device: device(other), side };
            let over = RadioEvent::Disconnected(at(peripheral, Side::Central));
            self.on_way.push_back((central, over));
            let over = RadioEvent::Disconnected(at(central, Side::Peripheral));
            self.on_way.push_back((peripheral, over));
        }
    }

    pub(super) fn event(&mut self, number: usize, event: RadioEvent) {
        let now = self.moment();
        self.nodes[number].core.radio(now, event);
        self.drain(number);
    }

    /// Does something with a device's core.
    pub(super) fn with(&mut self, number: usize, act: impl FnOnce(&mut Core, Moment)) {
        let now = self.moment();
        act(&mut self.nodes[number].core, now);
        self.drain(number);
    }

    fn drain(&mut self, number: usize) {
        while let Some(output) = self.nodes[number].core.poll() {
            let node = &mut self.nodes[number];
            match output {
                Output::Radio(command) => self.obey(number, command),
                Output::Opened { link, dial, by_chance, .. } => {
                    node.links.insert(link, dial);
                    node.meetings += usize::from(by_chance);
                }
                Output::Refused { dial } => {
                    node.refused += 1;
                    let now = self.moment();
                    self.nodes[number].core.give_up(now, dial);
                }
                Output::Frame { link, frame } => {
                    node.core.consumed(link, frame.len());
                    node.frames.push(frame);
                }
                Output::Closed { link, .. } => {
                    node.links.remove(&link);
                }
                Output::Nearby => {}
            }
        }
    }

    fn obey(&mut self, from: usize, command: RadioCommand) {
        match command {
            RadioCommand::Advertise(shown) => {
                self.nodes[from].shown = shown;
                self.nodes[from].tokens.extend(shown.map(|shown| shown.token));
            }
            RadioCommand::Scan(scans) => self.nodes[from].scans = scans,
            RadioCommand::Connect(to) => {
                self.nodes[from].connects += 1;
                self.nodes[from].tried.insert(number(to));
                let answer = if self.hear_each_other(from, number(to)) {
                    self.connected.insert((from, number(to)));
                    RadioEvent::Connected { device: to, max_packet: 100 }
                } else {
                    RadioEvent::ConnectFailed(to)
                };
                self.on_way.push_back((from, answer));
            }
            RadioCommand::Send { contact, bytes } => self.carry(from, contact, bytes),
            RadioCommand::Disconnect(contact) => match contact.side {
                Side::Central => self.cut(from, number(contact.device)),
                Side::Peripheral => self.cut(number(contact.device), from),
            },
        }
    }

    fn carry(&mut self, from: usize, contact: Contact, mut bytes: Vec<u8>) {
        let to = number(contact.device);
        let (pair, side) = match contact.side {
            Side::Central => ((from, to), Side::Peripheral),
            Side::Peripheral => ((to, from), Side::Central),
        };
        if self.is_mute || !self.connected.contains(&pair) {
            return;
        }
        let turn = self.carried.checked_rem(self.mischief.len());
        self.carried += 1;
        let mischief = turn.map_or(Mischief::None, |turn| self.mischief[turn]);
        match mischief {
            Mischief::Loses => return,
            Mischief::Cuts(len) => bytes.truncate(len),
            Mischief::Claims(len) => self.max_packet = len,
            Mischief::Stalls(rounds) => self.stalled = rounds,
            Mischief::None | Mischief::Doubles | Mischief::Delays(_) => {}
        }
        // No radio carries more than it says, but for the least that all carry.
        if bytes.len() > self.max_packet.max(MIN_PACKET_LEN) {
            return;
        }
        let packet = RadioEvent::Packet {
            contact: Contact { device: device(from), side },
            max_packet: self.max_packet,
            bytes,
        };
        match mischief {
            Mischief::Doubles => self.on_way.push_back((to, packet.clone())),
            Mischief::Delays(by) => {
                let at = self.on_way.len().saturating_sub(by);
                self.on_way.insert(at, (to, packet));
                return;
            }
            _ => {}
        }
        match self.draw() {
            0 => {}
            1 => self.on_way.extend([(to, packet.clone()), (to, packet)]),
            2 => self.on_way.push_front((to, packet)),
            _ => self.on_way.push_back((to, packet)),
        }
    }

    /// A number that is below 3 once in [`trouble`](Self::trouble) times.
    fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let drawn = self.chance >> 33;
        if self.trouble == 0 || !drawn.is_multiple_of(self.trouble) {
            9
        } else {
            drawn / self.trouble % 3
        }
    }

    fn hear_each_other(&self, a: usize, b: usize) -> bool {
        let is_there = a.max(b) < self.nodes.len();
        is_there && !self.deaf.contains(&(a.min(b), a.max(b)))
    }

    /// Lets time pass in small steps.
    pub(super) fn run(&mut self, how_long: Duration) {
        let until = self.now + how_long;
        while self.now < until {
            self.now += STEP;
            let shown: Vec<_> = self.nodes.iter().map(|node| node.shown).collect();
            for hearer in 0..self.nodes.len() {
                for (shower, advert) in shown.iter().enumerate() {
                    let Some(Advert { token, every }) = *advert else { continue };
                    // Each shows itself at moments of its own.
                    let at = self.now.as_millis() + 170 * shower as u128;
                    let is_shown = at % every.as_millis() < STEP.as_millis();
                    let is_heard =
                        is_shown && hearer != shower && self.hear_each_other(hearer, shower);
                    if is_heard && self.nodes[hearer].scans {
                        self.event(hearer, RadioEvent::Heard { device: device(shower), token });
                    }
                }
            }
            let is_stalled = self.stalled > 0;
            self.stalled = self.stalled.saturating_sub(1);
            let due = if is_stalled { 0 } else { self.on_way.len() };
            for _ in 0..due {
                let Some((to, event)) = self.on_way.pop_front() else { break };
                self.event(to, event);
            }
            for number in 0..self.nodes.len() {
                let now = self.moment();
                if self.nodes[number].core.deadline().is_some_and(|at| at <= now.at) {
                    self.with(number, |core, now| core.timeout(now));
                }
            }
        }
    }
}
