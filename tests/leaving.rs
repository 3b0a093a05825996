//! Who leaves is gone for everybody, and nothing of the room stays behind.

use std::{fs, path::Path, time::Duration};

use engine::{
    Body, Command, Engine, Event, GOODBYE, Goodbye, Input, Now, Refusal, Role, Store as _,
    Timestamp,
};
use storage::RedbStore;
use tests::{Name, World};

/// A room of Alice's in which all of `guests` are, and know each other.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp_that_met(guests)
}

/// The same with a mailbox, and everything in it.
fn camp_with_mailbox(guests: &[Name]) -> World {
    let mut world = World::default();
    world.add_relay();
    let mut world = world.with_camp(guests);
    world.meet();
    world.pass(Duration::from_secs(120));
    world
}

fn part_from_all(world: &mut World, name: Name, others: &[Name]) {
    others.iter().for_each(|other| world.part(name, other));
}

fn has_left(world: &mut World, at: Name, whom: Name) -> bool {
    let whom = world.me(whom);
    let found = world.members(at).into_iter().find(|member| member.id == whom);
    let found = found.expect("somebody known there");
    assert_eq!(found.has_left, found.role == Role::Removed);
    found.has_left
}

fn is_forgotten(world: &World, name: Name) -> bool {
    world.disk(name).rooms().expect("readable").is_empty()
}

#[test]
fn who_leaves_is_seen_to_leave_by_all_and_forgets_the_room_once_one_of_them_knows() {
    let mut world = camp(&["bob", "carol"]);
    world.say("bob", "good night");
    world.settle();

    world.leave_room("bob");
    assert!(world.events("bob").iter().any(|e| matches!(e, Event::RoomLeaving { .. })));
    assert_eq!(world.goodbye("bob"), None, "nobody has heard it yet");
    world.settle();

    assert_eq!(world.goodbye("bob"), Some(Goodbye::Heard));
    assert!(is_forgotten(&world, "bob"));
    for at in ["alice", "carol"] {
        assert!(has_left(&mut world, at, "bob"), "{at}");
        assert_eq!(world.texts(at), ["good night"], "{at} keeps what was said");
        let bob = world.me("bob");
        let says_so = world.events(at).iter().any(|event| {
            matches!(event, Event::MessageAdded { message, .. }
                if message.author == bob && message.body == Body::Left)
        });
        assert!(says_so, "{at}");
    }
    assert_eq!((world.links_of("alice"), world.wanted("alice")), (1, 0), "only Carol is left");
}

#[test]
fn last_word_reaches_those_who_were_away_through_those_who_heard_it() {
    let mut world = camp(&["bob", "carol"]);
    part_from_all(&mut world, "carol", &["alice", "bob"]);
    world.leave_room("bob");
    world.settle();

    world.reunite("alice", "carol");
    world.meet();

    assert!(has_left(&mut world, "carol", "bob"));
    assert_eq!(world.wanted("carol"), 0, "and is not dialed");
}

#[test]
fn last_word_is_left_in_the_mailbox_where_nobody_is_linked() {
    let mut world = camp_with_mailbox(&["bob"]);
    part_from_all(&mut world, "bob", &["alice"]);

    world.leave_room("bob");
    world.settle();
    assert_eq!(world.goodbye("bob"), None, "no relay has taken it yet");
    world.pass(Duration::from_secs(5));

    assert_eq!(world.goodbye("bob"), Some(Goodbye::Kept));
    assert!(is_forgotten(&world, "bob"));
    world.pass(Duration::from_secs(60));
    assert!(has_left(&mut world, "alice", "bob"));
}

#[test]
fn who_leaves_where_nobody_is_near_forgets_at_once_and_is_told_that_nobody_knows() {
    let mut world = camp(&["bob"]);
    part_from_all(&mut world, "bob", &["alice"]);

    world.leave_room("bob");

    assert_eq!(world.goodbye("bob"), Some(Goodbye::Unheard));
    assert!(is_forgotten(&world, "bob"));
    assert!(!has_left(&mut world, "alice", "bob"));
}

#[test]
fn who_leaves_waits_for_those_who_do_not_answer_no_longer_than_said() {
    let mut world = camp(&["bob"]);
    world.mute("bob", "alice");
    world.leave_room("bob");
    world.settle();

    world.pass(GOODBYE - Duration::from_secs(1));
    assert_eq!(world.goodbye("bob"), None);
    world.pass(Duration::from_secs(2));

    assert_eq!(world.goodbye("bob"), Some(Goodbye::Unheard));
    assert!(is_forgotten(&world, "bob"));
}

#[test]
fn who_asks_again_does_not_wait() {
    let mut world = camp(&["bob"]);
    world.mute("bob", "alice");
    world.leave_room("bob");
    world.leave_room("bob");

    assert!(is_forgotten(&world, "bob"));
}

#[test]
fn who_is_killed_while_leaving_goes_on_leaving() {
    let mut world = camp(&["bob"]);
    world.mute("bob", "alice");
    world.leave_room("bob");
    world.settle();

    world.restart("bob");
    world.pass(GOODBYE);

    assert!(is_forgotten(&world, "bob"));
}

#[test]
fn nobody_is_told_where_nobody_is() {
    let mut world = camp(&[]);

    world.leave_room("alice");

    assert_eq!(world.goodbye("alice"), Some(Goodbye::Unsaid));
    assert!(is_forgotten(&world, "alice"));
}

#[test]
fn who_was_removed_leaves_without_a_word() {
    let mut world = camp(&["bob"]);
    let (room, member) = (world.room("alice"), world.me("bob"));
    world.command("alice", Command::SetRole { room, member, role: Role::Removed });
    world.settle();

    world.leave_room("bob");

    assert_eq!(world.goodbye("bob"), Some(Goodbye::Unsaid));
    assert!(is_forgotten(&world, "bob"));
    assert!(world.members("alice").iter().all(|member| !member.has_left));
}

