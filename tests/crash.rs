//! `kill -9` at any moment of a writing process: the database opens every time, nothing
//! acknowledged is missing, and no batch is there in part.

#[path = "crash/story.rs"]
mod story;

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use engine::{MemoryStore, Store};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use storage::RedbStore;

/// Processes killed.
const KILLS: u64 = 240;

/// Kills after which a new database is begun, so that beginning one is interrupted too.
const KILLS_PER_DATABASE: u64 = 12;

/// The longest a process lives after the acknowledgement it was waited for, in microseconds: a
/// few commits.
const MAX_LIFE_US: u32 = 12_000;

/// Tells the writing process where its database is.
const DATABASE: &str = "CRASH_TEST_DATABASE";

/// What a line that acknowledges a batch begins with; the rest of it is the batch's number.
const ACKNOWLEDGED: &str = "acknowledged ";

#[test]
fn kill_at_any_moment_loses_nothing_acknowledged() {
    let seed = env::var("CRASH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for database in 0..KILLS / KILLS_PER_DATABASE {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.redb");
        let mut model = MemoryStore::default();
        let mut held = 0;
        for kill in 0..KILLS_PER_DATABASE {
            let what = format!("CRASH_SEED={seed}, database {database}, kill {kill}");
            let acknowledged = run_until_killed(&path, &mut rng).unwrap_or(held);
            // Every other time the next process, not this one, meets what the kill left.
            let copy = directory.path().join("copy.redb");
            let is_copy = rng.next_u32().is_multiple_of(2) && path.exists();
            if is_copy {
                fs::copy(&path, &copy).expect("copied");
                let keys = path.with_file_name("a.redb.keys");
                if keys.exists() {
                    fs::copy(keys, path.with_file_name("copy.redb.keys")).expect("copied");
                }
            }
            let store = RedbStore::open(if is_copy { &copy } else { &path })
                .unwrap_or_else(|error| panic!("{what}: {error}"));

            let found = story::held(&store);
            assert!(
                found == acknowledged || found == acknowledged + 1,
                "{what}: {acknowledged} batches were acknowledged, {found} are there"
            );
            for n in held + 1..=found {
                model.commit(story::batch(n)).expect("memory does not fail");
            }
            story::assert_same(&store, &model, &what);
            held = found;
        }
    }
}

/// Runs a writing process until it is killed at some moment, and gives the last batch it
/// acknowledged, if it came that far.
fn run_until_killed(path: &Path, rng: &mut ChaCha8Rng) -> Option<u64> {
    let mut child = Command::new(env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "process_to_be_killed", "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("this test runs, so it can run again");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let wanted = rng.next_u32() % 8;
    let mut last = None;
    for _ in 0..wanted {
        last = next_acknowledged(&mut lines).or(last);
    }
    live_on(rng);
    kill(&mut child);
    while let Some(n) = next_acknowledged(&mut lines) {
        last = Some(n);
    }
    last
}

/// Lets the process go on for some time, so that the kill falls anywhere in a commit.
#[expect(clippy::disallowed_methods, reason = "nothing is waited for: any moment is as good")]
fn live_on(rng: &mut ChaCha8Rng) {
    thread::sleep(Duration::from_micros((rng.next_u32() % MAX_LIFE_US).into()));
}

/// SIGKILL, so that the process does nothing more.
fn kill(child: &mut Child) {
    child.kill().expect("it does not end by itself");
    let status = child.wait().expect("it is ours");
    assert!(!status.success(), "it was killed");
}

fn next_acknowledged(lines: &mut impl Iterator<Item = io::Result<String>>) -> Option<u64> {
    lines.map_while(Result::ok).find_map(|line| {
        // The line may be cut off where the process was.
        line.rsplit_once(ACKNOWLEDGED)?.1.strip_suffix('.')?.parse().ok()
    })
}

#[test]
#[ignore = "it writes until it is killed, by the test above"]
fn process_to_be_killed() {
    let Some(path) = env::var_os(DATABASE) else { return };
    let mut store = RedbStore::open(path).expect("opens after every kill");
    let mut out = io::stdout().lock();
    for n in story::held(&store) + 1.. {
        store.commit(story::batch(n)).expect("committed");
        writeln!(out, "{ACKNOWLEDGED}{n}.").expect("the parent listens until it kills");
    }
}
