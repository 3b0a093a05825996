//! A device without a face: commands in, events out, one JSON object a line.

use std::{
    io::{BufRead as _, Write as _},
    sync::mpsc,
};

use serde_json::{Value, json};

use super::{
    device_json::{self, Wish},
    json::{self, Line},
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

/// Runs until `quit` or the end of the input.
pub(super) fn run(config: &Config) -> Result<(), String> {
    let (tasks, todo) = mpsc::sync_channel(64);
    let news = tasks.clone();
    // A full queue means there is something to do already, after which everything is polled.
    let wake: Wake = std::sync::Arc::new(move || drop(news.try_send(Task::News)));
    let mut runtime = super::start(config, wake)?;
    std::thread::spawn(move || read_lines(&tasks));
    loop {
        while let Some(notice) = runtime.poll() {
            write_line(&json::notice(&notice))?;
        }
        match todo.recv() {
            Ok(Task::News) => {}
            Ok(Task::Line(line)) => {
                let wish = line.and_then(|line| Line::parse(&line));
                if !grant(&mut runtime, wish)? {
                    return Ok(());
                }
            }
            Ok(Task::End) | Err(mpsc::RecvError) => return Ok(()),
        }
    }
}

/// False if the device is to stop.
fn grant(runtime: &mut Runtime, wish: Result<Wish, String>) -> Result<bool, String> {
    match wish {
        Ok(Wish::Command(command)) => runtime.send(command),
        Ok(Wish::Links) => write_line(&device_json::links(&runtime.links()))?,
        Ok(Wish::Stats) => write_line(&device_json::stats(&runtime.success_stats()))?,
        Ok(Wish::Radio) => write_line(&device_json::radio(&runtime.net()))?,
        Ok(Wish::Screen(is_on)) => runtime.set_screen(is_on),
        Ok(Wish::Quit) => return Ok(false),
        Err(why) => write_line(&json!({"event": "bad_line", "why": why}))?,
    }
    Ok(true)
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
