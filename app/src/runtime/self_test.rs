//! The self-test: what this network allows, step by step, and what that means.

mod findings;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};
use transport::{
    Transport as _,
    check::{self, CheckError, StunAnswer},
    nat::NatKind,
    servers::Servers,
    tls::{self, Tls},
    webrtc::{WebRtcConfig, WebRtcTransport},
};

use self::findings::Findings;
use super::{Config, StartError, Wake, servers::Choices};
use crate::{
    backend::{SelfTest, StepState, TestScope, TestStep, nat_words},
    ui::clock,
};

/// Runs one test at a time.
pub(super) struct SelfTests {
    tokio: Handle,
    wake: Wake,
    state: Arc<Mutex<SelfTest>>,
    task: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for SelfTests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SelfTests").field("state", &self.state).finish_non_exhaustive()
    }
}

impl SelfTests {
    pub(super) fn new(tokio: Handle, wake: Wake) -> Self {
        Self { tokio, wake, state: Arc::default(), task: None }
    }

    /// Begins a test in place of the last one; `own` are the addresses others can dial.
    pub(super) fn start(&mut self, scope: TestScope, servers: Servers, own: Vec<SocketAddr>) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        // What a test that was given up still says goes nowhere.
        let test = Test::new(scope, servers, own, Arc::clone(&self.wake));
        self.state = Arc::clone(&test.state);
        self.task = Some(self.tokio.spawn(test.run()));
    }

    pub(super) fn state(&self) -> SelfTest {
        lock(&self.state).clone()
    }
}

fn lock(state: &Mutex<SelfTest>) -> MutexGuard<'_, SelfTest> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a whole test on a device that is not started otherwise.
///
/// # Errors
///
/// [`StartError`], whose text tells a person what to do.
pub fn check(config: &Config) -> Result<SelfTest, StartError> {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Io)?;
    let servers = Choices::load(&config.data_dir, config.servers.as_ref()).servers().servers;
    tokio.block_on(async {
        let transport =
            WebRtcTransport::new(WebRtcConfig { loopback: config.loopback, ..Default::default() });
        let (incoming, _dialed) = mpsc::channel(1);
        let listener = transport.listen(incoming).map_err(StartError::Network)?;
        let own = listener.addrs().iter().filter_map(transport::Addr::to_socket_addr).collect();
        Ok(to_its_end(servers, own).await)
    })
}

async fn to_its_end(servers: Servers, own: Vec<SocketAddr>) -> SelfTest {
    let test = Test::new(TestScope::Everything, servers, own, Arc::new(|| {}));
    let state = Arc::clone(&test.state);
    test.run().await;
    lock(&state).clone()
}

/// What a step looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Addresses,
    LocalNetwork,
    Ipv6,
    Nat,
    Relay(String),
    Stun(String),
    Turn(usize),
}

/// One test that is under way.
struct Test {
    scope: TestScope,
    servers: Servers,
    /// The addresses others can dial.
    own: Vec<SocketAddr>,
    /// What the steps look at, in their order.
    subjects: Vec<Subject>,
    wake: Wake,
    state: Arc<Mutex<SelfTest>>,
}

impl Test {
    fn new(scope: TestScope, servers: Servers, own: Vec<SocketAddr>, wake: Wake) -> Self {
        let subjects = subjects(scope, &servers);
        let steps = subjects.iter().map(|subject| step(subject, &servers)).collect();
        let state = SelfTest { steps, conclusion: None, is_running: true };
        Self { scope, servers, own, subjects, wake, state: Arc::new(Mutex::new(state)) }
    }

    async fn run(self) {
        let mut findings = Findings::default();
        if self.scope == TestScope::Everything {
            self.look_around(&mut findings).await;
        }
        self.ask_servers(&mut findings).await;
        {
            let mut state = lock(&self.state);
            state.is_running = false;
            if self.scope == TestScope::Everything {
                state.conclusion = Some(findings.conclusion(&self.servers));
            }
        }
        (self.wake)();
    }

