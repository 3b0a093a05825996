//! One peer connection with its one data channel, from first packet to open.

use std::{
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use rtc::{
    ice::mdns::MulticastDnsMode,
    peer_connection::{configuration::setting_engine::SctpMaxMessageSize, transport::RTCDtlsRole},
};
use tokio::sync::{mpsc, watch};
use webrtc::{
    data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit},
    error::Error,
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCConfigurationBuilder,
        RTCIceCandidateInit, RTCIceConnectionState, RTCIceGatheringState, RTCPeerConnectionState,
        RTCSessionDescription, SettingEngine, SettingEngineBuilder,
    },
};

use super::{
    MAX_FRAME_LEN,
    credentials::{Credentials, Crypto, Fingerprint, Identity, binding},
    inbox::Inbox,
    runtime::DriverRuntime,
    sdp::{FIRST_PRIORITY, Setup, candidate, describe},
    socket::Wiring,
};
use crate::{LinkFailure, Phase, Role};

/// Silence after which ICE doubts the path, and after which more it gives up: together with its
/// tick of 200 ms, a dead peer is noticed within 5 s.
const ICE_DISCONNECTED: Duration = Duration::from_millis(1500);
const ICE_FAILED: Duration = Duration::from_secs(3);

/// How often ICE asks whether the peer is still there: nine lost answers in a row mean it is not.
const ICE_KEEPALIVE: Duration = Duration::from_millis(500);

/// How often each address is tried.
const ICE_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How many times each address is tried if the other end can be reached as it is: the dialer as
/// long as an attempt can last; the listener, which answers every request anyway, for a second,
/// since the address may be a forged one.
const DIALER_CHECKS: u16 = 200;
const LISTENER_CHECKS: u16 = 20;

/// The same for two ends that have agreed to try: each opens its own router for the other, and
/// the one that hears of it last decides when.
const AGREED_CHECKS: u16 = 200;

/// Bytes of frames the library may hold unsent or unacknowledged before a sender has to wait:
/// enough to fill 100 Mbit/s over 160 ms.
const SEND_BUFFER: usize = 2 << 20;

/// How long hanging up may take; what is left then is simply cut.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What one connection is made of.
pub(super) struct Plan {
    pub(super) role: Role,
    pub(super) started: Instant,
    pub(super) identity: Identity,
    pub(super) ours: Credentials,
    pub(super) theirs: Credentials,
    /// Which certificate to accept; the dialer cannot know and accepts any.
    pub(super) their_fingerprint: Option<Fingerprint>,
    /// Where to look for the other end.
    pub(super) candidates: Vec<SocketAddr>,
    /// Where else, learned while looking; `None` if the ends exchange no offer and answer.
    pub(super) more: Option<mpsc::Receiver<Vec<SocketAddr>>>,
    pub(super) wirings: Vec<Wiring>,
}

/// How far a connection has come; shared by its driver's callbacks and whoever waits.
#[derive(Debug, Clone)]
pub(super) struct Progress(watch::Sender<Milestones>);

#[derive(Debug, Clone, Copy, Default)]
struct Milestones {
    ice: Option<Instant>,
    dtls: Option<Instant>,
    ended: Option<LinkFailure>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Milestones::default()))
    }

    /// The connection is over; the first reason counts.
    pub(super) fn end(&self, why: LinkFailure) {
        self.0.send_modify(|milestones| {
            milestones.ended.get_or_insert(why);
        });
    }

    pub(super) fn has_ended(&self) -> bool {
        self.0.borrow().ended.is_some()
    }

    /// Waits until the connection is over.
    pub(super) async fn ended(&self) -> LinkFailure {
        let mut receiver = self.0.subscribe();
        // `self` holds a sender, so the wait cannot fail.
        let milestones = receiver.wait_for(|milestones| milestones.ended.is_some()).await;
        milestones.ok().and_then(|milestones| milestones.ended).unwrap_or(LinkFailure::Broken)
    }

    /// The steps reached, as times since `started`.
    fn phases(&self, started: Instant) -> Vec<Phase> {
        let Milestones { ice, dtls, .. } = *self.0.borrow();
        let named = [
            ("ice connected", ice),
            ("dtls connected", dtls),
            ("channel open", Some(Instant::now())),
        ];
        named
            .into_iter()
            .filter_map(|(name, at)| {
                Some(Phase { name, after: at?.saturating_duration_since(started) })
            })
            .collect()
    }
}

/// A peer connection; dropping it stops its driver and frees its sockets.
pub(super) struct Connection {
    pub(super) channel: Arc<dyn DataChannel>,
    pub(super) progress: Progress,
    pc: Arc<dyn PeerConnection>,
    runtime: AbortOnDrop,
}

