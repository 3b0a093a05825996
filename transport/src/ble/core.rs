//! Decides everything: what to show, whom to connect to, which links there are. No clock, no
//! chance, no radio of its own.

mod modes;
mod packets;
mod strangers;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

pub(super) use self::strangers::BY_CHANCE;
#[cfg(test)]
pub(super) use self::strangers::{AGAIN, FRIENDS_FIRST};
use self::{
    modes::{SEEK, SEEK_LOST},
    strangers::Strangers,
};
use super::{
    contact::{Link, Trust},
    duty::{Meter, Seeking},
    radio::{Advert, Contact, Device, RadioCommand, RadioEvent, RadioState, Side},
    token::{Name, Token},
};
use crate::{Callee, DialKey, LinkFailure};

/// How long one token is shown where there are several.
const ADVERT_TURN: Duration = Duration::from_secs(3);

/// How long a device that was heard counts as near.
const NEAR: Duration = Duration::from_secs(30);

/// Devices remembered as near. Only those of friends are.
const MAX_NEAR: usize = 256;

/// Connections at once: what a phone's radio keeps up.
pub(super) const MAX_CONTACTS: usize = 6;

/// Connections at once to devices that have shown no proof yet.
pub(super) const MAX_STRANGERS: usize = 2;

/// The end that does not connect first waits this long for the other one to: longer than one that
/// hangs keeps the other end from being connected to.
const PATIENCE: Duration = Duration::from_secs(9);

/// How long a connection may take to come about, for a radio that does not tell.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(28);

/// After a failed connection, doubled each time, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Now, by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Since any fixed moment.
    pub(super) at: Duration,
    /// Seconds since the epoch.
    pub(super) wall: u64,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    Radio(RadioCommand),
    /// There is a link: the one this dial asked for, or one that another device did. The dial of
    /// whoever is met by chance is [`BY_CHANCE`].
    Opened {
        link: u64,
        dial: Option<u64>,
        device: Device,
        /// Whether neither end meant the other.
        by_chance: bool,
    },
    /// The dial was answered with no, or not at all.
    Refused {
        dial: u64,
    },
    /// A whole frame arrived; [`Core::consumed`] is due.
    Frame {
        link: u64,
        frame: Vec<u8>,
    },
    Closed {
        link: u64,
        why: LinkFailure,
    },
    /// Others are near than before.
    Nearby,
}

/// Where failures with one device lead.
#[derive(Debug, Clone, Copy)]
struct Pause {
    failures: u32,
    until: Duration,
}

#[derive(Debug)]
pub(super) struct Core {
    state: RadioState,
    admitted: BTreeMap<DialKey, Callee>,
    looked_for: BTreeSet<Name>,
    dials: BTreeMap<u64, (Name, Duration)>,
    /// The tokens of those who are looked for or dialed.
    known: BTreeMap<Token, Name>,
    known_period: Option<u64>,
    near: BTreeMap<Name, (Device, Duration)>,
    pub(super) contacts: BTreeMap<Contact, Link>,
    connecting: Option<(Device, Duration)>,
    pauses: BTreeMap<Device, Pause>,
    strangers: Strangers,
    /// Until when friends are expected under a new name.
    new_names_until: Duration,
    shown: Option<Advert>,
    shown_since: Duration,
    shown_turn: usize,
    is_scanning: bool,
    /// Whom it was listened for without pause before.
    sought: BTreeSet<Name>,
    seeking: Seeking,
    was_seeking: bool,
    carried_at: Option<Duration>,
    is_screen_off: bool,
    /// When this turn of listening began.
    turn_began: Duration,
    meter: Meter,
    looked_at: Duration,
    next_link: u64,
    tags: u16,
    outputs: VecDeque<Output>,
}

impl Core {
    /// `chance` makes this start's connections differ from those of the last one.
    pub(super) fn new(chance: u16) -> Self {
        Self {
            state: RadioState::Starting,
            admitted: BTreeMap::new(),
            looked_for: BTreeSet::new(),
            dials: BTreeMap::new(),
            known: BTreeMap::new(),
            known_period: None,
            near: BTreeMap::new(),
            contacts: BTreeMap::new(),
            connecting: None,
            pauses: BTreeMap::new(),
            strangers: Strangers::default(),
            new_names_until: Duration::ZERO,
            shown: None,
            shown_since: Duration::ZERO,
            shown_turn: 0,
            is_scanning: false,
            sought: BTreeSet::new(),
            seeking: Seeking::new(),
            was_seeking: false,
            carried_at: None,
            is_screen_off: false,
            turn_began: Duration::ZERO,
            meter: Meter::default(),
            looked_at: Duration::ZERO,
            next_link: 0,
            tags: chance,
            outputs: VecDeque::new(),
        }
    }

