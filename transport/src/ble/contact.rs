//! One connection and the links it carries.

use std::{collections::BTreeMap, time::Duration};

use super::{
    core::BY_CHANCE,
    packet::{
        Body, CHANNELS, DATA_HEADER_LEN, GAP_LEN, MAX_PACKET_LEN, MIN_PACKET_LEN, Packet, max_gaps,
        max_gaps_beside,
    },
    pipe::Pipe,
    radio::Side,
    token::Name,
};
use crate::LinkFailure;

/// How often a request for a link is repeated until it is answered.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// How long a request for a link waits for its answer.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// An idle connection says something this often, so that a silent one is known to be dead.
const PING_EVERY: Duration = Duration::from_secs(5);

/// A connection this silent is dead: a phone that walks away is noticed by its radio sooner.
const SILENT: Duration = Duration::from_secs(20);

/// How long a connection without a link may last: as long as a request may take.
const LINGER: Duration = Duration::from_secs(12);

/// How long a connection to a stranger lasts once the meeting is over: until the end was told.
const LINGER_STRANGE: Duration = Duration::from_secs(2);

/// How much longer the peripheral waits before it ends a connection: it need not be ended twice.
const YIELD: Duration = Duration::from_secs(3);

/// Packets a stranger may send before it has shown any proof.
const MAX_STRANGE_PACKETS: u32 = 16;

/// A link on a connection.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) link: u64,
    pub(super) stage: Stage,
    pub(super) pipe: Pipe,
    /// Nothing more will be given to send: it closes once everything has arrived.
    pub(super) is_ending: bool,
    /// Since when it is a meeting of strangers, if it is one.
    pub(super) strange_since: Option<Duration>,
}

/// What the other end of a connection has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// Nothing yet.
    Unproven,
    /// That it meets whoever is near.
    Stranger,
    /// That it knows a key of ours, or admits one.
    Friend,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// This end asked for it.
    Asked { dial: u64, name: Name, again_at: Duration, until: Duration },
    /// Both ends know of it.
    Open,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) side: Side,
    pub(super) tag: u16,
    max_packet: usize,
    pub(super) channels: BTreeMap<u8, Channel>,
    heard: Duration,
    said: Duration,
    /// Since when it has carried nothing.
    idle_since: Duration,
    pub(super) trust: Trust,
    strange_packets: u32,
}

/// Why a channel is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// It was never answered, or answered with no.
    Refused { dial: u64 },
    /// It was open.
    Closed { link: u64, why: LinkFailure },
}

impl Link {
    pub(super) fn new(side: Side, tag: u16, now: Duration) -> Self {
        Self {
            side,
            tag,
            max_packet: MIN_PACKET_LEN,
            channels: BTreeMap::new(),
            heard: now,
            said: now,
            idle_since: now,
            trust: Trust::Unproven,
            strange_packets: 0,
        }
    }

    pub(super) fn set_max_packet(&mut self, len: usize) {
        self.max_packet = len.clamp(MIN_PACKET_LEN, MAX_PACKET_LEN);
    }

    pub(super) fn max_packet(&self) -> usize {
        self.max_packet
    }

    /// A channel nobody uses: central and peripheral never take the same one.
    pub(super) fn free_channel(&self) -> Option<u8> {
        let first = u8::from(self.side == Side::Peripheral);
        (first..CHANNELS).step_by(2).find(|number| !self.channels.contains_key(number))
    }

    /// Whether the other end may have begun this channel.
    pub(super) fn is_theirs(&self, channel: u8) -> bool {
        channel.is_multiple_of(2) == (self.side == Side::Peripheral)
    }

    /// A packet arrived; false if a stranger sends too many.
    pub(super) fn hear(&mut self, now: Duration) -> bool {
        self.heard = now;
        let is_proven = self.trust > Trust::Unproven;
        if !is_proven {
            self.strange_packets = self.strange_packets.saturating_add(1);
        }
        is_proven || self.strange_packets <= MAX_STRANGE_PACKETS
    }

    pub(super) fn is_dead(&self, now: Duration) -> bool {
        now >= self.heard.saturating_add(SILENT)
    }

    /// Whether it has carried nothing for so long that it is not worth its power.
    pub(super) fn is_useless(&self, now: Duration) -> bool {
        self.channels.is_empty() && now >= self.lingers_until()
    }

    fn lingers_until(&self) -> Duration {
        let linger = if self.trust == Trust::Stranger { LINGER_STRANGE } else { LINGER };
        let is_first = self.side == Side::Central || self.trust == Trust::Unproven;
        let linger = if is_first { linger } else { linger.saturating_add(YIELD) };
        self.idle_since.saturating_add(linger)
    }

