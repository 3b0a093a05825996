//! One room on this device: who is in it, whose log is held how far, and what may be added.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    Body, Head, InviteId, InviteRecord, Member, MemberIndex, MemberRecord, Message, PeerId,
    Position, RoomId, RoomRecord, StoredOp, Timestamp, crypto,
    engine::Now,
    hlc,
    identity::Identity,
    mailbox::Mailbox,
    op::{self, Header, Op, OpBody},
    quota::Quota,
};

/// The most members of a room: five times the crowd it is designed for. Whoever has an invite can
/// make up names without end; the roster must not grow with them.
const MAX_MEMBERS: usize = 50_000;

/// The most invites of one room. Every first frame from a stranger is compared with each.
const MAX_INVITES: usize = 64;

/// The most bytes a day this device adds of one author: 200,000 usual messages, more than a person
/// types in a year. What is above waits until there is room.
const MAX_AUTHOR_BYTES_PER_DAY: u64 = 64 << 20;

/// The most bytes a day this device adds to one room: what a crowd of 10,000 says in a day of
/// talking 17 messages a second. Whoever makes up authors does not fill the disk sooner.
const MAX_ROOM_BYTES_PER_DAY: u64 = 512 << 20;

/// Stands for this device until its own first operation enrolls it.
const NOT_ENROLLED: MemberIndex = MemberIndex(u32::MAX);

/// A room as the engine keeps it in memory: everything but the operations.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) record: RoomRecord,
    pub(crate) me: Identity,
    pub(crate) my_index: MemberIndex,
    pub(crate) members: Vec<MemberRecord>,
    pub(crate) heads: Vec<Head>,
    pub(crate) unread: usize,
    /// How often others have had their turn of being dialed.
    pub(crate) turn: usize,
    /// Members who may not know us, whatever we think.
    pub(crate) doubted: BTreeSet<PeerId>,
    pub(crate) mailbox: Mailbox,
    by_id: BTreeMap<PeerId, MemberIndex>,
    /// Authors who wrote two different operations at the same place: their logs end here.
    forked: BTreeSet<PeerId>,
    last_hlc: u64,
    /// What may still be added today, in all and of each author.
    space: Quota,
    author_space: BTreeMap<MemberIndex, Quota>,
}

/// Why an operation was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is held already.
    Known,
    /// Something before it is missing: its predecessor, or what lets its author in.
    Early,
    /// Its author, or the room, has had its share of today.
    Later,
    /// It is not one of this room, or breaks a rule; it never will be usable.
    Wrong,
    /// Its signature is not its author's: whoever sent it did not check.
    Forged,
}

/// An operation that was added, and what it changed.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) stored: StoredOp,
    pub(crate) author: MemberIndex,
    pub(crate) message: Option<Message>,
    pub(crate) has_changed_member: bool,
    pub(crate) has_moved_mailbox: bool,
    pub(crate) new_invite: Option<InviteRecord>,
}

impl Room {
    /// A room from what the store remembers. `last_hlc` is that of the newest operation shown.
    pub(crate) fn new(
        record: RoomRecord,
        members: Vec<MemberRecord>,
        heads: Vec<Head>,
        last_hlc: u64,
    ) -> Self {
        let me = Identity::from_seed(&record.identity_seed);
        let index = |n: usize| MemberIndex(u32::try_from(n).unwrap_or(u32::MAX));
        let by_id: BTreeMap<_, _> =
            members.iter().enumerate().map(|(n, member)| (member.id, index(n))).collect();
        let my_index = by_id.get(&me.id).copied().unwrap_or(NOT_ENROLLED);
        let (epoch, key) = record.epochs.last().copied().unwrap_or_default();
        let mailbox = Mailbox::new(crypto::room_mailbox(record.id, &key), epoch);
        Self {
            record,
            me,
            my_index,
            members,
            heads,
            unread: 0,
            turn: 0,
            doubted: BTreeSet::new(),
            mailbox,
            by_id,
            forked: BTreeSet::new(),
            last_hlc,
            space: Quota::new(MAX_ROOM_BYTES_PER_DAY),
            author_space: BTreeMap::new(),
        }
    }

    pub(crate) fn id(&self) -> RoomId {
        self.record.id
    }

    /// The epoch used for writing.
    pub(crate) fn epoch(&self) -> (u32, [u8; 32]) {
        self.record.epochs.last().copied().unwrap_or_default()
    }

    fn epoch_key(&self, epoch: u32) -> Option<&[u8; 32]> {
        self.record.epochs.iter().find(|(number, _)| *number == epoch).map(|(_, key)| key)
    }

