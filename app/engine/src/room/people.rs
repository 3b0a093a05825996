//! What this device's person thinks of a room's members, and the reports they may read.

use std::collections::BTreeMap;

use super::Room;
use crate::{
    Head, Mark, MemberIndex, MemberRecord, PeerId, ReportRecord, Role, SafetyEmojis, Timestamp,
    body::{self, KIND_PROFILE},
    crypto,
    op::Op,
    report::{Note, SealedReport},
};

/// Reports that are kept of one author, the newest: more than anybody has to say whose first ones
/// were seen to.
const MAX_REPORTS_PER_AUTHOR: usize = 20;

/// Reports that are kept in a room, the newest by their authors' clocks: whoever makes up members
/// does not fill the memory.
const MAX_REPORTS: usize = 1_000;

/// Reports this device writes in a day.
const MAX_REPORTS_PER_DAY: usize = 10;
const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// A report that is new, or is not kept any longer: by whom, where in their log.
pub(crate) type ReportChange = ((PeerId, u64), Option<ReportRecord>);

/// The reports of a room that could be opened here.
#[derive(Debug, Default)]
pub(crate) struct Reports(BTreeMap<(PeerId, u64), ReportRecord>);

impl Reports {
    /// Those the store remembers.
    pub(crate) fn restore(records: Vec<ReportRecord>) -> Self {
        Self(records.into_iter().map(|record| ((record.by, record.seq), record)).collect())
    }

    /// Takes one more in; gives what is to be remembered, and what is not any more.
    fn add(&mut self, record: ReportRecord) -> Vec<ReportChange> {
        let key = (record.by, record.seq);
        self.0.insert(key, record.clone());
        let mut changes = vec![(key, Some(record))];
        let of_author = self.0.range((key.0, 0)..=(key.0, u64::MAX));
        let mut gone: Vec<_> = of_author.map(|(key, _)| *key).rev().collect();
        gone.drain(..gone.len().min(MAX_REPORTS_PER_AUTHOR));
        if self.0.len() > MAX_REPORTS {
            gone.extend(self.0.iter().min_by_key(|(key, r)| (r.sent_at, **key)).map(|(k, _)| *k));
        }
        for key in gone {
            if self.0.remove(&key).is_some() {
                changes.push((key, None));
            }
        }
        changes
    }

