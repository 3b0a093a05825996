//! A crowd of another size, on another ground, or with others in it.

use std::path::PathBuf;

use clap::Args;
use crowd::{Churn, Malice, Scenario, Sleep};

/// How many grounds a range is measured on, if it is as short as this one in meters or shorter: how
/// soon words arrive there depends on where the stages are, by five percent either way. Two are done in
/// ten minutes with all the rest.
const SHORT: f64 = 15.0;
const GROUNDS: u64 = 2;

/// How long the crowd goes on at a short range, in seconds: a quarter of an hour after the last
/// message was written.
const SHORT_SECONDS: u32 = 1_500;

/// What of the crowd is other than it is compared with.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Of `crowd`, how many members' devices; the ground grows with them.
    #[arg(long, value_name = "N")]
    devices: Option<usize>,
    /// Of `crowd`, only this range, in meters.
    #[arg(long, value_name = "M")]
    pub(super) range: Option<f64>,
    /// Of `crowd`, what all chance comes from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Of `crowd`, on how many grounds, each from the next seed; the figures are of all together.
    /// Unless said, one, and four at a range of 15 m or less.
    #[arg(long, value_name = "N")]
    grounds: Option<u64>,
    /// Of `crowd`, the most seconds that go by in it.
    #[arg(long, value_name = "S")]
    seconds: Option<u32>,
    /// Of `crowd`, how many devices more that are in no room and carry for those who are.
    #[arg(long, value_name = "N", default_value_t = 0)]
    couriers: usize,
    /// Of `crowd`, members keep to two camps at opposite edges, each so wide, in meters; couriers
    /// walk everywhere.
    #[arg(long, value_name = "M")]
    camps: Option<f64>,
    /// Of `crowd`, for how many seconds phones sleep at a time, on average.
    #[arg(long, value_name = "S")]
    asleep: Option<f64>,
    /// Of `crowd`, for how many seconds phones that sleep are awake between, on average.
    #[arg(long, value_name = "S", default_value_t = 60.0)]
    awake: f64,
    /// Of `crowd`, the share of devices that are switched off for good meanwhile, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    leaving: f64,
    /// Of `crowd`, the share of devices that are switched on only meanwhile, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    coming: f64,
    /// Of `crowd`, how many members send junk on every link.
    #[arg(long, value_name = "N", default_value_t = 0)]
    junk: usize,
    /// Of `crowd`, how many members take everything and pass nothing on.
    #[arg(long, value_name = "N", default_value_t = 0)]
    hoard: usize,
    /// Of `crowd`, where to draw the curves.
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
}

impl Options {
    /// The crowds to run at a range: one for each ground.
    pub(super) fn scenarios(&self, quick: bool, range: f64) -> Vec<Scenario> {
        let is_short = range <= SHORT && !quick;
        let grounds = self.grounds.unwrap_or(if is_short { GROUNDS } else { 1 });
        let mut scenario = Scenario::festival(range);
        if is_short {
            scenario.seconds = SHORT_SECONDS;
        }
        if quick {
            scenario.devices = 100;
            scenario.writing = 60;
            scenario.seconds = 600;
        }
        scenario.devices = self.devices.unwrap_or(scenario.devices);
        scenario.seconds = self.seconds.unwrap_or(scenario.seconds);
        scenario.writing = scenario.writing.min(scenario.seconds);
        // As close together as 1,000 on 500 m square.
        scenario.side = 500.0 * (scenario.devices as f64 / 1_000.0).sqrt();
        scenario.couriers = self.couriers;
        scenario.camps = self.camps.map(|width| width.clamp(0.0, scenario.side / 2.0));
        scenario.sleep = self.asleep.map(|asleep| Sleep { awake: self.awake, asleep });
        let (leaving, coming) = (self.leaving, self.coming);
        scenario.churn = (leaving > 0.0 || coming > 0.0).then_some(Churn { leaving, coming });
        let malicious = [(Malice::Junk, self.junk), (Malice::Hoard, self.hoard)];
        scenario.malicious = malicious.into_iter().filter(|(_, count)| *count > 0).collect();
        (0..grounds.max(1))
            .map(|n| Scenario { seed: self.seed.wrapping_add(n), ..scenario.clone() })
            .collect()
    }
}
