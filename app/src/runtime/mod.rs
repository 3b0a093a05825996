//! Starts and stops everything, and stands between the screens and the engine.
//!
//! One thread drives the engine; a small tokio runtime moves bytes. The runtime decides nothing:
//! the engine says what to send, whom to dial and what to show.

mod backoff;
mod config;
mod dialer;
mod engine_loop;
mod links;
mod mailbox;
pub(crate) mod medium;
mod metered;
mod network;
mod notices;
mod self_test;
mod servers;
mod stats;
mod verifier;
mod ways;
mod wifi;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use engine::{Command, Engine, Input, StoreError};
use rand_core::{OsRng, RngCore as _};
use storage::RedbStore;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};
use transport::{
    AddrKind, Listener, Transport,
    ble::{BleTransport, RadioState},
    either::Either,
    servers::Servers,
    webrtc::{WebRtcConfig, WebRtcTransport},
    wifi::Wifi,
};

use crate::{
    backend::{
        Backend, LinkInfo, NetInfo, Notice, RelayInfo, RelayedLinks, SelfTest, ServersInUse,
        TestScope, WaysInfo, Whereabouts, WifiWish,
    },
    logbook,
    stats::SuccessStats,
};
pub use config::Config;
use engine_loop::EngineLoop;
use links::Links;
use network::Surroundings;
use notices::Notices;
use self_test::SelfTests;
pub use self_test::check;
use servers::Choices;
use stats::StatsKeeper;
pub use verifier::AllCores;
use ways::Targets;
pub(crate) use wifi::{network_of, with_network};

/// Inputs that may wait for the engine: links wait beyond this, so a flood stays in the network.
const INBOX_LEN: usize = 1_024;

/// How long a stop may take: a hang-up on every link, and one commit.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The database's file in the data folder.
const DATABASE_FILE: &str = "festival.redb";

/// Called, from any thread, when there is something new to poll.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What the parts share.
#[derive(Debug)]
struct Shared {
    inbox: mpsc::Sender<Input>,
    links: Links,
    targets: Targets,
    notices: Notices,
    started: Instant,
    is_stopping: AtomicBool,
    listener: Box<dyn Listener>,
    transport: Box<dyn Transport>,
    surroundings: Surroundings,
    /// Counts the reasons to look for everybody anew.
    fresh: watch::Sender<u64>,
    stats: StatsKeeper,
    /// Whether the way to the internet is paid for by the byte.
    is_metered: Arc<AtomicBool>,
}

