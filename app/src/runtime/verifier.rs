//! Signatures, checked on all cores: the engine itself has but one.

use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use engine::{Check, Verifier, verify_in_turn};

/// Checks taken at a time: half a millisecond's, so that no core waits long for another, and the
/// keys of authors who wrote several in a row are unpacked but once.
const RUN_LEN: usize = 8;

/// A [`Verifier`] that uses every core for what takes longer than starting threads does.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllCores;

impl Verifier for AllCores {
    fn verify_all(&self, checks: &[Check], tell: &mut dyn FnMut(bool)) {
        let runs: Vec<_> = checks.chunks(RUN_LEN).collect();
        let others = thread::available_parallelism().map_or(1, usize::from).min(runs.len());
        let next = AtomicUsize::new(0);
        let take = || {
            let number = next.fetch_add(1, Ordering::Relaxed);
            runs.get(number).map(|checks| (number, verify_in_turn(checks)))
        };
        let (done, verdicts) = mpsc::sync_channel(runs.len());
        thread::scope(|scope| {
            for _ in 1..others {
                let done = done.clone();
                scope.spawn(move || {
                    // After a panic here nobody listens.
                    while let Some(run) = take() {
                        let _ = done.send(run);
                    }
                });
            }
            drop(done);
            let mut known = BTreeMap::new();
            for number in 0..runs.len() {
                while !known.contains_key(&number) {
                    // Those of others, else one of our own, else what others still work at.
                    let run = verdicts.try_recv().ok().or_else(take);
                    let Some(run) = run.or_else(|| verdicts.recv().ok()) else { return };
                    known.extend([run]);
                }
                known.remove(&number).into_iter().flatten().for_each(&mut *tell);
            }
        });
    }
}
