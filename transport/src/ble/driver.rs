//! Stands between the core, the radio and the links: moves bytes, tells the time, decides nothing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rand_core::{OsRng, RngCore as _};
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    time::timeout_at,
};

use super::{
    Shared, Wanted,
    carry::carry,
    core::{BY_CHANCE, Core, Moment, Output},
    lock, pipe,
    radio::{RadioCommand, RadioEnd, RadioEvent},
    token::Name,
};
use crate::{Link, LinkPath, LinkStats, Phase, Role, TransportKind};

/// Reports of the radio that may wait; it waits beyond.
const MAX_EVENTS: usize = 256;

/// Orders that may wait; who gives them waits beyond.
pub(super) const MAX_ORDERS: usize = 64;

/// Commands that the radio may leave unread.
const MAX_COMMANDS: usize = 64;

/// Commands beyond these that may wait; packets beyond are lost, as on the air. All links together
/// never have more on their way.
const MAX_WAITING: usize = 1_024;

/// What the driver is told.
#[derive(Debug)]
pub(super) enum Order {
    Dial(Name, oneshot::Sender<Link>),
    /// A frame to send on a link; there is room for it.
    Send(u64, Vec<u8>),
    /// A frame of this length was read.
    Consumed(u64, usize),
    /// The app has hung up.
    Close(u64),
}

/// One open link.
#[derive(Debug)]
struct Open {
    /// Frames for the app, which it reads at its own pace.
    inward: mpsc::Sender<Vec<u8>>,
    /// Lets the next frame come.
    room: Arc<Notify>,
    /// Frames taken from the app that the core has had no room for.
    waiting: VecDeque<Vec<u8>>,
    stats: Arc<Mutex<LinkStats>>,
}

pub(super) struct Driver {
    core: Core,
    shared: Arc<Shared>,
    orders: mpsc::Receiver<Order>,
    wanted: watch::Receiver<Wanted>,
    /// Ends when the listener is dropped.
    over: oneshot::Receiver<()>,
    incoming: mpsc::Sender<Link>,
    events: mpsc::Receiver<RadioEvent>,
    radio: mpsc::Sender<RadioCommand>,
    /// What the radio has had no room for.
    waiting: VecDeque<RadioCommand>,
    /// What this start's numbers among strangers come from.
    seed: [u8; 16],
    dials: BTreeMap<u64, (oneshot::Sender<Link>, Instant)>,
    next_dial: u64,
    links: BTreeMap<u64, Open>,
    started: Instant,
}

impl Driver {
    pub(super) fn new(
        shared: Arc<Shared>,
        (orders, over): (mpsc::Receiver<Order>, oneshot::Receiver<()>),
        incoming: mpsc::Sender<Link>,
    ) -> (Self, RadioEnd) {
        let (events_tx, events) = mpsc::channel(MAX_EVENTS);
        let (radio, commands) = mpsc::channel(MAX_COMMANDS);
        let mut wanted = shared.wanted.subscribe();
        // What was wanted before is news to the driver, too.
        wanted.mark_changed();
        let [low, high, ..] = OsRng.next_u32().to_le_bytes();
        let mut seed = [0; 16];
        OsRng.fill_bytes(&mut seed);
        let driver = Self {
            core: Core::new(u16::from_le_bytes([low, high])),
            shared,
            orders,
            wanted,
            over,
            incoming,
            events,
            radio,
            waiting: VecDeque::new(),
            seed,
            dials: BTreeMap::new(),
            next_dial: 0,
            links: BTreeMap::new(),
            started: Instant::now(),
        };
        (driver, RadioEnd { events: events_tx, commands })
    }

