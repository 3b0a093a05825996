//! Devices that are switched on and off, and sleep.

use crate::{chance::Chance, device::Device, scenario::Scenario};

/// When devices are switched on and off, and sleep.
#[derive(Debug)]
pub(crate) struct Power {
    pub(crate) on_from: Vec<u32>,
    off_at: Vec<Option<u32>>,
    /// When each next falls asleep or wakes.
    turns_at: Vec<f64>,
    chance: Chance,
}

impl Power {
    pub(crate) fn new(scenario: &Scenario, mut chance: Chance) -> Self {
        let mut moment = |share: f64| {
            let at = (chance.unit() * f64::from(scenario.writing)) as u32;
            (chance.unit() < share).then_some(at)
        };
        let (leaving, coming) = scenario.churn.map_or((0.0, 0.0), |c| (c.leaving, c.coming));
        let (mut on_from, mut off_at) = (Vec::new(), Vec::new());
        for _ in 0..scenario.all_devices() {
            let (on, off) = (moment(coming).unwrap_or_default(), moment(leaving));
            on_from.push(on);
            // Who comes, stays.
            off_at.push(off.filter(|_| on == 0));
        }
        let sleep = scenario.sleep;
        let first = |_| sleep.map_or(f64::INFINITY, |s| chance.exponential(s.awake));
        let turns_at = (0..scenario.all_devices()).map(first).collect();
        Self { on_from, off_at, turns_at, chance }
    }

    /// A second goes by.
    pub(crate) fn turn(&mut self, now: u32, scenario: &Scenario, devices: &mut [Device]) {
        for (number, device) in devices.iter_mut().enumerate() {
            device.is_on =
                self.on_from[number] <= now && self.off_at[number].is_none_or(|off| now < off);
            if self.turns_at[number] > f64::from(now) {
                continue;
            }
            let Some(sleep) = scenario.sleep else { continue };
            device.sleeps = !device.sleeps;
            let mean = if device.sleeps { sleep.asleep } else { sleep.awake };
            self.turns_at[number] += self.chance.exponential(mean).max(1.0);
        }
    }
}