/// What is known of a connection once it is open.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) binding: [u8; 32],
    pub(super) phases: Vec<Phase>,
    pub(super) remote: Option<SocketAddr>,
}

impl Connection {
    /// Builds the connection and starts looking for the other end.
    async fn start(plan: &Plan, wirings: Vec<Wiring>, crypto: &Crypto) -> Result<Self, Error> {
        let progress = Progress::new();
        let placeholders = wirings.iter().map(|wiring| wiring.family.placeholder()).collect();
        let relays: Vec<_> = wirings.iter().filter_map(Wiring::turn).collect();
        let intake = relays.iter().map(|relay| relay.intake()).min();
        let pipes: Vec<_> = wirings.iter().filter_map(Wiring::pipe).collect();
        let inboxes = wirings.iter().filter_map(Wiring::inbox).collect();
        let watcher = Watcher { progress: progress.clone(), inboxes };
        let runtime = AbortOnDrop(Arc::new(DriverRuntime::new(wirings, progress.clone())));
        for relay in relays {
            let progress = progress.clone();
            runtime.0.keep(tokio::spawn(async move {
                // Not within the macro: what is not logged is not waited for.
                let why = relay.failed().await;
                log::info!("a link is lost: {why}");
                progress.end(LinkFailure::Broken);
            }));
        }
        for pipe in pipes {
            let progress = progress.clone();
            runtime.0.keep(tokio::spawn(async move {
                let why = pipe.failed().await;
                log::info!("a link is lost: its stream has ended: {why}");
                progress.end(LinkFailure::Broken);
            }));
        }
        let configuration = RTCConfigurationBuilder::default()
            .with_certificates(vec![plan.identity.certificate.clone()])
            .build();
        let pc = PeerConnectionBuilder::<SocketAddr>::new()
            .with_configuration(configuration)
            .with_setting_engine(engine(plan, intake, crypto))
            .with_runtime(Arc::clone(&runtime.0) as _)
            .with_handler(Arc::new(watcher))
            .with_udp_addrs(placeholders)
            .with_data_channel_send_buffer_limit(SEND_BUFFER)
            .build()
            .await?;
        // Agreed on beforehand: no round trip to open it, and any other channel is an intruder.
        let init = RTCDataChannelInit { ordered: true, negotiated: Some(0), ..Default::default() };
        let channel = pc.create_data_channel("link", Some(init)).await?;
        negotiate(&pc, plan).await?;
        Ok(Self { channel, progress, pc: Arc::new(pc), runtime })
    }

    /// Builds the connection and waits until its channel is open.
    ///
    /// # Errors
    ///
    /// If the connection ends first; it may also hang, so the caller bounds the wait.
    pub(super) async fn open(mut plan: Plan, crypto: &Crypto) -> Result<(Self, Opened), Error> {
        let wirings = std::mem::take(&mut plan.wirings);
        let connection = Self::start(&plan, wirings, crypto).await?;
        let more = plan.more.take();
        tokio::select! {
            open = wait_open(&connection.channel) => open?,
            why = connection.progress.ended() => {
                return Err(Error::Other(format!("ended while opening: {why:?}")));
            }
            never = connection.learn(more) => match never {},
        }
        let their_fingerprint = connection.remote_fingerprint(crypto).await?;
        if plan.their_fingerprint.is_some_and(|expected| expected != their_fingerprint) {
            return Err(Error::ErrNoMatchingCertificateFingerprint);
        }
        let opened = Opened {
            binding: binding(plan.identity.fingerprint, their_fingerprint),
            phases: connection.progress.phases(plan.started),
            remote: connection.runtime.0.heard(),
        };
        Ok((connection, opened))
    }

    /// Looks for the other end at more addresses, as they become known.
    async fn learn(&self, more: Option<mpsc::Receiver<Vec<SocketAddr>>>) -> Infallible {
        if let Some(mut more) = more {
            while let Some(addrs) = more.recv().await {
                for addr in addrs {
                    let init = RTCIceCandidateInit {
                        candidate: candidate(FIRST_PRIORITY, addr),
                        sdp_mid: Some("0".to_owned()),
                        ..Default::default()
                    };
                    if let Err(error) = self.pc.add_ice_candidate(init).await {
                        log::debug!("an address of the other end is of no use: {error}");
                    }
                }
            }
        }
        std::future::pending().await
    }

    /// The certificate the other end has proved to hold the key of.
    async fn remote_fingerprint(&self, crypto: &Crypto) -> Result<Fingerprint, Error> {
        let sctp = self.pc.sctp().await.ok_or(Error::ErrNonCertificate)?;
        let chain = sctp.transport().get_remote_certificates().await?;
        let leaf = chain.first().ok_or(Error::ErrNonCertificate)?;
        crypto.fingerprint(leaf).ok_or(Error::ErrNonCertificate)
    }

