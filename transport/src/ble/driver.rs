//! Stands between the core, the radio and the links: moves bytes, tells the time, decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rand_core::{OsRng, RngCore as _};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::timeout_at,
};

use super::{
    Shared,
    core::{Core, Moment, Output},
    lock, pipe,
    radio::{RadioCommand, RadioEnd, RadioEvent},
    token::Name,
};
use crate::{Callee, DialKey, Link, LinkFailure, LinkPath, LinkStats, Phase, Role, TransportKind};

/// Reports of the radio that may wait; it waits beyond.
const MAX_EVENTS: usize = 256;

/// What the driver is told.
#[derive(Debug)]
pub(super) enum Order {
    Admit(DialKey, Callee),
    Refuse(DialKey),
    LookFor(BTreeSet<Name>),
    Dial(Name, oneshot::Sender<Link>),
    /// A frame to send on a link; there is room for it.
    Send(u64, Vec<u8>),
    /// A frame of this length was read.
    Consumed(u64, usize),
    /// The app has hung up.
    Close(u64),
    Stop,
}

/// One open link.
#[derive(Debug)]
struct Open {
    /// Frames for the app, which it reads at its own pace.
    inward: mpsc::UnboundedSender<Vec<u8>>,
    /// Lets the next frame come.
    room: Arc<Notify>,
    /// Frames taken from the app that the core has had no room for.
    waiting: VecDeque<Vec<u8>>,
    stats: Arc<Mutex<LinkStats>>,
}

pub(super) struct Driver {
    core: Core,
    shared: Arc<Shared>,
    orders: mpsc::UnboundedReceiver<Order>,
    incoming: mpsc::Sender<Link>,
    events: mpsc::Receiver<RadioEvent>,
    radio: mpsc::UnboundedSender<RadioCommand>,
    dials: BTreeMap<u64, (oneshot::Sender<Link>, Instant)>,
    next_dial: u64,
    links: BTreeMap<u64, Open>,
    started: Instant,
}

impl Driver {
    pub(super) fn new(
        shared: Arc<Shared>,
        orders: mpsc::UnboundedReceiver<Order>,
        incoming: mpsc::Sender<Link>,
    ) -> (Self, RadioEnd) {
        let (events_tx, events) = mpsc::channel(MAX_EVENTS);
        let (radio, commands) = mpsc::unbounded_channel();
        let [low, high, ..] = OsRng.next_u32().to_le_bytes();
        let driver = Self {
            core: Core::new(u16::from_le_bytes([low, high])),
            shared,
            orders,
            incoming,
            events,
            radio,
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
                    order = self.orders.recv() => Next::Order(order),
                    event = self.events.recv(), if has_radio => Next::Event(event),
                    () = gone(&mut self.dials) => Next::GivenUp,
                }
            };
            let next = timeout_at(wake.into(), next).await;
            let now = self.now();
            match next {
                Err(_elapsed) => self.core.timeout(now),
                Ok(Next::Order(None | Some(Order::Stop))) => return,
                Ok(Next::Order(Some(order))) => self.obey(now, order),
                Ok(Next::Event(Some(event))) => {
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

    fn obey(&mut self, now: Moment, order: Order) {
        match order {
            Order::Admit(key, callee) => self.core.admit(now, key, callee),
            Order::Refuse(key) => self.core.refuse(now, &key),
            Order::LookFor(names) => self.core.look_for(now, names),
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
            Order::Stop => {}
        }
    }

    /// Does what the core says.
    fn drain(&mut self) {
        loop {
            self.feed();
            let Some(output) = self.core.poll() else { break };
            match output {
                Output::Radio(command) => {
                    let _ = self.radio.send(command);
                }
                Output::Opened { link, dial, device } => {
                    self.open(link, dial, device.to_string());
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
                let trip = self.core.round_trip(link);
                let mut stats = open.stats.lock().unwrap_or_else(PoisonError::into_inner);
                stats.bytes_sent = stats.bytes_sent.saturating_add(frame.len() as u64);
                stats.round_trip = trip;
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
        if open.inward.send(frame).is_err() {
            self.core.consumed(link, len);
        }
    }

    fn open(&mut self, link: u64, dial: Option<u64>, remote: String) {
        let dialed = dial.and_then(|dial| self.dials.remove(&dial));
        let started = dialed.as_ref().map_or_else(Instant::now, |(_, since)| *since);
        let role = if dial.is_some() { Role::Dialer } else { Role::Listener };
        let mut stats = LinkStats::starting(started, remote);
        stats.path = LinkPath::Bluetooth;
        stats.phases.push(Phase { name: "link open", after: started.elapsed() });
        // In clear: the session above encrypts.
        let (ours, theirs) = Link::pair(TransportKind::Ble, role, None, stats);
        let ours = ours.limited(pipe::MAX_FRAME_LEN);
        let (inward, frames) = mpsc::unbounded_channel();
        let room = Arc::new(Notify::new());
        let stats = Arc::clone(&theirs.stats);
        let open = Open { inward, room: Arc::clone(&room), waiting: VecDeque::new(), stats };
        self.links.insert(link, open);
        tokio::spawn(carry(link, theirs, frames, room, self.shared.orders.clone()));
        let incoming = self.incoming.clone();
        match (dial, dialed) {
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
    Order(Option<Order>),
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

/// Carries the frames of one link between the app and the driver, until either hangs up.
async fn carry(
    id: u64,
    link: Link,
    mut frames: mpsc::UnboundedReceiver<Vec<u8>>,
    room: Arc<Notify>,
    orders: mpsc::UnboundedSender<Order>,
) {
    let stats = Arc::clone(&link.stats);
    let (to_app, mut from_app) = link.split();
    let outward = async {
        while let Some(frame) = from_app.recv().await {
            if orders.send(Order::Send(id, frame)).is_err() {
                return;
            }
            room.notified().await;
        }
    };
    let inward = async {
        while let Some(frame) = frames.recv().await {
            let len = frame.len();
            if to_app.send(frame).await.is_err() {
                break;
            }
            let _ = orders.send(Order::Consumed(id, len));
        }
    };
    tokio::select! {
        () = outward => {
            let mut stats = stats.lock().unwrap_or_else(PoisonError::into_inner);
            stats.closed.get_or_insert(LinkFailure::HungUp);
        }
        () = inward => {}
    }
    let _ = orders.send(Order::Close(id));
}
