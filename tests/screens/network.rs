//! The screens about the network: the chip of a room, servers, the connection test, statistics.

use app::{
    backend::{RelayedLinks, StepState, TestScope, TestStep},
    chat_app::ChatApp,
    ui::route::Route,
};
use egui::{Key, Modifiers, OutputCommand};
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Command, Event, LinkId};
use transport::{LinkPath, servers::Servers};

use crate::{
    network_stage::{network, own_turn, reach},
    stage::{DESKTOP, Looking, PHONE, Shared, in_room},
    story::{BEA, CEM, ROOM, link},
};

type Screen = Harness<'static, ChatApp>;

fn has(harness: &Screen, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn write(harness: &mut Screen, label: &str, text: &str) {
    harness.get_by_label(label).focus();
    harness.run_steps(2);
    harness.get_by_label(label).type_text(text);
    harness.run_steps(4);
}

/// Clicks and gives what was copied by that.
fn copied_by(harness: &mut Screen, label: &str) -> String {
    harness.get_by_label(label).scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label(label).click();
    for _ in 0..4 {
        harness.step();
        let commands = &harness.output().platform_output.commands;
        if let Some(OutputCommand::CopyText(text)) = commands.first() {
            return text.clone();
        }
    }
    panic!("{label} copied nothing");
}

#[test]
fn bar_of_a_room_says_by_what_way_and_how_fast() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    assert!(has(&harness, "1 of 2 near, direct, 1.8 ms"));

    shared.borrow_mut().links[0].path = LinkPath::Relayed;
    harness.run();
    assert!(has(&harness, "1 of 2 near, through relay, 1.8 ms"));

    let second = link(5, Some(CEM));
    shared.borrow_mut().links.push(second);
    shared.borrow_mut().tell(Event::PeerSeen { room: ROOM, peer: CEM, link: LinkId(5) });
    harness.run();
    assert!(has(&harness, "2 of 2 near, 1 through relay"));
}

#[test]
fn bar_of_a_room_says_what_becomes_of_messages_when_nobody_is_there() {
    let (mut harness, shared) = in_room(Looking::at(DESKTOP));
    shared.borrow_mut().links.clear();
    shared.borrow_mut().tell(Event::PeerLost { room: ROOM, peer: BEA });
    harness.run();
    assert!(has(&harness, "nobody near: messages wait in the mailbox"));

    let off = Event::MailboxSet { room: ROOM, on: false, relays: Vec::new() };
    shared.borrow_mut().tell(off);
    harness.run();
    assert!(has(&harness, "nobody near: messages will go when someone is"));

    shared.borrow_mut().net.relays.clear();
    harness.run();
    assert!(has(&harness, "offline: messages will go when someone is near"));
}

#[test]
fn mailbox_of_a_room_is_switched_off_and_on_by_whoever_wants_that() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = in_room(Looking::at(size));
        reach(&mut harness, "Members");
        for (label, says, on) in [
            ("Not in use", "only through somebody who is connected", false),
            ("In use", "waits there, sealed", true),
        ] {
            reach(&mut harness, label);

            assert!(shared.borrow().commands.contains(&Command::SetMailbox { room: ROOM, on }));
            assert!(has(&harness, says), "{label}");
        }
    }
}

#[test]
fn relay_is_added_and_in_use_at_once() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = network(Looking::at(size), "Servers");
        reach(&mut harness, "Add relay");
        write(&mut harness, "Address", "https://relay.festival.example");
        assert!(has(&harness, "Not the address of a relay: wss://host"));
        harness.key_press(Key::Enter);
        harness.run_steps(4);
        assert_eq!(shared.borrow().servers.servers.relays.len(), 5, "nothing was saved");

        harness.get_by_label("Address").focus();
        harness.run_steps(2);
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        write(&mut harness, "Address", "relay.festival.example");
        reach(&mut harness, "Save");

        let relays = &shared.borrow().servers.servers.relays;
        assert_eq!(relays.last().map(String::as_str), Some("wss://relay.festival.example"));
        assert_eq!(harness.state().state().stack.top(), Route::Servers);
        assert!(has(&harness, "Relay added."));
    }
}

#[test]
fn turn_server_is_changed_with_its_password_and_removed() {
    let (mut harness, shared) = network(Looking::at(PHONE), "Servers");
    reach(&mut harness, "Edit turns:turn.festival.example:443");
    assert_eq!(harness.get_by_label("User name").value().as_deref(), Some("ana"));
    reach(&mut harness, "Shared secret");
    reach(&mut harness, "Save");
    let turn = shared.borrow().servers.servers.turn[0].clone();
    assert_eq!((turn.password, turn.secret.as_deref()), (None, Some("a word")));

    reach(&mut harness, "Edit turns:turn.festival.example:443");
    reach(&mut harness, "Remove this TURN server");
    assert!(shared.borrow().servers.servers.turn.is_empty());
    assert!(has(&harness, "None: where no direct way is found"));
}

#[test]
fn each_server_is_tested_alone_and_says_what_came_of_it() {
    let (mut harness, shared) = network(Looking::at(DESKTOP), "Servers");
    shared.borrow_mut().test.steps.clear();
    reach(&mut harness, "Test turns:turn.festival.example:443");
    let asked = Servers { turn: vec![own_turn()], ..Servers::none() };
    assert_eq!(shared.borrow().tests.last(), Some(&(TestScope::ServersOnly, asked)));

    let why = "it does not accept the user name and password";
    shared.borrow_mut().test.steps = vec![TestStep {
        name: "TURN".to_owned(),
        server: Some(own_turn().url),
        state: StepState::Failed(why.to_owned()),
    }];
    shared.borrow_mut().test.is_running = false;
    harness.run_steps(4);

    assert!(has(&harness, why));
    assert!(has(&harness, "connected, 38 ms"), "the others still say how they are doing");
}

