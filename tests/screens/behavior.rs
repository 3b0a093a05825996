//! What each screen does.

use app::{chat_app::ChatApp, host::HostNews, ui::route::Route, ui::state::Look};
use egui::{Event as Input, Key, Modifiers, OutputCommand, Vec2};
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Command, Event, JoinFailure, RoomOptions, RoomSummary};

use crate::{
    stage::{DESKTOP, Looking, PHONE, Shared, alone, harness, in_room, newcomer, settled},
    story::{BEA, CEM, ME, ROOM, invite, link, member, text_of},
};

const FIELD: &str = "Message to Weekend in the mountains";
const SIZES: [Vec2; 2] = [PHONE, DESKTOP];

fn press(harness: &mut Harness<'_, ChatApp>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

fn write(harness: &mut Harness<'_, ChatApp>, label: &str, text: &str) {
    harness.get_by_label(label).focus();
    harness.run();
    harness.get_by_label(label).type_text(text);
    harness.run();
}

fn sent(shared: &Shared, text: &str) -> bool {
    let text = text.to_owned();
    shared.borrow().commands.contains(&Command::SendText { room: ROOM, text })
}

fn copied(harness: &Harness<'_, ChatApp>) -> Option<String> {
    harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn newcomer_chooses_a_name_and_comes_to_the_rooms() {
    for size in SIZES {
        let (mut harness, shared) = newcomer(Looking::at(size));
        write(&mut harness, "Your name", " Ana ");
        press(&mut harness, "Start chatting");

        let name = "Ana".to_owned();
        assert_eq!(shared.borrow().commands, [Command::SetName { name }]);
        assert!(harness.query_by_label("No rooms yet").is_some());
    }
}

#[test]
fn name_that_is_too_long_is_refused_with_a_sentence() {
    let (mut harness, shared) = newcomer(Looking::at(PHONE));
    write(&mut harness, "Your name", &"n".repeat(65));
    press(&mut harness, "Start chatting");

    assert!(harness.query_by_label_contains("too long").is_some());
    assert!(shared.borrow().commands.is_empty());
}

#[test]
fn invite_opened_before_there_is_a_name_is_followed_after_it() {
    let (mut harness, shared) = newcomer(Looking::at(PHONE));
    harness.state_mut().open_link(&invite().to_text());
    harness.run();
    assert!(harness.query_by_label_contains("You are invited").is_some());

    write(&mut harness, "Your name", "Ana");
    press(&mut harness, "Start chatting");

    assert!(shared.borrow().commands.contains(&Command::AcceptInvite { invite: invite() }));
    assert!(harness.query_by_label("Connecting").is_some());
}

#[test]
fn new_room_shows_its_code_at_once() {
    for size in SIZES {
        let (mut harness, shared) = alone(Looking::at(size));
        press(&mut harness, "New room");
        write(&mut harness, "Name of the room", "Trip");
        press(&mut harness, "Create room");

        let name = "Trip".to_owned();
        assert!(shared.borrow().commands.contains(&Command::CreateRoom { name }));
        assert!(harness.query_by_label("QR code that invites to Trip").is_some());
        press(&mut harness, "Back");
        assert!(harness.query_by_label("You are the first one here").is_some());
    }
}

#[test]
fn room_shows_who_said_what_and_how_far_it_got() {
    for size in SIZES {
        let (harness, _shared) = in_room(Looking::at(size));

        assert!(harness.query_by_label("Train at 8:12 or 9:40?").is_some());
        assert!(harness.query_by_label("Today").is_some());
        assert!(harness.query_by_label("17:52, reached all 2 members").is_some());
        assert_eq!(harness.query_all_by_label_contains("reached 1 of 2 members").count(), 2);
    }
}

#[test]
fn receipt_changes_the_tick() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    shared.borrow_mut().tell(Event::Received { room: ROOM, by: CEM, up_to: 13 });
    harness.run();

    assert!(harness.query_by_label("18:28, reached all 2 members").is_some());
}

#[test]
fn send_button_turns_the_draft_into_a_message() {
    for size in SIZES {
        let (mut harness, shared) = in_room(Looking::at(size));
        write(&mut harness, FIELD, "hello wörld");
        press(&mut harness, "Send");

        assert!(sent(&shared, "hello wörld"));
        assert!(harness.query_by_label("hello wörld").is_some());
        assert_eq!(harness.get_by_label(FIELD).value().as_deref(), Some(""));
        assert!(harness.get_by_label(FIELD).is_focused());
    }
}

#[test]
fn enter_sends_and_shift_enter_begins_a_line() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    write(&mut harness, FIELD, "one");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    harness.run();
    harness.get_by_label(FIELD).type_text("two");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();

    assert!(sent(&shared, "one\ntwo"));
}

