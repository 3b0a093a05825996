//! Open links: a task for each direction, a name for each link, and what is known of them.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use engine::{Frame, Input, LinkId, PeerId, RoomId, Target};
use tokio::sync::{mpsc, watch};
use transport::{
    AddrKind, Link, LinkFailure, LinkPath, LinkReceiver, LinkSender, LinkStats, Phase, Role,
    TransportKind, chooser::Progress,
};

use super::{Shared, medium, ways::Way};
use crate::backend::LinkInfo;

/// Frames that may wait for one link. The engine paces bulk by receipts, so only a peer that
/// reads nothing gets this far behind; it is hung up on.
const QUEUE_LEN: usize = 256;

/// Closed links kept for the diagnostics page.
const MAX_CLOSED: usize = 32;

/// What is known of one link, and how to reach its tasks.
#[derive(Debug)]
struct Entry {
    kind: TransportKind,
    role: Role,
    is_by_chance: bool,
    is_busy: bool,
    stats: Arc<Mutex<LinkStats>>,
    peer: Option<(RoomId, PeerId)>,
    session: Option<Phase>,
    /// How it was dialed, if this end did.
    way: Option<Way>,
    /// `None` once hung up.
    queue: Option<mpsc::Sender<Frame>>,
}

/// Every link by its name.
#[derive(Debug, Default)]
pub(super) struct Links {
    entries: Mutex<BTreeMap<LinkId, Entry>>,
    next: AtomicU64,
}

impl Links {
    /// Sends a frame, in order, without waiting.
    pub(super) fn send(&self, link: LinkId, frame: Frame) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(&link) else { return };
        let is_stuck = entry.queue.as_ref().is_some_and(|queue| {
            matches!(queue.try_send(frame), Err(mpsc::error::TrySendError::Full(_)))
        });
        if is_stuck {
            log::warn!("{link:?} does not take what it asked for; hanging up");
            entry.queue = None;
        }
    }

    /// Closes a link once everything sent on it before is out.
    pub(super) fn hang_up(&self, link: LinkId) {
        if let Some(entry) = self.lock().get_mut(&link) {
            entry.queue = None;
        }
    }

    /// Closes every link and waits until they are closed.
    pub(super) async fn hang_up_all(&self, timeout: Duration) {
        let stats: Vec<_> = {
            let mut entries = self.lock();
            entries.values_mut().for_each(|entry| entry.queue = None);
            entries.values().map(|entry| Arc::clone(&entry.stats)).collect()
        };
        let all_closed = async {
            while stats.iter().any(|stats| read(stats).closed.is_none()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let _ = tokio::time::timeout(timeout, all_closed).await;
    }

    /// The other end proved to be this peer.
    pub(super) fn prove(&self, link: LinkId, room: RoomId, peer: PeerId) {
        if let Some(entry) = self.lock().get_mut(&link) {
            entry.peer = Some((room, peer));
            let after = read(&entry.stats).started.elapsed();
            entry.session.get_or_insert(Phase { name: "session", after });
        }
    }

    /// What is known of every link: open ones first, the newest first.
    pub(super) fn infos(&self) -> Vec<LinkInfo> {
        let entries = self.lock();
        let mut infos: Vec<_> = entries.iter().rev().map(|(id, entry)| entry.info(*id)).collect();
        infos.sort_by_key(|info| info.closed.is_some());
        infos
    }

    /// A link carries more than it is good for, or does no longer.
    pub(super) fn set_busy(&self, link: LinkId, is_busy: bool) {
        if let Some(entry) = self.lock().get_mut(&link) {
            entry.is_busy = is_busy;
        }
    }

    /// How an open link goes that this end dialed, and how it was dialed.
    pub(super) fn dialed(&self, link: LinkId) -> Option<(Way, Progress)> {
        let entries = self.lock();
        let entry = entries.get(&link)?;
        Some((entry.way.clone()?, entry.progress()?))
    }

    /// How open links go, by whom they lead to; of two with one peer, the newer.
    pub(super) fn linked(&self) -> BTreeMap<(RoomId, PeerId), Progress> {
        let entries = self.lock();
        let open = entries.values().filter_map(|entry| Some((entry.peer?, entry.progress()?)));
        open.collect()
    }

    /// Says why a link is over, as its transport would.
    #[cfg(test)]
    pub(super) fn close(&self, link: LinkId, why: LinkFailure) {
        if let Some(entry) = self.lock().get(&link) {
            read(&entry.stats).closed = Some(why);
        }
    }

    /// Whether the last link with this peer went by the network and was lost there.
    pub(super) fn lost_by_network(&self, room: RoomId, peer: PeerId) -> bool {
        use LinkFailure::{Broken, Moved, Silent};
        let entries = self.lock();
        let last = entries.values().rev().find(|entry| entry.peer == Some((room, peer)));
        last.is_some_and(|entry| {
            let stats = read(&entry.stats);
            let is_lost = matches!(stats.closed, Some(Broken | Moved | Silent));
            is_lost && stats.path != LinkPath::Bluetooth
        })
    }

    fn add(&self, link: &Link, way: Option<Way>, queue: mpsc::Sender<Frame>) -> LinkId {
        let id = LinkId(self.next.fetch_add(1, Ordering::Relaxed));
        let entry = Entry {
            kind: link.kind,
            role: link.role,
            is_by_chance: link.is_by_chance,
            is_busy: false,
            stats: Arc::clone(&link.stats),
            peer: None,
            session: None,
            way,
            queue: Some(queue),
        };
        let mut entries = self.lock();
        entries.insert(id, entry);
        let closed: Vec<_> = entries
            .iter()
            .filter(|(_, entry)| read(&entry.stats).closed.is_some())
            .map(|(id, _)| *id)
            .collect();
        for old in closed.iter().take(closed.len().saturating_sub(MAX_CLOSED)) {
            entries.remove(old);
        }
        id
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LinkId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// What whoever looks for a better way has to know of it, while it is open.
    fn progress(&self) -> Option<Progress> {
        let stats = read(&self.stats);
        let progress = Progress { up: Some(stats.path), failures: 0, is_busy: self.is_busy };
        stats.closed.is_none().then_some(progress)
    }

    fn info(&self, id: LinkId) -> LinkInfo {
        let stats = read(&self.stats);
        LinkInfo {
            id,
            kind: self.kind,
            role: self.role,
            remote: stats.remote.clone(),
            path: stats.path,
            is_stranger: self.is_by_chance,
            peer: self.peer,
            round_trip: stats.round_trip,
            max_packet: stats.max_packet,
            age: stats.started.elapsed(),
            phases: stats.phases.iter().copied().chain(self.session).collect(),
            bytes_sent: stats.bytes_sent,
            bytes_received: stats.bytes_received,
            closed: stats.closed,
        }
    }
}

fn read(stats: &Mutex<LinkStats>) -> MutexGuard<'_, LinkStats> {
    stats.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes in links that others dial, and those to strangers.
pub(super) async fn welcome(shared: Arc<Shared>, mut dialed: mpsc::Receiver<Link>) {
    while let Some(link) = dialed.recv().await {
        let _closed = adopt(&shared, link, None).await;
    }
}

/// Names a link, tells the engine whom it was dialed to reach, and starts its tasks; gives what
/// waits for its end.
pub(super) async fn adopt(
    shared: &Arc<Shared>,
    link: Link,
    dialed: Option<(Target, Option<Way>)>,
) -> impl Future<Output = ()> + use<> {
    let (queue, frames) = mpsc::channel(QUEUE_LEN);
    let (target, way) = dialed.unzip();
    let id = shared.links.add(&link, way.flatten(), queue);
    let (ended, mut is_ended) = watch::channel(false);
    let medium = medium::of(&read(&link.stats), shared.is_metered.load(Ordering::Relaxed));
    let binding = link.binding;
    let up = if link.is_by_chance {
        Input::StrangerMet { link: id, is_dialer: link.role == Role::Dialer, binding }
    } else {
        Input::LinkUp { link: id, target, binding, medium }
    };
    // The inbox keeps order: the link is up before its first frame arrives and down after its
    // last one.
    let is_running = shared.inbox.send(up).await.is_ok();
    let stats = Arc::clone(&link.stats);
    let (sender, receiver) = link.split();
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        if is_running {
            carry(&shared, id, (sender, receiver), frames).await;
            let _ = shared.inbox.send(Input::LinkDown(id)).await;
        }
        shared.links.hang_up(id);
        read(&stats).closed.get_or_insert(LinkFailure::HungUp);
        let _ = ended.send(true);
    });
    async move {
        let _ = is_ended.wait_for(|ended| *ended).await;
    }
}

