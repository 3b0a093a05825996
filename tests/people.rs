//! Making sure who somebody is, not reading them, and telling the admins about them.

use engine::{
    CodeOwner, Command, Event, Member, Message, PersonCode, Refusal, Report, Role, RoomId,
    SafetyEmojis, Store as _,
};
use tests::{Name, World};

/// A room of Alice's in which all of `guests` are, and know each other.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp_that_met(guests)
}

/// What `at` sees on the card of `whom`, and shows there of itself.
fn compare(world: &mut World, at: Name, whom: Name) -> (SafetyEmojis, PersonCode) {
    let (room, member) = (world.room(at), world.me(whom));
    world.command(at, Command::CompareKeys { room, member });
    let seen = world.events(at).iter().rev().find_map(|event| match event {
        Event::SafetyEmojis { member: of, emojis, code, .. } if *of == member => {
            Some((*emojis, *code))
        }
        _ => None,
    });
    seen.expect("pictures to compare")
}

/// `at` scans what the screen of `whom` shows; it should be that of `expected`, if of anybody.
fn scan(world: &mut World, at: Name, whom: Name, expected: Option<Name>) -> CodeOwner {
    let other = if whom == "alice" { "bob" } else { "alice" };
    let (_, code) = compare(world, whom, other);
    let expected = expected.map(|name| (world.room(at), world.me(name)));
    check(world, at, code, expected)
}

fn check(
    world: &mut World,
    at: Name,
    code: PersonCode,
    expected: Option<(RoomId, engine::PeerId)>,
) -> CodeOwner {
    world.command(at, Command::CheckCode { code, expected });
    let found = world.events(at).iter().rev().find_map(|event| match event {
        Event::CodeChecked { owner, .. } => Some(*owner),
        _ => None,
    });
    found.expect("an answer")
}

fn member(world: &mut World, at: Name, whom: Name) -> Member {
    let id = world.me(whom);
    summary(world, at).members.into_iter().find(|m| m.id == id).expect("a member")
}

fn summary(world: &mut World, at: Name) -> engine::RoomSummary {
    world.retell(at);
    let told = world.events(at).iter().rev().find_map(|event| match event {
        Event::Started { rooms, .. } => rooms.first().cloned(),
        _ => None,
    });
    told.expect("a room")
}

fn set_blocked(world: &mut World, at: Name, whom: Name, is_blocked: bool) {
    let (room, member) = (world.room(at), world.me(whom));
    world.command(at, Command::SetBlocked { room, member, is_blocked });
}

fn report(world: &mut World, by: Name, about: Name, text: &str) {
    let (room, member) = (world.room(by), world.me(about));
    world.command(by, Command::Report { room, member, text: text.to_owned() });
    world.settle();
}

/// What `at` can read of reports, newest first.
fn reports(world: &mut World, at: Name) -> Vec<Report> {
    let room = world.room(at);
    world.command(at, Command::ListReports { room });
    let listed = world.events(at).iter().rev().find_map(|event| match event {
        Event::ReportsListed { reports, .. } => Some(reports.clone()),
        _ => None,
    });
    listed.expect("a list")
}

fn words(world: &mut World, at: Name) -> Vec<String> {
    reports(world, at).into_iter().map(|report| report.report.text).collect()
}

fn refusals(world: &World, at: Name) -> Vec<Refusal> {
    let refused = world.events(at).iter().filter_map(|event| match event {
        Event::CommandRefused { why } => Some(*why),
        _ => None,
    });
    refused.collect()
}

#[test]
fn both_see_the_same_pictures_on_each_others_cards() {
    let mut world = camp(&["bob", "carol"]);

    let (seen, _) = compare(&mut world, "alice", "bob");

    assert_eq!(compare(&mut world, "bob", "alice").0, seen);
    assert_eq!(compare(&mut world, "alice", "bob").0, seen, "again");
    world.restart("bob");
    assert_eq!(compare(&mut world, "bob", "alice").0, seen, "and after a restart");
    assert_ne!(compare(&mut world, "alice", "carol").0, seen);
    assert_ne!(compare(&mut world, "carol", "bob").0, seen);
}

#[test]
fn impostor_of_the_same_name_shows_other_pictures() {
    let mut world = camp(&["bob", "mallory"]);
    world.command("mallory", Command::SetName { name: "bob".to_owned() });
    world.settle();
    assert_eq!(world.roster("alice"), ["alice", "bob", "bob"]);

    let (on_card_of_impostor, _) = compare(&mut world, "alice", "mallory");

    let (on_bobs_device, _) = compare(&mut world, "bob", "alice");
    assert_ne!(on_card_of_impostor, on_bobs_device, "Bob would say that they differ");
}

