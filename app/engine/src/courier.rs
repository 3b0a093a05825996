//! Couriers: devices that carry sealed packs of rooms they cannot read, for people who never meet.
//!
//! Whoever meets a stranger exchanges packs with it, member of anything or not: each takes what it
//! never had. A pack that one of our rooms can open is read like anything from anywhere, and
//! carried on like all others, so that nobody can tell which ones those were.

mod bundle;
mod errand;
mod nearby;
mod shelf;
mod talk;

use std::time::Duration;

use rand_core::RngCore as _;

use crate::{
    Engine, Event, Frame, LinkId, Medium, PackId, Refusal, Store, StoreError, crypto,
    engine::Output,
    handshake::{MAX_HANDSHAKE_LEN, nameless::Nameless},
    session::{LinkState, Opened},
};
pub(crate) use bundle::{Bundle, Satchel};
use errand::Allowance;
pub(crate) use errand::Errand;
use nearby::Nearby;
pub use nearby::NearbyRoom;
use shelf::Shelf;
pub(crate) use talk::Talk;

/// The most meetings at a time that others began; with one more, the oldest ends. A radio has
/// fewer links, and what a meeting keeps in memory is small.
const MAX_MEETINGS: usize = 8;

/// What this device carries, and whether it does.
#[derive(Debug, Default)]
pub(crate) struct Courier {
    shelf: Shelf,
    /// Whether the person lets it.
    is_on: bool,
    /// Whether there is too little power for it.
    is_weak: bool,
    next_source: u64,
    allowance: Allowance,
    nearby: Nearby,
}

impl<S: Store> Engine<S> {
    /// Wakes with what the store remembers.
    pub(crate) fn load_courier(&mut self) -> Result<(), StoreError> {
        self.courier.shelf = Shelf::restore(self.store.carried()?);
        self.courier.next_source = self.courier.shelf.next_source();
        self.courier.is_on = self.store.carries()?.unwrap_or(true);
        self.recall_packs()?;
        self.tell_carrying();
        self.outputs.push_back(Output::MeetStrangers(self.meets_strangers()));
        Ok(())
    }

    fn meets_strangers(&self) -> bool {
        self.courier.is_on && !self.courier.is_weak
    }

    /// Tells the person whether this device carries for others.
    pub(crate) fn tell_carrying(&mut self) {
        self.notify(Event::CarryingSet { on: self.courier.is_on });
    }

    /// The person lets this device carry for others, or not any more: then it carries nothing.
    pub(crate) fn set_carrying(&mut self, on: bool) -> Result<(), Refusal> {
        let before = self.meets_strangers();
        self.courier.is_on = on;
        self.staged.courier.on = Some(on);
        if !on {
            self.courier.shelf.clear();
            self.stage_shelf();
            self.rooms.values_mut().for_each(|room| room.satchel.unpack());
        }
        self.tell_carrying();
        self.follow_power(before);
        Ok(())
    }

    /// There is little power left, or enough again.
    pub(crate) fn note_power(&mut self, is_low: bool) {
        let before = self.meets_strangers();
        self.courier.is_weak = is_low;
        self.follow_power(before);
    }

    fn follow_power(&mut self, before: bool) {
        let meets = self.meets_strangers();
        if meets == before {
            return;
        }
        self.outputs.push_back(Output::MeetStrangers(meets));
        if !meets {
            self.courier.nearby.forget();
            self.hang_up_where(|state| matches!(state, LinkState::Errand(_)));
        }
    }

    /// When something that is carried, or was heard of, is over.
    pub(crate) fn courier_deadline(&self) -> Option<Duration> {
        let pack = self.courier.shelf.ends_next().map(|end| {
            let left = Duration::from_millis(end.0.saturating_sub(self.now.wall.0));
            self.now.since_start.saturating_add(left)
        });
        pack.into_iter().chain(self.courier.nearby.ends_next()).min()
    }

    /// Drops what is over.
    pub(crate) fn clear_shelf(&mut self) {
        self.courier.shelf.expire(self.now.wall);
        self.stage_shelf();
    }

    /// A link opened between devices that were not looking for each other.
    pub(crate) fn meet_stranger(
        &mut self,
        link: LinkId,
        is_dialer: bool,
        binding: Option<[u8; 32]>,
    ) {
        let opened = Opened {
            at: self.now.since_start,
            is_dialer,
            binding,
            medium: Medium::Air,
            is_open: true,
        };
        if !is_dialer {
            // It may be a member, who does not know us from afar either.
            self.make_room_for_callers();
            self.links.insert(link, LinkState::Awaiting(opened));
        } else if self.meets_strangers() {
            let (nameless, frame) = Nameless::dial(binding, self.chance());
            let errand = Errand::dialed(opened, nameless);
            self.links.insert(link, LinkState::Errand(Box::new(errand)));
            self.outputs.push_back(Output::Transmit(link, frame));
        } else {
            self.outputs.push_back(Output::Hangup(link));
        }
    }

    /// Answers a stranger's first frame; false if it gets no answer.
    pub(crate) fn answer_nameless(
        &mut self,
        link: LinkId,
        opened: Opened,
        frame: &[u8],
    ) -> Result<bool, StoreError> {
        let seed = self.chance();
        if !opened.is_open || !self.meets_strangers() {
            return Ok(false);
        }
        let Some((reply, cipherer)) = Nameless::answer(frame, opened.binding, seed) else {
            return Ok(false);
        };
        let meetings = self.links.iter().filter_map(|(link, state)| match state {
            LinkState::Errand(errand) => Some((errand.unproved_since()?, *link)),
            _ => None,
        });
        let meetings: Vec<_> = meetings.collect();
        if meetings.len() >= MAX_MEETINGS
            && let Some((_, oldest)) = meetings.into_iter().min()
        {
            self.hang_up(oldest);
        }
        let errand = Errand::answered(opened, cipherer);
        self.links.insert(link, LinkState::Errand(Box::new(errand)));
        self.outputs.push_back(Output::Transmit(link, reply));
        self.begin_errand(link)?;
        Ok(true)
    }

