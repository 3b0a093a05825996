//! One meeting with a stranger, from its first frame to its end.

use std::{collections::VecDeque, time::Duration};

use super::talk::{MAX_OFFERED, Offered, Talk};
use crate::{
    Frame, PackId, Timestamp,
    cipher::Cipherer,
    courier::shelf::Shelf,
    handshake::nameless::Nameless,
    mailbox::pack,
    quota::Quota,
    session::{HANDSHAKE_TIMEOUT, Opened},
};

/// How long a meeting lasts at most: people pass each other.
const MEETING: Duration = Duration::from_secs(60);

/// The most bytes of packs in one meeting, each way: some seconds of a small radio, and a 32nd of
/// what is carried.
const MAX_BYTES: usize = 256 << 10;

/// The most offers heard in one meeting: enough for all that anybody carries.
const MAX_OFFERS: u32 = 64;

/// The bytes of packs given away in a day, and taken.
const MAX_BYTES_PER_DAY: u64 = 32 << 20;

/// How the link stands.
#[derive(Debug)]
enum Stage {
    /// The answer to our first frame is awaited.
    Opening(Box<Nameless>),
    Open(Cipherer),
}

/// What may go back and forth today.
#[derive(Debug)]
pub(crate) struct Allowance {
    given: Quota,
    taken: Quota,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { given: Quota::new(MAX_BYTES_PER_DAY), taken: Quota::new(MAX_BYTES_PER_DAY) }
    }
}

/// A meeting with a stranger.
#[derive(Debug)]
pub(crate) struct Errand {
    opened: Opened,
    stage: Stage,
    /// Whether a packet came, so that the first frame was no replay.
    has_heard: bool,
    /// Its number among all meetings.
    pub(crate) source: u64,
    /// What is to be offered still, the first one last.
    queue: Vec<PackId>,
    /// What is offered and not answered.
    offered: Option<Vec<PackId>>,
    /// Bytes that may still be given.
    to_give: usize,
    has_offered_all: bool,
    /// What was asked for and has not come.
    awaited: VecDeque<Offered>,
    /// Bytes that may still be taken.
    to_take: usize,
    offers_heard: u32,
    has_heard_all: bool,
    has_heard_doors: bool,
}

/// A pack that came, and for how long the other end would carry it.
#[derive(Debug)]
pub(crate) struct Brought {
    pub(crate) pack: Vec<u8>,
    pub(crate) life: Duration,
}

impl Errand {
    /// This end dialed.
    pub(crate) fn dialed(opened: Opened, nameless: Nameless) -> Self {
        Self::new(opened, Stage::Opening(Box::new(nameless)))
    }

    /// The other end dialed, and was answered.
    pub(crate) fn answered(opened: Opened, cipherer: Cipherer) -> Self {
        Self::new(opened, Stage::Open(cipherer))
    }

    fn new(opened: Opened, stage: Stage) -> Self {
        Self {
            opened,
            stage,
            has_heard: false,
            source: super::shelf::OWN,
            queue: Vec::new(),
            offered: None,
            to_give: MAX_BYTES,
            has_offered_all: false,
            awaited: VecDeque::new(),
            to_take: MAX_BYTES,
            offers_heard: 0,
            has_heard_all: false,
            has_heard_doors: false,
        }
    }

    /// When it is over at the latest.
    pub(crate) fn deadline(&self) -> Duration {
        let patience = if self.has_heard { MEETING } else { HANDSHAKE_TIMEOUT };
        self.opened.at.saturating_add(patience)
    }

    /// When it began, if the other end dialed: nothing is ever proved.
    pub(crate) fn unproved_since(&self) -> Option<Duration> {
        (!self.opened.is_dialer).then_some(self.opened.at)
    }

    /// Whether the answer to our first frame is awaited still.
    pub(crate) fn is_opening(&self) -> bool {
        matches!(self.stage, Stage::Opening(_))
    }

    /// Takes the answer to our first frame in.
    pub(crate) fn opened_by(self, frame: &[u8]) -> Option<Self> {
        let Stage::Opening(nameless) = self.stage else { return None };
        Some(Self { stage: Stage::Open(nameless.read(frame)?), ..self })
    }

    /// What there is to be offered, in any order.
    pub(crate) fn begin(&mut self, source: u64, queue: Vec<PackId>) {
        (self.source, self.queue) = (source, queue);
    }

    /// The frame that carries `talk`.
    pub(crate) fn seal(&mut self, talk: &Talk) -> Option<Frame> {
        match &mut self.stage {
            Stage::Opening(_) => None,
            Stage::Open(cipherer) => cipherer.seal(talk.encode()),
        }
    }

    /// What is in `frame`, if the other end sent it just so.
    pub(crate) fn open(&mut self, frame: Frame) -> Option<Talk> {
        let Stage::Open(cipherer) = &mut self.stage else { return None };
        let talk = Talk::decode(&cipherer.open(frame)?)?;
        self.has_heard = true;
        Some(talk)
    }

