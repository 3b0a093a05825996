//! The crowd, second by second.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine::{Command, Input, LinkId, Medium, PeerId, RoomId, Target};

use crate::{
    chance::{Chance, Purpose},
    device::{Device, Said},
    flood::{self, Copy, Flood},
    gathering::{self, gather},
    links::{Link, Links, Neighbors},
    malice::Malice,
    outcome::{Audience, Delivery, Outcome},
    person::{Ground, Person},
    power::Power,
    radio::Air,
    scenario::Scenario,
    store::Common,
    traffic::{Traffic, is_introduction, is_ops},
};

/// How often in a second frames go each way. What they say of operations is handled at the end of
/// the second, so that a message makes at most one hop in it.
const ROUNDS: usize = 4;

/// Devices, the people who carry them, and the links between.
#[derive(Debug)]
pub struct Crowd {
    scenario: Scenario,
    /// Seconds since the beginning.
    now: u32,
    common: Arc<Common>,
    devices: Vec<Device>,
    people: Vec<Person>,
    ground: Ground,
    links: Links,
    power: Power,
    by_id: BTreeMap<PeerId, usize>,
    audience: Audience,
    /// Which message an author's operation is.
    written: BTreeMap<(usize, u64), u32>,
    deliveries: Vec<Delivery>,
    bytes: u64,
    traffic: Traffic,
    floods: [Flood; 2],
    neighbors: f64,
    links_set_up: u64,
    movement: Chance,
    linking: Chance,
    writing: Chance,
    malice: Chance,
}

impl Crowd {
    /// Everybody has joined the room; nobody has a link yet.
    #[must_use]
    pub fn new(scenario: Scenario) -> Self {
        let chance = |purpose| Chance::new(scenario.seed, purpose);
        let mut engines = chance(Purpose::Engines);
        let (common, stores) = gather(scenario.devices, &mut engines);
        let mut devices: Vec<_> =
            stores.into_iter().map(|store| Device::new(store, &mut engines)).collect();
        let kinds = scenario.malicious.iter().flat_map(|(malice, n)| vec![*malice; *n]);
        // The owner, who is first, is honest.
        for (device, malice) in devices.iter_mut().skip(1).zip(kinds) {
            device.malice = Some(malice);
        }
        let mut movement = chance(Purpose::Movement);
        let Scenario { side, stages, drawn_to_stages, .. } = scenario;
        let ground = Ground::new(side, stages, drawn_to_stages, &mut movement);
        let people = devices.iter().map(|_| Person::new(&ground, &mut movement)).collect();
        let members = common.members().iter().map(|member| member.id);
        let power = Power::new(&scenario, chance(Purpose::Power));
        Self {
            now: 0,
            by_id: members.zip(0..).collect(),
            links: Links::new(devices.len()),
            floods: [flood::TTL, flood::ENDLESS].map(|ttl| Flood::new(devices.len(), ttl)),
            audience: Audience { messages: Vec::new(), since: Vec::new() },
            written: BTreeMap::new(),
            deliveries: Vec::new(),
            bytes: 0,
            traffic: Traffic::default(),
            neighbors: 0.0,
            links_set_up: 0,
            linking: chance(Purpose::Links),
            writing: chance(Purpose::Messages),
            malice: chance(Purpose::Malice),
            scenario,
            common,
            devices,
            people,
            ground,
            power,
            movement,
        }
    }

    /// Lets time pass until everything has arrived or the scenario is over. `watch` is told each
    /// second how many went by and how many deliveries were made.
    #[must_use]
    pub fn run(mut self, mut watch: impl FnMut(u32, usize)) -> Outcome {
        while self.now < self.scenario.seconds && !self.is_done() {
            self.step();
            watch(self.now, self.deliveries.len());
        }
        self.audience.since = self.listeners();
        let [flood, endless] = &self.floods;
        Outcome {
            crowd: self.audience.spread(&self.deliveries, self.bytes),
            flood: self.audience.spread(&flood.deliveries, flood.bytes),
            endless_flood: self.audience.spread(&endless.deliveries, endless.bytes),
            traffic: self.traffic,
            links: self.links_set_up,
            neighbors: self.neighbors / f64::from(self.now.max(1)),
            messages: self.audience.messages.len(),
            seconds: self.now,
        }
    }

    /// Since when each honest device that is on has been so.
    fn listeners(&self) -> Vec<Option<u32>> {
        let since = |(device, on_from): (&Device, &u32)| {
            (device.is_on && device.malice.is_none()).then_some(*on_from)
        };
        self.devices.iter().zip(&self.power.on_from).map(since).collect()
    }

