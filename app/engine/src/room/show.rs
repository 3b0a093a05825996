//! What a person sees of a room.

use super::Room;
use crate::{
    Body, Member, MemberRecord, Message, Position, StoredOp,
    body::{KIND_TEXT, OpBody},
    op::Op,
};

impl Room {
    /// What a remembered operation shows, if anything.
    pub(crate) fn show(&self, stored: &StoredOp) -> Option<Message> {
        let op = Op::decode(&stored.bytes)?;
        let (author, is_text) = (op.header.author, stored.kind == KIND_TEXT);
        if !self.membership.is_shown(author, op.header.seq, is_text) {
            return None;
        }
        let body = op.open(&self.key_of(op.header.epoch, &op.header.room_tag)?)?;
        message_of(&op, stored.position, body)
    }

    /// The roster in the person's words.
    pub(crate) fn roster(&self) -> Vec<Member> {
        self.members.iter().map(|record| self.describe(record)).collect()
    }

    /// One member in the person's words.
    pub(crate) fn describe(&self, record: &MemberRecord) -> Member {
        Member {
            id: record.id,
            name: record.name.clone(),
            role: self.membership.role(record.id),
            has_left: self.membership.has_left(record.id),
            person: self.membership.person(record.id),
            bond: self.membership.bond(self.me.id, record.id),
            holds: record.holds,
            last_seen: self.last_seen(record),
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
        OpBody::Leave => Body::Left,
        OpBody::Invite { .. }
        | OpBody::Relays { .. }
        | OpBody::Seal(..)
        | OpBody::Merge { .. }
        | OpBody::Fork(..)
        | OpBody::Same { .. } => {
            return None;
        }
    };
    Some(Message { position, author: op.header.author, sent_at: op.sent_at(), body })
}
