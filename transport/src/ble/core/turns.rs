//! What is due: showing, scanning, connecting, sending, giving up.

use std::{collections::BTreeMap, time::Duration};

use super::{
    ADVERT_TURN, CONNECT_TIMEOUT, Core, MAX_CONTACTS, Moment, NEAR, Output, PATIENCE, SCAN_PAUSE,
    SCAN_TURN,
};
use crate::{
    LinkFailure,
    ble::{
        radio::{Contact, Device, RadioCommand, RadioState, Side},
        token::{Name, period, periods},
    },
};

impl Core {
    /// Does all that is due.
    pub(super) fn advance(&mut self, now: Moment) {
        if self.state != RadioState::Ready {
            return;
        }
        self.looked_at = now.at;
        self.forget(|_, heard| now.at >= heard.saturating_add(NEAR));
        self.learn_tokens(now);
        self.show(now);
        self.scan(now);
        self.bury(now);
        self.connect(now);
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
        let count = self.admitted.len();
        let is_next = count > 1 && now.at >= self.shown_since.saturating_add(ADVERT_TURN);
        if is_next {
            self.shown_turn = self.shown_turn.wrapping_add(1);
        }
        let turn = self.shown_turn.checked_rem(count).unwrap_or_default();
        let name = self.admitted.iter().nth(turn);
        let token = name.map(|(&key, &callee)| Name { key, callee }.token(period(now.wall)));
        if is_next || token != self.shown {
            self.shown_since = now.at;
        }
        if token != self.shown {
            self.shown = token;
            self.outputs.push_back(Output::Radio(RadioCommand::Advertise(token)));
        }
    }

    fn scan(&mut self, now: Moment) {
        let is_eager = now.at < self.eager_until;
        let cycle = SCAN_TURN.saturating_add(SCAN_PAUSE).as_millis();
        let in_turn = now.at.as_millis().checked_rem(cycle).unwrap_or_default();
        let is_turn = is_eager || in_turn < SCAN_TURN.as_millis();
        let must_scan = !self.known.is_empty() && is_turn;
        if must_scan != self.is_scanning {
            self.is_scanning = must_scan;
            self.outputs.push_back(Output::Radio(RadioCommand::Scan(must_scan)));
        }
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
            } else if self.may_connect(now, device) {
                self.connecting = Some((device, now.at));
                self.outputs.push_back(Output::Radio(RadioCommand::Connect(device)));
            }
        }
    }

    /// A connection to this device on which a link can be asked for.
    fn contact_to(&self, device: Device) -> Option<Contact> {
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

    fn may_connect(&self, now: Moment, device: Device) -> bool {
        let is_paused = self.pauses.get(&device).is_some_and(|pause| now.at < pause.until);
        let sides = [Side::Central, Side::Peripheral].map(|side| Contact { device, side });
        let is_full = self.contacts.len() >= MAX_CONTACTS
            || sides.iter().any(|contact| self.contacts.contains_key(contact));
        self.connecting.is_none() && !is_paused && !is_full
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
