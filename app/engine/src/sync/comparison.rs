//! The beginning of a session: in which logs do two devices differ?
//!
//! Both say a digest of all they hold. If those are equal, that is all. Otherwise the end that
//! finished the handshake by reading sends hashes of buckets, its *sketch*; the other answers with
//! its heights in those buckets that differ; and the first with how its own heights differ from
//! those. What each held when it sent its digest is what is compared, so both ends come to the
//! same conclusions, whatever has grown since.

use std::collections::BTreeSet;

use crate::{
    MemberIndex, PeerId,
    frontier::{Digest, Frontier, Log, bucket_of},
    room::Room,
    wire::{MAX_HEIGHTS, Packet, Part, PartLogs},
};

/// The highest log that is believed: more than anybody writes in a life.
const MAX_HEIGHT: u64 = 1 << 48;

/// The most packets of heights, or of differences: enough for a room with as many members as there
/// may be, all of them named.
const MAX_ANSWERS: usize = 64;

/// One session's comparison, until it is over.
#[derive(Debug)]
pub(crate) struct Comparison {
    ours: Frontier,
    digest: Digest,
    is_sketcher: bool,
    /// Whether both hold logs of the same authors.
    has_same_authors: bool,
    stage: Stage,
    /// Packets of heights or differences taken.
    answers: usize,
}

/// What is awaited.
#[derive(Debug)]
enum Stage {
    Digest,
    Sketch,
    /// After a sketch of so many buckets, of which these were found to differ so far.
    Heights(usize, BTreeSet<usize>),
    /// After heights in these of so many buckets; so many of their logs were compared.
    Differences(usize, BTreeSet<usize>, usize),
    Over,
}

/// What a packet of theirs says about what they held.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// What to answer.
    pub(crate) replies: Vec<Packet>,
    /// How far they held logs.
    pub(crate) held: Vec<(MemberIndex, u64)>,
    /// How far they held logs of authors we do not know.
    pub(crate) strangers: Vec<(PeerId, u64)>,
    /// Logs held as far, though hashes say that one of them is another.
    pub(crate) unlike: Vec<MemberIndex>,
    /// Whether that was all.
    pub(crate) is_over: bool,
}

impl Comparison {
    /// Begins with what `room` holds now. `salt` is of this session only, and equal at both ends.
    pub(crate) fn new(room: &Room, salt: [u8; 32], is_sketcher: bool) -> Self {
        let ours = Frontier::new(room, salt);
        let digest = ours.digest(room);
        let (has_same_authors, stage, answers) = (false, Stage::Digest, 0);
        Self { ours, digest, is_sketcher, has_same_authors, stage, answers }
    }

    /// Whether both hold logs of the same authors, as far as the peer has said.
    pub(crate) fn has_same_authors(&self) -> bool {
        self.has_same_authors
    }

    /// What to say first.
    pub(crate) fn digest(&self) -> Packet {
        let Digest { logs, authors } = self.digest;
        Packet::Digest { logs, authors }
    }

    /// Their digest came. A second one is not answered.
    pub(crate) fn take_digest(&mut self, room: &Room, theirs: Digest) -> Compared {
        let mut compared = Compared::default();
        if !matches!(self.stage, Stage::Digest) {
            return compared;
        }
        self.has_same_authors = theirs.authors == self.digest.authors;
        if theirs == self.digest {
            compared.held.extend(self.ours.logs(room).map(|(index, _, height)| (index, height)));
            compared.is_over = true;
            self.stage = Stage::Over;
        } else if self.is_sketcher {
            let count = self.ours.bucket_count(room);
            let buckets = self.ours.buckets(room, count);
            let hashes = buckets.iter().map(|bucket| self.ours.hashes(bucket));
            let (logs, mut authors): (Vec<_>, Vec<_>) = hashes.unzip();
            if self.has_same_authors {
                authors.clear();
            }
            compared.replies.push(Packet::Sketch { logs, authors });
            self.stage = Stage::Heights(count, BTreeSet::new());
        } else {
            self.stage = Stage::Sketch;
        }
        compared
    }

