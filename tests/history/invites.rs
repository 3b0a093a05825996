//! Invites that let those who come by them read what was written before.

use std::time::Duration;

use engine::{Command, Event, Invite, Role};
use tests::{Name, World};

use super::{HOUR, closed, hides, join, read_with_everything, say};

/// `by` makes an invite, for whoever is to read what was before or not.
fn make(world: &mut World, by: Name, reads_before: bool) -> Invite {
    let room = world.room(by);
    let (role, expires_at, max_uses) = (Role::Member, None, None);
    world.command(by, Command::CreateInvite { room, role, expires_at, max_uses, reads_before });
    world.settle();
    world.invite(by)
}

/// `guest` comes by an invite that `host` shows.
fn come(world: &mut World, guest: Name, host: Name, invite: &Invite) {
    let room = world.room(host);
    world.command(host, Command::ShowInvite { room, invite: Some(invite.id()) });
    let shown = world.invite(host);
    assert_eq!(shown.id(), invite.id());
    world.add(guest);
    world.accept(guest, &shown);
    world.dial_all(guest);
    world.settle();
}

/// Alice, Bob and Carol's room, in which much was written, with several keys.
fn with_a_past(world: World) -> (World, Vec<String>) {
    let mut world = closed(world, &["bob", "carol"]);
    let mut past = Vec::new();
    for n in 0..20 {
        let text = format!("before {n}");
        say(&mut world, "bob", &text);
        past.push(text);
        let room = world.room("alice");
        world.command("alice", Command::ChangeKey { room });
        world.settle();
    }
    (world, past)
}

#[test]
fn who_comes_by_an_invite_that_says_so_reads_what_was_written_before_and_others_do_not() {
    let (mut world, past) = with_a_past(World::default());
    let invite = make(&mut world, "alice", true);

    come(&mut world, "maya", "bob", &invite);
    join(&mut world, "noah", "bob");
    world.meet();
    say(&mut world, "carol", "after");

    let all = [past.as_slice(), &["after".to_owned()]].concat();
    assert_eq!(world.texts("maya"), all);
    assert!(!hides(&mut world, "maya"));
    assert_eq!(world.texts("noah"), ["after"]);
    assert_eq!(
        read_with_everything(&world, "noah", &["alice", "bob", "maya"]),
        ["after".to_owned()].into()
    );
    world.restart("maya");
    assert_eq!(world.texts("maya"), all, "and it is remembered");
}

#[test]
fn such_an_invite_is_never_shown_unless_it_is_chosen() {
    let (mut world, _) = with_a_past(World::default());
    let usual = world.show_invite("bob").id();
    let invite = make(&mut world, "alice", true);
    assert_ne!(invite.id(), usual);

    assert_eq!(world.show_invite("bob").id(), usual);
    let room = world.room("alice");
    world.command("alice", Command::RevokeInvite { room, invite: usual });
    world.settle();
    assert_ne!(world.show_invite("bob").id(), invite.id());
}

#[test]
fn only_who_governs_can_make_one() {
    let (mut world, _) = with_a_past(World::default());
    let before = world.events("bob").len();
    let room = world.room("bob");
    let (role, expires_at, max_uses, reads_before) = (Role::Member, None, None, true);
    world.command("bob", Command::CreateInvite { room, role, expires_at, max_uses, reads_before });
    world.settle();
    let told = &world.events("bob")[before..];
    assert!(told.iter().any(|event| matches!(event, Event::CommandRefused { .. })));

    // Nor does one count of somebody who was an admin when making it, as far as others had not heard.
    world.set_role("alice", "bob", Role::Admin);
    for other in ["alice", "carol"] {
        world.part("bob", other);
    }
    world.set_role("alice", "bob", Role::Member);
    let invite = make(&mut world, "bob", true);
    for other in ["alice", "carol"] {
        world.reunite("bob", other);
    }
    world.meet();
    let room = world.room("carol");
    world.command("carol", Command::ShowInvite { room, invite: Some(invite.id()) });
    world.add("maya");
    world.part("maya", "bob");
    let asked = Invite { host: world.show_invite("carol").host, ..invite };
    world.accept("maya", &asked);
    world.dial_all("maya");
    world.settle();
    assert_eq!(world.rooms("maya"), [], "nobody answers to it");
}

#[test]
fn who_lets_somebody_in_gives_what_they_have_and_others_the_rest_in_any_order() {
    for first in ["late", "bob"] {
        let (mut world, past) = with_a_past(World::default());
        join(&mut world, "late", "alice");
        world.meet();
        say(&mut world, "alice", "later");
        let invite = make(&mut world, "alice", true);
        world.add("maya");
        for other in ["alice", "bob", "carol", "late"] {
            if other != first {
                world.part("maya", other);
            }
        }
        let room = world.room(first);
        world.command(first, Command::ShowInvite { room, invite: Some(invite.id()) });
        let shown = world.invite(first);
        world.accept("maya", &shown);
        world.dial_all("maya");
        world.settle();
        if first == "late" {
            assert_eq!(world.texts("maya"), ["later"], "who let her in has no more");
        }

        for other in ["alice", "bob", "carol", "late"] {
            world.reunite("maya", other);
        }
        world.meet();
        world.pass(HOUR);
        for other in ["alice", "bob"] {
            world.cut("maya", other);
        }
        world.meet();
        world.pass(Duration::from_secs(60));

        let all = [past.as_slice(), &["later".to_owned()]].concat();
        assert_eq!(world.texts("maya"), all, "let in by {first}");
        assert_eq!(world.texts("late"), ["later"]);
    }
}
