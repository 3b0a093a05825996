//! Whoever comes late to a long conversation reads its end first.

use engine::{Body, Event, Message};
use tests::{Name, World};

/// More than the operations that make a history long.
const MANY: usize = 600;

/// The first byte of that packet.
const NEWEST: u8 = 12;

/// Bob and Alice have talked at length; nobody else was there.
fn long_talk() -> World {
    let mut world = World::binding().with_camp(&["bob"]);
    for n in 0..MANY {
        let name = if n % 2 == 0 { "alice" } else { "bob" };
        world.say(name, &format!("{name} {n}"));
    }
    world.settle();
    world
}

/// What was shown ahead of the rest, each time something was, and which names came with it.
fn shown_ahead(world: &World, name: Name) -> Vec<(Vec<String>, Vec<String>)> {
    let shown = world.events(name).iter().filter_map(|event| match event {
        Event::NewestShown { names, messages, .. } => Some((names, messages)),
        _ => None,
    });
    shown
        .map(|(names, messages)| {
            let names = names.iter().map(|(_, name)| name.clone()).collect();
            (names, messages.iter().filter_map(words).collect())
        })
        .collect()
}

fn words(message: &Message) -> Option<String> {
    match &message.body {
        Body::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn is_text(event: &Event) -> bool {
    matches!(event, Event::MessageAdded { message, .. } if words(message).is_some())
}

#[test]
fn newcomer_reads_the_last_page_before_any_of_the_rest_comes() {
    let mut world = long_talk();

    world.add("carol");
    world.scan("carol", "alice");

    let events = world.events("carol");
    let ahead = events.iter().position(|event| matches!(event, Event::NewestShown { .. }));
    let first = events.iter().position(is_text);
    assert!(ahead.is_some() && ahead < first, "ahead at {ahead:?}, the first text at {first:?}");
    let shown = shown_ahead(&world, "carol");
    let texts = world.texts("alice");
    let last = texts.iter().skip(MANY - 50).cloned().collect();
    // Her host she knows. And once the rest is there, it is said so.
    assert_eq!(shown, [(vec!["bob".to_owned()], last), (Vec::new(), Vec::new())]);
    assert_eq!(world.texts("carol").len(), MANY);
}

#[test]
fn member_who_was_away_for_long_reads_the_last_page_first() {
    let mut world = World::binding().with_camp(&["bob"]);
    world.cut("alice", "bob");
    (0..MANY).for_each(|n| world.say("alice", &format!("alice {n}")));

    world.meet();

    let shown = shown_ahead(&world, "bob");
    assert_eq!(shown.iter().map(|(_, texts)| texts.len()).collect::<Vec<_>>(), [50, 0]);
    assert_eq!(shown_ahead(&world, "alice").len(), 0, "who lacks nothing is sent nothing twice");
    assert_eq!(world.texts("bob"), world.texts("alice"));
}

#[test]
fn messages_that_will_not_be_shown_are_not_shown_ahead() {
    let mut world = long_talk();
    let member = world.me("bob");
    let room = world.room("alice");
    world.command("alice", engine::Command::SetRole { room, member, role: engine::Role::Removed });
    world.settle();
    // He says more where nobody hears it.
    world.say("bob", "not for you");

    world.add("carol");
    world.scan("carol", "alice");

    let shown = shown_ahead(&world, "carol");
    let (_, ahead) = shown.first().expect("something was shown ahead");
    assert_eq!(ahead.len(), 50);
    assert!(ahead.iter().all(|words| words != "not for you"));
}

#[test]
fn peer_that_sends_newest_messages_without_end_is_hung_up_on() {
    let mut world = World::binding().with_camp(&["bob"]);
    let nothing = vec![NEWEST, 0];
    for _ in 0..2 {
        world.inject("bob", "alice", nothing.clone());
        world.settle();
        assert_eq!(world.links_between("alice", "bob"), 1);
    }

    world.inject("bob", "alice", nothing);
    world.settle();

    assert_eq!(world.links_between("alice", "bob"), 0);
}
