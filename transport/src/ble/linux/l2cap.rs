//! L2CAP channels, which the central opens beside GATT once it was given a link: they carry longer packets,
//! in order, and nothing is lost on them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bluer::l2cap::{SeqPacket, SeqPacketListener, Socket, SocketAddr};
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{MAX_PACKETS, RadioEvent, peripheral, run::Served};
use crate::ble::{Device, MAX_PACKET_LEN, lock, radio::Contact};

/// How long to wait after a channel could not be taken in.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked whether a channel is open by now.
const LOOK: Duration = Duration::from_millis(50);

/// Connections that may wait to be taken in.
const BACKLOG: u32 = 4;

/// An open channel, for who sends on it. It closes once this is dropped.
#[derive(Debug)]
pub(super) struct Channel {
    packets: mpsc::Sender<Vec<u8>>,
    /// The longest packet it carries.
    pub(super) max_packet: usize,
    is_heard: Arc<AtomicBool>,
}

/// What is to be sent on a channel.
#[derive(Debug)]
pub(super) struct Outward {
    packets: mpsc::Receiver<Vec<u8>>,
    max_packet: usize,
    is_heard: Arc<AtomicBool>,
}

impl Channel {
    /// A channel, and what is to be sent on it.
    pub(super) fn on(socket: &SeqPacket) -> io::Result<(Self, Outward)> {
        let max_packet = socket.send_mtu()?.min(MAX_PACKET_LEN);
        let (packets, to_send) = mpsc::channel(MAX_PACKETS);
        let is_heard = Arc::<AtomicBool>::default();
        let outward = Outward { packets: to_send, max_packet, is_heard: Arc::clone(&is_heard) };
        Ok((Self { packets, max_packet, is_heard }, outward))
    }

    /// Whether anything came on it. Whoever opened it may have given up meanwhile, which is not always told.
    pub(super) fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Relaxed)
    }

    /// Sends a packet; what there is no room for is lost.
    pub(super) fn send(&self, bytes: Vec<u8>) {
        if bytes.len() <= self.max_packet {
            let _ = self.packets.try_send(bytes);
        }
    }
}

/// Waits for channels on an adapter; gives the number they are opened by as well.
pub(super) async fn bind(adapter: &bluer::Adapter) -> bluer::Result<(SeqPacketListener, u16)> {
    let at = SocketAddr::new(adapter.address().await?, adapter.address_type().await?, 0);
    let socket = socket(at)?;
    let listener = socket.listen(BACKLOG)?;
    let psm = listener.as_ref().local_addr()?.psm;
    Ok((listener, psm))
}

/// Opens a channel from an adapter to a device that was connected to.
pub(super) async fn open(
    adapter: &bluer::Adapter,
    device: Device,
    psm: u16,
) -> bluer::Result<SeqPacket> {
    let address = bluer::Address(device.address().unwrap_or_default());
    let address_type = adapter.device(address)?.address_type().await?;
    // Of several adapters only one is connected.
    let from = SocketAddr::new(adapter.address().await?, adapter.address_type().await?, 0);
    let to = SocketAddr::new(address, address_type, psm);
    let socket = socket(from)?.connect(to).await?;
    // The library was seen to say that it is connected before it was.
    while socket.send_mtu().is_err_and(|err| err.kind() == io::ErrorKind::NotConnected) {
        sleep(LOOK).await;
    }
    Ok(socket)
}

fn socket(at: SocketAddr) -> io::Result<Socket<SeqPacket>> {
    let socket = Socket::new_seq_packet()?;
    socket.bind(at)?;
    socket.set_recv_mtu(u16::try_from(MAX_PACKET_LEN).unwrap_or(u16::MAX))?;
    Ok(socket)
}

/// Takes in the channels of centrals that are served, one of each, until dropped.
pub(super) async fn welcome(
    listener: SeqPacketListener,
    events: mpsc::Sender<RadioEvent>,
    served: Served,
) {
    let mut open = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_closed) = open.join_next() => continue,
        };
        let (socket, from) = match accepted {
            Ok(accepted) => accepted,
            Err(err) => {
                log::debug!("Bluetooth: taking in a channel: {err}");
                sleep(PAUSE).await;
                continue;
            }
        };
        let device = Device::from_address(from.addr.0);
        let Ok((channel, to_send)) = Channel::on(&socket) else { continue };
        match lock(&served).get_mut(&device) {
            Some(place @ None) => *place = Some(channel),
            _ => continue,
        }
        let (events, served) = (events.clone(), served.clone());
        open.spawn(async move {
            let carried = carry(&socket, peripheral(device), &events, to_send).await;
            log::debug!("Bluetooth: the channel from {device} is over: {carried:?}");
            if let Some(place) = lock(&served).get_mut(&device) {
                *place = None;
            }
        });
    }
}

/// Carries packets until either side ends it.
pub(super) async fn carry(
    socket: &SeqPacket,
    contact: Contact,
    events: &mpsc::Sender<RadioEvent>,
    Outward { mut packets, max_packet, is_heard }: Outward,
) -> io::Result<()> {
    log::debug!("Bluetooth: {contact:?} has a channel for packets of {max_packet} bytes");
    let inward = async {
        let mut buffer = vec![0; MAX_PACKET_LEN];
        loop {
            let len = socket.recv(&mut buffer).await?;
            let bytes = buffer.get(..len).unwrap_or_default().to_vec();
            is_heard.store(true, Ordering::Relaxed);
            let packet = RadioEvent::Packet { contact, max_packet, bytes };
            if len == 0 || events.send(packet).await.is_err() {
                return Ok(());
            }
        }
    };
    let outward = async {
        while let Some(packet) = packets.recv().await {
            socket.send(&packet).await?;
        }
        Ok(())
    };
    tokio::select! {
        ended = inward => ended,
        ended = outward => ended,
    }
}
