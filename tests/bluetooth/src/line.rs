//! Three devices of which the first and the last never hear each other: what one says reaches the
//! other through the one in between.

use std::path::Path;

use crate::phone::{Phone, Wrong};

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    let mut first = Phone::start(festival, (0, None), "Ada")?;
    let (room, invite) = first.device.create_room("Ada", "Campsite")?;
    let mut between = Phone::start(festival, (1, None), "Ben")?;
    between.join(&invite)?;
    // The last one joins by the screen of whoever is between, while the first is away.
    first.switch(false)?;
    let invite = between.show_invite(&room)?;
    let mut last = Phone::start(festival, (2, None), "Cem")?;
    last.join(&invite)?;

    for number in 0..3 {
        let (to_last, to_first) = (format!("Ada says {number}"), format!("Cem says {number}"));
        last.switch(false)?;
        last.say(&room, &to_first)?;
        first.say(&room, &to_last)?;
        first.switch(true)?;
        between.has(&to_last)?;
        first.switch(false)?;
        last.switch(true)?;
        last.has(&to_last)?;
        between.has(&to_first)?;
        last.switch(false)?;
        first.switch(true)?;
        first.has(&to_first)?;
        first.switch(false)?;
        last.switch(true)?;
        eprintln!("  carried there and back: {}", number + 1);
    }
    let all = first.history(&room)?;
    for phone in [&mut between, &mut last] {
        if phone.history(&room)? != all {
            return Err(format!("{} does not hold what the first does", phone.name).into());
        }
    }
    Ok(())
}
