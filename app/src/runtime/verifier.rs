//! Signatures, checked on all cores: the engine itself has but one.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use engine::{Check, Verifier, verify_in_turn};

/// Checks taken at a time: about a millisecond, so that no core waits long for another, and authors
/// who wrote several in a row are unpacked but once.
const RUN_LEN: usize = 16;

/// A [`Verifier`] that uses every core for what takes longer than starting threads does.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllCores;

impl Verifier for AllCores {
    fn verify_all(&self, checks: &[Check]) -> Vec<bool> {
        let runs = checks.len().div_ceil(RUN_LEN);
        let cores = thread::available_parallelism().map_or(1, usize::from).min(runs);
        if cores <= 1 {
            return verify_in_turn(checks);
        }
        let verdicts: Vec<_> = checks.iter().map(|_| AtomicBool::new(false)).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                let mut runs = checks.chunks(RUN_LEN).zip(verdicts.chunks(RUN_LEN)).skip(run);
                let Some((checks, verdicts)) = runs.next() else { break };
                for (holds, verdict) in verify_in_turn(checks).into_iter().zip(verdicts) {
                    verdict.store(holds, Ordering::Relaxed);
                }
            }
        };
        // The end of the scope waits for all of them, and makes what they stored seen.
        thread::scope(|scope| {
            for _ in 1..cores {
                scope.spawn(work);
            }
            work();
        });
        verdicts.into_iter().map(AtomicBool::into_inner).collect()
    }
}