    fn is_done(&self) -> bool {
        self.scenario.churn.is_none()
            && self.now > self.scenario.writing
            && self.deliveries.len() == self.audience.messages.len() * (self.devices.len() - 1)
    }

    fn step(&mut self) {
        self.now += 1;
        for person in &mut self.people {
            person.walk(&self.ground, &mut self.movement);
        }
        self.power.turn(self.now, &self.scenario, &mut self.devices);
        self.relink();
        let mut copies = Vec::new();
        for round in 1..=ROUNDS {
            copies.extend(self.transmit());
            if round == ROUNDS {
                self.write();
                self.devices.iter_mut().for_each(Device::release);
                for (flood, device, link, copy) in std::mem::take(&mut copies) {
                    self.spread_copy(flood, device, Some(link), copy);
                }
            }
            self.work(round);
            for device in 0..self.devices.len() {
                let said = std::mem::take(&mut self.devices[device].said);
                self.take(device, said);
            }
        }
        for device in 0..self.devices.len() {
            self.misbehave(device);
        }
    }

    /// Links break, make room, and are set up.
    fn relink(&mut self) {
        let (now, radio) = (self.now, &self.scenario.radio);
        let awake: Vec<_> = self.devices.iter().map(Device::is_awake).collect();
        let near = Neighbors::new(radio.range, &self.people, &awake);
        self.neighbors += near.mean();
        let mut over = self.links.broken(radio, &self.people, &awake);
        over.extend(self.links.idle(radio, &near, now));
        for number in over {
            self.end_link(number, None);
        }
        let places = (&near, self.people.as_slice());
        self.links.dial(&self.scenario.radio, places, now, &mut self.linking);
        let room = self.common.room();
        for (number, link) in &mut self.links.all {
            if link.opens_at.is_none_or(|at| at > now) {
                continue;
            }
            link.opens_at = None;
            self.links_set_up += 1;
            let [dialer, callee] = link.ends;
            let target = Target::Member(room, self.common.members()[callee].id);
            let mut binding = [0xb1; 32];
            binding[..8].copy_from_slice(&number.to_le_bytes());
            for (end, target) in [(1, None), (0, Some(target))] {
                let link = Link::id(*number, end);
                let device = if end == 0 { dialer } else { callee };
                let up =
                    Input::LinkUp { link, target, binding: Some(binding), medium: Medium::Air };
                self.devices[device].inbox.push(up);
            }
        }
    }

    /// Ends a link; the end that hung up is not told.
    fn end_link(&mut self, number: u64, hung_up: Option<usize>) {
        let Some(link) = self.links.end(number, self.now) else { return };
        for (end, device) in link.ends.into_iter().enumerate() {
            if link.is_up() && Some(end) != hung_up && self.devices[device].is_on {
                self.devices[device].inbox.push(Input::LinkDown(Link::id(number, end)));
            }
        }
    }

    /// What was sent, as far as the air carries it within a round. Gives the copies of floods that
    /// arrived: of which flood, where, over which link.
    fn transmit(&mut self) -> Vec<(usize, usize, u64, Copy)> {
        let (radio, side) = (&self.scenario.radio.part(ROUNDS), self.scenario.side);
        let mut air = Air::new(radio, self.devices.len(), side);
        let mut flood_airs = [(); 2].map(|()| Air::new(radio, self.devices.len(), side));
        let first = self.linking.below(self.links.all.len()) as u64;
        let first = self.links.all.keys().next().map_or(0, |number| number + first);
        let mut copies = Vec::new();
        let (before, after): (Vec<_>, Vec<_>) =
            self.links.all.iter_mut().partition(|(number, _)| **number < first);
        for (number, link) in after.into_iter().chain(before) {
            if !link.is_up() {
                continue;
            }
            let (mut rate, mut flood_rates) = (radio.link_rate, [radio.link_rate; 2]);
            for end in [self.now as usize % 2, (self.now as usize + 1) % 2] {
                let (from, to) = (link.ends[end], link.ends[1 - end]);
                let place = self.people[from].place();
                let lane = &mut link.lanes[end];
                for frame in lane.advance(&mut air, &mut rate, (from, to), place, &mut self.bytes) {
                    if is_ops(&frame) {
                        link.useful_at = self.now;
                    }
                    let id = Link::id(*number, 1 - end);
                    self.devices[to].receive(id, frame);
                }
                for (n, flood) in self.floods.iter_mut().enumerate() {
                    let (lane, used) = (&mut link.copies[n][end], &mut flood.bytes);
                    let (air, rate) = (&mut flood_airs[n], &mut flood_rates[n]);
                    let heard = lane.advance(air, rate, (from, to), place, used);
                    copies.extend(heard.into_iter().map(|copy| (n, to, *number, copy)));
                }
            }
        }
        copies
    }

