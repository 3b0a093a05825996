//! One open pipe of frames, and what is known about it.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::TransportKind;

/// Frames a link holds in each direction before its sender has to wait: enough to keep the wire
/// busy, few enough that a stalled peer costs at most 2 MiB of 64 KiB frames.
const FRAMES_IN_FLIGHT: usize = 32;

/// Which end of a link this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This end asked for the link.
    Dialer,
    /// This end waited for it.
    Listener,
}

/// An open, ordered, reliable and unauthenticated pipe of frames.
#[derive(Debug)]
pub struct Link {
    /// The technology beneath.
    pub kind: TransportKind,
    /// Which end this is.
    pub role: Role,
    /// For a link that is itself encrypted: 32 bytes both ends compute alike and that no
    /// machine in the middle can make equal on two links (WebRTC: a hash of both DTLS
    /// fingerprints). `None` if frames travel in clear and the session must encrypt them.
    pub binding: Option<[u8; 32]>,
    /// Whether neither end meant the other by it: devices that know nothing of each other and
    /// happened to be near.
    pub is_by_chance: bool,
    /// What is known about the link, kept current by its driver.
    pub stats: Arc<Mutex<LinkStats>>,
    sender: LinkSender,
    receiver: LinkReceiver,
}

impl Link {
    /// Two ends of one pipe: the dialer's and the listener's, or the app's and the driver's.
    pub fn pair(
        kind: TransportKind,
        role: Role,
        binding: Option<[u8; 32]>,
        stats: LinkStats,
    ) -> (Self, Self) {
        let (left_tx, right_rx) = mpsc::channel(FRAMES_IN_FLIGHT);
        let (right_tx, left_rx) = mpsc::channel(FRAMES_IN_FLIGHT);
        let other = match role {
            Role::Dialer => Role::Listener,
            Role::Listener => Role::Dialer,
        };
        let stats = Arc::new(Mutex::new(stats));
        let end = |role, tx, rx, stats| Self {
            kind,
            role,
            binding,
            is_by_chance: false,
            stats,
            sender: LinkSender { frames: tx, max_frame_len: usize::MAX },
            receiver: LinkReceiver(rx),
        };
        (end(role, left_tx, left_rx, Arc::clone(&stats)), end(other, right_tx, right_rx, stats))
    }

    /// The same link, refusing to send frames longer than `max_frame_len` bytes.
    #[must_use]
    pub fn limited(mut self, max_frame_len: usize) -> Self {
        self.sender.max_frame_len = max_frame_len;
        self
    }

    /// Sends one frame, waiting while the link is full.
    ///
    /// # Errors
    ///
    /// [`LinkClosed`] if the other end is gone; the frame may or may not have arrived. Also if
    /// the frame is longer than [`LinkTraits::max_frame_len`](crate::LinkTraits::max_frame_len):
    /// such a frame never leaves.
    pub async fn send(&self, frame: Vec<u8>) -> Result<(), LinkClosed> {
        self.sender.send(frame).await
    }

    /// The next frame, or `None` once the link is closed.
    pub async fn recv(&mut self) -> Option<Vec<u8>> {
        self.receiver.recv().await
    }

    /// Separates the directions, for two tasks. Dropping either half closes the link.
    pub fn split(self) -> (LinkSender, LinkReceiver) {
        (self.sender, self.receiver)
    }

    /// Both directions as the channels they are, for a driver.
    #[cfg(feature = "webrtc")]
    pub(crate) fn into_channels(self) -> (mpsc::Sender<Vec<u8>>, mpsc::Receiver<Vec<u8>>) {
        (self.sender.frames, self.receiver.0)
    }
}

/// The half of a [`Link`] that sends.
#[derive(Debug, Clone)]
pub struct LinkSender {
    frames: mpsc::Sender<Vec<u8>>,
    max_frame_len: usize,
}

impl LinkSender {
    /// Sends one frame, waiting while the link is full.
    ///
    /// # Errors
    ///
    /// [`LinkClosed`] if the other end is gone; the frame may or may not have arrived. Also if
    /// the frame is longer than [`LinkTraits::max_frame_len`](crate::LinkTraits::max_frame_len):
    /// such a frame never leaves.
    pub async fn send(&self, frame: Vec<u8>) -> Result<(), LinkClosed> {
        if frame.len() > self.max_frame_len {
            return Err(LinkClosed);
        }
        self.frames.send(frame).await.map_err(|mpsc::error::SendError(_frame)| LinkClosed)
    }

    /// Waits until the other end is gone.
    pub async fn closed(&self) {
        self.frames.closed().await;
    }
}

/// The half of a [`Link`] that receives.
#[derive(Debug)]
pub struct LinkReceiver(mpsc::Receiver<Vec<u8>>);

impl LinkReceiver {
    /// The next frame, or `None` once the link is closed.
    pub async fn recv(&mut self) -> Option<Vec<u8>> {
        self.0.recv().await
    }
}

/// What is known about one link: for diagnostics and the peers screen.
#[derive(Debug, Clone)]
pub struct LinkStats {
    /// When the dial began or the first packet of the dialer arrived.
    pub started: Instant,
    /// How long each step of opening took, in order.
    pub phases: Vec<Phase>,
    /// The other end's address as a person would write it.
    pub remote: String,
    /// Whether frames go straight there.
    pub path: LinkPath,
    /// The last measured round trip, if one was measured.
    pub round_trip: Option<Duration>,
    /// The longest packet the path carries, in bytes, where it carries short ones.
    pub max_packet: Option<usize>,
    /// Payload bytes sent so far.
    pub bytes_sent: u64,
    /// Payload bytes received so far.
    pub bytes_received: u64,
    /// Why the link closed, once it has.
    pub closed: Option<LinkFailure>,
}

impl LinkStats {
    /// A link that starts opening now.
    pub fn starting(started: Instant, remote: String) -> Self {
        Self {
            started,
            phases: Vec::new(),
            remote,
            path: LinkPath::Direct,
            round_trip: None,
            max_packet: None,
            bytes_sent: 0,
            bytes_received: 0,
            closed: None,
        }
    }
}

/// How frames reach the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPath {
    /// From device to device.
    Direct,
    /// Through a TURN server, which sees ciphertext.
    Relayed,
    /// From device to device over Bluetooth: near, and slow.
    Bluetooth,
}

/// One step of opening a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// What was reached, in the field's words: "ice connected", "dtls connected", "channel open".
    pub name: &'static str,
    /// Time since [`LinkStats::started`].
    pub after: Duration,
}

/// Why a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFailure {
    /// This end hung up.
    HungUp,
    /// The other end hung up.
    PeerHungUp,
    /// The other end fell silent.
    Silent,
    /// This device left the network the link began on.
    Moved,
    /// The transport failed beneath.
    Broken,
}

/// The other end of a link is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("link is closed")]
pub struct LinkClosed;

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Link, LinkStats, Role};
    use crate::TransportKind;

    #[tokio::test]
    async fn link_delivers_frames_in_order_then_ends() {
        let stats = LinkStats::starting(Instant::now(), "here".to_owned());
        let (left, mut right) = Link::pair(TransportKind::Memory, Role::Dialer, None, stats);

        left.send(vec![1]).await.expect("open");
        left.send(vec![2]).await.expect("open");
        drop(left);

        assert_eq!(right.recv().await, Some(vec![1]));
        assert_eq!(right.recv().await, Some(vec![2]));
        assert_eq!(right.recv().await, None);
    }
}