#[test]
fn text_beyond_the_limit_is_counted_and_not_sent() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    write(&mut harness, FIELD, &"x".repeat(8_001));
    harness.key_press(Key::Enter);
    harness.run();

    assert!(!shared.borrow().commands.iter().any(|c| matches!(c, Command::SendText { .. })));
}

#[test]
fn draft_waits_in_its_room() {
    let (mut harness, _shared) = in_room(Looking::at(DESKTOP));
    write(&mut harness, FIELD, "half a thou");
    harness.get_by_label_contains("Oma Gerda").click();
    harness.run();
    assert!(harness.query_by_label_contains("Draft: half a thou").is_some());

    harness.get_by_label_contains("Weekend in the mountains, 1 of 2 near, direct").click();
    harness.run();
    assert_eq!(harness.get_by_label(FIELD).value().as_deref(), Some("half a thou"));
}

#[test]
fn older_pages_come_while_scrolling_and_nothing_jumps() {
    let (mut harness, shared) = settled(Looking::at(PHONE));
    let history = (1..=400).map(|i| text_of(BEA, i, 2_000 - i * 4, &format!("number {i}")));
    shared.borrow_mut().history = history.collect();
    harness.get_by_label_contains("Weekend in the mountains").click();
    harness.run();
    let last = harness.query_by_label("number 400").is_some();
    assert!(last, "the newest message is visible");

    for _ in 0..80 {
        harness.key_press(Key::PageUp);
        harness.run_steps(2);
    }

    assert!(harness.query_by_label("number 1").is_some());
    let pages = shared.borrow();
    let asked = pages.commands.iter().filter(|c| matches!(c, Command::LoadPage { .. })).count();
    assert_eq!(asked, 4, "four pages of a hundred");
}

#[test]
fn message_arriving_while_reading_older_ones_is_a_jump_away() {
    let (mut harness, shared) = settled(Looking::at(PHONE));
    let history = (1..=200).map(|i| text_of(BEA, i, 2_000 - i * 4, &format!("number {i}")));
    shared.borrow_mut().history = history.collect();
    harness.get_by_label_contains("Weekend in the mountains").click();
    harness.run();
    harness.key_press(Key::PageUp);
    harness.run();

    shared.borrow_mut().add(text_of(BEA, 201, 0, "brand new"));
    harness.run();
    assert!(harness.query_by_label("brand new").is_none());
    press(&mut harness, "Jump to 1 new message");

    assert!(harness.query_by_label("brand new").is_some());
    assert!(harness.query_by_label_contains("Jump to").is_none());
}

#[test]
fn what_is_new_is_marked_shown_and_reported_as_read() {
    let shared = Shared::default();
    {
        let mut script = shared.borrow_mut();
        script.history = (1..=60).map(|i| text_of(BEA, i, 90 - i, &format!("n{i}"))).collect();
        let room = RoomSummary {
            id: ROOM,
            name: "Trip".to_owned(),
            me: ME,
            members: vec![member(ME, "Ana", 0), member(BEA, "Bea", 0)],
            last: script.history.last().cloned(),
            unread: 40,
            uses_mailbox: true,
            options: RoomOptions::default(),
        };
        script.tell(Event::Started { name: Some("Ana".to_owned()), rooms: vec![room] });
    }
    let mut harness = harness(Looking::at(PHONE), &shared);
    harness.get_by_label_contains("40 unread").click();
    harness.run();
    assert!(harness.query_by_label("New messages").is_some());
    assert!(harness.query_by_label("n21").is_some(), "the first one unread is visible");

    press(&mut harness, "Jump to the newest message");

    let up_to = shared.borrow().history.last().expect("sixty").position;
    assert!(shared.borrow().commands.contains(&Command::MarkRead { room: ROOM, up_to }));
}

