//! Two devices that joined over Bluetooth, and everything that was said.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Instant,
};

use app::cli::process::text;

use crate::phone::{Phone, Wrong};

/// The two, and what they said.
pub(crate) struct Scene {
    since: Instant,
    pub(crate) host: Phone,
    pub(crate) guest: Phone,
    pub(crate) room: String,
    said: Vec<String>,
}

impl Scene {
    /// The guest joins by the host's invite. The two live in these network namespaces.
    pub(crate) fn begin(
        festival: &Path,
        [of_host, of_guest]: [Option<&'static str>; 2],
    ) -> Result<Self, Wrong> {
        let since = Instant::now();
        let mut host = Phone::start(festival, (0, of_host), "Ada")?;
        let (room, _) = host.device.create_room("Ada", "Campsite")?;
        let invite = host.show_invite(&room)?;
        let mut guest = Phone::start(festival, (1, of_guest), "Ben")?;
        let asked = Instant::now();
        guest.join(&invite)?;
        eprintln!("figure join_ms {}", asked.elapsed().as_millis());
        let mut scene = Self { since, host, guest, room, said: Vec::new() };
        scene.tell("joined");
        scene.chat("first", 1)?;
        scene.guest.goes_by("ble")?;
        Ok(scene)
    }

    /// Says how far the story is.
    pub(crate) fn tell(&self, what: &str) {
        eprintln!("  {:>6.1} s: {what}", self.since.elapsed().as_secs_f64());
    }

    /// One word of the guest's, and how long it took.
    pub(crate) fn quick(&mut self, number: usize) -> Result<(), Wrong> {
        let (trip, what) = (Instant::now(), format!("Ben quick {number}"));
        self.guest.say(&self.room, &what)?;
        self.host.has(&what)?;
        eprintln!("figure message_ms {}", trip.elapsed().as_millis());
        self.said.push(what);
        Ok(())
    }

    /// Both say many things, which are on their disks then; gives what each of the two said last.
    pub(crate) fn both_say(&mut self, what: &str, count: usize) -> Result<[String; 2], Wrong> {
        let [mut by_host, mut by_guest] = [String::new(), String::new()];
        for number in 0..count {
            by_host = format!("{} {what} {number}", self.host.name);
            self.host.say(&self.room, &by_host)?;
            by_guest = format!("{} {what} {number}", self.guest.name);
            self.guest.say(&self.room, &by_guest)?;
            self.said.extend([by_host.clone(), by_guest.clone()]);
        }
        // What is on no disk yet was not said.
        self.host.has(&by_host)?;
        self.guest.has(&by_guest)?;
        Ok([by_host, by_guest])
    }

    /// Both hear what the other said last.
    pub(crate) fn both_hear(&mut self, [by_host, by_guest]: [String; 2]) -> Result<(), Wrong> {
        self.guest.has(&by_host)?;
        self.host.has(&by_guest)
    }

    /// Both say many things, and hear what the other says.
    pub(crate) fn chat(&mut self, what: &str, count: usize) -> Result<(), Wrong> {
        let last = self.both_say(what, count)?;
        self.both_hear(last)
    }

    /// Both hold everything, showed nothing twice, and showed each one's words in the order in which
    /// they were said.
    pub(crate) fn compare(&mut self) -> Result<(), Wrong> {
        let places: BTreeMap<_, _> =
            self.said.iter().enumerate().map(|(place, text)| (text.as_str(), place)).collect();
        let mut said = self.said.clone();
        said.sort();
        for phone in [&mut self.host, &mut self.guest] {
            let held = phone.history(&self.room)?;
            if held != said {
                let (count, of) = (held.len(), said.len());
                let held: BTreeSet<_> = held.iter().collect();
                let lacks: Vec<_> =
                    said.iter().filter(|text| !held.contains(text)).take(9).collect();
                let why = format!("{} holds {count} of {of} and lacks {lacks:?}", phone.name);
                return Err(why.into());
            }
            let mut last = BTreeMap::new();
            for shown in phone.device.events.iter().map(|event| text(event, "/message/text")) {
                let Some(place) = places.get(shown.as_str()).copied() else { continue };
                let author = shown.split(' ').next().unwrap_or_default().to_owned();
                if last.insert(author, place).is_some_and(|before| before >= place) {
                    return Err(format!("{} showed {shown:?} twice or late", phone.name).into());
                }
            }
        }
        self.tell(&format!("both hold the same {} messages", said.len()));
        Ok(())
    }
}
