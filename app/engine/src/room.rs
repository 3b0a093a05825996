//! One room on this device: who is in it, whose log is held how far, and what may be added.

mod boxes;
mod keys;
mod people;
mod rules;
mod seen;
mod show;
mod space;
mod texts;
mod trail;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    ControlRecord, Head, InviteRecord, Mark, MemberIndex, MemberRecord, Message, PeerId, Position,
    Role, RoomId, RoomOptions, RoomRecord, Run, StoredOp, Timestamp, Trail,
    body::{self, OpBody},
    courier::Satchel,
    crypto,
    engine::Now,
    hlc,
    identity::Identity,
    mailbox::Mailbox,
    membership::Membership,
    op::{self, Header, Op},
    quota::Quota,
    renew::Renewal,
};
pub(crate) use boxes::Drawn;
use keys::Keys;
pub(crate) use people::{ReportChange, Reports};
pub use seen::{LastSeen, Seen};
pub(crate) use show::Foreseen;
use texts::Texts;

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
    /// Members who may not know us, or our key, whatever we think: how often dialing failed.
    pub(crate) doubted: BTreeMap<PeerId, usize>,
    /// When others were last told that this device's person writes something.
    pub(crate) typed_at: Option<Duration>,
    pub(crate) mailbox: Mailbox,
    /// What strangers carry of it.
    pub(crate) satchel: Satchel,
    /// When it is forgotten at the latest, if it is being left.
    pub(crate) leaves_at: Option<Duration>,
    /// Who may do what.
    pub(crate) membership: Membership,
    /// What the person has noted of members; of most, nothing.
    pub(crate) marks: BTreeMap<PeerId, Mark>,
    pub(crate) reports: Reports,
    keys: Keys,
    texts: Texts,
    by_id: BTreeMap<PeerId, MemberIndex>,
    /// Authors whose log does not go on from what is held: somewhere they wrote two.
    pub(crate) suspects: BTreeSet<PeerId>,
    /// The options as the person was told of them.
    pub(crate) options_told: RoomOptions,
    /// When the key is to be changed because of its age.
    pub(crate) renewal: Renewal,
    /// What is remembered of logs besides how far they are held.
    pub(crate) trails: BTreeMap<MemberIndex, Trail>,
    /// The texts that checkpoints cover and that are still held.
    pub(crate) runs: BTreeMap<(MemberIndex, u64), Run>,
    /// Up to where in the order texts have disappeared.
    horizon: u64,
    pub(crate) horizon_told: Position,
    /// The clock of what this device wrote last here.
    pub(crate) my_clock: u64,
    last_hlc: u64,
    /// When members were last heard of otherwise than by a link.
    heard: BTreeMap<MemberIndex, LastSeen>,
    /// What its operations take in the memory, about, and how much of others may still be added.
    pub(crate) taken: u64,
    pub(crate) left: u64,
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
    /// Something before it is said to be gone, and is not old enough for that as far as is known.
    Gapped,
    /// Its author, or the room, has had its share of today.
    Later,
    /// Its author was removed before writing it, or has two logs from there on.
    Barred,
    /// It goes on from another operation than the one held.
    Forked,
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
    /// What it adds to the rules,
    pub(crate) control: Option<ControlRecord>,
    /// and who is something else by it.
    pub(crate) new_roles: BTreeMap<PeerId, Role>,
    /// Reports that are new here, or not kept any longer.
    pub(crate) reports: Vec<ReportChange>,
    /// Whether operations that were refused may be added now.
    pub(crate) has_opened_ways: bool,
}

