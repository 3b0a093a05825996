//! How much may be added to a room.

use std::time::Duration;

use super::{NOT_ENROLLED, Room};
use crate::{
    MemberIndex, Row,
    body::{self, OpBody},
    quota::Quota,
};

/// The most bytes a day this device adds of one author: 200,000 usual messages, more than a person
/// types in a year. What is above waits until there is room.
pub(super) const MAX_AUTHOR_BYTES_PER_DAY: u64 = 64 << 20;

/// The most bytes a day this device adds to one room: what a crowd of 10,000 says in a day of
/// talking 17 messages a second. Whoever makes up authors does not fill the disk sooner.
pub(super) const MAX_ROOM_BYTES_PER_DAY: u64 = 512 << 20;

impl Room {
    /// Whether so much may still be added today; what this device writes itself always may.
    pub(crate) fn has_space(
        &mut self,
        now: Duration,
        author: Option<MemberIndex>,
        len: u64,
    ) -> bool {
        if author.unwrap_or(NOT_ENROLLED) == self.my_index {
            return true;
        }
        let of_author = author.and_then(|author| self.author_space.get_mut(&author));
        self.space.has(now, len) && of_author.is_none_or(|space| space.has(now, len))
    }

    pub(super) fn use_space(&mut self, author: MemberIndex, len: u64) {
        if author != self.my_index {
            self.space.take(len);
            let full = || Quota::new(MAX_AUTHOR_BYTES_PER_DAY);
            self.author_space.entry(author).or_insert_with(full).take(len);
        }
    }

    /// Whether there is place in the memory for an operation: there always is for what is no text, and
    /// for this device's own.
    pub(super) fn has_place(
        &mut self,
        author: Option<MemberIndex>,
        body: &OpBody,
        len: usize,
    ) -> bool {
        let cost = Row::cost(len);
        let is_spare = body::is_words(body.kind()) && author != Some(self.my_index);
        if is_spare && self.left < cost {
            return false;
        }
        self.left = self.left.saturating_sub(cost);
        self.taken = self.taken.saturating_add(cost);
        true
    }
}
