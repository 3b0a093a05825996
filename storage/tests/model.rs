//! The file and the memory answer alike: whatever is committed, in whatever order, also across a
//! reopening.

use std::{collections::BTreeMap, fmt::Debug};

use engine::{
    Addr, Batch, CarriedRecord, ClosedRecord, Control, ControlRecord, CourierBatch, EpochId, Gone,
    Head, InviteId, InviteRecord, Kept, MailboxRecord, Mark, MemberIndex, MemberRecord,
    MemoryStore, PeerId, Position, Profile, RelayRecord, ReportRecord, RoomId, RoomRecord, Run,
    Store, StoredOp, Timestamp, Trail,
};
use proptest::{collection::vec, option, prelude::*};
use storage::{Options, RedbStore};

/// Few of everything, so that batches meet: rooms with neighboring keys, the first and last
/// indices, clocks and places there can be.
fn any_room() -> impl Strategy<Value = RoomId> {
    prop_oneof![Just([0; 16]), Just([1; 16]), Just([255; 16])].prop_map(RoomId::from_bytes)
}

fn any_index() -> impl Strategy<Value = MemberIndex> {
    prop_oneof![0..4_u32, Just(u32::MAX)].prop_map(MemberIndex)
}

fn any_number() -> impl Strategy<Value = u64> {
    prop_oneof![0..6_u64, Just(256), Just(u64::MAX)]
}

fn any_position() -> impl Strategy<Value = Position> {
    (any_number(), any_index(), any_number()).prop_map(|(hlc, author, seq)| Position {
        hlc,
        author,
        seq,
    })
}

fn any_op() -> impl Strategy<Value = StoredOp> {
    (any_room(), any_position(), 0..3_u8, vec(any::<u8>(), 0..40))
        .prop_map(|(room, position, kind, bytes)| StoredOp { room, position, kind, bytes })
}

fn any_member() -> impl Strategy<Value = MemberRecord> {
    (any::<[u8; 32]>(), ".{0,8}", any_number(), option::of(any_number())).prop_map(
        |(key, name, holds, seen)| MemberRecord {
            id: PeerId::from_bytes(key),
            noise_key: key,
            name,
            addrs: Vec::<Addr>::new(),
            last_seen: seen.map(Timestamp),
            holds,
        },
    )
}

fn any_record() -> impl Strategy<Value = (RoomId, RoomRecord)> {
    let invite = (any::<[u8; 16]>(), option::of(any_number()))
        .prop_map(|(secret, at)| InviteRecord { secret, expires_at: at.map(Timestamp) });
    let epochs = vec((any::<u32>(), any::<[u8; 32]>()), 0..3);
    let more = (option::of(any_position()), option::of(any_member()));
    (any_room(), ".{0,8}", vec(invite, 0..3), epochs, more).prop_map(
        |(id, name, invites, epochs, (read_up_to, host))| {
            let (identity_seed, owner, nonce) = ([7; 32], PeerId::from_bytes([8; 32]), [9; 16]);
            let record = RoomRecord {
                id,
                name,
                identity_seed,
                owner,
                nonce,
                epochs,
                invites,
                read_up_to,
                host,
            };
            (id, record)
        },
    )
}

fn any_mailbox() -> impl Strategy<Value = (RoomId, MailboxRecord)> {
    let relay =
        (".{0,8}", any_number(), vec(any_number(), 0..3)).prop_map(|(name, from, missing)| {
            RelayRecord { name, from, missing, ..RelayRecord::default() }
        });
    (any_room(), any::<bool>(), any_number(), vec(relay, 0..3)).prop_map(
        |(room, on, made, relays)| {
            let (epoch, at, lives, welcomes) = (7, Vec::new(), Vec::new(), Vec::new());
            (room, MailboxRecord { on, epoch, at, made, lives, relays, welcomes })
        },
    )
}

fn any_peer() -> impl Strategy<Value = PeerId> {
    prop_oneof![Just([0; 32]), Just([255; 32])].prop_map(PeerId::from_bytes)
}

fn any_mark() -> impl Strategy<Value = ((RoomId, PeerId), Mark)> {
    (any_room(), any_peer(), any::<bool>(), any::<bool>()).prop_map(
        |(room, peer, is_verified, is_blocked)| ((room, peer), Mark { is_verified, is_blocked }),
    )
}

