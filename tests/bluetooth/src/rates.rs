//! How fast the two are: for `measure ble`.

use std::{path::Path, time::Instant};

use crate::phone::{Phone, Wrong};

/// What the guest has to fetch: texts, and how long each is.
const TEXTS: usize = 80;
const TEXT_LEN: usize = 4_000;

/// Messages there and back.
const TRIPS: usize = 11;

/// The longest packet over GATT, and on an L2CAP channel.
const LONGEST: [u64; 2] = [509, 1_018];

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
    let [gatt, coc] = LONGEST;
    {
        let mut guest = Phone::start_with(festival, (1, None), "Ben", &["--gatt-only"])?;
        guest.fetch(&invite, &texts, ("vm_gatt_join_ms", "vm_gatt_kb_per_s"))?;
        guest.chat(&mut host, &room, "vm_gatt_rtt_ms", gatt)?;
    }
    // On the same controller: an emulated one knows only one connection at a time.
    let mut guest = Phone::start(festival, (1, None), "Cem")?;
    guest.fetch(&invite, &texts, ("vm_join_ms", "vm_coc_kb_per_s"))?;
    guest.chat(&mut host, &room, "vm_rtt_ms", coc)
}

impl Phone {
    /// Joins and fetches all that was said before.
    fn fetch(&mut self, invite: &str, texts: &[String], keys: (&str, &str)) -> Result<(), Wrong> {
        let asked = Instant::now();
        self.join(invite)?;
        eprintln!("figure {} {}", keys.0, asked.elapsed().as_millis());
        let joined = Instant::now();
        for text in texts {
            self.has(text)?;
        }
        let kb = (TEXTS * TEXT_LEN) as f64 / 1e3;
        eprintln!("figure {} {:.1}", keys.1, kb / joined.elapsed().as_secs_f64());
        self.goes_by("ble")
    }

    /// Says something and hears the answer, again and again, in packets of this length at most.
    fn chat(&mut self, host: &mut Self, room: &str, key: &str, len: u64) -> Result<(), Wrong> {
        for number in 0..TRIPS {
            let (there, back) = (format!("there {key} {number}"), format!("back {key} {number}"));
            let trip = Instant::now();
            self.say(room, &there)?;
            host.has(&there)?;
            host.say(room, &back)?;
            self.has(&back)?;
            eprintln!("figure {key} {}", trip.elapsed().as_millis());
        }
        for phone in [self, host] {
            let found = phone.max_packet()?;
            if found != len {
                return Err(format!("{}: packets of {found}, not {len}", phone.name).into());
            }
        }
        Ok(())
    }
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