    /// Their sketch came; `None` if it was not their turn.
    pub(crate) fn take_sketch(
        &mut self,
        room: &Room,
        logs: &[[u8; 4]],
        authors: &[[u8; 4]],
    ) -> Option<Compared> {
        let is_expected = matches!(self.stage, Stage::Sketch);
        if !is_expected || authors.is_empty() != self.has_same_authors {
            return None;
        }
        let count = logs.len();
        let mut parts = Parts::default();
        let mut differing = BTreeSet::new();
        for (number, bucket) in self.ours.buckets(room, count).iter().enumerate() {
            let (our_logs, our_authors) = self.ours.hashes(bucket);
            let has_other_authors = authors.get(number).is_some_and(|a| *a != our_authors);
            if has_other_authors || logs.get(number) != Some(&our_logs) {
                differing.insert(number);
                parts.add(number, bucket, has_other_authors);
            }
        }
        let held = self.outside(room, count, &differing);
        self.stage = Stage::Differences(count, differing, 0);
        Some(Compared { replies: parts.into_packets(), held, ..Compared::default() })
    }

    /// Their heights in buckets that differ came; `None` if they do not answer our sketch.
    pub(crate) fn take_heights(
        &mut self,
        room: &Room,
        parts: &[Part],
        more: bool,
    ) -> Option<Compared> {
        let Stage::Heights(count, mut differing) = std::mem::replace(&mut self.stage, Stage::Over)
        else {
            return None;
        };
        self.count_answer()?;
        let mut compared = Compared::default();
        let mut steps = Steps::default();
        let buckets = self.ours.buckets(room, count);
        for part in parts {
            let number = usize::from(part.bucket);
            let ours = buckets.get(number)?;
            if differing.last().is_some_and(|last| number < *last) {
                return None;
            }
            differing.insert(number);
            match &part.logs {
                PartLogs::Heights(heights) if heights.len() == ours.len() => {
                    for ((index, _, ours), theirs) in ours.iter().zip(heights) {
                        compared.held.push((*index, *theirs));
                        steps.add(*ours, *theirs)?;
                    }
                    if ours.iter().zip(heights).all(|((_, _, ours), theirs)| ours == theirs) {
                        compared.unlike.extend(ours.iter().map(|(index, ..)| *index));
                    }
                }
                // The authors differ, although their hashes did not.
                PartLogs::Heights(_) => return None,
                PartLogs::Named(entries) => {
                    for (author, theirs) in entries {
                        let index = room.index_of(*author);
                        compared.held.extend(index.map(|index| (index, *theirs)));
                        if index.is_none() {
                            compared.strangers.push((*author, *theirs));
                        }
                        let ours = index.map_or(0, |index| self.ours.height(index));
                        steps.add(ours, *theirs)?;
                    }
                }
            }
        }
        compared.replies.push(Packet::Differences { steps: steps.finish(), more });
        if more {
            self.stage = Stage::Heights(count, differing);
        } else {
            compared.held.extend(self.outside(room, count, &differing));
            compared.is_over = true;
        }
        Some(compared)
    }

    /// How their heights differ from ours came; `None` if that does not answer our heights.
    pub(crate) fn take_differences(
        &mut self,
        room: &Room,
        steps: &[u64],
        more: bool,
    ) -> Option<Compared> {
        let Stage::Differences(count, differing, compared_before) =
            std::mem::replace(&mut self.stage, Stage::Over)
        else {
            return None;
        };
        self.count_answer()?;
        let logs = self.ours.logs(room);
        let logs = logs.filter(|(_, id, _)| differing.contains(&bucket_of(*id, count)));
        let mut logs = logs.skip(compared_before);
        let mut held = Vec::new();
        for step in steps {
            let (equal, difference) = unstep(*step);
            for _ in 0..equal {
                let (index, _, height) = logs.next()?;
                held.push((index, height));
            }
            if let Some(difference) = difference {
                let (index, _, height) = logs.next()?;
                held.push((index, height.checked_add_signed(difference)?));
            }
        }
        if more {
            let compared_before = compared_before.saturating_add(held.len());
            self.stage = Stage::Differences(count, differing, compared_before);
        } else if logs.next().is_some() {
            return None;
        }
        Some(Compared { held, is_over: !more, ..Compared::default() })
    }

    fn count_answer(&mut self) -> Option<()> {
        self.answers = self.answers.saturating_add(1);
        (self.answers <= MAX_ANSWERS).then_some(())
    }