#[test]
fn link_of_the_invite_is_copied() {
    let (mut harness, _shared) = in_room(Looking::at(PHONE));
    press(&mut harness, "Invite");
    harness.get_by_label("Copy link").click();
    harness.run_steps(3);

    assert!(harness.query_by_label("Link copied.").is_some());
}

#[test]
fn code_of_the_invite_is_saved_as_a_picture_that_reads_back() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    press(&mut harness, "Invite");
    press(&mut harness, "Save as picture");

    let script = shared.borrow();
    let (name, png) = script.saved.first().expect("one picture");
    let picture = image::load_from_memory(png).expect("a PNG").into_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let luma = qr::Luma::new(width, height, picture.into_raw()).expect("a picture");
    let text = qr::Reader::new(qr::Effort::Photo).read(luma.view());
    assert_eq!((name.as_str(), text), ("Weekend in the mountains", Some(invite().to_text())));
}

#[test]
fn full_screen_shows_the_code_alone_and_escape_leaves_it() {
    for size in SIZES {
        let (mut harness, _shared) = in_room(Looking::at(size));
        press(&mut harness, "Invite");
        press(&mut harness, "Full screen");
        let label = "QR code that invites to Weekend in the mountains";
        let side = harness.get_by_label(label).rect().width();
        assert!(side >= size.min_elem() * 0.75, "{side} of {size}");
        assert!(harness.query_by_label("Copy link").is_none());

        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.query_by_label("Copy link").is_some());
    }
}

#[test]
fn invite_of_a_device_on_no_network_says_so() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    shared.borrow_mut().addrs.clear();
    press(&mut harness, "Invite");

    assert!(harness.query_by_label_contains("on no network").is_some());
}

#[test]
fn typed_link_is_followed_and_leads_to_the_room() {
    let (mut harness, shared) = alone(Looking::at(PHONE));
    press(&mut harness, "Scan a code");
    write(&mut harness, "Or type an invite link", &invite().to_text().to_lowercase());
    press(&mut harness, "Join");
    assert!(harness.query_by_label("Connecting").is_some());
    shared.borrow_mut().links = vec![link(4, None)];
    harness.run();
    assert!(harness.query_by_label("WebRTC at 192.168.1.24:40911: dtls connected").is_some());

    let room = RoomSummary {
        id: ROOM,
        name: "Trip".to_owned(),
        me: ME,
        members: vec![member(BEA, "Bea", 0), member(ME, "Ana", 0)],
        last: None,
        unread: 0,
        uses_mailbox: true,
        options: RoomOptions::default(),
    };
    shared.borrow_mut().tell(Event::RoomJoined { room, invite: Some(invite().id()) });
    harness.run();

    assert_eq!(harness.state().state().stack.top(), Route::Room(ROOM));
}

#[test]
fn link_that_is_no_invite_is_refused_with_a_sentence() {
    let (mut harness, shared) = alone(Looking::at(PHONE));
    harness.event(Input::Paste("https://example.org".to_owned()));
    harness.run_steps(3);

    assert!(harness.query_by_label("This is not a Festival Chat invite.").is_some());
    assert!(shared.borrow().commands.is_empty());
}

#[test]
fn invite_pasted_anywhere_but_into_a_field_is_followed() {
    let (mut harness, shared) = in_room(Looking::at(PHONE));
    harness.get_by_label(FIELD).focus();
    harness.run();
    harness.event(Input::Paste(invite().to_text()));
    harness.run();
    assert_eq!(harness.get_by_label(FIELD).value(), Some(invite().to_text()));

    press(&mut harness, "Back");
    harness.event(Input::Paste(invite().to_text()));
    harness.run();
    assert!(shared.borrow().commands.contains(&Command::AcceptInvite { invite: invite() }));
}

#[test]
fn link_on_the_clipboard_is_followed_from_the_scan_screen() {
    let (mut harness, shared) = alone(Looking::at(PHONE));
    shared.borrow_mut().clipboard = Some(invite().to_text());
    press(&mut harness, "Scan a code");
    press(&mut harness, "Paste a picture or link");

    assert!(shared.borrow().commands.contains(&Command::AcceptInvite { invite: invite() }));
}

