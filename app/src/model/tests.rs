use engine::{
    Body, Event, InviteId, JoinFailure, LinkId, Member, MemberIndex, Message, PeerId, Position,
    Refusal, Role, RoomId, RoomOptions, RoomSummary, Timestamp,
};

use super::{Model, preview, sentence};
use crate::backend::Notice;

pub(super) const ROOM: RoomId = RoomId::from_bytes([7; 16]);
pub(super) const ME: PeerId = PeerId::from_bytes([1; 32]);
pub(super) const BEA: PeerId = PeerId::from_bytes([2; 32]);

pub(super) fn member(id: PeerId, name: &str) -> Member {
    Member {
        id,
        name: name.to_owned(),
        role: Role::Member,
        has_left: false,
        person: id,
        bond: engine::Bond::None,
        holds: 0,
        last_seen: None,
        is_verified: false,
        is_blocked: false,
    }
}

pub(super) fn message(hlc: u64, author: PeerId, text: &str) -> Message {
    Message {
        position: Position { hlc, author: MemberIndex(0), seq: hlc },
        author,
        sent_at: Timestamp(hlc),
        body: Body::Text(text.to_owned()),
    }
}

fn summary() -> RoomSummary {
    RoomSummary {
        id: ROOM,
        name: "Trip".to_owned(),
        me: ME,
        members: vec![member(ME, "Ana"), member(BEA, "Bea")],
        last: None,
        unread: 0,
        uses_mailbox: true,
        options: RoomOptions::default(),
    }
}

/// A model with one room.
pub(super) fn room() -> Model {
    started()
}

fn started() -> Model {
    let mut model = Model::default();
    tell(&mut model, Event::Started { name: Some("Ana".to_owned()), rooms: vec![summary()] });
    model
}

pub(super) fn tell(model: &mut Model, event: Event) {
    model.apply(Notice::Event(event));
}

fn added(model: &mut Model, hlc: u64) {
    tell(model, Event::MessageAdded { room: ROOM, message: message(hlc, BEA, "hi") });
}

fn page(model: &mut Model, before: Option<u64>, hlcs: &[u64], is_start: bool) {
    let before = before.map(|hlc| message(hlc, BEA, "").position);
    let messages = hlcs.iter().map(|hlc| message(*hlc, BEA, "hi")).collect();
    tell(model, Event::PageLoaded { room: ROOM, before, messages, is_start, hides_earlier: false });
}

fn loaded(model: &Model) -> Vec<u64> {
    let messages = &model.rooms[&ROOM].messages;
    (0..messages.len()).filter_map(|i| messages.get(i)).map(|m| m.position.hlc).collect()
}

#[test]
fn pages_and_live_messages_make_one_window_in_order() {
    let mut model = started();

    added(&mut model, 4);
    page(&mut model, None, &[3, 4], false);
    added(&mut model, 9);
    added(&mut model, 6);
    page(&mut model, Some(3), &[1, 2], true);

    assert_eq!(loaded(&model), [1, 2, 3, 4, 6, 9]);
    assert!(model.rooms[&ROOM].messages.is_start());
}

#[test]
fn message_older_than_the_window_waits_for_its_page() {
    let mut model = started();
    page(&mut model, None, &[5, 6], false);

    added(&mut model, 2);
    assert_eq!(loaded(&model), [5, 6]);
    page(&mut model, Some(5), &[2, 4], true);
    added(&mut model, 1);

    assert_eq!(loaded(&model), [1, 2, 4, 5, 6]);
}

#[test]
fn message_told_twice_is_shown_once() {
    let mut model = started();
    page(&mut model, None, &[5], true);

    added(&mut model, 7);
    added(&mut model, 7);
    added(&mut model, 5);

    assert_eq!(loaded(&model), [5, 7]);
}

#[test]
fn page_is_asked_for_once_and_none_after_the_first_message() {
    let mut model = started();
    let messages = |model: &mut Model| model.rooms.get_mut(&ROOM).map(|r| r.messages.wanted());

    assert_eq!(messages(&mut model), Some(Some(None)));
    model.rooms.get_mut(&ROOM).unwrap().messages.note_asked();
    assert_eq!(messages(&mut model), Some(None));
    page(&mut model, None, &[5], false);
    assert_eq!(messages(&mut model), Some(Some(Some(message(5, BEA, "").position))));
    page(&mut model, Some(5), &[], true);
    assert_eq!(messages(&mut model), Some(None));
}

#[test]
fn page_before_a_message_no_longer_first_is_ignored() {
    let mut model = started();
    page(&mut model, None, &[5], false);

    page(&mut model, Some(9), &[8], true);

    assert_eq!(loaded(&model), [5]);
}