fn any_closed() -> impl Strategy<Value = ((RoomId, EpochId), ClosedRecord)> {
    (any_room(), any::<bool>(), option::of(any::<u32>()), any::<u32>()).prop_map(
        |(room, is_first, written, from)| {
            let epoch = if is_first { [0; 16] } else { [255; 16] };
            let (chains, is_sure, is_said) = (vec![(from, [5; 32])], is_first, !is_first);
            ((room, epoch), ClosedRecord { epoch, chains, is_sure, written, from, is_said })
        },
    )
}

fn any_report() -> impl Strategy<Value = ((RoomId, PeerId, u64), Option<ReportRecord>)> {
    (any_room(), any_peer(), any_number(), option::of(".{0,8}")).prop_map(
        |(room, by, seq, text)| {
            let (about, sent_at) = (PeerId::from_bytes([3; 32]), Timestamp(seq));
            let record =
                |text| ReportRecord { by, seq, sent_at, about, up_to: 1, text, is_done: true };
            ((room, by, seq), text.map(record))
        },
    )
}

fn any_control() -> impl Strategy<Value = ((RoomId, PeerId, u64), ControlRecord)> {
    (any_room(), any_peer(), any_number(), any_number()).prop_map(|(room, by, seq, hlc)| {
        let control = Control::Join { invite: InviteId::from_bytes([3; 16]) };
        ((room, by, seq), ControlRecord { by, seq, hlc, control })
    })
}

fn any_kept() -> impl Strategy<Value = ((RoomId, MemberIndex), Kept)> {
    let kept = (any_number(), any_number()).prop_map(|(up_to, at)| Kept {
        up_to,
        expires_at: Timestamp(at),
        ..Kept::default()
    });
    ((any_room(), any_index()), kept)
}

/// Packs with neighboring ids, new, changed and removed.
fn any_courier() -> impl Strategy<Value = CourierBatch> {
    let id = || prop_oneof![Just([0; 8]), Just([1; 8]), Just([255; 8])];
    let record = (any::<u32>(), any_number(), any_number()).prop_map(|(len, source, at)| {
        let (ends_at, forget_at) = (Timestamp(at), Timestamp(at));
        CarriedRecord { len, source, ends_at, forget_at }
    });
    let records = vec((id(), option::of(record)), 0..3);
    let packs = vec((id(), option::of(vec(any::<u8>(), 0..40))), 0..3);
    (option::weighted(0.2, any::<bool>()), records, packs).prop_map(|(on, records, packs)| {
        CourierBatch {
            on,
            records: records.into_iter().collect(),
            packs: packs.into_iter().collect(),
        }
    })
}

type Retained = (
    Vec<((RoomId, MemberIndex), Trail)>,
    Vec<((RoomId, MemberIndex, u64), Option<Run>)>,
    Vec<Gone>,
    Option<u64>,
);

/// What is remembered of logs, and what is forgotten of them.
fn any_retained() -> impl Strategy<Value = Retained> {
    let trail = (any_number(), any::<[u8; 16]>(), any_number(), any::<bool>());
    let trail = trail.prop_map(|(last, id, clock, governs)| Trail { last, id, clock, governs });
    let run = (any_number(), any_number()).prop_map(|(since, clock)| Run { since, clock });
    let gone = (any_room(), any_index(), any_number(), any_number());
    let gone = gone.prop_map(|(room, author, after, before)| Gone { room, author, after, before });
    (
        vec(((any_room(), any_index()), trail), 0..4),
        vec(((any_room(), any_index(), any_number()), option::of(run)), 0..6),
        vec(gone, 0..3),
        option::weighted(0.2, any_number()),
    )
}

fn any_batch() -> impl Strategy<Value = Batch> {
    let heads = vec(((any_room(), any_index()), (any_number(), any::<[u8; 16]>())), 0..6);
    (
        option::weighted(0.2, ".{0,8}"),
        vec(any_record(), 0..3),
        prop_oneof![4 => Just(Vec::new()), 1 => vec(any_room(), 1..3)],
        vec(((any_room(), any_index()), any_member()), 0..6),
        heads,
        (vec(any_control(), 0..6), vec(any_mailbox(), 0..3), vec(any_kept(), 0..6)),
        (vec(any_mark(), 0..4), vec(any_report(), 0..6), vec(any_closed(), 0..4)),
        (vec(any_op(), 0..30), any_courier(), any_retained()),
    )
        .prop_map(|(profile, rooms, forgotten, members, heads, beside, notes, others)| {
            let (marks, reports, closed) = notes;
            let (ops, courier, (trails, runs, gone, bound)) = others;
            Batch {
                profile: profile.map(|name| Profile { name }),
                rooms: rooms.into_iter().collect(),
                forgotten,
                members: members.into_iter().collect(),
                heads: heads
                    .into_iter()
                    .map(|(key, (height, id))| (key, Head { height, id }))
                    .collect::<BTreeMap<_, _>>(),
                controls: beside.0.into_iter().collect(),
                mailboxes: beside.1.into_iter().collect(),
                kept: beside.2.into_iter().collect(),
                marks: marks.into_iter().collect(),
                reports: reports.into_iter().collect(),
                closed: closed.into_iter().collect(),
                ops,
                trails: trails.into_iter().collect(),
                runs: runs.into_iter().collect(),
                gone,
                bound,
                courier,
            }
        })
}

