//! What is said on the local networks, and when.

use std::{
    collections::BTreeMap,
    future::pending,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand_core::{OsRng, RngCore as _};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    Orders, Shared,
    door::{Door, Overheard},
    interfaces,
    message::{self, Announcement, Heard},
    names::{self, Name, Nonce},
};

/// How long a name is used.
const ROTATION: Duration = Duration::from_secs(900);

/// How much longer it may be, by chance: devices do not change their names together.
const ROTATION_JITTER: Duration = Duration::from_secs(120);

/// How long others are told to remember: until the next name has been said.
const TTL_SECS: u32 = 1_200;

/// When to repeat what is said unasked: wireless networks lose multicasts.
const REPEATS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// Nobody asks sooner after a question, whoever asked: all hear the answers.
const ASK_GAP: Duration = Duration::from_secs(10);

/// The least time between two answers of this device.
const ANSWER_GAP: Duration = Duration::from_secs(1);

/// What each device heard of adds to that, so that a crowd says at most 70 things a second, also
/// one that somebody only pretends is there.
const ANSWER_GAP_PER_DEVICE: Duration = Duration::from_millis(15);

/// How long a few devices take to answer.
const ANSWER_SPREAD: Duration = Duration::from_millis(100);

/// News are told no more often, since whoever hears of them looks for all it misses.
const NEWS_GAP: Duration = Duration::from_millis(250);

/// Networks spoken to at most.
const MAX_DOORS: usize = 8;

/// Messages that may wait to be looked at.
const MAX_WAITING: usize = 64;

pub(super) struct Task {
    port: u16,
    loopback: bool,
    orders: watch::Receiver<Orders>,
    shared: Arc<Shared>,
    names: Arc<Vec<Name>>,
    doors: BTreeMap<u32, Door>,
    heard: (mpsc::Sender<Overheard>, mpsc::Receiver<Overheard>),
    plan: Plan,
}

/// What is to be done at which time.
struct Plan {
    rotate: Instant,
    /// Unasked announcements still to be made.
    announce: Vec<Instant>,
    /// Questions still to be asked.
    ask: Vec<Instant>,
    answer: Option<Instant>,
    tell_news: Option<Instant>,
    answered: Option<Instant>,
    asked: Option<Instant>,
    told_news: Option<Instant>,
}

impl Plan {
    fn next(&self) -> Instant {
        let planned = self.announce.iter().chain(&self.ask).copied();
        let others = planned.chain(self.answer).chain(self.tell_news);
        others.fold(self.rotate, Instant::min)
    }
}

impl Task {
    pub(super) fn new(
        port: u16,
        loopback: bool,
        orders: watch::Receiver<Orders>,
        shared: Arc<Shared>,
    ) -> Self {
        let now = Instant::now();
        let plan = Plan {
            rotate: now,
            announce: Vec::new(),
            ask: Vec::new(),
            answer: None,
            tell_news: None,
            answered: None,
            asked: None,
            told_news: None,
        };
        Self {
            port,
            loopback,
            orders,
            shared,
            names: Arc::default(),
            doors: BTreeMap::new(),
            heard: mpsc::channel(MAX_WAITING),
            plan,
        }
    }

    /// Runs until its owner drops what it gives orders with.
    pub(super) async fn run(mut self) {
        let mut moves = 0;
        self.rotate(true);
        loop {
            let next = self.plan.next();
            tokio::select! {
                order = self.orders.changed() => {
                    if order.is_err() {
                        return self.say_all(0);
                    }
                    let orders = self.orders.borrow_and_update().clone();
                    self.names = orders.names;
                    // Whatever the reason, a name is not used for anything else.
                    self.rotate(moves != orders.moves);
                    moves = orders.moves;
                }
                () = sleep_until(next) => self.act(Instant::now()),
                heard = self.heard.1.recv() => match heard {
                    Some((index, message)) => self.hear(index, &message),
                    None => pending().await,
                },
                () = self.shared.wanted.notified() => self.want(),
            }
        }
    }

