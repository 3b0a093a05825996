//! What is between devices: links, and those who listen and lie on them.

use engine::{Frame, Input, LinkId, Target};

use crate::{Arrival, Name, World};

/// Changes a frame on its way; gives what arrives instead.
pub type Tamper = fn(Frame) -> Vec<Frame>;

/// Whoever holds the other end of a raw link.
pub(crate) const NOBODY: Name = "";

impl World {
    /// Everything `name` wants to dial, and does not have a link to, is dialed and answered by
    /// whoever is there.
    pub fn dial_all(&mut self, name: Name) {
        for (target, addrs) in self.device(name).wanted.clone() {
            let is_up = |(end, t): (&(Name, LinkId), &Target)| {
                end.0 == name && *t == target && self.links.contains_key(end)
            };
            if self.dialed.iter().any(is_up) {
                continue;
            }
            let at = |number| addrs.iter().any(|addr| addr.bytes.get(3) == Some(&number));
            let callee = self.devices.iter().find(|(_, device)| at(device.number));
            if let Some((&callee, _)) = callee
                && !self.apart.contains(&(name, callee))
                && callee != name
            {
                self.open(name, callee, target);
            }
        }
    }

    /// Everyone dials whom they want, again and again, until nobody has anything left to do.
    pub fn meet(&mut self) {
        const ROUNDS: usize = 20;
        for _ in 0..ROUNDS {
            let before = self.next_link;
            for name in self.devices.keys().copied().collect::<Vec<_>>() {
                self.dial_all(name);
            }
            self.settle();
            if self.next_link == before {
                return;
            }
        }
    }

    /// Opens a link that `dialer` dialed to reach `target`, answered by `callee`.
    pub fn open(&mut self, dialer: Name, callee: Name, target: Target) {
        let binding = self.binding_of(LinkId(self.next_link));
        self.open_seen_as(dialer, callee, target, [binding; 2]);
    }

    /// Opens a link whose ends see these bindings, the dialer's first: if they differ, somebody in
    /// the middle encrypts towards each of them.
    pub fn open_seen_as(
        &mut self,
        dialer: Name,
        callee: Name,
        target: Target,
        [theirs, ours]: [Option<[u8; 32]>; 2],
    ) {
        let (a, b) = (LinkId(self.next_link), LinkId(self.next_link + 1));
        self.next_link += 2;
        self.links.insert((dialer, a), (callee, b));
        self.links.insert((callee, b), (dialer, a));
        self.dialed.insert((dialer, a), target);
        self.input(
            callee,
            Input::LinkUp { link: b, target: None, binding: ours, medium: self.medium },
        );
        self.input(
            dialer,
            Input::LinkUp { link: a, target: Some(target), binding: theirs, medium: self.medium },
        );
    }

    pub(crate) fn binding_of(&self, link: LinkId) -> Option<[u8; 32]> {
        let mut binding = [0xb1; 32];
        binding.iter_mut().zip(link.0.to_le_bytes()).for_each(|(to, from)| *to = from);
        self.is_binding.then_some(binding)
    }

    /// Opens a link to `callee` whose other end is held by the test.
    pub fn open_raw(&mut self, callee: Name) -> LinkId {
        let (a, b) = (LinkId(self.next_link), LinkId(self.next_link + 1));
        self.next_link += 2;
        self.links.insert((callee, b), (NOBODY, a));
        self.links.insert((NOBODY, a), (callee, b));
        self.raw.insert(b, Vec::new());
        let binding = self.binding_of(a);
        self.input(callee, Input::LinkUp { link: b, target: None, binding, medium: self.medium });
        b
    }

    /// Opens a link that `dialer` dialed to reach `target`, and whose other end is held by the test.
    pub fn dial_raw(&mut self, dialer: Name, target: Target) -> LinkId {
        let (a, b) = (LinkId(self.next_link), LinkId(self.next_link + 1));
        self.next_link += 2;
        self.links.insert((dialer, a), (NOBODY, b));
        self.links.insert((NOBODY, b), (dialer, a));
        self.raw.insert(a, Vec::new());
        let binding = self.binding_of(a);
        self.input(
            dialer,
            Input::LinkUp { link: a, target: Some(target), binding, medium: self.medium },
        );
        a
    }

