//! Who has a link to whom: found, set up, made room for, lost.

use std::collections::BTreeMap;

use engine::{Frame, LinkId};

use crate::{
    chance::Chance,
    flood::Copy,
    person::{Person, Place},
    radio::{Lane, Radio},
};

/// How many seconds of the set-up the proof takes: a frame each way.
const PROOF: u32 = 1;

/// A link between two devices; the first one dialed.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) ends: [usize; 2],
    /// Whether the ends are not both in the room.
    pub(crate) are_strangers: bool,
    /// When the engines hear of it, in seconds, unless they have.
    pub(crate) opens_at: Option<u32>,
    /// When an operation last came over it.
    pub(crate) useful_at: u32,
    /// What each end has sent.
    pub(crate) lanes: [Lane<Frame>; 2],
    /// How many frames each end has sent,
    pub(crate) sent: [u32; 2],
    /// and how many of them are a handshake's.
    pub(crate) handshake: [u32; 2],
    /// What each end has sent of the floods beside.
    pub(crate) copies: [[Lane<Copy>; 2]; 2],
}

impl Link {
    /// What one end calls it.
    pub(crate) fn id(number: u64, end: usize) -> LinkId {
        LinkId(number * 2 + end as u64)
    }

    /// Its number, and which end calls it so.
    pub(crate) fn of(id: LinkId) -> (u64, usize) {
        (id.0 / 2, (id.0 % 2) as usize)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.opens_at.is_none()
    }
}

/// All links, and who met whom when.
#[derive(Debug)]
pub(crate) struct Links {
    pub(crate) all: BTreeMap<u64, Link>,
    of_device: Vec<Vec<u64>>,
    /// When two devices, the lower first, last had a link.
    met_at: BTreeMap<(usize, usize), u32>,
    next: u64,
    /// Devices from this one on are in no room.
    members: usize,
}

impl Links {
    pub(crate) fn new(devices: usize, members: usize) -> Self {
        let (all, met_at) = (BTreeMap::new(), BTreeMap::new());
        Self { all, of_device: vec![Vec::new(); devices], met_at, next: 0, members }
    }

    /// Ends a link; gives what it was.
    pub(crate) fn end(&mut self, number: u64, now: u32) -> Option<Link> {
        let link = self.all.remove(&number)?;
        for end in link.ends {
            self.of_device[end].retain(|other| *other != number);
        }
        self.met_at.insert(pair(link.ends), now);
        Some(link)
    }

    pub(crate) fn of(&self, device: usize) -> &[u64] {
        &self.of_device[device]
    }

    fn is_linked(&self, ends: [usize; 2]) -> bool {
        let [a, b] = ends;
        self.of_device[a].iter().any(|link| self.all[link].ends.contains(&b))
    }

    /// Whether the ends of a link are not both in the room.
    fn are_strangers(&self, ends: [usize; 2]) -> bool {
        ends.iter().any(|end| *end >= self.members)
    }

    /// Whether a device may dial another: two strangers need not meet again soon.
    fn may_meet(&self, ends: [usize; 2], pause: u32, now: u32) -> bool {
        let is_long_ago = |met_at: &u32| now.saturating_sub(*met_at) >= pause;
        !self.are_strangers(ends) || self.met_at.get(&pair(ends)).is_none_or(is_long_ago)
    }

    /// Links that cannot go on: out of range, or one end sleeps.
    pub(crate) fn broken(&self, radio: &Radio, people: &[Person], awake: &[bool]) -> Vec<u64> {
        let broken = self.all.iter().filter(|(_, link)| {
            let [a, b] = link.ends;
            !awake[a] || !awake[b] || people[a].place().distance(people[b].place()) > radio.range
        });
        broken.map(|(number, _)| *number).collect()
    }

    /// Links that make room: nothing came over them for long, and an end has somebody else near.
    pub(crate) fn idle(&self, radio: &Radio, near: &Neighbors, now: u32) -> Vec<u64> {
        let idle = self.all.iter().filter(|(_, link)| {
            let has_others = |end: &usize| {
                near.of(*end).iter().any(|other| {
                    let ends = [*end, *other];
                    !self.is_linked(ends) && self.may_meet(ends, radio.stranger_pause, now)
                })
            };
            link.is_up()
                && now.saturating_sub(link.useful_at) >= radio.idle
                && link.ends.iter().any(has_others)
        });
        idle.map(|(number, _)| *number).collect()
    }

    /// Devices with places left dial whom they have not met for longest.
    pub(crate) fn dial(
        &mut self,
        radio: &Radio,
        (near, people): (&Neighbors, &[Person]),
        now: u32,
        chance: &mut Chance,
    ) {
        let count = self.of_device.len();
        let first = chance.below(count);
        for device in (first..count).chain(0..first) {
            if self.of_device[device].len() >= radio.max_links {
                continue;
            }
            let is_free = |other: &&usize| {
                self.of_device[**other].len() < radio.max_links
                    && !self.is_linked([device, **other])
                    && self.may_meet([device, **other], radio.stranger_pause, now)
            };
            let free = near.of(device).iter().filter(is_free);
            let by_last = free.map(|other| {
                (self.met_at.get(&pair([device, *other])).copied(), chance.below(1 << 20), *other)
            });
            let mut by_last: Vec<_> = by_last.collect();
            by_last.sort_unstable();
            let distance = |other: usize| people[device].place().distance(people[other].place());
            let choices = by_last.into_iter().map(|(_, _, other)| other).take(radio.choices);
            let farthest = choices.max_by(|a, b| distance(*a).total_cmp(&distance(*b)));
            let Some(other) = farthest else { continue };
            let set_up = chance.between(radio.set_up).round() as u32;
            let opens_at = Some(now + set_up.saturating_sub(PROOF).max(1));
            let (useful_at, sent, handshake) = (now + set_up, [0; 2], [1; 2]);
            let (lanes, copies) = (Default::default(), Default::default());
            let ends = [device, other];
            let are_strangers = self.are_strangers(ends);
            let link =
                Link { ends, are_strangers, opens_at, useful_at, lanes, sent, handshake, copies };
            self.all.insert(self.next, link);
            self.of_device[device].push(self.next);
            self.of_device[other].push(self.next);
            self.next += 1;
        }
    }
}

fn pair([a, b]: [usize; 2]) -> (usize, usize) {
    (a.min(b), a.max(b))
}

/// Who is in range of whom, of those awake.
#[derive(Debug)]
pub(crate) struct Neighbors(Vec<Vec<usize>>);

impl Neighbors {
    pub(crate) fn new(range: f64, people: &[Person], awake: &[bool]) -> Self {
        let cell = |place: Place| ((place.x / range) as i64, (place.y / range) as i64);
        let mut cells: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
        let is_awake = |device: &usize| awake[*device];
        for device in (0..people.len()).filter(is_awake) {
            cells.entry(cell(people[device].place())).or_default().push(device);
        }
        let near = |device: usize| {
            let place = people[device].place();
            let (x, y) = cell(place);
            let around = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
            let there = around.filter_map(|cell| cells.get(&cell)).flatten().copied();
            let in_range =
                |other: &usize| *other != device && people[*other].place().distance(place) <= range;
            there.filter(in_range).collect()
        };
        let of = |device: usize| if awake[device] { near(device) } else { Vec::new() };
        Self((0..people.len()).map(of).collect())
    }

    pub(crate) fn of(&self, device: usize) -> &[usize] {
        &self.0[device]
    }

    /// How many a device has, on average.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().map(Vec::len).sum::<usize>() as f64 / self.0.len().max(1) as f64
    }
}