#[test]
fn receipts_count_those_who_hold_a_message() {
    let mut model = started();
    tell(
        &mut model,
        Event::MemberChanged { room: ROOM, member: member(PeerId::from_bytes([3; 32]), "Cem") },
    );

    tell(&mut model, Event::Received { room: ROOM, by: BEA, up_to: 4 });
    tell(&mut model, Event::Received { room: ROOM, by: BEA, up_to: 2 });

    assert_eq!(model.rooms[&ROOM].reached(4), (1, 2));
    assert_eq!(model.rooms[&ROOM].reached(5), (0, 2));
}

#[test]
fn peers_come_and_go() {
    let mut model = started();

    tell(&mut model, Event::PeerSeen { room: ROOM, peer: BEA, link: LinkId(1) });
    assert_eq!(model.rooms[&ROOM].online.len(), 1);
    tell(&mut model, Event::PeerLost { room: ROOM, peer: BEA });

    assert!(model.rooms[&ROOM].online.is_empty());
}

#[test]
fn joining_ends_with_the_room_or_with_a_reason() {
    let mut model = started();
    let (good, bad, dropped) = (
        InviteId::from_bytes([1; 16]),
        InviteId::from_bytes([2; 16]),
        InviteId::from_bytes([3; 16]),
    );
    for invite in [good, bad, dropped] {
        tell(&mut model, Event::JoinStarted { invite });
    }

    let room = RoomSummary { id: RoomId::from_bytes([8; 16]), ..summary() };
    tell(&mut model, Event::RoomJoined { room, invite: Some(good) });
    tell(&mut model, Event::JoinFailed { invite: bad, why: JoinFailure::Expired });
    tell(&mut model, Event::JoinFailed { invite: dropped, why: JoinFailure::Canceled });

    assert_eq!(model.rooms.len(), 2);
    let left: Vec<_> = model.joins.iter().map(|join| (join.invite, join.failure)).collect();
    assert_eq!(left, [(bad, Some(JoinFailure::Expired))]);
}

#[test]
fn refusal_becomes_a_sentence() {
    let mut model = started();

    tell(&mut model, Event::CommandRefused { why: Refusal::Nameless });

    assert_eq!(model.notes, ["Choose a name first."]);
    assert_eq!(sentence("why?"), "Why?");
}

#[test]
fn rooms_are_listed_most_recently_active_first() {
    let mut model = started();
    let other = RoomId::from_bytes([9; 16]);
    let room = RoomSummary { id: other, name: "Quiet".to_owned(), ..summary() };
    tell(&mut model, Event::RoomJoined { room, invite: None });

    added(&mut model, 3);

    let names: Vec<_> = model.recent().iter().map(|room| room.name.as_str()).collect();
    assert_eq!(names, ["Trip", "Quiet"]);
}

#[test]
fn overflow_forgets_what_started_will_tell_again() {
    let mut model = started();
    page(&mut model, None, &[5], true);

    model.apply(Notice::Overflow);
    tell(&mut model, Event::Started { name: None, rooms: vec![summary()] });

    assert!(!model.rooms[&ROOM].messages.is_loaded());
}

#[test]
fn preview_is_one_line_with_its_author() {
    let mut model = started();
    added(&mut model, 1);
    let room = &model.rooms[&ROOM];

    assert_eq!(preview(room, &message(2, ME, "one\n\n two")), "You: one two");
    assert_eq!(preview(room, &message(2, BEA, "x")), "Bea: x");
}

#[test]
fn messages_shown_early_stay_one_each_when_they_come_to_stay() {
    let mut model = room();
    page(&mut model, None, &[1], true);
    let early = [70, 80].map(|hlc| {
        let mut early = message(hlc, BEA, "hi");
        early.position.author = MemberIndex(u32::MAX);
        early
    });
    let shown = |model: &Model| {
        let messages = &model.rooms[&ROOM].messages;
        let all = (0..messages.len()).filter_map(|n| messages.get(n));
        all.map(|m| (m.position.hlc, messages.is_early(m.position))).collect::<Vec<_>>()
    };

    let newest = |messages| Event::NewestShown { room: ROOM, names: Vec::new(), messages };
    tell(&mut model, newest(early.to_vec()));
    assert_eq!(shown(&model), [(1, false), (70, true), (80, true)]);
    added(&mut model, 60);
    added(&mut model, 70);
    assert_eq!(shown(&model), [(1, false), (60, false), (70, false), (80, true)]);
    page(&mut model, None, &[60, 70], false);
    assert_eq!(shown(&model), [(60, false), (70, false), (80, true)]);

    // What never came was made up.
    tell(&mut model, newest(Vec::new()));
    assert_eq!(shown(&model), [(60, false), (70, false)]);
}