    /// A device hears a copy of the flood, and sends it on to all but where it came from.
    fn spread_copy(&mut self, flood: usize, device: usize, from: Option<u64>, copy: Copy) {
        let Some(next) = self.floods[flood].hear(device, copy, self.now) else { return };
        let author = self.audience.messages[copy.message as usize].0;
        let is_hoarder = self.devices[device].malice.is_some() && device != author;
        for number in self.links.of(device).to_vec() {
            let Some(link) = self.links.all.get_mut(&number) else { continue };
            if Some(number) == from || is_hoarder || !link.is_up() {
                continue;
            }
            let end = usize::from(link.ends[1] == device);
            link.copies[flood][end].push(next, self.floods[flood].len_of(copy.message));
        }
    }

    /// People write.
    fn write(&mut self) {
        if self.now > self.scenario.writing {
            return;
        }
        let rate = self.scenario.messages_per_second;
        let whole = (f64::from(self.now) * rate) as u32 - (f64::from(self.now - 1) * rate) as u32;
        let room = self.common.room();
        for _ in 0..whole {
            let device = self.writing.below(self.devices.len());
            let author = &mut self.devices[device];
            if author.is_awake() && author.malice.is_none() {
                author.inbox.push(Input::Command(text(room, self.scenario.text_len)));
            }
        }
    }

    /// Every device handles what it was told; none sees what another does at the same time.
    fn work(&mut self, round: usize) {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let second = Duration::from_secs(u64::from(self.now));
        let part = Duration::from_secs(1) / ROUNDS as u32;
        let now = gathering::now(second + part * round as u32);
        let share = self.devices.len().div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            for devices in self.devices.chunks_mut(share) {
                scope.spawn(move || devices.iter_mut().for_each(|device| device.work(now)));
            }
        });
    }

    /// Puts what a device said on its links, and notes what it heard.
    fn take(&mut self, device: usize, said: Said) {
        for (author, seq) in said.messages {
            self.note_message(device, self.by_id[&author], seq);
        }
        let malice = self.devices[device].malice;
        for (id, frame) in said.frames {
            self.send(id, frame, malice);
        }
        for id in said.hung_up {
            let (number, end) = Link::of(id);
            self.end_link(number, Some(end));
        }
    }

    /// What a malicious device sends of its own accord.
    fn misbehave(&mut self, device: usize) {
        let Some(malice) = self.devices[device].malice else { return };
        for number in self.links.of(device).to_vec() {
            let link = &self.links.all[&number];
            let end = usize::from(link.ends[1] == device);
            if link.is_up() && link.sent[end] > link.handshake[end] {
                for frame in malice.adds(&mut self.malice) {
                    self.send(Link::id(number, end), frame, None);
                }
            }
        }
    }

    fn send(&mut self, id: LinkId, frame: Vec<u8>, malice: Option<Malice>) {
        let (number, end) = Link::of(id);
        let Some(link) = self.links.all.get_mut(&number) else { return };
        link.sent[end] += 1;
        if end == 0 && link.sent[end] == 1 && is_introduction(&frame) {
            link.handshake[end] = 2;
        }
        if link.sent[end] <= link.handshake[end] {
            self.traffic.count_handshake(frame.len());
        } else if malice.is_none_or(|malice| malice.lets_out(&frame)) {
            self.traffic.count_packet(&frame);
        } else {
            return;
        }
        let len = frame.len();
        link.lanes[end].push(frame, len);
    }

    fn note_message(&mut self, device: usize, author: usize, seq: u64) {
        if device == author {
            let message = self.audience.messages.len() as u32;
            self.audience.messages.push((author, self.now));
            self.written.insert((author, seq), message);
            let len = self.devices[device].op_len(self.common.room(), author, seq);
            for n in 0..self.floods.len() {
                self.floods[n].note_len(len);
                self.spread_copy(n, device, None, Copy::first(message, self.floods[n].ttl));
            }
        } else {
            let message = self.written[&(author, seq)];
            self.deliveries.push(Delivery { message, device: device as u32, at: self.now });
        }
    }
}

fn text(room: RoomId, len: usize) -> Command {
    Command::SendText { room, text: "la ".chars().cycle().take(len).collect() }
}