    /// What no peer of ours does.
    #[cfg(test)]
    pub(super) async fn open_another_channel(&self) -> Arc<dyn DataChannel> {
        self.pc.create_data_channel("another", None).await.expect("open")
    }

    /// Hangs up: tells the other end, then frees everything.
    pub(super) async fn close(self) {
        match tokio::time::timeout(CLOSE_TIMEOUT, self.pc.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::debug!("closing a connection: {error}"),
            Err(_elapsed) => log::debug!("closing a connection takes too long"),
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("progress", &self.progress).finish_non_exhaustive()
    }
}

/// Stops the driver with its connection, or with the attempt to build one.
struct AbortOnDrop(Arc<DriverRuntime>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Exchanges descriptions with ourselves, in the other end's name.
async fn negotiate(pc: &impl PeerConnection, plan: &Plan) -> Result<(), Error> {
    let fingerprint = plan.their_fingerprint.unwrap_or(Fingerprint::UNKNOWN);
    let theirs = |setup| {
        let are_all = plan.more.is_none();
        describe(&plan.theirs, &fingerprint, setup, &plan.candidates, are_all)
    };
    match plan.role {
        Role::Dialer => {
            let offer = pc.create_offer(None).await?;
            pc.set_local_description(offer).await?;
            let answer = RTCSessionDescription::answer(theirs(Setup::Passive))?;
            pc.set_remote_description(answer).await
        }
        Role::Listener => {
            let offer = RTCSessionDescription::offer(theirs(Setup::ActPass))?;
            pc.set_remote_description(offer).await?;
            let answer = pc.create_answer(None).await?;
            pc.set_local_description(answer).await
        }
    }
}

async fn wait_open(channel: &Arc<dyn DataChannel>) -> Result<(), Error> {
    loop {
        match channel.poll().await {
            Some(DataChannelEvent::OnOpen) => return Ok(()),
            Some(DataChannelEvent::OnClose | DataChannelEvent::OnError) | None => {
                return Err(Error::ErrDataChannelClosed);
            }
            Some(_) => {}
        }
    }
}

fn engine(plan: &Plan, intake: Option<u32>, crypto: &Crypto) -> SettingEngine {
    let checks = match plan.role {
        _ if plan.more.is_some() => AGREED_CHECKS,
        Role::Dialer => DIALER_CHECKS,
        Role::Listener => LISTENER_CHECKS,
    };
    let max_message_size = u32::try_from(MAX_FRAME_LEN).unwrap_or(u32::MAX);
    let engine = SettingEngineBuilder::new()
        .with_crypto_provider(crypto.provider())
        .with_ice_credentials(plan.ours.ufrag.clone(), plan.ours.pwd.clone())
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_ice_timeouts(Some(ICE_DISCONNECTED), Some(ICE_FAILED), Some(ICE_KEEPALIVE))
        .with_ice_connection_attempts(Some(ICE_CHECK_INTERVAL), Some(checks))
        // `None` would mean the default, up to a second.
        .with_host_acceptance_min_wait(Some(Duration::ZERO))
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_disable_certificate_fingerprint_verification(plan.their_fingerprint.is_none())
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(max_message_size));
    let engine = match intake {
        Some(window) => engine.with_sctp_max_receive_buffer_size(window),
        None => engine,
    };
    engine.build()
}

/// Notes what the driver reports. Runs on the driver's task, so it never waits.
struct Watcher {
    progress: Progress,
    inboxes: Vec<Arc<Inbox>>,
}

#[async_trait]
impl PeerConnectionEventHandler for Watcher {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            for inbox in &self.inboxes {
                inbox.open();
            }
        }
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        match state {
            RTCIceConnectionState::Connected | RTCIceConnectionState::Completed => {
                self.progress.0.send_modify(|milestones| {
                    milestones.ice.get_or_insert_with(Instant::now);
                });
            }
            RTCIceConnectionState::Failed => self.progress.end(LinkFailure::Silent),
            _ => {}
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected => {
                self.progress.0.send_modify(|milestones| {
                    milestones.dtls.get_or_insert_with(Instant::now);
                });
            }
            // Only ICE fails in this library; DTLS failures stop the driver instead.
            RTCPeerConnectionState::Failed => self.progress.end(LinkFailure::Silent),
            _ => {}
        }
    }

    async fn on_data_channel(&self, _intruder: Arc<dyn DataChannel>) {
        // Each further channel could make the library hold 256 messages: nobody of ours opens one.
        self.progress.end(LinkFailure::Broken);
    }
}
