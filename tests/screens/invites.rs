//! What people see of invites, and do about them.

use app::{
    chat_app::ChatApp,
    ui::{route::Route, state::UiState},
};
use egui::Vec2;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Command, Event, InviteId, Role, RoomOptions, Timestamp};

use crate::{
    network_stage::reach,
    rules::Rules,
    stage::{DESKTOP, Looking, PHONE, Shared, in_ruled, resumed},
    story::{BEA, ME, MINUTE, NOW, ROOM, invite, link, rooms},
};

const SIZES: [Vec2; 2] = [PHONE, DESKTOP];
const HOUR: u64 = 60 * MINUTE;
const CODE: &str = "QR code that invites to Weekend in the mountains";

type Screen = (Harness<'static, ChatApp>, Shared);

/// The invites as this role sees them.
fn invites_as(role: Role, size: Vec2, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(Looking::at(size), |rules| {
        rules.make(ME, role);
        rule(rules);
    });
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    reach(&mut harness, if role >= Role::Admin { "Manage invites" } else { "All invites" });
    (harness, shared)
}

/// The QR of the room as this role sees it.
fn code_as(role: Role, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |rules| {
        rules.make(ME, role);
        rule(rules);
    });
    harness.get_by_label("Invite").click();
    harness.run_steps(6);
    (harness, shared)
}