    /// What has come on a raw link so far.
    pub fn answers(&self, link: LinkId) -> Vec<Frame> {
        self.raw.get(&link).cloned().unwrap_or_default()
    }

    /// Sends a frame on a raw link; gives what has come back so far.
    pub fn send_raw(&mut self, callee: Name, link: LinkId, frame: Frame) -> Vec<Frame> {
        if self.links.contains_key(&(callee, link)) {
            self.input(callee, Input::FrameReceived(link, frame));
            self.settle();
        }
        self.answers(link)
    }

    /// Whether a link of `name` is still open.
    pub fn is_open(&self, name: Name, link: LinkId) -> bool {
        self.links.contains_key(&(name, link))
    }

    /// How many links `name` takes for open.
    pub fn links_of(&self, name: Name) -> usize {
        self.links.keys().filter(|(n, _)| *n == name).count()
    }

    /// How many links two devices have with each other.
    pub fn links_between(&self, a: Name, b: Name) -> usize {
        self.links.iter().filter(|((from, _), (to, _))| (*from, *to) == (a, b)).count()
    }

    /// Everything `from` sends to `to` goes through `tamper` from now on.
    pub fn tamper(&mut self, from: Name, to: Name, tamper: Tamper) {
        self.tampers.insert((from, to), tamper);
    }

    /// `from` sends a frame of the test's making to `to`, on the link they have.
    pub fn inject(&mut self, from: Name, to: Name, frame: Frame) {
        let ends = self.links.iter().find(|((n, _), (m, _))| (*n, *m) == (from, to));
        if let Some((_, &end)) = ends {
            self.put_in_flight(end, Arrival::Frame(frame));
        }
    }

    /// Changes every frame under way to `name`.
    pub fn rewrite(&mut self, name: Name, change: impl Fn(&mut Frame)) {
        let queues = self.in_flight.iter_mut().filter(|((to, _), _)| *to == name);
        for (_, arrival) in queues.flat_map(|(_, queue)| queue) {
            if let Arrival::Frame(frame) = arrival {
                change(frame);
            }
        }
    }

    /// The first two frames under way to `name` on each link change places.
    pub fn reorder(&mut self, name: Name) {
        let queues = self.in_flight.iter_mut().filter(|((to, _), _)| *to == name);
        queues.filter(|(_, queue)| queue.len() > 1).for_each(|(_, queue)| queue.swap(0, 1));
    }

    /// Frames sent so far from one device to another, oldest first, as they left.
    pub fn frames(&self, from: Name, to: Name) -> Vec<Frame> {
        let sent = self.frames_seen.iter().filter(|(f, t, _)| (*f, *t) == (from, to));
        sent.map(|(.., frame)| frame.clone()).collect()
    }

    /// Cuts every link between two devices; what is in flight on them is lost.
    pub fn cut(&mut self, a: Name, b: Name) {
        let ends = self.links.iter().filter(|((n, _), (m, _))| (*n, *m) == (a, b));
        for (name, link) in ends.map(|(end, _)| *end).collect::<Vec<_>>() {
            self.cut_end(name, link);
        }
    }

    /// Every link between two devices ends, and only `name` notices.
    pub fn vanish(&mut self, name: Name, other: Name) {
        let ends = self.links.iter().filter(|((n, _), (m, _))| (*n, *m) == (name, other));
        for (near, far) in ends.map(|(near, far)| (*near, *far)).collect::<Vec<_>>() {
            self.links.remove(&near);
            self.links.insert(far, (NOBODY, near.1));
            self.in_flight.remove(&near);
            self.input(name, Input::LinkDown(near.1));
        }
    }

    /// Somebody calls `name` through a relay, by every key it answers to; no link follows.
    pub fn call(&mut self, name: Name) {
        for key in self.device(name).admitted.clone() {
            self.input(name, Input::Called(key));
        }
    }

