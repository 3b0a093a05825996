//! A simulated radio in virtual time, for `measure ble`: two devices that find each other, and a
//! link that carries so many packets in each event of its connection.

use std::{collections::VecDeque, time::Duration};

use super::{
    core::{Core, Moment, Output},
    radio::{Contact, Device, RadioCommand, RadioEvent, RadioState, Side},
    token::{Name, Token},
};
use crate::{Callee, DialKey};

/// What the radio is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Radio {
    /// From one event of the connection to the next.
    pub interval: Duration,
    /// Packets that each end may send in one.
    pub per_event: usize,
    /// So many of a hundred packets are lost.
    pub loss_percent: u64,
    /// The longest packet, in bytes.
    pub max_packet: usize,
    /// Which of the radio's losses these are: other numbers, other packets.
    pub chance: u64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Until there is a link, from when the guest looks for it.
    pub link: Duration,
    /// A frame of 200 bytes there and one back, on average of those that are sent one by one.
    pub round_trip: Duration,
    /// Bytes of frames that arrived, of what the radio could have carried if nothing was lost.
    pub ratio: f64,
}

/// Frames for the round trip.
const TRIPS: u32 = 20;

/// What is sent in bulk, in bytes: an operation with a long text or a piece of a picture.
const BULK_FRAME: usize = 8_192;

/// How often a radio shows its token.
const ADVERT: Duration = Duration::from_millis(100);

struct Node {
    core: Core,
    shown: Option<Token>,
    scans: bool,
    link: Option<u64>,
    /// For the radio's next events.
    queue: VecDeque<Vec<u8>>,
    frames: usize,
    bytes: usize,
}

/// The host is the first, the guest the second.
struct Air {
    radio: Radio,
    nodes: [Node; 2],
    now: Duration,
    is_connected: bool,
    chance: u64,
}

/// Lets two devices meet, and sends until the radio could have carried so many packets: from the
/// host to the guest, or both ways.
///
/// # Panics
///
/// If no link comes about, or a frame takes more than an hour.
pub fn run(radio: Radio, packets: u32, both_ways: bool) -> Outcome {
    let mut air = Air::new(radio);
    let link = air.meet();
    let started = air.now;
    for trip in 1..=TRIPS {
        for from in [0, 1] {
            air.send(from, 200);
            air.until(|air| air.node(1_usize.saturating_sub(from)).frames >= trip as usize);
        }
    }
    let round_trip = air.now.saturating_sub(started).div_f64(f64::from(TRIPS));
    let (began, [host_had, guest_had]) = (air.now, air.nodes.each_ref().map(|node| node.bytes));
    let per_event = u32::try_from(radio.per_event).unwrap_or(u32::MAX).max(1);
    let until =
        began.saturating_add(radio.interval.saturating_mul(packets).div_f64(per_event.into()));
    air.until(|air| {
        air.fill(0);
        if both_ways {
            air.fill(1);
        }
        air.now >= until
    });
    let took = air.now.saturating_sub(began).as_secs_f64();
    let per_second = (radio.per_event.saturating_mul(radio.max_packet)) as f64;
    let limit = per_second / radio.interval.as_secs_f64() * took;
    let [host, guest] = air.nodes.each_ref().map(|node| node.bytes);
    let host = host.saturating_sub(host_had) as f64;
    let guest = guest.saturating_sub(guest_had) as f64;
    let slower = if both_ways { host.min(guest) } else { guest };
    Outcome { link, round_trip, ratio: slower / limit }
}

fn device(number: usize) -> Device {
    Device([u8::from(number > 0); 16])
}

impl Air {
    fn new(radio: Radio) -> Self {
        let node = |chance| Node {
            core: Core::new(chance),
            shown: None,
            scans: false,
            link: None,
            queue: VecDeque::new(),
            frames: 0,
            bytes: 0,
        };
        let nodes = [node(0), node(1_000)];
        let chance = radio.chance;
        Self { radio, nodes, now: Duration::ZERO, is_connected: false, chance }
    }

    fn node(&self, number: usize) -> &Node {
        if number == 0 { &self.nodes[0] } else { &self.nodes[1] }
    }

    fn moment(&self) -> Moment {
        Moment { at: self.now, wall: 1_700_000_100 }
    }

