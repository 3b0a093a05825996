//! How far a device holds each log, hashed: so two devices find out in which logs they differ.
//!
//! All hashes of a session are salted with its handshake, so nobody can prepare logs that look
//! alike, and two that do by accident look different the next time.

use blake3::Hasher;

use crate::{MemberIndex, PeerId, room::Room};

/// One log that holds something: where its author stands in the roster, who that is, and how far.
pub(crate) type Log = (MemberIndex, PeerId, u64);

/// Logs in a bucket, on average: with so many, a scattered difference costs about as much in
/// hashes of buckets as in heights.
const LOGS_PER_BUCKET: usize = 16;

/// The most buckets, so that hashes of all fit in one packet.
pub(crate) const MAX_BUCKETS: usize = 4_096;

/// What two devices compare first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest {
    /// Of whose logs are held, and how far.
    pub(crate) logs: [u8; 8],
    /// Of whose logs are held.
    pub(crate) authors: [u8; 4],
}

/// The logs a device held at the beginning of a session.
#[derive(Debug)]
pub(crate) struct Frontier {
    salt: [u8; 32],
    /// Heights, by roster index.
    heights: Vec<u64>,
}

impl Frontier {
    /// What `room` holds now, to be hashed with `salt`.
    pub(crate) fn new(room: &Room, salt: [u8; 32]) -> Self {
        Self { salt, heights: room.heads.iter().map(|head| head.height).collect() }
    }

    /// How far a log was held.
    pub(crate) fn height(&self, index: MemberIndex) -> u64 {
        self.heights.get(index.0 as usize).copied().unwrap_or_default()
    }

    /// Every log that held something, in the order of authors. `room` may have grown since.
    pub(crate) fn logs<'a>(&'a self, room: &'a Room) -> impl Iterator<Item = Log> + 'a {
        let logs = room.frontier().map(|(index, id, _)| (index, id, self.height(index)));
        logs.filter(|(_, _, height)| *height > 0)
    }

    /// A hash of all.
    pub(crate) fn digest(&self, room: &Room) -> Digest {
        let (mut logs, mut authors) = self.hashers("festival/1 frontier digest");
        for log in self.logs(room) {
            add(&mut logs, &mut authors, log);
        }
        Digest { logs: first(&logs), authors: first(&authors) }
    }

    /// The fitting number of buckets.
    pub(crate) fn bucket_count(&self, room: &Room) -> usize {
        let wanted = self.logs(room).count() / LOGS_PER_BUCKET;
        wanted.saturating_add(1).next_power_of_two().min(MAX_BUCKETS)
    }

    /// The logs in each of `count` buckets, in the order of authors.
    pub(crate) fn buckets(&self, room: &Room, count: usize) -> Vec<Vec<Log>> {
        let mut buckets = vec![Vec::new(); count];
        for log in self.logs(room) {
            if let Some(bucket) = buckets.get_mut(bucket_of(log.1, count)) {
                bucket.push(log);
            }
        }
        buckets
    }

    /// Hashes of a bucket: of whose logs are in it and how far they are held, and of whose are.
    pub(crate) fn hashes(&self, bucket: &[Log]) -> ([u8; 4], [u8; 4]) {
        let (mut logs, mut authors) = self.hashers("festival/1 bucket digest");
        for log in bucket {
            add(&mut logs, &mut authors, *log);
        }
        (first(&logs), first(&authors))
    }

    /// Hashers of logs and of authors.
    fn hashers(&self, context: &'static str) -> (Hasher, Hasher) {
        let mut logs = Hasher::new_derive_key(context);
        logs.update(&self.salt);
        let mut authors = logs.clone();
        logs.update(&[0]);
        authors.update(&[1]);
        (logs, authors)
    }
}

/// Which of `count` buckets, a power of two, an author falls in. Buckets follow each other in the
/// order of authors.
pub(crate) fn bucket_of(author: PeerId, count: usize) -> usize {
    let [high, low, ..] = *author.as_bytes();
    usize::from(u16::from_be_bytes([high, low])).saturating_mul(count) >> 16
}

fn add(logs: &mut Hasher, authors: &mut Hasher, (_, id, height): Log) {
    logs.update(id.as_bytes());
    logs.update(&height.to_le_bytes());
    authors.update(id.as_bytes());
}

fn first<const N: usize>(hasher: &Hasher) -> [u8; N] {
    *hasher.finalize().as_bytes().first_chunk().expect("hashes have 32 bytes")
}