    pub(crate) fn index_of(&self, peer: PeerId) -> Option<MemberIndex> {
        self.by_id.get(&peer).copied()
    }

    pub(crate) fn member(&self, index: MemberIndex) -> Option<&MemberRecord> {
        self.members.get(index.0 as usize)
    }

    pub(crate) fn member_mut(&mut self, peer: PeerId) -> Option<(MemberIndex, &mut MemberRecord)> {
        let index = self.index_of(peer)?;
        self.members.get_mut(index.0 as usize).map(|member| (index, member))
    }

    pub(crate) fn head(&self, index: MemberIndex) -> Head {
        self.heads.get(index.0 as usize).copied().unwrap_or_default()
    }

    /// Every log that holds something: whose, which, and how far.
    pub(crate) fn frontier(&self) -> impl Iterator<Item = (MemberIndex, PeerId, u64)> {
        let logs = self.by_id.iter().map(|(id, index)| (*index, *id, self.head(*index).height));
        logs.filter(|(_, _, height)| *height > 0)
    }

    /// The invites that work at `now`, oldest first.
    pub(crate) fn invites_at(&self, now: Timestamp) -> impl Iterator<Item = &InviteRecord> {
        self.record.invites.iter().filter(move |i| i.expires_at.is_none_or(|end| end > now))
    }

    /// Writes `body` into this device's own log; gives the canonical bytes, not yet added.
    pub(crate) fn write(&mut self, now: Timestamp, body: &OpBody) -> Vec<u8> {
        let next = self.last_hlc.saturating_add(1).min(hlc::MAX_HLC);
        let head = self.head(self.my_index);
        let (epoch, key) = self.epoch();
        let header = Header {
            room_tag: crypto::room_tag(self.id(), &key),
            author: self.me.id,
            seq: head.height.saturating_add(1),
            prev: head.id,
            epoch,
            hlc: next.max(hlc::from_wall(now)),
        };
        op::write(&header, body, &key, &self.me)
    }

    /// Adds an operation to its author's log, if it extends it by one and the room's rules allow.
    pub(crate) fn add(&mut self, now: Now, op: &Op<'_>) -> Result<Added, Unusable> {
        let index = self.index_of(op.header.author);
        let head = index.map(|index| self.head(index)).unwrap_or_default();
        if op.header.seq <= head.height {
            return Err(Unusable::Known);
        }
        if op.header.seq > head.height.saturating_add(1) {
            return Err(Unusable::Early);
        }
        if self.forked.contains(&op.header.author) {
            return Err(Unusable::Wrong);
        }
        let len = u64::try_from(op.bytes.len()).unwrap_or(u64::MAX);
        if !self.has_space(now.since_start, index, len) {
            return Err(Unusable::Later);
        }
        if !op.is_signed() {
            return Err(Unusable::Forged);
        }
        if op.header.prev != head.id {
            self.forked.insert(op.header.author);
            return Err(Unusable::Wrong);
        }
        let key = self.epoch_key(op.header.epoch).ok_or(Unusable::Wrong)?;
        if op.header.room_tag != crypto::room_tag(self.id(), key) {
            return Err(Unusable::Wrong);
        }
        let body = op.open(key).ok_or(Unusable::Wrong)?;
        self.check(op, &body)?;
        let added = self.apply(now.wall, op, body);
        self.use_space(added.author, len);
        Ok(added)
    }

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

    fn use_space(&mut self, author: MemberIndex, len: u64) {
        if author != self.my_index {
            self.space.take(len);
            let full = || Quota::new(MAX_AUTHOR_BYTES_PER_DAY);
            self.author_space.entry(author).or_insert_with(full).take(len);
        }
    }

    /// The rules of membership: who may write what, and when.
    fn check(&self, op: &Op<'_>, body: &OpBody) -> Result<(), Unusable> {
        let author = op.header.author;
        let is_first = op.header.seq == 1;
        let is_owner = author == self.record.owner;
        let is_allowed = match body {
            OpBody::Genesis { nonce, .. } => {
                is_first && is_owner && crypto::room_id(author, nonce) == self.id()
            }
            OpBody::Join { invite, noise_key, certificate, .. } => {
                if self.members.len() >= MAX_MEMBERS {
                    return Err(Unusable::Wrong);
                }
                let record = self.invite(*invite).ok_or(Unusable::Early)?;
                let secret = &record.secret;
                is_first
                    && !is_owner
                    && record.expires_at.is_none_or(|end| end > op.sent_at())
                    && op::is_join_certified(secret, self.id(), author, noise_key, certificate)
            }
            OpBody::Invite { .. } | OpBody::Relays { .. } => !is_first && is_owner,
            OpBody::Text(_) | OpBody::Profile { .. } => !is_first,
        };
        if is_allowed { Ok(()) } else { Err(Unusable::Wrong) }
    }

