//! When somebody was last heard of, and how that is known.

use serde::{Deserialize, Serialize};

use super::Room;
use crate::{MemberIndex, MemberRecord, PeerId, StoredOp, Timestamp, hlc};

/// That somebody is heard of through another is news again after this: receipts come for every
/// message.
const SAME_MOMENT_MS: u64 = 60_000;

/// When a member was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    /// When.
    pub at: Timestamp,
    /// How that is known.
    pub how: Seen,
}

/// How it is known when a member was last heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// They were linked to this device until then.
    Linked,
    /// They wrote something then, by their own clock.
    Wrote,
    /// Another member said then that they hold something new.
    Told {
        /// Who said so.
        by: PeerId,
    },
}

impl Room {
    /// An operation of `author` is held that was written then.
    pub(crate) fn note_written(&mut self, author: MemberIndex, at: Timestamp) {
        self.note_seen(author, LastSeen { at, how: Seen::Wrote });
    }

    /// Fills in what the newest operations say, after a start.
    pub(crate) fn note_newest(&mut self, newest: &[StoredOp]) {
        for op in newest {
            self.note_written(op.position.author, hlc::to_wall(hlc::of_order(op.position.hlc)));
        }
    }

    /// `by` says that `about` holds something new; true if that is news.
    pub(crate) fn note_told(&mut self, about: PeerId, by: PeerId, now: Timestamp) -> bool {
        let Some(index) = self.index_of(about) else { return false };
        let before = self.member(index).and_then(|member| self.last_seen(member));
        let is_news = before.is_none_or(|b| now.0.saturating_sub(b.at.0) >= SAME_MOMENT_MS);
        self.note_seen(index, LastSeen { at: now, how: Seen::Told { by } });
        is_news
    }

    fn note_seen(&mut self, index: MemberIndex, seen: LastSeen) {
        let newest = self.heard.entry(index).or_insert(seen);
        if newest.at < seen.at {
            *newest = seen;
        }
    }

    /// When a member was last heard of. Their own link counts most, where it is as new as the rest.
    pub(super) fn last_seen(&self, member: &MemberRecord) -> Option<LastSeen> {
        let linked = member.last_seen.map(|at| LastSeen { at, how: Seen::Linked });
        let index = self.index_of(member.id)?;
        let heard = self.heard.get(&index).copied();
        match (linked, heard) {
            (Some(linked), Some(heard)) if heard.at > linked.at => Some(heard),
            (linked, heard) => linked.or(heard),
        }
    }
}
