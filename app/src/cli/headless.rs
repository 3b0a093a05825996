//! A device without a face: commands in, events out, one JSON object a line.

use std::{
    io::{BufRead as _, Write as _},
    sync::mpsc,
};

use engine::Command;
use serde_json::{Value, json};

use super::{
    camera::{CameraScan, Found, Seen},
    device_json::{self, Wish},
    json::Line,
    wifi_json::Made,
};
use crate::{
    backend::Backend as _,
    runtime::{Config, Runtime, Wake},
};

/// The longest line taken: the longest text, escaped throughout, and what surrounds it.
const MAX_LINE_LEN: u64 = 128 * 1024;

/// Something to do for the one thread that owns the device.
enum Task {
    /// There is something to poll.
    News,
    /// A line came in.
    Line(Result<String, String>),
    /// No more lines will come.
    End,
}

/// The device, and what it looks for.
struct Headless {
    runtime: Runtime,
    wake: Wake,
    scan: Option<CameraScan>,
    made: Made,
}

/// Runs until `quit` or the end of the input.
pub(super) fn run(config: &Config) -> Result<(), String> {
    let (tasks, todo) = mpsc::sync_channel(64);
    let news = tasks.clone();
    // A full queue means there is something to do already, after which everything is polled.
    let wake: Wake = std::sync::Arc::new(move || drop(news.try_send(Task::News)));
    let runtime = super::start(config, Wake::clone(&wake))?;
    std::thread::spawn(move || read_lines(&tasks));
    let mut device = Headless { runtime, wake, scan: None, made: Made::default() };
    loop {
        device.tell()?;
        let task = match &device.scan {
            Some(scan) => todo.recv_timeout(scan.left()),
            None => todo.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        match task {
            Ok(Task::News) | Err(mpsc::RecvTimeoutError::Timeout) => {}
            Ok(Task::Line(line)) => {
                let wish = line.and_then(|line| Line::parse(&line));
                if !device.grant(wish)? {
                    return Ok(());
                }
            }
            Ok(Task::End) | Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

impl Headless {
    /// Writes down everything that happened.
    fn tell(&mut self) -> Result<(), String> {
        while let Some(notice) = self.runtime.poll() {
            write_line(&self.made.line(&notice))?;
        }
        match self.scan.as_mut().and_then(CameraScan::poll) {
            Some(Seen::Invite(Found { invite, camera, after })) => {
                self.scan = None;
                let (text, after) = (invite.to_text(), device_json::millis(after));
                write_line(&json!({
                    "event": "code_read", "invite": text, "camera": camera, "after_ms": after,
                }))?;
                self.runtime.send(Command::AcceptInvite { invite });
            }
            Some(Seen::Other(text)) => {
                write_line(&json!({"event": "code_ignored", "text": text}))?;
            }
            Some(Seen::Nothing(why)) => {
                self.scan = None;
                write_line(&json!({"event": "scan_failed", "why": why}))?;
            }
            None => {}
        }
        Ok(())
    }

    /// False if the device is to stop.
    fn grant(&mut self, wish: Result<Wish, String>) -> Result<bool, String> {
        match wish {
            Ok(Wish::Command(command)) => self.runtime.send(command),
            Ok(Wish::ScanCamera(camera)) => {
                // Of two scans the later one counts; the camera is let go of first.
                self.scan = None;
                self.scan = Some(CameraScan::start(camera, Wake::clone(&self.wake)));
            }
            Ok(Wish::Links) => write_line(&device_json::links(&self.runtime.links()))?,
            Ok(Wish::Ways) => write_line(&device_json::ways(&self.runtime.ways()))?,
            Ok(Wish::Stats) => write_line(&device_json::stats(&self.runtime.success_stats()))?,
            Ok(Wish::Radio) => write_line(&device_json::radio(&self.runtime.net()))?,
            Ok(Wish::Wifi(wish)) => self.runtime.wifi(wish),
            Ok(Wish::Screen(is_on)) => self.runtime.set_screen(is_on),
            Ok(Wish::Quit) => return Ok(false),
            Err(why) => write_line(&json!({"event": "bad_line", "why": why}))?,
        }
        Ok(true)
    }
}

fn read_lines(tasks: &mpsc::SyncSender<Task>) {
    use std::io::Read as _;
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = String::new();
        let task = match input.by_ref().take(MAX_LINE_LEN).read_line(&mut line) {
            Ok(0) => Task::End,
            Ok(_) if line.trim().is_empty() => continue,
            Ok(_) => Task::Line(Ok(line)),
            Err(err) => Task::Line(Err(err.to_string())),
        };
        let is_last = matches!(task, Task::End);
        if tasks.send(task).is_err() || is_last {
            return;
        }
    }
}

/// Whoever reads has gone if this fails.
fn write_line(value: &Value) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")
        .and_then(|()| out.flush())
        .map_err(|err| format!("the events cannot be written: {err}"))
}
