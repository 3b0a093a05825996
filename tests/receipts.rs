//! Authors learn who holds their messages, and it costs little.

use tests::{Name, World};

/// Alice and her friends, all let in by scanning her screen.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp(guests)
}

#[test]
fn message_costs_a_link_a_few_bytes_besides_itself() {
    let mut world = World::binding().with_camp(&["bob", "carol"]);
    world.part("bob", "carol");
    world.settle();
    let said = world.frames("bob", "alice").len();
    let heard = world.frames("alice", "bob").len();

    world.say("alice", "hello");
    world.settle();

    let receipts = world.frames("bob", "alice").split_off(said);
    let bytes = receipts.iter().map(Vec::len).sum::<usize>();
    assert!(bytes <= 8, "{receipts:?}");
    assert_eq!(world.frames("alice", "bob").len(), heard + 1, "nothing but the message");
}

#[test]
fn receipt_names_what_was_refused() {
    // A fork: what follows it cannot be added, and nobody may believe that it was.
    let mut world = camp(&["mallory", "bob"]);
    world.equivocate("mallory", ("alice", "for alice"), ("bob", &["for bob", "and on"]));
    let room = world.room("mallory");
    let height = world.history("mallory", room).last().expect("a text").seq();
    world.reunite("alice", "bob");

    world.reunite("mallory", "alice");
    world.meet();

    assert!(world.received("mallory", "alice") < height);
    assert_eq!(world.received("mallory", "bob"), height);
}

#[test]
fn author_learns_who_holds_its_messages() {
    let mut world = camp(&["bob"]);
    world.say("alice", "one");
    world.say("alice", "two");
    let room = world.room("alice");
    let last = world.history("alice", room).last().expect("a message").seq();
    assert!(world.received("alice", "bob") < last);

    world.settle();

    assert_eq!(world.received("alice", "bob"), last);
}

#[test]
fn author_learns_who_holds_its_messages_through_a_relay() {
    let mut world = camp(&["bob", "carol"]);
    world.part("bob", "carol");
    world.say("bob", "by way of alice");

    world.settle();

    let room = world.room("bob");
    let last = world.history("bob", room).last().expect("a message").seq();
    assert_eq!(world.received("bob", "carol"), last);
    assert_eq!(world.received("bob", "alice"), last);
}

#[test]
fn author_learns_at_once_that_a_peer_with_an_equal_digest_holds_everything() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "carol");
    world.say("alice", "to carol by way of bob");
    world.meet();
    world.restart("alice");
    world.cut("alice", "bob");
    world.reunite("alice", "carol");

    world.meet();

    let room = world.room("alice");
    let last = world.history("alice", room).last().expect("a message").seq();
    assert_eq!(world.member_holds("alice", "carol"), last);
}

#[test]
fn receipts_are_remembered_with_the_next_write() {
    let mut world = camp(&["bob"]);
    world.say("alice", "one");
    world.settle();
    let told = world.received("alice", "bob");
    world.hold("bob");
    world.say("alice", "two");

    world.reboot("alice");

    assert_eq!(world.member_holds("alice", "bob"), told);
}

#[test]
fn receipt_by_way_of_a_third_device_names_who_received_once() {
    let mut world = World::binding().with_camp(&["bob", "carol"]);
    world.part("bob", "carol");
    world.say("bob", "by way of alice");
    world.settle();
    let said = world.frames("alice", "bob").len();

    world.say("bob", "and again");
    world.settle();

    let receipts = world.frames("alice", "bob").split_off(said);
    let bytes = receipts.iter().map(Vec::len).sum::<usize>();
    assert!(bytes <= 12, "{receipts:?}");
    let room = world.room("bob");
    let last = world.history("bob", room).last().expect("a message").seq();
    assert_eq!(world.received("bob", "carol"), last);
}
