//! The whole story on one machine, through the real parts: two processes, two databases, a QR
//! drawn and read back, UDP, a kill and a comeback. It succeeds only if all of it happened.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use qr::{Effort, LumaView, Reader};
use serde_json::{Value, json};

use super::process::{Device, DeviceError, text};

/// Pixels to a module in the drawn QR, and modules of quiet zone (ISO/IEC 18004, 4 modules).
const PX_PER_MODULE: usize = 8;
const QUIET_ZONE: usize = 4;

/// Tells the story, in words or as JSON lines.
struct Story {
    is_json: bool,
    began: Instant,
}

impl Story {
    /// One step that happened, and how long it took if that matters.
    fn tell(&self, step: &str, words: &str, took: Option<Duration>) -> Result<(), DemoError> {
        let at_ms = millis(self.began.elapsed());
        let mut out = std::io::stdout().lock();
        let written = if self.is_json {
            let took_ms = took.map(millis);
            writeln!(out, "{}", json!({"step": step, "at_ms": at_ms, "took_ms": took_ms}))
        } else {
            let took = took.map(|took| format!("  ({:.1} ms)", millis(took))).unwrap_or_default();
            writeln!(out, "{at_ms:8.1} ms  {words}{took}")
        };
        written.map_err(DemoError::Output)
    }
}

fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e5).round() / 1e2
}

/// Runs the story.
pub(super) fn run(is_json: bool) -> Result<(), String> {
    let dir = std::env::temp_dir().join(format!("festival-demo-{}", std::process::id()));
    let outcome = tell_all(&Story { is_json, began: Instant::now() }, &dir);
    let _ = std::fs::remove_dir_all(&dir);
    outcome.map_err(|err| format!("the demo failed: {err}"))
}

fn tell_all(story: &Story, dir: &Path) -> Result<(), DemoError> {
    let program = std::env::current_exe().map_err(DemoError::Files)?;
    let homes = Homes { ada: dir.join("ada"), ben: dir.join("ben"), qr: dir.join("invite.png") };
    std::fs::create_dir_all(dir).map_err(DemoError::Files)?;

    let mut ada = Device::start(Command::new(&program), &homes.ada)?;
    let (room, invite) = ada.create_room("Ada", "Campsite")?;
    story.tell("room", "Ada starts the app and creates the room \"Campsite\".", None)?;
    draw(&invite, &homes.qr)?;
    story.tell("qr_drawn", "Her screen shows a QR; it is drawn as a picture.", None)?;

    let mut ben = Device::start(Command::new(&program), &homes.ben)?;
    ben.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
    let began = Instant::now();
    let scanned = read_back(&homes.qr)?;
    if scanned != invite {
        return Err(DemoError::Story("the QR was read as something else".to_owned()));
    }
    story.tell("qr_read", "Ben starts the app and scans the picture.", Some(began.elapsed()))?;

    scan_to_chat(story, &mut ada, &mut ben, &room, &scanned)?;
    kill_and_return(story, &program, &homes, ada, ben, &room)?;
    story.tell("done", "Nothing was lost. That is Festival Chat.", None)
}

/// Who keeps what where.
struct Homes {
    ada: PathBuf,
    ben: PathBuf,
    qr: PathBuf,
}

fn scan_to_chat(
    story: &Story,
    ada: &mut Device,
    ben: &mut Device,
    room: &str,
    invite: &str,
) -> Result<(), DemoError> {
    let scanned = Instant::now();
    ben.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    ben.wait_for("room_joined", |_| true)?;
    ben.send(&json!({"cmd": "send", "room": room, "text": "Hi Ada, I am in!"}))?;
    let arrived = ada.wait_for_text("Hi Ada, I am in!")?;
    let took = arrived.saturating_duration_since(scanned);
    story.tell(
        "scan_to_chat",
        "They are connected over UDP; his first message is on her disk.",
        Some(took),
    )?;

    let said = Instant::now();
    ada.send(&json!({"cmd": "send", "room": room, "text": "Welcome, Ben!"}))?;
    let arrived = ben.wait_for_text("Welcome, Ben!")?;
    let took = arrived.saturating_duration_since(said);
    story.tell("answer", "Her answer is on his.", Some(took))
}

fn kill_and_return(
    story: &Story,
    program: &Path,
    homes: &Homes,
    mut ada: Device,
    ben: Device,
    room: &str,
) -> Result<(), DemoError> {
    ben.kill();
    story.tell("killed", "Ben's app is killed without warning.", None)?;
    ada.send(&json!({"cmd": "send", "room": room, "text": "Ben? The show starts at nine."}))?;
    ada.wait_for_text("Ben? The show starts at nine.")?;
    ada.wait_for("peer_lost", |_| true)?;
    story.tell("lost", "Ada writes on; her app has noticed that he is gone.", None)?;

    let back = Instant::now();
    let mut ben = Device::start(Command::new(program), &homes.ben)?;
    let arrived = ben.wait_for_text("Ben? The show starts at nine.")?;
    let took = arrived.saturating_duration_since(back);
    story.tell(
        "returned",
        "Ben starts it again: it reconnects by itself and has what he missed.",
        Some(took),
    )?;

    ben.send(&json!({"cmd": "page", "room": room}))?;
    let (_, page) = ben.wait_for("page", |_| true)?;
    let texts = texts_of(&page);
    let expected = ["Hi Ada, I am in!", "Welcome, Ben!", "Ben? The show starts at nine."];
    if texts != expected {
        return Err(DemoError::Story(format!("his history is {texts:?}")));
    }
    story.tell("history", "His history is whole and in order.", None)?;
    ada.quit()?;
    ben.quit()?;
    Ok(())
}

/// The texts of a page event, oldest first.
fn texts_of(page: &Value) -> Vec<String> {
    let messages = page.pointer("/messages").and_then(Value::as_array).cloned();
    let texts = messages.unwrap_or_default().into_iter();
    texts.filter(|m| text(m, "/kind") == "text").map(|m| text(&m, "/text")).collect()
}

fn draw(invite: &str, path: &Path) -> Result<(), DemoError> {
    let modules = qr::draw(invite).map_err(|err| DemoError::Story(err.to_string()))?;
    let luma = modules.luma(PX_PER_MODULE, QUIET_ZONE);
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (width, height) = (side(luma.width()), side(luma.height()));
    image::GrayImage::from_raw(width, height, luma.into_data())
        .ok_or_else(|| DemoError::Story("the picture has a wrong size".to_owned()))?
        .save(path)
        .map_err(DemoError::Picture)
}

fn read_back(path: &Path) -> Result<String, DemoError> {
    let picture = image::open(path).map_err(DemoError::Picture)?.into_luma8();
    let (width, height) = picture.dimensions();
    let view = LumaView::new(width as usize, height as usize, picture.as_raw())
        .map_err(|err| DemoError::Story(err.to_string()))?;
    Reader::new(Effort::Photo)
        .read(view)
        .ok_or_else(|| DemoError::Story("the QR could not be read".to_owned()))
}

/// Why the story did not come to its end.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("{0}")]
    Story(String),
    #[error("the demo's files: {0}")]
    Files(#[source] std::io::Error),
    #[error("the demo's picture: {0}")]
    Picture(#[source] image::ImageError),
    #[error("the story could not be written: {0}")]
    Output(#[source] std::io::Error),
}
