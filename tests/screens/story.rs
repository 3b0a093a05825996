//! Who is in the story the screens tell, and what they said.

use std::time::Duration;

use app::backend::LinkInfo;
use engine::{
    Addr, Body, Invite, LinkId, Member, MemberIndex, Message, PeerId, Position, RoomId,
    RoomOptions, RoomSummary, Timestamp,
};
use transport::{LinkPath, Phase, Role, TransportKind};

/// Monday, 23 November 2026, 18:30 UTC.
pub(crate) const NOW: u64 = 1_795_458_600_000;
/// A minute, in milliseconds.
pub(crate) const MINUTE: u64 = 60_000;
/// The room most tests are in.
pub(crate) const ROOM: RoomId = RoomId::from_bytes([7; 16]);
/// This device's person.
pub(crate) const ME: PeerId = PeerId::from_bytes([1; 32]);
/// Others.
pub(crate) const BEA: PeerId = PeerId::from_bytes([2; 32]);
/// Others.
pub(crate) const CEM: PeerId = PeerId::from_bytes([5; 32]);

/// Somebody in a room.
pub(crate) fn member(id: PeerId, name: &str, holds: u64) -> Member {
    Member {
        id,
        name: name.to_owned(),
        role: engine::Role::Member,
        has_left: false,
        person: id,
        bond: engine::Bond::None,
        holds,
        last_seen: None,
        is_verified: false,
        is_blocked: false,
    }
}

/// Words of `author`, written so many minutes before [`NOW`].
pub(crate) fn text_of(author: PeerId, seq: u64, minutes_ago: u64, text: &str) -> Message {
    said(author, seq, minutes_ago, Body::Text(text.to_owned()))
}

/// Something of `author`, so many minutes before [`NOW`].
pub(crate) fn said(author: PeerId, seq: u64, minutes_ago: u64, body: Body) -> Message {
    Message {
        position: Position { hlc: seq, author: MemberIndex(0), seq },
        author,
        sent_at: Timestamp(NOW - minutes_ago * MINUTE),
        body,
    }
}

/// An invite like those of one device on one network.
pub(crate) fn invite() -> Invite {
    Invite {
        secret: [0x5a; 16],
        host: [0xc3; 16],
        expires_at: Some(Timestamp(1_795_528_800_000)),
        addrs: vec![Addr { tag: 1, bytes: vec![192, 168, 1, 20, 0x9f, 0xcf] }],
    }
}

/// A link to `peer` in [`ROOM`], or to somebody not known yet.
pub(crate) fn link(id: u64, peer: Option<PeerId>) -> LinkInfo {
    let phase = |name, millis| Phase { name, after: Duration::from_millis(millis) };
    let mut phases = vec![phase("ice connected", 4), phase("dtls connected", 11)];
    if peer.is_some() {
        phases.extend([phase("channel open", 14), phase("session", 17)]);
    }
    LinkInfo {
        id: LinkId(id),
        kind: TransportKind::WebRtc,
        role: Role::Dialer,
        remote: format!("192.168.1.{}:40911", 20 + id),
        is_stranger: false,
        path: LinkPath::Direct,
        peer: peer.map(|peer| (ROOM, peer)),
        round_trip: peer.map(|_| Duration::from_micros(1_840)),
        max_packet: None,
        age: Duration::from_secs(312),
        phases,
        bytes_sent: 18_204,
        bytes_received: 9_113,
        closed: None,
    }
}

/// A conversation of three.
pub(crate) fn conversation() -> Vec<Message> {
    let day = 24 * 60;
    let name = |name: &str| name.to_owned();
    vec![
        said(BEA, 1, day + 95, Body::Created { name: name("Weekend in the mountains") }),
        said(ME, 2, day + 94, Body::Joined { name: name("Ana") }),
        said(CEM, 3, day + 90, Body::Joined { name: name("Cem Yilmaz") }),
        text_of(BEA, 4, day + 88, "Hut is booked! Six beds, and the stove works again."),
        text_of(ME, 5, day + 87, "Wonderful"),
        text_of(
            ME,
            6,
            day + 87,
            "I can bring the big tent just in case somebody prefers to sleep outside. \
             It fits three, four if you like each other.",
        ),
        text_of(CEM, 7, 42, "Train at 8:12 or 9:40?"),
        text_of(BEA, 8, 41, "9:40. Some of us are human."),
        text_of(BEA, 9, 41, "Platform 4, last car, so that we sit together."),
        text_of(ME, 10, 38, "9:40 it is. I will buy the bread on the way."),
        text_of(
            CEM,
            11,
            12,
            "Map for the second day, in case there is no network up there:\n\
             hut - lake - ridge - lower pass - village",
        ),
        text_of(ME, 12, 3, "Got it, thanks!"),
        text_of(ME, 13, 2, "See you at the station"),
    ]
}

/// The rooms of Ana; `history` and `members` are those of [`ROOM`].
pub(crate) fn rooms(history: &[Message], members: &[Member]) -> Vec<RoomSummary> {
    let others = |seed: u8, name: &str| {
        vec![member(ME, "Ana", 0), member(PeerId::from_bytes([seed; 32]), name, 0)]
    };
    let friend = |seed: u8| PeerId::from_bytes([seed; 32]);
    vec![
        RoomSummary {
            id: ROOM,
            name: "Weekend in the mountains".to_owned(),
            me: ME,
            members: members.to_vec(),
            last: history.last().cloned(),
            unread: 0,
            uses_mailbox: true,
            options: RoomOptions::default(),
        },
        RoomSummary {
            id: RoomId::from_bytes([21; 16]),
            name: "Main stage crew".to_owned(),
            me: ME,
            members: others(31, "Dilan"),
            last: Some(text_of(friend(31), 8, 65, "Soundcheck moved to five, tell the others")),
            unread: 3,
            uses_mailbox: true,
            options: RoomOptions::default(),
        },
        RoomSummary {
            id: RoomId::from_bytes([24; 16]),
            name: "Oma Gerda".to_owned(),
            me: ME,
            members: others(32, "Oma Gerda"),
            last: Some(text_of(ME, 5, 26 * 60, "Kisses, and tell Opa about the cake")),
            unread: 0,
            uses_mailbox: true,
            options: RoomOptions::default(),
        },
    ]
}
