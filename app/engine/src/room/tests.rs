//! What may be added to a room, and how much of it.

use std::time::Duration;

use super::{Room, Unusable, boxes::Drawn, rules::MAX_INVITES, space::MAX_AUTHOR_BYTES_PER_DAY};
use crate::{
    EpochRecord, InviteRecord, KeptFor, MAX_TEXT_LEN, OptionChange, Role, RoomOption, RoomRecord,
    Timestamp,
    body::{OpBody, Sealed},
    crypto,
    engine::Now,
    identity::Identity,
    op::{self, Op},
    report::Note,
};

const NONCE: [u8; 16] = [4; 16];
const NOW: Now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
const DAY: Duration = Duration::from_secs(86_400);

/// The room as the device with this seed sees it, before anything is in it.
fn room(seed: u8) -> Room {
    let owner = Identity::from_seed(&[1; 32]).id;
    let record = RoomRecord {
        id: crypto::room_id(owner, &NONCE),
        name: "Camp".to_owned(),
        identity_seed: [seed; 32],
        owner,
        nonce: NONCE,
        epochs: vec![(0, [5; 32])],
        invites: Vec::new(),
        read_up_to: None,
        host: None,
    };
    Room::new(record, Vec::new(), Vec::new(), &[], 0)
}

fn write(room: &mut Room, body: &OpBody) -> Vec<u8> {
    let bytes = room.write(NOW.wall, body);
    add(room, &bytes).expect("own words are added");
    bytes
}

fn add(room: &mut Room, bytes: &[u8]) -> Result<(), Unusable> {
    room.add(NOW, &Op::decode(bytes).expect("an operation")).map(|_| ())
}

fn genesis(owner: &Room) -> OpBody {
    OpBody::Genesis {
        nonce: NONCE,
        room_name: "Camp".to_owned(),
        name: "alice".to_owned(),
        noise_key: owner.me.noise_key,
    }
}

fn invite(n: u16) -> OpBody {
    invite_until(n, None)
}

fn invite_until(n: u16, expires_at: Option<Timestamp>) -> OpBody {
    OpBody::Invite {
        secret: secret(n),
        expires_at,
        role: Role::Member,
        max_uses: None,
        reads_before: false,
    }
}

fn secret(n: u16) -> [u8; 16] {
    let [low, high] = n.to_le_bytes();
    let mut secret = [low; 16];
    secret[15] = high;
    secret
}

fn join(room: &Room, n: u16) -> OpBody {
    OpBody::Join {
        invite: crypto::invite_id(&secret(n)),
        noise_key: room.me.noise_key,
        name: "bob".to_owned(),
        certificate: op::join_certificate(&secret(n), room.id(), room.me.id, &room.me.noise_key),
    }
}

/// Alice's room with one invite, and what Bob knows of it.
fn two() -> (Room, Room) {
    let (mut alice, mut bob) = (room(1), room(2));
    let body = genesis(&alice);
    for body in [body, invite(1)] {
        let bytes = write(&mut alice, &body);
        add(&mut bob, &bytes).expect("the owner's words are added");
    }
    (alice, bob)
}

#[test]
fn joiner_is_added_by_a_known_invite_only() {
    let (mut alice, mut bob) = two();
    let unknown = InviteRecord { secret: secret(2), expires_at: None };
    bob.record.invites.push(unknown);
    let body = join(&bob, 2);
    let bytes = write(&mut bob, &body);

    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Early));
    write(&mut alice, &invite(2));
    assert_eq!(add(&mut alice, &bytes), Ok(()), "once its invite is known");
}

#[test]
fn joiner_without_the_invites_signature_is_wrong() {
    let (mut alice, mut bob) = two();
    let OpBody::Join { invite, noise_key, name, mut certificate } = join(&bob, 1) else { return };
    certificate[1][0] ^= 1;
    let bytes = bob.write(NOW.wall, &OpBody::Join { invite, noise_key, name, certificate });

    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Wrong));
}

#[test]
fn invite_that_opens_the_past_is_shown_only_when_it_is_chosen() {
    let mut alice = room(1);
    let begin = genesis(&alice);
    write(&mut alice, &begin);
    let OpBody::Invite { secret, expires_at, role, max_uses, .. } = invite(1) else { return };
    let reads_before = true;
    write(&mut alice, &OpBody::Invite { secret, expires_at, role, max_uses, reads_before });
    let chosen = Some(crypto::invite_id(&secret));

    assert_eq!(alice.invite_to_show(None, NOW.wall), None, "though there is no other");
    assert_eq!(alice.invite_to_show(chosen, NOW.wall).map(|invite| invite.secret), Some(secret));
}

