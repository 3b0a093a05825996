//! Any schedule of words, cuts, crashes, restarts and meetings ends with the same history on all.

use std::time::Duration;

use engine::{Command, Invite};
use proptest::prelude::*;
use tests::{Name, World};

const NAMES: [Name; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];

/// Histories are compared in order, so clocks differ by less than what is held back.
const MAX_CLOCK_DIFFERENCE: i64 = 120_000;

/// Something that happens; devices are named by their number, counted around.
#[derive(Debug, Clone)]
enum Step {
    Say(usize),
    Rename(usize),
    /// A guest who is not in the room yet scans the screen of somebody who is.
    Scan(usize, usize),
    Dial(usize),
    Cut(usize, usize),
    Part(usize, usize),
    Reunite(usize, usize),
    Restart(usize),
    /// A device takes inputs in without committing, and then crashes.
    Crash(usize, usize),
    /// A device takes inputs in without committing for a while.
    Batch(usize, usize),
    Deliver(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..NAMES.len();
    let two = (device.clone(), device.clone());
    prop_oneof![
        6 => device.clone().prop_map(Step::Say),
        1 => device.clone().prop_map(Step::Rename),
        3 => two.clone().prop_map(|(a, b)| Step::Scan(a, b)),
        4 => device.clone().prop_map(Step::Dial),
        2 => two.clone().prop_map(|(a, b)| Step::Cut(a, b)),
        1 => two.clone().prop_map(|(a, b)| Step::Part(a, b)),
        2 => two.prop_map(|(a, b)| Step::Reunite(a, b)),
        1 => device.clone().prop_map(Step::Restart),
        1 => (device.clone(), 0..10usize).prop_map(|(a, n)| Step::Crash(a, n)),
        1 => (device, 0..10usize).prop_map(|(a, n)| Step::Batch(a, n)),
        8 => (1..30usize).prop_map(Step::Deliver),
        1 => (0..20_000u64).prop_map(Step::Pass),
    ]
}

/// A camp that something happens to.
struct Camp {
    world: World,
    names: Vec<Name>,
    said: Vec<String>,
    invite: Invite,
}

impl Camp {
    fn new(seed: u64, size: usize, clocks: &[i64]) -> Self {
        let mut world = World::seeded(seed);
        let names: Vec<Name> = NAMES.into_iter().take(size).collect();
        for (name, ahead) in names.iter().zip(clocks) {
            world.add(name);
            world.set_clock(name, *ahead);
        }
        let invite = world.create_room("alice");
        Self { world, names, said: Vec::new(), invite }
    }

    fn name(&self, number: usize) -> Name {
        self.names.iter().cycle().nth(number % self.names.len()).expect("a cycle has no end")
    }

    fn is_member(&self, name: Name) -> bool {
        !self.world.rooms(name).is_empty()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Say(a) => self.say(self.name(a)),
            Step::Rename(a) => {
                let name = format!("{} {}", self.name(a), self.said.len());
                self.world.command(self.name(a), Command::SetName { name });
            }
            Step::Scan(a, b) => self.scan(self.name(a), self.name(b)),
            Step::Dial(a) => self.world.dial_all(self.name(a)),
            Step::Cut(a, b) => self.world.cut(self.name(a), self.name(b)),
            Step::Part(a, b) => self.world.part(self.name(a), self.name(b)),
            Step::Reunite(a, b) => self.world.reunite(self.name(a), self.name(b)),
            Step::Restart(a) => self.world.reboot(self.name(a)),
            Step::Crash(a, deliveries) => {
                self.world.hold(self.name(a));
                (0..deliveries).for_each(|_| _ = self.world.deliver());
                self.world.reboot(self.name(a));
            }
            Step::Batch(a, deliveries) => {
                self.world.hold(self.name(a));
                (0..deliveries).for_each(|_| _ = self.world.deliver());
                self.world.release(self.name(a));
            }
            Step::Deliver(count) => (0..count).for_each(|_| _ = self.world.deliver()),
            Step::Pass(millis) => self.world.pass(Duration::from_millis(millis)),
        }
    }

    fn say(&mut self, name: Name) {
        if self.is_member(name) {
            let text = format!("{name} {}", self.said.len());
            self.world.say(name, &text);
            self.said.push(text);
        }
    }

    fn scan(&mut self, guest: Name, host: Name) {
        if !self.is_member(guest) && self.is_member(host) {
            let invite = self.world.show_invite(host);
            self.world.accept(guest, &invite);
        }
    }

    /// Everyone can reach everyone, and those outside scan the owner's screen.
    fn gather(&mut self) {
        for a in self.names.clone() {
            self.names.iter().for_each(|b| self.world.reunite(a, b));
        }
        for name in self.names.clone() {
            if !self.is_member(name) {
                self.world.accept(name, &self.invite.clone());
            }
        }
        self.world.meet();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_schedule_ends_with_the_same_history_everywhere(
        seed in any::<u64>(),
        size in 3..=NAMES.len(),
        clocks in prop::collection::vec(-MAX_CLOCK_DIFFERENCE..MAX_CLOCK_DIFFERENCE, NAMES.len()),
        steps in prop::collection::vec(step(), 10..120),
    ) {
        let mut camp = Camp::new(seed, size, &clocks);
        steps.iter().for_each(|step| camp.take(step));

        camp.gather();

        let all = camp.world.texts("alice");
        let mut said = camp.said.clone();
        let mut heard = all.clone();
        said.sort();
        heard.sort();
        prop_assert_eq!(heard, said, "everything said is heard, once");
        let roster = camp.world.roster("alice");
        for name in camp.names.clone() {
            prop_assert_eq!(&camp.world.texts(name), &all, "{} sees the same order", name);
            prop_assert_eq!(&camp.world.roster(name), &roster, "{} knows the same people", name);
        }
    }
}
