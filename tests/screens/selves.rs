//! Several devices of one person, as people see them; and when somebody was last heard of.

use app::chat_app::ChatApp;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Bond, Command, Event, LastSeen, Member, PeerId, Role, Seen, Timestamp};

use crate::{
    network_stage::reach,
    pictures::{Shot, pictures, pictures_of_text},
    rules::Rules,
    stage::{DESKTOP, Looking, PHONE, Shared, in_ruled},
    story::{BEA, CEM, ME, MINUTE, NOW, ROOM, member, text_of},
};

type Screen = (Harness<'static, ChatApp>, Shared);

/// Bea's, or Ana's, other device.
const LAPTOP: PeerId = PeerId::from_bytes([0x31; 32]);

fn members(looking: Looking, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(looking, rule);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    (harness, shared)
}

/// Bea has a second device, which holds more than the first.
fn bea_twice(rules: &mut Rules) {
    rules.make(ME, Role::Owner);
    rules.members.push(member(LAPTOP, "Bea\u{2019}s laptop", 13));
    rules.members.iter_mut().filter(|m| m.id == BEA).for_each(|bea| bea.holds = 0);
    rules.unite(&[BEA, LAPTOP]);
}

/// Ana has a second device.
fn ana_twice(rules: &mut Rules) {
    rules.members.push(member(LAPTOP, "Ana", 13));
    rules.unite(&[ME, LAPTOP]);
}

/// Somebody says to be Ana on another device.
fn asked(rules: &mut Rules) {
    let bond = Bond::Asks;
    rules.members.push(Member { bond, ..member(LAPTOP, "Ana\u{2019}s laptop", 0) });
}

fn has(harness: &Harness<'_, ChatApp>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

fn says(harness: &Harness<'_, ChatApp>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn was_said(shared: &Shared, member: PeerId, is_so: bool) -> bool {
    let command = Command::SetSelf { room: ROOM, member, is_so };
    shared.borrow().commands.contains(&command)
}

/// Somebody's row opened.
fn open(harness: &mut Harness<'static, ChatApp>, row: &str) {
    harness.get_by_label_contains(row).scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label_contains(row).click();
    harness.run_steps(6);
}

fn bea_card(looking: Looking) -> Screen {
    let (mut harness, shared) = members(looking, bea_twice);
    open(&mut harness, "Bea, 2 devices");
    (harness, shared)
}

fn asked_card(looking: Looking) -> Screen {
    members(looking, asked)
}

fn my_card(looking: Looking) -> Screen {
    let (mut harness, shared) = members(looking, ana_twice);
    open(&mut harness, "Ana (you), 2 devices");
    (harness, shared)
}

#[test]
fn devices_of_one_person_are_one_row_with_the_best_way_there_is() {
    for size in [PHONE, DESKTOP] {
        let (harness, _shared) = members(Looking::at(size), bea_twice);

        assert!(has(&harness, "3 members"), "people, not devices");
        assert!(has(&harness, "Bea, 2 devices, here now"));
        assert!(!says(&harness, "laptop"));
    }
}

#[test]
fn what_one_device_holds_its_person_holds() {
    let (harness, _shared) = in_ruled(Looking::at(PHONE), bea_twice);

    assert!(says(&harness, "reached 1 of 2 members"), "two others, one of whom has it");
}

#[test]
fn devices_of_one_person_need_no_tag_and_others_of_that_name_do() {
    let (mut harness, shared) = members(Looking::at(PHONE), ana_twice);
    assert!(says(&harness, "Ana (you), 2 devices"), "no tag");

    let twin = member(PeerId::from_bytes([0x44; 32]), "Ana", 0);
    shared.borrow_mut().tell(Event::MemberChanged { room: ROOM, member: twin });
    harness.run_steps(6);
    assert!(says(&harness, "Ana \u{b7} 0101 (you), 2 devices"));
    assert!(says(&harness, "Ana \u{b7} 4444, not met yet"));
}

#[test]
fn what_the_person_wrote_elsewhere_is_on_their_side() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), ana_twice);
    shared.borrow_mut().add(text_of(LAPTOP, 14, 0, "From my laptop"));
    shared.borrow_mut().add(text_of(CEM, 15, 0, "From Cem"));
    harness.run();

    let left = |text: &str| harness.get_by_label(text).rect().left();
    assert!(left("From my laptop") > 150.0 && left("From Cem") < 100.0);
}