#[test]
fn guest_can_neither_invite_nor_begin_the_room_again() {
    let (mut alice, mut bob) = two();
    let body = join(&bob, 1);
    let bytes = write(&mut bob, &body);
    add(&mut alice, &bytes).expect("bob joins");
    let again = genesis(&bob);

    for body in [again, join(&bob, 1)] {
        let bytes = bob.write(NOW.wall, &body);
        assert_eq!(add(&mut alice, &bytes), Err(Unusable::Wrong), "{body:?}");
    }
    let bytes = bob.write(NOW.wall, &invite(9));
    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Early), "unless Alice makes him an admin");
}

#[test]
fn stranger_cannot_speak_before_joining() {
    let (mut alice, mut bob) = two();
    let bytes = bob.write(NOW.wall, &OpBody::Text("hello".to_owned()));

    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Wrong));
}

#[test]
fn log_that_forks_ends_there_once_both_branches_were_shown() {
    let (mut alice, mut bob) = two();
    let body = join(&bob, 1);
    write(&mut bob, &body);
    let one = write(&mut alice, &OpBody::Text("one".to_owned()));
    let after_one = alice.write(NOW.wall, &OpBody::Text("another".to_owned()));
    let (mut fork, _) = two();
    let other = write(&mut fork, &OpBody::Text("other".to_owned()));
    add(&mut bob, &other).expect("bob heard the other branch");

    assert_eq!(add(&mut bob, &after_one), Err(Unusable::Forked));
    let stub = |bytes: &[u8]| Op::decode(bytes).expect("an operation").stub();
    let same = OpBody::Fork(stub(&other), stub(&other));
    let bytes = bob.write(NOW.wall, &same);
    assert_eq!(add(&mut bob, &bytes), Err(Unusable::Wrong), "one operation is no fork");
    write(&mut bob, &OpBody::Fork(stub(&one), stub(&other)));
    let next = write(&mut fork, &OpBody::Text("more".to_owned()));
    assert_eq!(add(&mut bob, &next), Err(Unusable::Barred), "neither branch goes on");
    assert!(!bob.membership.is_shown(alice.me.id, 3, true), "nor is either shown");
    assert!(bob.membership.is_shown(alice.me.id, 2, true), "what was before stands");
}

#[test]
fn fork_that_its_author_did_not_sign_is_wrong() {
    let (mut alice, mut bob) = two();
    let body = join(&bob, 1);
    write(&mut bob, &body);
    let one = write(&mut alice, &OpBody::Text("one".to_owned()));
    let (mut fork, _) = two();
    let mut other = write(&mut fork, &OpBody::Text("other".to_owned()));
    *other.last_mut().expect("a signature") ^= 1;
    let stub = |bytes: &[u8]| Op::decode(bytes).expect("an operation").stub();
    let bytes = bob.write(NOW.wall, &OpBody::Fork(stub(&one), stub(&other)));

    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Early), "Bob is not known yet");
    assert_eq!(add(&mut bob, &bytes), Err(Unusable::Wrong));
}

#[test]
fn room_takes_no_more_invites_than_its_limit_but_what_follows_them() {
    let (mut alice, mut bob) = two();
    for n in 2..=600 {
        let bytes = write(&mut alice, &invite(n));
        add(&mut bob, &bytes).expect("a part of the log");
    }
    let bytes = write(&mut alice, &OpBody::Text("still here".to_owned()));

    assert_eq!(add(&mut bob, &bytes), Ok(()));
    assert_eq!(bob.record.invites.len(), MAX_INVITES);
}

#[test]
fn owners_word_on_an_invite_replaces_what_a_screen_said() {
    let (mut alice, mut bob) = two();
    let from_screen = InviteRecord { secret: secret(2), expires_at: None };
    bob.record.invites.push(from_screen);
    let expires_at = Some(Timestamp(NOW.wall.0 + 1_000));
    let bytes = write(&mut alice, &invite_until(2, expires_at));

    add(&mut bob, &bytes).expect("the owner's word");

    assert_eq!(bob.record.invites.last().map(|invite| invite.expires_at), Some(expires_at));
    assert_eq!(bob.record.invites.len(), 2);
}

#[test]
fn join_after_the_invites_end_makes_nobody_a_member() {
    let (mut alice, mut bob) = two();
    let expires_at = Some(Timestamp(NOW.wall.0 - 1));
    write(&mut alice, &invite_until(2, expires_at));
    bob.record.invites.push(InviteRecord { secret: secret(2), expires_at: None });
    let body = join(&bob, 2);
    let bytes = write(&mut bob, &body);

    assert_eq!(add(&mut alice, &bytes), Ok(()), "the log is the same on all devices");
    assert_eq!(alice.membership.role(bob.me.id), Role::Removed);
    let bytes = write(&mut bob, &OpBody::Text("let me in".to_owned()));
    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Barred));
}