    /// Nothing `from` sends to `to` arrives any more.
    pub fn mute(&mut self, from: Name, to: Name) {
        self.tamper(from, to, |_| Vec::new());
    }

    /// Cuts two devices off from each other until [`reunite`](Self::reunite).
    pub fn part(&mut self, a: Name, b: Name) {
        self.apart.extend([(a, b), (b, a)]);
        self.cut(a, b);
    }

    /// Lets two devices reach each other again.
    pub fn reunite(&mut self, a: Name, b: Name) {
        self.apart.remove(&(a, b));
        self.apart.remove(&(b, a));
    }

    /// Cuts one link, seen from either end.
    pub(crate) fn cut_end(&mut self, name: Name, link: LinkId) {
        let Some(other) = self.links.remove(&(name, link)) else { return };
        self.links.remove(&other);
        for (name, link) in [(name, link), other] {
            self.in_flight.remove(&(name, link));
            if self.devices.contains_key(name) {
                self.input(name, Input::LinkDown(link));
            }
        }
    }

    pub(crate) fn send(&mut self, from: Name, link: LinkId, frame: Frame) {
        let Some(&(to, other)) = self.links.get(&(from, link)) else { return };
        if to == NOBODY {
            self.raw.entry(link).or_default().push(frame);
            return;
        }
        if !self.is_forgetful {
            self.frames_seen.push((from, to, frame.clone()));
        }
        let arriving = match self.tampers.get(&(from, to)) {
            Some(tamper) => tamper(frame),
            None => vec![frame],
        };
        for frame in arriving {
            self.put_in_flight((to, other), Arrival::Frame(frame));
        }
    }

    /// What was sent before a hang-up still arrives.
    pub(crate) fn hang_up(&mut self, name: Name, link: LinkId) {
        self.in_flight.remove(&(name, link));
        let Some(other) = self.links.remove(&(name, link)) else { return };
        if other.0 == NOBODY {
            self.links.remove(&other);
        } else {
            self.put_in_flight(other, Arrival::Down);
        }
    }

    fn put_in_flight(&mut self, end: (Name, LinkId), arrival: Arrival) {
        self.sent += 1;
        self.in_flight.entry(end).or_default().push_back((self.sent, arrival));
    }

    /// How many frames are under way to `name`.
    pub fn in_flight(&self, name: Name) -> usize {
        let queues = self.in_flight.iter().filter(|((to, _), _)| *to == name);
        queues.map(|(_, queue)| queue.len()).sum()
    }

    /// Delivers frames until none is in flight.
    pub fn settle(&mut self) {
        while self.deliver() || self.deliver_post() {}
    }

    /// Delivers until `name` is in a room, and nothing more.
    pub fn settle_until_in(&mut self, name: Name) {
        while self.rooms(name).is_empty() {
            assert!(self.deliver() || self.deliver_post(), "{name} gets into no room");
        }
    }

    /// Delivers one frame; false if none was in flight.
    pub fn deliver(&mut self) -> bool {
        self.in_flight.retain(|_, queue| !queue.is_empty());
        let ends: Vec<_> = self.in_flight.keys().copied().collect();
        let end = if self.chance.is_some() && !ends.is_empty() {
            ends.get(self.draw(ends.len())).copied()
        } else {
            let first = |end: &(Name, LinkId)| {
                self.in_flight.get(end).and_then(|queue| queue.front()).map(|(sent, _)| *sent)
            };
            ends.into_iter().min_by_key(first)
        };
        let Some((name, link)) = end else { return false };
        let queue = self.in_flight.get_mut(&(name, link));
        match queue.and_then(std::collections::VecDeque::pop_front) {
            Some((_, Arrival::Frame(frame))) => {
                self.input(name, Input::FrameReceived(link, frame));
            }
            Some((_, Arrival::Down)) => self.cut_end_quietly(name, link),
            None => {}
        }
        true
    }

    fn cut_end_quietly(&mut self, name: Name, link: LinkId) {
        self.links.remove(&(name, link));
        self.in_flight.remove(&(name, link));
        self.input(name, Input::LinkDown(link));
    }
}
