//! Two devices lose each other again and again while they talk, and end with the same history.

use std::{path::Path, time::Instant};

use crate::{phone::Wrong, scene::Scene};

/// How often the two lose each other.
const LOSSES: usize = 20;

/// What each of the two says before and after each loss: 1,000 messages each in all.
const MESSAGES: usize = 25;

/// How they lose each other.
#[derive(Debug, Clone, Copy)]
enum Loss {
    GuestSwitchedOff,
    HostSwitchedOff,
    GuestKilled,
    HostKilled,
}

const ALL: [Loss; 4] =
    [Loss::GuestSwitchedOff, Loss::GuestKilled, Loss::HostSwitchedOff, Loss::HostKilled];

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    let mut scene = Scene::begin(festival, [None; 2])?;
    (0..5).try_for_each(|number| scene.quick(number))?;
    for (number, loss) in (0..LOSSES).zip(ALL.into_iter().cycle()) {
        lose(&mut scene, number, loss)?;
    }
    scene.compare()
}

/// They lose each other while they talk, and meet again.
fn lose(scene: &mut Scene, number: usize, loss: Loss) -> Result<(), Wrong> {
    scene.both_say(&format!("before {number}"), MESSAGES)?;
    let lost = Instant::now();
    match loss {
        Loss::GuestSwitchedOff => scene.guest.switch(false)?,
        Loss::HostSwitchedOff => scene.host.switch(false)?,
        Loss::GuestKilled => scene.guest.restart()?,
        Loss::HostKilled => scene.host.restart()?,
    }
    let last = scene.both_say(&format!("after {number}"), MESSAGES)?;
    match loss {
        Loss::GuestSwitchedOff => scene.guest.switch(true)?,
        Loss::HostSwitchedOff => scene.host.switch(true)?,
        Loss::GuestKilled | Loss::HostKilled => {}
    }
    scene.both_hear(last)?;
    eprintln!("figure back_ms {}", lost.elapsed().as_millis());
    scene.tell(&format!("met again after loss {number}, {loss:?}"));
    Ok(())
}