    /// The next offer, if it is time for one. The dialer says first that it has no more, and hangs
    /// up when the other end has said so: by then everything has come, on both sides.
    pub(crate) fn next_offer(
        &mut self,
        shelf: &Shelf,
        allowance: &mut Allowance,
        now: (Duration, Timestamp),
    ) -> Option<Talk> {
        if self.offered.is_some() || self.has_offered_all {
            return None;
        }
        let mut offers = Vec::new();
        let mut space = self.to_give;
        while offers.len() < MAX_OFFERED
            && let Some(id) = self.queue.pop()
        {
            let Some((minutes, len)) = shelf.left_of(&id, now.1) else { continue };
            let Some(length) = pack::length_of(len) else { continue };
            let Some(rest) = space.checked_sub(len) else { continue };
            let asked = self.to_give.saturating_sub(rest);
            if !allowance.given.has(now.0, u64::try_from(asked).unwrap_or(u64::MAX)) {
                self.queue.clear();
                break;
            }
            space = rest;
            offers.push(Offered { id, length, minutes });
        }
        if offers.is_empty() {
            if !self.opened.is_dialer && !self.has_heard_all {
                return None;
            }
            self.has_offered_all = true;
        } else {
            self.offered = Some(offers.iter().map(|offer| offer.id).collect());
        }
        Some(Talk::Offer(offers))
    }

    /// Whether this end may hang up: everything has come, on both sides.
    pub(crate) fn is_over(&self) -> bool {
        self.opened.is_dialer && self.has_offered_all && self.has_heard_all
    }

    /// An offer came: what is wanted of it. `None` if it should not have come.
    ///
    /// Everything is wanted that never was here, as far as there is an allowance. Nothing else
    /// decides, least of all whose it is: or what is wanted would tell strangers which rooms this
    /// device is in. So an offer of more than may be taken in a meeting is not chosen from.
    pub(crate) fn hear_offer(
        &mut self,
        offers: &[Offered],
        shelf: &Shelf,
        allowance: &mut Allowance,
        now: Duration,
    ) -> Option<Option<Talk>> {
        self.offers_heard = self.offers_heard.saturating_add(1);
        let len = |offer: &Offered| offer.len().unwrap_or_default();
        let sum = offers.iter().fold(0_usize, |sum, offer| sum.saturating_add(len(offer)));
        let is_due = self.awaited.is_empty() && !self.has_heard_all;
        if !is_due || self.offers_heard > MAX_OFFERS || sum > self.to_take {
            return None;
        }
        if offers.is_empty() {
            self.has_heard_all = true;
            return Some(None);
        }
        let (mut places, mut asked) = (Vec::new(), 0_usize);
        for (place, offer) in (0..).zip(offers) {
            let more = asked.saturating_add(len(offer));
            let is_new = offer.minutes > 0
                && !shelf.knows(&offer.id)
                && !self.awaited.iter().any(|awaited| awaited.id == offer.id);
            if is_new && allowance.taken.has(now, u64::try_from(more).unwrap_or(u64::MAX)) {
                asked = more;
                places.push(place);
                self.awaited.push_back(*offer);
            }
        }
        Some(Some(Talk::Want(places)))
    }

    /// Rooms are told of; whether that was not done before.
    pub(crate) fn hear_doors(&mut self) -> bool {
        !std::mem::replace(&mut self.has_heard_doors, true)
    }

    /// What of the offer is wanted came: gives the packs. `None` if it should not have come.
    pub(crate) fn hear_want(&mut self, places: &[u8]) -> Option<Vec<PackId>> {
        let offered = self.offered.take()?;
        places.iter().map(|place| offered.get(usize::from(*place)).copied()).collect()
    }

    /// A pack of so many bytes is given.
    pub(crate) fn note_given(&mut self, len: usize, allowance: &mut Allowance) {
        self.to_give = self.to_give.saturating_sub(len);
        allowance.given.take(u64::try_from(len).unwrap_or(u64::MAX));
    }

    /// A pack came: is it the one that was asked for? `None` if not; nothing if it is there no more.
    pub(crate) fn hear_pack(
        &mut self,
        id: PackId,
        pack: Vec<u8>,
        allowance: &mut Allowance,
    ) -> Option<Option<Brought>> {
        let awaited = self.awaited.pop_front()?;
        if pack.is_empty() {
            return Some(None);
        }
        if id != awaited.id || Some(pack.len()) != awaited.len() {
            return None;
        }
        self.to_take = self.to_take.saturating_sub(pack.len());
        allowance.taken.take(u64::try_from(pack.len()).unwrap_or(u64::MAX));
        let life = Duration::from_secs(u64::from(awaited.minutes).saturating_mul(60));
        Some(Some(Brought { pack, life }))
    }
}
