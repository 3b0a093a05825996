//! Pictures of the screens people see most, drawn in software and compared with those checked in.
//!
//! `UPDATE_SNAPSHOTS=1` makes new ones; look at them before they are checked in.

use app::{chat_app::ChatApp, ui::state::Look};
use egui_kittest::{Harness, SnapshotResults, kittest::Queryable as _};
use engine::{Event, LinkId};

use crate::stage::{
    BEA, DESKTOP, Looking, PHONE, ROOM, Shared, alone, in_room, link, newcomer, settled,
};

type Scene = fn(Looking) -> (Harness<'static, ChatApp>, Shared);

fn pictures(name: &str, scene: Scene) {
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
    for (size, size_name) in [(PHONE, "phone"), (DESKTOP, "desktop")] {
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
            for (name, scene) in scenes {
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
