//! Links over Bluetooth Low Energy, where there is no network at all: a portable core that
//! decides, above a radio that each platform has of its own. See `docs/ble.md`.

#[cfg(any(test, target_os = "ios", target_os = "macos"))]
mod apple;
mod carry;
mod contact;
mod core;
mod driver;
mod duty;
#[cfg(target_os = "linux")]
mod linux;
mod listed;
mod listener;
mod packet;
mod pipe;
mod radio;
#[doc(hidden)]
pub mod sim;
#[cfg(test)]
mod tests;
mod token;
#[cfg(any(windows, test))]
mod windows;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{mpsc, oneshot, watch};

use self::{
    driver::{Driver, MAX_ORDERS, Order},
    listener::BleListener,
    token::Name,
};
pub use self::{
    duty::{Mode, RadioUse},
    listed::{LISTED_PREFIX, listed_token, listed_uuid},
    packet::{MAX_PACKET_LEN, MAX_VALUE_LEN, MIN_PACKET_LEN},
    radio::{
        Advert, Contact, Device, ForeignRadio, PSM, RadioCommand, RadioEnd, RadioEvent, RadioState,
        SERVICE, Side, TO_CENTRAL, TO_PERIPHERAL,
    },
    token::Token,
};
use crate::{
    Addr, AddrKind, Callee, DialKey, Dialing, Link, LinkTraits, Listener, Transport,
    TransportError, TransportKind,
};

/// How long a dial waits for its target to be heard, if it was not before. Who is heard later is
/// dialed again.
pub const HEAR_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one that was heard may take to be reached.
const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// A cautious guess at the goodput between two phones, in bytes per second.
const TYPICAL_BYTES_PER_SEC: u64 = 20_000;

/// Which adapter to use.
#[derive(Debug, Clone, Default)]
pub enum Adapter {
    /// None: Bluetooth stays unused.
    None,
    /// The system's own choice.
    #[default]
    Default,
    /// The one with this address.
    Address([u8; 6]),
    /// One that this crate cannot drive itself.
    Foreign(ForeignRadio),
}

/// Reaches devices that are near, over Bluetooth LE.
///
/// [`Transport::listen`] starts the radio, inside a tokio runtime; links live as long as the
/// listener. Dials before it, and where there is no radio, end at once.
#[derive(Debug, Clone)]
pub struct BleTransport {
    adapter: Adapter,
    is_gatt_only: bool,
    shared: Arc<Shared>,
}

/// What the driver and its owners see.
#[derive(Debug)]
struct Shared {
    orders: mpsc::Sender<Order>,
    /// Taken by the driver when it starts.
    received: Mutex<Option<mpsc::Receiver<Order>>>,
    wanted: watch::Sender<Wanted>,
    state: watch::Sender<RadioState>,
    /// Counts whenever somebody looked for comes near.
    news: watch::Sender<u64>,
    near: Mutex<BTreeMap<Name, Device>>,
    radio_use: Mutex<RadioUse>,
}

/// Who may come, and who is waited for.
#[derive(Debug, Default)]
struct Wanted {
    /// Nobody looks at the screen.
    is_screen_off: bool,
    /// Whether it meets whoever is near.
    meets_strangers: bool,
    /// Names this device answers to.
    admitted: BTreeMap<DialKey, Callee>,
    /// How many look for each name.
    lookouts: BTreeMap<Name, usize>,
}

impl BleTransport {
    /// A transport that uses this adapter once it listens.
    pub fn new(adapter: Adapter) -> Self {
        let (orders, received) = mpsc::channel(MAX_ORDERS);
        let shared = Shared {
            orders,
            received: Mutex::new(Some(received)),
            wanted: watch::Sender::default(),
            state: watch::Sender::default(),
            news: watch::Sender::default(),
            near: Mutex::default(),
            radio_use: Mutex::default(),
        };
        Self { adapter, is_gatt_only: false, shared: Arc::new(shared) }
    }

    /// The same with or without L2CAP channels, which some devices cannot have.
    #[must_use]
    pub fn gatt_only(self, is_gatt_only: bool) -> Self {
        Self { is_gatt_only, ..self }
    }

    /// Whether Bluetooth can be used now.
    pub fn state(&self) -> RadioState {
        *self.shared.state.borrow()
    }