    /// The meetings of strangers on this connection: their channels, and since when.
    pub(super) fn meetings(&self) -> impl Iterator<Item = (u8, Duration)> {
        let channels = self.channels.iter();
        channels.filter_map(|(&number, channel)| Some((number, channel.strange_since?)))
    }

    pub(super) fn asks(&self, wanted: u64) -> bool {
        self.channels
            .values()
            .any(|channel| matches!(channel.stage, Stage::Asked { dial, .. } if dial == wanted))
    }

    /// Asks for a link.
    pub(super) fn ask(&mut self, now: Duration, link: u64, dial: u64, name: Name) {
        let Some(number) = self.free_channel() else { return };
        let until = now.saturating_add(ASK_TIMEOUT);
        let stage = Stage::Asked { dial, name, again_at: now, until };
        let strange_since = (dial == BY_CHANCE).then_some(now);
        let channel = Channel { link, stage, pipe: Pipe::new(), is_ending: false, strange_since };
        self.channels.insert(number, channel);
    }

    /// Takes a channel away.
    pub(super) fn remove(&mut self, now: Duration, number: u8, why: LinkFailure) -> Option<Gone> {
        let channel = self.channels.remove(&number)?;
        if self.channels.is_empty() {
            self.idle_since = now;
        }
        Some(channel.gone(why))
    }

    /// What is to be sent now. Channels that are over are in the second list.
    pub(super) fn flush(&mut self, now: Duration, proof_period: u64) -> (Vec<Packet>, Vec<Gone>) {
        let (mut packets, mut over) = (Vec::new(), Vec::new());
        let (room, beside) =
            (self.max_packet.saturating_sub(DATA_HEADER_LEN), max_gaps_beside(self.max_packet));
        let max_gaps = max_gaps(self.max_packet);
        let (tag, must_ping) = (self.tag, now >= self.said.saturating_add(PING_EVERY));
        for (&channel, state) in &mut self.channels {
            let packet = |body| Packet { tag, channel, body };
            match &mut state.stage {
                Stage::Asked { until, .. } if now >= *until => over.push(channel),
                Stage::Asked { name, again_at, .. } if now >= *again_at => {
                    *again_at = now.saturating_add(ASK_AGAIN);
                    packets.push(packet(Body::Open(name.proof(proof_period))));
                }
                Stage::Asked { .. } => {}
                Stage::Open => {
                    let (ack, gaps) = state.pipe.report(beside);
                    let beside = gaps.len().saturating_mul(GAP_LEN);
                    while let Some((place, bytes)) = state.pipe.piece(now, room, beside) {
                        let is_small = bytes.len().saturating_add(beside) <= room;
                        let is_told = is_small && !state.pipe.is_asking();
                        let gaps = if is_told { gaps.clone() } else { Vec::new() };
                        if is_told {
                            state.pipe.reported();
                        }
                        packets.push(packet(Body::Data { ack, place, gaps, bytes }));
                    }
                    if state.pipe.owes_ack(now) || must_ping {
                        let (ack, gaps) = state.pipe.report(max_gaps);
                        state.pipe.reported();
                        packets.push(packet(Body::Ack { ack, gaps }));
                    }
                    if state.is_ending && state.pipe.is_flushed() {
                        over.push(channel);
                    }
                }
            }
        }
        for &channel in &over {
            packets.push(Packet { tag, channel, body: Body::Close });
        }
        let over = over.into_iter();
        let gone = over.filter_map(|number| self.remove(now, number, LinkFailure::HungUp));
        let gone = gone.collect();
        if !packets.is_empty() {
            self.said = now;
        }
        (packets, gone)
    }

    /// When something is to be done.
    pub(super) fn deadline(&self) -> Duration {
        let dead = self.heard.saturating_add(SILENT);
        if self.channels.is_empty() {
            return dead.min(self.lingers_until());
        }
        let channels = self.channels.values().filter_map(|channel| match channel.stage {
            Stage::Asked { again_at, until, .. } => Some(again_at.min(until)),
            Stage::Open => channel.pipe.deadline(),
        });
        channels.fold(dead.min(self.said.saturating_add(PING_EVERY)), Duration::min)
    }
}

impl Channel {
    pub(super) fn gone(&self, why: LinkFailure) -> Gone {
        match self.stage {
            Stage::Asked { dial, .. } => Gone::Refused { dial },
            Stage::Open => Gone::Closed { link: self.link, why },
        }
    }
}
