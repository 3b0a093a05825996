//! The mailbox while the key of the room changes.

use engine::{Command, Role};

use super::{MINUTE, camp, say_many, scatter};

#[test]
fn member_away_while_the_key_changed_finds_it_where_they_look_and_reads_on() {
    let mut world = camp(1, &["bob", "carol"]);
    world.switch_off("bob");
    let (room, member) = (world.room("alice"), world.me("carol"));

    world.command("alice", Command::SetRole { room, member, role: Role::Removed });
    world.settle();
    let texts = say_many(&mut world, "alice", 5);
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_off("carol");
    world.switch_on("bob");
    world.pass(MINUTE);

    assert_eq!(world.texts("bob"), texts);
    world.say("bob", "I have the new key");
    world.pass(MINUTE);
    world.switch_off("bob");
    world.switch_on("alice");
    world.pass(MINUTE);
    assert_eq!(world.texts("alice").last().map(String::as_str), Some("I have the new key"));
}

#[test]
fn removed_member_finds_nothing_new_in_the_mailbox() {
    let mut world = camp(1, &["bob", "carol"]);
    world.switch_off("carol");
    let (room, member) = (world.room("alice"), world.me("bob"));
    world.command("alice", Command::SetRole { room, member, role: Role::Removed });
    world.settle();
    scatter(&mut world, &["alice", "bob"]);
    say_many(&mut world, "alice", 5);
    world.pass(MINUTE);
    world.restart("bob");
    world.pass(MINUTE);

    assert_eq!(world.texts("bob"), Vec::<String>::new());
}

#[test]
fn newcomer_joins_after_the_key_changed_while_nobody_is_there() {
    let mut world = camp(1, &["bob"]);
    let room = world.room("alice");
    let photographed = world.show_invite("alice");
    world.pass(MINUTE);
    let revoke = Command::RevokeInvite { room, invite: photographed.id() };
    world.command("alice", revoke);
    world.settle();
    let texts = say_many(&mut world, "alice", 3);
    let invite = world.show_invite("alice");
    world.pass(MINUTE);
    world.switch_off("alice");
    world.switch_off("bob");

    world.add("carol");
    world.accept("carol", &invite);
    world.settle();
    world.pass(MINUTE);

    assert_eq!(world.texts("carol"), texts);
}
