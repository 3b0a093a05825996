//! Devices that know nothing of each other: whom this one meets, and how seldom.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Core, MAX_CONTACTS, Moment, Output, PATIENCE};
use crate::{
    LinkFailure,
    ble::{
        contact::{Link, Trust},
        packet::{Body, Packet, Proof},
        radio::{Contact, Device, RadioCommand, Side},
        token::{Stranger, Token, period, periods},
    },
};

/// The dial of whoever is met by chance.
pub(in crate::ble) const BY_CHANCE: u64 = u64::MAX;

/// How long after a meeting the same device is not met again: by then it may have met others.
pub(in crate::ble) const AGAIN: Duration = Duration::from_secs(300);

/// How long after a meeting that did not come about, or broke off, it is not tried again: many are busy with others.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// How long after a meeting broke off the other end may take it up again: a connection's end is noticed by one
/// up to 20 s after the other, which must not find this one unready.
const AFTER_BREAK: Duration = Duration::from_secs(10);

/// How long after it was first heard a stranger is met: it may be a friend, or have scanned an invite just
/// now, and two that connect to each other at once would wait for each other.
pub(in crate::ble) const FRIENDS_FIRST: Duration = Duration::from_secs(10);

/// How long a meeting may last, whoever is above: those who use it end theirs sooner.
const MAX_MEETING: Duration = Duration::from_secs(90);

/// The most time with strangers that is saved up, and how much of all time is: three minutes of an
/// hour, an evening among many others with ten of them at once.
const MAX_SAVED: Duration = Duration::from_secs(600);
const SHARE: f64 = 0.05;

/// What has to be saved up again once all was used.
const LEAST: Duration = Duration::from_secs(30);

/// How long a stranger that was heard counts as near: some radios tell of who shows the same all the time
/// only once while they listen without pause, which they do for a minute.
const HEARD: Duration = Duration::from_secs(60);

/// Strangers heard that may be met.
const MAX_SEEN: usize = 64;

/// Devices remembered as met: more than the time for it allows within [`AGAIN`].
const MAX_MET: usize = 256;

/// A stranger that was heard.
#[derive(Debug)]
struct Seen {
    device: Device,
    first: Duration,
    last: Duration,
}

/// A device that is not met again for now, and the number it showed.
#[derive(Debug)]
struct Met {
    device: Device,
    number: Option<Stranger>,
    until: Duration,
    /// From when on it is met if it comes by itself.
    welcome_at: Duration,
    /// When it was first heard, if it did not answer to that number.
    in_vain: Option<Duration>,
}

impl Met {
    /// Whether a device that shows this number is this one.
    fn is(&self, device: Device, number: Stranger) -> bool {
        // One that shows another number than it was asked by in vain has begun anew meanwhile.
        let is_same = self.device == device && (self.in_vain.is_none() || self.number.is_none());
        is_same || self.number == Some(number)
    }
}

/// This device tries to meet another one.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    device: Device,
    number: Stranger,
    has_asked: bool,
}

#[derive(Debug)]
pub(super) struct Strangers {
    /// What this device's own numbers come from, while it meets strangers.
    seed: Option<[u8; 16]>,
    seen: BTreeMap<Stranger, Seen>,
    met: VecDeque<Met>,
    attempt: Option<Attempt>,
    /// Time that may be spent.
    left: Duration,
    is_spent: bool,
    looked_at: Duration,
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            seed: None,
            seen: BTreeMap::new(),
            met: VecDeque::new(),
            attempt: None,
            left: MAX_SAVED,
            is_spent: false,
            looked_at: Duration::ZERO,
        }
    }
}

impl Strangers {
    /// Whether they are met at all.
    pub(super) fn are_met(&self) -> bool {
        self.seed.is_some()
    }

    /// Whether they may be met now.
    pub(super) fn may_meet(&self) -> bool {
        self.are_met() && !self.is_spent
    }

    pub(super) fn is_trying(&self) -> bool {
        self.attempt.is_some()
    }

    /// The radio begins anew; who was met was met.
    pub(super) fn begin_anew(&mut self) {
        self.attempt = None;
        self.seen.clear();
    }

    /// Time went by, in which somebody was met or not.
    pub(super) fn pass(&mut self, now: Duration, was_meeting: bool) {
        let span = now.saturating_sub(std::mem::replace(&mut self.looked_at, now));
        self.left = if was_meeting {
            self.left.saturating_sub(span)
        } else {
            self.left.saturating_add(span.mul_f64(SHARE)).min(MAX_SAVED)
        };
        self.is_spent = self.left < LEAST && (self.is_spent || self.left.is_zero());
        self.met.retain(|met| now < met.until);
        self.seen.retain(|_, seen| now < seen.last.saturating_add(HEARD));
    }

    /// What this device shows to strangers.
    pub(super) fn shown(&self, now: Moment) -> Option<Token> {
        let period = period(now.wall);
        let number = Stranger::of_seed(self.seed.as_ref()?, period);
        self.may_meet().then(|| number.token(period))
    }

