//! Power fails at any moment, and again while the database recovers: whatever the disk had not
//! been told to sync may be missing, sector by sector. What was acknowledged is there.

use engine::Store;

use super::{
    disk::{Disk, Event, after_power_loss, keys_after_power_loss},
    story::{self, Chance},
};

const BATCHES: u64 = 40;
const CRASHES: usize = 600;
const SEED: u64 = 7;

#[test]
fn power_loss_at_any_moment_loses_nothing_acknowledged() {
    let events = lifetime();
    let mut chance = Chance(SEED);
    for crash in 0..CRASHES {
        let (before, _) = events.split_at(chance.below(events.len() + 1));
        let acknowledged = acknowledged(before);
        let content = after_power_loss(Vec::new(), before, &mut chance);
        let keys = keys_after_power_loss(Vec::new(), before);
        let what = format!("seed {SEED}, crash {crash}, after event {}", before.len());

        let disk = Disk::holding(content.clone(), keys.clone());
        let first = examine(&disk, acknowledged, &what);

        let recovery = disk.with(|state| state.events.clone());
        let (before, _) = recovery.split_at(chance.below(recovery.len() + 1));
        let keys = keys_after_power_loss(keys, before);
        let disk = Disk::holding(after_power_loss(content, before, &mut chance), keys);
        let second = examine(&disk, acknowledged, &format!("{what}, and again"));
        assert!(second >= first.min(acknowledged), "{what}: a second crash took a batch back");
    }
}

/// All that happens to the disk of a store that is begun, written, closed, opened and written.
fn lifetime() -> Vec<Event> {
    let disk = Disk::default();
    for half in [1..=BATCHES / 2, BATCHES / 2 + 1..=BATCHES] {
        let mut store = disk.open().expect("this disk does not fail");
        for n in half {
            store.commit(story::batch(n)).expect("this disk does not fail");
            disk.with(|state| state.events.push(Event::Acknowledged(n)));
        }
    }
    disk.with(|state| state.events.clone())
}

/// How many batches had been acknowledged at the end of `events`.
fn acknowledged(events: &[Event]) -> u64 {
    let last = events.iter().rev().find_map(|event| match event {
        Event::Acknowledged(n) => Some(*n),
        _ => None,
    });
    last.unwrap_or_default()
}

/// Opens `disk` and gives how many batches it holds: all that were `acknowledged`, at most the one
/// after them, and each of them whole.
fn examine(disk: &Disk, acknowledged: u64, what: &str) -> u64 {
    let store = disk.open().unwrap_or_else(|error| panic!("{what}: {error}"));
    let held = story::held(&store).expect("readable");
    assert!(
        held == acknowledged || held == acknowledged + 1,
        "{what}: {acknowledged} were acknowledged, {held} are there"
    );
    assert!(
        story::is_same(&store, &story::after(held)).expect("readable"),
        "{what}: a batch is there in part"
    );
    held
}