impl Room {
    /// A room from what the store remembers. `last_hlc` is that of the newest operation shown.
    pub(crate) fn new(
        record: RoomRecord,
        members: Vec<MemberRecord>,
        heads: Vec<Head>,
        controls: &[ControlRecord],
        last_hlc: u64,
    ) -> Self {
        let me = Identity::from_seed(&record.identity_seed);
        let index = |n: usize| MemberIndex(u32::try_from(n).unwrap_or(u32::MAX));
        let by_id: BTreeMap<_, _> =
            members.iter().enumerate().map(|(n, member)| (member.id, index(n))).collect();
        let my_index = by_id.get(&me.id).copied().unwrap_or(NOT_ENROLLED);
        let membership = Membership::restore(record.owner, controls);
        let options_told = membership.options();
        let mut room = Self {
            record,
            me,
            my_index,
            members,
            heads,
            unread: 0,
            turn: 0,
            doubted: BTreeMap::new(),
            typed_at: None,
            mailbox: Mailbox::new([0; 32], 0),
            satchel: Satchel::default(),
            leaves_at: None,
            membership,
            marks: BTreeMap::new(),
            reports: Reports::default(),
            keys: Keys::default(),
            texts: Texts::default(),
            by_id,
            suspects: BTreeSet::new(),
            options_told,
            renewal: Renewal::default(),
            trails: BTreeMap::new(),
            runs: BTreeMap::new(),
            horizon: 0,
            horizon_told: trail::NOWHERE,
            my_clock: 0,
            last_hlc,
            heard: BTreeMap::new(),
            taken: 0,
            left: u64::MAX,
            space: Quota::new(space::MAX_ROOM_BYTES_PER_DAY),
            author_space: BTreeMap::new(),
        };
        room.restore_keys();
        room.mailbox = room.new_mailbox();
        room
    }

    pub(crate) fn id(&self) -> RoomId {
        self.record.id
    }

    pub(crate) fn index_of(&self, peer: PeerId) -> Option<MemberIndex> {
        self.by_id.get(&peer).copied()
    }

    pub(crate) fn member(&self, index: MemberIndex) -> Option<&MemberRecord> {
        self.members.get(index.0 as usize)
    }

    /// A member as far as known: from the roster, or as who let this device in.
    pub(crate) fn acquaintance(&self, peer: PeerId) -> Option<&MemberRecord> {
        let host = || self.record.host.as_ref().filter(|host| host.id == peer);
        self.index_of(peer).and_then(|index| self.member(index)).or_else(host)
    }

    pub(crate) fn member_mut(&mut self, peer: PeerId) -> Option<(MemberIndex, &mut MemberRecord)> {
        let index = self.index_of(peer)?;
        self.members.get_mut(index.0 as usize).map(|member| (index, member))
    }

    pub(crate) fn head(&self, index: MemberIndex) -> Head {
        self.heads.get(index.0 as usize).copied().unwrap_or_default()
    }

    /// How far a log is held, and counts.
    pub(crate) fn height(&self, index: MemberIndex) -> u64 {
        let end = self.member(index).map_or(0, |member| self.membership.end_of_log(member.id));
        self.head(index).height.min(end)
    }

    /// Every log that holds something: whose, which, and how far.
    pub(crate) fn frontier(&self) -> impl Iterator<Item = (MemberIndex, PeerId, u64)> {
        let logs = self.by_id.iter().map(|(id, index)| (*index, *id, self.height(*index)));
        logs.filter(|(_, _, height)| *height > 0)
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
        let locked = match body {
            OpBody::Text(text) => self.lock(&header, &key, text),
            _ => None,
        };
        op::write(&header, locked.as_ref().unwrap_or(body), &key, &self.me)
    }

    /// Adds an operation to its author's log, if it extends it by one and the room's rules allow.
    pub(crate) fn add(&mut self, now: Now, op: &Op<'_>) -> Result<Added, Unusable> {
        let index = self.index_of(op.header.author);
        let head = index.map(|index| self.head(index)).unwrap_or_default();
        if op.header.seq <= head.height {
            return Err(Unusable::Known);
        }
        let is_bridge = op.header.seq > head.height.saturating_add(1);
        if is_bridge {
            self.bridge(now, index, op)?;
        }
        if op.header.seq > self.membership.end_of_log(op.header.author) {
            return Err(self.beyond_the_end(op, &head));
        }
        let len = u64::try_from(op.bytes.len()).unwrap_or(u64::MAX);
        if !self.has_space(now.since_start, index, len) {
            return Err(Unusable::Later);
        }
        if !op.is_signed() {
            return Err(Unusable::Forged);
        }
        if op.header.prev != head.id && !is_bridge {
            self.suspects.insert(op.header.author);
            return Err(Unusable::Forked);
        }
        let key = self.key_of(op.header.epoch, &op.header.room_tag).ok_or(Unusable::Early)?;
        let body = op.open(&key).ok_or(Unusable::Wrong)?;
        if is_bridge { Ok(()) } else { self.check(op, &body) }?;
        if !self.has_place(index, &body, op.bytes.len()) {
            return Err(Unusable::Later);
        }
        let epoch = self.id_of(op.header.epoch, &op.header.room_tag);
        let added = self.apply(now.wall, op, body);
        self.use_space(added.author, len);
        self.renewal.note_written(epoch, now.since_start);
        Ok(added)
    }