impl Shared {
    /// Ends every pause: something changed that may let dials succeed that failed before.
    fn begin_anew(&self) {
        self.fresh.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn write_stats(&self) {
        let (sent, received) = (self.surroundings.signaling)();
        self.stats.meter_signaling(sent, received);
        self.stats.write();
    }
}

/// A running device. Dropping it hangs up and ends every thread.
#[derive(Debug)]
pub struct Runtime {
    shared: Arc<Shared>,
    tokio: Option<tokio::runtime::Runtime>,
    engine: Option<JoinHandle<()>>,
    data_dir: PathBuf,
    transport: WebRtcTransport,
    ble: BleTransport,
    wifi: Wifi,
    /// Whether members were handed a network that may still be there.
    is_network_offered: Arc<AtomicBool>,
    /// What was wished of it last.
    wifi_task: Option<tokio::task::JoinHandle<()>>,
    choices: Arc<Choices>,
    self_tests: SelfTests,
}

impl Runtime {
    /// Opens the database, begins to listen, and wakes the engine.
    ///
    /// # Errors
    ///
    /// [`StartError`], whose text tells a person what to do.
    pub fn start(config: &Config, wake: Wake) -> Result<Self, StartError> {
        std::fs::create_dir_all(&config.data_dir)
            .map_err(|source| StartError::DataDir { dir: config.data_dir.clone(), source })?;
        let store = RedbStore::open(config.data_dir.join(DATABASE_FILE))
            .map_err(|source| StartError::Store { dir: config.data_dir.clone(), source })?;
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        let engine = Engine::new(store, seed)
            .map_err(|source| StartError::Store { dir: config.data_dir.clone(), source })?
            .with_verifier(Box::new(AllCores));
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("festival-io")
            .enable_all()
            .build()
            .map_err(StartError::Io)?;
        let _inside = tokio.enter();
        let choices = Arc::new(Choices::load(&config.data_dir, config.servers.as_ref()));
        let self_tests = SelfTests::new(tokio.handle().clone(), Arc::clone(&wake));
        let port = network::remembered_port(&config.data_dir);
        let transport = WebRtcTransport::new(WebRtcConfig {
            port,
            loopback: config.loopback,
            // Devices of one machine find each other by their addresses.
            discovery: !config.loopback,
            ..WebRtcConfig::default()
        });
        if let Some(binder) = &config.binder {
            transport.set_binder(binder.clone());
        }
        match (transport.set_servers(&choices.servers().servers), &config.servers) {
            (Ok(()), _) => {}
            (Err(err), Some(_)) => return Err(StartError::Servers(err)),
            // The person can put it right on the page for that.
            (Err(err), None) => log::warn!("the servers in the settings are not used: {err}"),
        }
        let (incoming, dialed) = mpsc::channel(16);
        let ble = BleTransport::new(config.bluetooth.clone()).gatt_only(config.gatt_only);
        let both = Either::new(transport.clone(), ble.clone());
        let listener = both.listen(incoming).map_err(StartError::Network)?;
        network::remember_port(&config.data_dir, listener.as_ref());
        let (inbox, inputs) = mpsc::channel(INBOX_LEN);
        let is_metered = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Shared {
            inbox,
            links: Links::default(),
            targets: Targets::default(),
            notices: Notices::new(wake),
            started: Instant::now(),
            is_stopping: AtomicBool::new(false),
            listener,
            surroundings: Surroundings::of(&transport, &ble, config.loopback),
            transport: Box::new(both),
            stats: StatsKeeper::open(&config.data_dir),
            fresh: watch::Sender::default(),
            is_metered: Arc::clone(&is_metered),
        });
        tokio.spawn(links::welcome(Arc::clone(&shared), dialed));
        tokio.spawn(network::watch(Arc::clone(&shared)));
        tokio.spawn(network::tell_calls(Arc::clone(&shared), transport.calls()));
        tokio.spawn(metered::watch(
            is_metered,
            Arc::clone(&choices),
            transport.clone(),
            shared.fresh.subscribe(),
        ));
        tokio.spawn(stats::keep(Arc::clone(&shared)));
        let handle = tokio.handle().clone();
        let engine_loop =
            EngineLoop::new(Arc::clone(&shared), engine, inputs, handle, transport.clone());
        let engine = std::thread::Builder::new()
            .name("festival-engine".to_owned())
            .spawn(move || engine_loop.run())
            .map_err(StartError::Io)?;
        Ok(Self {
            shared,
            tokio: Some(tokio),
            engine: Some(engine),
            data_dir: config.data_dir.clone(),
            transport,
            ble,
            wifi: config.wifi.as_ref().map_or_else(Wifi::new, |wifi| Wifi::with_port(wifi.open())),
            is_network_offered: Arc::default(),
            wifi_task: None,
            choices,
            self_tests,
        })
    }
}

impl Runtime {
    /// Calls `react`, once, when the person presses Ctrl-C; the process then goes on.
    pub fn on_interrupt(&self, react: impl FnOnce() + Send + 'static) {
        if let Some(tokio) = &self.tokio {
            tokio.spawn(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    react();
                }
            });
        }
    }
}

impl Backend for Runtime {
    fn send(&mut self, command: Command) {
        let command = match command {
            Command::AcceptInvite { invite } => {
                Command::AcceptInvite { invite: wifi::without_network(invite) }
            }
            other => other,
        };
        // A person is slower than the engine: the inbox is only ever full of frames, which drain.
        let _ = self.shared.inbox.blocking_send(Input::Command(command));
    }

    fn poll(&mut self) -> Option<Notice> {
        self.shared.notices.pop()
    }

    fn links(&self) -> Vec<LinkInfo> {
        self.shared.links.infos()
    }

    fn ways(&self) -> Vec<WaysInfo> {
        self.shared.ways()
    }

    fn log_tail(&self) -> Vec<String> {
        logbook::tail()
    }

    fn now_millis(&self) -> u64 {
        wall_millis()
    }

    fn whereabouts(&self) -> Whereabouts {
        let can_be_heard = self.ble.state() == RadioState::Ready;
        let words = |addr: &transport::Addr| match addr.kind {
            AddrKind::Ble => can_be_heard.then(|| "Bluetooth, by whoever is near".to_owned()),
            _ => addr.to_socket_addr().map(|addr| addr.to_string()),
        };
        Whereabouts {
            addrs: self.shared.listener.addrs().iter().filter_map(words).collect(),
            data_dir: self.data_dir.display().to_string(),
        }
    }

