//! The crowd, second by second.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine::{Command, Input, Medium, PeerId, RoomId, Target};

use crate::{
    chance::{Chance, Purpose},
    device::{Device, Said},
    flood::{self, Copy, Flood},
    gathering::{self, gather},
    links::{Link, Links, Neighbors},
    outcome::{Audience, Couriers, Delivery, Outcome},
    person::{Ground, Person},
    power::Power,
    scenario::Scenario,
    store::Common,
    traffic::Traffic,
};

mod sending;

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
    /// Where members stay, by turns, if they keep to camps.
    camps: Option<[Ground; 2]>,
    links: Links,
    power: Power,
    by_id: BTreeMap<PeerId, usize>,
    audience: Audience,
    /// Which message an author's operation is.
    written: BTreeMap<(usize, u64), u32>,
    deliveries: Vec<Delivery>,
    bytes: u64,
    /// What couriers did.
    couriers: Couriers,
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
        let (common, stores) = gather(scenario.devices, scenario.couriers, &mut engines);
        let mut devices: Vec<_> =
            stores.into_iter().map(|store| Device::new(store, &mut engines)).collect();
        let kinds = scenario.malicious.iter().flat_map(|(malice, n)| vec![*malice; *n]);
        // The owner, who is first, is honest.
        let members = devices.iter_mut().take(scenario.devices);
        for (device, malice) in members.skip(1).zip(kinds) {
            device.malice = Some(malice);
        }
        let mut movement = chance(Purpose::Movement);
        let Scenario { side, stages, drawn_to_stages, .. } = scenario;
        let ground = Ground::new(side, stages, drawn_to_stages, &mut movement);
        let camps = scenario.camps.map(|width| {
            [(0.0, width), (side - width, side)].map(|across| Ground::strip(side, across))
        });
        let people = (0..devices.len()).map(|device| {
            Person::new(ground_of(&scenario, &ground, camps.as_ref(), device), &mut movement)
        });
        let people = people.collect();
        let members = common.members().iter().map(|member| member.id);
        let power = Power::new(&scenario, chance(Purpose::Power));
        Self {
            now: 0,
            by_id: members.zip(0..).collect(),
            links: Links::new(devices.len(), scenario.devices),
            floods: [flood::TTL, flood::ENDLESS].map(|ttl| Flood::new(devices.len(), ttl)),
            audience: Audience { messages: Vec::new(), since: Vec::new() },
            written: BTreeMap::new(),
            deliveries: Vec::new(),
            bytes: 0,
            couriers: Couriers::default(),
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
            camps,
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
        let spread =
            |deliveries: &[Delivery], bytes| self.audience.spread(deliveries, bytes, |_, _| true);
        let are_parted = |a, b| self.scenario.are_parted(a, b);
        let across = |deliveries: &[Delivery], bytes| {
            let spread = self.audience.spread(deliveries, bytes, are_parted);
            self.scenario.camps.is_some().then_some(spread)
        };
        Outcome {
            crowd: spread(&self.deliveries, self.bytes),
            flood: spread(&flood.deliveries, flood.bytes),
            endless_flood: spread(&endless.deliveries, endless.bytes),
            across: across(&self.deliveries, self.bytes),
            flood_across: across(&flood.deliveries, flood.bytes),
            couriers: self.couriers,
            traffic: self.traffic,
            links: self.links_set_up,
            neighbors: self.neighbors / f64::from(self.now.max(1)),
            messages: self.audience.messages.len(),
            seconds: self.now,
        }
    }

    /// Since when each honest member's device that is on has been so.
    fn listeners(&self) -> Vec<Option<u32>> {
        let since = |(number, (device, on_from)): (usize, (&Device, &u32))| {
            let is_courier = self.scenario.is_courier(number);
            (device.is_on && device.malice.is_none() && !is_courier).then_some(*on_from)
        };
        self.devices.iter().zip(&self.power.on_from).enumerate().map(since).collect()
    }

    fn is_done(&self) -> bool {
        self.scenario.churn.is_none()
            && self.now > self.scenario.writing
            && self.deliveries.len() == self.audience.messages.len() * (self.scenario.devices - 1)
    }

    fn step(&mut self) {
        self.now += 1;
        for (device, person) in self.people.iter_mut().enumerate() {
            let ground = ground_of(&self.scenario, &self.ground, self.camps.as_ref(), device);
            person.walk(ground, &mut self.movement);
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
            let mut binding = [0xb1; 32];
            binding[..8].copy_from_slice(&number.to_le_bytes());
            if link.are_strangers {
                self.couriers.meetings += 1;
                for (end, device) in [(1, callee), (0, dialer)] {
                    let link = Link::id(*number, end);
                    self.devices[device].meet_stranger(link, end == 0, binding);
                }
                continue;
            }
            let target = Target::Member(room, self.common.members()[callee].id);
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
            self.devices[device].part_from(Link::id(number, end));
            if link.is_up() && Some(end) != hung_up && self.devices[device].is_on {
                self.devices[device].inbox.push(Input::LinkDown(Link::id(number, end)));
            }
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
            let device = self.writing.below(self.scenario.devices);
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
        for (author, seq, is_brought) in said.messages {
            self.couriers.brought += u64::from(is_brought);
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

/// Where a device's owner walks.
fn ground_of<'a>(
    scenario: &Scenario,
    everywhere: &'a Ground,
    camps: Option<&'a [Ground; 2]>,
    device: usize,
) -> &'a Ground {
    match camps {
        Some(camps) if !scenario.is_courier(device) => &camps[device % 2],
        _ => everywhere,
    }
}

fn text(room: RoomId, len: usize) -> Command {
    Command::SendText { room, text: "la ".chars().cycle().take(len).collect() }
}
