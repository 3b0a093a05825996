//! How people move: from one place to another, most often to a stage, and then they stay a while.

use crate::chance::Chance;

/// A place, in meters from one corner of the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Meters to the east.
    pub x: f64,
    /// Meters to the north.
    pub y: f64,
}

impl Place {
    /// How far it is to another place, in meters.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// How wide the crowd before a stage is spread, in meters (the deviation of a normal spread).
const STAGE_WIDTH: f64 = 22.0;

/// How long people stay where they are, in seconds, on average.
const PAUSE: f64 = 600.0;

/// How fast people walk, in meters a second.
const PACE: (f64, f64) = (0.7, 1.5);

/// Where a festival takes place: a square with stages.
#[derive(Debug, Clone)]
pub struct Ground {
    side: f64,
    /// How far it goes from west to east.
    across: (f64, f64),
    stages: Vec<Place>,
    drawn_to_stages: f64,
}

impl Ground {
    /// A square of `side` meters with `stages` stages at places of chance; a share of
    /// `drawn_to_stages` (0 to 1) of all walks ends at one of them.
    pub(crate) fn new(side: f64, stages: usize, drawn_to_stages: f64, chance: &mut Chance) -> Self {
        let across = (0.0, side);
        let mut ground = Self { side, across, stages: Vec::new(), drawn_to_stages: 0.0 };
        let places: Vec<_> = (0..stages).map(|_| ground.somewhere(chance)).collect();
        ground.stages = places;
        ground.drawn_to_stages = drawn_to_stages;
        ground
    }

    /// A strip of such a square without stages, from west to east.
    pub(crate) fn strip(side: f64, across: (f64, f64)) -> Self {
        Self { side, across, stages: Vec::new(), drawn_to_stages: 0.0 }
    }

    fn somewhere(&self, chance: &mut Chance) -> Place {
        let stage = chance.below(self.stages.len());
        match self.stages.get(stage) {
            Some(stage) if chance.unit() < self.drawn_to_stages => Place {
                x: (stage.x + STAGE_WIDTH * chance.normal()).clamp(0.0, self.side),
                y: (stage.y + STAGE_WIDTH * chance.normal()).clamp(0.0, self.side),
            },
            _ => Place { x: chance.between(self.across), y: self.side * chance.unit() },
        }
    }
}

/// Somebody who carries a device.
#[derive(Debug, Clone)]
pub struct Person {
    at: Place,
    goal: Place,
    /// Meters a second.
    pace: f64,
    /// Seconds left before the next walk.
    pause: f64,
}

impl Person {
    pub(crate) fn new(ground: &Ground, chance: &mut Chance) -> Self {
        let at = ground.somewhere(chance);
        Self { at, goal: at, pace: 1.0, pause: chance.exponential(PAUSE) }
    }

    /// Where the person is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.at
    }

    /// One second goes by.
    pub(crate) fn walk(&mut self, ground: &Ground, chance: &mut Chance) {
        if self.pause > 0.0 {
            self.pause -= 1.0;
            if self.pause <= 0.0 {
                self.goal = ground.somewhere(chance);
                self.pace = chance.between(PACE);
            }
            return;
        }
        let left = self.at.distance(self.goal);
        if left <= self.pace {
            self.at = self.goal;
            self.pause = chance.exponential(PAUSE).max(1.0);
            return;
        }
        let part = self.pace / left;
        self.at.x += (self.goal.x - self.at.x) * part;
        self.at.y += (self.goal.y - self.at.y) * part;
    }
}
