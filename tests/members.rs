//! Who may do what in a room, and what those still learn who may not any more.

#[path = "members/secrecy.rs"]
mod secrecy;

use std::collections::BTreeMap;

use engine::{Command, Event, InviteState, Member, Refusal, Role};
use tests::{Name, World};

/// A room of Alice's in which all of `guests` are, and know each other.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp_that_met(guests)
}

fn role(world: &mut World, at: Name, whom: Name) -> Option<Role> {
    let whom = world.me(whom);
    members(world, at).into_iter().find(|member| member.id == whom).map(|member| member.role)
}

fn members(world: &mut World, at: Name) -> Vec<Member> {
    world.members(at)
}

fn refusals(world: &World, at: Name) -> Vec<Refusal> {
    let refused = world.events(at).iter().filter_map(|event| match event {
        Event::CommandRefused { why } => Some(*why),
        _ => None,
    });
    refused.collect()
}

fn invites(world: &mut World, at: Name) -> Vec<InviteState> {
    let room = world.room(at);
    world.command(at, Command::ListInvites { room });
    let listed = world.events(at).iter().rev().find_map(|event| match event {
        Event::InvitesListed { invites, .. } => Some(invites.clone()),
        _ => None,
    });
    listed.unwrap_or_default()
}

#[test]
fn photographed_code_stops_working_where_its_revocation_has_arrived() {
    let mut world = camp(&["bob"]);
    let photographed = world.show_invite("bob");
    let room = world.room("alice");
    world.command("alice", Command::RevokeInvite { room, invite: photographed.id() });
    world.settle();

    world.add("eve");
    world.accept("eve", &photographed);
    world.dial_all("eve");
    world.settle();

    assert_eq!(world.rooms("eve"), [], "nobody answers");
    assert_eq!(world.roster("bob"), ["alice", "bob"]);
    world.add("carol");
    world.scan("carol", "bob");
    assert_eq!(world.rooms("carol").len(), 1, "and the code that is shown now works");
}

#[test]
fn invite_for_one_lets_one_in() {
    let mut world = camp(&["bob"]);
    let room = world.room("alice");
    let create = Command::CreateInvite {
        room,
        role: Role::Muted,
        expires_at: None,
        max_uses: Some(1),
        reads_before: false,
    };
    world.command("alice", create);
    let single = world.invite("alice");
    world.settle();
    for guest in ["carol", "dave"] {
        world.add(guest);
        world.accept(guest, &single);
        world.dial_all(guest);
        world.settle();
    }

    assert_eq!(world.rooms("carol").len(), 1);
    assert_eq!(world.rooms("dave"), [], "it was used up");
    assert_eq!(role(&mut world, "bob", "carol"), Some(Role::Muted), "as what it says");
    world.say("carol", "may I?");
    assert_eq!(refusals(&world, "carol"), [Refusal::Muted]);
    let state = invites(&mut world, "bob").into_iter().find(|state| state.max_uses == Some(1));
    assert_eq!(state.map(|state| state.uses), Some(1));
}

#[test]
fn words_of_a_muted_member_are_shown_up_to_where_the_admin_had_heard_them() {
    let mut world = camp(&["bob", "carol"]);
    world.say("bob", "heard");
    world.settle();
    for other in ["alice", "carol"] {
        world.part("bob", other);
    }
    world.say("bob", "not heard by Alice");
    world.set_role("alice", "bob", Role::Muted);
    for other in ["alice", "carol"] {
        world.reunite("bob", other);
    }
    world.meet();

    for at in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(at), ["heard"], "{at}");
    }
    world.say("bob", "hello?");
    assert_eq!(refusals(&world, "bob"), [Refusal::Muted]);

    world.set_role("alice", "bob", Role::Member);
    world.say("bob", "thank you");
    world.settle();
    for at in ["alice", "carol"] {
        assert_eq!(world.texts(at), ["heard", "thank you"], "{at}");
    }
}

#[test]
fn admin_who_was_taken_back_can_do_nothing_any_more_wherever_that_is_not_known_yet() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    world.part("alice", "bob");
    world.part("alice", "carol");
    world.set_role("alice", "bob", Role::Member);
    world.set_role("bob", "carol", Role::Removed);
    assert_eq!(role(&mut world, "carol", "carol"), Some(Role::Removed), "as far as Carol knows");

    world.reunite("alice", "bob");
    world.reunite("alice", "carol");
    world.meet();

    for at in ["alice", "bob"] {
        assert_eq!(role(&mut world, at, "carol"), Some(Role::Member), "{at}");
    }
}

