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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{MAX_SESSIONS, MEMORY, Sessions, Verdict};
    use crate::{
        nat::NatKind,
        nostr::RelayUrl,
        offer::{Description, Part, Setup, Side},
    };

    fn offer(session: u32, part: Part) -> Description {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&session.to_be_bytes());
        Description {
            session: id,
            side: Side::Offer,
            part,
            relayed: false,
            nat: NatKind::Unknown,
            setup: Setup::ActPass,
            ufrag: "abcd".to_owned(),
            pwd: "p".repeat(24),
            fingerprint: [7; 32],
            candidates: Vec::new(),
        }
    }

    fn relay(name: &str) -> RelayUrl {
        name.parse().expect("a relay")
    }

    fn heard(sessions: &mut Sessions, offer: &Description, from: &str, now: Instant) -> Verdict {
        sessions.heard((0, offer.session), &relay(from), offer, now)
    }

    #[test]
    fn sessions_are_bounded_in_rate_and_number_and_forgotten_in_time() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let mut now = start;
        let mut begin = |session: u32, now: Instant| {
            let verdict = heard(&mut sessions, &offer(session, Part::First), "one", now);
            matches!(verdict, Verdict::New(_))
        };

        assert_eq!((0..1000).filter(|n| begin(*n, now)).count(), 64);
        // As fast as is allowed, for ever: what is remembered stays bounded.
        let lasting: usize = (1000..3000)
            .filter(|n| {
                now += Duration::from_millis(500);
                begin(*n, now)
            })
            .count();
        assert_eq!(lasting, 2000);
        assert!(sessions.sessions.len() < MAX_SESSIONS);
        assert!(sessions.sessions.len() <= 64 + 2 * MEMORY.as_secs() as usize);
    }

    #[test]
    fn each_part_counts_once_in_whatever_order_and_each_relay_gets_the_answers() {
        let (mut sessions, now) = (Sessions::default(), Instant::now());
        let (first, more) = (offer(1, Part::First), offer(1, Part::More));

        let Verdict::New(mut further) = heard(&mut sessions, &more, "one", now) else {
            panic!("not new");
        };
        for from in ["one", "two", "one"] {
            assert!(matches!(heard(&mut sessions, &first, from, now), Verdict::Known(_)));
        }
        assert_eq!(further.try_recv(), Ok(first.clone()));
        assert!(further.try_recv().is_err());

        let answer = Description { side: Side::Answer, ..first.clone() };
        let at = sessions.answered((0, first.session), &answer);
        assert_eq!(at, [relay("one"), relay("two")]);
        for (from, expected) in [("three", vec![answer]), ("two", vec![])] {
            let Verdict::Known(answers) = heard(&mut sessions, &more, from, now) else {
                panic!("not known");
            };
            assert_eq!(answers, expected, "{from}");
        }
    }
}
