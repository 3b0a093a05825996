//! One room as the screens know it.

use std::collections::{BTreeMap, BTreeSet};

use engine::{
    Event, Invite, InviteState, LastSeen, LinkId, Member, Message, PeerId, Report, Role, RoomId,
    RoomOptions, RoomSummary, Seen,
};

use super::{Messages, Names, Newcomer, VERIFIED};

/// A room and what has been seen of it.
#[derive(Debug)]
pub struct Room {
    /// Which.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// This device's own key in it.
    pub me: PeerId,
    /// Everyone in it, this device included.
    pub members: Vec<Member>,
    /// What they are called on the screens.
    pub names: Names,
    /// Devices that others stand for, and which.
    pub(super) persons: BTreeMap<PeerId, PeerId>,
    /// Up to where what this device wrote is in the mailbox.
    pub deposited: u64,
    /// The newest message.
    pub last: Option<Message>,
    /// How many messages of others are newer than the last one read.
    pub unread: usize,
    /// Whether its mailbox is used on this device.
    pub uses_mailbox: bool,
    /// Whether it is being left.
    pub is_leaving: bool,
    /// Its options.
    pub options: RoomOptions,
    /// Who waits to be let in, whoever came first first.
    pub newcomers: Vec<Newcomer>,
    /// Who is connected, and over which link.
    pub online: BTreeMap<PeerId, LinkId>,
    /// Links that carry more than they are good for.
    pub busy: BTreeSet<LinkId>,
    /// The invite to show, once there is one.
    pub invite: Option<Invite>,
    /// All invites there are, as last told.
    pub invites: Vec<InviteState>,
    /// What was told to the admins, as far as it can be read here, newest first.
    pub reports: Vec<Report>,
    /// The messages that were loaded.
    pub messages: Messages,
}

impl Room {
    pub(super) fn new(summary: RoomSummary) -> Self {
        let RoomSummary { id, name, me, members, last, unread, uses_mailbox, options } = summary;
        let mut room = Self {
            id,
            name,
            me,
            members: Vec::new(),
            names: Names::default(),
            persons: BTreeMap::new(),
            deposited: 0,
            last,
            unread,
            uses_mailbox,
            is_leaving: false,
            options,
            newcomers: Vec::new(),
            online: BTreeMap::new(),
            busy: BTreeSet::new(),
            invite: None,
            invites: Vec::new(),
            reports: Vec::new(),
            messages: Messages::default(),
        };
        room.take_members(members);
        room
    }

    /// The name of a member, with the start of their key where others have one that looks alike,
    /// or a placeholder for one not known by name yet.
    pub fn name_of(&self, peer: PeerId) -> &str {
        self.names.of(self.person_of(peer)).unwrap_or("Someone new")
    }

    /// The same with a sign behind it if this device's person made sure who it is.
    pub fn signed_name_of(&self, peer: PeerId) -> String {
        let name = self.name_of(peer);
        if self.is_verified(peer) { format!("{name} {VERIFIED}") } else { name.to_owned() }
    }

    /// Those in use are other ones by now.
    fn forget_old_links(&mut self) {
        self.busy.retain(|link| self.online.values().any(|used| used == link));
    }

    /// Whether this device's person made sure who somebody is.
    pub fn is_verified(&self, peer: PeerId) -> bool {
        self.names.is_verified(self.person_of(peer))
    }

    /// Reports of others that nobody has seen to here, and all others of others.
    pub fn reports_of_others(&self) -> (Vec<&Report>, Vec<&Report>) {
        let of_others = self.reports.iter().filter(|report| report.report.by != self.me);
        of_others.partition(|report| !report.report.is_done)
    }

    /// Somebody in it, or who once was.
    pub fn member(&self, peer: PeerId) -> Option<&Member> {
        self.members.iter().find(|member| member.id == peer)
    }

    /// What this device's person may do in it.
    pub fn my_role(&self) -> Role {
        self.member(self.me).map_or(Role::Member, |me| me.role)
    }

    /// Everyone but this device, and those who left or were removed.
    pub fn others(&self) -> impl Iterator<Item = &Member> {
        let is_other = |member: &&Member| member.id != self.me && member.role > Role::Removed;
        self.members.iter().filter(is_other)
    }

    /// When something last happened in it, for ordering.
    pub(super) fn active_at(&self) -> u64 {
        self.last.as_ref().map_or(0, |message| message.position.hlc)
    }

    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::InviteReady { invite, .. } => self.invite = Some(invite),
            Event::InvitesListed { invites, .. } => self.invites = invites,
            Event::MessageAdded { message, .. } => self.add(message),
            Event::NewestShown { names, messages, .. } => {
                for (peer, name) in names {
                    if self.member(peer).is_none() {
                        self.names.set(peer, &name);
                    }
                }
                self.messages.show_early(messages);
            }
            Event::PageLoaded { before, messages, is_start, hides_earlier, .. } => {
                self.messages.page(before, messages, (is_start, hides_earlier));
            }
            Event::UnreadChanged { count, .. } => self.unread = count,
            Event::MemberChanged { member, .. } => self.take_member(member),
            Event::Deposited { up_to, .. } => self.deposited = self.deposited.max(up_to),
            Event::LastChanged { last, .. } => self.last = last,
            Event::ReportsListed { reports, .. } => self.reports = reports,
            Event::Received { by, up_to, .. } => {
                if let Some(member) = self.members.iter_mut().find(|member| member.id == by) {
                    member.holds = member.holds.max(up_to);
                }
            }
            Event::PeerSeen { peer, link, .. } => {
                self.online.insert(peer, link);
                self.forget_old_links();
            }
            Event::PeerLost { peer, .. } => {
                self.online.remove(&peer);
                self.forget_old_links();
            }
            Event::LinkBusy { link, is_busy: true, .. } => _ = self.busy.insert(link),
            Event::LinkBusy { link, is_busy: false, .. } => _ = self.busy.remove(&link),
            _ => {}
        }
    }

    fn add(&mut self, message: Message) {
        if self.last.as_ref().is_none_or(|last| last.position < message.position) {
            self.last = Some(message.clone());
        }
        if let Some(author) = self.members.iter_mut().find(|m| m.id == message.author) {
            let seen = LastSeen { at: message.sent_at, how: Seen::Wrote };
            let is_newer = author.last_seen.is_none_or(|before| before.at < seen.at);
            author.last_seen = if is_newer { Some(seen) } else { author.last_seen };
        }
        self.messages.add(message);
    }
}