#[test]
fn members_cannot_govern_and_admins_not_each_other() {
    let mut world = camp(&["bob", "carol", "dave"]);
    world.set_role("alice", "bob", Role::Admin);
    world.set_role("alice", "carol", Role::Admin);
    world.set_role("dave", "bob", Role::Muted);
    world.set_role("bob", "carol", Role::Removed);
    world.set_role("bob", "alice", Role::Removed);
    world.set_role("bob", "dave", Role::Admin);

    assert_eq!(refusals(&world, "dave"), [Refusal::NotAdmin]);
    assert_eq!(refusals(&world, "bob"), [Refusal::NotOwner; 3]);
    let roles: BTreeMap<_, _> =
        members(&mut world, "dave").into_iter().map(|member| (member.name, member.role)).collect();
    let expected = [
        ("alice", Role::Owner),
        ("bob", Role::Admin),
        ("carol", Role::Admin),
        ("dave", Role::Member),
    ];
    assert_eq!(roles, expected.map(|(name, role)| (name.to_owned(), role)).into());
}

#[test]
fn removed_member_is_told_and_left_alone() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Removed);

    assert_eq!(role(&mut world, "bob", "bob"), Some(Role::Removed));
    assert_eq!(world.links_of("bob"), 0);
    world.say("bob", "hello?");
    assert_eq!(refusals(&world, "bob"), [Refusal::Removed]);
    world.meet();
    assert_eq!(world.peers("alice").len(), 1, "only Carol is here");
}

#[test]
fn rules_outlive_the_process() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    world.set_role("bob", "carol", Role::Removed);
    for name in ["alice", "bob"] {
        world.restart(name);
    }
    world.meet();
    world.say("bob", "still here");
    world.settle();

    assert_eq!(role(&mut world, "alice", "bob"), Some(Role::Admin));
    assert_eq!(role(&mut world, "alice", "carol"), Some(Role::Removed));
    assert_eq!(world.texts("alice"), ["still here"]);
}

#[test]
fn member_away_while_the_key_changed_twice_comes_back_and_reads_on() {
    let mut world = camp(&["bob", "carol"]);
    world.part("bob", "alice");
    world.part("bob", "carol");
    let room = world.room("alice");
    for words in ["one", "two"] {
        world.command("alice", Command::ChangeKey { room });
        world.say("carol", words);
        world.settle();
    }

    world.reunite("bob", "carol");
    world.meet();
    world.say("bob", "I am back");
    world.settle();

    for at in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(at).len(), 3, "{at}");
    }
}

#[test]
fn admin_who_has_not_heard_of_a_removal_does_not_undo_it() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Admin);
    world.part("alice", "bob");
    world.part("alice", "carol");
    world.set_role("alice", "carol", Role::Removed);
    for role in [Role::Muted, Role::Member, Role::Muted, Role::Member] {
        world.set_role("bob", "carol", role);
    }

    world.reunite("alice", "bob");
    world.meet();
    for at in ["alice", "bob"] {
        assert_eq!(role(&mut world, at, "carol"), Some(Role::Removed), "{at}");
    }

    world.set_role("bob", "carol", Role::Member);
    for at in ["alice", "bob"] {
        assert_eq!(role(&mut world, at, "carol"), Some(Role::Member), "{at}: who knows of it may");
    }
}

#[test]
fn member_removed_while_away_is_not_spoken_to_however_they_call() {
    let mut world = camp(&["bob", "carol"]);
    for other in ["alice", "carol"] {
        world.part("bob", other);
    }
    world.set_role("alice", "bob", Role::Removed);
    world.say("alice", "he is not here");
    for other in ["alice", "carol"] {
        world.reunite("bob", other);
    }
    // Time and again, by every kind of handshake there is.
    for _ in 0..4 {
        world.meet();
    }

    assert_eq!(world.links_of("bob"), 0);
    for at in ["alice", "carol"] {
        assert_eq!(world.peers(at).len(), 1, "{at}");
    }
    assert_eq!(world.roster("bob").len(), 3, "nobody told him anything");
    assert!(world.texts("bob").is_empty());
}

#[test]
fn removal_revokes_every_invite_however_many_there_are() {
    let mut world = camp(&["bob"]);
    let room = world.room("alice");
    for _ in 0..150 {
        let (role, expires_at, max_uses) = (Role::Member, None, None);
        world.command(
            "alice",
            Command::CreateInvite { room, role, expires_at, max_uses, reads_before: false },
        );
    }
    world.settle();
    let known: Vec<_> = invites(&mut world, "bob").into_iter().map(|state| state.invite).collect();
    assert_eq!(known.len(), 151);

    world.set_role("alice", "bob", Role::Removed);

    assert_eq!(refusals(&world, "alice"), []);
    let wall = world.wall("alice");
    let open = invites(&mut world, "alice").into_iter().filter(|state| state.is_open_at(wall));
    assert!(open.into_iter().all(|state| !known.contains(&state.invite)), "none that Bob knows");
}
