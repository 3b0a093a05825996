//! The dialer on a transport that does as it is told.

mod chosen;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use engine::{Input, InviteId, LinkId, PeerId, RoomId, Target};
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use transport::{
    Addr, Callee, DialKey, Dialing, Link, LinkPath, LinkStats, LinkTraits, Listener, Role,
    Transport, TransportError, TransportKind,
    ble::{Adapter, BleTransport},
    chooser::{self, Choice, Situation},
};

use super::{
    super::{ways::Way, *},
    Dialer,
};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Tells of each dial; answers with the path of a link, or never.
#[derive(Debug)]
struct Told {
    dials: mpsc::Sender<()>,
    path: Arc<Mutex<Option<LinkPath>>>,
    choice: Arc<Mutex<Choice>>,
}

impl Transport for Told {
    fn kind(&self) -> TransportKind {
        TransportKind::Memory
    }

    fn traits(&self) -> LinkTraits {
        LinkTraits { max_frame_len: 1, bytes_per_sec: 1, metered: false }
    }

    fn listen(&self, _incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError> {
        Err(TransportError::Off(TransportKind::Memory))
    }

    fn dial(&self, _addrs: &[Addr], _key: DialKey, _callee: Callee) -> Dialing {
        self.dials.try_send(()).expect("counted");
        let path = *self.path.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(async move {
            match path {
                Some(path) => Ok(link(path)),
                None => std::future::pending().await,
            }
        })
    }

    fn dial_by(&self, choice: &Choice, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        *self.choice.lock().unwrap_or_else(PoisonError::into_inner) = choice.clone();
        self.dial(addrs, key, callee)
    }
}

/// A link whose other end stays open.
fn link(path: LinkPath) -> Link {
    let stats = LinkStats { path, ..LinkStats::starting(Instant::now(), String::new()) };
    let (ours, theirs) = Link::pair(TransportKind::Memory, Role::Dialer, None, stats);
    std::mem::forget(theirs);
    ours
}

#[derive(Debug)]
struct Deaf;

impl Listener for Deaf {
    fn addrs(&self) -> Vec<Addr> {
        Vec::new()
    }

    fn admit(&self, _key: DialKey, _callee: Callee) {}

    fn refuse(&self, _key: &DialKey) {}
}

/// A device of which only the dialer is real.
struct Scene {
    shared: Arc<Shared>,
    dialer: Dialer,
    dials: mpsc::Receiver<()>,
    inputs: mpsc::Receiver<Input>,
    path: Arc<Mutex<Option<LinkPath>>>,
    is_seen: Arc<AtomicBool>,
    sightings: watch::Sender<u64>,
    is_heard: Arc<AtomicBool>,
    hearings: watch::Sender<u64>,
    here: Arc<Mutex<Situation>>,
    choice: Arc<Mutex<Choice>>,
    _dir: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (told, dials) = mpsc::channel(64);
        let (inbox, inputs) = mpsc::channel(64);
        let (path, is_seen) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (sightings, seen) = (watch::Sender::new(0), Arc::clone(&is_seen));
        let find = move |_: &DialKey, _: &Callee| {
            if seen.load(Ordering::SeqCst) { vec!["10.0.0.7:9".to_owned()] } else { Vec::new() }
        };
        let choice = Arc::<Mutex<Choice>>::default();
        let (is_heard, hearings) = (Arc::new(AtomicBool::new(false)), watch::Sender::new(0));
        let here = Arc::new(Mutex::new(Situation::FREE));
        let (near, situation) = (Arc::clone(&is_heard), Arc::clone(&here));
        let hear = move |_: &DialKey, _: &Callee| {
            if near.load(Ordering::SeqCst) { vec!["00:AA:01".to_owned()] } else { Vec::new() }
        };
        let ble = BleTransport::new(Adapter::None);
        let shared = Arc::new(Shared {
            inbox,
            links: Links::default(),
            targets: Targets::default(),
            notices: Notices::new(Arc::new(|| {})),
            started: Instant::now(),
            is_stopping: AtomicBool::new(false),
            listener: Box::new(Deaf),
            transport: Box::new(Told {
                dials: told,
                path: Arc::clone(&path),
                choice: Arc::clone(&choice),
            }),
            surroundings: Surroundings {
                meet_strangers: Box::new(|_| {}),
                network_changed: Box::new(|| {}),
                open_relays: Box::new(|| 0),
                begin_anew: Box::new(|| {}),
                find: Box::new(find),
                hear: Box::new(hear),
                situation: Box::new(move |_| {
                    *situation.lock().unwrap_or_else(PoisonError::into_inner)
                }),
                sightings: sightings.subscribe(),
                heard: hearings.subscribe(),
                look_for: Box::new(move |key, callee| ble.look_for(key, callee)),
                nat: Box::new(|| "cone"),
                signaling: Box::new(|| (0, 0)),
            },
            fresh: watch::Sender::default(),
            is_metered: Arc::default(),
            stats: StatsKeeper::open(dir.path()),
        });
        let dialer = Dialer::new(Arc::clone(&shared), tokio::runtime::Handle::current());
        Self {
            shared,
            dialer,
            dials,
            inputs,
            path,
            is_seen,
            sightings,
            is_heard,
            hearings,
            here,
            choice,
            _dir: dir,
        }
    }