    /// What the radio is used for, and how much of its time that takes; not quite up to date while nothing
    /// happens.
    pub fn radio_use(&self) -> RadioUse {
        *lock(&self.shared.radio_use)
    }

    /// Says whether somebody looks at the screen: if not, the battery is spared while nothing happens.
    pub fn set_screen(&self, is_on: bool) {
        self.shared.wanted.send_if_modified(|wanted| {
            std::mem::replace(&mut wanted.is_screen_off, !is_on) == is_on
        });
    }

    /// Whether nobody looks at the screen, as far as was said.
    pub fn is_screen_off(&self) -> bool {
        self.shared.wanted.borrow().is_screen_off
    }

    /// Meets whoever is near and does the same from now on, or does not: links that neither end meant the
    /// other by arrive with those that others dial, at both ends. They are few, short, and never
    /// in the way of others.
    pub fn meet_strangers(&self, on: bool) {
        self.shared
            .wanted
            .send_if_modified(|wanted| std::mem::replace(&mut wanted.meets_strangers, on) != on);
    }

    /// Listens for whoever answers to this name, until what is returned is dropped.
    pub fn look_for(&self, key: DialKey, callee: Callee) -> Lookout {
        let name = Name { key, callee };
        self.shared.wanted.send_if_modified(|wanted| {
            let count = wanted.lookouts.entry(name).or_default();
            *count = count.saturating_add(1);
            *count == 1
        });
        Lookout { name, shared: Arc::clone(&self.shared) }
    }

    /// Where whoever answers to this name is near, as an address of no meaning elsewhere.
    pub fn find(&self, key: &DialKey, callee: &Callee) -> Option<Device> {
        lock(&self.shared.near).get(&Name { key: *key, callee: *callee }).copied()
    }

    /// Waits for whoever answers to this name to be near.
    async fn hear(&self, key: &DialKey, callee: &Callee) -> Result<(), TransportError> {
        let mut news = self.changed();
        let heard =
            async { while self.find(key, callee).is_none() && news.changed().await.is_ok() {} };
        let heard = tokio::time::timeout(HEAR_TIMEOUT, heard).await;
        heard.map_err(|_elapsed| TransportError::Unreachable)
    }

    /// Changes when [`find`](Self::find) may find more than before.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.news.subscribe()
    }

    /// Lets `radio` drive from now on; for platforms with a radio of their own, and for tests.
    ///
    /// # Errors
    ///
    /// [`TransportError::Io`] if it listens already, or outside a tokio runtime.
    pub fn listen_with(
        &self,
        incoming: mpsc::Sender<Link>,
        radio: impl FnOnce(RadioEnd),
    ) -> Result<Box<dyn Listener>, TransportError> {
        let failed = |why| TransportError::Io(std::io::Error::other(why));
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|err| TransportError::Io(std::io::Error::other(err)))?;
        let received = lock(&self.shared.received).take();
        let received = received.ok_or_else(|| failed("it listens already"))?;
        let (alive, over) = oneshot::channel();
        let (driver, end) = Driver::new(Arc::clone(&self.shared), (received, over), incoming);
        runtime.spawn(driver.run());
        radio(end);
        Ok(Box::new(BleListener { shared: Arc::clone(&self.shared), _alive: alive }))
    }
}

/// Somebody is listened for as long as this lives.
#[derive(Debug)]
pub struct Lookout {
    name: Name,
    shared: Arc<Shared>,
}

impl Drop for Lookout {
    fn drop(&mut self) {
        self.shared.wanted.send_if_modified(|wanted| {
            let Some(count) = wanted.lookouts.get_mut(&self.name) else { return false };
            *count = count.saturating_sub(1);
            let is_last = *count == 0;
            if is_last {
                wanted.lookouts.remove(&self.name);
            }
            is_last
        });
    }
}

impl Transport for BleTransport {
    fn kind(&self) -> TransportKind {
        TransportKind::Ble
    }

    fn traits(&self) -> LinkTraits {
        LinkTraits {
            max_frame_len: pipe::MAX_FRAME_LEN,
            bytes_per_sec: TYPICAL_BYTES_PER_SEC,
            metered: false,
        }
    }

