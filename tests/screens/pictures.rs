//! Pictures of the screens people see most, drawn in software and compared with those checked in.
//!
//! `UPDATE_SNAPSHOTS=1` makes new ones; look at them before they are checked in.

use app::{backend::StepState, chat_app::ChatApp, ui::state::Look};
use egui_kittest::{Harness, SnapshotResults, kittest::Queryable as _};
use engine::{Event, LinkId};

use crate::{
    door::DOOR,
    network_stage::{network, reach},
    newest::NEWEST,
    offered::OFFERED,
    people::PEOPLE,
    rules_pictures::RULES,
    stage::{DESKTOP, Looking, PHONE, SMALL_PHONE, Shared, alone, in_room, newcomer, settled},
    story::{BEA, ROOM, link},
    wifi::WIFI,
};

/// What leads to what is on a picture.
pub(crate) type Scene = fn(Looking) -> (Harness<'static, ChatApp>, Shared);

/// Compares pictures of a scene at both sizes, by day and by night.
pub(crate) fn pictures(name: &str, scene: Scene) {
    let mut results = SnapshotResults::new();
    for (size, size_name) in [(PHONE, "phone"), (DESKTOP, "desktop")] {
        for (look, look_name) in [(Look::Light, "light"), (Look::Dark, "dark")] {
            let looking = Looking { look, has_pictures: true, ..Looking::at(size) };
            let (mut harness, _shared) = scene(looking);
            harness.snapshot(format!("{name}-{size_name}-{look_name}"));
            results.extend_harness(&mut harness);
        }
    }
    results.unwrap();
}

fn invited(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = in_room(looking);
    harness.get_by_label("Invite").click();
    harness.run();
    (harness, shared)
}

fn members(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = in_room(looking);
    shared.borrow_mut().tell(Event::PeerSeen { room: ROOM, peer: BEA, link: LinkId(4) });
    shared.borrow_mut().links = vec![link(4, Some(BEA))];
    harness.get_by_label("Members").click();
    harness.run_steps(4);
    (harness, shared)
}

fn named(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = newcomer(looking);
    harness.get_by_label("Your name").focus();
    harness.run();
    harness.get_by_label("Your name").type_text("Ana");
    harness.run();
    (harness, shared)
}

fn servers(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    network(looking, "Servers")
}

fn self_test(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    network(looking, "Connection test")
}

fn statistics(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    network(looking, "Statistics")
}

#[test]
fn servers_look_as_they_did() {
    pictures("servers", servers);
}

#[test]
fn connection_test_looks_as_it_did() {
    pictures("self-test", self_test);
}

#[test]
fn statistics_look_as_they_did() {
    pictures("statistics", statistics);
}

#[test]
fn welcome_looks_as_it_did() {
    pictures("welcome", named);
}

#[test]
fn rooms_look_as_they_did() {
    pictures("rooms", settled);
}

#[test]
fn room_looks_as_it_did() {
    pictures("room", in_room);
}

#[test]
fn invite_looks_as_it_did() {
    pictures("invite", invited);
}

#[test]
fn members_look_as_they_did() {
    pictures("members", members);
}

/// A name for a picture, and what leads to what is on it.
pub(crate) type Shot = (&'static str, Scene);

/// Of some shots, what leads to the one of this name.
pub(crate) fn shot(shots: &[Shot], name: &str) -> Scene {
    shots.iter().find(|(known, _)| *known == name).expect("a scene of this name").1
}

/// Compares pictures of scenes on a phone, with the usual text by day and large text by night.
pub(crate) fn pictures_of_text(shots: impl IntoIterator<Item = Shot>) {
    let mut results = SnapshotResults::new();
    for (name, scene) in shots {
        for (text, look, look_name) in [(100, Look::Light, "light"), (200, Look::Dark, "dark")] {
            let looking = Looking { text, look, has_pictures: true, ..Looking::at(PHONE) };
            let (mut harness, _shared) = scene(looking);
            harness.snapshot(format!("{name}-{text}-{look_name}"));
            results.extend_harness(&mut harness);
        }
    }
    results.unwrap();
}

/// The screens about the network in all their states.
const NETWORK: [Shot; 9] = [
    ("servers", servers),
    ("self-test", self_test),
    ("statistics", statistics),
    ("settings-network", |looking| {
        let (mut harness, shared) = settled(looking);
        reach(&mut harness, "Settings");
        harness.get_by_label("Statistics").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("self-test-running", |looking| {
        let (mut harness, shared) = network(looking, "Connection test");
        {
            let test = &mut shared.borrow_mut().test;
            test.is_running = true;
            test.conclusion = None;
            for (index, step) in test.steps.iter_mut().enumerate().skip(4) {
                step.state = if index == 4 { StepState::Running } else { StepState::Waiting };
            }
        }
        harness.run_steps(4);
        (harness, shared)
    }),
    ("statistics-empty", |looking| {
        let (mut harness, shared) = network(looking, "Statistics");
        shared.borrow_mut().stats = app::stats::SuccessStats::default();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("servers-none", |looking| {
        let (mut harness, shared) = network(looking, "Servers");
        shared.borrow_mut().servers.servers = transport::servers::Servers::none();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("servers-end", |looking| {
        let (mut harness, shared) = network(looking, "Servers");
        harness.get_by_label("Reset to the shipped list").scroll_to_me();
        harness.run_steps(4);
        (harness, shared)
    }),
    ("edit-turn", |looking| {
        let (mut harness, shared) = network(looking, "Servers");
        reach(&mut harness, "Edit turns:turn.festival.example:443");
        (harness, shared)
    }),
];

/// Writes pictures of everything else to the folder in `FESTIVAL_PICTURES`, to be looked at.
#[test]
#[ignore = "writes pictures for people, compares nothing"]
fn every_screen_can_be_looked_at() {
    let folder = std::env::var("FESTIVAL_PICTURES").expect("a folder in FESTIVAL_PICTURES");
    let shoot = |name: &str, scene: Scene, looking: Looking| {
        let (mut harness, _shared) = scene(looking);
        let picture = harness.render().expect("a software rasterizer");
        picture.save(format!("{folder}/{name}.png")).expect("a folder to write to");
    };
    let opened = |label: &'static str| {
        move |looking: Looking| {
            let (mut harness, shared) = in_room(looking);
            if looking.size.x < 550.0 {
                harness.get_by_label("Back").click();
                harness.run();
            }
            harness.get_by_label(label).click();
            harness.run_steps(4);
            (harness, shared)
        }
    };
    for (size, size_name) in [(SMALL_PHONE, "small"), (PHONE, "phone"), (DESKTOP, "desktop")] {
        for (text, look) in [(100, Look::Light), (200, Look::Dark)] {
            let looking = Looking { text, look, has_pictures: true, ..Looking::at(size) };
            let scenes: [(&str, Scene); 6] = [
                ("welcome", named),
                ("no-rooms", alone),
                ("rooms", settled),
                ("room", in_room),
                ("invite", invited),
                ("members", members),
            ];
            for (name, scene) in scenes
                .into_iter()
                .chain(NETWORK)
                .chain(RULES)
                .chain(DOOR)
                .chain(PEOPLE)
                .chain(WIFI)
                .chain(OFFERED)
                .chain([NEWEST])
            {
                shoot(&format!("{name}-{size_name}-{text}"), scene, looking);
            }
            for (name, label) in
                [("settings", "Settings"), ("scan", "Scan"), ("new-room", "New room")]
            {
                let (mut harness, _shared) = opened(label)(looking);
                let picture = harness.render().expect("a software rasterizer");
                picture.save(format!("{folder}/{name}-{size_name}-{text}.png")).expect("written");
                if label == "Settings" {
                    harness.get_by_label("Diagnostics").scroll_to_me();
                    harness.run();
                    harness.get_by_label("Diagnostics").click();
                    harness.run_steps(4);
                    let picture = harness.render().expect("a software rasterizer");
                    let path = format!("{folder}/diagnostics-{size_name}-{text}.png");
                    picture.save(path).expect("written");
                }
            }
        }
    }
}