/// Moves frames both ways until either side ends it.
async fn carry(
    shared: &Arc<Shared>,
    id: LinkId,
    (sender, mut receiver): (LinkSender, LinkReceiver),
    mut frames: mpsc::Receiver<Frame>,
) {
    let outward = async {
        while let Some(frame) = frames.recv().await {
            if sender.send(frame).await.is_err() {
                break;
            }
        }
    };
    let inward = async {
        while let Some(frame) = receiver.recv().await {
            if shared.inbox.send(Input::FrameReceived(id, frame)).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = outward => {}
        () = inward => {}
    }
}

/// The tag of an IPv4 address with port in an invite.
const TAG_IPV4: u8 = 1;
/// The tag of an IPv6 address with port in an invite.
const TAG_IPV6: u8 = 2;
/// The tag of relays by their places in the built-in list.
const TAG_RELAY_INDEXES: u8 = 3;
/// The tag of a relay by its name.
const TAG_RELAY_HOST: u8 = 4;

/// The tag of a device that can be heard over Bluetooth.
const TAG_BLE: u8 = engine::NEAR_TAG;

/// An address as the engine carries it.
pub(super) fn to_engine(addr: &transport::Addr) -> Option<engine::Addr> {
    let tag = match (addr.kind, addr.bytes.len()) {
        (AddrKind::Socket, 6) => TAG_IPV4,
        (AddrKind::Socket, 18) => TAG_IPV6,
        (AddrKind::RelayIndexes, _) => TAG_RELAY_INDEXES,
        (AddrKind::RelayHost, _) => TAG_RELAY_HOST,
        (AddrKind::Ble, 0) => TAG_BLE,
        _ => return None,
    };
    Some(engine::Addr { tag, bytes: addr.bytes.clone() })
}

/// An address as its transport issued it.
pub(super) fn to_transport(addr: &engine::Addr) -> Option<transport::Addr> {
    let kind = match (addr.tag, addr.bytes.len()) {
        (TAG_IPV4, 6) | (TAG_IPV6, 18) => AddrKind::Socket,
        (TAG_RELAY_INDEXES, _) => AddrKind::RelayIndexes,
        (TAG_RELAY_HOST, _) => AddrKind::RelayHost,
        (TAG_BLE, 0) => AddrKind::Ble,
        _ => return None,
    };
    Some(transport::Addr { kind, bytes: addr.bytes.clone() })
}