    /// A frame came from a stranger; false if it is wrong.
    pub(crate) fn hear_stranger(&mut self, link: LinkId, frame: Frame) -> Result<bool, StoreError> {
        let Some(LinkState::Errand(errand)) = self.links.get_mut(&link) else { return Ok(true) };
        if !errand.is_opening() {
            return match errand.open(frame) {
                Some(talk) => self.take_talk(link, talk),
                None => Ok(false),
            };
        }
        let Some(LinkState::Errand(errand)) = self.links.remove(&link) else { return Ok(true) };
        let is_short = frame.len() <= MAX_HANDSHAKE_LEN;
        let Some(errand) = errand.opened_by(&frame).filter(|_| is_short) else { return Ok(false) };
        self.links.insert(link, LinkState::Errand(Box::new(errand)));
        self.begin_errand(link)?;
        Ok(true)
    }

    fn errand(&mut self, link: LinkId) -> Option<&mut Errand> {
        match self.links.get_mut(&link) {
            Some(LinkState::Errand(errand)) => Some(errand),
            _ => None,
        }
    }

    fn begin_errand(&mut self, link: LinkId) -> Result<(), StoreError> {
        self.clear_shelf();
        self.pack_for_strangers()?;
        let source = self.courier.next_source;
        self.courier.next_source = source.saturating_add(1);
        // In a new order each time: what finds no place in this meeting may in the next.
        let rng = &mut self.rng;
        let mut queue: Vec<_> = self.courier.shelf.ids().map(|id| (rng.next_u64(), id)).collect();
        queue.sort_unstable();
        let queue = queue.into_iter().map(|(_, id)| id).collect();
        if let Some(errand) = self.errand(link) {
            errand.begin(source, queue);
        }
        self.tell_doors(link);
        self.go_on(link);
        Ok(())
    }

    /// Offers what is next, or ends the meeting.
    fn go_on(&mut self, link: LinkId) {
        let now = (self.now.since_start, self.now.wall);
        let Some(LinkState::Errand(errand)) = self.links.get_mut(&link) else { return };
        let Courier { shelf, allowance, .. } = &mut self.courier;
        if let Some(offer) = errand.next_offer(shelf, allowance, now) {
            self.say(link, &offer);
        }
        if self.errand(link).is_some_and(|errand| errand.is_over()) {
            self.hang_up(link);
        }
    }

    fn say(&mut self, link: LinkId, talk: &Talk) {
        let frame = self.errand(link).and_then(|errand| errand.seal(talk));
        self.outputs.extend(frame.map(|frame| Output::Transmit(link, frame)));
    }

    /// Takes in what a stranger says; false if it broke the rules.
    fn take_talk(&mut self, link: LinkId, talk: Talk) -> Result<bool, StoreError> {
        let now = self.now.since_start;
        let Courier { shelf, allowance, .. } = &mut self.courier;
        let Some(LinkState::Errand(errand)) = self.links.get_mut(&link) else { return Ok(true) };
        match talk {
            Talk::Offer(offers) => {
                let Some(want) = errand.hear_offer(&offers, shelf, allowance, now) else {
                    return Ok(false);
                };
                if let Some(want) = want {
                    self.say(link, &want);
                }
            }
            Talk::Doors(doors) => {
                if !errand.hear_doors() {
                    return Ok(false);
                }
                self.hear_doors(doors);
            }
            Talk::Want(places) => {
                let Some(wanted) = errand.hear_want(&places) else { return Ok(false) };
                for id in wanted {
                    let pack = self.carried_pack(&id)?.unwrap_or_default();
                    let Some(LinkState::Errand(errand)) = self.links.get_mut(&link) else { break };
                    errand.note_given(pack.len(), &mut self.courier.allowance);
                    self.say(link, &Talk::Pack(pack));
                }
            }
            Talk::Pack(pack) => {
                let id = crypto::pack_id(&pack);
                let source = errand.source;
                let Some(came) = errand.hear_pack(id, pack, allowance) else { return Ok(false) };
                // Another may have brought it meanwhile.
                if let Some(came) = came
                    && !shelf.knows(&id)
                {
                    self.shelve(id, came.pack.clone(), source, came.life);
                    self.read_bundle(id, &came.pack)?;
                }
            }
        }
        self.go_on(link);
        Ok(true)
    }

    /// Carries a pack from now on.
    fn shelve(&mut self, id: PackId, pack: Vec<u8>, source: u64, life: Duration) {
        self.courier.shelf.take(id, pack.len(), source, life, self.now.wall);
        self.staged.courier.packs.insert(id, Some(pack));
        self.stage_shelf();
    }

    /// Remembers what changed on the shelf.
    fn stage_shelf(&mut self) {
        for (id, record) in self.courier.shelf.changes() {
            if record.is_none_or(|record| record.len == 0) {
                self.staged.courier.packs.insert(id, None);
            }
            self.staged.courier.records.insert(id, record);
        }
    }

    /// The bytes of a pack that is carried, on disk or about to be.
    fn carried_pack(&self, id: &PackId) -> Result<Option<Vec<u8>>, StoreError> {
        match self.staged.courier.packs.get(id) {
            Some(staged) => Ok(staged.clone()),
            None => self.store.carried_pack(id),
        }
    }
}

#[cfg(test)]
mod tests;