    pub(super) fn hear(&mut self, now: Moment, device: Device, token: &Token) {
        if !self.may_meet() {
            return;
        }
        let Some(number) = Stranger::shown_by(token, now.wall) else { return };
        // A device shows one number at a time: what it showed before it began anew, and a system may still tell of,
        // it does not answer to.
        let outdated =
            |other: &Stranger, seen: &mut Seen| *other != number && seen.device == device;
        let before = self.seen.extract_if(.., outdated).map(|(_, seen)| seen.first);
        let in_vain = self.met.iter().filter(|met| met.device == device);
        let first = before.chain(in_vain.filter_map(|met| met.in_vain)).min().unwrap_or(now.at);
        if let Some(seen) = self.seen.get_mut(&number) {
            (seen.device, seen.last) = (device, now.at);
        } else if self.seen.len() < MAX_SEEN {
            self.seen.insert(number, Seen { device, first, last: now.at });
        }
    }

    /// Whether a proof is one that strangers show to this device.
    pub(super) fn is_meant(&self, now: Moment, proof: &Proof) -> bool {
        let Some(seed) = &self.seed else { return false };
        // Who heard a number shortly before it changed comes shortly after.
        let [before, current, _] = periods(now.wall);
        let numbers = [before, current].map(|period| Stranger::of_seed(seed, period).name());
        let all = periods(now.wall);
        numbers.iter().any(|name| all.iter().any(|period| name.proof(*period) == *proof))
    }

    /// Whether a device that comes was met.
    fn is_met(&self, now: Moment, device: Device) -> bool {
        self.met.iter().any(|met| met.device == device && now.at < met.welcome_at)
    }

    /// Whether one that was heard was met, or tried in vain.
    fn is_set_aside(&self, device: Device, number: Stranger) -> bool {
        self.met.iter().any(|met| met.is(device, number))
    }

    /// A meeting with this device has begun.
    pub(super) fn note_met(&mut self, now: Moment, device: Device) {
        self.attempt = self.attempt.filter(|attempt| attempt.device != device);
        self.set_aside(now, device, false);
    }

    /// A connection is gone: a meeting on it that broke off, as where people pass each other, is taken up again
    /// sooner than there would be another.
    pub(super) fn note_lost(&mut self, now: Moment, device: Device, lost: &Link, why: LinkFailure) {
        let is_broken = matches!(why, LinkFailure::Broken | LinkFailure::Silent);
        if !is_broken || lost.meetings().next().is_none() {
            return;
        }
        let until = now.at.saturating_add(AFTER_FAILURE);
        // The other end may have noticed sooner.
        let welcome_at = now.at.saturating_add(AFTER_BREAK);
        for met in self.met.iter_mut().filter(|met| met.device == device) {
            (met.until, met.welcome_at) = (met.until.min(until), met.welcome_at.min(welcome_at));
        }
    }

    fn set_aside(&mut self, now: Moment, device: Device, has_failed: bool) {
        let pause = if has_failed { AFTER_FAILURE } else { AGAIN };
        let until = now.at.saturating_add(pause);
        // Of one that failed nothing came: if that one comes by itself, it is met.
        let welcome_at = if has_failed { now.at } else { until };
        let shown = self.seen.extract_if(.., |_, seen| seen.device == device);
        let shown: Vec<_> = shown.map(|(number, seen)| (Some(number), seen.first)).collect();
        for (number, first) in if shown.is_empty() { vec![(None, now.at)] } else { shown } {
            let in_vain = has_failed.then_some(first);
            self.met.push_back(Met { device, number, until, welcome_at, in_vain });
        }
        while self.met.len() > MAX_MET {
            self.met.pop_front();
        }
    }

    /// Who is to be met next, the one heard first before others. Of two the one with the lower
    /// number begins; the other one does later, too, if nothing comes of it.
    fn candidates(&self, now: Moment) -> Vec<(Device, Stranger)> {
        let Some(seed) = self.seed.as_ref().filter(|_| self.may_meet()) else { return Vec::new() };
        let own = Stranger::of_seed(seed, period(now.wall));
        let is_due = |number: Stranger, seen: &Seen| {
            let longer = if own > number { PATIENCE } else { Duration::ZERO };
            let waits = seen.first.saturating_add(FRIENDS_FIRST).saturating_add(longer) > now.at;
            number != own && !waits && !self.is_set_aside(seen.device, number)
        };
        let due = self.seen.iter().filter(|(number, seen)| is_due(**number, seen));
        let mut due: Vec<_> =
            due.map(|(&number, seen)| (seen.first, seen.device, number)).collect();
        due.sort_unstable();
        due.into_iter().map(|(_, device, number)| (device, number)).collect()
    }

    /// Whether this device tries to meet that one, and is the one of both that should.
    fn is_first(&self, now: Moment, device: Device) -> bool {
        let Some(seed) = &self.seed else { return false };
        let own = Stranger::of_seed(seed, period(now.wall));
        self.attempt.is_some_and(|attempt| attempt.device == device && own < attempt.number)
    }
}

