//! A world of devices with no radios and no waiting.
//!
//! Engines run under one clock, joined by links that keep order and lose nothing until they are
//! cut. With a seed, chance decides which link delivers next; without, the oldest frame does.

mod air;
mod door;
mod person;
mod post;
pub mod seals;
mod strangers;
mod ways;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

pub use air::Tamper;
use app::runtime::AllCores;
use engine::{
    Addr, Command, Engine, Event, Frame, Input, LinkId, Medium, MemoryStore, Now, Output, Target,
    Timestamp,
};
pub use post::{Left, Relay};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// A device in the [`World`].
pub type Name = &'static str;

/// The world's clock at its beginning: a summer evening in 2026.
const START: u64 = 1_784_000_000_000;

/// One device: an engine, and what it has said so far.
#[derive(Debug)]
struct Device {
    engine: Engine<MemoryStore>,
    events: Vec<Event>,
    wanted: BTreeMap<Target, Vec<Addr>>,
    /// The keys by which it answers.
    admitted: BTreeSet<[u8; 32]>,
    number: u8,
    /// How far its wall clock is ahead, in milliseconds.
    ahead: i64,
    /// Whether inputs are taken in without being committed.
    is_held: bool,
    /// Whether it opens links to whoever is near.
    meets_strangers: bool,
}

/// What happens at one end of a link, in order.
#[derive(Debug)]
enum Arrival {
    Frame(Frame),
    Down,
}

/// Engines joined by links under one clock.
#[derive(Debug, Default)]
pub struct World {
    millis: u64,
    starts: u64,
    chance: Option<ChaCha20Rng>,
    devices: BTreeMap<Name, Device>,
    /// Each end of a link, and the other.
    links: BTreeMap<(Name, LinkId), (Name, LinkId)>,
    dialed: BTreeMap<(Name, LinkId), Target>,
    /// What is under way to each end, with its place in the order of sending.
    in_flight: BTreeMap<(Name, LinkId), VecDeque<(u64, Arrival)>>,
    sent: u64,
    next_link: u64,
    is_binding: bool,
    apart: BTreeSet<(Name, Name)>,
    tampers: BTreeMap<(Name, Name), Tamper>,
    /// What arrived at ends held by a test.
    raw: BTreeMap<LinkId, Vec<Frame>>,
    relays: Vec<Relay>,
    /// What is on its way to relays.
    post: VecDeque<post::Post>,
    off: BTreeMap<Name, post::Off>,
    tries: usize,
    frames_seen: Vec<(Name, Name, Frame)>,
    /// How often a deadline came.
    pub wakes: usize,
    /// What links that open from now on go through.
    pub medium: Medium,
    /// Whether devices added from now on check signatures as the app does.
    pub is_on_all_cores: bool,
    /// Whether [`frames`](Self::frames) are forgotten: for tests that send more than memory holds.
    pub is_forgetful: bool,
    /// Whether [`overheard`](Self::overheard) grows.
    pub is_overheard: bool,
    /// What a log would say that writes down all that goes into engines and comes out, and them.
    pub overheard: String,
}

impl World {
    /// A world in which chance decides which link delivers next.
    pub fn seeded(seed: u64) -> Self {
        Self { chance: Some(ChaCha20Rng::seed_from_u64(seed)), ..Self::default() }
    }

    /// A world whose links encrypt by themselves, so that packets travel in clear inside them.
    pub fn binding() -> Self {
        Self { is_binding: true, ..Self::default() }
    }

    /// Adds a device whose person has this name, and who can be dialed at an address of its own.
    pub fn add(&mut self, name: Name) {
        let number = u8::try_from(self.devices.len()).expect("a small world");
        self.wake(name, MemoryStore::default(), number, 0);
        self.command(name, Command::SetName { name: name.to_owned() });
    }

    /// Ends the device's process without warning and starts it again from its disk; everyone
    /// notices.
    pub fn restart(&mut self, name: Name) {
        self.reboot(name);
        self.settle();
    }

    /// Ends the device's process without warning and starts it again from its disk.
    pub fn reboot(&mut self, name: Name) {
        let store = self.disk(name);
        self.restart_from(name, store);
    }

    /// What is on the disk of `name` now.
    pub fn disk(&self, name: Name) -> MemoryStore {
        self.memory(name).clone()
    }

    /// The same, to look at.
    pub fn memory(&self, name: Name) -> &MemoryStore {
        self.device(name).engine.store()
    }

    /// Ends the device's process without warning and starts it again from another disk.
    pub fn restart_from(&mut self, name: Name, store: MemoryStore) {
        let device = self.remove(name);
        self.wake(name, store, device.number, device.ahead);
    }

    /// Ends the device's process; everyone notices.
    fn remove(&mut self, name: Name) -> Device {
        let device = self.devices.remove(name).expect("known device");
        self.forget_listener(name);
        let ends: Vec<_> = self.links.keys().copied().filter(|(n, _)| *n == name).collect();
        for (name, link) in ends {
            self.cut_end(name, link);
        }
        device
    }