    /// Runs until the listener is dropped.
    pub(super) async fn run(mut self) {
        let mut has_radio = true;
        loop {
            self.drain();
            let deadline = self.core.deadline().unwrap_or(Duration::from_secs(3_600));
            let wake = self.started.checked_add(deadline).unwrap_or_else(Instant::now);
            let next = async {
                tokio::select! {
                    biased;
                    _ = &mut self.over => Next::Stop,
                    Ok(()) = self.wanted.changed() => Next::Wanted,
                    Ok(room) = self.radio.reserve(), if !self.waiting.is_empty() => {
                        if let Some(command) = self.waiting.pop_front() {
                            room.send(command);
                        }
                        Next::Again
                    }
                    Some(order) = self.orders.recv() => Next::Order(order),
                    event = self.events.recv(), if has_radio => Next::Event(event),
                    () = gone(&mut self.dials) => Next::GivenUp,
                }
            };
            let next = timeout_at(wake.into(), next).await;
            let now = self.now();
            *lock(&self.shared.radio_use) = self.core.radio_use(now);
            match next {
                Err(_elapsed) => self.core.timeout(now),
                Ok(Next::Stop) => return,
                Ok(Next::Again) => {}
                Ok(Next::Wanted) => self.want(now),
                Ok(Next::Order(order)) => self.obey(now, order),
                Ok(Next::Event(Some(event))) => {
                    if !matches!(event, RadioEvent::Heard { .. } | RadioEvent::Packet { .. }) {
                        log::debug!("Bluetooth says {event:?}");
                    }
                    let is_state = matches!(event, RadioEvent::State(_));
                    self.core.radio(now, event);
                    if is_state {
                        self.shared.state.send_replace(self.core.state());
                    }
                }
                Ok(Next::Event(None)) => has_radio = false,
                Ok(Next::GivenUp) => {
                    let over: Vec<_> = self
                        .dials
                        .iter()
                        .filter(|(_, (answer, _))| answer.is_closed())
                        .map(|(dial, _)| *dial)
                        .collect();
                    for dial in over {
                        self.dials.remove(&dial);
                        self.core.give_up(now, dial);
                    }
                }
            }
        }
    }

    fn now(&self) -> Moment {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Moment { at: self.started.elapsed(), wall }
    }

    /// Others may come, or are waited for.
    fn want(&mut self, now: Moment) {
        let (admitted, names, is_screen_off, meets) = {
            let wanted = self.wanted.borrow_and_update();
            let names = wanted.lookouts.keys().copied().collect();
            (wanted.admitted.clone(), names, wanted.is_screen_off, wanted.meets_strangers)
        };
        self.core.answer_to(now, admitted);
        self.core.look_for(now, names);
        self.core.set_screen(now, !is_screen_off);
        self.core.meet_strangers(now, meets.then_some(self.seed));
    }

    fn obey(&mut self, now: Moment, order: Order) {
        match order {
            Order::Dial(name, answer) => {
                let dial = self.next_dial;
                self.next_dial = dial.saturating_add(1);
                self.dials.insert(dial, (answer, Instant::now()));
                self.core.dial(now, dial, name);
            }
            Order::Send(link, frame) => {
                if let Some(open) = self.links.get_mut(&link) {
                    open.waiting.push_back(frame);
                }
            }
            Order::Consumed(link, len) => self.core.consumed(link, len),
            Order::Close(link) => self.core.close(now, link),
        }
    }

    /// Does what the core says.
    fn drain(&mut self) {
        loop {
            self.feed();
            let Some(output) = self.core.poll() else { break };
            match output {
                Output::Radio(command) => {
                    let is_packet = matches!(command, RadioCommand::Send { .. });
                    if !is_packet && !matches!(command, RadioCommand::Advertise(_)) {
                        log::debug!("Bluetooth is told {command:?}");
                    }
                    if !is_packet || self.waiting.len() < MAX_WAITING {
                        self.waiting.push_back(command);
                    }
                }
                Output::Opened { link, dial, device, by_chance } => {
                    self.open(link, (dial, by_chance), device.to_string());
                }
                Output::Refused { dial } => {
                    self.dials.remove(&dial);
                    let now = self.now();
                    self.core.give_up(now, dial);
                }
                Output::Frame { link, frame } => self.deliver(link, frame),
                Output::Closed { link, why } => {
                    if let Some(open) = self.links.remove(&link) {
                        let mut stats = open.stats.lock().unwrap_or_else(PoisonError::into_inner);
                        stats.closed.get_or_insert(why);
                    }
                }
                Output::Nearby => {
                    log::debug!("others are near over Bluetooth than before");
                    *lock(&self.shared.near) = self.core.all_near();
                    self.shared.news.send_modify(|count| *count = count.wrapping_add(1));
                }
            }
        }
    }

