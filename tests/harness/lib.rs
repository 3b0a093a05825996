//! A world of devices with no radios and no waiting.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use engine::{
    Addr, Body, Command, Engine, Event, Frame, Input, Invite, LinkId, MemoryStore, Now, Output,
    RoomId, Target, Timestamp,
};

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
    number: u8,
}

/// Engines joined by perfect links under one clock.
#[derive(Debug, Default)]
pub struct World {
    millis: u64,
    starts: u64,
    devices: BTreeMap<Name, Device>,
    links: BTreeMap<(Name, LinkId), (Name, LinkId)>,
    in_flight: VecDeque<(Name, LinkId, Frame)>,
    next_link: u64,
}

impl World {
    /// Adds a device whose person has this name, and who can be dialed at an address of its own.
    pub fn add(&mut self, name: Name) {
        let number = u8::try_from(self.devices.len()).expect("a small world");
        self.wake(name, MemoryStore::default(), number);
        self.command(name, Command::SetName { name: name.to_owned() });
    }

    /// Ends the device's process without warning and starts it again from its disk.
    pub fn restart(&mut self, name: Name) {
        let device = self.devices.remove(name).expect("known device");
        let ends: Vec<_> = self.links.keys().copied().filter(|(n, _)| *n == name).collect();
        for (name, link) in ends {
            self.cut_end(name, link);
        }
        self.wake(name, device.engine.store().clone(), device.number);
        self.settle();
    }

    fn wake(&mut self, name: Name, store: MemoryStore, number: u8) {
        self.starts += 1;
        let mut seed = [number; 32];
        seed.iter_mut().zip(self.starts.to_le_bytes()).for_each(|(to, from)| *to ^= from);
        let engine = Engine::new(store, seed).expect("memory never fails");
        let device = Device { engine, events: Vec::new(), wanted: BTreeMap::new(), number };
        self.devices.insert(name, device);
        let addr = Addr { tag: 1, bytes: vec![10, 0, 0, number, 0, 1] };
        self.input(name, Input::AddrsChanged(vec![addr]));
    }

    /// The person holding `name` does something.
    pub fn command(&mut self, name: Name, command: Command) {
        self.input(name, Input::Command(command));
    }

    /// The person holding `name` says something in the only room they are in.
    pub fn say(&mut self, name: Name, text: &str) {
        let room = self.room(name);
        self.command(name, Command::SendText { room, text: text.to_owned() });
    }

    /// `host` begins a room; gives the invite on its screen.
    pub fn create_room(&mut self, host: Name) -> Invite {
        self.command(host, Command::CreateRoom { name: "Camp".to_owned() });
        self.invite(host)
    }

    /// The invite last shown on the screen of `name`.
    pub fn invite(&self, name: Name) -> Invite {
        let shown = self.events(name).iter().rev().find_map(|event| match event {
            Event::InviteReady { invite, .. } => Some(invite.clone()),
            _ => None,
        });
        shown.expect("an invite on the screen")
    }

    /// `guest` scans the screen of `host`, and is connected to it.
    pub fn scan(&mut self, guest: Name, host: Name) {
        let room = self.room(host);
        self.command(host, Command::ShowInvite { room });
        let invite = self.invite(host);
        self.command(guest, Command::AcceptInvite { invite });
        self.dial_all(guest);
        self.settle();
    }

    /// Everything `name` wants to dial is dialed, and answered by whoever is there.
    pub fn dial_all(&mut self, name: Name) {
        let device = self.devices.get(name).expect("known device");
        for (target, addrs) in device.wanted.clone() {
            let callee = self
                .devices
                .iter()
                .find(|(_, d)| addrs.iter().any(|addr| addr.bytes.get(3) == Some(&d.number)));
            if let Some((callee, _)) = callee {
                self.open(name, callee, target);
            }
        }
    }