/// What to ask of both stores about one room.
#[derive(Debug, Clone)]
struct Question {
    room: RoomId,
    position: Option<Position>,
    author: MemberIndex,
    after: u64,
    kind: u8,
    limit: usize,
    max_bytes: usize,
}

fn any_question() -> impl Strategy<Value = Question> {
    (
        any_room(),
        option::of(any_position()),
        any_index(),
        any_number(),
        0..3_u8,
        0..40_usize,
        0..200_usize,
    )
        .prop_map(|(room, position, author, after, kind, limit, max_bytes)| Question {
            room,
            position,
            author,
            after,
            kind,
            limit,
            max_bytes,
        })
}

/// Whether `model` and `store` answer `ask` alike; an error has to be one for both.
fn agree<T: PartialEq + Debug>(
    model: &MemoryStore,
    store: &RedbStore,
    ask: impl Fn(&dyn Store) -> Result<T, engine::StoreError>,
) -> Result<(), TestCaseError> {
    let (expected, found) = (ask(model), ask(store));
    match (expected, found) {
        (Ok(expected), Ok(found)) => prop_assert_eq!(expected, found),
        (Err(_), Err(_)) => {}
        (expected, found) => prop_assert!(false, "{:?} against {:?}", expected, found),
    }
    Ok(())
}

fn compare(
    model: &MemoryStore,
    store: &RedbStore,
    questions: &[Question],
) -> Result<(), TestCaseError> {
    agree(model, store, |s| s.profile())?;
    agree(model, store, |s| s.rooms())?;
    agree(model, store, |s| s.carries())?;
    agree(model, store, |s| s.bound())?;
    agree(model, store, |s| s.carried())?;
    for id in [[0; 8], [1; 8], [255; 8]] {
        agree(model, store, |s| s.carried_pack(&id))?;
    }
    for q in questions {
        agree(model, store, |s| s.members(q.room))?;
        agree(model, store, |s| s.heads(q.room))?;
        agree(model, store, |s| s.controls(q.room))?;
        agree(model, store, |s| s.mailbox(q.room))?;
        agree(model, store, |s| s.kept(q.room))?;
        agree(model, store, |s| s.marks(q.room))?;
        agree(model, store, |s| s.reports(q.room))?;
        agree(model, store, |s| s.closed(q.room))?;
        agree(model, store, |s| s.trails(q.room))?;
        agree(model, store, |s| s.runs(q.room))?;
        agree(model, store, |s| s.taken(q.room))?;
        agree(model, store, |s| s.rows_after(q.room, q.position, q.limit))?;
        agree(model, store, |s| s.ops_after(q.room, q.author, q.after, q.limit, q.max_bytes))?;
        agree(model, store, |s| s.page_before(q.room, q.position, q.limit))?;
        let without = [q.author, MemberIndex(1)];
        agree(model, store, |s| s.count_after(q.room, q.position, q.kind, &without, q.limit))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn file_and_memory_answer_alike(
        batches in vec((any_batch(), any::<bool>(), vec(any_question(), 1..6)), 1..8),
    ) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.redb");
        let mut model = MemoryStore::default();
        let mut store = RedbStore::open(&path).expect("a new database");

        for (batch, is_reopened, questions) in batches {
            model.commit(batch.clone()).expect("memory does not fail");
            store.commit(batch).expect("committed");
            if is_reopened {
                drop(store);
                store = RedbStore::open_with(&path, Options { cache_bytes: 1 << 20, checked_len: 0 })
                    .expect("closed a moment ago");
            }
            compare(&model, &store, &questions)?;
        }
    }
}
