//! Packets of operations, sent and taken: how many are under way, and what is said of them.

use std::collections::{BTreeSet, VecDeque};

use crate::{
    MemberIndex, PeerId,
    room::Room,
    wire::{MAX_HAVE_ENTRIES, Packet},
};

/// Packets of operations on their way before the first is acknowledged: enough to keep a link
/// busy, little enough that a slow reader costs at most half a MiB.
const MAX_UNACKNOWLEDGED: usize = 8;

/// Both directions of one session.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Packets acknowledged and taken.
    acknowledged: u64,
    taken: u64,
    /// Of each packet under way, which logs it brings up to where.
    under_way: VecDeque<Vec<(MemberIndex, u64)>>,
    /// What to say of packets that came in.
    owed: Vec<Owed>,
}

/// A `Have` to be said.
#[derive(Debug, Default)]
struct Owed {
    /// How many packets were taken until then.
    taken: u64,
    /// Authors of whom we hold less than the last of these packets brought.
    lacking: BTreeSet<PeerId>,
}

impl Window {
    /// Whether one more packet may be sent.
    pub(crate) fn has_place(&self) -> bool {
        self.under_way.len() < MAX_UNACKNOWLEDGED
    }

    /// Whether something is to be said of packets that came in.
    pub(crate) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Whether everything sent was taken.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.under_way.is_empty()
    }

    /// A packet is sent that brings these logs up to there.
    pub(crate) fn send(&mut self, heights: Vec<(MemberIndex, u64)>) {
        self.under_way.push_back(heights);
    }

    /// So many packets were taken at the other end: gives what was in those that had not been;
    /// `None` if so many were never sent.
    pub(crate) fn acknowledge(&mut self, taken: u64) -> Option<Vec<(MemberIndex, u64)>> {
        let newly = usize::try_from(taken.saturating_sub(self.acknowledged)).ok()?;
        if newly > self.under_way.len() {
            return None;
        }
        self.acknowledged = self.acknowledged.max(taken);
        Some(self.under_way.drain(..newly).flatten().collect())
    }

    /// A packet came in.
    pub(crate) fn take(&mut self) {
        self.taken = self.taken.saturating_add(1);
        let is_full = self.owed.len() >= MAX_UNACKNOWLEDGED;
        match self.owed.last_mut() {
            Some(owed) if owed.lacking.is_empty() => owed.taken = self.taken,
            // Whoever sends more before it is answered breaks the rule, and gets one answer to it all.
            Some(owed) if is_full => owed.taken = self.taken,
            _ => self.owed.push(Owed { taken: self.taken, lacking: BTreeSet::new() }),
        }
    }

    /// How many came in.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// The last packet brought an operation of `author` that we still do not hold.
    pub(crate) fn note_lacking(&mut self, author: PeerId) {
        if let Some(owed) = self.owed.last_mut()
            && owed.lacking.len() < MAX_HAVE_ENTRIES
        {
            owed.lacking.insert(author);
        }
    }

    /// What to say of the packets that came in since the last call.
    pub(crate) fn receipts(&mut self, room: &Room) -> Vec<Packet> {
        let height = |id| room.index_of(id).map_or(0, |index| room.head(index).height);
        let receipts = std::mem::take(&mut self.owed).into_iter().map(|owed| {
            // One packet brings fewer logs than fit.
            let lacking = owed.lacking.into_iter().take(MAX_HAVE_ENTRIES);
            let entries = lacking.map(|id| (id, height(id))).collect();
            Packet::Have { entries, more: false, again: false, taken: owed.taken }
        });
        receipts.collect()
    }
}