    fn wake(&mut self, name: Name, store: MemoryStore, number: u8, ahead: i64) {
        self.starts += 1;
        let mut seed = [number; 32];
        seed.iter_mut().zip(self.starts.to_le_bytes()).for_each(|(to, from)| *to ^= from);
        let mut engine = Engine::new(store, seed).expect("memory never fails");
        if self.is_on_all_cores {
            engine = engine.with_verifier(Box::new(AllCores));
        }
        let (events, wanted, admitted) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        let device = Device {
            engine,
            events,
            wanted,
            admitted,
            number,
            ahead,
            is_held: false,
            meets_strangers: false,
        };
        self.devices.insert(name, device);
        let relays = (0..self.relays.len()).map(Self::relay_addr);
        let addrs = [Self::addr(number)].into_iter().chain(relays).collect();
        self.input(name, Input::AddrsChanged(addrs));
    }

    /// The address of the device with this number, counted from 0 in the order they were added.
    pub fn addr(number: u8) -> Addr {
        Addr { tag: 1, bytes: vec![10, 0, 0, number, 0, 1] }
    }

    /// Sets the wall clock of `name` ahead of the world's, or behind.
    pub fn set_clock(&mut self, name: Name, ahead: i64) {
        self.device_mut(name).ahead = ahead;
    }

    /// From now on `name` takes inputs in without committing, until [`release`](Self::release) or
    /// a restart.
    pub fn hold(&mut self, name: Name) {
        self.device_mut(name).is_held = true;
    }

    /// `name` commits what it took in while held.
    pub fn release(&mut self, name: Name) {
        self.device_mut(name).is_held = false;
        self.finish(name);
    }

    /// Lets time pass; whatever is due then happens.
    pub fn pass(&mut self, time: Duration) {
        let end = self.millis + u64::try_from(time.as_millis()).expect("short of eternity");
        loop {
            let due = |d: &Device| d.engine.deadline().map(|at| at.as_millis() as u64);
            let next = self.devices.iter().filter_map(|(n, d)| Some((due(d)?, *n))).min();
            match next {
                Some((at, name)) if at <= end => {
                    self.millis = self.millis.max(at);
                    self.wakes += 1;
                    self.input(name, Input::Timeout);
                    self.settle();
                }
                _ => break,
            }
        }
        self.millis = self.millis.max(end);
    }

    /// The keys by which `name` answers.
    pub fn answers_to(&self, name: Name) -> BTreeSet<[u8; 32]> {
        self.device(name).admitted.clone()
    }

    fn device(&self, name: Name) -> &Device {
        self.devices.get(name).expect("known device")
    }

    fn device_mut(&mut self, name: Name) -> &mut Device {
        self.devices.get_mut(name).expect("known device")
    }

    fn now(&self, name: Name) -> Now {
        let wall = (START + self.millis).saturating_add_signed(self.device(name).ahead);
        Now { since_start: Duration::from_millis(self.millis), wall: Timestamp(wall) }
    }

    fn input(&mut self, name: Name, input: Input) {
        self.millis += 1;
        let now = self.now(name);
        if self.is_overheard {
            self.overheard += &format!("{name} {input:?}\n");
        }
        let device = self.device_mut(name);
        device.engine.handle(now, input).expect("memory never fails");
        if device.is_held {
            assert_eq!(device.engine.poll(), None, "{name} speaks before it remembers");
        } else {
            self.finish(name);
        }
    }

    /// The screens of `name` lost track and are told everything again.
    pub fn retell(&mut self, name: Name) {
        self.device_mut(name).engine.retell().expect("memory never fails");
        self.finish(name);
    }

    fn finish(&mut self, name: Name) {
        let device = self.device_mut(name);
        device.engine.commit().expect("memory never fails");
        let mut outputs = Vec::new();
        while let Some(output) = device.engine.poll() {
            outputs.push(output);
        }
        if self.is_overheard {
            self.overheard += &format!("{name} {outputs:?} {:?}\n", self.device(name).engine);
        }
        for output in outputs {
            match output {
                Output::Transmit(link, frame) => self.send(name, link, frame),
                Output::Hangup(link) => self.hang_up(name, link),
                Output::Dial { target, addrs, .. } => {
                    self.device_mut(name).wanted.insert(target, addrs);
                }
                Output::StopDialing(target) => {
                    self.device_mut(name).wanted.remove(&target);
                }
                Output::Admit { key, callee: _ } => {
                    self.device_mut(name).admitted.insert(key);
                }
                Output::Refuse(key) => {
                    self.device_mut(name).admitted.remove(&key);
                }
                Output::Deposit { mailbox, number, pack, expires_at, at } => {
                    self.leave(name, (mailbox, number), pack, (expires_at, &at));
                }
                Output::Collect { mailbox, at, since, pause: _ } => {
                    self.listen(name, mailbox, &at, &since);
                }
                Output::StopCollecting(mailbox) => self.stop_listening(name, mailbox),
                Output::MeetStrangers(on) => self.device_mut(name).meets_strangers = on,
                Output::Notify(event) => self.device_mut(name).events.push(event),
            }
        }
    }

    /// A number below `end`, by chance if the world has a seed, else 0.
    pub fn draw(&mut self, end: usize) -> usize {
        let drawn = self.chance.as_mut().map_or(0, rand_core::RngCore::next_u64);
        usize::try_from(drawn % u64::try_from(end).expect("fits")).expect("below end")
    }
}
