//! What people see of members, and do about them.

use app::{chat_app::ChatApp, ui::route::Route};
use egui::Vec2;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Body, Command, Event, PeerId, Role};

use crate::{
    network_stage::reach,
    rules::Rules,
    stage::{DESKTOP, Looking, PHONE, Shared, in_room, in_ruled},
    story::{BEA, CEM, ME, ROOM, member, said, text_of},
};

const SIZES: [Vec2; 2] = [PHONE, DESKTOP];
const FIELD: &str = "Message to Weekend in the mountains";

type Screen = (Harness<'static, ChatApp>, Shared);

/// Somebody's row on the members screen of [`ROOM`].
fn row(harness: &mut Harness<'static, ChatApp>, name: &str) {
    harness.get_by_label_contains(&format!("{name}, ")).scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label_contains(&format!("{name}, ")).click();
    harness.run_steps(6);
}

/// The members as this role sees them.
fn members_as(role: Role, size: Vec2) -> Screen {
    members_ruled(size, |rules| rules.make(ME, role))
}

fn members_ruled(size: Vec2, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(Looking::at(size), rule);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    (harness, shared)
}

/// Cem's own screen as this role sees it.
fn cem_as(role: Role, cem: Role) -> Screen {
    let (mut harness, shared) = members_ruled(PHONE, |rules| {
        rules.make(ME, role);
        rules.make(CEM, cem);
    });
    row(&mut harness, "Cem Yilmaz");
    (harness, shared)
}

fn has(harness: &Harness<'_, ChatApp>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

fn was_asked(shared: &Shared, role: Role) -> bool {
    let command = Command::SetRole { room: ROOM, member: CEM, role };
    shared.borrow().commands.contains(&command)
}

/// What may be done about Cem.
fn deeds(harness: &Harness<'_, ChatApp>) -> Vec<&'static str> {
    let all = [
        "Make admin",
        "Take admin back",
        "Let write",
        "Mute (may only read)",
        "Remove from room",
        "Let back in",
    ];
    all.into_iter().filter(|label| has(harness, label)).collect()
}

#[test]
fn members_are_shown_with_role_and_how_they_are_reached() {
    for size in SIZES {
        let (harness, _shared) = members_as(Role::Admin, size);

        assert!(has(&harness, "3 members"));
        assert!(has(&harness, "Bea, Owner, here now"));
        assert!(has(&harness, "Cem Yilmaz, was here 11 min ago"));
        assert!(has(&harness, "Ana (you), Admin, this device"));
    }
}

#[test]
fn member_is_shown_with_role_way_and_key() {
    for size in SIZES {
        let (mut harness, _shared) = members_as(Role::Member, size);
        row(&mut harness, "Bea");

        assert_eq!(harness.state().state().stack.top(), Route::Member(ROOM, BEA));
        assert!(harness.query_by_label_contains("Owner: began this room").is_some());
        assert!(has(&harness, "here now"));
        assert!(has(&harness, "Round trip 1.8 ms"));
        assert!(harness.query_by_label_contains("0202 0202").is_some());
    }
}

#[test]
fn each_role_may_do_what_it_may_and_no_more() {
    let seen = |mine, theirs| deeds(&cem_as(mine, theirs).0);

    let (mute, remove) = ("Mute (may only read)", "Remove from room");
    assert_eq!(seen(Role::Owner, Role::Member), ["Make admin", mute, remove]);
    assert_eq!(seen(Role::Owner, Role::Admin), ["Take admin back", remove]);
    assert_eq!(seen(Role::Admin, Role::Member), [mute, remove]);
    assert_eq!(seen(Role::Admin, Role::Muted), ["Let write", remove]);
    assert_eq!(seen(Role::Admin, Role::Removed), ["Let back in"]);
    assert_eq!(seen(Role::Admin, Role::Admin), [""; 0]);
    assert_eq!(seen(Role::Member, Role::Member), [""; 0]);
    assert_eq!(seen(Role::Muted, Role::Removed), [""; 0]);
}

#[test]
fn nobody_does_anything_about_themselves() {
    let (mut harness, _shared) = members_as(Role::Owner, PHONE);
    row(&mut harness, "Ana (you)");

    assert_eq!(deeds(&harness), [""; 0]);
    assert!(harness.query_by_label_contains("You began this room").is_some());
}

#[test]
fn admin_mutes_and_lets_write_again() {
    let (mut harness, shared) = cem_as(Role::Admin, Role::Member);
    reach(&mut harness, "Mute (may only read)");
    assert!(was_asked(&shared, Role::Muted));
    assert!(has(&harness, "May read, but not write."));

    reach(&mut harness, "Let write");
    assert!(was_asked(&shared, Role::Member));
    assert!(has(&harness, "May read and write."));
}

#[test]
fn owner_makes_an_admin_and_takes_it_back() {
    let (mut harness, shared) = cem_as(Role::Owner, Role::Member);
    reach(&mut harness, "Make admin");
    assert!(was_asked(&shared, Role::Admin));
    assert!(harness.query_by_label_contains("Admin: may invite").is_some());

    reach(&mut harness, "Take admin back");
    assert!(was_asked(&shared, Role::Member));
}

#[test]
fn member_is_removed_only_after_a_second_word_that_says_what_it_does() {
    let (mut harness, shared) = cem_as(Role::Admin, Role::Member);
    reach(&mut harness, "Remove from room");
    assert!(!was_asked(&shared, Role::Removed));
    for words in [
        "Cem Yilmaz can read nothing written from now on.",
        "What they have read before stays with them.",
        "All invites stop working; a new one is made.",
    ] {
        assert!(harness.query_by_label_contains(words).is_some(), "{words}");
    }
    reach(&mut harness, "Do not remove");
    assert!(!was_asked(&shared, Role::Removed));

    reach(&mut harness, "Remove from room");
    reach(&mut harness, "Remove Cem Yilmaz");

    assert!(was_asked(&shared, Role::Removed));
    assert!(harness.query_by_label_contains("Was removed: can read nothing").is_some());
}

#[test]
fn question_that_was_not_answered_is_not_asked_of_somebody_else() {
    let (mut harness, _shared) = cem_as(Role::Owner, Role::Member);
    reach(&mut harness, "Remove from room");
    harness.get_by_label("Back").click();
    harness.run_steps(6);
    row(&mut harness, "Cem Yilmaz");

    assert!(!has(&harness, "Remove Cem Yilmaz"));
    assert!(has(&harness, "Remove from room"));
}

#[test]
fn removed_are_no_members_and_are_let_back_in() {
    let (mut harness, shared) = members_ruled(PHONE, |rules| {
        rules.make(ME, Role::Admin);
        rules.make(CEM, Role::Removed);
    });
    assert!(has(&harness, "2 members") && has(&harness, "Removed"));
    let removed = harness.get_by_label("Cem Yilmaz, removed").rect().top();
    assert!(removed > harness.get_by_label("Leave room").rect().top());

    row(&mut harness, "Cem Yilmaz");
    reach(&mut harness, "Let back in");
    assert!(was_asked(&shared, Role::Member));
    reach(&mut harness, "Back");

    assert!(has(&harness, "3 members") && !has(&harness, "Removed"));
}

#[test]
fn names_that_look_alike_are_told_apart_everywhere() {
    let twin = PeerId::from_bytes([0x3f; 32]);
    let (mut harness, shared) = in_ruled(Looking::at(DESKTOP), |rules| {
        // The first letter is Cyrillic.
        rules.members.push(member(twin, "\u{412}ea", 0));
    });
    shared.borrow_mut().add(text_of(twin, 14, 0, "Send me the money"));
    harness.run();

    assert!(has(&harness, "\u{412}ea \u{b7} 3f3f"), "above the bubble");
    let preview = "\u{412}ea \u{b7} 3f3f: Send me the money";
    assert!(harness.query_by_label_contains(preview).is_some(), "in the list");
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    assert!(harness.query_by_label_contains("Bea \u{b7} 0202, Owner").is_some());
    row(&mut harness, "\u{412}ea \u{b7} 3f3f");
    assert!(harness.query_by_label_contains("has a name that looks the same").is_some());
}

#[test]
fn tag_is_never_cut_off_a_long_name() {
    let (one, other) = (PeerId::from_bytes([0x21; 32]), PeerId::from_bytes([0x44; 32]));
    let name = "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrente Maria";
    let looking = Looking { text: 200, ..Looking::at(PHONE) };
    let (mut harness, shared) = in_ruled(looking, |rules| {
        rules.members.extend([member(one, name, 0), member(other, name, 0)]);
    });
    shared.borrow_mut().add(text_of(one, 14, 0, "Hello"));
    harness.run();

    assert!(harness.query_by_label_contains("\u{2026} \u{b7} 2121").is_some());
}

#[test]
fn muted_read_that_they_are_and_cannot_write() {
    for size in SIZES {
        let (harness, _shared) = in_ruled(Looking::at(size), |rules| rules.make(ME, Role::Muted));

        assert!(has(&harness, "You can read here; an admin has muted you."));
        assert!(!has(&harness, FIELD) && !has(&harness, "Leave room"));
    }
}

#[test]
fn composer_comes_and_goes_with_the_right_to_write() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    let tell = |role| {
        let me = engine::Member { role, ..member(ME, "Ana", 0) };
        shared.borrow_mut().tell(Event::MemberChanged { room: ROOM, member: me });
    };
    tell(Role::Muted);
    harness.run();
    assert!(!has(&harness, FIELD));

    tell(Role::Member);
    harness.run();
    assert!(has(&harness, FIELD));
}

#[test]
fn removed_keep_what_they_have_and_may_leave() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |rules| rules.make(ME, Role::Removed));
    assert!(has(&harness, "You were removed from this room. You keep what you have."));
    assert!(has(&harness, "See you at the station"));
    assert!(!has(&harness, FIELD) && !has(&harness, "Invite"));

    reach(&mut harness, "Leave room");
    assert!(!shared.borrow().commands.contains(&Command::LeaveRoom { room: ROOM }));
    reach(&mut harness, "Leave and delete");

    assert!(shared.borrow().commands.contains(&Command::LeaveRoom { room: ROOM }));
    assert_eq!(harness.state().state().stack.top(), Route::Rooms);
}

