//! The options of a room: the same on every device.

use engine::{Refusal, Role, RoomOption};

use super::{camp, refusals};

const APPROVE: RoomOption = RoomOption::ApproveJoins;

#[test]
fn option_holds_for_everybody_and_outlives_the_process() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    for name in ["alice", "bob", "carol"] {
        assert!(!world.options(name).approve_joins, "{name}: off unless said otherwise");
    }

    world.set_option("bob", APPROVE, true);
    world.settle();
    world.restart("carol");

    for name in ["alice", "bob", "carol"] {
        assert!(world.options(name).approve_joins, "{name}");
    }
}

#[test]
fn option_cannot_be_switched_by_whoever_does_not_govern() {
    let mut world = camp(&["bob"]);

    world.set_option("bob", APPROVE, true);
    world.settle();

    assert_eq!(refusals(&world, "bob"), [Refusal::NotAdmin]);
    assert!(!world.options("alice").approve_joins);
}

#[test]
fn whoever_switched_knowing_more_has_the_last_word_whatever_came_first() {
    for first in ["alice", "bob"] {
        let mut world = camp(&["bob", "carol", "dave"]);
        world.set_role("alice", "bob", Role::Admin);
        for (a, b) in [("alice", "bob"), ("alice", "dave"), ("carol", "bob"), ("carol", "dave")] {
            world.part(a, b);
        }
        for other in ["alice", "bob"] {
            world.part("carol", other);
            world.part("dave", other);
        }
        world.set_option("alice", APPROVE, true);
        for on in [true, false] {
            world.set_option("bob", APPROVE, on);
        }

        let second = if first == "alice" { "bob" } else { "alice" };
        for by in [first, second] {
            world.reunite("carol", by);
            world.meet();
        }
        world.reunite("alice", "bob");
        world.meet();

        for name in ["alice", "bob", "carol"] {
            assert!(!world.options(name).approve_joins, "{name}, {first} first");
        }
    }
}

#[test]
fn what_an_admin_switched_after_being_taken_back_does_not_count() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    world.part("alice", "bob");
    world.part("alice", "carol");
    world.set_role("alice", "bob", Role::Member);
    world.set_option("bob", APPROVE, true);
    world.settle();
    assert!(world.options("carol").approve_joins, "as far as Carol knows");

    world.reunite("alice", "bob");
    world.reunite("alice", "carol");
    world.meet();

    for name in ["alice", "bob", "carol"] {
        assert!(!world.options(name).approve_joins, "{name}");
    }
}