    fn set(&self, subject: &Subject, to: StepState) {
        let index = self.subjects.iter().position(|known| known == subject);
        let mut state = lock(&self.state);
        if let Some(step) = index.and_then(|index| state.steps.get_mut(index)) {
            step.state = to;
        }
        drop(state);
        (self.wake)();
    }

    /// What needs nobody else.
    async fn look_around(&self, findings: &mut Findings) {
        let own = &self.own;
        let outward: Vec<IpAddr> =
            own.iter().map(SocketAddr::ip).filter(|ip| !ip.is_loopback()).collect();
        findings.is_on_network = !outward.is_empty();
        let state = if outward.is_empty() {
            let why = "none: this device is on no network. Join a Wi-Fi or make a hotspot";
            StepState::Failed(why.to_owned())
        } else {
            StepState::Ok(listed(own.iter().filter(|addr| !addr.ip().is_loopback())))
        };
        self.set(&Subject::Addresses, state);

        self.set(&Subject::LocalNetwork, StepState::Running);
        self.set(&Subject::LocalNetwork, local_network(&outward).await);

        let [_, has_ipv6] = check::routes();
        let state = match listed(outward.iter().filter(|ip| is_public_ipv6(ip))) {
            addrs if has_ipv6 && !addrs.is_empty() => StepState::Ok(format!("works: {addrs}")),
            _ => StepState::Skipped("this network has none; IPv4 does as well".to_owned()),
        };
        self.set(&Subject::Ipv6, state);
    }

    /// Asks all servers side by side: one that is slow keeps nobody waiting.
    async fn ask_servers(&self, findings: &mut Findings) {
        let Self { servers, subjects, .. } = self;
        let tls = match tls::client_config(servers.trust.as_deref()) {
            Ok(tls) => tls,
            Err(why) => {
                let why = format!("the file of trusted certificates cannot be used: {why}");
                for subject in subjects.iter().filter(|subject| subject.is_server()) {
                    self.set(subject, StepState::Failed(why.clone()));
                }
                return;
            }
        };
        for subject in subjects.iter().filter(|subject| subject.is_server()) {
            self.set(subject, StepState::Running);
        }
        let stun = servers.stun.clone();
        if !stun.is_empty() {
            self.set(&Subject::Nat, StepState::Running);
        }
        let mut asked = JoinSet::new();
        for subject in subjects {
            match subject.clone() {
                Subject::Relay(url) => {
                    let tls = Tls::clone(&tls);
                    asked.spawn(async move {
                        let came = check::check_relay(&url, &tls).await;
                        let state = told(came.map(|trip| format!("answers in {}", ms(trip))));
                        Answer::One(Subject::Relay(url), state)
                    });
                }
                Subject::Turn(index) => {
                    let Some(server) = servers.turn.get(index).cloned() else { continue };
                    let tls = Tls::clone(&tls);
                    asked.spawn(async move {
                        let came = check::check_turn(&server, &tls).await;
                        let state = told(came.map(|answer| {
                            let took = ms(answer.took);
                            format!("passes on from {}, ready in {took}", answer.relayed)
                        }));
                        Answer::One(Subject::Turn(index), state)
                    });
                }
                _ => {}
            }
        }
        if !stun.is_empty() {
            asked.spawn(async move {
                let (answers, nat) = check::check_stun(&stun).await;
                Answer::Stun(stun.into_iter().zip(answers).collect(), nat)
            });
        }
        while let Some(Ok(answer)) = asked.join_next().await {
            match answer {
                Answer::One(subject, state) => {
                    findings.count(&subject, &state);
                    self.set(&subject, state);
                }
                Answer::Stun(answers, nat) => {
                    findings.nat = nat;
                    let public = answers.values().flatten().map(|answer| answer.public.ip());
                    self.set(&Subject::Nat, nat_state(nat, &listed(public)));
                    for (url, answer) in answers {
                        let state = told(answer.map(|answer| {
                            let trip = ms(answer.round_trip);
                            format!("sees this device at {}, {trip}", answer.public)
                        }));
                        self.set(&Subject::Stun(url), state);
                    }
                }
            }
        }
    }
}

