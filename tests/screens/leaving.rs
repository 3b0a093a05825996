//! What people see who leave, and of those who left.

use app::chat_app::ChatApp;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Command, Event, Goodbye, Member, Role};

use crate::{
    network_stage::reach,
    pictures::{Shot, pictures_of_text},
    rules::Rules,
    stage::{Looking, PHONE, Shared, in_ruled},
    story::{BEA, CEM, ME, ROOM},
};

type Screen = (Harness<'static, ChatApp>, Shared);

fn members(looking: Looking, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(looking, rule);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    (harness, shared)
}

/// Cem left, and the person governs.
fn cem_left(rules: &mut Rules) {
    rules.make(ME, Role::Owner);
    rules.make(CEM, Role::Removed);
    let cem = rules.members.iter_mut().find(|member| member.id == CEM);
    cem.expect("a member").has_left = true;
}

fn has(harness: &Harness<'_, ChatApp>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

fn says(harness: &Harness<'_, ChatApp>, words: &str) -> bool {
    harness.query_by_label_contains(words).is_some()
}

fn was_asked(shared: &Shared) -> usize {
    let command = Command::LeaveRoom { room: ROOM };
    shared.borrow().commands.iter().filter(|asked| **asked == command).count()
}

fn owner_asks(looking: Looking) -> Screen {
    let (mut harness, shared) = members(looking, |rules| rules.make(ME, Role::Owner));
    reach(&mut harness, "Leave room");
    harness.get_by_label("Stay").scroll_to_me();
    harness.run_steps(4);
    (harness, shared)
}

fn unfolded(looking: Looking) -> Screen {
    let (mut harness, shared) = members(looking, cem_left);
    reach(&mut harness, "Show 1 who left");
    harness.get_by_label("Cem Yilmaz, left").scroll_to_me();
    harness.run_steps(4);
    (harness, shared)
}

/// The room while the others are being told.
fn waiting(looking: Looking) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |_rules| {});
    let mut script = shared.borrow_mut();
    script.tell(Event::RoomLeaving { room: ROOM });
    let me = script.rules.members.iter().find(|member| member.id == ME).cloned();
    let me = me.expect("a member");
    let member = Member { role: Role::Removed, has_left: true, ..me };
    script.tell(Event::MemberChanged { room: ROOM, member });
    drop(script);
    harness.run_steps(6);
    (harness, shared)
}

#[test]
fn those_who_left_are_no_members_and_are_folded_away() {
    let (mut harness, _shared) = members(Looking::at(PHONE), cem_left);
    assert!(has(&harness, "2 members"));
    assert!(!has(&harness, "Cem Yilmaz, left") && !has(&harness, "Removed"));

    reach(&mut harness, "Show 1 who left");
    let left = harness.get_by_label("Cem Yilmaz, left").rect().top();
    assert!(left > harness.get_by_label("Leave room").rect().top());

    reach(&mut harness, "Hide who left");
    assert!(!has(&harness, "Cem Yilmaz, left"));
}

#[test]
fn nothing_can_be_done_about_who_left() {
    let (mut harness, _shared) = unfolded(Looking::at(PHONE));
    reach(&mut harness, "Cem Yilmaz, left");

    assert!(says(&harness, "Left this room."));
    for deed in ["Let back in", "Remove from room", "Make admin"] {
        assert!(!has(&harness, deed), "{deed}");
    }
}

#[test]
fn who_leaves_is_told_that_the_others_will_see_it_or_why_not() {
    let (mut harness, _shared) = members(Looking::at(PHONE), |rules| rules.make(ME, Role::Member));
    reach(&mut harness, "Leave room");
    assert!(says(&harness, "The others will see that you left."));

    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |_rules| {});
    shared.borrow_mut().net.relays.clear();
    shared.borrow_mut().tell(Event::PeerLost { room: ROOM, peer: BEA });
    harness.run_steps(6);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    reach(&mut harness, "Leave room");
    assert!(says(&harness, "Nobody is near, so the others will not see that you left."));
}

#[test]
fn owner_who_leaves_is_warned_what_becomes_of_the_room() {
    let (mut harness, shared) = owner_asks(Looking::at(PHONE));
    assert!(says(&harness, "The room goes on, but nobody can make admins without you."));
    assert!(says(&harness, "nobody will be able to invite or to remove anybody"));
    assert_eq!(was_asked(&shared), 0);

    reach(&mut harness, "Leave and delete");
    assert_eq!(was_asked(&shared), 1);
}

#[test]
fn while_the_others_are_told_one_may_wait_or_not() {
    let (mut harness, shared) = waiting(Looking::at(PHONE));
    assert!(says(&harness, "The others are being told that you leave."));
    assert!(!has(&harness, "Message to Weekend in the mountains"));
    assert!(!says(&harness, "You were removed"));

    reach(&mut harness, "Do not wait");
    assert_eq!(was_asked(&shared), 1);
}

#[test]
fn who_left_is_told_who_knows() {
    for (goodbye, words) in [
        (Goodbye::Heard, "The others will see it."),
        (Goodbye::Kept, "The others will see it."),
        (Goodbye::Unheard, "Nobody was near, so the others do not know."),
    ] {
        let (mut harness, shared) = in_ruled(Looking::at(PHONE), |_rules| {});
        shared.borrow_mut().tell(Event::RoomLeft { room: ROOM, goodbye });
        harness.run_steps(6);

        assert!(says(&harness, "You left Weekend in the mountains"), "{goodbye:?}");
        assert!(says(&harness, words), "{goodbye:?}");
    }
}

#[test]
fn leaving_looks_as_it_did() {
    let shots: [Shot; 3] =
        [("leave-owner", owner_asks), ("members-left", unfolded), ("leaving", waiting)];
    pictures_of_text(shots);
}
