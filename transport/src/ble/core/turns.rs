//! What is due: showing, scanning, connecting, sending, giving up.

use std::{collections::BTreeMap, time::Duration};

use super::{ADVERT_TURN, CONNECT_TIMEOUT, Core, MAX_CONTACTS, Moment, NEAR, Output, PATIENCE};
use crate::{
    LinkFailure,
    ble::{
        duty::{Did, LISTEN, Mode},
        radio::{Advert, Contact, Device, RadioCommand, RadioState, Side},
        token::{Name, period, periods},
    },
};

/// In which order tokens are shown.
#[derive(Debug, Clone, Copy)]
struct Turns {
    /// Names of this device that friends look for.
    names: usize,
    /// Whether there is one more token, for strangers. It takes one turn of four at most, since
    /// friends have precedence.
    has_more: bool,
}

/// Rounds of friends in which they keep their order.
const STEADY: usize = 4;

impl Turns {
    /// Turns among which one is the strangers'.
    fn group(self) -> usize {
        self.names.max(3).saturating_add(1)
    }

    /// Whether more than one token is shown.
    fn are_several(self) -> bool {
        self.names.saturating_add(usize::from(self.has_more)) > 1
    }

    /// Which name has this turn; `None` if it is the strangers' token's, or there is none.
    ///
    /// The strangers' turn is another one in each group, and the order of friends begins elsewhere
    /// now and then: whoever listens as regularly as tokens are shown would hear the same one every
    /// time. Otherwise friends come in order, so that who listens without pause soon hears each.
    fn name(self, turn: usize) -> Option<usize> {
        let mut of_friends = turn;
        if self.has_more {
            let (group, place) = (turn.checked_div(self.group())?, turn.checked_rem(self.group())?);
            let of_strangers = scatter(group).checked_rem(self.group())?;
            if place == of_strangers {
                return None;
            }
            let before = group.saturating_add(usize::from(place > of_strangers));
            of_friends = turn.saturating_sub(before);
        }
        let steady = of_friends.checked_div(self.names.saturating_mul(STEADY))?;
        of_friends.wrapping_add(scatter(steady)).checked_rem(self.names)
    }
}

/// A number as different as can be from those of the numbers next to this one: splitmix64.
fn scatter(number: usize) -> usize {
    let mut bits = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 32) as usize
}

impl Core {
    /// Does all that is due.
    pub(super) fn advance(&mut self, now: Moment) {
        if self.state != RadioState::Ready {
            return;
        }
        let did = Did {
            was_seeking: self.was_seeking,
            listened: self.is_scanning,
            shown_every: self.shown.map(|shown| shown.every),
            links: self.contacts.len(),
        };
        self.meter.count(now.at, &did, &mut self.seeking);
        let is_meeting = self.strangers.is_trying() || self.meetings().next().is_some();
        self.strangers.pass(now.at, is_meeting);
        self.looked_at = now.at;
        self.forget(|_, heard| now.at >= heard.saturating_add(NEAR));
        self.learn_tokens(now);
        self.show(now);
        self.scan(now);
        self.bury(now);
        self.connect(now);
        self.meet(now);
        self.flush(now);
    }

    fn learn_tokens(&mut self, now: Moment) {
        if self.known_period == Some(period(now.wall)) {
            return;
        }
        self.known_period = Some(period(now.wall));
        let dialed = self.dials.values().map(|(name, _)| *name);
        let names = self.looked_for.iter().copied().chain(dialed);
        self.known = names
            .flat_map(|name| periods(now.wall).map(|period| (name.token(period), name)))
            .collect::<BTreeMap<_, _>>();
    }

    /// Shows the names this device answers to, one after the other.
    fn show(&mut self, now: Moment) {
        let by_chance = self.strangers.shown(now);
        // Whoever shows an invite has a guest before it, and who was lost looks for this device, too.
        let are_awaited = now.at < self.new_names_until || self.mode(now) == Mode::Seeking;
        let by_chance = by_chance.filter(|_| self.admitted.is_empty() || !are_awaited);
        let turns = Turns { names: self.admitted.len(), has_more: by_chance.is_some() };
        let is_due = now.at >= self.shown_since.saturating_add(ADVERT_TURN);
        let is_next = turns.are_several() && is_due;
        if is_next {
            self.shown_turn = self.shown_turn.wrapping_add(1);
        }
        let name = turns.name(self.shown_turn).and_then(|place| self.admitted.iter().nth(place));
        let name = name.map(|(&key, &callee)| Name { key, callee }.token(period(now.wall)));
        let every = self.mode(now).duty(self.contacts.len(), MAX_CONTACTS).show_every;
        let shown = name.or(by_chance).map(|token| Advert { token, every });
        if is_next || shown.map(|shown| shown.token) != self.shown.map(|shown| shown.token) {
            self.shown_since = now.at;
        }
        if shown != self.shown {
            self.shown = shown;
            self.outputs.push_back(Output::Radio(RadioCommand::Advertise(shown)));
        }
    }

    /// Listens in turns, if anybody is looked for and could be connected to.
    fn scan(&mut self, now: Moment) {
        let mode = self.mode(now);
        self.was_seeking = mode == Mode::Seeking;
        let duty = mode.duty(self.contacts.len(), MAX_CONTACTS);
        let in_turn = now.at.saturating_sub(self.turn_began);
        let is_turn = duty.every.is_some_and(|every| {
            if in_turn >= every {
                self.turn_began = now.at;
            }
            in_turn >= every || in_turn < duty.listen
        });
        let is_any = !self.known.is_empty() || self.strangers.may_meet();
        let must_scan = is_any && is_turn;
        if must_scan != self.is_scanning {
            self.is_scanning = must_scan;
            self.outputs.push_back(Output::Radio(RadioCommand::Scan(must_scan)));
        }
    }

