//! Someone else has changed the file: bits flipped, blocks zeroed, misplaced or cut off.

use engine::Store;

use super::{
    disk::Disk,
    story::{self, Chance},
};
use crate::Options;

const BATCHES: u64 = 60;
const DAMAGES: usize = 300;
const SEED: u64 = 11;
const BLOCK_LEN: usize = 4096;

/// A database closed cleanly.
fn whole() -> (Vec<u8>, Vec<u8>) {
    let disk = Disk::default();
    let mut store = disk.open().expect("this disk does not fail");
    for n in 1..=BATCHES {
        store.commit(story::batch(n)).expect("this disk does not fail");
    }
    drop(store);
    disk.with(|state| (state.content.clone(), state.keys.clone()))
}

/// Does one of the things that happen to files.
fn damage(content: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(content.len());
    let block_at = |at: usize| at - at % BLOCK_LEN;
    let block = content.chunks(BLOCK_LEN).nth(chance.below(content.len()) / BLOCK_LEN);
    let misplaced = block.expect("inside").to_vec();
    match chance.below(6) {
        0 => content.truncate(at),
        1 => content.iter_mut().skip(block_at(at)).take(BLOCK_LEN).for_each(|byte| *byte = 0),
        2 => content
            .iter_mut()
            .skip(block_at(at))
            .zip(misplaced)
            .for_each(|(byte, other)| *byte = other),
        3 => flip(content, chance.below(BLOCK_LEN), chance),
        _ => flip(content, at, chance),
    }
}

fn flip(content: &mut [u8], at: usize, chance: &mut Chance) {
    *content.get_mut(at).expect("inside") ^= 1 << chance.below(8);
}

#[test]
fn damaged_file_is_refused_or_tells_the_truth() {
    let (whole, keys) = whole();
    let model = story::after(BATCHES);
    let mut chance = Chance(SEED);
    let mut refused = 0;
    for n in 0..DAMAGES {
        let mut content = whole.clone();
        damage(&mut content, &mut chance);
        let disk = Disk::holding(content.clone(), keys.clone());

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
    let (whole, keys) = whole();
    let model = story::after(BATCHES);
    let mut chance = Chance(SEED);
    let options = Options { checked_len: 0, ..Options::default() };
    for _ in 0..DAMAGES {
        let mut content = whole.clone();
        damage(&mut content, &mut chance);
        let disk = Disk::holding(content, keys.clone());

        let Ok(mut store) = disk.open_with(options) else { continue };
        let _what_can_be_told = story::is_same(&store, &model);
        let _what_can_be_added = store.commit(story::batch(BATCHES + 1));
        let _what_can_be_told_then = story::is_same(&store, &model);
    }
}