    fn invite(&self, id: InviteId) -> Option<&InviteRecord> {
        self.record.invites.iter().find(|invite| crypto::invite_id(&invite.secret) == id)
    }

    fn apply(&mut self, now: Timestamp, op: &Op<'_>, body: OpBody) -> Added {
        let author = op.header.author;
        let mut new_invite = None;
        let mut has_changed_member = true;
        let mut has_moved_mailbox = false;
        match &body {
            OpBody::Genesis { room_name, name, noise_key, .. } => {
                self.record.name.clone_from(room_name);
                self.enroll(author, *noise_key, name);
            }
            OpBody::Join { noise_key, name, .. } => self.enroll(author, *noise_key, name),
            OpBody::Profile { name } => {
                if let Some((_, member)) = self.member_mut(author) {
                    member.name.clone_from(name);
                }
            }
            OpBody::Invite { secret, expires_at } => {
                let record = InviteRecord { secret: *secret, expires_at: *expires_at };
                new_invite = self.confirm_invite(record);
                has_changed_member = false;
            }
            OpBody::Relays { addrs } => {
                has_moved_mailbox = self.mailbox.record.at != *addrs;
                self.mailbox.record.at.clone_from(addrs);
                has_changed_member = false;
            }
            OpBody::Text(_) => has_changed_member = false,
        }
        let index = self.index_of(author).expect("members are enrolled before they write");
        if let Some(head) = self.heads.get_mut(index.0 as usize) {
            *head = Head { height: op.header.seq, id: op.id };
        }
        // A clock far ahead may neither keep its message on top nor drag ours along.
        let shown_at = op.header.hlc.min(hlc::latest_at(now));
        self.last_hlc = self.last_hlc.max(shown_at);
        let position =
            Position { hlc: hlc::order(shown_at, author), author: index, seq: op.header.seq };
        let kind = body.kind();
        let message = message_of(op, position, body);
        let stored = StoredOp { room: self.id(), position, kind, bytes: op.bytes.to_vec() };
        Added { stored, author: index, message, has_changed_member, has_moved_mailbox, new_invite }
    }

    /// Takes the owner's word on an invite; gives it if it was not known so.
    fn confirm_invite(&mut self, record: InviteRecord) -> Option<InviteRecord> {
        let invites = &mut self.record.invites;
        let has_place = invites.len() < MAX_INVITES;
        match invites.iter_mut().find(|known| known.secret == record.secret) {
            Some(known) if *known == record => return None,
            // A newcomer knows its invite from a screen; the owner's word counts more.
            Some(known) => known.clone_from(&record),
            None if has_place => invites.push(record.clone()),
            None => return None,
        }
        Some(record)
    }

    fn enroll(&mut self, id: PeerId, noise_key: [u8; 32], name: &str) {
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

    /// What a remembered operation shows, if anything.
    pub(crate) fn show(&self, stored: &StoredOp) -> Option<Message> {
        let op = Op::decode(&stored.bytes)?;
        let body = op.open(self.epoch_key(op.header.epoch)?)?;
        message_of(&op, stored.position, body)
    }

    /// The roster in the person's words.
    pub(crate) fn roster(&self) -> Vec<Member> {
        self.members.iter().map(Member::from).collect()
    }
}

impl From<&MemberRecord> for Member {
    fn from(record: &MemberRecord) -> Self {
        Self {
            id: record.id,
            name: record.name.clone(),
            holds: record.holds,
            last_seen: record.last_seen,
        }
    }
}

fn message_of(op: &Op<'_>, position: Position, body: OpBody) -> Option<Message> {
    let body = match body {
        OpBody::Text(text) => Body::Text(text),
        OpBody::Genesis { room_name, .. } => Body::Created { name: room_name },
        OpBody::Join { name, .. } => Body::Joined { name },
        OpBody::Profile { name } => Body::Renamed { name },
        OpBody::Invite { .. } | OpBody::Relays { .. } => return None,
    };
    Some(Message { position, author: op.header.author, sent_at: op.sent_at(), body })
}

#[cfg(test)]
mod tests;