#[test]
fn author_past_its_share_of_a_day_waits_and_others_do_not() {
    let (mut alice, mut bob) = two();
    let body = join(&bob, 1);
    let joined = write(&mut bob, &body);
    add(&mut alice, &joined).expect("bob joins");
    let long = OpBody::Text("a".repeat(MAX_TEXT_LEN));
    let mut added = 0u64;
    let refused = loop {
        let bytes = write(&mut bob, &long);
        match add(&mut alice, &bytes) {
            Ok(()) => added += bytes.len() as u64,
            Err(why) => break (why, bytes),
        }
    };

    assert_eq!(refused.0, Unusable::Later);
    assert!(added <= MAX_AUTHOR_BYTES_PER_DAY, "{added} bytes");
    let bytes = write(&mut alice, &OpBody::Text("I am still heard".to_owned()));
    assert_eq!(add(&mut bob, &bytes), Ok(()));
    let tomorrow = Now { since_start: DAY, ..NOW };
    let op = Op::decode(&refused.1).expect("an operation");
    assert!(alice.add(tomorrow, &op).is_ok(), "what waited is taken the next day");
}

#[test]
fn keys_a_member_makes_up_keep_no_sealed_key_out() {
    let (mut alice, mut bob) = two();
    let body = join(&bob, 1);
    let joined = write(&mut bob, &body);
    add(&mut alice, &joined).expect("bob joins");
    for n in 0..=u8::MAX {
        bob.learn_key([n; 32]);
        alice.learn_key([n; 32]);
    }
    let (key, secret) = ([0xcc; 32], [0xdd; 32]);
    let drawn = Drawn::new(&key, false);
    let id = drawn.id;
    let boxes = alice.seal_key((id, &key), &secret, &[]);
    let sealed = Sealed { sender_key: crypto::noise_public(&secret), boxes };
    alice.keep_key(drawn);
    let (removed, revoked, seen) = (Vec::new(), Vec::new(), Vec::new());
    let epoch = EpochRecord { id, number: 1, rank: 1, removed, revoked, seen };

    let bytes = write(&mut alice, &OpBody::Epoch(epoch, sealed, None));
    add(&mut bob, &bytes).expect("the owner's word");

    for room in [&alice, &bob] {
        assert_eq!(room.epoch(), (1, key), "both write in the new epoch");
    }
}

#[test]
fn broken_report_stands_in_its_log_like_any_word_and_opens_for_nobody() {
    let (mut alice, mut bob) = two();
    let body = join(&bob, 1);
    let bytes = write(&mut bob, &body);
    add(&mut alice, &bytes).expect("bob joins");
    let note = Note { about: Identity::from_seed(&[9; 32]).id, up_to: 1, text: "hm".to_owned() };
    let sealed = bob.seal_report(&note, &[6; 32], &[7; 32], &[8; 32]).expect("alice is there");
    let whole = OpBody::Report(sealed).encode();

    // Kind, name of the key, sender's key, and how many boxes there are; then the two boxes.
    const FIRST: usize = 1 + 16 + 32 + 1 + 4;
    let last = whole.len() - 1;
    for broken in [&[1][..], &[17], &[FIRST, FIRST + 52], &[last]] {
        let mut bytes = whole.clone();
        broken.iter().for_each(|at| bytes[*at] ^= 1);
        let body = OpBody::decode(bytes).expect("still a report by its form");
        let bytes = write(&mut bob, &body);
        add(&mut alice, &bytes).expect("who cannot open it cannot tell that it is broken");
        assert_eq!(alice.readable_reports(), [], "{broken:?}");
    }
    let bytes = write(&mut bob, &OpBody::decode(whole).expect("a report"));
    add(&mut alice, &bytes).expect("added");
    assert_eq!(alice.readable_reports().len(), 1, "and the log goes on");
}