#[test]
fn scanned_code_proves_whose_it_is_and_nothing_else() {
    let mut world = camp(&["bob", "mallory"]);

    let (bob, mallory) = (world.me("bob"), world.me("mallory"));
    let found = scan(&mut world, "alice", "mallory", Some("bob"));
    assert_eq!(found, CodeOwner::SomebodyElse(mallory), "who says to be Bob is not");
    assert!(!member(&mut world, "alice", "bob").is_verified);
    assert!(!member(&mut world, "alice", "mallory").is_verified, "nobody asked about her");

    assert_eq!(scan(&mut world, "alice", "bob", Some("bob")), CodeOwner::Verified(bob));
    assert!(member(&mut world, "alice", "bob").is_verified);
    assert!(!member(&mut world, "bob", "alice").is_verified, "Bob has not scanned anything");
    assert!(!member(&mut world, "mallory", "bob").is_verified, "and nobody else learns of it");

    assert_eq!(scan(&mut world, "alice", "alice", Some("bob")), CodeOwner::Me);
    assert_eq!(scan(&mut world, "bob", "mallory", None), CodeOwner::Verified(mallory));
    let (_, code) = compare(&mut world, "bob", "alice");
    let stranger = PersonCode { host: [9; 16], ..code };
    assert_eq!(check(&mut world, "alice", stranger, None), CodeOwner::Nobody);
    let elsewhere = PersonCode { room: RoomId::from_bytes([9; 16]), ..code };
    assert_eq!(check(&mut world, "alice", elsewhere, None), CodeOwner::OtherRoom);
}

#[test]
fn verified_survives_a_restart_until_the_person_is_not_sure_any_more() {
    let mut world = camp(&["bob"]);
    let (room, bob) = (world.room("alice"), world.me("bob"));
    let verify = |is_verified| Command::SetVerified { room, member: bob, is_verified };
    world.command("alice", verify(true));

    world.restart("alice");
    assert!(member(&mut world, "alice", "bob").is_verified);

    world.command("alice", verify(false));
    world.restart("alice");
    assert!(!member(&mut world, "alice", "bob").is_verified);
    let alice = world.me("alice");
    world.command("alice", Command::SetVerified { room, member: alice, is_verified: true });
    assert_eq!(refusals(&world, "alice"), [Refusal::Yourself]);
}

#[test]
fn what_was_noted_of_others_goes_with_the_room() {
    let mut world = camp(&["bob"]);
    set_blocked(&mut world, "bob", "alice", true);
    report(&mut world, "bob", "alice", "hm");
    let room = world.room("bob");
    assert_eq!(world.disk("bob").marks(room).expect("memory").len(), 1);

    world.leave_room("bob");
    world.settle();

    assert_eq!(world.disk("bob").marks(room).expect("memory"), []);
    assert_eq!(world.disk("bob").reports(room).expect("memory"), []);
}

#[test]
fn words_of_a_blocked_person_are_not_shown_and_come_back() {
    let mut world = camp(&["bob", "carol"]);
    world.say("carol", "hello");
    world.say("bob", "before");
    world.settle();
    assert_eq!(world.unread("alice"), Some(2));

    set_blocked(&mut world, "alice", "bob", true);
    assert_eq!(world.texts("alice"), ["hello"]);
    assert_eq!(world.unread("alice"), Some(1), "what was said before counts no more");
    let told = world.events("alice").len();
    world.say("bob", "meanwhile");
    world.command("bob", Command::SetName { name: "a rude name".to_owned() });
    world.settle();

    assert_eq!(world.texts("alice"), ["hello"]);
    assert_eq!(world.unread("alice"), Some(1));
    let news = world.events("alice").iter().skip(told);
    assert!(!news.into_iter().any(|event| matches!(event, Event::MessageAdded { .. })));
    let last = summary(&mut world, "alice").last.map(|m: Message| m.author);
    assert_eq!(last, Some(world.me("carol")), "nor is it the last thing in the list of rooms");
    world.restart("alice");
    assert_eq!(world.texts("alice"), ["hello"], "after a restart neither");
    assert_eq!(world.unread("alice"), Some(1));
    assert_eq!(world.texts("carol"), ["hello", "before", "meanwhile"], "others still see it");

    set_blocked(&mut world, "alice", "bob", false);
    assert_eq!(world.texts("alice"), ["hello", "before", "meanwhile"]);
    assert_eq!(world.unread("alice"), Some(3));
}

