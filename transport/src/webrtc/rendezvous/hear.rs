//! The called side.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::sleep,
};

use super::{
    days,
    leave::{self, Line},
    sessions::{SessionId, Sessions, Verdict},
};
use crate::{
    Callee, DialKey,
    nostr::{Event, RelayPool, RelayUrl},
    offer::{self, Description, Side, Topic},
};

/// Topics subscribed to at one relay; what is heard first goes first.
const MAX_TOPICS: usize = 250;

/// One wish to hear offers.
#[derive(Debug, Clone)]
struct Wish {
    line: Line,
    at: Vec<RelayUrl>,
    offers: mpsc::Sender<Offer>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    wishes: BTreeMap<u64, Wish>,
    /// One task for each relay; it is told when the wishes change, and ends without this.
    places: BTreeMap<RelayUrl, watch::Sender<()>>,
    sessions: Sessions,
}

/// All that is heard.
#[derive(Debug)]
pub(super) struct Hub {
    pool: RelayPool,
    state: Mutex<State>,
}

impl Hub {
    pub(super) fn new(pool: RelayPool) -> Self {
        Self { pool, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hear(
        hub: &Arc<Self>,
        key: DialKey,
        callee: Callee,
        at: Vec<RelayUrl>,
        offers: mpsc::Sender<Offer>,
    ) -> Hearing {
        let mut state = hub.state();
        let id = state.next;
        state.next = id.saturating_add(1);
        for relay in &at {
            match state.places.get(relay) {
                Some(place) => drop(place.send(())),
                None => {
                    let (place, changed) = watch::channel(());
                    state.places.insert(relay.clone(), place);
                    let place = Place { hub: Arc::clone(hub), relay: relay.clone(), changed };
                    tokio::spawn(place.run());
                }
            }
        }
        state.wishes.insert(id, Wish { line: Line { key, callee }, at, offers });
        Hearing { id, hub: Arc::clone(hub) }
    }

    fn hear_no_more(&self, id: u64) {
        let mut state = self.state();
        let Some(wish) = state.wishes.remove(&id) else { return };
        for relay in wish.at {
            let is_used = state.wishes.values().any(|wish| wish.at.contains(&relay));
            if !is_used {
                state.places.remove(&relay);
            } else if let Some(place) = state.places.get(&relay) {
                let _ended = place.send(());
            }
        }
    }
}

/// Keeps hearing; dropping it stops.
#[derive(Debug)]
pub(crate) struct Hearing {
    id: u64,
    hub: Arc<Hub>,
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.hub.hear_no_more(self.id);
    }
}

/// What is heard at one relay.
struct Place {
    hub: Arc<Hub>,
    relay: RelayUrl,
    changed: watch::Receiver<()>,
}

/// Whom an event under a topic is for.
type Topics = HashMap<Topic, Vec<(u64, Wish)>>;

impl Place {
    /// Runs until nobody wants to hear anything at this relay.
    async fn run(mut self) {
        let mut clock = self.hub.pool.clock_changes();
        let mut topics = self.topics(self.hub.pool.time());
        if topics.is_empty() {
            // Given up already. To ask for no topic could be taken as asking for all.
            return;
        }
        let mut subscription = self
            .hub
            .pool
            .subscribe(std::slice::from_ref(&self.relay), &leave::filter(topics.keys()));
        loop {
            let lasting = sleep(days::lasting(self.hub.pool.time()));
            tokio::pin!(lasting);
            loop {
                tokio::select! {
                    changed = self.changed.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        break;
                    }
                    () = &mut lasting => break,
                    // The hub keeps the pool, and thereby the sender.
                    _changed = clock.changed() => break,
                    heard = subscription.recv() => {
                        let Some((from, event)) = heard else { return };
                        self.heard(&topics, &from, &event);
                    }
                }
            }
            let now = self.topics(self.hub.pool.time());
            if now.is_empty() {
                return;
            }
            if !now.keys().all(|topic| topics.contains_key(topic)) || now.len() != topics.len() {
                subscription.set_filter(&leave::filter(now.keys()));
            }
            topics = now;
        }
    }

    fn topics(&self, time: u64) -> Topics {
        let mut topics = Topics::new();
        let state = self.hub.state();
        let here = state.wishes.iter().filter(|(_id, wish)| wish.at.contains(&self.relay));
        for (id, wish) in here {
            for day in days::days(time) {
                let Line { key, callee } = wish.line;
                let topic = Topic::of_offers(&key, callee, day, &self.relay);
                if topics.len() < MAX_TOPICS || topics.contains_key(&topic) {
                    topics.entry(topic).or_default().push((*id, wish.clone()));
                } else {
                    log::warn!("{}: too many keys to hear them all", self.relay);
                    return topics;
                }
            }
        }
        topics
    }

    fn heard(&self, topics: &Topics, from: &RelayUrl, event: &Event) {
        let found = leave::topics(event).find_map(|topic| topics.get_key_value(&topic.into()));
        let Some((topic, wishes)) = found else { return };
        for (id, wish) in wishes {
            let now = self.hub.pool.time();
            let opened = offer::open(&wish.line.key, topic, &event.content);
            let Some((sealed, description)) = opened else { return };
            if description.side == Side::Offer && leave::is_fresh(sealed, now) {
                self.offered(*id, wish, from, description);
            }
        }
    }

    fn offered(&self, id: u64, wish: &Wish, from: &RelayUrl, description: Description) {
        let id: SessionId = (id, description.session);
        let verdict = self.hub.state().sessions.heard(id, from, &description, Instant::now());
        match verdict {
            Verdict::New(further) => {
                let hub = Arc::clone(&self.hub);
                let offer = Offer { description, id, line: wish.line, hub, further };
                if wish.offers.try_send(offer).is_err() {
                    log::debug!("an offer was lost: nobody takes them");
                }
            }
            Verdict::Known(answers) => {
                for answer in answers {
                    let (pool, at) = (self.hub.pool.clone(), from.clone());
                    // It ends by itself, in a bounded time.
                    tokio::spawn(wish.line.leave(pool, at, answer));
                }
            }
            Verdict::Refused => log::debug!("{from}: too many offers"),
        }
    }
}

/// Somebody who knows a key wants to connect.
#[derive(Debug)]
pub(crate) struct Offer {
    /// What the caller says of itself.
    pub(crate) description: Description,
    id: SessionId,
    line: Line,
    hub: Arc<Hub>,
    further: mpsc::Receiver<Description>,
}

impl Offer {
    /// By which key we are called.
    pub(crate) fn key(&self) -> DialKey {
        self.line.key
    }

    /// Answers, at most twice: first what is known at once, then more. Ends when one relay has
    /// taken the answer; dropped earlier, the answer is left nevertheless.
    pub(crate) async fn answer(&self, description: Description) {
        let mut answer = description;
        answer.session = self.id.1;
        answer.side = Side::Answer;
        let at = self.hub.state().sessions.answered(self.id, &answer);
        let mut tasks = JoinSet::new();
        let mut taken = self.line.leave_at(&self.hub.pool, &at, &answer, &mut tasks);
        tasks.detach_all();
        // Nothing comes if no relay takes it.
        let _any = taken.recv().await;
    }

    /// What the caller says later; `None` when nothing more can come.
    pub(crate) async fn more(&mut self) -> Option<Description> {
        self.further.recv().await
    }
}
