//! What people see of who somebody is, and do about those they do not want to read.

use app::{chat_app::ChatApp, ui::route::Route};
use egui::Vec2;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Command, Event, PersonCode, Role, RoomId};

use crate::{
    network_stage::reach,
    people_stage::code_of,
    pictures::{Shot, pictures, pictures_of_text, shot},
    rules::Rules,
    stage::{DESKTOP, Looking, PHONE, SMALL_PHONE, Shared, in_ruled, settled},
    story::{BEA, CEM, ME, ROOM, text_of},
};

const SIZES: [Vec2; 2] = [PHONE, DESKTOP];

type Screen = (Harness<'static, ChatApp>, Shared);

fn has(harness: &Harness<'_, ChatApp>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

fn says(harness: &Harness<'_, ChatApp>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn top(harness: &Harness<'_, ChatApp>) -> Route {
    harness.state().state().stack.top()
}

fn asked(shared: &Shared, command: &Command) -> bool {
    shared.borrow().commands.contains(command)
}

/// The card of Cem, whose person made sure of nobody, or of those `rule` says.
fn cem(looking: Looking, rule: impl FnOnce(&mut Rules)) -> Screen {
    let (mut harness, shared) = in_ruled(looking, rule);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    let row = harness.query_all_by_label_contains("Cem Yilmaz").next().expect("his row");
    row.scroll_to_me();
    harness.run_steps(4);
    harness.query_all_by_label_contains("Cem Yilmaz").next().expect("his row").click();
    harness.run_steps(6);
    (harness, shared)
}

fn verifying(looking: Looking) -> Screen {
    let (mut harness, shared) = cem(looking, |_| {});
    reach(&mut harness, "Check it is really them");
    (harness, shared)
}

fn differing(looking: Looking) -> Screen {
    let (mut harness, shared) = verifying(looking);
    reach(&mut harness, "They differ");
    (harness, shared)
}

fn blocking(looking: Looking) -> Screen {
    let (mut harness, shared) = cem(looking, |_| {});
    reach(&mut harness, "Block");
    harness.get_by_label("Do not block").scroll_to_me();
    harness.run_steps(4);
    (harness, shared)
}

fn reporting(looking: Looking) -> Screen {
    let (mut harness, shared) = cem(looking, |rules| rules.make(ME, Role::Admin));
    reach(&mut harness, "Report to the admins");
    (harness, shared)
}

/// The members as an admin sees them who was told two things.
fn reported(looking: Looking) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |rules| {
        rules.make(ME, Role::Admin);
        let cem = rules.members.iter_mut().find(|member| member.id == CEM).expect("Cem");
        cem.is_verified = true;
    });
    {
        let mut script = shared.borrow_mut();
        script.report(BEA, CEM, "He keeps posting maps nobody asked for.", Some("hut - lake"));
        script.report(CEM, BEA, "She is rude to Cem.", None);
    }
    harness.run();
    harness.get_by_label("Members, 2 reports").click();
    harness.run_steps(6);
    (harness, shared)
}

fn verified_everywhere(rules: &mut Rules) {
    for member in rules.members.iter_mut().filter(|member| member.id != ME) {
        member.is_verified = true;
    }
}

