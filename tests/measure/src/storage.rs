//! What remembering costs: the store against SQLite on the same rows, in the same run.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use engine::{Batch, Head, MemberIndex, MemberRecord, PeerId, Position, RoomId, Store, StoredOp};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use storage::RedbStore;

/// Messages in the room, and people writing them.
const MESSAGES: usize = 100_000;
const AUTHORS: u32 = 1_000;

/// With `quick`, a tenth: to see that it runs, not how fast.
const QUICK_MESSAGES: usize = 10_000;

/// The length of an operation's bytes: a short message, sealed and signed.
const OP_LEN: usize = 200;

/// Operations of one author that arrive together when a device syncs.
const RUN_LEN: usize = 64;

/// Operations per commit while syncing.
const BATCH_LEN: usize = 512;

/// What a screen asks for.
const PAGE_LEN: usize = 50;

/// What a person scrolls to and fro in: the newest 10,000 messages, and how often.
const RECENT_PAGES: usize = 200;
const PASSES: usize = 11;

const OWN_COMMITS: u64 = 200;
const OPENINGS: usize = 11;

const ROOM: RoomId = RoomId::from_bytes([7; 16]);
const KIND: u8 = 1;

/// After everything measured; SQLite's integers have a sign.
const LAST: Position =
    Position { hlc: i64::MAX as u64, author: MemberIndex(u32::MAX), seq: i64::MAX as u64 };

/// SQLite's own best case for these questions: the timeline clustered in display order.
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -32768;
    CREATE TABLE timeline (
        room BLOB NOT NULL, hlc INTEGER NOT NULL, author INTEGER NOT NULL, seq INTEGER NOT NULL,
        kind INTEGER NOT NULL, bytes BLOB NOT NULL,
        PRIMARY KEY (room, hlc, author, seq)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX log ON timeline (room, author, seq);
";

const PAGE_QUERY: &str = "
    SELECT hlc, author, seq, kind, bytes FROM timeline
    WHERE room = ?1 AND (hlc, author, seq) < (?2, ?3, ?4)
    ORDER BY hlc DESC, author DESC, seq DESC LIMIT ?5";

/// Measures, and says it as the object that `--json` prints.
pub(crate) fn run(quick: bool) -> Value {
    let directory = tempfile::tempdir().expect("a directory for the databases");
    let path = directory.path().join("store.redb");
    let ops = synced(if quick { QUICK_MESSAGES } else { MESSAGES });

    let mut store = RedbStore::open(&path).expect("a new database");
    let ingest = ingest(&mut store, &ops);
    let own = own_messages(ops.len());
    let own_commit = own_commits(&mut store, &own);
    let crashed = directory.path().join("crashed.redb");
    fs::copy(&path, &crashed).expect("a copy of the open file, as a crash leaves it");
    drop(store);
    let open = openings(&path);
    let repair = timed(|| drop(RedbStore::open(&crashed).expect("repaired")));
    let file_len = fs::metadata(&path).expect("the file").len();

    let store = RedbStore::open(&path).expect("closed above");
    let sqlite = sqlite_with(&directory.path().join("sqlite.db"), ops.iter().chain(&own));
    // Through the whole room, which is longer than either cache; then to and fro in its newest
    // part, as people do.
    let (cold, sqlite_cold) = scroll(&store, &sqlite, usize::MAX, 1);
    let (warm, sqlite_warm) = scroll(&store, &sqlite, RECENT_PAGES, PASSES);

    json!({
        "page50_us": micros(warm),
        "rusqlite_page50_us": micros(sqlite_warm),
        "page50_cold_us": micros(cold),
        "rusqlite_page50_cold_us": micros(sqlite_cold),
        "ingest_per_s": (ops.len() as f64 / ingest.as_secs_f64()).round(),
        "own_commit_ms": millis(own_commit),
        "open_ms": millis(open),
        "open_after_crash_ms": millis(repair),
        "file_mb": (file_len as f64 / 1e4).round() / 100.0,
        "messages": ops.len(),
    })
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    let rows = [
        ("history page of 50", "page50_us", "us"),
        ("the same from SQLite", "rusqlite_page50_us", "us"),
        ("a page of the whole room", "page50_cold_us", "us"),
        ("the same from SQLite", "rusqlite_page50_cold_us", "us"),
        ("ingest of a synced room", "ingest_per_s", "messages/s"),
        ("own message on disk", "own_commit_ms", "ms"),
        ("open", "open_ms", "ms"),
        ("open after a crash", "open_after_crash_ms", "ms"),
        ("file", "file_mb", "MB"),
        ("messages in it", "messages", ""),
    ];
    rows.map(|(what, key, unit)| format!("{what:<26}{:>12} {unit}\n", figures[key].to_string()))
        .concat()
}

/// The operations of a room as a newcomer receives them: log after log in runs, so that their
/// clocks jump about.
fn synced(count: usize) -> Vec<StoredOp> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut seqs = BTreeMap::<u32, u64>::new();
    let mut ops: Vec<StoredOp> = (0..count)
        .map(|n| {
            let author = rng.next_u32() % AUTHORS;
            let seq = seqs.entry(author).or_default();
            *seq += 1;
            let hlc = (1_700_000_000_000 + n as u64 * 500) << 16;
            let mut bytes = vec![0; OP_LEN];
            rng.fill_bytes(&mut bytes);
            let position = Position { hlc, author: MemberIndex(author), seq: *seq };
            StoredOp { room: ROOM, position, kind: KIND, bytes }
        })
        .collect();
    ops.sort_by_key(|op| {
        let Position { author, seq, .. } = op.position;
        (seq.div_ceil(RUN_LEN as u64), author, seq)
    });
    ops
}

