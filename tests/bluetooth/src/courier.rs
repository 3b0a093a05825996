//! Two members who never hear each other again: what each says reaches the other through somebody
//! who passes by, is in no room, and can read nothing.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::phone::{Phone, Wrong};

/// After this long without a word a member gives strangers what it said.
const QUIET: Duration = Duration::from_secs(62);

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    let mut first = Phone::start(festival, (0, None), "Ada")?;
    let (room, invite) = first.device.create_room("Ada", "Campsite")?;
    let mut last = Phone::start(festival, (2, None), "Cem")?;
    last.join(&invite)?;
    last.switch(false)?;
    let (to_last, to_first) = ("Ada says where the tent is", "Cem says when the bus goes");
    last.say(&room, to_first)?;
    first.say(&room, to_last)?;
    first.device.take_in_until(Instant::now() + QUIET);

    let mut courier = Phone::start(festival, (1, None), "Ben")?;
    first.is_looked_at()?;
    courier.has_met(1)?;
    eprintln!("  the courier has it");
    first.switch(false)?;
    last.switch(true)?;
    last.has(to_last)?;
    eprintln!("  carried there");
    courier.has_met(2)?;
    last.switch(false)?;

    // Who met is not met again for five minutes, unless both begin anew.
    first.restart()?;
    first.switch(true)?;
    courier.restart()?;
    first.has(to_first)?;
    eprintln!("  carried back, after a power cut");
    knows_nothing(&courier, &[to_last, to_first])
}

/// Nothing that a device tells its person holds any of these words, or a room.
fn knows_nothing(phone: &Phone, words: &[&str]) -> Result<(), Wrong> {
    for event in phone.device.events.iter().map(ToString::to_string) {
        if event.contains("room_joined") || words.iter().any(|word| event.contains(word)) {
            return Err(format!("{} knows {event}", phone.name).into());
        }
    }
    Ok(())
}