/// The screens about who somebody is, and what may be done about them.
pub(crate) const PEOPLE: [Shot; 10] = [
    ("verify", verifying),
    ("verify-scan", |looking| {
        let (mut harness, shared) = verifying(looking);
        harness.get_by_label("Scan their code").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("verify-differ", differing),
    ("verify-wrong", |looking| {
        let (mut harness, shared) = verifying(looking);
        reach(&mut harness, "Scan their code");
        type_code(&mut harness, &code_of(BEA).to_text());
        (harness, shared)
    }),
    ("person-verified", |looking| cem(looking, verified_everywhere)),
    ("person-block", blocking),
    ("report", |looking| {
        let (mut harness, shared) = reporting(looking);
        write(&mut harness, "What happened?", "He shouts at people at night.");
        (harness, shared)
    }),
    ("reports", reported),
    ("members-verified", |looking| {
        let (mut harness, shared) = in_ruled(looking, |rules| {
            verified_everywhere(rules);
            let cem = rules.members.iter_mut().find(|member| member.id == CEM).expect("Cem");
            cem.is_blocked = true;
        });
        harness.get_by_label("Members").click();
        harness.run_steps(6);
        (harness, shared)
    }),
    ("room-verified", |looking| {
        let (mut harness, shared) = in_ruled(looking, verified_everywhere);
        shared.borrow_mut().add(text_of(BEA, 14, 0, "Who brings the stove?"));
        harness.run();
        (harness, shared)
    }),
];

fn type_code(harness: &mut Harness<'static, ChatApp>, text: &str) {
    write(harness, "Or type the code", text);
    reach(harness, "Check");
}

fn write(harness: &mut Harness<'static, ChatApp>, field: &str, text: &str) {
    harness.get_by_label(field).scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label(field).focus();
    harness.run_steps(4);
    harness.get_by_label(field).type_text(text);
    harness.run_steps(4);
}

#[test]
fn pictures_that_match_make_somebody_verified() {
    for size in SIZES {
        let (mut harness, shared) = verifying(Looking::at(size));

        assert!(asked(&shared, &Command::CompareKeys { room: ROOM, member: CEM }));
        for name in ["Pig", "Train", "Dog", "Guitar", "Strawberry"] {
            assert!(has(&harness, name), "{name} can be read aloud");
        }
        reach(&mut harness, "They match");

        let verify = Command::SetVerified { room: ROOM, member: CEM, is_verified: true };
        assert!(asked(&shared, &verify));
        assert_eq!(top(&harness), Route::Member(ROOM, CEM));
        assert!(says(&harness, "You made sure that this is Cem Yilmaz"));
        assert!(says(&harness, "verified"), "the sign has a name");
    }
}

#[test]
fn pictures_that_differ_lead_to_what_it_means_and_what_to_do() {
    let (mut harness, shared) = differing(Looking::at(PHONE));

    assert!(says(&harness, "Do not trust what is written under it"));
    assert!(has(&harness, "Report to the admins") && has(&harness, "Block"));
    assert!(!has(&harness, "They match"), "nobody hits it by mistake");
    let is_marked = |shared: &Shared| {
        let script = shared.borrow();
        script.commands.iter().any(|command| matches!(command, Command::SetVerified { .. }))
    };
    assert!(!is_marked(&shared));

    reach(&mut harness, "Compare again");
    assert!(has(&harness, "They match"));
}

#[test]
fn scanned_code_of_the_right_person_verifies_and_of_another_says_so_plainly() {
    let (mut harness, shared) = verifying(Looking::at(PHONE));
    reach(&mut harness, "Scan their code");
    assert_eq!(top(&harness), Route::ScanPerson(ROOM, CEM));
    assert!(has(&harness, "Scan the code of Cem Yilmaz"));
    type_code(&mut harness, &code_of(BEA).to_text());

    assert_eq!(top(&harness), Route::Verify(ROOM, CEM));
    assert!(has(&harness, "This is NOT Cem Yilmaz"));
    assert!(has(&harness, "The code you scanned is that of Bea."));
    assert!(!has(&harness, "They match"), "nothing else is there to be hit by mistake");
    assert!(!shared.borrow().rules.members.iter().any(|member| member.is_verified));

    reach(&mut harness, "Scan again");
    type_code(&mut harness, &code_of(ME).to_text());
    assert!(says(&harness, "This is your own code"), "which is no reason for distrust");
    assert!(!has(&harness, "Block"));
    reach(&mut harness, "Scan again");
    type_code(&mut harness, &code_of(CEM).to_text());
    assert_eq!(top(&harness), Route::Member(ROOM, CEM));
    assert!(says(&harness, "This is really Cem Yilmaz."));
    harness.get_by_label("Back").click();
    harness.run_steps(4);
    assert_eq!(top(&harness), Route::Peers(ROOM), "not back to the scanner");
}

#[test]
fn code_of_a_person_scanned_anywhere_opens_their_card() {
    let (mut harness, shared) = settled(Looking::at(PHONE));
    let mut scan = |code: PersonCode| {
        shared.borrow_mut().clipboard = Some(code.to_text());
        harness.get_by_label("Scan").click();
        harness.run_steps(4);
        reach(&mut harness, "Paste a picture or link");
        harness.run_steps(4);
        let seen = (top(&harness), says(&harness, "It is not an invite"));
        while top(&harness) != Route::Rooms {
            harness.get_by_label("Back").click();
            harness.run_steps(4);
        }
        seen
    };

    assert_eq!(scan(code_of(BEA)), (Route::Member(ROOM, BEA), false));
    let elsewhere = PersonCode { room: RoomId::from_bytes([0xee; 16]), ..code_of(BEA) };
    assert_eq!(scan(elsewhere), (Route::Scan, true), "it says what it is");
}

#[test]
fn sign_of_the_verified_is_read_aloud_wherever_their_name_stands() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), verified_everywhere);
    shared.borrow_mut().add(text_of(BEA, 14, 0, "Who brings the stove?"));
    harness.run();

    let above = harness.query_all_by_label("Bea (verified)").count();
    assert!(above > 0, "above her words");
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    assert!(has(&harness, "Bea, verified, Owner, here now"));
    harness.get_by_label("Back").click();
    harness.run_steps(4);
    let remark = "Cem Yilmaz (verified) joined";
    let room = || Command::LoadPage { room: ROOM, before: None, limit: 100 };
    assert!(shared.borrow().commands.iter().any(|command| *command == room()));
    harness.key_press(egui::Key::Home);
    harness.run_steps(8);
    assert!(has(&harness, remark), "in what is told of them");
}

