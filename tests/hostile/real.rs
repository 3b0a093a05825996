//! The same with the program itself: `festival headless`, on a disk of its own.

use std::{fs, path::Path, process::Command};

use app::cli::process::Device;
use engine::Store as _;
use serde_json::json;
use storage::RedbStore;

use super::at_rest::{assert_says_none, secrets};

/// The program, built beside the tests.
fn festival() -> Command {
    let tests = std::env::current_exe().expect("a program knows its file");
    let built = tests.parent().and_then(Path::parent).expect("target/debug/deps");
    Command::new(built.join(format!("festival{}", std::env::consts::EXE_SUFFIX)))
}

/// The program, saying all it has to say into a file.
fn talkative(log: &Path) -> Command {
    let mut program = festival();
    program.env("FESTIVAL_LOG", "trace").stderr(fs::File::create(log).expect("a file"));
    program
}

/// Keys of a session and words were written into logs, which other programs can read (Zemzeme, issue
/// 67). Nobody can turn the log of the program up so far that it tells any.
#[test]
fn log_of_the_program_holds_no_key_and_no_word_however_much_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let mut ada = Device::start(talkative(&path("ada.log")), &path("ada")).expect("it wakes");
    let mut ben = Device::start(talkative(&path("ben.log")), &path("ben")).expect("it wakes");
    let (room, invite) = ada.create_room("Ada", "Engine").expect("a room");
    ben.send(&json!({"cmd": "set_name", "name": "Ben"})).expect("it listens");
    ben.send(&json!({"cmd": "accept_invite", "invite": invite})).expect("it listens");
    ben.wait_for("room_joined", |_| true).expect("it joins");
    ben.send(&json!({"cmd": "send", "room": room, "text": "down and down"})).expect("it listens");
    ada.wait_for_text("down and down").expect("it arrives");
    ada.quit().expect("it ends");
    ben.quit().expect("it ends");

    let mut keys = Vec::new();
    for name in ["ada", "ben"] {
        let store = RedbStore::open(path(name).join("festival.redb")).expect("a database");
        keys.extend(store.rooms().expect("readable").iter().flat_map(secrets));
    }
    assert!(keys.len() >= 6, "{}", keys.len());
    for log in ["ada.log", "ben.log"] {
        let log = fs::read_to_string(path(log)).expect("a log");
        assert!(log.lines().count() > 20, "it says a lot:\n{log}");
        assert_says_none(&log, &keys, &["down and", "festival:"]);
    }
}

/// Devices left the factory with the same keys, or with keys that could be guessed (Meshtastic,
/// GHSA-gq7v-jr8c-mfr7). Here all keys are made on the device, of the system's chance.
#[test]
fn no_two_installs_have_a_key_in_common() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut keys = Vec::new();
    for name in ["ada", "ben", "cleo"] {
        let data = folder.path().join(name);
        let mut device = Device::start(festival(), &data).expect("it wakes");
        device.create_room("Ada", "Engine").expect("a room");
        device.quit().expect("it ends");
        let store = RedbStore::open(data.join("festival.redb")).expect("a database");
        keys.extend(store.rooms().expect("readable").iter().flat_map(secrets));
    }

    assert_eq!(keys.len(), 9, "a seed, an epoch's key and an invite's secret each");
    for (at, key) in keys.iter().enumerate() {
        for other in &keys[at + 1..] {
            assert!(!key.windows(4).any(|part| other.windows(4).any(|window| window == part)));
        }
    }
}
