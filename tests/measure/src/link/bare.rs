//! Two peer connections of the library, with nothing of ours but larger socket buffers.

use std::{future::Future, io, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use bytes::BytesMut;
use rtc::{
    ice::mdns::MulticastDnsMode, peer_connection::configuration::setting_engine::SctpMaxMessageSize,
};
use webrtc::{
    data_channel::{DataChannel, DataChannelEvent, RTCDataChannelInit},
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
        SettingEngineBuilder,
    },
    runtime::{
        AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
        TokioRuntime,
    },
};

use super::Pipe;

/// One end.
pub(super) struct Bare {
    channel: Arc<dyn DataChannel>,
    pc: Arc<dyn PeerConnection>,
    gathered: Arc<tokio::sync::Notify>,
}

impl Pipe for Bare {
    async fn put(&mut self, frame: Vec<u8>) {
        self.channel.send(BytesMut::from(bytes::Bytes::from(frame))).await.expect("open");
    }

    async fn take(&mut self) -> Vec<u8> {
        loop {
            if let DataChannelEvent::OnMessage(message) = self.channel.poll().await.expect("open") {
                return message.data.into();
            }
        }
    }
}

/// Two ends of one channel.
pub(super) async fn linked() -> (Bare, Bare) {
    let (ours, theirs) = (end().await, end().await);
    let offer = ours.pc.create_offer(None).await.expect("an offer");
    ours.pc.set_local_description(offer).await.expect("an offer");
    ours.gathered.notified().await;
    let offer = ours.pc.local_description().await.expect("gathered");
    theirs.pc.set_remote_description(offer).await.expect("an offer");
    let answer = theirs.pc.create_answer(None).await.expect("an answer");
    theirs.pc.set_local_description(answer).await.expect("an answer");
    theirs.gathered.notified().await;
    let answer = theirs.pc.local_description().await.expect("gathered");
    ours.pc.set_remote_description(answer).await.expect("an answer");
    for end in [&ours, &theirs] {
        while !matches!(end.channel.poll().await.expect("a channel"), DataChannelEvent::OnOpen) {}
    }
    (ours, theirs)
}

async fn end() -> Bare {
    let engine = SettingEngineBuilder::new()
        .with_include_loopback_candidate(true)
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(256 << 10));
    let gathered = Arc::default();
    let pc = PeerConnectionBuilder::new()
        .with_setting_engine(engine.build())
        .with_runtime(Arc::new(LargeBuffers))
        .with_handler(Arc::new(Gathering(Arc::clone(&gathered))))
        .with_udp_addrs(vec!["127.0.0.1:0"])
        .with_data_channel_send_buffer_limit(2 << 20)
        .build()
        .await
        .expect("a connection");
    let init = RTCDataChannelInit { ordered: true, negotiated: Some(0), ..Default::default() };
    let channel = pc.create_data_channel("link", Some(init)).await.expect("a channel");
    Bare { channel, pc: Arc::new(pc), gathered }
}

struct Gathering(Arc<tokio::sync::Notify>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Gathering {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.0.notify_one();
        }
    }
}

#[derive(Debug)]
struct LargeBuffers;

impl Runtime for LargeBuffers {
    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn(future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20)?;
        socket2::SockRef::from(&socket).set_send_buffer_size(4 << 20)?;
        TokioRuntime.wrap_udp_socket(socket)
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        Box::pin(async move { TokioRuntime.connect_tcp(remote).await })
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        Box::pin(async move { TokioRuntime.resolve_host(host).await })
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }
}