    fn net(&self) -> NetInfo {
        let (sent, received) = (self.shared.surroundings.signaling)();
        self.shared.stats.meter_signaling(sent, received);
        let relays = self.transport.relays().map(|pool| pool.report()).unwrap_or_default();
        let public = self.transport.public_addrs();
        NetInfo {
            relays: relays.into_iter().map(RelayInfo::from).collect(),
            nat: self.transport.nat(),
            public: public.iter().map(ToString::to_string).collect(),
            idle_bytes_today: self.shared.stats.signaling_today(),
            is_metered: self.shared.is_metered.load(Ordering::Relaxed),
            bluetooth: self.ble.state(),
            radio_use: self.ble.radio_use(),
        }
    }

    fn servers(&self) -> ServersInUse {
        self.choices.servers()
    }

    fn set_servers(&mut self, servers: Servers) -> Result<(), String> {
        let _inside = self.tokio.as_ref().map(|tokio| tokio.enter());
        self.choices.set_servers(servers, |servers| self.transport.set_servers(servers))?;
        self.shared.begin_anew();
        Ok(())
    }

    fn relayed_links(&self) -> RelayedLinks {
        self.choices.relayed_links()
    }

    fn set_relayed_links(&mut self, relayed: RelayedLinks) -> Result<(), String> {
        self.choices.set_relayed_links(relayed)?;
        self.transport
            .set_may_relay(relayed.is_allowed(self.shared.is_metered.load(Ordering::Relaxed)));
        Ok(())
    }

    fn start_self_test(&mut self, scope: TestScope, servers: Servers) {
        let addrs = self.shared.listener.addrs();
        let own = addrs.iter().filter_map(transport::Addr::to_socket_addr).collect();
        self.self_tests.start(scope, servers, own);
    }

    fn self_test(&self) -> SelfTest {
        self.self_tests.state()
    }

    fn wifi(&mut self, wish: WifiWish) {
        self.wish_of_wifi(wish);
    }

    fn set_screen(&mut self, is_on: bool) {
        self.ble.set_screen(is_on);
    }

    fn success_stats(&self) -> SuccessStats {
        self.shared.stats.get()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        // Wakes the engine thread in case it waits; if the inbox is full, it is awake.
        let _ = self.shared.inbox.try_send(Input::Timeout);
        if let Some(engine) = self.engine.take() {
            let _ = engine.join();
        }
        if let Some(tokio) = self.tokio.take() {
            tokio.block_on(self.shared.links.hang_up_all(STOP_TIMEOUT));
            if let Some(task) = self.wifi_task.take() {
                task.abort();
                // Whatever that leaves undone, the system does.
                let _ = tokio.block_on(async { timeout(STOP_TIMEOUT, self.wifi.leave()).await });
            }
            tokio.shutdown_timeout(STOP_TIMEOUT);
        }
        self.shared.write_stats();
    }
}

/// Relays' URLs as addresses the engine carries.
pub fn relay_addrs(urls: &[String]) -> Vec<engine::Addr> {
    let addrs = transport::Addr::of_relays(urls.iter().map(String::as_str));
    addrs.iter().filter_map(links::to_engine).collect()
}

/// The URLs of the relays at these addresses.
pub fn relay_urls(addrs: &[engine::Addr]) -> Vec<String> {
    let addrs = addrs.iter().filter_map(links::to_transport);
    addrs.flat_map(|addr| addr.relay_urls()).collect()
}

/// Milliseconds since the Unix epoch, now.
fn wall_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Fresh chance for jitter.
fn chance() -> u32 {
    OsRng.next_u32()
}

/// Why a device could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("the folder {dir} cannot be created: {source}", dir = dir.display())]
    DataDir {
        /// Which.
        dir: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("{source} (in {dir}); nothing was changed", dir = dir.display())]
    Store {
        /// The data folder.
        dir: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The network cannot be used.
    #[error("the network cannot be used: {0}")]
    Network(#[source] transport::TransportError),
    /// The servers cannot be used as they are given.
    #[error("the servers cannot be used: {0}")]
    Servers(#[source] std::io::Error),
    /// The system refused a thread.
    #[error("the system refused a thread: {0}")]
    Io(#[source] std::io::Error),
}
