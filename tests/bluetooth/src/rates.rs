//! How fast the two are: for `measure ble`.

use std::{path::Path, time::Instant};

use crate::phone::{Phone, Wrong};

/// What the guest has to fetch: texts, and how long each is.
const TEXTS: usize = 80;
const TEXT_LEN: usize = 4_000;

/// Messages there and back.
const TRIPS: usize = 11;

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    let mut host = Phone::start(festival, (0, None), "Ada")?;
    let (room, invite) = host.device.create_room("Ada", "Campsite")?;
    let texts: Vec<_> = (0..TEXTS).map(long_text).collect();
    for text in &texts {
        host.say(&room, text)?;
        host.has(text)?;
    }
    let mut guest = Phone::start(festival, (1, None), "Ben")?;
    let asked = Instant::now();
    guest.join(&invite)?;
    eprintln!("figure vm_join_ms {}", asked.elapsed().as_millis());
    let joined = Instant::now();
    for text in &texts {
        guest.has(text)?;
    }
    let kb = (TEXTS * TEXT_LEN) as f64 / 1e3;
    eprintln!("figure vm_gatt_kb_per_s {:.1}", kb / joined.elapsed().as_secs_f64());
    guest.goes_by("ble")?;
    for number in 0..TRIPS {
        let trip = Instant::now();
        guest.say(&room, &format!("there {number}"))?;
        host.has(&format!("there {number}"))?;
        host.say(&room, &format!("back {number}"))?;
        guest.has(&format!("back {number}"))?;
        eprintln!("figure vm_rtt_ms {}", trip.elapsed().as_millis());
    }
    Ok(())
}

/// Text that says nothing twice, so that nothing could be packed.
fn long_text(number: usize) -> String {
    let mut chance = number as u64 + 1;
    let mut text = format!("{number} ");
    while text.len() < TEXT_LEN {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push(char::from(b'a' + u8::try_from((chance >> 33) % 26).unwrap_or_default()));
    }
    text
}