    /// Why an operation behind the end of its author's log is not added. Who left in one history and
    /// went on in another is found out here: nobody who has heard of either asks for the other.
    fn beyond_the_end(&mut self, op: &Op<'_>, head: &Head) -> Unusable {
        let author = op.header.author;
        let is_other = self.membership.has_left(author) && op.header.prev != head.id;
        if !is_other || self.membership.fork_of(author).is_some() {
            return Unusable::Barred;
        }
        if !op.is_signed() {
            return Unusable::Forged;
        }
        self.suspects.insert(author);
        Unusable::Forked
    }

    fn apply(&mut self, now: Timestamp, op: &Op<'_>, body: OpBody) -> Added {
        let author = op.header.author;
        let body = self.unlock_added(op, body);
        let mut has_changed_member = true;
        let mut has_moved_mailbox = false;
        let mut has_opened_ways = false;
        let mut reports = Vec::new();
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
            OpBody::Invite { secret, expires_at, .. } => {
                let record = InviteRecord { secret: *secret, expires_at: *expires_at };
                has_opened_ways = self.confirm_invite(record);
                has_changed_member = false;
            }
            OpBody::Relays { addrs } => {
                has_moved_mailbox = self.mailbox.record.at != *addrs;
                self.mailbox.record.at.clone_from(addrs);
                has_changed_member = false;
            }
            OpBody::Epoch(epoch, sealed, _) | OpBody::Renewal(epoch, sealed, _) => {
                self.open_sealed(&epoch.id, sealed);
                has_changed_member = false;
            }
            OpBody::Seal(id, sealed) => {
                self.open_sealed(id, sealed);
                has_changed_member = false;
            }
            OpBody::Merge { parents } => {
                if let Some((_, key)) = self.merge(parents) {
                    self.keep_key(Drawn::new(&key, false));
                }
                has_changed_member = false;
            }
            OpBody::Report(sealed) => {
                reports = self.take_report(op, sealed);
                has_changed_member = false;
            }
            // Who becomes something else by it is told with the rules.
            OpBody::Text(_)
            | OpBody::Locked(_)
            | OpBody::Reads(_)
            | OpBody::SetRole(_)
            | OpBody::Fork(..)
            | OpBody::Leave
            | OpBody::Option(_)
            | OpBody::Same { .. }
            | OpBody::Checkpoint { .. } => {
                has_changed_member = false;
            }
        }
        let (control, new_roles) = self.rule(op, &body);
        has_opened_ways |= control.is_some() && !matches!(body, OpBody::Join { .. });
        let index = self.index_of(author).expect("members are enrolled before they write");
        self.note_trail(index, self.head(index).height, op, &body);
        if index == self.my_index {
            self.my_clock = op.header.hlc;
        }
        if let Some(head) = self.heads.get_mut(index.0 as usize) {
            *head = Head { height: op.header.seq, id: op.id };
        }
        // A clock far ahead may neither keep its message on top nor drag ours along.
        let shown_at = op.header.hlc.min(hlc::latest_at(now));
        self.last_hlc = self.last_hlc.max(shown_at);
        let position =
            Position { hlc: hlc::order(shown_at, author), author: index, seq: op.header.seq };
        self.note_written(index, hlc::to_wall(shown_at).min(now));
        let kind = body.kind();
        let is_shown = self.membership.is_shown(author, op.header.seq, body::is_words(kind))
            && !self.is_hidden(author, kind)
            && !self.is_past(position, kind);
        let message = show::message_of(op, position, body).filter(|_| is_shown);
        let stored = StoredOp { room: self.id(), position, kind, bytes: op.bytes.to_vec() };
        Added {
            stored,
            author: index,
            message,
            has_changed_member,
            has_moved_mailbox,
            control,
            new_roles,
            reports,
            has_opened_ways,
        }
    }
}

#[cfg(test)]
mod tests;
