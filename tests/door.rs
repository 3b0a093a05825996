//! Who is let into a room, and with which keys.

#[path = "door/joins.rs"]
mod joins;
#[path = "door/nearby.rs"]
mod nearby;
#[path = "door/options.rs"]
mod options;
#[path = "door/renewal.rs"]
mod renewal;

use engine::{Event, Refusal};
use tests::{Name, World};

/// A room of Alice's in which all of `guests` are, and know each other.
fn camp(guests: &[Name]) -> World {
    World::default().with_camp_that_met(guests)
}

fn refusals(world: &World, at: Name) -> Vec<Refusal> {
    let refused = world.events(at).iter().filter_map(|event| match event {
        Event::CommandRefused { why } => Some(*why),
        _ => None,
    });
    refused.collect()
}