    fn with(&mut self, number: usize, act: impl FnOnce(&mut Core, Moment)) {
        let now = self.moment();
        let Some(node) = self.nodes.get_mut(number) else { return };
        act(&mut node.core, now);
        while let Some(output) = node.core.poll() {
            match output {
                Output::Radio(RadioCommand::Advertise(advert)) => {
                    node.shown = advert.map(|advert| advert.token);
                }
                Output::Radio(RadioCommand::Scan(scans)) => node.scans = scans,
                Output::Radio(RadioCommand::Connect(_)) => self.is_connected = true,
                Output::Radio(RadioCommand::Send { bytes, .. }) => node.queue.push_back(bytes),
                Output::Radio(RadioCommand::Disconnect(_)) => self.is_connected = false,
                Output::Opened { link, .. } => node.link = Some(link),
                Output::Closed { .. } => node.link = None,
                Output::Frame { link, frame } => {
                    node.core.consumed(link, frame.len());
                    node.frames = node.frames.saturating_add(1);
                    node.bytes = node.bytes.saturating_add(frame.len());
                }
                Output::Refused { .. } | Output::Nearby => {}
            }
        }
    }

    fn event(&mut self, number: usize, event: RadioEvent) {
        self.with(number, |core, now| core.radio(now, event));
    }

    fn meet(&mut self) -> Duration {
        let (key, callee) = (DialKey::from_bytes([1; 32]), Callee::from_bytes([2; 16]));
        for number in [0, 1] {
            self.event(number, RadioEvent::State(RadioState::Ready));
        }
        self.with(0, |core, now| core.answer_to(now, [(key, callee)].into()));
        self.with(1, |core, now| core.dial(now, 1, Name { key, callee }));
        while !self.is_connected {
            self.now = self.now.saturating_add(ADVERT);
            let token = self.nodes[0].shown.filter(|_| self.nodes[1].scans);
            if let Some(token) = token {
                self.event(1, RadioEvent::Heard { device: device(0), token });
            }
        }
        // The connection's first event is the radio's answer.
        self.now = self.now.saturating_add(self.radio.interval);
        let max_packet = self.radio.max_packet;
        self.event(1, RadioEvent::Connected { device: device(0), max_packet });
        self.until(|air| air.nodes.iter().all(|node| node.link.is_some()));
        self.now
    }

    fn send(&mut self, number: usize, len: usize) {
        let link = self.node(number).link.expect("a link");
        self.with(number, |core, now| core.send(now, link, &vec![7; len]));
    }

    /// Gives a device all it takes.
    fn fill(&mut self, number: usize) {
        let link = self.node(number).link.expect("a link");
        while self.node(number).core.has_room(link) {
            self.send(number, BULK_FRAME);
        }
    }

    /// Lets events of the connection pass.
    fn until(&mut self, mut is_over: impl FnMut(&mut Self) -> bool) {
        let end = self.now.saturating_add(Duration::from_secs(3_600));
        while !is_over(self) {
            assert!(self.now < end, "it took an hour: {:?}", self.radio);
            self.pass();
        }
    }

    /// Everything until the connection's next event, and that.
    fn pass(&mut self) {
        let next = self.now.saturating_add(self.radio.interval);
        loop {
            let due = [0, 1].map(|at| self.node(at).core.deadline().unwrap_or(next).max(self.now));
            let (number, at) = if due[0] <= due[1] { (0, due[0]) } else { (1, due[1]) };
            if at >= next {
                break;
            }
            self.now = at;
            self.with(number, |core, now| core.timeout(now));
        }
        self.now = next;
        // What answers a packet is sent in the next event: a program is slower than a radio.
        let mut heard = [Vec::new(), Vec::new()];
        for (node, heard) in self.nodes.iter_mut().zip(heard.iter_mut().rev()) {
            let count = self.radio.per_event.min(node.queue.len());
            heard.extend(node.queue.drain(..count));
        }
        for (number, packets) in heard.into_iter().enumerate() {
            let side = if number == 0 { Side::Peripheral } else { Side::Central };
            let contact = Contact { device: device(1_usize.saturating_sub(number)), side };
            for bytes in packets {
                if self.draw() >= self.radio.loss_percent {
                    let max_packet = self.radio.max_packet;
                    self.event(number, RadioEvent::Packet { contact, max_packet, bytes });
                }
            }
        }
    }

    /// A number below a hundred.
    fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.chance >> 33).checked_rem(100).unwrap_or_default()
    }
}
