//! The options of a room, and its door: how they look, and what they do.

use app::chat_app::ChatApp;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{
    Command, DoorPictures, Event, Invite, KeptFor, NearbyRoom, PeerId, Role, RoomOption,
    RoomOptions,
};

use crate::{
    network_stage::reach,
    pictures::{Shot, pictures, pictures_of_text, shot},
    stage::{Looking, PHONE, Shared, alone, in_room, in_ruled, settled},
    story::{ME, ROOM, invite},
};

type Screen = (Harness<'static, ChatApp>, Shared);

const MAYA: PeerId = PeerId::from_bytes([0x51; 32]);
const SEEN: DoorPictures = DoorPictures::from_numbers([0, 22, 32, 46, 58, 36]);

/// The screens about a room's options and its door.
pub(crate) const DOOR: [Shot; 14] = [
    ("options", |looking| options(looking, Role::Owner, true)),
    ("options-member", |looking| options(looking, Role::Member, true)),
    ("options-brief", |looking| {
        let (mut harness, shared) = options(looking, Role::Owner, false);
        reach(&mut harness, "7 days");
        harness.get_by_label_contains("wrote them down").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("storage", |looking| {
        let (mut harness, shared) = settled(looking);
        reach(&mut harness, "Settings");
        reach(&mut harness, "64 MB");
        harness.get_by_label_contains("Of what is above").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("room-brief", |looking| {
        let (mut harness, shared) = in_ruled(looking, |_rules| {});
        let options = RoomOptions { kept_for: Some(KeptFor::Week), ..RoomOptions::default() };
        shared.borrow_mut().tell(Event::OptionsChanged { room: ROOM, options });
        harness.run_steps(4);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Home);
        harness.run_steps(8);
        (harness, shared)
    }),
    ("options-ask", |looking| {
        let (mut harness, shared) = options(looking, Role::Owner, false);
        reach(&mut harness, "Let in one by one");
        harness.get_by_label("Leave it").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("options-nearby", |looking| {
        let (mut harness, shared) = options(looking, Role::Owner, false);
        reach(&mut harness, "People nearby");
        harness.get_by_label("Keep it hidden").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("nearby", |looking| {
        let (mut harness, shared) = alone(looking);
        near(&mut harness, &shared);
        harness.get_by_label("Nearby").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("nearby-scan", |looking| {
        let (mut harness, shared) = settled(looking);
        near(&mut harness, &shared);
        harness.get_by_label("Scan").click();
        harness.run_steps(6);
        harness.get_by_label("Nearby").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("options-hide", |looking| {
        let (mut harness, shared) = options(looking, Role::Owner, false);
        reach(&mut harness, "Only what follows");
        harness.get_by_label("Leave it as it is").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("hidden", |looking| {
        let (mut harness, shared) = in_room(looking);
        {
            let mut script = shared.borrow_mut();
            script.hides_earlier = true;
            let kept = script.history.len().saturating_sub(2);
            script.history.drain(..kept);
            script.tell(Event::HistoryChanged { room: ROOM });
        }
        harness.run_steps(6);
        (harness, shared)
    }),
    ("door", |looking| {
        let (mut harness, shared) = knocked(looking);
        reach(&mut harness, "Maya wants to join");
        (harness, shared)
    }),
    ("bell", knocked),
    ("waiting", |looking| {
        let (mut harness, shared) = alone(looking);
        harness.run_steps(4);
        {
            let mut script = shared.borrow_mut();
            script.tell(Event::JoinStarted { invite: invite().id() });
        }
        harness.run_steps(4);
        harness.state_mut().open_link(&invite().to_text());
        harness.run_steps(4);
        let (host, pictures) = ("Bea".to_owned(), SEEN);
        let waiting = Event::JoinWaiting { invite: invite().id(), host, pictures };
        shared.borrow_mut().tell(waiting);
        harness.run_steps(6);
        (harness, shared)
    }),
];

fn options(looking: Looking, role: Role, on: bool) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |rules| rules.make(ME, role));
    let options = RoomOptions { approve_joins: on, hide_history: on, ..RoomOptions::default() };
    shared.borrow_mut().tell(Event::OptionsChanged { room: ROOM, options });
    harness.run_steps(4);
    harness.get_by_label("Members").click();
    harness.run_steps(6);
    reach(&mut harness, "Room options");
    (harness, shared)
}

/// Somebody waits at the door of the room that is open.
fn knocked(looking: Looking) -> Screen {
    let (mut harness, shared) = in_ruled(looking, |_rules| {});
    let options = RoomOptions { approve_joins: true, ..RoomOptions::default() };
    shared.borrow_mut().tell(Event::OptionsChanged { room: ROOM, options });
    shared.borrow_mut().tell(came(MAYA, "Maya"));
    harness.run_steps(6);
    (harness, shared)
}

/// Strangers told of rooms: one of them under a name that turns what follows around.
fn near(harness: &mut Harness<'static, ChatApp>, shared: &Shared) {
    let of = |number: u8, name: &str| NearbyRoom {
        name: name.to_owned(),
        invite: Invite { secret: [number; 16], ..invite() },
    };
    let rooms =
        vec![of(1, "Camp Alpha"), of(2, "Tea\u{202e} and cake at the big oak"), of(3, "Water")];
    shared.borrow_mut().tell(Event::NearbyChanged { rooms });
    harness.run_steps(4);
}

fn came(newcomer: PeerId, name: &str) -> Event {
    Event::NewcomerWaiting { room: ROOM, newcomer, name: name.to_owned(), pictures: SEEN }
}

#[test]
fn options_look_as_they_did() {
    pictures("options", shot(&DOOR, "options"));
}

#[test]
fn storage_looks_as_it_did() {
    pictures("storage", shot(&DOOR, "storage"));
}

#[test]
fn who_is_told_that_there_is_no_place_left_is_told_where_to_look_from_where_they_are() {
    let full = |shared: &Shared| {
        let rooms = vec![(ROOM, 61 << 20)];
        shared.borrow_mut().tell(Event::StorageTold { bound: 64 << 20, rooms, is_full: true });
    };
    let (mut harness, shared) = settled(Looking::at(PHONE));
    full(&shared);
    harness.run_steps(4);
    assert!(harness.query_by_label_contains("left for new messages of others. See").is_some());

    let (mut harness, shared) = settled(Looking::at(PHONE));
    reach(&mut harness, "Settings");
    full(&shared);
    harness.run_steps(4);
    let told = "There is no place left for new messages of others. Storage, on this page, says what \
                can be done.";
    assert!(harness.query_by_label(told).is_some());
    assert!(harness.query_by_label_contains("in the settings").is_none());
}

#[test]
fn door_looks_as_it_did() {
    pictures("door", shot(&DOOR, "door"));
}

#[test]
fn rooms_nearby_look_as_they_did() {
    pictures("nearby", shot(&DOOR, "nearby"));
}

#[test]
fn room_nearby_is_joined_without_a_code() {
    for from_scan in [false, true] {
        let (mut harness, shared) =
            if from_scan { settled(Looking::at(PHONE)) } else { alone(Looking::at(PHONE)) };
        near(&mut harness, &shared);
        if from_scan {
            reach(&mut harness, "Scan");
        }
        assert!(
            harness.query_by_label("Tea and cake at the big oak").is_some(),
            "nothing is turned"
        );
        reach(&mut harness, "Camp Alpha");

        harness.get_by_label_contains("within reach of Bluetooth");
        let asked = Invite { secret: [1; 16], ..invite() };
        assert!(shared.borrow().commands.contains(&Command::AcceptInvite { invite: asked }));
    }
}

#[test]
fn room_is_shown_to_people_nearby_after_a_second_word_and_hidden_at_once() {
    let option = RoomOption::Nearby(None);
    let switch = |on| Command::SetOption { room: ROOM, option, on };
    let (mut harness, shared) = options(Looking::at(PHONE), Role::Owner, false);
    reach(&mut harness, "People nearby");
    assert!(!shared.borrow().commands.contains(&switch(true)));
    harness.get_by_label_contains("Anybody around can then read its name");
    harness.get_all_by_label("People nearby").last().expect("the answer").click();
    harness.run_steps(6);
    assert!(shared.borrow().commands.contains(&switch(true)));

    reach(&mut harness, "Only by invite");
    assert!(shared.borrow().commands.contains(&switch(false)));
}

#[test]
fn waiting_looks_as_it_did() {
    pictures("waiting", shot(&DOOR, "waiting"));
}

#[test]
fn door_with_large_text_looks_as_it_did() {
    let names = [
        "options-member",
        "options-brief",
        "room-brief",
        "storage",
        "options-ask",
        "options-nearby",
        "nearby",
        "nearby-scan",
        "options-hide",
        "hidden",
        "door",
        "bell",
        "waiting",
    ];
    pictures_of_text(names.map(|name| (name, shot(&DOOR, name))));
}

#[test]
fn whoever_scans_the_code_that_is_shown_stands_at_the_door_until_there_is_an_answer() {
    let (mut harness, shared) = in_ruled(Looking::at(PHONE), |_rules| {});
    reach(&mut harness, "Invite");
    for (id, name) in [(MAYA, "Maya"), (PeerId::from_bytes([0x52; 32]), "Eve")] {
        shared.borrow_mut().tell(came(id, name));
    }
    harness.run_steps(6);

    harness.get_by_label("Maya wants to join");
    harness.get_by_label("1 more waits.");
    reach(&mut harness, "Let in");
    harness.get_by_label("Eve wants to join");
    reach(&mut harness, "Not now");

    assert!(harness.query_by_label("Let in").is_none(), "back at the code");
    harness.get_by_label("Copy link");
    let newcomer = MAYA;
    let sent = &shared.borrow().commands;
    assert!(sent.contains(&Command::LetIn { room: ROOM, newcomer }));
    let newcomer = PeerId::from_bytes([0x52; 32]);
    assert!(sent.contains(&Command::TurnAway { room: ROOM, newcomer }));
}

#[test]
fn letting_in_one_by_one_is_switched_on_after_a_second_word() {
    let (mut harness, shared) = options(Looking::at(PHONE), Role::Owner, false);
    let on = Command::SetOption { room: ROOM, option: RoomOption::ApproveJoins, on: true };

    reach(&mut harness, "Let in one by one");
    assert!(!shared.borrow().commands.contains(&on));
    harness.get_all_by_label("Let in one by one").last().expect("the answer").click();
    harness.run_steps(6);

    assert!(shared.borrow().commands.contains(&on));
}

#[test]
fn whoever_governs_chooses_how_long_messages_stay() {
    let (mut harness, shared) = options(Looking::at(PHONE), Role::Owner, false);
    let choose = |time, on| {
        let option = RoomOption::KeepFor(time);
        Command::SetOption { room: ROOM, option, on }
    };

    reach(&mut harness, "2 days");
    reach(&mut harness, "For ever");

    let sent = &shared.borrow().commands;
    let of_time = |command: &&Command| {
        matches!(command, Command::SetOption { option: RoomOption::KeepFor(_), .. })
    };
    let sent: Vec<_> = sent.iter().filter(of_time).cloned().collect();
    assert_eq!(sent, [choose(KeptFor::TwoDays, true), choose(KeptFor::TwoDays, false)]);
}

#[test]
fn hiding_history_is_switched_on_after_a_second_word_and_off_at_once() {
    let switch = |on| Command::SetOption { room: ROOM, option: RoomOption::HideHistory, on };
    let (mut harness, shared) = options(Looking::at(PHONE), Role::Owner, false);
    reach(&mut harness, "Only what follows");
    assert!(!shared.borrow().commands.contains(&switch(true)));
    harness.get_by_label_contains("what was written until now stays readable");
    harness.get_all_by_label("Only what follows").last().expect("the answer").click();
    harness.run_steps(6);
    assert!(shared.borrow().commands.contains(&switch(true)));

    reach(&mut harness, "Everything");
    assert!(shared.borrow().commands.contains(&switch(false)));
}

#[test]
fn who_came_later_is_told_above_all_that_something_is_hidden() {
    let hidden = "What was written before you came is not shown here.";
    let (harness, _shared) = shot(&DOOR, "hidden")(Looking::at(PHONE));
    harness.get_by_label(hidden);
    let (harness, _shared) = in_room(Looking::at(PHONE));
    assert!(harness.query_by_label(hidden).is_none());
}