#[test]
fn list_of_rooms_is_told_what_is_last_now_when_somebody_is_blocked() {
    let mut world = camp(&["bob"]);
    world.say("alice", "mine");
    world.settle();
    world.say("bob", "theirs");
    world.settle();
    let last = |world: &World| {
        let told = world.events("alice").iter().rev().find_map(|event| match event {
            Event::LastChanged { last, .. } => Some(last.clone()),
            _ => None,
        });
        told.flatten().map(|message| message.author)
    };

    set_blocked(&mut world, "alice", "bob", true);
    assert_eq!(last(&world), Some(world.me("alice")));
    set_blocked(&mut world, "alice", "bob", false);
    assert_eq!(last(&world), Some(world.me("bob")));
}

#[test]
fn reading_does_not_count_what_a_blocked_person_said() {
    let mut world = camp(&["bob", "carol"]);
    set_blocked(&mut world, "alice", "bob", true);
    world.say("carol", "one");
    world.say("bob", "two");
    world.say("carol", "three");
    world.settle();
    assert_eq!(world.unread("alice"), Some(2));

    let room = world.room("alice");
    let history = world.history("alice", room);
    let first = history.iter().find(|m| m.author == world.me("carol") && m.seq() > 1);
    let up_to = first.expect("her words").position;
    world.command("alice", Command::MarkRead { room, up_to });

    assert_eq!(world.unread("alice"), Some(1));
}

#[test]
fn blocking_changes_nothing_that_others_see_on_the_wire() {
    let story = |is_blocked: bool| {
        let mut world = camp(&["bob", "carol"]);
        let room = world.room("alice");
        if is_blocked {
            set_blocked(&mut world, "alice", "bob", true);
        } else {
            // Something else that takes as long and says nothing.
            world.command("alice", Command::LoadPage { room, before: None, limit: 1 });
        }
        for (who, words) in [("bob", "one"), ("alice", "two"), ("carol", "three")] {
            world.say(who, words);
            world.settle();
        }
        // Carol hears from Bob through Alice only.
        world.part("bob", "carol");
        world.say("bob", "passed on");
        world.settle();
        world.restart("alice");
        world.meet();
        let to = |name| world.frames("alice", name);
        (to("bob"), to("carol"), world.received("bob", "alice"), world.texts("carol"))
    };

    let (blocked, open) = (story(true), story(false));

    assert_eq!(blocked.3, ["one", "two", "three", "passed on"], "it is passed on");
    assert!(blocked.0.len() > 5 && blocked.1.len() > 5);
    assert!(blocked.0 == open.0 && blocked.1 == open.1, "every frame is the same");
    assert_eq!(blocked.2, open.2, "and receipts are what they were");
}

#[test]
fn only_admins_read_a_report() {
    let mut world = camp(&["bob", "carol", "dave", "eve"]);
    world.set_role("alice", "bob", Role::Admin);
    world.say("dave", "something nasty");
    world.settle();

    report(&mut world, "eve", "dave", "He shouts at people");

    for admin in ["alice", "bob"] {
        let listed = reports(&mut world, admin);
        let [Report { report, last_words }] = listed.as_slice() else {
            panic!("{admin} reads {listed:?}");
        };
        assert_eq!((report.by, report.about), (world.me("eve"), world.me("dave")));
        assert_eq!(report.text, "He shouts at people");
        assert_eq!(last_words.as_deref(), Some("something nasty"), "what he said last, then");
    }
    for other in ["carol", "dave"] {
        assert_eq!(reports(&mut world, other), [], "{other} holds it and can read nothing");
        let room = world.room(other);
        assert_eq!(world.disk(other).reports(room).expect("memory"), []);
    }
    assert_eq!(words(&mut world, "eve"), ["He shouts at people"], "she knows what she said");
    let shown = |world: &mut World, at| {
        let room = world.room(at);
        world.history(at, room).len()
    };
    assert_eq!(shown(&mut world, "carol"), shown(&mut world, "alice"), "nothing is shown of it");
}

#[test]
fn admin_made_later_reads_later_reports_only() {
    let mut world = camp(&["bob", "carol", "dave"]);
    report(&mut world, "carol", "dave", "early");

    world.set_role("alice", "bob", Role::Admin);
    report(&mut world, "carol", "dave", "late");
    assert_eq!(words(&mut world, "bob"), ["late"]);
    assert_eq!(words(&mut world, "alice"), ["late", "early"]);

    world.set_role("alice", "bob", Role::Member);
    report(&mut world, "carol", "dave", "later");
    assert_eq!(words(&mut world, "bob"), [""; 0], "who is no admin any more reads none");
    assert_eq!(words(&mut world, "alice"), ["later", "late", "early"]);
}

