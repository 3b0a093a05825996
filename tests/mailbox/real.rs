//! The same with real processes: `festival headless` on a disk, and `festival relay`.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use app::cli::process::{Device, DeviceError, text};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The program, built beside the tests.
fn festival() -> Command {
    let tests = std::env::current_exe().expect("a program knows its file");
    let built = tests.parent().and_then(Path::parent).expect("target/debug/deps");
    Command::new(built.join(format!("festival{}", std::env::consts::EXE_SUFFIX)))
}

/// A relay of ours, whose data outlives it.
struct Relay {
    process: Child,
    url: String,
}

impl Relay {
    fn start(data: &Path, listen: &str) -> Self {
        let mut process = festival()
            .args(["relay", "--listen", listen, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the relay starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let url = line.trim().rsplit(' ').next().expect("a word").to_owned();
        assert!(url.starts_with("ws://"), "{line}");
        Self { process, url }
    }

    fn stop(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ran");
    }

    fn listen(&self) -> String {
        self.url.trim_start_matches("ws://").to_owned()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder with everything in it, and devices that know one relay.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn relay(&self) -> Relay {
        Relay::start(&self.0.path().join("relay"), "127.0.0.1:0")
    }

    fn device(&self, name: &str, relay: &Relay) -> Device {
        let servers = self.0.path().join("servers.json");
        fs::write(&servers, json!({"relays": [relay.url]}).to_string()).expect("written");
        let data = self.0.path().join(name);
        Device::start_with_servers(festival(), &data, &servers).expect("it wakes")
    }
}

fn say(device: &mut Device, room: &str, said: &str) {
    device.send(&json!({"cmd": "send", "room": room, "text": said})).expect("it listens");
}

/// Waits until everything up to the message `said` is in the mailbox.
fn wait_until_left(device: &mut Device, said: &str) -> Result<(), DeviceError> {
    let is_it = |event: &Value| text(event, "/message/text") == said;
    let (_, message) = device.wait_for("message", is_it)?;
    let seq = message.pointer("/message/seq").and_then(Value::as_u64).expect("a number");
    let is_left = |event: &Value| {
        event.get("up_to").and_then(Value::as_u64).is_some_and(|up_to| up_to >= seq)
    };
    device.wait_for("deposited", is_left).map(|_| ())
}

fn join(device: &mut Device, name: &str, invite: &str) {
    device.send(&json!({"cmd": "set_name", "name": name})).expect("it listens");
    device.send(&json!({"cmd": "accept_invite", "invite": invite})).expect("it listens");
    device.wait_for("room_joined", |_| true).expect("it joins");
}

/// Every file under a folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    let read = |path: &std::path::PathBuf| match path.is_dir() {
        true => files(path),
        false => vec![fs::read(path).expect("readable")],
    };
    paths.iter().flat_map(read).collect()
}

#[test]
fn thousand_messages_wait_at_a_relay_that_holds_nothing_readable_and_a_fresh_device_gets_them() {
    let place = Place::new();
    let relay = place.relay();
    let mut ada = place.device("ada", &relay);
    let (room, invite) = ada.create_room("Ada Lovelace", "Difference Engine").expect("a room");
    for n in 0..1_000 {
        say(&mut ada, &room, &format!("secret number {n}"));
    }
    wait_until_left(&mut ada, "secret number 999").expect("left");
    // What is on the screen last: the welcome for whoever scans it.
    say(&mut ada, &room, "good-bye");
    wait_until_left(&mut ada, "good-bye").expect("left");
    ada.quit().expect("it ends");

    let mut ben = place.device("ben", &relay);
    join(&mut ben, "Benjamin Herschel", &invite);
    ben.wait_for_text("good-bye").expect("it arrives");
    let said: Vec<String> = ben.events.iter().map(|event| text(event, "/message/text")).collect();
    let heard = said.iter().filter(|said| said.starts_with("secret number ")).count();
    assert_eq!(heard, 1_000);

    relay.stop();
    let held = files(&place.0.path().join("relay"));
    assert!(held.iter().map(Vec::len).sum::<usize>() > 200_000, "it held them");
    let room_bytes = data_encoding::HEXLOWER.decode(room.as_bytes()).expect("hex");
    for word in [&b"secret"[..], b"Lovelace", b"Difference", b"Herschel", room.as_bytes(), &room_bytes] {
        let is_there = held.iter().any(|file| file.windows(word.len()).any(|found| found == word));
        assert!(!is_there, "{}", String::from_utf8_lossy(word));
    }
}

#[test]
fn relay_put_back_to_yesterdays_state_is_reported() {
    let place = Place::new();
    let relay = place.relay();
    let mut ada = place.device("ada", &relay);
    let (room, _) = ada.create_room("Ada", "Engine").expect("a room");
    say(&mut ada, &room, "yesterday");
    wait_until_left(&mut ada, "yesterday").expect("left");
    let (data, backup) = (place.0.path().join("relay"), place.0.path().join("backup"));
    let listen = relay.listen();
    relay.stop();
    copy(&data, &backup);
    let relay = Relay::start(&data, &listen);
    say(&mut ada, &room, "today");
    wait_until_left(&mut ada, "today").expect("left");
    ada.quit().expect("it ends");
    relay.stop();

    let relay = Relay::start(&backup, &listen);
    let mut ada = place.device("ada", &relay);
    let (_, doubt) = ada.wait_for("mailbox_doubt", |_| true).expect("it notices");

    assert_eq!(text(&doubt, "/relay"), relay.url);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a new folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
    }
}
