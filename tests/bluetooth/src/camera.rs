//! A person holds a phone's code into the camera of another device, which has nothing else to join by.

use std::{path::Path, time::Instant};

use app::cli::process::text;
use serde_json::json;

use crate::{
    phone::{Phone, Wrong},
    picture,
    webcam::{Webcam, descriptors::NAME},
};

/// What else is on walls.
const OTHER: &str = "https://example.org/program";

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    let mut host = Phone::start(festival, (0, None), "Ada")?;
    let (room, invite) = host.device.create_room("Ada", "Campsite")?;
    let mut guest = Phone::start(festival, (1, None), "Ben")?;
    guest.device.send(&json!({"cmd": "set_name", "name": "Ben"}))?;

    fails_to_scan(&mut guest, "No camera was found")?;

    // Somebody else's code, as there are many at a festival.
    let camera = Webcam::plug_in(0, picture::of(Some(OTHER))?)?;
    host.device.send(&json!({"cmd": "scan_camera"}))?;
    host.device.wait_for("code_ignored", |event| text(event, "/text") == OTHER)?;
    fails_to_scan(&mut guest, "used by another program")?;
    drop(camera);
    let (_, event) = host.device.wait_for("scan_failed", |_| true)?;
    says(&event, "unplugged")?;

    let camera = Webcam::plug_in(1, picture::of(Some(&invite))?)?;
    guest.device.send(&json!({"cmd": "scan_camera"}))?;
    let (read, event) = guest.device.wait_for("code_read", |_| true)?;
    let first = camera.wait_until_seen()?;
    eprintln!("figure read_ms {}", (read - first).as_millis());
    eprintln!("  it says {event}");
    if text(&event, "/invite") != invite || !text(&event, "/camera").starts_with(NAME) {
        return Err(format!("{event} instead of {invite} through {NAME}").into());
    }
    guest.device.wait_for("room_joined", |_| true)?;
    eprintln!("figure join_ms {}", read.elapsed().as_millis());

    guest.goes_by("ble")?;
    guest.say(&room, "hello from behind the camera")?;
    host.has("hello from behind the camera")?;
    host.say(&room, "hello from the poster")?;
    guest.has("hello from the poster")
}

/// Scans, in vain.
fn fails_to_scan(phone: &mut Phone, why: &str) -> Result<(), Wrong> {
    let since = Instant::now();
    phone.device.send(&json!({"cmd": "scan_camera"}))?;
    let (_, event) = phone.device.wait_for("scan_failed", |_| true)?;
    eprintln!("  {:?}: {event}", since.elapsed());
    says(&event, why)
}

fn says(event: &serde_json::Value, why: &str) -> Result<(), Wrong> {
    let said = text(event, "/why");
    if said.contains(why) { Ok(()) } else { Err(format!("{said:?} instead of {why:?}").into()) }
}