    pub(super) fn state(&self) -> RadioState {
        self.state
    }

    /// The device that answers to this name, if it was heard lately.
    pub(super) fn near(&self, name: &Name) -> Option<Device> {
        self.near.get(name).map(|(device, _)| *device)
    }

    /// All who were looked for and heard lately.
    pub(super) fn all_near(&self) -> BTreeMap<Name, Device> {
        self.near.iter().map(|(name, (device, _))| (*name, *device)).collect()
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whoever knows one of these keys may ask for links from now on.
    pub(super) fn answer_to(&mut self, now: Moment, admitted: BTreeMap<DialKey, Callee>) {
        if admitted.keys().any(|key| !self.admitted.contains_key(key)) {
            self.new_names_until = now.at.saturating_add(SEEK);
        }
        self.admitted = admitted;
        self.advance(now);
    }

    /// These are listened for from now on.
    pub(super) fn look_for(&mut self, now: Moment, names: BTreeSet<Name>) {
        let wanted: Vec<_> = names.difference(&self.looked_for).copied().collect();
        for name in wanted {
            self.seek(now, name);
            // Whoever is wanted again was linked some other way until now.
            self.seeking.begin(now.at, SEEK_LOST);
        }
        self.looked_for = names;
        self.known_period = None;
        self.advance(now);
    }

    /// Asks for a link until it is given up or refused.
    pub(super) fn dial(&mut self, now: Moment, dial: u64, name: Name) {
        self.dials.insert(dial, (name, now.at));
        self.seek(now, name);
        self.known_period = None;
        self.advance(now);
    }

    pub(super) fn give_up(&mut self, now: Moment, dial: u64) {
        self.dials.remove(&dial);
        self.known_period = None;
        self.advance(now);
    }

    /// Whether the link wants another frame to send.
    pub(super) fn has_room(&self, link: u64) -> bool {
        self.channels().any(|channel| channel.link == link && channel.pipe.has_room())
    }

    pub(super) fn round_trip(&self, link: u64) -> Option<Duration> {
        self.channels().find(|channel| channel.link == link)?.pipe.round_trip()
    }

    /// The longest packet that carries a link now.
    pub(super) fn max_packet(&self, link: u64) -> Option<usize> {
        let carries =
            |contact: &&Link| contact.channels.values().any(|channel| channel.link == link);
        self.contacts.values().find(carries).map(Link::max_packet)
    }

    fn channels(&self) -> impl Iterator<Item = &super::contact::Channel> {
        self.contacts.values().flat_map(|contact| contact.channels.values())
    }

    fn channel(&mut self, link: u64) -> Option<&mut super::contact::Channel> {
        let mut channels = self.contacts.values_mut().flat_map(|c| c.channels.values_mut());
        channels.find(|channel| channel.link == link)
    }

    pub(super) fn send(&mut self, now: Moment, link: u64, frame: &[u8]) {
        if let Some(channel) = self.channel(link) {
            channel.pipe.push(frame);
            self.carried_at = Some(now.at);
        }
        self.advance(now);
    }

    /// Whoever reads the link has taken a frame of this length.
    pub(super) fn consumed(&mut self, link: u64, len: usize) {
        if let Some(channel) = self.channel(link) {
            channel.pipe.release(len);
        }
    }

    /// Ends a link once everything sent has arrived.
    pub(super) fn close(&mut self, now: Moment, link: u64) {
        if let Some(channel) = self.channel(link) {
            channel.is_ending = true;
        }
        self.advance(now);
    }

    pub(super) fn radio(&mut self, now: Moment, event: RadioEvent) {
        match event {
            RadioEvent::State(state) => {
                self.set_state(now, state);
                self.seeking.begin(now.at, SEEK);
            }
            RadioEvent::Heard { device, token } => self.heard(now, device, token),
            RadioEvent::Connected { device, max_packet } => {
                self.connected(now, device, max_packet);
            }
            RadioEvent::ConnectFailed(device) => {
                if self.connecting.is_some_and(|(wanted, _)| wanted == device) {
                    self.connecting = None;
                    self.pause(now, device);
                }
            }
            RadioEvent::Packet { contact, max_packet, bytes } => {
                self.receive(now, contact, max_packet, &bytes);
            }
            RadioEvent::Disconnected(contact) => self.lose(now, contact, LinkFailure::Broken),
        }
        self.advance(now);
    }

    fn set_state(&mut self, now: Moment, state: RadioState) {
        self.state = state;
        // A radio that begins anew knows nothing of what the last one was told.
        (self.shown, self.is_scanning, self.connecting) = (None, false, None);
        self.forget(|_, _| true);
        self.strangers.begin_anew();
        for (contact, lost) in std::mem::take(&mut self.contacts) {
            self.strangers.note_lost(now, contact.device, &lost, LinkFailure::Broken);
            let over = lost.channels.values().map(|channel| channel.gone(LinkFailure::Broken));
            self.outputs.extend(over.map(Output::from));
        }
    }

    fn heard(&mut self, now: Moment, device: Device, token: Token) {
        let Some(name) = self.known.get(&token).copied() else {
            self.strangers.hear(now, device, &token);
            return;
        };
        if self.near.len() >= MAX_NEAR && !self.near.contains_key(&name) {
            return;
        }
        let old = self.near.insert(name, (device, now.at));
        if old.is_none_or(|(before, _)| before != device) {
            self.outputs.push_back(Output::Nearby);
        }
    }

    fn connected(&mut self, now: Moment, device: Device, max_packet: usize) {
        let contact = Contact { device, side: Side::Central };
        if self.connecting.take_if(|(wanted, _)| *wanted == device).is_none() {
            self.outputs.push_back(Output::Radio(RadioCommand::Disconnect(contact)));
            return;
        }
        self.tags = self.tags.wrapping_add(1);
        let mut link = Link::new(Side::Central, self.tags, now.at);
        link.set_max_packet(max_packet);
        self.lose(now, contact, LinkFailure::Broken);
        self.contacts.insert(contact, link);
    }

    /// Does not connect to this device for a while.
    fn pause(&mut self, now: Moment, device: Device) {
        let failures = self.pauses.get(&device).map_or(0, |pause| pause.failures);
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        let pause = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
        let until = now.at.saturating_add(pause);
        if self.pauses.len() >= MAX_NEAR {
            self.pauses.retain(|_, pause| pause.until > now.at);
        }
        self.pauses.insert(device, Pause { failures: failures.saturating_add(1), until });
        // What was heard before says nothing any more.
        self.forget(|near, _| near == device);
    }

    /// Those no longer count as near.
    fn forget(&mut self, is_gone: impl Fn(Device, Duration) -> bool) {
        let before = self.near.len();
        self.near.retain(|_, (device, heard)| !is_gone(*device, *heard));
        if self.near.len() != before {
            self.outputs.push_back(Output::Nearby);
        }
    }

    /// A connection is gone.
    fn lose(&mut self, now: Moment, contact: Contact, why: LinkFailure) {
        let Some(lost) = self.contacts.remove(&contact) else { return };
        self.strangers.note_lost(now, contact.device, &lost, why);
        for channel in lost.channels.values() {
            self.outputs.push_back(channel.gone(why).into());
        }
        self.pause(now, contact.device);
        if lost.trust > Trust::Unproven {
            // It may be back at once.
            self.pauses.remove(&contact.device);
        }
        if lost.trust == Trust::Friend {
            self.seeking.begin(now.at, SEEK_LOST);
        }
    }

    fn end(&mut self, now: Moment, contact: Contact, why: LinkFailure) {
        self.outputs.push_back(Output::Radio(RadioCommand::Disconnect(contact)));
        self.lose(now, contact, why);
    }

    pub(super) fn timeout(&mut self, now: Moment) {
        self.advance(now);
    }

    /// When to call [`timeout`](Self::timeout).
    pub(super) fn deadline(&self) -> Option<Duration> {
        if self.state != RadioState::Ready {
            return None;
        }
        let contacts = self.contacts.values().map(Link::deadline);
        let connecting = self.connecting.map(|(_, since)| since.saturating_add(CONNECT_TIMEOUT));
        // Turns, pauses and quarters of an hour are looked at once a second.
        let is_idle =
            self.admitted.is_empty() && self.known.is_empty() && !self.strangers.are_met();
        let turn = (!is_idle).then(|| self.looked_at.saturating_add(Duration::from_secs(1)));
        contacts.chain(connecting).chain(turn).chain(self.ends_listening()).min()
    }
}
