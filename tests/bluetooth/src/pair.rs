//! Two devices join, talk, lose each other again and again, and end with the same history.

use std::{collections::BTreeSet, path::Path, time::Instant};

use app::cli::process::text;
use serde_json::json;

use crate::phone::{Phone, Wrong};

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

/// The two, and everything that was said.
struct Scene {
    since: Instant,
    host: Phone,
    guest: Phone,
    room: String,
    said: Vec<String>,
}

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path) -> Result<(), Wrong> {
    let since = Instant::now();
    let mut host = Phone::start(festival, 0, "Ada")?;
    let (room, invite) = host.device.create_room("Ada", "Campsite")?;
    tell(since, &format!("the host shows {invite}"));
    let mut guest = Phone::start(festival, 1, "Ben")?;
    guest.device.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
    let asked = Instant::now();
    guest.device.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    guest.device.wait_for("room_joined", |_| true)?;
    eprintln!("figure join_ms {}", asked.elapsed().as_millis());
    tell(since, "joined over Bluetooth");

    let mut scene = Scene { since, host, guest, room, said: Vec::new() };
    scene.chat("first")?;
    scene.guest.is_over_bluetooth()?;
    for number in 0..5 {
        let trip = Instant::now();
        scene.guest.say(&scene.room, &format!("quick {number}"))?;
        scene.host.has(&format!("quick {number}"))?;
        eprintln!("figure message_ms {}", trip.elapsed().as_millis());
        scene.said.push(format!("quick {number}"));
    }
    for (number, loss) in (0..LOSSES).zip(ALL.into_iter().cycle()) {
        scene.lose(number, loss)?;
    }
    scene.compare()
}

/// Says how far the story is.
fn tell(since: Instant, what: &str) {
    eprintln!("  {:>6.1} s: {what}", since.elapsed().as_secs_f64());
}

impl Scene {
    /// Both say many things; gives what each of the two said last.
    fn both_say(&mut self, what: &str) -> Result<[String; 2], Wrong> {
        let mut last = [String::new(), String::new()];
        for number in 0..MESSAGES {
            for (phone, last) in [&mut self.host, &mut self.guest].into_iter().zip(&mut last) {
                *last = format!("{} {what} {number}", phone.name);
                phone.say(&self.room, last)?;
                self.said.push(last.clone());
            }
        }
        Ok(last)
    }

    /// Both say many things, and hear what the other says.
    fn chat(&mut self, what: &str) -> Result<(), Wrong> {
        let [by_host, by_guest] = self.both_say(what)?;
        self.guest.has(&by_host)?;
        self.host.has(&by_guest)?;
        Ok(())
    }

    /// They lose each other while they talk, and meet again.
    fn lose(&mut self, number: usize, loss: Loss) -> Result<(), Wrong> {
        let [by_host, by_guest] = self.both_say(&format!("before {number}"))?;
        // What is on no disk yet was not said.
        self.host.has(&by_host)?;
        self.guest.has(&by_guest)?;
        let lost = Instant::now();
        match loss {
            Loss::GuestSwitchedOff => self.guest.switch(false)?,
            Loss::HostSwitchedOff => self.host.switch(false)?,
            Loss::GuestKilled => self.guest.restart()?,
            Loss::HostKilled => self.host.restart()?,
        }
        let [by_host, by_guest] = self.both_say(&format!("after {number}"))?;
        match loss {
            Loss::GuestSwitchedOff => self.guest.switch(true)?,
            Loss::HostSwitchedOff => self.host.switch(true)?,
            Loss::GuestKilled | Loss::HostKilled => {}
        }
        self.guest.has(&by_host)?;
        self.host.has(&by_guest)?;
        eprintln!("figure back_ms {}", lost.elapsed().as_millis());
        tell(self.since, &format!("met again after loss {number}, {loss:?}"));
        Ok(())
    }

    /// Both hold everything, and showed nothing twice.
    fn compare(&mut self) -> Result<(), Wrong> {
        self.said.sort();
        for phone in [&mut self.host, &mut self.guest] {
            let texts = phone.history(&self.room)?;
            if texts != self.said {
                let (held, said) = (texts.len(), self.said.len());
                let (texts, all) = (set(&texts), set(&self.said));
                let lacks: Vec<_> = all.difference(&texts).take(9).collect();
                let why = format!("{} holds {held} of {said} and lacks {lacks:?}", phone.name);
                return Err(why.into());
            }
            let shown = phone.device.events.iter().map(|event| text(event, "/message/text"));
            let mut seen = BTreeSet::new();
            if let Some(twice) =
                shown.filter(|text| !text.is_empty()).find(|text| !seen.insert(text.clone()))
            {
                return Err(format!("{} showed {twice:?} twice", phone.name).into());
            }
        }
        tell(self.since, &format!("both hold the same {} messages", self.said.len()));
        Ok(())
    }
}

fn set(texts: &[String]) -> BTreeSet<&String> {
    texts.iter().collect()
}