#[test]
fn not_sure_any_more_takes_the_sign_away() {
    let (mut harness, shared) = cem(Looking::at(PHONE), verified_everywhere);
    reach(&mut harness, "Check again");
    reach(&mut harness, "Not sure any more");

    let undo = Command::SetVerified { room: ROOM, member: CEM, is_verified: false };
    assert!(asked(&shared, &undo));
    assert!(!says(&harness, "You made sure"));
}

#[test]
fn blocking_asks_first_and_says_what_it_does() {
    let (mut harness, shared) = blocking(Looking::at(PHONE));
    let block = |is_blocked| Command::SetBlocked { room: ROOM, member: CEM, is_blocked };

    assert!(says(&harness, "They are not told, others still see it"));
    assert!(!asked(&shared, &block(true)));
    reach(&mut harness, "Block Cem Yilmaz");
    assert!(asked(&shared, &block(true)));
    assert!(says(&harness, "You blocked Cem Yilmaz"));

    reach(&mut harness, "Unblock");
    assert!(asked(&shared, &block(false)));
    assert!(has(&harness, "Block"));
}

#[test]
fn nobody_verifies_blocks_or_reports_themselves() {
    let (mut harness, _shared) = in_ruled(Looking::at(PHONE), |_| {});
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    harness.get_by_label_contains("Ana (you)").click();
    harness.run_steps(6);

    for label in ["Check it is really them", "Block", "Report to the admins"] {
        assert!(!has(&harness, label), "{label}");
    }
}

#[test]
fn report_names_who_reads_it_and_goes_off() {
    let (mut harness, shared) = reporting(Looking::at(PHONE));
    assert!(says(&harness, "Only the admins can read this: Bea."));
    assert!(says(&harness, "Cem Yilmaz is not told"));

    write(&mut harness, "What happened?", "He shouts.");
    reach(&mut harness, "Tell the admins");

    let text = "He shouts.".to_owned();
    assert!(asked(&shared, &Command::Report { room: ROOM, member: CEM, text }));
    assert_eq!(top(&harness), Route::Member(ROOM, CEM));
    assert!(says(&harness, "The admins were told."));
    assert!(says(&harness, "You told the admins about Cem Yilmaz 4 min ago."));
}

#[test]
fn reporting_is_offered_where_somebody_would_read_it() {
    let (harness, _shared) = cem(Looking::at(PHONE), |rules| rules.make(ME, Role::Owner));
    assert!(!has(&harness, "Report to the admins"), "Ana is the only admin");
    let (harness, _shared) = cem(Looking::at(PHONE), |rules| rules.make(ME, Role::Muted));
    assert!(has(&harness, "Report to the admins"), "who may only read may report");
}

#[test]
fn report_that_is_refused_keeps_its_words() {
    let (mut harness, shared) = reporting(Looking::at(PHONE));
    write(&mut harness, "What happened?", "He shouts.");
    let why = engine::Refusal::TooManyReports;
    shared.borrow_mut().tell(Event::CommandRefused { why });
    harness.run_steps(4);

    assert_eq!(top(&harness), Route::Report(ROOM, CEM));
    assert_eq!(harness.state().state().now.report, "He shouts.");
    assert!(says(&harness, "go on tomorrow"));
}

#[test]
fn admins_see_reports_and_others_do_not() {
    let (mut harness, shared) = reported(Looking::at(PHONE));
    let head = "Bea about Cem Yilmaz (verified), 4 min ago";

    assert!(says(&harness, "He keeps posting maps nobody asked for."));
    reach(&mut harness, &format!("Done: {head}"));
    let seq = 20;
    let done = Command::SetReportDone { room: ROOM, by: BEA, seq, is_done: true };
    assert!(asked(&shared, &done));
    assert!(says(&harness, "Reports that are done"));
    reach(&mut harness, &format!("Open their card: {head}"));
    assert_eq!(top(&harness), Route::Member(ROOM, CEM));

    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |_| {});
    shared.borrow_mut().report(BEA, CEM, "not for Ana", None);
    harness.run();
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    assert!(!says(&harness, "not for Ana"));
}

#[test]
fn verifying_looks_as_it_did() {
    pictures("verify", shot(&PEOPLE, "verify"));
}

#[test]
fn reports_look_as_they_did() {
    pictures("reports", shot(&PEOPLE, "reports"));
}

#[test]
fn people_look_as_they_did_in_large_text_too() {
    let names = [
        "verify",
        "verify-scan",
        "verify-differ",
        "verify-wrong",
        "person-verified",
        "person-block",
        "report",
        "members-verified",
        "room-verified",
    ];
    pictures_of_text(names.map(|name| (name, shot(&PEOPLE, name))));
}

#[test]
fn small_phones_with_large_text_show_every_screen() {
    for (name, shot) in PEOPLE {
        let looking = Looking { text: 200, ..Looking::at(SMALL_PHONE) };
        let (harness, _shared) = shot(looking);
        assert!(has(&harness, "Back"), "{name}");
    }
}