#[test]
fn other_device_is_asked_for_on_its_card_and_can_be_taken_back() {
    let (mut harness, shared) = members(Looking::at(PHONE), |_rules| {});
    open(&mut harness, "Cem Yilmaz, ");
    reach(&mut harness, "This is my other device");
    assert!(was_said(&shared, CEM, true));
    assert!(says(&harness, "Say yes on it, too"));

    reach(&mut harness, "It is not my device");
    assert!(was_said(&shared, CEM, false));
    assert!(has(&harness, "This is my other device"));
}

#[test]
fn who_is_asked_says_yes_or_no() {
    for (answer, is_so, people) in
        [("Yes, it is mine", true, "3 members"), ("No", false, "4 members")]
    {
        let (mut harness, shared) = asked_card(Looking::at(PHONE));
        assert!(says(&harness, "Is Ana\u{2019}s laptop you, on another device?"));
        assert!(has(&harness, "4 members"), "nothing is so before it is said");

        reach(&mut harness, answer);

        assert!(was_said(&shared, LAPTOP, is_so));
        assert!(has(&harness, people), "{answer}");
        assert!(!says(&harness, "on another device?"));
    }
}

#[test]
fn who_is_asked_is_told_wherever_they_are() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |_rules| {});
    let member = Member { bond: Bond::Asks, ..member(LAPTOP, "Ana\u{2019}s laptop", 0) };
    shared.borrow_mut().tell(Event::MemberChanged { room: ROOM, member });
    harness.run_steps(6);

    assert!(says(&harness, "Ana\u{2019}s laptop says to be you, on another device."));
}

#[test]
fn person_unlinks_a_device_on_their_own_card() {
    let (mut harness, shared) = my_card(Looking::at(PHONE));
    reach(&mut harness, "Unlink Ana");

    assert!(was_said(&shared, LAPTOP, false));
    assert!(!has(&harness, "2 devices"));
}

#[test]
fn what_is_done_about_a_person_is_done_about_all_devices() {
    let (mut harness, shared) = bea_card(Looking::at(PHONE));
    reach(&mut harness, "Remove from room");
    assert!(says(&harness, "All 2 of their devices are removed."));
    reach(&mut harness, "Remove Bea");

    let (room, member, role) = (ROOM, BEA, Role::Removed);
    let all = Command::SetPersonRole { room, member, role };
    assert!(shared.borrow().commands.contains(&all));
}

#[test]
fn last_seen_says_how_it_is_known() {
    for (how, words) in [
        (Seen::Linked, "Cem Yilmaz, was here 11 min ago"),
        (Seen::Wrote, "Cem Yilmaz, wrote 11 min ago"),
        (Seen::Told { by: BEA }, "Cem Yilmaz, heard of through Bea 11 min ago"),
    ] {
        let (harness, _shared) = members(Looking::at(PHONE), |rules| {
            let at = Timestamp(NOW - 11 * MINUTE);
            let cem = rules.members.iter_mut().find(|member| member.id == CEM);
            cem.expect("a member").last_seen = Some(LastSeen { at, how });
        });

        assert!(has(&harness, words), "{words}");
    }
}

#[test]
fn header_says_how_many_are_near_and_never_that_somebody_is_online() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), bea_twice);
    assert!(says(&harness, "1 of 2 near, direct"));

    shared.borrow_mut().tell(Event::PeerLost { room: ROOM, peer: BEA });
    harness.run_steps(6);
    assert!(says(&harness, "nobody near: messages wait in the mailbox"));
    assert!(!says(&harness, "online"));
}

#[test]
fn message_that_reached_nobody_is_stored_here_or_in_the_mailbox() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |rules| {
        rules.members.iter_mut().for_each(|member| member.holds = 0);
    });
    assert!(says(&harness, "stored on this device"));

    shared.borrow_mut().tell(Event::Deposited { room: ROOM, up_to: 13 });
    harness.run_steps(6);
    assert!(says(&harness, "in the mailbox, reached nobody yet"));
}

#[test]
fn person_with_two_devices_looks_as_it_did() {
    pictures("person", bea_card);
}

#[test]
fn devices_in_large_text_look_as_they_did() {
    let shots: [Shot; 3] =
        [("person", bea_card), ("person-asked", asked_card), ("person-mine", my_card)];
    pictures_of_text(shots);
}