    /// Gives the core the frames that it has room for.
    fn feed(&mut self) {
        let now = self.now();
        for (&link, open) in &mut self.links {
            while self.core.has_room(link) {
                let Some(frame) = open.waiting.pop_front() else { break };
                self.core.send(now, link, &frame);
                let (trip, max_packet) = (self.core.round_trip(link), self.core.max_packet(link));
                let mut stats = open.stats.lock().unwrap_or_else(PoisonError::into_inner);
                stats.bytes_sent = stats.bytes_sent.saturating_add(frame.len() as u64);
                (stats.round_trip, stats.max_packet) = (trip, max_packet);
                open.room.notify_one();
            }
        }
    }

    fn deliver(&mut self, link: u64, frame: Vec<u8>) {
        let Some(open) = self.links.get(&link) else { return };
        let len = frame.len();
        {
            let mut stats = open.stats.lock().unwrap_or_else(PoisonError::into_inner);
            stats.bytes_received = stats.bytes_received.saturating_add(len as u64);
        }
        // There is room for all that the core gives: this fails only if nobody reads any more.
        if open.inward.try_send(frame).is_err() {
            self.core.consumed(link, len);
        }
    }

    fn open(&mut self, link: u64, (dial, by_chance): (Option<u64>, bool), remote: String) {
        let whose = if by_chance { "a stranger" } else { "a friend" };
        log::debug!("Bluetooth: a link to {remote}, {whose}");
        let dialed = dial.and_then(|dial| self.dials.remove(&dial));
        let started = dialed.as_ref().map_or_else(Instant::now, |(_, since)| *since);
        let role = if dial.is_some() { Role::Dialer } else { Role::Listener };
        let mut stats = LinkStats::starting(started, remote);
        stats.path = LinkPath::Bluetooth;
        stats.phases.push(Phase { name: "link open", after: started.elapsed() });
        // In clear: the session above encrypts.
        let (ours, theirs) = Link::pair(TransportKind::Ble, role, None, stats);
        let mut ours = ours.limited(pipe::MAX_FRAME_LEN);
        ours.is_by_chance = by_chance;
        let (inward, frames) = mpsc::channel(pipe::MAX_UNREAD_FRAMES);
        let room = Arc::new(Notify::new());
        let stats = Arc::clone(&theirs.stats);
        let open = Open { inward, room: Arc::clone(&room), waiting: VecDeque::new(), stats };
        self.links.insert(link, open);
        tokio::spawn(carry(link, theirs, frames, room, self.shared.orders.clone()));
        let incoming = self.incoming.clone();
        match (dial.filter(|dial| *dial != BY_CHANCE), dialed) {
            (Some(_), Some((answer, _))) => {
                // Whoever gave up meanwhile drops the link, which closes it.
                let _ = answer.send(ours);
            }
            (Some(_), None) => drop(ours),
            (None, _) => {
                tokio::spawn(async move {
                    let _ = incoming.send(ours).await;
                });
            }
        }
    }
}

enum Next {
    Stop,
    Again,
    Wanted,
    Order(Order),
    Event(Option<RadioEvent>),
    GivenUp,
}

/// Waits until somebody gives up a dial.
async fn gone(dials: &mut BTreeMap<u64, (oneshot::Sender<Link>, Instant)>) {
    std::future::poll_fn(|context| {
        let mut is_any = false;
        for (answer, _) in dials.values_mut() {
            is_any |= answer.poll_closed(context).is_ready();
        }
        if is_any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