    /// Does what is due.
    fn act(&mut self, now: Instant) {
        if now >= self.plan.rotate {
            self.rotate(false);
        }
        let is_due = |at: &mut Instant| *at <= now;
        let announces = self.plan.announce.extract_if(.., is_due).count() > 0;
        let asks = self.plan.ask.extract_if(.., is_due).count() > 0;
        if announces || asks {
            // A network may have come up only now.
            self.look(false);
        }
        if asks {
            self.ask(now);
        }
        if self.plan.answer.take_if(is_due).is_some() || announces {
            self.plan.answer = None;
            self.plan.answered = Some(now);
            self.say_all(TTL_SECS);
        }
        if self.plan.tell_news.take_if(is_due).is_some() {
            self.plan.told_news = Some(now);
            self.shared.news.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Takes new names and says them; asks who is there, too, if it may be somewhere else.
    fn rotate(&mut self, has_moved: bool) {
        let now = Instant::now();
        self.look(has_moved);
        for door in self.doors.values_mut() {
            door.nonce = new_nonce();
        }
        self.plan.rotate = later(now, ROTATION, by_chance(ROTATION_JITTER));
        let times = REPEATS.map(|after| later(now, after, Duration::ZERO)).to_vec();
        if has_moved {
            self.plan.ask.clone_from(&times);
        }
        self.plan.announce = times;
    }

    /// Opens the networks that came and closes those that went.
    fn look(&mut self, has_moved: bool) {
        let mut nets = interfaces::nets(self.loopback);
        let had_doors = !self.doors.is_empty();
        self.doors.retain(|index, door| nets.get(index) == Some(&door.net));
        if self.doors.is_empty() && (had_doors || has_moved) {
            // Whoever was heard of is not here.
            self.shared.sightings().clear();
        }
        nets.retain(|index, _| !self.doors.contains_key(index));
        let places = MAX_DOORS.saturating_sub(self.doors.len());
        for (index, net) in nets.into_iter().take(places) {
            match Door::open(index, net, self.port, new_nonce(), &self.heard.0) {
                Ok(door) => drop(self.doors.insert(index, door)),
                Err(error) => log::debug!("no discovery on interface {index}: {error}"),
            }
        }
        self.shared.networks.store(self.doors.len(), Ordering::Relaxed);
    }

    /// Says who can be dialed here.
    fn say_all(&self, ttl: u32) {
        if self.names.is_empty() {
            return;
        }
        for door in self.doors.values() {
            let filler = |token: &mut names::Token| OsRng.fill_bytes(token);
            let tokens = names::tokens(&self.names, &door.nonce, &door.spot, filler);
            let (nonce, spot) = (door.nonce, door.spot.clone());
            match (Announcement { nonce, spot, tokens, ttl }).encode() {
                Ok(message) => self.say(door, &message),
                Err(error) => log::warn!("an announcement cannot be made: {error}"),
            }
        }
    }

    /// Asks who is there.
    fn ask(&mut self, now: Instant) {
        self.plan.asked = Some(now);
        match message::question() {
            Ok(message) => self.doors.values().for_each(|door| self.say(door, &message)),
            Err(error) => log::warn!("a question cannot be made: {error}"),
        }
    }

    fn say(&self, door: &Door, message: &[u8]) {
        let sent = u64::try_from(door.say(message)).unwrap_or(u64::MAX);
        self.shared.bytes_sent.fetch_add(sent, Ordering::Relaxed);
    }

    /// Somebody is looked for who was not heard of.
    fn want(&mut self) {
        let now = Instant::now();
        if self.plan.asked.is_none_or(|at| now.saturating_duration_since(at) >= ASK_GAP) {
            self.ask(now);
        }
    }

    fn hear(&mut self, index: u32, message: &[u8]) {
        let Some(door) = self.doors.get(&index) else { return };
        let len = u64::try_from(message.len()).unwrap_or(u64::MAX);
        self.shared.bytes_received.fetch_add(len, Ordering::Relaxed);
        let now = Instant::now();
        match message::decode(message) {
            Some(Heard::Question(about)) if about.is_none_or(|nonce| nonce == door.nonce) => {
                self.answer_soon(now);
            }
            Some(Heard::Answer(announcements)) => {
                let is_own = |nonce: Nonce| self.doors.values().any(|door| door.nonce == nonce);
                let others = announcements.into_iter().filter(|a| !is_own(a.nonce));
                let mut sightings = self.shared.sightings();
                // Each is heard, news or not.
                let news = others.filter(|a| sightings.hear(now.into_std(), a.clone())).count();
                drop(sightings);
                if news > 0 && self.plan.tell_news.is_none() {
                    let soonest = self.plan.told_news.map(|at| later(at, NEWS_GAP, Duration::ZERO));
                    self.plan.tell_news = Some(soonest.unwrap_or(now).max(now));
                }
            }
            Some(Heard::Question(_)) | None => {}
        }
    }

    /// Answers once, after a moment in which others may answer or ask the same.
    fn answer_soon(&mut self, now: Instant) {
        // Our own questions come back to us: all hear the answers, so none asks again soon.
        self.plan.asked = Some(now);
        let devices = u32::try_from(self.shared.sightings().len()).unwrap_or(u32::MAX);
        let gap = ANSWER_GAP.saturating_add(ANSWER_GAP_PER_DEVICE.saturating_mul(devices));
        let has_answered = |at: Instant| now.saturating_duration_since(at) < gap;
        if self.plan.answer.is_some() || self.plan.answered.is_some_and(has_answered) {
            return;
        }
        // A crowd takes its time.
        let spread = ANSWER_SPREAD.saturating_add(ANSWER_GAP_PER_DEVICE.saturating_mul(devices));
        self.plan.answer = Some(later(now, Duration::from_millis(20), by_chance(spread)));
    }
}

fn later(now: Instant, by: Duration, and: Duration) -> Instant {
    now.checked_add(by.saturating_add(and)).unwrap_or(now)
}

fn by_chance(most: Duration) -> Duration {
    most.mul_f64(f64::from(OsRng.next_u32()) / f64::from(u32::MAX))
}

fn new_nonce() -> Nonce {
    let mut nonce = Nonce::default();
    OsRng.fill_bytes(&mut nonce);
    nonce
}
