//! Strangers carry sealed messages between people who never meet, and learn nothing by it.

use std::time::Duration;

use engine::{PackId, Store as _};
use tests::{Name, World};

#[path = "couriers/limits.rs"]
mod limits;
#[path = "couriers/secrets.rs"]
mod secrets;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

// The first byte of what strangers say, which travels in clear inside links that encrypt by themselves.
const WANT: u8 = 1;
const PACK: u8 = 2;

/// Alice and Bob share a room and are apart; the others are in no room.
fn apart_in(mut world: World, strangers: &[Name]) -> World {
    world = world.with_camp(&["bob"]);
    world.part("alice", "bob");
    strangers.iter().for_each(|name| world.add(name));
    world
}

fn apart(strangers: &[Name]) -> World {
    apart_in(World::default(), strangers)
}

/// The same on links that encrypt by themselves, so that a test can read and say what strangers do.
fn open_apart(strangers: &[Name]) -> World {
    apart_in(World::binding(), strangers)
}

/// Alice writes, and some time goes by in which nobody hears of it.
fn write(world: &mut World, text: &str) {
    world.say("alice", text);
    world.pass(MINUTE * 11);
}

/// The packs on the disk of `name`.
fn packs(world: &World, name: Name) -> Vec<(PackId, Vec<u8>)> {
    let disk = world.memory(name);
    let carried = disk.carried().expect("memory never fails").into_iter();
    let pack = |id| disk.carried_pack(&id).expect("memory never fails");
    carried.filter_map(|(id, _)| Some((id, pack(id)?))).collect()
}

/// How many packs went from one to another, on links that encrypt by themselves.
fn given(world: &World, from: Name, to: Name) -> usize {
    let is_pack = |frame: &&Vec<u8>| frame.first() == Some(&PACK) && frame.len() > 3_000;
    world.frames(from, to).iter().filter(is_pack).count()
}

#[test]
fn stranger_carries_a_message_between_two_members_who_never_meet() {
    for mut world in [apart(&["dora"]), open_apart(&["dora"])] {
        write(&mut world, "see you at the gate");

        world.pass_by("alice", "dora");
        world.pass_by("dora", "bob");

        assert_eq!(world.texts("bob"), ["see you at the gate"]);
        assert_eq!(world.links_of("dora"), 0, "they part when there is nothing more");
        assert_eq!(world.links_of("bob"), 0);
    }
}

#[test]
fn it_does_not_matter_who_dials_nor_how_many_strangers_are_between() {
    let mut world = apart(&["dora", "emil", "fay"]);
    write(&mut world, "over many hands");

    for (dialer, callee) in [("dora", "alice"), ("dora", "emil"), ("fay", "emil"), ("bob", "fay")] {
        world.pass_by(dialer, callee);
    }

    assert_eq!(world.texts("bob"), ["over many hands"]);
}

#[test]
fn both_directions_are_served_in_one_meeting() {
    let mut world = apart(&["dora"]);
    world.say("bob", "from bob");
    write(&mut world, "from alice");
    world.pass_by("alice", "dora");

    world.pass_by("bob", "dora");
    world.pass_by("dora", "alice");

    assert_eq!(world.texts("alice"), ["from bob", "from alice"]);
    assert_eq!(world.texts("bob"), ["from bob", "from alice"]);
}

#[test]
fn member_who_got_it_from_a_stranger_passes_it_on_to_members_as_ever() {
    let mut world = World::default().with_camp(&["bob", "carol"]);
    world.meet();
    world.part("alice", "bob");
    world.part("alice", "carol");
    world.add("dora");
    write(&mut world, "tell carol");

    world.pass_by("alice", "dora");
    world.pass_by("dora", "bob");

    assert_eq!(world.texts("carol"), ["tell carol"]);
}