fn has(harness: &Harness<'_, ChatApp>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

fn says(harness: &Harness<'_, ChatApp>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// Presses the button of an invite by what it does and what is said of the invite.
fn press(harness: &mut Harness<'static, ChatApp>, what: &str, of: &str) {
    let is_meant = |label: &str| label.starts_with(&format!("{what}: ")) && label.contains(of);
    let label = harness
        .query_all_by_label_contains(of)
        .filter_map(|node| egui_kittest::kittest::NodeT::accesskit_node(&node).label())
        .find(|label| is_meant(label))
        .unwrap_or_else(|| panic!("no button to {what} {of}"));
    reach(harness, &label);
}

fn asked(shared: &Shared, command: &Command) -> bool {
    shared.borrow().commands.contains(command)
}

fn revoked(invite: InviteId) -> Command {
    Command::RevokeInvite { room: ROOM, invite }
}

#[test]
fn invites_are_listed_with_all_that_is_known_of_them() {
    for size in SIZES {
        let (harness, _shared) = invites_as(Role::Admin, size, |rules| {
            let end = Some(Timestamp(NOW + HOUR));
            rules.add_invite(ME, Role::Muted, end, (3, Some(10)));
        });

        assert!(has(&harness, "Who joins may read and write") && has(&harness, "Made by Bea"));
        assert!(says(&harness, "2 have joined by it"));
        assert!(has(&harness, "Who joins may only read") && has(&harness, "Made by you"));
        assert!(has(&harness, "Works until Today, 19:30"));
        assert!(has(&harness, "3 of 10 have joined by it"));
    }
}

#[test]
fn invites_that_are_over_stand_at_the_end_and_say_why() {
    let (harness, _shared) = invites_as(Role::Admin, PHONE, |rules| {
        rules.add_invite(BEA, Role::Member, Some(Timestamp(NOW - HOUR)), (1, None));
        rules.add_invite(BEA, Role::Member, None, (1, Some(1)));
        rules.add_invite(BEA, Role::Muted, None, (0, None));
        rules.invites.last_mut().expect("one").is_revoked = true;
    });

    let over = harness.get_by_label("Over").rect().top();
    for why in
        ["Ended Today, 17:30. Made by Bea", "Used up: 1 of 1. Made by Bea", "Revoked. Made by Bea"]
    {
        let place = harness.get_by_label_contains(why).rect().top();
        assert!(place > over, "{why} at {place}");
    }
    assert_eq!(harness.query_all_by_label_contains("Revoke: ").count(), 1);
}

#[test]
fn invite_is_revoked_only_after_a_second_word_that_says_what_it_does() {
    for size in SIZES {
        let (mut harness, shared) = invites_as(Role::Admin, size, |_rules| {});
        let usual = invite().id();
        press(&mut harness, "Revoke", "Made by Bea");
        assert!(says(&harness, "Nobody can join by it any more, even with a photo of the QR."));
        assert!(says(&harness, "key is changed."));
        reach(&mut harness, "Keep it");
        assert!(!asked(&shared, &revoked(usual)));

        press(&mut harness, "Revoke", "Made by Bea");
        reach(&mut harness, "Revoke invite");

        assert!(asked(&shared, &revoked(usual)));
        assert!(says(&harness, "Revoked. Made by Bea"));
        assert!(has(&harness, "Made by you"), "there is a new one");
    }
}

#[test]
fn new_invite_is_made_as_chosen_and_shown() {
    for size in SIZES {
        let (mut harness, shared) = invites_as(Role::Owner, size, |_rules| {});
        reach(&mut harness, "New invite");
        for choice in ["Reader", "In 1 week", "10 people"] {
            reach(&mut harness, choice);
        }
        reach(&mut harness, "Make and show");

        let made = Command::CreateInvite {
            room: ROOM,
            role: Role::Muted,
            expires_at: Some(Timestamp(NOW + 7 * 24 * HOUR)),
            max_uses: Some(10),
            reads_before: false,
        };
        assert!(asked(&shared, &made));
        assert!(has(&harness, CODE));
        assert!(says(&harness, "Whoever joins by this invite may only read."));
        assert!(says(&harness, "It works for 10 people; 10 can still join."));
        reach(&mut harness, "Back");
        assert_eq!(harness.state().state().stack.top(), Route::Invites(ROOM));
        assert!(has(&harness, "0 of 10 have joined by it"));
    }
}

#[test]
fn new_invite_works_for_anybody_and_a_day_unless_chosen_otherwise() {
    let (mut harness, shared) = invites_as(Role::Admin, PHONE, |_rules| {});
    reach(&mut harness, "New invite");
    reach(&mut harness, "Make and show");

    let made = Command::CreateInvite {
        room: ROOM,
        role: Role::Member,
        expires_at: Some(Timestamp(NOW + 24 * HOUR)),
        max_uses: None,
        reads_before: false,
    };
    assert!(asked(&shared, &made));
}

#[test]
fn invite_opens_the_past_only_where_it_is_hidden_and_only_if_that_is_chosen() {
    let (mut harness, shared) = invites_as(Role::Admin, PHONE, |_rules| {});
    assert!(says(&harness, "can join, and read what was written before."));
    reach(&mut harness, "New invite");
    assert!(says(&harness, "Whoever joins can read it, as in this room everybody can."));
    assert!(!has(&harness, "They can read it"));
    reach(&mut harness, "Back");

    let options = RoomOptions { hide_history: true, ..RoomOptions::default() };
    shared.borrow_mut().tell(Event::OptionsChanged { room: ROOM, options });
    harness.run_steps(6);
    assert!(!says(&harness, "and read what was written before."));
    assert!(has(&harness, "What was written before stays hidden"));
    reach(&mut harness, "New invite");
    assert!(says(&harness, "Whoever joins reads only what is written once they are there."));
    reach(&mut harness, "They can read it");
    reach(&mut harness, "Make and show");

    let (role, expires_at) = (Role::Member, Some(Timestamp(NOW + 24 * HOUR)));
    let (max_uses, reads_before) = (None, true);
    let made = Command::CreateInvite { room: ROOM, role, expires_at, max_uses, reads_before };
    assert!(asked(&shared, &made));
    assert!(says(&harness, "They can read what was written before."));
    reach(&mut harness, "Back");
    assert!(has(&harness, "They can read what was written before"));
}

#[test]
fn invite_that_is_refused_is_said_to_be_and_no_other_is_shown_for_it() {
    let (mut harness, shared) = invites_as(Role::Admin, PHONE, |_rules| {});
    reach(&mut harness, "New invite");
    // Somebody took it back a moment ago.
    shared.borrow_mut().rules.make(ME, Role::Member);
    reach(&mut harness, "Make and show");
    shared.borrow_mut().tell(Event::InviteReady { room: ROOM, invite: invite() });
    harness.run_steps(6);

    assert!(has(&harness, "Only admins of the room can do this."));
    assert_eq!(harness.state().state().stack.top(), Route::NewInvite(ROOM));
}

#[test]
fn who_may_not_change_invites_sees_them_and_who_may() {
    let (harness, _shared) = invites_as(Role::Member, PHONE, |_rules| {});

    assert!(has(&harness, "Only the owner and admins can change them: Bea."));
    assert!(says(&harness, "Show: "));
    assert!(!says(&harness, "Revoke: "));
    assert!(!has(&harness, "New invite") && !has(&harness, "Change the key now"));
}

#[test]
fn one_invite_of_several_is_shown_and_left_for_the_usual_one() {
    let (mut harness, shared) = code_as(Role::Admin, |rules| {
        rules.add_invite(ME, Role::Member, None, (0, Some(1)));
    });
    assert!(has(&harness, CODE) && !says(&harness, "Whoever joins by this invite"));
    reach(&mut harness, "Manage invites");
    press(&mut harness, "Show", "For one person, not used yet");

    let one = shared.borrow().rules.invites[1].invite;
    assert!(asked(&shared, &Command::ShowInvite { room: ROOM, invite: Some(one) }));
    assert!(has(&harness, CODE) && says(&harness, "It works for one person."));

    reach(&mut harness, "Back");
    reach(&mut harness, "Back");
    assert_eq!(harness.state().state().stack.top(), Route::Invite(ROOM));
    assert!(has(&harness, CODE) && !says(&harness, "Whoever joins by this invite"));
}

#[test]
fn saved_and_copied_is_the_code_that_is_shown() {
    let (mut harness, shared) = code_as(Role::Admin, |rules| {
        rules.add_invite(ME, Role::Member, None, (0, Some(1)));
    });
    reach(&mut harness, "Manage invites");
    press(&mut harness, "Show", "For one person, not used yet");
    reach(&mut harness, "Save as picture");

    let script = shared.borrow();
    let picture = image::load_from_memory(&script.saved[0].1).expect("a PNG").into_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let luma = qr::Luma::new(width, height, picture.into_raw()).expect("a picture");
    let text = qr::Reader::new(qr::Effort::Photo).read(luma.view()).expect("a code");
    let read = engine::Invite::parse(&text).expect("an invite");
    assert_eq!(read.id(), script.rules.invites[1].invite);
}

#[test]
fn member_without_any_invite_that_works_learns_whom_to_ask() {
    let (harness, _shared) = code_as(Role::Member, Rules::revoke_all);

    assert!(has(&harness, "No invite works any more"));
    assert!(has(&harness, "Ask an admin for a new one: Bea."));
    assert!(!has(&harness, CODE) && !has(&harness, "New invite") && !has(&harness, "Copy link"));
    assert!(!says(&harness, "ask one of its admins"), "it is said once");
}

#[test]
fn admin_without_any_invite_that_works_makes_one() {
    let (mut harness, _shared) = code_as(Role::Admin, Rules::revoke_all);
    assert!(has(&harness, "No invite works any more"));

    reach(&mut harness, "New invite");
    reach(&mut harness, "Make and show");
    reach(&mut harness, "Back");

    assert_eq!(harness.state().state().stack.top(), Route::Invite(ROOM));
    assert!(has(&harness, CODE) && !has(&harness, "No invite works any more"));
}

#[test]
fn code_goes_when_somebody_else_revokes_its_invite() {
    let (mut harness, shared) = code_as(Role::Member, |_rules| {});
    assert!(has(&harness, CODE));
    {
        let mut script = shared.borrow_mut();
        script.rules.revoke_all();
        script.tell(Event::HistoryChanged { room: ROOM });
    }
    harness.run_steps(6);

    assert!(!has(&harness, CODE));
    assert!(has(&harness, "No invite works any more"));
}

#[test]
fn key_is_changed_at_a_word_and_said_to_be() {
    let (mut harness, shared) = invites_as(Role::Admin, PHONE, |_rules| {});
    reach(&mut harness, "Change the key now");

    assert!(asked(&shared, &Command::ChangeKey { room: ROOM }));
    assert!(has(&harness, "The room\u{2019}s key was changed."));
}

#[test]
fn invites_follow_what_happens_while_they_are_looked_at() {
    let (mut harness, shared) = invites_as(Role::Member, PHONE, |_rules| {});
    {
        let mut script = shared.borrow_mut();
        script.links = vec![link(4, Some(BEA))];
        script.rules.invites[0].uses = 3;
        let member = script.rules.members[2].clone();
        script.tell(Event::MemberChanged { room: ROOM, member });
    }
    harness.run_steps(6);

    assert!(says(&harness, "3 have joined by it"));
}

#[test]
fn code_and_invites_are_there_again_after_a_restart() {
    for (route, words) in [(Route::Invite(ROOM), CODE), (Route::Invites(ROOM), "Made by Bea")] {
        let shared = Shared::default();
        {
            let mut script = shared.borrow_mut();
            let rooms = rooms(&[], &script.rules.members);
            script.tell(Event::Started { name: Some("Ana".to_owned()), rooms });
        }
        let mut state = UiState::default();
        state.stack.open(Route::Room(ROOM));
        state.stack.open(route);
        let mut harness = resumed(Looking::at(PHONE), &shared, state);
        harness.run_steps(6);

        assert!(has(&harness, words), "{route:?}");
    }
}
