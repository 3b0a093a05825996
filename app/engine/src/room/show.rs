//! What a person sees of a room.

use super::Room;
use crate::{
    Body, Mark, Member, MemberRecord, Message, Position, StoredOp,
    body::{KIND_TEXT, OpBody},
    op::Op,
};

impl Room {
    /// What a remembered operation shows, if anything.
    pub(crate) fn show(&self, stored: &StoredOp) -> Option<Message> {
        let op = Op::decode(&stored.bytes)?;
        let (author, is_text) = (op.header.author, stored.kind == KIND_TEXT);
        let is_shown = self.membership.is_shown(author, op.header.seq, is_text);
        if !is_shown || self.is_hidden(author, stored.kind) {
            return None;
        }
        let body = op.open(&self.key_of(op.header.epoch, &op.header.room_tag)?)?;
        message_of(&op, stored.position, body)
    }

    /// The words in an operation, if it has some that count, whether or not the person wants to read
    /// its author.
    pub(crate) fn words_of(&self, op: &Op<'_>) -> Option<String> {
        if !self.membership.is_shown(op.header.author, op.header.seq, true) {
            return None;
        }
        match op.open(&self.key_of(op.header.epoch, &op.header.room_tag)?)? {
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
            holds: record.holds,
            last_seen: record.last_seen,
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
        OpBody::Epoch(epoch, _) => Body::KeyChanged {
            removed: epoch.removed.into_iter().map(|(member, _)| member).collect(),
            revoked: epoch.revoked.len(),
        },
        OpBody::Invite { .. }
        | OpBody::Relays { .. }
        | OpBody::Seal(..)
        | OpBody::Merge { .. }
        | OpBody::Fork(..)
        | OpBody::Report(_) => {
            return None;
        }
    };
    Some(Message { position, author: op.header.author, sent_at: op.sent_at(), body })
}