#[test]
fn who_left_is_nobody_any_more_whatever_admins_make_of_them() {
    let mut world = camp(&["bob", "carol"]);
    let (room, member) = (world.room("alice"), world.me("bob"));
    part_from_all(&mut world, "alice", &["bob", "carol"]);
    world.leave_room("bob");
    world.settle();
    // Alice has not heard of it.
    world.command("alice", Command::SetRole { room, member, role: Role::Admin });
    world.settle();

    world.reunite("alice", "carol");
    world.meet();

    for at in ["alice", "carol"] {
        assert!(has_left(&mut world, at, "bob"), "{at}");
    }
    world.command("alice", Command::SetRole { room, member, role: Role::Member });
    let refused = world.events("alice").iter().rev().find_map(|event| match event {
        Event::CommandRefused { why } => Some(*why),
        _ => None,
    });
    assert_eq!(refused, Some(Refusal::HasLeft));
}

#[test]
fn key_that_is_changed_after_somebody_left_is_not_theirs() {
    let mut world = camp(&["bob", "carol"]);
    // A copy somebody made before Bob left.
    let before = world.disk("bob");
    world.leave_room("bob");
    world.settle();
    let room = world.room("alice");
    world.command("alice", Command::ChangeKey { room });
    world.settle();
    world.say("alice", "for those who stayed");
    world.settle();

    world.restart_from("bob", before);
    world.meet();

    assert_eq!(world.texts("carol"), ["for those who stayed"]);
    assert_eq!(world.texts("bob"), Vec::<String>::new());
    assert_eq!(world.links_of("bob"), 0, "nobody speaks to who left");
}

#[test]
fn who_left_and_scans_again_is_somebody_new() {
    let mut world = camp(&["bob"]);
    let before = world.me("bob");
    world.leave_room("bob");
    world.settle();

    world.scan("bob", "alice");
    world.say("bob", "here again");
    world.settle();

    assert_ne!(world.me("bob"), before);
    assert_eq!(world.texts("alice"), ["here again"]);
    assert!(!has_left(&mut world, "alice", "bob"));
    let gone = world.members("alice").into_iter().find(|member| member.id == before);
    assert!(gone.is_some_and(|member| member.has_left));
}

#[test]
fn who_scans_again_while_leaving_need_not_wait() {
    let mut world = camp(&["bob"]);
    let before = world.me("bob");
    let invite = world.show_invite("alice");
    world.leave_room("bob");
    assert_eq!(world.goodbye("bob"), None, "nobody has heard it yet");
    world.accept("bob", &invite);

    assert!(world.join_failures("bob").is_empty(), "it is no room of theirs any more");
    world.dial_all("bob");
    world.settle();
    assert_ne!(world.me("bob"), before);
}

#[test]
fn room_goes_on_without_its_owner_and_so_do_its_admins() {
    let mut world = camp(&["bob", "carol"]);
    let (room, member) = (world.room("alice"), world.me("bob"));
    world.command("alice", Command::SetRole { room, member, role: Role::Admin });
    world.settle();

    world.leave_room("alice");
    world.settle();

    assert!(has_left(&mut world, "bob", "alice"));
    world.say("carol", "who has the stove?");
    world.settle();
    assert_eq!(world.texts("bob"), ["who has the stove?"]);
    let member = world.me("carol");
    world.command("bob", Command::SetRole { room, member, role: Role::Removed });
    world.say("bob", "quiet now");
    world.settle();
    assert_eq!(world.texts("carol"), ["who has the stove?"]);
}

/// Has a device on disk do something.
fn obey(engine: &mut Engine<RedbStore>, command: Command) {
    let now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
    engine.handle(now, Input::Command(command)).expect("readable");
    engine.commit().expect("written");
    while engine.poll().is_some() {}
}

fn find(directory: &Path, wanted: &[u8]) -> bool {
    let files = fs::read_dir(directory).expect("a directory");
    files.into_iter().any(|file| {
        let content = fs::read(file.expect("a file").path()).expect("readable");
        content.windows(wanted.len()).any(|window| window == wanted)
    })
}

#[test]
fn nothing_on_disk_opens_what_was_said_in_a_room_that_was_left() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("festival.redb");
    let store = RedbStore::open(&path).expect("new");
    let mut engine = Engine::new(store, [7; 32]).expect("readable");
    obey(&mut engine, Command::SetName { name: "Ann".to_owned() });
    obey(&mut engine, Command::CreateRoom { name: "Behind the old mill".to_owned() });
    let record = engine.store().rooms().expect("readable").pop().expect("a room");
    let room = record.id;
    obey(&mut engine, Command::SendText { room, text: "Meet me at midnight".to_owned() });
    obey(&mut engine, Command::ChangeKey { room });
    let record = engine.store().rooms().expect("readable").pop().expect("a room");
    let keys = fs::read(directory.path().join("festival.redb.keys")).expect("a file");
    let key = keys.get(16..48).expect("a slot");
    assert!(find(directory.path(), key), "or this test looks for the wrong thing");

    obey(&mut engine, Command::LeaveRoom { room });
    drop(engine);

    let secrets = record.epochs.iter().map(|(_, key)| key.to_vec());
    let secrets = secrets.chain(record.invites.iter().map(|invite| invite.secret.to_vec()));
    let words = [record.name.as_bytes(), b"Meet me at midnight", key, &record.identity_seed];
    assert_eq!(record.epochs.len(), 2);
    for secret in secrets.chain(words.map(<[u8]>::to_vec)) {
        assert!(!find(directory.path(), &secret), "{secret:?}");
    }
}
