//! How long it takes to leave a thousand messages in a mailbox, and to fetch them elsewhere.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    time::Instant,
};

use app::cli::process::{Device, DeviceError, text};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app_command;

const MESSAGES: usize = 1_000;
const QUICK_MESSAGES: usize = 50;

/// Ends with the measurement.
struct Relay(Child);

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A device leaves messages at a relay and goes; a fresh one comes.
pub(crate) fn run(quick: bool) -> Value {
    let messages = if quick { QUICK_MESSAGES } else { MESSAGES };
    leave_and_fetch(messages).unwrap_or_else(|err| panic!("they did not get there: {err}"))
}

fn leave_and_fetch(messages: usize) -> Result<Value, DeviceError> {
    let dir = tempfile::tempdir().expect("a folder");
    let (_relay, url) = start_relay(&dir);
    let servers = dir.path().join("servers.json");
    fs::write(&servers, json!({"relays": [url]}).to_string()).expect("written");
    let start =
        |name: &str| Device::start_with_servers(app_command(), &dir.path().join(name), &servers);

    let mut author = start("author")?;
    let (room, invite) = author.create_room("Ada", "Campsite")?;
    author.wait_for("deposited", |_| true)?;
    for n in 0..messages {
        let said = format!("message number {n} of those that wait");
        author.send(&json!({"cmd": "send", "room": room, "text": said}))?;
    }
    let last = format!("message number {} of those that wait", messages.saturating_sub(1));
    let (written, message) =
        author.wait_for("message", |event| text(event, "/message/text") == last)?;
    let seq = message.pointer("/message/seq").and_then(Value::as_u64).unwrap_or_default();
    let (left, _) = author.wait_for("deposited", |event| {
        event.get("up_to").and_then(Value::as_u64).is_some_and(|up_to| up_to >= seq)
    })?;
    author.quit()?;

    let mut reader = start("reader")?;
    reader.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
    let scanned = Instant::now();
    reader.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    let (joined, _) = reader.wait_for("room_joined", |_| true)?;
    let fetched = reader.wait_for_text(&last)?;

    let since = |from: Instant, to: Instant| to.saturating_duration_since(from).as_secs_f64() * 1e3;
    Ok(json!({
        "messages": messages,
        "left_ms": since(written, left),
        "joined_ms": since(scanned, joined),
        "fetched_ms": since(scanned, fetched),
    }))
}

fn start_relay(dir: &TempDir) -> (Relay, String) {
    let mut relay = app_command()
        .args(["relay", "--listen", "127.0.0.1:0", "--data"])
        .arg(dir.path().join("relay"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the relay starts");
    let mut line = String::new();
    let output = relay.stdout.take().expect("a pipe");
    BufReader::new(output).read_line(&mut line).expect("a line");
    (Relay(relay), line.trim().rsplit(' ').next().unwrap_or_default().to_owned())
}