/// How long it takes to remember all of `ops`, commit by commit, with the heads they move.
fn ingest(store: &mut RedbStore, ops: &[StoredOp]) -> Duration {
    let members = (0..AUTHORS).map(|n| ((ROOM, MemberIndex(n)), member(n))).collect();
    store.commit(Batch { members, ..Batch::default() }).expect("committed");
    let batches: Vec<Batch> = ops
        .chunks(BATCH_LEN)
        .map(|ops| Batch {
            heads: ops
                .iter()
                .map(|op| {
                    let Position { author, seq, .. } = op.position;
                    ((ROOM, author), Head { height: seq, id: [1; 16] })
                })
                .collect(),
            ops: ops.to_vec(),
            ..Batch::default()
        })
        .collect();
    timed(|| {
        for batch in batches {
            store.commit(batch).expect("committed");
        }
    })
}

fn member(n: u32) -> MemberRecord {
    MemberRecord {
        id: PeerId::from_bytes([1; 32]),
        noise_key: [2; 32],
        name: format!("member {n}"),
        addrs: Vec::new(),
        last_seen: None,
        holds: 0,
    }
}

/// Messages written here, one by one, after `count` others.
fn own_messages(count: usize) -> Vec<StoredOp> {
    (1..=OWN_COMMITS)
        .map(|seq| {
            let hlc = (1_700_000_000_000 + (count as u64 + seq) * 500) << 16;
            let position = Position { hlc, author: MemberIndex(AUTHORS), seq };
            StoredOp { room: ROOM, position, kind: KIND, bytes: vec![3; OP_LEN] }
        })
        .collect()
}

/// The median time to put one of `messages` on disk.
fn own_commits(store: &mut RedbStore, messages: &[StoredOp]) -> Duration {
    let commits = messages.iter().map(|op| {
        let Position { author, seq, .. } = op.position;
        let batch = Batch {
            heads: [((ROOM, author), Head { height: seq, id: [1; 16] })].into(),
            ops: vec![op.clone()],
            ..Batch::default()
        };
        timed(|| store.commit(batch).expect("committed"))
    });
    median(commits.collect())
}

/// The median time to open the database and read its first page.
fn openings(path: &Path) -> Duration {
    let openings = (0..OPENINGS).map(|_| {
        let mut store = None;
        let time = timed(|| {
            let opened = RedbStore::open(path).expect("closed by the run before");
            opened.page_before(ROOM, None, PAGE_LEN).expect("readable");
            store = Some(opened);
        });
        drop(store);
        time
    });
    median(openings.collect())
}

/// Scrolls from the newest message back for at most `pages` in both databases at once, `passes`
/// times, and gives the median time of a page in each.
fn scroll(
    store: &RedbStore,
    sqlite: &Connection,
    pages: usize,
    passes: usize,
) -> (Duration, Duration) {
    let mut statement = sqlite.prepare(PAGE_QUERY).expect("valid SQL");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..passes {
        let mut before = Some(LAST);
        for _ in 0..pages {
            let Some(place) = before else { break };
            let (mut page, mut same) = (Vec::new(), Vec::new());
            ours.push(timed(|| {
                page = store.page_before(ROOM, Some(place), PAGE_LEN).expect("readable");
            }));
            theirs.push(timed(|| same = sqlite_page(&mut statement, place)));
            assert_eq!(page, same, "both answer alike");
            before = page.last().map(|oldest| oldest.position);
        }
    }
    (median(ours), median(theirs))
}

/// A database of SQLite's with the same rows, written in one go: only reading is compared.
fn sqlite_with<'a>(path: &Path, ops: impl Iterator<Item = &'a StoredOp>) -> Connection {
    let mut sqlite = Connection::open(path).expect("a new database");
    sqlite.execute_batch(SCHEMA).expect("valid SQL");
    let transaction = sqlite.transaction().expect("a transaction");
    {
        let mut insert = transaction
            .prepare("INSERT INTO timeline VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            .expect("valid SQL");
        for op in ops {
            let Position { hlc, author, seq } = op.position;
            insert
                .execute(params![
                    op.room.as_bytes(),
                    hlc as i64,
                    author.0,
                    seq as i64,
                    op.kind,
                    op.bytes
                ])
                .expect("inserted");
        }
    }
    transaction.commit().expect("committed");
    sqlite.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); ANALYZE;").expect("valid SQL");
    sqlite
}

fn sqlite_page(statement: &mut rusqlite::Statement<'_>, before: Position) -> Vec<StoredOp> {
    let Position { hlc, author, seq } = before;
    let query = params![ROOM.as_bytes(), hlc as i64, author.0, seq as i64, PAGE_LEN as i64];
    let rows = statement
        .query_map(query, |row| {
            let position = Position {
                hlc: row.get::<_, i64>(0)? as u64,
                author: MemberIndex(row.get(1)?),
                seq: row.get::<_, i64>(2)? as u64,
            };
            Ok(StoredOp { room: ROOM, position, kind: row.get(3)?, bytes: row.get(4)? })
        })
        .expect("a valid query");
    rows.map(|row| row.expect("a row as written")).collect()
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().expect("something was timed")
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e8).round() / 100.0
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}
