//! Whatever strangers and members send, the others go on.

#[path = "hostile/at_rest.rs"]
mod at_rest;
#[path = "hostile/flooding.rs"]
mod flooding;
#[path = "hostile/forks.rs"]
mod forks;
#[path = "hostile/impostors.rs"]
mod impostors;
#[path = "hostile/links.rs"]
mod links;
#[path = "hostile/operations.rs"]
mod operations;
#[path = "hostile/real.rs"]
mod real;
#[path = "hostile/relaying.rs"]
mod relaying;
#[path = "hostile/strangers.rs"]
mod strangers;
#[path = "hostile/wire.rs"]
mod wire;

use std::time::Duration;

use engine::Frame;
use tests::{Name, World};

const MINUTE: Duration = Duration::from_secs(60);

// The first byte of packets, which travel in clear inside links that encrypt by themselves.
const HAVE: u8 = 4;
const OPS: u8 = 5;

/// Alice's friends, let in by scanning her screen, and connected with each other.
fn camp_in(world: World, guests: &[Name]) -> World {
    let mut world = world.with_camp(guests);
    world.meet();
    world
}

fn camp(guests: &[Name]) -> World {
    camp_in(World::default(), guests)
}

/// A camp on links that encrypt by themselves, so that a test can read and change packets.
fn open_camp(guests: &[Name]) -> World {
    camp_in(World::binding(), guests)
}

fn assert_talk(world: &mut World, a: Name, b: Name) {
    for (from, to) in [(a, b), (b, a)] {
        world.say(from, "still talking");
        world.settle();
        assert_eq!(world.texts(to).last().map(String::as_str), Some("still talking"), "{to}");
    }
}

fn flip_last(mut frame: Frame) -> Vec<Frame> {
    if frame.first() == Some(&OPS)
        && let Some(last) = frame.last_mut()
    {
        *last ^= 1;
    }
    vec![frame]
}