impl Core {
    /// Meets whoever is near from now on, under numbers that come from this seed, or does not.
    pub(in crate::ble) fn meet_strangers(&mut self, now: Moment, seed: Option<[u8; 16]>) {
        self.strangers.seed = seed;
        self.advance(now);
    }

    /// The meetings there are: where, and since when.
    pub(super) fn meetings(&self) -> impl Iterator<Item = (Contact, u8, Duration)> {
        self.contacts.iter().flat_map(|(&contact, link)| {
            link.meetings().map(move |(number, since)| (contact, number, since))
        })
    }

    fn is_begun_here(contact: Contact, number: u8) -> bool {
        number.is_multiple_of(2) == (contact.side == Side::Central)
    }

    /// Whether a stranger that asks is let in: one at a time, not twice within a while, and no more
    /// than there is time for.
    pub(super) fn may_be_met(&self, now: Moment, device: Device) -> bool {
        let mut meetings = self.meetings();
        self.strangers.may_meet()
            && !self.strangers.is_met(now, device)
            && !self.strangers.is_first(now, device)
            && meetings.all(|(contact, number, _)| Self::is_begun_here(contact, number))
    }

    /// Strangers leave a place free: friends come first.
    pub(super) fn has_place_for_strangers(&self) -> bool {
        self.contacts.len().saturating_add(1) < MAX_CONTACTS
    }

    /// Makes place for a friend, if need be by letting a stranger go.
    pub(super) fn make_place(&mut self, now: Moment) -> bool {
        if self.contacts.len() < MAX_CONTACTS {
            return true;
        }
        let is_stranger = |link: &Link| link.trust == Trust::Stranger;
        let stranger = self.contacts.iter().find(|(_, link)| is_stranger(link));
        let Some(contact) = stranger.map(|(contact, _)| *contact) else { return false };
        self.end(now, contact, LinkFailure::HungUp);
        true
    }

    /// Begins a meeting if somebody is near and friends are not waiting, and ends attempts that
    /// came to nothing.
    pub(super) fn meet(&mut self, now: Moment) {
        if let Some(attempt) = self.strangers.attempt {
            self.go_on_meeting(now, attempt);
            return;
        }
        let is_meeting =
            self.meetings().any(|(contact, number, _)| Self::is_begun_here(contact, number));
        let is_friend_waiting = self.dials.values().any(|(name, _)| self.near(name).is_some());
        if is_meeting || self.connecting.is_some() || is_friend_waiting {
            return;
        }
        for (device, number) in self.strangers.candidates(now) {
            let attempt = Attempt { device, number, has_asked: false };
            if self.contact_to(device).is_some() {
                self.strangers.attempt = Some(attempt);
                self.go_on_meeting(now, attempt);
                return;
            }
            let is_friend = self.near.values().any(|(near, _)| *near == device);
            let may_connect = self.has_place_for_strangers() && self.may_connect(now, device);
            // A friend will be connected to as such.
            if may_connect && !is_friend {
                self.strangers.attempt = Some(attempt);
                self.connecting = Some((device, now.at));
                self.outputs.push_back(Output::Radio(RadioCommand::Connect(device)));
                return;
            }
        }
    }

    fn go_on_meeting(&mut self, now: Moment, attempt: Attempt) {
        let Attempt { device, number, has_asked } = attempt;
        let is_connecting = self.connecting.is_some_and(|(wanted, _)| wanted == device);
        if is_connecting || self.contacts.values().any(|link| link.asks(BY_CHANCE)) {
            return;
        }
        let contact = self.contact_to(device);
        if let (false, Some(contact)) = (has_asked, contact) {
            let id = self.next_link;
            self.next_link = id.saturating_add(1);
            if let Some(link) = self.contacts.get_mut(&contact) {
                link.ask(now.at, id, BY_CHANCE, number.name());
            }
            self.strangers.attempt = Some(Attempt { has_asked: true, ..attempt });
            return;
        }
        self.strangers.attempt = None;
        self.strangers.set_aside(now, device, true);
        let is_of_no_use = |link: &Link| link.channels.is_empty() && link.trust < Trust::Friend;
        if let Some(contact) = contact.filter(|at| self.contacts.get(at).is_some_and(is_of_no_use))
        {
            self.end(now, contact, LinkFailure::HungUp);
        }
    }

    /// Ends meetings that take too long.
    pub(super) fn end_long_meetings(&mut self, now: Moment) {
        let is_long = |since: Duration| now.at >= since.saturating_add(MAX_MEETING);
        let long: Vec<_> = self.meetings().filter(|(_, _, since)| is_long(*since)).collect();
        for (contact, channel, _) in long {
            let Some(link) = self.contacts.get_mut(&contact) else { continue };
            let tag = link.tag;
            let gone = link.remove(now.at, channel, LinkFailure::HungUp);
            self.say(contact, &Packet { tag, channel, body: Body::Close });
            self.outputs.extend(gone.map(Output::from));
        }
    }
}
