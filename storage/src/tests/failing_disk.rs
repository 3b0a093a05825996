//! A disk that is full, or fails, in the middle of anything: the store says so, forgets only what
//! it said it would, and goes on once the disk does.

use engine::{Store, StoreError};

use super::{
    disk::{Disk, Failure},
    story,
};

/// More writes than a commit here takes, so that each of them fails once.
const WRITES: usize = 60;

#[test]
fn commit_that_fails_is_forgotten_and_the_next_one_succeeds() {
    let mut failed = 0;
    for failing_at in 0..WRITES {
        let disk = Disk::default();
        let mut store = disk.open().expect("the disk does not fail yet");
        store.commit(story::batch(1)).expect("the disk does not fail yet");

        disk.with(|state| state.failure = Some(Failure { after: failing_at, lasts: 1 }));
        let refusal = store.commit(story::batch(2));
        disk.with(|state| state.failure = None);

        let held = if let Err(refusal) = refusal {
            failed += 1;
            assert!(matches!(refusal, StoreError::Unavailable(_)), "{failing_at}: {refusal}");
            1
        } else {
            2
        };
        assert!(story::is_same(&store, &story::after(held)).expect("readable"), "{failing_at}");
        store.commit(story::batch(2)).expect("the disk works again");
        drop(store);
        let store = disk.open().expect("whole");
        assert!(story::is_same(&store, &story::after(2)).expect("readable"), "{failing_at}");
    }
    assert!(failed > 0, "no commit failed");
}

#[test]
fn store_whose_disk_stays_broken_answers_nothing_until_it_is_opened_anew() {
    let mut closed = 0;
    for failing_at in 0..WRITES {
        let disk = Disk::default();
        let mut store = disk.open().expect("the disk does not fail yet");
        store.commit(story::batch(1)).expect("the disk does not fail yet");

        disk.with(|state| state.failure = Some(Failure { after: failing_at, lasts: 1_000 }));
        let mut held = 1;
        while store.commit(story::batch(held + 1)).is_ok() {
            held += 1;
        }
        disk.with(|state| state.failure = None);

        if store.profile().is_err() {
            closed += 1;
            assert!(matches!(store.commit(story::batch(1)), Err(StoreError::Unavailable(_))));
        } else {
            assert!(story::is_same(&store, &story::after(held)).expect("readable"));
        }
        drop(store);
        let store = disk.open().expect("whole");
        let found = story::held(&store).expect("readable");
        assert!(found == held || found == held + 1, "{failing_at}: {found} after {held}");
        assert!(story::is_same(&store, &story::after(found)).expect("readable"), "{failing_at}");
    }
    assert!(closed > 0, "the store could always be opened again");
}

#[test]
fn full_disk_is_unavailable_and_can_be_begun_on_later() {
    let disk = Disk::default();
    for after in 0..4 {
        disk.with(|state| state.failure = Some(Failure { after, lasts: 1_000 }));

        let refusal = disk.open().expect_err("the disk is full");

        assert!(matches!(refusal, StoreError::Unavailable(_)), "{after}: {refusal}");
    }

    disk.with(|state| state.failure = None);
    let mut store = disk.open().expect("space again");
    store.commit(story::batch(1)).expect("space again");
}
