//! What was heard lately: so that nothing counts twice, and answers go wherever offers came from.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::{
    nostr::RelayUrl,
    offer::{Description, Part},
};

/// How long a session is remembered: as long as an offer could be heard again.
const MEMORY: Duration = Duration::from_secs(2 * super::FRESH);

/// Sessions remembered; when so many came lately, further ones are not heard.
const MAX_SESSIONS: usize = 1024;

/// Offers heard for one key at once, and how long one then counts: more than a whole festival
/// tent needs.
const BURST: u32 = 64;
const INTERVAL: Duration = Duration::from_millis(500);

/// Answers to one offer, as it may be answered in two parts.
const MAX_ANSWERS: usize = 2;

/// Which offer: the hearing it came to, and its session.
pub(super) type SessionId = (u64, [u8; 16]);

#[derive(Debug)]
struct Session {
    heard: Instant,
    first: bool,
    more: bool,
    relays: Vec<RelayUrl>,
    answers: Vec<Description>,
    further: mpsc::Sender<Description>,
}

/// What to do about an offer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is new; what follows comes here.
    New(mpsc::Receiver<Description>),
    /// It belongs to one heard before. The relay it came from is to get these answers.
    Known(Vec<Description>),
    /// Too many.
    Refused,
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    sessions: HashMap<SessionId, Session>,
    /// When each hearing could take a full burst again.
    buckets: HashMap<u64, Instant>,
}

impl Sessions {
    /// An offer came from a relay.
    pub(super) fn heard(
        &mut self,
        id: SessionId,
        from: &RelayUrl,
        offer: &Description,
        now: Instant,
    ) -> Verdict {
        if let Some(session) = self.sessions.get_mut(&id) {
            let part = match offer.part {
                Part::First => &mut session.first,
                Part::More => &mut session.more,
            };
            if !std::mem::replace(part, true) {
                // There is room for the one other part.
                let _gone = session.further.try_send(offer.clone());
            }
            if session.relays.contains(from) {
                return Verdict::Known(Vec::new());
            }
            session.relays.push(from.clone());
            return Verdict::Known(session.answers.clone());
        }
        self.sessions.retain(|_id, session| now.saturating_duration_since(session.heard) < MEMORY);
        self.buckets.retain(|_hearing, full_at| *full_at > now);
        if self.sessions.len() >= MAX_SESSIONS || !self.take(id.0, now) {
            return Verdict::Refused;
        }
        let (further, receiver) = mpsc::channel(1);
        let session = Session {
            heard: now,
            first: offer.part == Part::First,
            more: offer.part == Part::More,
            relays: vec![from.clone()],
            answers: Vec::new(),
            further,
        };
        self.sessions.insert(id, session);
        Verdict::New(receiver)
    }

    /// Remembers an answer; the relays it is to be left at.
    pub(super) fn answered(&mut self, id: SessionId, answer: &Description) -> Vec<RelayUrl> {
        match self.sessions.get_mut(&id) {
            Some(session) if session.answers.len() < MAX_ANSWERS => {
                session.answers.push(answer.clone());
                session.relays.clone()
            }
            _ => Vec::new(),
        }
    }

    /// Takes a token from a hearing's bucket.
    fn take(&mut self, hearing: u64, now: Instant) -> bool {
        let full_at = self.buckets.get(&hearing).map_or(now, |at| (*at).max(now));
        let (Some(full_at), Some(longest)) =
            (full_at.checked_add(INTERVAL), INTERVAL.checked_mul(BURST))
        else {
            return false;
        };
        let has_one = full_at.saturating_duration_since(now) <= longest;
        if has_one {
            self.buckets.insert(hearing, full_at);
        }
        has_one
    }
}