#[test]
fn admin_does_not_read_what_is_said_about_them_and_nobody_can_tell() {
    let mut world = camp(&["bob", "carol", "dave"]);
    world.set_role("alice", "bob", Role::Admin);
    let len_of_last = |world: &mut World| {
        let room = world.room("dave");
        let disk = world.disk("dave");
        let newest = disk.page_before(room, None, 1).expect("memory");
        newest.first().map(|op| op.bytes.len())
    };
    report(&mut world, "carol", "dave", "a");
    let about_a_member = len_of_last(&mut world);

    report(&mut world, "carol", "bob", "The admin abuses his office, again and again");

    assert_eq!(words(&mut world, "bob"), ["a"]);
    assert_eq!(words(&mut world, "alice").len(), 2);
    assert_eq!(len_of_last(&mut world), about_a_member, "both are of one length");
}

#[test]
fn whoever_could_tell_nobody_is_told_so() {
    let mut world = camp(&["bob"]);

    report(&mut world, "bob", "alice", "She is the only one here");
    report(&mut world, "alice", "bob", "I am the only admin");

    assert_eq!(refusals(&world, "bob"), [Refusal::NobodyToTell]);
    assert_eq!(refusals(&world, "alice"), [Refusal::NobodyToTell]);
}

#[test]
fn who_is_muted_reports_and_who_was_removed_does_not() {
    let mut world = camp(&["bob", "carol"]);
    world.set_role("alice", "bob", Role::Muted);
    report(&mut world, "bob", "carol", "muted, not silenced");
    assert_eq!(words(&mut world, "alice"), ["muted, not silenced"]);

    world.set_role("alice", "bob", Role::Removed);
    world.meet();
    report(&mut world, "bob", "carol", "still here?");

    assert_eq!(refusals(&world, "bob"), [Refusal::Removed]);
    assert_eq!(words(&mut world, "alice"), ["muted, not silenced"]);
}

#[test]
fn reports_are_bounded_in_length_and_number() {
    let mut world = camp(&["bob", "carol"]);
    for text in ["", "  \n", &"a".repeat(501)] {
        report(&mut world, "bob", "carol", text);
    }
    assert_eq!(refusals(&world, "bob"), [Refusal::BadReport; 3]);
    for n in 0..12 {
        report(&mut world, "bob", "carol", &format!("report {n}"));
    }
    assert_eq!(refusals(&world, "bob").split_off(3), [Refusal::TooManyReports; 2]);
    assert_eq!(reports(&mut world, "alice").len(), 10);

    world.pass(std::time::Duration::from_secs(25 * 60 * 60));
    world.meet();
    report(&mut world, "bob", "carol", "the day after");
    assert_eq!(words(&mut world, "alice").first().map(String::as_str), Some("the day after"));
}

#[test]
fn report_that_was_seen_to_stays_so_here_and_here_only() {
    let mut world = camp(&["bob", "carol", "dave"]);
    world.set_role("alice", "bob", Role::Admin);
    report(&mut world, "carol", "dave", "hm");
    let room = world.room("alice");
    let listed = reports(&mut world, "alice");
    let seq = listed.first().expect("a report").report.seq;
    let by = world.me("carol");
    let done = |is_done| Command::SetReportDone { room, by, seq, is_done };
    let is_done = |world: &mut World, at| reports(world, at).iter().all(|r| r.report.is_done);

    world.command("alice", done(true));
    world.restart("alice");

    assert!(is_done(&mut world, "alice"));
    assert!(!is_done(&mut world, "bob"), "the other admin has not seen to it");
    world.command("alice", done(false));
    assert!(!is_done(&mut world, "alice"));
    let nobody = world.me("bob");
    world.command("alice", Command::SetReportDone { room, by: nobody, seq, is_done: true });
    assert_eq!(refusals(&world, "alice"), [Refusal::UnknownReport]);
}

#[test]
fn report_reaches_an_admin_who_was_away_through_others() {
    let mut world = camp(&["bob", "carol"]);
    world.part("alice", "bob");
    world.part("alice", "carol");
    report(&mut world, "bob", "carol", "while you were gone");

    world.reunite("alice", "carol");
    world.meet();

    assert_eq!(words(&mut world, "alice"), ["while you were gone"], "she it is about brings it");
    world.restart("alice");
    let told = world
        .events("alice")
        .iter()
        .any(|event| matches!(event, Event::ReportsListed { reports, .. } if reports.len() == 1));
    assert!(told, "and it is told at every start");
}