    fn answer(&self, path: LinkPath) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = Some(path);
    }

    /// Nobody answers from now on.
    fn silence(&self) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn sight(&self) {
        self.sightings.send_modify(|count| *count += 1);
    }

    fn place(&self, here: Situation) {
        *self.here.lock().unwrap_or_else(PoisonError::into_inner) = here;
    }

    /// After how long the last dial tries Bluetooth.
    fn bluetooth_after(&self) -> Option<Duration> {
        let choice = self.choice.lock().unwrap_or_else(PoisonError::into_inner);
        choice.after(chooser::Way::Bluetooth)
    }

    fn hear(&self) {
        self.is_heard.store(true, Ordering::SeqCst);
        self.hearings.send_modify(|count| *count += 1);
    }

    async fn dialed(&mut self) {
        timeout(PATIENCE, self.dials.recv()).await.expect("a dial in time").expect("running");
    }

    async fn link_up(&mut self) -> (LinkId, Option<Target>) {
        let input = timeout(PATIENCE, self.inputs.recv()).await.expect("a link in time");
        match input {
            Some(Input::LinkUp { link, target, .. }) => (link, target),
            other => panic!("{other:?}"),
        }
    }
}

fn way() -> Way {
    let (key, callee) = (DialKey::from_bytes([1; 32]), Callee::from_bytes([1; 16]));
    Way { addrs: Vec::new(), key, callee }
}

fn invite() -> Target {
    Target::Invite(InviteId::from_bytes([1; 16]))
}

fn member() -> Target {
    Target::Member(RoomId::from_bytes([1; 16]), PeerId::from_bytes([1; 32]))
}

#[tokio::test]
async fn change_of_network_ends_a_dial_under_way_for_a_fresh_one() {
    let mut scene = Scene::new();
    scene.dialer.want(invite(), way());
    scene.dialed().await;

    scene.shared.begin_anew();

    scene.dialed().await;
}

#[tokio::test]
async fn target_seen_on_the_local_network_is_dialed_at_once_and_others_are_not() {
    let mut scene = Scene::new();
    scene.dialer.want(invite(), way());
    scene.dialed().await;

    scene.sight();
    tokio::task::yield_now().await;
    assert!(scene.dials.try_recv().is_err(), "somebody else was seen");
    scene.is_seen.store(true, Ordering::SeqCst);
    scene.sight();
    scene.dialed().await;
    scene.sight();
    tokio::task::yield_now().await;

    assert!(scene.dials.try_recv().is_err(), "it was seen there before");
}

#[tokio::test]
async fn link_by_chance_is_a_strangers_for_the_engine_and_on_the_page() {
    let mut scene = Scene::new();
    let mut by_chance = link(LinkPath::Bluetooth);
    by_chance.is_by_chance = true;
    let _ended = links::adopt(&scene.shared, by_chance, None).await;

    let input = timeout(PATIENCE, scene.inputs.recv()).await.expect("a link in time");
    let is_met = matches!(input, Some(Input::StrangerMet { is_dialer: true, binding: None, .. }));
    assert!(is_met, "{input:?}");
    let infos = scene.shared.links.infos();
    assert!(infos.iter().all(|link| link.is_stranger) && infos.len() == 1, "{infos:?}");
}

#[tokio::test(start_paused = true)]
async fn relayed_link_is_replaced_as_soon_as_a_direct_one_opens() {
    let mut scene = Scene::new();
    let Target::Member(room, peer) = member() else { unreachable!() };
    scene.answer(LinkPath::Relayed);
    scene.dialer.want(invite(), way());
    let (link, _) = scene.link_up().await;
    scene.dialed().await;
    scene.dialer.drop_want(&invite());
    scene.dialer.meet(link, room, peer);
    // The engine may say so again.
    scene.dialer.meet(link, room, peer);

    // Another relayed link is not worth it.
    let begun = tokio::time::Instant::now();
    scene.dialed().await;
    assert!(begun.elapsed() >= Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(scene.dials.try_recv().is_err(), "one look at a time");
    scene.answer(LinkPath::Direct);
    let (_, target) = scene.link_up().await;

    assert_eq!(target, Some(member()));
    assert_eq!(scene.shared.links.infos()[0].path, LinkPath::Direct);
}

#[tokio::test]
async fn outcome_is_counted_once_for_each_time_somebody_is_looked_for() {
    let mut scene = Scene::new();
    scene.answer(LinkPath::Direct);
    scene.dialer.want(invite(), way());
    scene.link_up().await;

    let totals = scene.shared.stats.get().totals();

    assert_eq!(totals.len(), 1);
    assert_eq!((&*totals[0].nat, totals[0].count), ("cone", 1));
}