#[test]
fn picture_of_a_code_is_read_and_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("code.png");
    let luma = qr::draw(&invite().to_text()).expect("a code").luma(6, qr::QUIET_ZONE);
    let side = u32::try_from(luma.width()).expect("small");
    image::GrayImage::from_raw(side, side, luma.into_data())
        .expect("a square")
        .save(&path)
        .expect("a picture");
    let (mut harness, shared) = alone(Looking::at(PHONE));

    shared.borrow_mut().news.push_back(HostNews::Picture(path));
    let accepted = Command::AcceptInvite { invite: invite() };
    while !shared.borrow().commands.contains(&accepted) {
        harness.step();
        std::thread::yield_now();
    }

    harness.run();
    assert!(harness.query_by_label("Connecting").is_some());
}

#[test]
fn joining_that_fails_says_why_and_offers_another_code() {
    let (mut harness, shared) = alone(Looking::at(PHONE));
    harness.state_mut().open_link(&invite().to_text());
    harness.run();
    let why = JoinFailure::WrongHost;
    shared.borrow_mut().tell(Event::JoinFailed { invite: invite().id(), why });
    harness.run();

    assert!(harness.query_by_label_contains("is not the one that showed this invite").is_some());
    press(&mut harness, "Scan another code");
    assert_eq!(harness.state().state().stack.top(), Route::Scan);
}

#[test]
fn joining_can_be_canceled() {
    let (mut harness, shared) = alone(Looking::at(PHONE));
    harness.state_mut().open_link(&invite().to_text());
    harness.run();
    press(&mut harness, "Cancel");

    let canceled = Command::CancelJoin { invite: invite().id() };
    assert!(shared.borrow().commands.contains(&canceled));
    assert!(harness.query_by_label("No rooms yet").is_some());
}

#[test]
fn settings_change_name_theme_and_text_size() {
    for size in SIZES {
        let (mut harness, shared) = settled(Looking::at(size));
        press(&mut harness, "Settings");
        write(&mut harness, "Your name", " Maria");
        press(&mut harness, "Save name");
        press(&mut harness, "Dark");
        press(&mut harness, "200 %");

        let state = harness.state().state();
        assert_eq!((state.look, state.text_size.0), (Look::Dark, 200));
        assert!(harness.ctx.theme() == egui::Theme::Dark);
        let name = "Ana Maria".to_owned();
        assert!(shared.borrow().commands.contains(&Command::SetName { name }));
    }
}

#[test]
fn report_of_the_diagnostics_names_links_and_log() {
    let (mut harness, _shared) = settled(Looking::at(DESKTOP));
    harness.key_press_modifiers(Modifiers::NONE, Key::Tab);
    press(&mut harness, "Settings");
    harness.get_by_label("Diagnostics").scroll_to_me();
    harness.run();
    harness.get_by_label("Diagnostics").click();
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("channel open 14 ms").is_some());

    harness.get_by_label("Copy report").click();
    let mut report = None;
    for _ in 0..4 {
        harness.step();
        report = report.or_else(|| copied(&harness));
    }
    let report = report.expect("something was copied");
    assert!(report.contains("Link 4: Bea in Weekend in the mountains: connected"), "{report}");
    assert!(report.contains("link 4 open after 14 ms"), "{report}");
}

#[test]
fn keys_lead_to_the_screens_and_back() {
    let (mut harness, _shared) = in_room(Looking::at(DESKTOP));
    let top = |harness: &Harness<'_, ChatApp>| harness.state().state().stack.top();
    for (key, route) in
        [(Key::I, Route::Invite(ROOM)), (Key::N, Route::NewRoom), (Key::J, Route::Scan)]
    {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        harness.run();
        assert_eq!(top(&harness), route);
    }
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(top(&harness), Route::Rooms);
}

#[test]
fn refusal_is_shown_and_can_be_dismissed() {
    let (mut harness, shared) = alone(Looking::at(PHONE));
    shared.borrow_mut().tell(Event::CommandRefused { why: engine::Refusal::BadName });
    harness.run_steps(3);
    assert!(harness.query_by_label("A name needs 1 to 64 bytes.").is_some());

    harness.get_by_label("Dismiss").click();
    harness.run();
    assert!(harness.query_by_label("A name needs 1 to 64 bytes.").is_none());
}
