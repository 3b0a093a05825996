//! Coming back: after a device moved into another network in the middle of a chat, and after one slept for a minute.
//! Real processes in the lab of `tests/lab`, where every packet takes 50 ms.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    sync::Mutex,
    time::{Duration, Instant},
};

use app::cli::process::{Device, text};
use lab::{Kind, Network};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};

use crate::{
    nat::{Evidence, Meeting, World, Wrong, pause, side_by_side},
    percentile,
};

/// Moves of each pair.
const MOVES: usize = 25;
const QUICK_MOVES: usize = 2;
/// How long a device stays in a network before it moves again.
const STAY: Duration = Duration::from_secs(1);
/// Pairs of which one sleeps, and how often.
const SLEEPERS: u32 = 10;
const NIGHTS: usize = 2;
const SLEEP: Duration = Duration::from_mins(1);
const QUICK_SLEEP: Duration = Duration::from_secs(5);
/// So much later each of them begins.
const STAGGER: Duration = Duration::from_millis(300);

/// Who stays where, and the networks between which the other moves.
const JOURNEYS: [(Kind, [Kind; 2]); 4] = [
    (Kind::PortRestricted, [Kind::PortRestricted, Kind::AddressRestricted]),
    (Kind::PortRestricted, [Kind::PortRestricted, Kind::Symmetric]),
    (Kind::Both, [Kind::Ipv6Only, Kind::Double]),
    (Kind::FullCone, [Kind::UdpBlocked, Kind::PortRestricted]),
];

/// What came of it.
#[derive(Debug, Default)]
struct Tally {
    /// How long each time took, in milliseconds.
    back: Vec<f64>,
    tries: usize,
    lost: usize,
    repeated: usize,
}

/// Moves and sleep.
pub(crate) fn run(quick: bool, keep: Option<&Path>) -> Value {
    lab::become_root();
    let world = World::keeping(keep).unwrap_or_else(|err| panic!("no lab: {err}"));
    let moved = Mutex::new(Tally::default());
    side_by_side(&JOURNEYS, |journey| {
        let moves = if quick { QUICK_MOVES } else { MOVES };
        tell(&world, &moved, |evidence, tally| travel(&world, journey, moves, evidence, tally));
    });
    let slept = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for number in 0..if quick { 2 } else { SLEEPERS } {
            let (world, slept) = (&world, &slept);
            scope.spawn(move || {
                tell(world, slept, |evidence, tally| sleep(world, number, quick, evidence, tally));
            });
        }
    });
    let (moved, slept) = (moved.into_inner().expect("done"), slept.into_inner().expect("done"));
    json!({
        "sleep_p50_ms": percentile(&slept.back, 50),
        "sleep_p95_ms": percentile(&slept.back, 95),
        "sleep_tries": slept.tries,
        "p50_ms": percentile(&moved.back, 50),
        "p95_ms": percentile(&moved.back, 95),
        "lost": moved.lost + slept.lost,
        "repeated": moved.repeated + slept.repeated,
        "tries": moved.tries,
        "back": moved.back.len(),
    })
}

/// Adds to what is known, and names what is left where something goes wrong.
fn tell(
    world: &World,
    all: &Mutex<Tally>,
    act: impl FnOnce(&Evidence, &mut Tally) -> Result<(), Wrong>,
) {
    let evidence = world.evidence().expect("a folder");
    let mut tally = Tally::default();
    let outcome = act(&evidence, &mut tally);
    evidence.note(&format!("{tally:?}"));
    let mut all = all.lock().expect("no panic");
    all.back.append(&mut tally.back);
    all.tries += tally.tries;
    all.lost += tally.lost;
    all.repeated += tally.repeated;
    drop(all);
    if let Err(err) = outcome {
        eprintln!("{err}; see {}", evidence.keep().display());
    } else if tally.lost + tally.repeated > 0 {
        eprintln!("messages lost or repeated; see {}", evidence.keep().display());
    }
}

