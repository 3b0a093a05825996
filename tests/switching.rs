//! While the ways between two people come and go, their words do not.

#![expect(clippy::indexing_slicing, reason = "there are two people, and a test that panics fails")]

#[path = "switching/neighbors.rs"]
mod neighbors;

use std::{collections::BTreeMap, time::Duration};

use engine::{Body, Event};
use tests::Name;
use transport::LinkPath;

use neighbors::{NEIGHBORS, Neighbors};

/// How often the network or Bluetooth is cut or there again, at either end.
const SWITCHES: usize = 1_000;

/// Long enough for whatever is behind to catch up.
const CALM: Duration = Duration::from_secs(120);

/// How often `name` was shown each text.
fn shown(pair: &Neighbors, name: Name) -> BTreeMap<String, usize> {
    let mut shown = BTreeMap::new();
    for event in pair.world.events(name) {
        if let Event::MessageAdded { message, .. } = event
            && let Body::Text(text) = &message.body
        {
            *shown.entry(text.clone()).or_default() += 1;
        }
    }
    shown
}

fn play(seed: u64) -> Neighbors {
    let mut pair = Neighbors::seeded(seed);
    pair.world.is_forgetful = true;
    pair.restore();
    let mut said = [Vec::new(), Vec::new()];
    for _ in 0..SWITCHES {
        let is_network = pair.world.draw(2) == 0;
        pair.switch(is_network);
        // Mostly soon, sometimes late enough for everything to be found out.
        let until_next = [200, 2_000, 8_000, 30_000][pair.world.draw(4)];
        let mut left = pair.world.draw(until_next);
        loop {
            for (number, name) in NEIGHBORS.into_iter().enumerate() {
                let text = format!("{name} {}", said[number].len());
                pair.world.say(name, &text);
                said[number].push(text);
            }
            let pause = left.min(4_000);
            pair.pass(Duration::from_millis(pause as u64));
            left -= pause;
            if left == 0 {
                break;
            }
        }
    }
    pair.restore();
    pair.pass(CALM);
    pair.world.settle();

    let everything: BTreeMap<_, _> = said.iter().flatten().map(|text| (text.clone(), 1)).collect();
    let histories = NEIGHBORS.map(|name| pair.world.texts(name));
    assert_eq!(histories[0], histories[1], "seed {seed}: both hold the same, in the same order");
    for (number, name) in NEIGHBORS.into_iter().enumerate() {
        let by = |author: usize| {
            let is_theirs = move |text: &&String| text.starts_with(NEIGHBORS[author]);
            histories[number].iter().filter(is_theirs).cloned().collect::<Vec<_>>()
        };
        for author in [0, 1] {
            assert!(by(author) == said[author], "seed {seed}: {name} lost something, or its order");
        }
        assert!(shown(&pair, name) == everything, "seed {seed}: {name} was shown something twice");
    }
    pair
}

#[test]
fn a_thousand_switches_between_network_and_bluetooth_lose_nothing_and_repeat_nothing() {
    let pair = play(1);

    let [by_network, by_bluetooth] = pair.links;
    assert!(by_network > 50 && by_bluetooth > 50, "{:?}", pair.links);
    assert_eq!(
        pair.paths(),
        [LinkPath::Direct],
        "in the end they have the best link, and no other"
    );
    assert!(pair.longest_gap < Duration::from_secs(15), "{:?}", pair.longest_gap);
}

#[test]
fn link_moves_to_the_network_when_it_is_there_and_back_when_it_is_gone() {
    let secs = Duration::from_secs;
    for seed in 0..20 {
        let mut pair = Neighbors::seeded(seed);
        pair.switch(false);
        pair.pass(secs(6));
        assert_eq!(pair.paths(), [LinkPath::Bluetooth], "seed {seed}");

        for _ in 0..3 {
            pair.switch(true);
            pair.pass(secs(2));
            assert_eq!(pair.paths(), [LinkPath::Direct], "seed {seed}");

            // Both, one or the other end loses it, and knows that at once.
            pair.switch(true);
            pair.pass(secs(6));
            assert_eq!(pair.paths(), [LinkPath::Bluetooth], "seed {seed}");
        }
    }
}