    /// Opens a link that `dialer` dialed to reach `target`.
    fn open(&mut self, dialer: Name, callee: Name, target: Target) {
        let (a, b) = (LinkId(self.next_link), LinkId(self.next_link + 1));
        self.next_link += 2;
        self.links.insert((dialer, a), (callee, b));
        self.links.insert((callee, b), (dialer, a));
        self.input(callee, Input::LinkUp { link: b, target: None, binding: None });
        self.input(dialer, Input::LinkUp { link: a, target: Some(target), binding: None });
    }

    /// Cuts every link between two devices; what is in flight on them is lost.
    pub fn cut(&mut self, a: Name, b: Name) {
        let between = |((n, _), (m, _)): (&(Name, LinkId), &(Name, LinkId))| (*n, *m) == (a, b);
        let ends: Vec<_> =
            self.links.iter().filter(|(k, v)| between((k, v))).map(|(k, _)| *k).collect();
        for (name, link) in ends {
            self.cut_end(name, link);
        }
    }

    /// Cuts one link, seen from either end.
    fn cut_end(&mut self, name: Name, link: LinkId) {
        let Some(other) = self.links.remove(&(name, link)) else { return };
        self.links.remove(&other);
        self.in_flight.retain(|(n, l, _)| (*n, *l) != (name, link) && (*n, *l) != other);
        for (name, link) in [(name, link), other] {
            if self.devices.contains_key(name) {
                self.input(name, Input::LinkDown(link));
            }
        }
    }

    /// Delivers frames until none is in flight.
    pub fn settle(&mut self) {
        while let Some((to, link, frame)) = self.in_flight.pop_front() {
            self.input(to, Input::FrameReceived(link, frame));
        }
    }

    /// The room `name` is in; the first if there are several.
    pub fn room(&self, name: Name) -> RoomId {
        let rooms = self.events(name).iter().find_map(|event| match event {
            Event::RoomJoined { room, .. } => Some(room.id),
            Event::Started { rooms, .. } => rooms.first().map(|room| room.id),
            _ => None,
        });
        rooms.expect("a device in a room")
    }

    /// Everything `name` was told, oldest first.
    pub fn events(&self, name: Name) -> &[Event] {
        &self.devices.get(name).expect("known device").events
    }

    /// The texts in the history of `name`, in the order shown.
    pub fn texts(&mut self, name: Name) -> Vec<String> {
        let room = self.room(name);
        self.command(name, Command::LoadPage { room, before: None, limit: engine::MAX_PAGE_LEN });
        let page = self.events(name).iter().rev().find_map(|event| match event {
            Event::PageLoaded { messages, .. } => Some(messages.clone()),
            _ => None,
        });
        let text = |body| if let Body::Text(text) = body { Some(text) } else { None };
        page.expect("a page").into_iter().filter_map(|message| text(message.body)).collect()
    }

    fn now(&self) -> Now {
        Now {
            since_start: Duration::from_millis(self.millis),
            wall: Timestamp(START + self.millis),
        }
    }

    fn input(&mut self, name: Name, input: Input) {
        self.millis += 1;
        let now = self.now();
        let device = self.devices.get_mut(name).expect("known device");
        device.engine.handle(now, input).expect("memory never fails");
        device.engine.commit().expect("memory never fails");
        let mut hung_up = Vec::new();
        while let Some(output) = device.engine.poll() {
            match output {
                Output::Transmit(link, frame) => {
                    if let Some(&(to, link)) = self.links.get(&(name, link)) {
                        self.in_flight.push_back((to, link, frame));
                    }
                }
                Output::Hangup(link) => hung_up.push(link),
                Output::Dial { target, addrs, .. } => {
                    device.wanted.insert(target, addrs);
                }
                Output::StopDialing(target) => {
                    device.wanted.remove(&target);
                }
                Output::Admit(_) | Output::Refuse(_) => {}
                Output::Notify(event) => device.events.push(event),
            }
        }
        for link in hung_up {
            if let Some(other) = self.links.remove(&(name, link)) {
                self.links.remove(&other);
                self.input(other.0, Input::LinkDown(other.1));
            }
        }
    }
}
