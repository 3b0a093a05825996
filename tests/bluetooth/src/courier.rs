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
    // Whoever has heard nothing of the other would write to nobody, and look for nobody.
    first.say(&room, "welcome")?;
    last.has("welcome")?;
    last.say(&room, "thanks")?;
    first.has("thanks")?;
    let (to_last, to_first) = ("Ada says where the tent is", "Cem says when the bus goes");
    for (phone, said) in [(&mut last, to_first), (&mut first, to_last)] {
        phone.switch(false)?;
        phone.is_linked_to_nobody()?;
        phone.say(&room, said)?;
        phone.has(said)?;
    }
    let said = Instant::now();
    let mut courier = Phone::start(festival, (1, None), "Ben")?;
    first.stays_off_until(said + QUIET)?;

    let near = Instant::now();
    first.switch(true)?;
    courier.has_met(1)?;
    eprintln!("figure given_ms {}", near.elapsed().as_millis());
    first.switch(false)?;
    last.is_off()?;
    let near = Instant::now();
    last.switch(true)?;
    last.has(to_last)?;
    eprintln!("figure carried_ms {}", near.elapsed().as_millis());
    courier.has_met(2)?;
    last.switch(false)?;
    knows_nothing(&courier, &[to_last, to_first])?;

    // Who met is not met again for five minutes, unless both begin anew.
    courier.restart()?;
    first.restart()?;
    let near = Instant::now();
    first.switch(true)?;
    first.has(to_first)?;
    eprintln!("figure carried_after_power_cut_ms {}", near.elapsed().as_millis());
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