/// Alice's room, in which texts disappear after two days if `is_brief`, as she and Bob hold it, and
/// what Bob wrote: how he joined, `rest`, and a checkpoint.
fn checked(is_brief: bool, rest: &[OpBody], since: u64) -> (Room, Vec<Vec<u8>>) {
    let (mut alice, mut bob) = two();
    if is_brief {
        let option = RoomOption::KeepFor(KeptFor::TwoDays);
        let bytes = write(&mut alice, &OpBody::Option(OptionChange { option, on: true, rank: 1 }));
        add(&mut bob, &bytes).expect("the owner's word");
    }
    let body = join(&bob, 1);
    let mut log = vec![write(&mut bob, &body)];
    log.extend(rest.iter().map(|body| write(&mut bob, body)));
    let (named, _) = log.iter().zip(1..).find(|(_, seq)| *seq == since).expect("so many");
    let id = Op::decode(named).expect("an operation").id;
    log.push(bob.write(NOW.wall, &OpBody::Checkpoint { since, id }));
    (alice, log)
}

fn text() -> OpBody {
    OpBody::Text("words".to_owned())
}

fn add_after(room: &mut Room, days: u32, bytes: &[u8]) -> Result<(), Unusable> {
    let wall = Timestamp(
        NOW.wall.0.saturating_add(u64::from(days).saturating_mul(86_400_000)).saturating_add(1),
    );
    let now = Now { since_start: NOW.since_start, wall };
    room.add(now, &Op::decode(bytes).expect("an operation")).map(|_| ())
}

#[test]
fn checkpoint_stands_for_missing_texts_once_they_are_past_and_where_texts_disappear() {
    let (mut alice, log) = checked(true, &[text(), text()], 1);
    add(&mut alice, &log[0]).expect("a join");

    assert_eq!(add_after(&mut alice, 1, &log[3]), Err(Unusable::Gapped), "too young");
    assert_eq!(
        add_after(&mut alice, 2, &log[2]),
        Err(Unusable::Early),
        "no text stands for others"
    );
    assert_eq!(add_after(&mut alice, 2, &log[3]), Ok(()));
    assert_eq!(add_after(&mut alice, 2, &log[1]), Err(Unusable::Known));
    let (mut alice, log) = checked(false, &[text(), text()], 1);
    add(&mut alice, &log[0]).expect("a join");
    assert_eq!(
        add_after(&mut alice, 100, &log[3]),
        Err(Unusable::Gapped),
        "nothing disappears here"
    );
}

#[test]
fn checkpoint_that_leaves_out_more_than_texts_is_wrong_with_and_without_them() {
    let rename = OpBody::Profile { name: "rob".to_owned() };
    let (mut alice, log) = checked(true, &[rename, text()], 1);
    log.iter().take(2).for_each(|bytes| add(&mut alice, bytes).expect("a join and a name"));

    assert_eq!(add_after(&mut alice, 9, &log[3]), Err(Unusable::Wrong), "across a gap");
    add(&mut alice, &log[2]).expect("a text");
    assert_eq!(add_after(&mut alice, 9, &log[3]), Err(Unusable::Wrong), "without one");
    let (mut alice, log) = checked(true, &[], 1);
    add(&mut alice, &log[0]).expect("a join");
    assert_eq!(add(&mut alice, &log[1]), Err(Unusable::Wrong), "there is nothing before it");
}

#[test]
fn checkpoint_of_another_history_shows_that_there_are_two() {
    let (mut alice, log) = checked(true, &[text(), text()], 1);
    let (_, mut bob) = two();
    let invited = join(&bob, 1);
    let OpBody::Join { invite, noise_key, certificate, .. } = invited else { return };
    let name = "not bob".to_owned();
    let other = write(&mut bob, &OpBody::Join { invite, noise_key, name, certificate });
    add(&mut alice, &other).expect("a join");

    assert_eq!(add_after(&mut alice, 9, &log[3]), Err(Unusable::Forked));
}

#[test]
fn checkpoint_that_names_what_is_not_here_yet_waits_for_it_and_nobody_is_suspected() {
    let rename = OpBody::Profile { name: "rob".to_owned() };
    let (mut alice, log) = checked(true, &[rename, text(), text()], 2);
    add(&mut alice, &log[0]).expect("a join");

    assert_eq!(add_after(&mut alice, 9, &log[4]), Err(Unusable::Early));
    assert!(alice.suspects.is_empty(), "there is one history");

    add(&mut alice, &log[1]).expect("a name");
    assert_eq!(add_after(&mut alice, 9, &log[4]), Ok(()));
}

#[test]
fn whoever_governed_writes_no_checkpoint() {
    let (mut alice, _) = checked(true, &[], 1);
    write(&mut alice, &text());
    let trail = alice.trail(alice.my_index);
    let checkpoint = OpBody::Checkpoint { since: trail.last, id: trail.id };

    let bytes = alice.write(NOW.wall, &checkpoint);

    assert_eq!(add(&mut alice, &bytes), Err(Unusable::Wrong));
}