/// What a task comes back with.
enum Answer {
    One(Subject, StepState),
    Stun(BTreeMap<String, Result<StunAnswer, CheckError>>, NatKind),
}

impl Subject {
    fn is_server(&self) -> bool {
        matches!(self, Self::Relay(_) | Self::Stun(_) | Self::Turn(_))
    }
}

fn subjects(scope: TestScope, servers: &Servers) -> Vec<Subject> {
    let mut subjects = Vec::new();
    if scope == TestScope::Everything {
        subjects.extend([Subject::Addresses, Subject::LocalNetwork, Subject::Ipv6, Subject::Nat]);
    }
    subjects.extend(servers.stun.iter().cloned().map(Subject::Stun));
    subjects.extend(servers.relays.iter().cloned().map(Subject::Relay));
    subjects.extend((0..servers.turn.len()).map(Subject::Turn));
    subjects
}

fn step(subject: &Subject, servers: &Servers) -> TestStep {
    let turn = |index: &usize| servers.turn.get(*index).map(|turn| turn.url.clone());
    let (name, server) = match subject {
        Subject::Addresses => ("Addresses of this device".to_owned(), None),
        Subject::LocalNetwork => ("This network".to_owned(), None),
        Subject::Ipv6 => ("IPv6".to_owned(), None),
        Subject::Nat => ("Between here and the internet".to_owned(), None),
        Subject::Relay(url) => (format!("Relay {}", short(url)), Some(url.clone())),
        Subject::Stun(url) => (format!("STUN {}", short(url)), Some(url.clone())),
        Subject::Turn(index) => {
            let url = turn(index).unwrap_or_default();
            (format!("TURN {}", short(&url)), Some(url))
        }
    };
    let state = match subject {
        Subject::Nat if servers.stun.is_empty() => {
            StepState::Skipped("there is no STUN server to ask".to_owned())
        }
        _ => StepState::Waiting,
    };
    TestStep { name, server, state }
}

/// An address without what goes without saying.
fn short(url: &str) -> &str {
    let known = ["wss://", "stun:", "turn:"];
    known.iter().find_map(|scheme| url.strip_prefix(scheme)).unwrap_or(url)
}

async fn local_network(outward: &[IpAddr]) -> StepState {
    let Some(first) = outward.first() else {
        return StepState::Skipped("this device is on none".to_owned());
    };
    match check::check_udp(*first).await {
        Ok(()) => StepState::Ok(
            "UDP works. Whether the router lets its devices talk to each other shows when a \
             friend scans your code"
                .to_owned(),
        ),
        Err(why) => StepState::Failed(format!(
            "UDP does not work even on this device: {why}. Look at its firewall"
        )),
    }
}

/// Whether it is an address of the whole internet, not of one site only.
fn is_public_ipv6(ip: &IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if !ip.is_unique_local() && !ip.is_unicast_link_local())
}

fn told<E: std::fmt::Display>(came: Result<String, E>) -> StepState {
    match came {
        Ok(how) => StepState::Ok(how),
        Err(why) => StepState::Failed(why.to_string()),
    }
}

fn nat_state(nat: NatKind, public: &str) -> StepState {
    match nat {
        NatKind::Blocked => StepState::Failed(
            "no STUN server answers: this network blocks UDP, or is not on the internet".to_owned(),
        ),
        NatKind::Unknown => {
            StepState::Ok(format!("public address {public}; too few answered to say more"))
        }
        _ => StepState::Ok(format!("{}; public address {public}", nat_words(nat))),
    }
}

fn ms(trip: Duration) -> String {
    clock::round_trip(trip)
}

/// Each once, with commas.
fn listed<T: ToString>(items: impl Iterator<Item = T>) -> String {
    let mut all: Vec<String> = Vec::new();
    for item in items.map(|item| item.to_string()) {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all.join(", ")
}

#[cfg(test)]
mod tests;
