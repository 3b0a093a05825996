//! Two devices with Bluetooth and a network, either of which comes and goes while they talk.

use std::{path::Path, process::Command, time::Instant};

use crate::{phone::Wrong, scene::Scene};

/// How often the way they talk is cut or there again.
const SWITCHES: usize = 20;

/// Where the two live.
const PLACES: [&str; 2] = ["ada", "ben"];

/// What each of the two says in between.
const MESSAGES: usize = 10;

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    build()?;
    let mut scene = Scene::begin(festival, PLACES.map(Some))?;
    let (mut is_network_up, mut is_bluetooth_on) = (false, true);
    for number in 0..SWITCHES {
        let switched = Instant::now();
        // The network comes, Bluetooth goes and comes behind it, the network goes; and again.
        match number % 4 {
            0 | 3 => {
                is_network_up = !is_network_up;
                network(is_network_up)?;
            }
            _ => {
                is_bluetooth_on = !is_bluetooth_on;
                scene.guest.switch(is_bluetooth_on)?;
            }
        }
        let last = scene.both_say(&format!("switch {number}"), MESSAGES)?;
        scene.both_hear(last)?;
        eprintln!("figure heard_ms {}", switched.elapsed().as_millis());
        let way = if is_network_up { "webrtc" } else { "ble" };
        scene.guest.goes_by(way)?;
        eprintln!("figure {way}_ms {}", switched.elapsed().as_millis());
        scene.tell(&format!("switch {number}: by {way}"));
    }
    scene.compare()
}

/// Lays a cable between two places, which is dead at first.
fn build() -> Result<(), Wrong> {
    let [a, b] = PLACES;
    ip(&["netns", "add", a])?;
    ip(&["netns", "add", b])?;
    ip(&["link", "add", "eth0", "netns", a, "type", "veth", "peer", "name", "eth0", "netns", b])?;
    ip(&["-n", a, "address", "add", "10.9.0.1/24", "dev", "eth0"])?;
    ip(&["-n", b, "address", "add", "10.9.0.2/24", "dev", "eth0"])
}

/// Puts the cable in at both ends, or pulls it out.
fn network(is_up: bool) -> Result<(), Wrong> {
    let state = if is_up { "up" } else { "down" };
    PLACES.iter().try_for_each(|place| ip(&["-n", place, "link", "set", "eth0", state]))
}

fn ip(args: &[&str]) -> Result<(), Wrong> {
    let status = Command::new("ip").args(args).status()?;
    if status.success() { Ok(()) } else { Err(format!("ip {} failed", args.join(" ")).into()) }
}
