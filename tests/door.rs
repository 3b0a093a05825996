//! Who is let into a room, and with which keys.

#[path = "door/joins.rs"]
mod joins;
#[path = "door/options.rs"]
mod options;
#[path = "door/renewal.rs"]
mod renewal;

use engine::{Command, Event, Refusal, Role};
use tests::{Name, World};

/// A room of Alice's in which all of `guests` are, and know each other.
fn camp(guests: &[Name]) -> World {
    let mut world = World::default().with_camp(guests);
    world.meet();
    world
}

fn set_role(world: &mut World, by: Name, whom: Name, role: Role) {
    let (room, member) = (world.room(by), world.me(whom));
    world.command(by, Command::SetRole { room, member, role });
    world.settle();
}

fn refusals(world: &World, at: Name) -> Vec<Refusal> {
    let refused = world.events(at).iter().filter_map(|event| match event {
        Event::CommandRefused { why } => Some(*why),
        _ => None,
    });
    refused.collect()
}
