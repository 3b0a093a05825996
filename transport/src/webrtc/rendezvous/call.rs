//! The calling side.

use rand_core::{OsRng, RngCore};
use tokio::{sync::mpsc, task::JoinSet};

use super::leave::{self, Line};
use crate::{
    Callee, DialKey,
    nostr::{RelayPool, RelayUrl, Subscription},
    offer::{self, Description, Part, Side, Topic},
};

/// Answers heard at one relay.
const MAX_ANSWERS: usize = 2;

/// One attempt to reach somebody; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Call {
    pool: RelayPool,
    line: Line,
    at: Vec<RelayUrl>,
    session: [u8; 16],
    offers: usize,
    answers: mpsc::Receiver<Description>,
    /// Those already given out: each relay brings its copy.
    answered: Vec<Description>,
    tasks: JoinSet<()>,
}

impl Call {
    pub(super) fn new(pool: RelayPool, key: DialKey, callee: Callee, at: Vec<RelayUrl>) -> Self {
        let mut session = [0; 16];
        OsRng.fill_bytes(&mut session);
        let (sender, answers) = mpsc::channel(at.len().saturating_mul(MAX_ANSWERS).max(1));
        let mut tasks = JoinSet::new();
        for relay in &at {
            let topic = Topic::of_answers(&key, &session, relay);
            // Subscribed before anything is offered: no answer can be too early.
            let subscription =
                pool.subscribe(std::slice::from_ref(relay), &leave::filter([&topic]));
            let (pool, sender) = (pool.clone(), sender.clone());
            tasks.spawn(hear(subscription, pool, key, topic, session, sender));
        }
        let line = Line { key, callee };
        Self { pool, line, at, session, offers: 0, answers, answered: Vec::new(), tasks }
    }

    /// Offers, at most twice: first what is known at once, then more. Ends when one relay has
    /// taken the offer, with whether any has; dropped earlier, it is left nevertheless.
    pub(crate) async fn offer(&mut self, description: Description) -> bool {
        let mut offer = description;
        offer.session = self.session;
        offer.side = Side::Offer;
        offer.part = match self.offers {
            0 => Part::First,
            1 => Part::More,
            _ => return false,
        };
        self.offers = self.offers.saturating_add(1);
        let mut taken = self.line.leave_at(&self.pool, &self.at, &offer, &mut self.tasks);
        taken.recv().await.is_some()
    }

    /// The next answer: the first one, then what follows it. Waits for ever if there is none.
    pub(crate) async fn answer(&mut self) -> Description {
        loop {
            let Some(answer) = self.answers.recv().await else {
                return std::future::pending().await;
            };
            if !self.answered.contains(&answer) {
                self.answered.push(answer.clone());
                return answer;
            }
        }
    }
}

/// Hears answers at one relay.
async fn hear(
    mut subscription: Subscription,
    pool: RelayPool,
    key: DialKey,
    topic: Topic,
    session: [u8; 16],
    answers: mpsc::Sender<Description>,
) {
    let mut heard = Vec::new();
    while heard.len() < MAX_ANSWERS {
        let Some((_from, event)) = subscription.recv().await else { return };
        let Some((sealed, answer)) = offer::open(&key, &topic, &event.content) else { continue };
        let is_ours = answer.side == Side::Answer && answer.session == session;
        // A relay may repeat one in other words, but not crowd out the other.
        if is_ours && !heard.contains(&answer) && leave::is_fresh(sealed, pool.time()) {
            heard.push(answer.clone());
            if answers.send(answer).await.is_err() {
                return;
            }
        }
    }
}
