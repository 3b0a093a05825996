//! What a person sees of a room.

use super::Room;
use crate::{
    Body, Mark, Member, MemberIndex, MemberRecord, Message, Now, Position, StoredOp,
    body::{self, KIND_TEXT, OpBody},
    hlc,
    op::Op,
};

/// What an operation says before its turn has come.
#[derive(Debug)]
pub(crate) enum Foreseen {
    /// What its author, who is not a member here yet, calls themselves.
    Name(String),
    Text(Message),
}

impl Room {
    /// What a remembered operation shows, if anything.
    pub(crate) fn show(&self, stored: &StoredOp) -> Option<Message> {
        let op = Op::decode(&stored.bytes)?;
        let (author, is_text) = (op.header.author, body::is_words(stored.kind));
        let is_shown = self.membership.is_shown(author, op.header.seq, is_text);
        let is_gone = self.is_past(stored.position, stored.kind);
        if !is_shown || is_gone || self.is_hidden(author, stored.kind) {
            return None;
        }
        message_of(&op, stored.position, self.open(&op)?)
    }

    /// What an operation does, as far as it opens here.
    fn open(&self, op: &Op<'_>) -> Option<OpBody> {
        let body = op.open(&self.key_of(op.header.epoch, &op.header.room_tag)?)?;
        Some(self.unlock(op, body))
    }

    /// What a signed operation that does not follow anything held here says, as far as can be told.
    pub(crate) fn foresee(&self, now: Now, op: &Op<'_>) -> Option<Foreseen> {
        let author = op.header.author;
        let index = self.index_of(author);
        let is_held = index.is_some_and(|index| op.header.seq <= self.head(index).height);
        let is_over = op.header.seq > self.membership.end_of_log(author)
            || !self.membership.is_shown(author, op.header.seq, true);
        if is_held || is_over {
            return None;
        }
        let body = self.open(op)?;
        let shown_at = op.header.hlc.min(hlc::latest_at(now.wall));
        // Nobody has this place in the roster; the author will have one.
        let author_index = index.unwrap_or(MemberIndex(u32::MAX));
        let hlc = hlc::order(shown_at, author);
        let position = Position { hlc, author: author_index, seq: op.header.seq };
        match body {
            OpBody::Genesis { name, .. } | OpBody::Join { name, .. } if index.is_none() => {
                Some(Foreseen::Name(name))
            }
            OpBody::Text(text) if !self.is_past(position, KIND_TEXT) => {
                let body = Body::Text(text);
                Some(Foreseen::Text(Message { position, author, sent_at: op.sent_at(), body }))
            }
            _ => None,
        }
    }

    /// The words in an operation, if it has some that count, whether or not the person wants to read
    /// its author.
    pub(crate) fn words_of(&self, op: &Op<'_>) -> Option<String> {
        let is_shown = self.membership.is_shown(op.header.author, op.header.seq, true);
        if !is_shown || self.was_before(op.header.hlc) {
            return None;
        }
        match self.open(op)? {
            OpBody::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The roster in the person's words.
    pub(crate) fn roster(&self) -> Vec<Member> {
        self.members.iter().map(|record| self.describe(record)).collect()
    }

    /// One member in the person's words.
    pub(crate) fn describe(&self, record: &MemberRecord) -> Member {
        let Mark { is_verified, is_blocked } = self.mark(record.id);
        Member {
            id: record.id,
            name: record.name.clone(),
            role: self.membership.role(record.id),
            has_left: self.membership.has_left(record.id),
            person: self.membership.person(record.id),
            bond: self.membership.bond(self.me.id, record.id),
            holds: record.holds,
            last_seen: self.last_seen(record),
            is_verified,
            is_blocked,
        }
    }
}

/// What an operation shows, if anything.
pub(super) fn message_of(op: &Op<'_>, position: Position, body: OpBody) -> Option<Message> {
    let body = match body {
        OpBody::Text(text) => Body::Text(text),
        OpBody::Genesis { room_name, .. } => Body::Created { name: room_name },
        OpBody::Join { name, .. } => Body::Joined { name },
        OpBody::Profile { name } => Body::Renamed { name },
        OpBody::SetRole(change) => Body::RoleChanged { member: change.member, role: change.to },
        OpBody::Epoch(epoch, ..) => Body::KeyChanged {
            removed: epoch.removed.into_iter().map(|(member, _)| member).collect(),
            revoked: epoch.revoked.len(),
        },
        OpBody::Leave => Body::Left,
        OpBody::Option(change) => Body::OptionChanged { option: change.option, on: change.on },
        OpBody::Invite { .. }
        | OpBody::Relays { .. }
        | OpBody::Seal(..)
        | OpBody::Renewal(..)
        | OpBody::Merge { .. }
        | OpBody::Fork(..)
        | OpBody::Same { .. }
        | OpBody::Report(_)
        | OpBody::Locked(_)
        | OpBody::Reads(_)
        | OpBody::Checkpoint { .. } => {
            return None;
        }
    };
    Some(Message { position, author: op.header.author, sent_at: op.sent_at(), body })
}