/// A guest moves to and fro while both keep talking.
fn travel(
    world: &World,
    (of_host, stations): (Kind, [Kind; 2]),
    moves: usize,
    evidence: &Evidence,
    tally: &mut Tally,
) -> Result<(), Wrong> {
    let home = world.network(of_host)?;
    let [first, second] = stations.map(|kind| world.network(kind));
    let stations: [Network; 2] = [first?, second?];
    let mut meeting = Meeting::new(world, [&home, &stations[0]], evidence.dir())?;
    let mut said = Said::default();
    for station in stations.iter().cycle().skip(1).take(moves) {
        pause(STAY);
        tally.tries += 1;
        // What may be under way when the network goes.
        said.both(&mut meeting)?;
        meeting.guest.host.move_to(station)?;
        let arrived = Instant::now();
        said.both(&mut meeting)?;
        match said.wait(&mut meeting) {
            Ok(at) => tally.back.push(millis(at.saturating_duration_since(arrived))),
            Err(err) => eprintln!("{of_host} and {}: {err}", station.kind()),
        }
    }
    said.count(&mut meeting, tally)
}

/// One of two sleeps while the other says something.
fn sleep(
    world: &World,
    number: u32,
    quick: bool,
    evidence: &Evidence,
    tally: &mut Tally,
) -> Result<(), Wrong> {
    pause(STAGGER * number);
    let other = if number.is_multiple_of(3) { Kind::Symmetric } else { Kind::AddressRestricted };
    let networks = [world.network(Kind::PortRestricted)?, world.network(other)?];
    let mut meeting = Meeting::new(world, [&networks[0], &networks[1]], evidence.dir())?;
    let mut said = Said::default();
    for _ in 0..if quick { 1 } else { NIGHTS } {
        tally.tries += 1;
        let sleeper = if number.is_multiple_of(2) { &meeting.host } else { &meeting.guest };
        let sleeper = Pid::from_raw(i32::try_from(sleeper.device.id())?);
        kill(sleeper, Signal::SIGSTOP)?;
        // The one that is stopped hears of it once it is awake.
        said.both(&mut meeting)?;
        pause(if quick { QUICK_SLEEP } else { SLEEP });
        kill(sleeper, Signal::SIGCONT)?;
        let awake = Instant::now();
        said.both(&mut meeting)?;
        let at = said.wait(&mut meeting)?;
        tally.back.push(millis(at.saturating_duration_since(awake)));
    }
    said.count(&mut meeting, tally)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What both have said: the same numbers on either side.
#[derive(Debug, Default)]
struct Said(usize);

impl Said {
    /// Both say the next thing.
    fn both(&mut self, meeting: &mut Meeting) -> Result<(), Wrong> {
        self.0 += 1;
        for (party, name) in [(&mut meeting.host, "host"), (&mut meeting.guest, "guest")] {
            let text = format!("{name} {}", self.0);
            party.device.send(&json!({"cmd": "send", "room": meeting.room, "text": text}))?;
        }
        Ok(())
    }

    /// Waits until both have the other's last; gives the moment.
    fn wait(&self, meeting: &mut Meeting) -> Result<Instant, Wrong> {
        let host = meeting.host.device.wait_for_text(&format!("guest {}", self.0))?;
        let guest = meeting.guest.device.wait_for_text(&format!("host {}", self.0))?;
        Ok(host.max(guest))
    }

    /// Counts what did not come, even a little later, and what came more than once.
    fn count(&self, meeting: &mut Meeting, tally: &mut Tally) -> Result<(), Wrong> {
        pause(STAY);
        for (device, from) in
            [(&mut meeting.host.device, "guest"), (&mut meeting.guest.device, "host")]
        {
            // Whatever the device said before its answer has then been read.
            device.send(&json!({"cmd": "links"}))?;
            device.wait_for("links", |_| true)?;
            let heard = heard(device);
            for number in 1..=self.0 {
                match heard.get(&format!("{from} {number}")) {
                    None => tally.lost += 1,
                    Some(times) => tally.repeated += times - 1,
                }
            }
        }
        Ok(())
    }
}

/// How often each text was shown.
fn heard(device: &Device) -> BTreeMap<String, usize> {
    let mut heard = BTreeMap::new();
    for event in device.events.iter().filter(|event| text(event, "/event") == "message") {
        *heard.entry(text(event, "/message/text")).or_default() += 1;
    }
    heard
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    let mut table = String::new();
    for (key, value) in figures.as_object().into_iter().flatten() {
        let _ = writeln!(table, "{key:<18}{value:>10}");
    }
    table
}