    fn listen(&self, incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError> {
        self.listen_with(incoming, |end| match &self.adapter {
            Adapter::None => leave_unused(end, RadioState::Missing),
            Adapter::Default => start_radio(None, self.is_gatt_only, end),
            Adapter::Address(address) => start_radio(Some(*address), self.is_gatt_only, end),
            Adapter::Foreign(radio) => radio.start(end),
        })
    }

    fn dial(&self, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        let is_there = addrs.iter().any(|addr| addr.kind == AddrKind::Ble);
        let this = self.clone();
        Box::pin(async move {
            if !is_there {
                return Err(TransportError::NoUsableAddr);
            }
            match this.state() {
                RadioState::Ready => {}
                RadioState::Denied => return Err(TransportError::Denied(TransportKind::Ble)),
                _ => return Err(TransportError::Off(TransportKind::Ble)),
            }
            let _lookout = this.look_for(key, callee);
            this.hear(&key, &callee).await?;
            let (answer, mut answered) = oneshot::channel();
            let order = Order::Dial(Name { key, callee }, answer);
            let sent = this.shared.orders.send(order).await;
            sent.map_err(|_stopped| TransportError::Unreachable)?;
            let link = tokio::time::timeout(DIAL_TIMEOUT, &mut answered).await;
            match link {
                Ok(Ok(link)) => Ok(link),
                _ => Err(TransportError::Unreachable),
            }
        })
    }
}

/// Reads packets, each behind its length in two bytes, as a device does that admitted the sender,
/// for the fuzzer; how many frames came out.
///
/// # Panics
///
/// If what was read is not the same when it is written and read again.
#[doc(hidden)]
pub fn decode(mut bytes: &[u8]) -> usize {
    let mut pipe = pipe::Pipe::new();
    let (mut now, mut frames) = (Duration::ZERO, 0_usize);
    pipe.push(&[7; 4_000]);
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let len = usize::from(u16::from_le_bytes(*len)).min(rest.len());
        let (packet, rest) = rest.split_at(len);
        bytes = rest;
        now = now.saturating_add(Duration::from_millis(len as u64));
        let Some(read) = packet::Packet::decode(packet) else { continue };
        assert_eq!(packet::Packet::decode(&read.encode()), Some(read.clone()));
        if let packet::Body::Ack { ack, gaps } = &read.body {
            pipe.acknowledged(now, *ack, gaps);
        }
        if let packet::Body::Data { ack, place, gaps, bytes } = read.body {
            pipe.acknowledged(now, ack, &gaps);
            if pipe.receive(now, place, &bytes).is_err() {
                break;
            }
            while let Some(frame) = pipe.pop() {
                pipe.release(frame.len());
                frames = frames.saturating_add(1);
            }
        }
        let _ = pipe.piece(now, 100, 0);
        let _ = pipe.report(3);
    }
    frames
}

/// Drives the adapter with this address, or the system's own choice.
#[cfg(target_os = "linux")]
fn start_radio(wanted: Option<[u8; 6]>, is_gatt_only: bool, end: RadioEnd) {
    linux::start(linux::Settings { wanted, is_gatt_only }, end);
}

/// Drives the one adapter that a device of Apple's has, which tells nobody its address.
#[cfg(any(target_os = "ios", target_os = "macos"))]
fn start_radio(wanted: Option<[u8; 6]>, _is_gatt_only: bool, end: RadioEnd) {
    match wanted {
        None => apple::start(end),
        Some(_) => leave_unused(end, RadioState::Missing),
    }
}

/// Drives the system's own adapter, if it has this address or any will do.
#[cfg(windows)]
fn start_radio(wanted: Option<[u8; 6]>, _is_gatt_only: bool, end: RadioEnd) {
    windows::start(wanted, end);
}

#[cfg(not(any(target_os = "linux", target_os = "ios", target_os = "macos", windows)))]
fn start_radio(_wanted: Option<[u8; 6]>, _is_gatt_only: bool, end: RadioEnd) {
    leave_unused(end, RadioState::Unsupported);
}

/// There is no radio, and there will be none.
fn leave_unused(end: RadioEnd, state: RadioState) {
    // The channel is empty.
    let _ = end.events.try_send(RadioEvent::State(state));
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