#[test]
fn shipped_list_comes_back_only_after_a_second_word() {
    let (mut harness, shared) = network(Looking::at(PHONE), "Servers");
    reach(&mut harness, "Reset to the shipped list");
    assert_eq!(shared.borrow().servers.servers.turn.len(), 1);
    reach(&mut harness, "Forget mine and reset");

    assert_eq!(shared.borrow().servers.servers, Servers::shipped());
    assert!(harness.query_by_label("Reset to the shipped list").is_none(), "it is in use");
}

#[test]
fn servers_that_cannot_be_kept_are_refused_with_a_sentence() {
    let (mut harness, shared) = network(Looking::at(PHONE), "Servers");
    let why = "The servers could not be saved: the disk is full.";
    shared.borrow_mut().disk_problem = Some(why.to_owned());
    reach(&mut harness, "Reset to the shipped list");
    reach(&mut harness, "Forget mine and reset");

    assert!(has(&harness, why));
    assert_eq!(shared.borrow().servers.servers.turn.len(), 1);
}

#[test]
fn servers_named_at_the_start_can_be_tested_but_not_changed() {
    let (mut harness, shared) = network(Looking::at(PHONE), "Servers");
    shared.borrow_mut().servers.is_fixed = true;
    harness.run_steps(4);

    assert!(has(&harness, "named when the app was started"));
    for gone in ["Add relay", "Edit wss://nos.lol", "Reset to the shipped list"] {
        assert!(harness.query_by_label(gone).is_none(), "{gone}");
    }
    assert!(harness.query_by_label("Test wss://nos.lol").is_some());
}

#[test]
fn connection_test_begins_by_itself_and_its_report_is_copied() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = network(Looking::at(size), "Connection test");
        let scopes: Vec<_> = shared.borrow().tests.iter().map(|(scope, _)| *scope).collect();
        assert_eq!(scopes, [TestScope::Everything]);
        assert!(has(&harness, "Friends are reached directly almost everywhere."));
        assert!(has(&harness, "Relay relay.primal.net, fails: it does not answer"));

        let report = copied_by(&mut harness, "Copy report");
        assert!(report.contains("ok    Addresses of this device: 192.168.1.20:40911"), "{report}");
        assert!(report.contains("FAIL  Relay relay.primal.net: it does not answer"), "{report}");

        reach(&mut harness, "Test again");
        assert_eq!(shared.borrow().tests.len(), 2);
        assert!(has(&harness, "Testing"));
    }
}

#[test]
fn statistics_are_read_aloud_and_copied_without_identities() {
    let (mut harness, _shared) = network(Looking::at(DESKTOP), "Statistics");
    assert!(has(&harness, "Direct, 79 %, 102 of 128, 88 within 1\u{a0}s, 102 within 3\u{a0}s"));
    assert!(has(&harness, "Nobody answered, 6 %, 8 of 128 attempts"));

    let text = copied_by(&mut harness, "Copy as text");
    assert!(text.contains("webrtc, NAT symmetric: through relay"), "{text}");
    for private in ["Ana", "Bea", "192.168", "203.0.113"] {
        assert!(!text.contains(private), "{private} is in {text}");
    }
}

#[test]
fn idle_traffic_is_shown_and_relaying_follows_the_persons_word() {
    let (mut harness, shared) = network(Looking::at(PHONE), "Servers");
    harness.key_press(Key::Escape);
    harness.run_steps(4);
    assert!(has(&harness, "0.8 MB of 5 MB"));
    assert!(has(&harness, "4 of 5 connected"));

    reach(&mut harness, "Always");
    assert_eq!(shared.borrow().relayed, RelayedLinks::Always);
    assert!(has(&harness, "also where data is paid for"));
}

#[test]
fn server_being_written_is_there_after_a_restart_but_its_password_was_written_nowhere() {
    let (mut harness, _shared) = network(Looking::at(PHONE), "Servers");
    reach(&mut harness, "Add TURN server");
    for (label, text) in [
        ("Address", "turn:turn.example.org"),
        ("User name", "ana"),
        ("Password for it", "open sesame"),
    ] {
        harness.get_by_label(label).focus();
        harness.run_steps(4);
        harness.get_by_label(label).type_text(text);
        harness.run_steps(4);
    }
    let json = harness.state().state().to_json();
    assert!(!json.contains("sesame"), "{json}");

    let state = app::ui::state::UiState::from_json(&json);
    let shared = Shared::default();
    shared.borrow_mut().tell(Event::Started { name: Some("Ana".to_owned()), rooms: Vec::new() });
    let harness = crate::stage::resumed(Looking::at(PHONE), &shared, state);

    assert_eq!(harness.state().state().stack.top(), Route::EditServer);
    let value = |label| harness.get_by_label(label).value().unwrap_or_default();
    assert_eq!(value("Address"), "turn:turn.example.org");
    assert_eq!((value("User name"), value("Password for it")), ("ana".to_owned(), String::new()));
}