    /// The logs outside some buckets, held alike by both.
    fn outside(
        &self,
        room: &Room,
        count: usize,
        buckets: &BTreeSet<usize>,
    ) -> Vec<(MemberIndex, u64)> {
        let logs = self.ours.logs(room);
        let logs = logs.filter(|(_, id, _)| !buckets.contains(&bucket_of(*id, count)));
        logs.map(|(index, _, height)| (index, height)).collect()
    }
}

/// Parts, packed into as few packets as hold them.
#[derive(Debug, Default)]
struct Parts {
    full: Vec<Vec<Part>>,
    last: Vec<Part>,
    /// Bytes and heights in the last packet.
    bytes: usize,
    heights: usize,
}

impl Parts {
    /// The most bytes in one packet.
    const MAX_BYTES: usize = 62_000;
    /// The most bytes of a height, of one with its author, and of what surrounds a part.
    const HEIGHT_LEN: usize = 10;
    const NAMED_LEN: usize = 42;
    const HEAD_LEN: usize = 8;
    /// The most named heights in one part.
    const MAX_NAMED: usize = 1_400;

    fn add(&mut self, bucket: usize, logs: &[Log], is_named: bool) {
        // Whoever makes up keys can have as many as they like fall in one bucket.
        if !is_named && logs.len() <= MAX_HEIGHTS {
            let heights = logs.iter().map(|(.., height)| *height).collect();
            return self.push(bucket, PartLogs::Heights(heights), Self::HEIGHT_LEN);
        }
        // An empty bucket is told as well.
        let rest = logs.get(Self::MAX_NAMED..).unwrap_or_default();
        let first = logs.get(..Self::MAX_NAMED).unwrap_or(logs);
        for logs in std::iter::once(first).chain(rest.chunks(Self::MAX_NAMED)) {
            let entries = logs.iter().map(|(_, id, height)| (*id, *height)).collect();
            self.push(bucket, PartLogs::Named(entries), Self::NAMED_LEN);
        }
    }

    fn push(&mut self, bucket: usize, logs: PartLogs, height_len: usize) {
        let len = logs.len();
        let bytes = len.saturating_mul(height_len).saturating_add(Self::HEAD_LEN);
        if self.bytes.saturating_add(bytes) > Self::MAX_BYTES
            || self.heights.saturating_add(len) > MAX_HEIGHTS
        {
            self.full.push(std::mem::take(&mut self.last));
            (self.bytes, self.heights) = (0, 0);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.heights = self.heights.saturating_add(len);
        let bucket = u16::try_from(bucket).unwrap_or(u16::MAX);
        self.last.push(Part { bucket, logs });
    }

    fn into_packets(self) -> Vec<Packet> {
        let full = self.full.into_iter().map(|parts| (parts, true));
        let all = full.chain([(self.last, false)]);
        all.map(|(parts, more)| Packet::Heights { parts, more }).collect()
    }
}

/// Differences as they are written: an even number is a run of logs held alike, an odd one a log
/// that is not.
#[derive(Debug, Default)]
struct Steps {
    steps: Vec<u64>,
    /// Logs held alike since the last one that is not.
    equal: u64,
}

impl Steps {
    /// `None` if a log is higher than any can be.
    fn add(&mut self, ours: u64, theirs: u64) -> Option<()> {
        if ours == theirs {
            self.equal = self.equal.saturating_add(1);
            return Some(());
        }
        if ours.max(theirs) > MAX_HEIGHT {
            return None;
        }
        self.end_run();
        let magnitude = ours.abs_diff(theirs).saturating_sub(1) << 2;
        self.steps.push(magnitude | if ours < theirs { 0b11 } else { 0b01 });
        Some(())
    }

    fn end_run(&mut self) {
        if let Some(more) = std::mem::take(&mut self.equal).checked_sub(1) {
            self.steps.push(more << 1);
        }
    }

    fn finish(mut self) -> Vec<u64> {
        self.end_run();
        self.steps
    }
}

/// How many logs are held alike, or by how much one is not.
fn unstep(step: u64) -> (u64, Option<i64>) {
    if step & 1 == 0 {
        return ((step >> 1).saturating_add(1), None);
    }
    let magnitude = i64::try_from(step >> 2).unwrap_or(i64::MAX).saturating_add(1);
    (0, Some(if step & 2 == 0 { magnitude } else { magnitude.saturating_neg() }))
}

#[cfg(test)]
mod tests;