    /// Notes whether one was seen to; `None` if there is no such report.
    pub(crate) fn set_done(&mut self, key: (PeerId, u64), is_done: bool) -> Option<&ReportRecord> {
        let record = self.0.get_mut(&key)?;
        record.is_done = is_done;
        Some(record)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Room {
    /// What the person has noted of somebody.
    pub(crate) fn mark(&self, peer: PeerId) -> Mark {
        self.marks.get(&peer).copied().unwrap_or_default()
    }

    /// Whether what somebody writes is new to the person: they neither wrote it, on whichever device,
    /// nor want not to read it.
    pub(crate) fn is_heard(&self, author: PeerId) -> bool {
        let is_mine = self.membership.person(author) == self.membership.person(self.me.id);
        !is_mine && !self.mark(author).is_blocked
    }

    /// Those of whom that is not so.
    pub(crate) fn unheard(&self) -> Vec<MemberIndex> {
        let blocked = self.marks.iter().filter(|(_, mark)| mark.is_blocked);
        let blocked = blocked.filter_map(|(peer, _)| self.index_of(*peer));
        let mine = self.membership.devices(self.me.id);
        let mine = mine.into_iter().filter_map(|device| self.index_of(device));
        std::iter::once(self.my_index).chain(mine).chain(blocked).collect()
    }

    /// Adds somebody to the roster.
    pub(super) fn enroll(&mut self, id: PeerId, noise_key: [u8; 32], name: &str) {
        let index = MemberIndex(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        self.members.push(MemberRecord {
            id,
            noise_key,
            name: name.to_owned(),
            addrs: Vec::new(),
            last_seen: None,
            holds: 0,
        });
        self.heads.push(Head::default());
        self.by_id.insert(id, index);
        if id == self.me.id {
            self.my_index = index;
        }
    }

    /// Whether an operation is not shown because the person does not want to read its author. What
    /// they did to others still is: it matters to those.
    pub(crate) fn is_hidden(&self, author: PeerId, kind: u8) -> bool {
        (body::is_words(kind) || kind == KIND_PROFILE) && self.mark(author).is_blocked
    }

    /// What this device and that of a member show alike.
    pub(crate) fn safety_emojis(&self, member: MemberIndex) -> Option<SafetyEmojis> {
        let them = self.member(member)?;
        let me = (self.me.id, self.me.noise_key);
        Some(SafetyEmojis::of(self.id(), me, (them.id, them.noise_key)))
    }

    /// Whose screen shows a code with this hash of two keys.
    pub(crate) fn member_of_code(&self, host: [u8; 16]) -> Option<PeerId> {
        let is_theirs = |m: &&MemberRecord| crypto::host_id(m.id, &m.noise_key) == host;
        self.members.iter().find(is_theirs).map(|member| member.id)
    }

    /// Seals a note to the owner and all admins but the one it is about, and to this device; `None`
    /// if there is nobody else. All arguments but the first are fresh chance.
    pub(crate) fn seal_report(
        &self,
        note: &Note,
        key: &[u8; 32],
        secret: &[u8; 32],
        decoy: &[u8; 32],
    ) -> Option<SealedReport> {
        let admins = self.members.iter().filter(|member| {
            member.id != self.me.id && self.membership.role(member.id) >= Role::Admin
        });
        let mut readers = vec![self.me.noise_key];
        let mut is_read = false;
        for admin in admins {
            let is_meant = admin.id != note.about;
            is_read |= is_meant;
            readers.push(if is_meant { admin.noise_key } else { crypto::noise_public(decoy) });
        }
        is_read.then(|| note.seal((self.id(), self.me.id), &readers, key, secret))
    }

    /// Reads a report that was added, if it is for this device.
    pub(super) fn take_report(&mut self, op: &Op<'_>, sealed: &SealedReport) -> Vec<ReportChange> {
        let (by, seq) = (op.header.author, op.header.seq);
        let Some(note) = sealed.open((self.id(), by), &self.me.noise_secret) else {
            return Vec::new();
        };
        let Note { about, up_to, text } = note;
        let (sent_at, is_done) = (op.sent_at(), false);
        self.reports.add(ReportRecord { by, seq, sent_at, about, up_to, text, is_done })
    }

    /// Whether this device has written as many reports as it may in a day.
    pub(crate) fn has_reported_often(&self, now: Timestamp) -> bool {
        let mine = self.reports.0.range((self.me.id, 0)..=(self.me.id, u64::MAX));
        let today = mine.filter(|(_, r)| r.sent_at.0.saturating_add(DAY_MILLIS) > now.0);
        today.count() >= MAX_REPORTS_PER_DAY
    }

    /// The reports this device's person may read, newest first.
    pub(crate) fn readable_reports(&self) -> Vec<ReportRecord> {
        let is_admin = self.my_role() >= Role::Admin;
        let readable = self.reports.0.values().filter(|r| {
            (is_admin || r.by == self.me.id) && self.membership.is_shown(r.by, r.seq, false)
        });
        let mut reports: Vec<_> = readable.cloned().collect();
        reports.sort_by_key(|r| std::cmp::Reverse((r.sent_at, r.by, r.seq)));
        reports
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_REPORTS, MAX_REPORTS_PER_AUTHOR, Reports};
    use crate::{PeerId, ReportRecord, Timestamp};

    fn report(by: u32, seq: u64) -> ReportRecord {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&by.to_be_bytes());
        let (about, text) = (PeerId::from_bytes([9; 32]), "a".to_owned());
        let (by, sent_at) = (PeerId::from_bytes(key), Timestamp(seq << 32 | u64::from(by)));
        ReportRecord { by, seq, sent_at, about, up_to: 1, text, is_done: false }
    }

    #[test]
    fn whoever_reports_without_end_pushes_out_only_their_own() {
        let mut reports = Reports::default();
        reports.add(report(1, 1));
        for seq in 1..100 {
            reports.add(report(2, seq));
        }

        assert_eq!(reports.0.len(), 1 + MAX_REPORTS_PER_AUTHOR);
        assert!(reports.0.contains_key(&(report(1, 1).by, 1)));
        assert!(reports.0.contains_key(&(report(2, 99).by, 99)), "the newest are kept");
    }

    #[test]
    fn many_authors_fill_no_memory_and_leave_the_same_in_any_order() {
        let all: Vec<_> = (0..1_500).map(|by| report(by, 2)).collect();
        let (mut one, mut other) = (Reports::default(), Reports::default());
        for report in &all {
            one.add(report.clone());
        }
        let mut changes = Vec::new();
        for report in all.iter().rev() {
            changes.extend(other.add(report.clone()));
        }

        assert_eq!(one.0.len(), MAX_REPORTS);
        assert_eq!(one.0, other.0);
        let mut stored = std::collections::BTreeMap::new();
        for (key, change) in changes {
            match change {
                Some(report) => _ = stored.insert(key, report),
                None => _ = stored.remove(&key),
            }
        }
        assert_eq!(stored, one.0, "and the disk holds what the memory does");
    }
}
