//! Many devices, each a process of its own with a database on disk, linked by WebRTC over
//! loopback; a third of them are killed and started again, again and again.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use app::cli::process::{Device, DeviceError, text};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{app_command, percentile, process::rss_mb};

/// How often somebody says something, and how often a device is killed.
const SAY_EVERY: Duration = Duration::from_secs(1);
const KILL_EVERY: Duration = Duration::from_secs(3);

/// How long devices run before their memory is looked at for the first time.
const WARM_UP: Duration = Duration::from_secs(60);

/// How long everybody may take to hold everything, once nobody is killed any more.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked whether a device holds everything.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Messages asked for at a time.
const PAGE_LEN: usize = 500;

/// A device in the crowd.
struct Member {
    device: Device,
    folder: std::path::PathBuf,
}

pub(crate) fn run(quick: bool) -> Value {
    let (devices, time) = if quick { (9, 20) } else { (30, 600) };
    swarm(devices, Duration::from_secs(time)).unwrap_or_else(|err| panic!("a device failed: {err}"))
}

fn swarm(count: usize, time: Duration) -> Result<Value, DeviceError> {
    let dir = tempfile::tempdir().expect("a folder");
    let mut chance = ChaCha20Rng::seed_from_u64(1);
    let (mut members, room, joins) = gather(&dir, count)?;
    let victims = count / 3;
    let mut said = BTreeSet::new();
    let (began, mut told, mut kills) = (Instant::now(), 0u32, 0u32);
    let (mut early, mut halfway) = (None, None);
    while began.elapsed() < time {
        let speaker = draw(&mut chance, members.len());
        let words = format!("message {told}");
        told += 1;
        let spoken = members.get_mut(speaker).is_some_and(|m| m.say(&room, &words).is_ok());
        if spoken {
            said.insert(words);
        }
        if KILL_EVERY * kills < began.elapsed() {
            kills += 1;
            // The first third: whoever of them it is, and whatever it is doing.
            let victim = draw(&mut chance, victims);
            if let Some(member) = members.get_mut(victim) {
                member.restart()?;
            }
        }
        if early.is_none() && began.elapsed() > WARM_UP.min(time / 4) {
            early = Some(usage(&members, victims));
        }
        if halfway.is_none() && began.elapsed() > time / 2 {
            halfway = Some(usage(&members, victims));
        }
        members.iter_mut().for_each(|member| member.device.take_in_until(Instant::now()));
        // One waits for all, until it is time for the next words.
        if let Some(member) = members.last_mut() {
            member.device.take_in_until(began + SAY_EVERY * told);
        }
    }
    let (rss, files) = usage(&members, victims);
    let [(rss_early, files_early), (rss_halfway, files_halfway)] =
        [early, halfway].map(|usage| usage.unwrap_or((rss, files)));
    let settled = Instant::now();
    let (lost, repeated) = compare(&mut members, &room, &said)?;
    Ok(json!({
        "devices": count,
        "seconds": time.as_secs(),
        "join_p50_ms": percentile(&joins, 50),
        "join_p95_ms": percentile(&joins, 95),
        "messages": said.len(),
        "kills": kills,
        "lost": lost,
        "repeated": repeated,
        "settled_ms": settled.elapsed().as_millis(),
        "rss_mb_early": rss_early,
        "rss_mb_halfway": rss_halfway,
        "rss_mb_end": rss,
        "descriptors_early": files_early,
        "descriptors_halfway": files_halfway,
        "descriptors_end": files,
    }))
}

/// All devices in one room: the guests scan one screen at the same moment. Also how long each took,
/// in milliseconds.
fn gather(dir: &TempDir, count: usize) -> Result<(Vec<Member>, String, Vec<f64>), DeviceError> {
    let mut members = Vec::new();
    for n in 0..count {
        let folder = dir.path().join(n.to_string());
        members.push(Member { device: Device::start(app_command(), &folder)?, folder });
    }
    let (host, guests) = members.split_last_mut().expect("a host");
    let (room, invite) = host.device.create_room("Host", "Swarm")?;
    for (n, guest) in guests.iter_mut().enumerate() {
        guest.device.send(&json!({"cmd": "set_name", "name": format!("Guest {n}")}))?;
        guest.device.wait_for("name_changed", |_| true)?;
    }
    let scanned = Instant::now();
    for guest in &mut *guests {
        guest.device.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    }
    let mut joins = Vec::new();
    for guest in &mut *guests {
        let (at, _) = guest.device.wait_for("room_joined", |_| true)?;
        joins.push(at.saturating_duration_since(scanned).as_secs_f64() * 1e3);
    }
    Ok((members, room, joins))
}

impl Member {
    /// Says something; it is on this device's disk when this returns.
    fn say(&mut self, room: &str, words: &str) -> Result<(), DeviceError> {
        self.device.send(&json!({"cmd": "send", "room": room, "text": words}))?;
        self.device.wait_for_text(words).map(|_| ())
    }

    /// Kills the device without warning, and starts it again from its disk.
    fn restart(&mut self) -> Result<(), DeviceError> {
        self.device.end();
        self.device = Device::start(app_command(), &self.folder)?;
        Ok(())
    }

    /// Every text the device shows, oldest first.
    fn texts(&mut self, room: &str) -> Result<Vec<String>, DeviceError> {
        let mut texts = Vec::new();
        let mut before = Value::Null;
        loop {
            let page = json!({"cmd": "page", "room": room, "before": before, "limit": PAGE_LEN});
            self.device.send(&page)?;
            let (_, page) = self.device.wait_for("page", |_| true)?;
            let messages = page.pointer("/messages").and_then(Value::as_array);
            let messages = messages.cloned().unwrap_or_default();
            let is_text = |message: &&Value| text(message, "/kind") == "text";
            let of_page: Vec<_> =
                messages.iter().filter(is_text).map(|message| text(message, "/text")).collect();
            texts.splice(0..0, of_page);
            let is_start = page.pointer("/is_start").and_then(Value::as_bool).unwrap_or(true);
            match messages.first().and_then(|message| message.pointer("/position")) {
                Some(first) if !is_start => before = first.clone(),
                _ => return Ok(texts),
            }
        }
    }
}

/// Waits until every device shows all that was said, and counts what is missing, or is there more
/// than once, on any.
fn compare(
    members: &mut [Member],
    room: &str,
    said: &BTreeSet<String>,
) -> Result<(usize, usize), DeviceError> {
    let deadline = Instant::now() + PATIENCE;
    let (mut lost, mut repeated) = (0, 0);
    for member in members {
        let texts = loop {
            let texts = member.texts(room)?;
            let shown: BTreeSet<_> = texts.iter().collect();
            if said.iter().all(|words| shown.contains(words)) || Instant::now() > deadline {
                break texts;
            }
            member.device.take_in_until(Instant::now() + LOOK_EVERY);
        };
        let shown: BTreeSet<_> = texts.iter().cloned().collect();
        lost += said.difference(&shown).count();
        repeated += texts.len() - shown.len();
    }
    Ok((lost, repeated))
}

/// The most memory, in MB, and the most open files of the devices that are never killed.
fn usage(members: &[Member], victims: usize) -> (f64, usize) {
    let lasting = members.iter().skip(victims);
    lasting.fold((0.0, 0), |(rss, files), member| {
        let id = member.device.id();
        let open = std::fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count);
        (rss_mb(&id.to_string()).unwrap_or_default().max(rss), open.max(files))
    })
}

fn draw(chance: &mut ChaCha20Rng, end: usize) -> usize {
    usize::try_from(chance.next_u64()).unwrap_or_default().checked_rem(end).unwrap_or_default()
}