#[test]
fn room_is_left_only_after_a_second_word() {
    let (mut harness, shared) = members_as(Role::Member, PHONE);
    reach(&mut harness, "Leave room");
    assert!(!shared.borrow().commands.contains(&Command::LeaveRoom { room: ROOM }));

    reach(&mut harness, "Leave and delete");

    assert!(shared.borrow().commands.contains(&Command::LeaveRoom { room: ROOM }));
    assert_eq!(harness.state().state().stack.top(), Route::Rooms);
}

#[test]
fn what_was_done_to_members_stands_in_the_conversation() {
    let (mut harness, shared) = in_room(Looking::at(DESKTOP));
    let made = |role| Body::RoleChanged { member: ME, role };
    let removed = vec![CEM];
    for (seq, body) in [made(Role::Muted), made(Role::Admin)].into_iter().enumerate() {
        shared.borrow_mut().add(said(BEA, 14 + seq as u64, 0, body));
    }
    shared.borrow_mut().add(said(ME, 16, 0, Body::KeyChanged { removed, revoked: 1 }));
    harness.run();

    for words in ["Bea muted you", "Bea made you an admin", "You removed Cem Yilmaz"] {
        assert!(has(&harness, words), "{words}");
    }
    assert!(harness.query_by_label_contains(", You removed Cem Yilmaz, ").is_some(), "preview");
}
