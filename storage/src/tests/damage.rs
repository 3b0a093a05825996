//! Someone else has changed the file: bits flipped, blocks zeroed, misplaced or cut off.

use engine::Store;

use super::{
    disk::Disk,
    story::{self, Chance},
};
use crate::{Options, RedbStore};

const BATCHES: u64 = 60;
const DAMAGES: usize = 300;
const SEED: u64 = 11;
const BLOCK_LEN: usize = 4096;

/// A database closed cleanly.
fn whole() -> Vec<u8> {
    let disk = Disk::default();
    let mut store = disk.open().expect("this disk does not fail");
    for n in 1..=BATCHES {
        store.commit(story::batch(n)).expect("this disk does not fail");
    }
    drop(store);
    disk.with(|state| state.content.clone())
}

/// Does one of the things that happen to files.
fn damage(content: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(content.len());
    let block = at - at % BLOCK_LEN;
    match chance.below(6) {
        0 => content.truncate(at),
        1 => content[block..(block + BLOCK_LEN).min(at + 1)].fill(0),
        2 => {
            let other = chance.below(content.len());
            let other = other - other % BLOCK_LEN;
            let end = (other + BLOCK_LEN).min(content.len());
            let end = end.min(content.len() - block + other);
            content.copy_within(other..end, block);
        }
        3 => content[chance.below(BLOCK_LEN)] ^= 1 << chance.below(8),
        _ => content[at] ^= 1 << chance.below(8),
    }
}

#[test]
fn damaged_file_is_refused_or_tells_the_truth() {
    let whole = whole();
    let model = story::after(BATCHES);
    let mut chance = Chance(SEED);
    let mut refused = 0;
    for n in 0..DAMAGES {
        let mut content = whole.clone();
        damage(&mut content, &mut chance);
        let disk = Disk::holding(content.clone());

        match disk.open() {
            Ok(store) => {
                assert!(story::is_same(&store, &model).expect("checked whole"), "seed {SEED}, {n}");
            }
            Err(_) => {
                refused += 1;
                assert!(disk.with(|state| state.content == content), "{n}: it was written to");
            }
        }
    }
    assert!(refused > DAMAGES / 4, "{refused} of {DAMAGES} refused: little was really damaged");
}

/// A long file is not checked whole: then what is wrong is an error once it is met.
#[test]
fn damage_met_later_is_an_error_and_never_a_panic() {
    let whole = whole();
    let model = story::after(BATCHES);
    let mut chance = Chance(SEED);
    let options = Options { checked_len: 0, ..Options::default() };
    for _ in 0..DAMAGES {
        let mut content = whole.clone();
        damage(&mut content, &mut chance);
        let disk = Disk::holding(content);

        let Ok(mut store) = RedbStore::open_on(disk.opener(), options) else { continue };
        let _what_can_be_told = story::is_same(&store, &model);
        let _what_can_be_added = store.commit(story::batch(BATCHES + 1));
        let _what_can_be_told_then = story::is_same(&store, &model);
    }
}
