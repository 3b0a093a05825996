//! A packet of operations on its way into a room: their signatures are checked all together,
//! wherever there are hands free; they are added one after the other, while that goes on.

use std::collections::BTreeMap;

use crate::{
    Check, MemberIndex, Now,
    brief::Carried,
    op::Op,
    room::{Added, Room, Unusable},
    session::{MAX_FORGED, MAX_REFUSED, Session},
};

/// What is left of a packet, and what came of the rest.
pub(crate) struct Intake<'a> {
    now: Now,
    session: &'a mut Session,
    room: &'a mut Room,
    /// The operations to come, taken apart, whether their signatures are being checked, and whether
    /// they came in brief.
    ops: std::vec::IntoIter<(Option<Op<'a>>, bool, bool)>,
    /// What was added.
    pub(crate) added: Vec<Added>,
    /// Operations at places where we may hold another.
    pub(crate) others: Vec<Vec<u8>>,
    /// How far the packet brought logs of which we hold as much.
    pub(crate) theirs: BTreeMap<MemberIndex, u64>,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(
        now: Now,
        session: &'a mut Session,
        room: &'a mut Room,
        ops: &'a [Carried],
    ) -> Self {
        let mut next = BTreeMap::new();
        let mut len = 0u64;
        let ops = ops.iter().map(|Carried { bytes, is_brief }| {
            let Some(op) = Op::decode(bytes) else { return (None, false, *is_brief) };
            let author = op.header.author;
            let index = room.index_of(author);
            let height = index.map_or(0, |index| room.head(index).height);
            let next = next.entry(author).or_insert_with(|| height.saturating_add(1));
            let longer = len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            // Only what will ask for its signature, or a peer could have us check for nothing.
            let is_wanted = op.header.seq == *next
                && !session.sync.refusals.contains(author)
                && room.has_space(now.since_start, index, longer);
            if is_wanted {
                *next = next.saturating_add(1);
                len = longer;
            }
            (Some(op), is_wanted, *is_brief)
        });
        let ops = ops.collect::<Vec<_>>().into_iter();
        Self {
            now,
            session,
            room,
            ops,
            added: Vec::new(),
            others: Vec::new(),
            theirs: BTreeMap::new(),
        }
    }

    /// The signatures to be checked.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let wanted = self.ops.as_slice().iter().filter(|(_, is_wanted, _)| *is_wanted);
        wanted.filter_map(|(op, ..)| Some(op.as_ref()?.check())).collect()
    }

    /// Takes in operations up to the next whose signature was to be checked, which holds or not;
    /// without a verdict, all that are left.
    pub(crate) fn advance(&mut self, verdict: Option<bool>) {
        while self.session.forged < MAX_FORGED && self.session.refused < MAX_REFUSED {
            let Some((op, is_wanted, is_brief)) = self.ops.next() else { return };
            let Some(mut op) = op else {
                self.session.forged = self.session.forged.saturating_add(1);
                continue;
            };
            if is_wanted {
                op.is_checked = verdict;
            }
            self.take(&op, is_brief);
            if is_wanted && verdict.is_some() {
                return;
            }
        }
    }

    fn take(&mut self, op: &Op<'_>, is_brief: bool) {
        let (now, session) = (self.now.since_start, &mut *self.session);
        let author = op.header.author;
        // What follows an operation that was not added cannot be added either.
        if session.sync.refusals.contains(author) {
            return session.sync.note_lacking(author);
        }
        let index = self.room.index_of(author);
        let height = index.map_or(0, |index| self.room.head(index).height);
        let fits = op.header.seq <= height.saturating_add(1) || self.room.bridges(op, height);
        if !session.sync.refusals.expects(now, author, fits) {
            return session.sync.note_lacking(author);
        }
        match self.room.add(self.now, op) {
            Ok(added) => {
                session.useful_at = now;
                self.theirs.insert(added.author, op.header.seq);
                self.added.push(added);
                return;
            }
            Err(Unusable::Known) => {
                let head = index.map(|index| self.room.head(index)).unwrap_or_default();
                let is_other = op.header.seq == head.height && op.id != head.id;
                if is_other || self.room.suspects.contains(&author) {
                    self.others.push(op.bytes.to_vec());
                }
                self.theirs.extend(index.map(|index| (index, op.header.seq)));
                return;
            }
            // It may follow another operation than the one held here: as a whole, it will tell.
            Err(Unusable::Forged) if is_brief => {
                session.sync.refusals.refuse(now, author);
                session.sync.refusals.retry(now);
                session.refused = session.refused.saturating_add(1);
            }
            Err(Unusable::Forged) => session.forged = session.forged.saturating_add(1),
            // Not the peer's fault.
            Err(Unusable::Later | Unusable::Barred | Unusable::Gapped) => {
                session.sync.refusals.refuse(now, author);
            }
            Err(Unusable::Forked) => {
                session.sync.refusals.refuse(now, author);
                // From its beginning, to find where.
                session.sync.refusals.retry(now);
            }
            Err(Unusable::Early | Unusable::Wrong) => {
                session.sync.refusals.refuse(now, author);
                session.refused = session.refused.saturating_add(1);
            }
        }
        session.sync.note_lacking(author);
    }
}