    /// When this turn of listening is over, if it is one.
    pub(super) fn ends_listening(&self) -> Option<Duration> {
        let ends = self.turn_began.saturating_add(LISTEN);
        (self.is_scanning && !self.was_seeking).then(|| ends.max(self.looked_at))
    }

    /// Ends connections that are dead or carry nothing.
    fn bury(&mut self, now: Moment) {
        let contacts = self.contacts.iter();
        let over: Vec<_> = contacts
            .filter_map(|(&contact, link)| {
                let why = if link.is_dead(now.at) {
                    LinkFailure::Silent
                } else if link.is_useless(now.at) {
                    LinkFailure::HungUp
                } else {
                    return None;
                };
                Some((contact, why))
            })
            .collect();
        for (contact, why) in over {
            self.end(now, contact, why);
        }
        self.end_long_meetings(now);
        if let Some((device, since)) = self.connecting
            && now.at >= since.saturating_add(CONNECT_TIMEOUT)
        {
            self.connecting = None;
            let contact = Contact { device, side: Side::Central };
            self.outputs.push_back(Output::Radio(RadioCommand::Disconnect(contact)));
            self.pause(now, device);
        }
    }

    /// Asks for the links that are wanted, and connects where there is no connection yet.
    fn connect(&mut self, now: Moment) {
        let dials: Vec<_> = self.dials.iter().map(|(&dial, &wanted)| (dial, wanted)).collect();
        for (dial, (name, since)) in dials {
            let Some(device) = self.near(&name) else { continue };
            let is_asked = self.contacts.values().any(|link| link.asks(dial));
            if is_asked || self.waits(now, &name, since) {
                continue;
            }
            if let Some(link) = self.contact_to(device) {
                let id = self.next_link;
                self.next_link = id.saturating_add(1);
                if let Some(link) = self.contacts.get_mut(&link) {
                    link.ask(now.at, id, dial, name);
                }
            } else if self.may_connect(now, device) && self.make_place(now) {
                self.connecting = Some((device, now.at));
                self.outputs.push_back(Output::Radio(RadioCommand::Connect(device)));
            }
        }
    }

    /// A connection to this device on which a link can be asked for.
    pub(super) fn contact_to(&self, device: Device) -> Option<Contact> {
        let sides = [Side::Central, Side::Peripheral].map(|side| Contact { device, side });
        sides.into_iter().find(|contact| {
            self.contacts.get(contact).is_some_and(|link| link.free_channel().is_some())
        })
    }

    /// Whether the other end is to ask first: of two that look for each other the one with the
    /// lower name does; the other one does, too, if nothing comes of it.
    fn waits(&self, now: Moment, name: &Name, since: Duration) -> bool {
        let own = self.admitted.get(&name.key);
        own.is_some_and(|own| *own > name.callee) && now.at < since.saturating_add(PATIENCE)
    }

    fn is_connected(&self, device: Device) -> bool {
        let sides = [Side::Central, Side::Peripheral].map(|side| Contact { device, side });
        sides.iter().any(|contact| self.contacts.contains_key(contact))
    }

    /// Whether to connect to this device now, if there is a place.
    pub(super) fn may_connect(&self, now: Moment, device: Device) -> bool {
        let is_paused = self.pauses.get(&device).is_some_and(|pause| now.at < pause.until);
        self.connecting.is_none() && !is_paused && !self.is_connected(device)
    }

    fn flush(&mut self, now: Moment) {
        for (&contact, link) in &mut self.contacts {
            let (packets, gone) = link.flush(now.at, period(now.wall));
            for packet in packets {
                let bytes = packet.encode();
                self.outputs.push_back(Output::Radio(RadioCommand::Send { contact, bytes }));
            }
            for gone in gone {
                self.outputs.push_back(gone.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Turns;

    fn all() -> impl Iterator<Item = Turns> {
        let names = (0..9).flat_map(|names| [(names, false), (names, true)]);
        names.skip(1).map(|(names, has_more)| Turns { names, has_more })
    }

    #[test]
    fn every_token_is_heard_soon_by_whoever_listens_as_regularly_as_they_are_shown() {
        for turns in all() {
            for every in 1..=20 {
                let heard = (0..40 * turns.group()).map(|time| turns.name(time * every));
                let all = turns.names + usize::from(turns.has_more);
                let mut counts = BTreeMap::<_, usize>::new();
                heard.for_each(|name| *counts.entry(name).or_default() += 1);
                assert_eq!(counts.len(), all, "{turns:?}, one of {every}: {counts:?}");
            }
        }
    }

    #[test]
    fn strangers_take_one_turn_of_four_from_friends_at_most_and_nobody_waits_long() {
        for turns in all().filter(|turns| turns.names > 0) {
            let shown: Vec<_> = (0..4_000).map(|turn| turns.name(turn)).collect();
            let strangers = shown.iter().filter(|name| name.is_none()).count();
            assert!(strangers <= 1_000, "{turns:?}");
            let longest = 2 * turns.names + 2 * usize::from(turns.has_more);
            for part in shown.windows(longest) {
                let is_there = |name| part.contains(&Some(name));
                assert!((0..turns.names).all(is_there), "{turns:?}: {part:?}");
            }
        }
    }
}