#[test]
fn what_was_carried_in_two_parts_is_whole_whichever_comes_first() {
    let mut world = apart(&["dora", "emil"]);
    write(&mut world, "first");
    world.pass_by("alice", "dora");
    world.pass_by("alice", "emil");
    // Emil drops what he has, and will not take it again.
    world.set_carrying("emil", false);
    world.set_carrying("emil", true);
    write(&mut world, "second");
    world.pass_by("alice", "emil");
    assert_eq!(packs(&world, "emil").len(), 1);

    world.pass_by("emil", "bob");
    assert_eq!(world.texts("bob"), Vec::<String>::new());
    world.pass_by("dora", "bob");

    assert_eq!(world.texts("bob"), ["first", "second"]);
}

#[test]
fn members_who_are_linked_give_strangers_nothing() {
    let mut world = World::default().with_camp(&["bob"]);
    world.add("dora");
    write(&mut world, "we hear each other");

    world.pass_by("alice", "dora");

    assert_eq!(packs(&world, "dora").len(), 0);
}

#[test]
fn what_was_written_a_moment_ago_is_left_to_links_that_may_come() {
    let mut world = apart(&["dora"]);
    world.say("alice", "just now");

    world.pass_by("alice", "dora");
    assert_eq!(packs(&world, "dora").len(), 0);
    world.pass(MINUTE * 2);
    world.pass_by("alice", "dora");

    assert_eq!(packs(&world, "dora").len(), 1);
}

#[test]
fn stranger_goes_on_carrying_after_a_restart() {
    let mut world = apart(&["dora"]);
    write(&mut world, "still with you");
    world.pass_by("alice", "dora");

    world.restart("dora");
    world.pass_by("dora", "bob");

    assert_eq!(world.texts("bob"), ["still with you"]);
}

#[test]
fn member_makes_no_second_pack_of_the_same_words() {
    let mut world = apart(&["dora", "emil"]);
    write(&mut world, "once");
    world.pass_by("alice", "dora");
    world.restart("alice");
    world.pass(HOUR);

    world.pass_by("alice", "emil");

    assert_eq!(packs(&world, "emil"), packs(&world, "dora"));
}

#[test]
fn device_that_is_switched_off_for_it_carries_nothing_and_answers_no_stranger() {
    let mut world = open_apart(&["dora"]);
    write(&mut world, "a word");
    world.pass_by("alice", "dora");
    assert_eq!(packs(&world, "dora").len(), 1);

    world.set_carrying("dora", false);

    assert!(!world.meets_strangers("dora"));
    assert_eq!(packs(&world, "dora").len(), 0, "what it had is gone");
    for (dialer, callee) in [("alice", "dora"), ("dora", "alice"), ("dora", "bob")] {
        let said = world.frames("dora", callee).len() + world.frames("dora", dialer).len();
        world.pass_by(dialer, callee);
        let now = world.frames("dora", callee).len() + world.frames("dora", dialer).len();
        assert_eq!(now, said, "{dialer} meets {callee}");
    }
    assert_eq!(world.texts("bob"), Vec::<String>::new());
    world.restart("dora");
    assert!(!world.meets_strangers("dora"), "it remembers that it is off");
}

#[test]
fn device_low_on_power_carries_nothing_until_it_has_power_again() {
    let mut world = apart(&["dora"]);
    write(&mut world, "a word");
    world.pass_by("alice", "dora");

    world.set_low_power("dora", true);
    assert!(!world.meets_strangers("dora"));
    world.pass_by("dora", "bob");
    assert_eq!(world.texts("bob"), Vec::<String>::new());

    world.set_low_power("dora", false);
    world.pass_by("dora", "bob");
    assert_eq!(world.texts("bob"), ["a word"]);
}

#[test]
fn after_two_days_nothing_is_carried_any_more_through_however_many_hands_it_went() {
    let mut world = apart(&["dora", "emil"]);
    write(&mut world, "soon forgotten");
    world.pass_by("alice", "dora");
    world.pass(HOUR * 30);
    world.pass_by("dora", "emil");
    assert_eq!(packs(&world, "emil").len(), 1);

    world.pass(HOUR * 18);

    for name in ["alice", "dora", "emil"] {
        assert_eq!(packs(&world, name).len(), 0, "{name}");
    }
    world.pass_by("emil", "bob");
    assert_eq!(world.texts("bob"), Vec::<String>::new());
}
