//! Any schedule of partitions, joins, removals, revocations and changes of the key ends with the
//! same members, keys and messages on all devices.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use engine::{Command, Event, KeptFor, MemberIndex, MemoryStore, PeerId, Role, RoomOption, Store};
use proptest::prelude::*;
use tests::{Name, World};

const NAMES: [Name; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];

const DAY: i64 = 86_400_000;

/// Something that happens; devices are named by their number, counted around.
#[derive(Debug, Clone)]
enum Step {
    Say(usize),
    Rename(usize),
    /// A guest who is not in the room yet scans the screen of somebody who is.
    Scan(usize, usize),
    SetRole(usize, usize, Role),
    Revoke(usize),
    /// A new invite, for one or for all.
    Invite(usize, bool),
    ChangeKey(usize),
    /// A device says of another that both are one person's, or are not.
    Same(usize, usize, bool),
    /// Somebody but the owner leaves, whether or not anybody hears it.
    Leave(usize),
    /// An option is switched.
    Switch(usize, RoomOption, bool),
    /// Texts disappear after two days or a week, or are kept.
    Keep(usize, bool, bool),
    /// Nobody does anything for days: texts may disappear.
    Doze(u64),
    /// Everybody is let in who waits at the door of a device, or nobody.
    Answer(usize, bool),
    Dial(usize),
    Part(usize, usize),
    Reunite(usize, usize),
    Restart(usize),
    /// The disk of a device is copied.
    Copy(usize),
    /// A device goes on from its copy, and so writes another history than it has.
    Rewind(usize),
    Deliver(usize),
    Pass(u64),
    /// Hours pass: keys may be due to be changed.
    Sleep(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..NAMES.len();
    let two = (device.clone(), device.clone());
    let role = prop_oneof![
        2 => Just(Role::Removed),
        1 => Just(Role::Muted),
        2 => Just(Role::Member),
        2 => Just(Role::Admin),
    ];
    prop_oneof![
        6 => device.clone().prop_map(Step::Say),
        1 => device.clone().prop_map(Step::Rename),
        5 => two.clone().prop_map(|(a, b)| Step::Scan(a, b)),
        3 => (device.clone(), device.clone(), role).prop_map(|(a, b, r)| Step::SetRole(a, b, r)),
        // Mostly the owner's, or nothing comes of the rest.
        2 => device.clone().prop_map(|b| Step::SetRole(0, b, Role::Admin)),
        1 => device.clone().prop_map(Step::Revoke),
        1 => (device.clone(), any::<bool>()).prop_map(|(a, single)| Step::Invite(a, single)),
        1 => device.clone().prop_map(Step::ChangeKey),
        2 => device.clone().prop_map(Step::Leave),
        1 => (device.clone(), any::<bool>())
            .prop_map(|(a, on)| Step::Switch(a, RoomOption::ApproveJoins, on)),
        1 => (device.clone(), prop::bool::weighted(0.7))
            .prop_map(|(a, on)| Step::Switch(a, RoomOption::Nearby(None), on)),
        2 => (device.clone(), prop::bool::weighted(0.7))
            .prop_map(|(a, on)| Step::Switch(a, RoomOption::HideHistory, on)),
        1 => (device.clone(), any::<bool>(), prop::bool::weighted(0.8))
            .prop_map(|(a, is_short, on)| Step::Keep(a, is_short, on)),
        2 => (13..100u64).prop_map(Step::Doze),
        6 => (device.clone(), device.clone(), any::<bool>())
            .prop_map(|(a, b, is_so)| Step::Same(a, b, is_so)),
        3 => (device.clone(), prop::bool::weighted(0.8)).prop_map(|(a, yes)| Step::Answer(a, yes)),
        4 => device.clone().prop_map(Step::Dial),
        4 => two.clone().prop_map(|(a, b)| Step::Part(a, b)),
        4 => two.prop_map(|(a, b)| Step::Reunite(a, b)),
        1 => device.clone().prop_map(Step::Restart),
        2 => device.clone().prop_map(Step::Copy),
        3 => device.prop_map(Step::Rewind),
        8 => (1..30usize).prop_map(Step::Deliver),
        1 => (0..20_000u64).prop_map(Step::Pass),
        1 => (10..50u64).prop_map(Step::Sleep),
    ]
}

/// A camp that something happens to.
struct Camp {
    world: World,
    names: Vec<Name>,
    said: usize,
    copies: BTreeMap<Name, MemoryStore>,
    /// Devices that have written two histories, or may have.
    equivocators: BTreeSet<Name>,
    /// Devices that were to be admins: those are trusted not to.
    trusted: BTreeSet<Name>,
    /// Those of whom the writer of a text knew that they read what it writes.
    readers: BTreeMap<String, BTreeSet<PeerId>>,
    /// Whether texts were ever to disappear.
    has_kept: bool,
}

impl Camp {
    fn new(seed: u64, size: usize, clocks: &[i64]) -> Self {
        let mut world = World::seeded(seed);
        let names: Vec<Name> = NAMES.into_iter().take(size).collect();
        for (name, ahead) in names.iter().zip(clocks) {
            world.add(name);
            world.set_clock(name, *ahead);
        }
        world.create_room("alice");
        let (copies, equivocators) = (BTreeMap::new(), BTreeSet::new());
        let trusted = BTreeSet::from(["alice"]);
        let (has_kept, readers) = (false, BTreeMap::new());
        Self { world, names, said: 0, copies, equivocators, trusted, has_kept, readers }
    }

    fn name(&self, number: usize) -> Name {
        self.names.iter().cycle().nth(number % self.names.len()).expect("a cycle has no end")
    }

    fn is_in(&self, name: Name) -> bool {
        !self.world.rooms(name).is_empty()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Say(a) => self.say(self.name(a)),
            Step::Rename(a) => {
                let name = format!("{} {}", self.name(a), self.said);
                self.world.command(self.name(a), Command::SetName { name });
            }
            Step::Scan(a, b) => {
                let (guest, host) = (self.name(a), self.name(b));
                if !self.is_in(guest) && self.is_in(host) {
                    let room = self.world.room(host);
                    let show = Command::ShowInvite { room, invite: None };
                    self.world.command(host, show);
                    if let Some(Event::InviteReady { invite, .. }) = self
                        .world
                        .events(host)
                        .iter()
                        .rev()
                        .find(|event| matches!(event, Event::InviteReady { .. }))
                    {
                        let invite = invite.clone();
                        self.world.accept(guest, &invite);
                    }
                }
            }
            Step::SetRole(a, b, role) => {
                let (by, whom) = (self.name(a), self.name(b));
                if role == Role::Admin && !self.equivocators.contains(whom) {
                    self.trusted.insert(whom);
                }
                let may_be = role < Role::Admin || self.trusted.contains(whom);
                if self.is_in(by) && self.is_in(whom) && may_be {
                    let (room, member) = (self.world.room(by), self.world.me(whom));
                    self.world.command(by, Command::SetRole { room, member, role });
                }
            }
            Step::Revoke(a) => {
                let by = self.name(a);
                if self.is_in(by) {
                    let room = self.world.room(by);
                    self.world.command(by, Command::ListInvites { room });
                    let open = self.world.events(by).iter().rev().find_map(|event| match event {
                        Event::InvitesListed { invites, .. } => {
                            invites.iter().find(|invite| !invite.is_revoked)
                        }
                        _ => None,
                    });
                    if let Some(invite) = open.map(|open| open.invite) {
                        self.world.command(by, Command::RevokeInvite { room, invite });
                    }
                }
            }
            Step::Invite(a, is_single) => {
                let by = self.name(a);
                if self.is_in(by) {
                    let (room, max_uses) = (self.world.room(by), is_single.then_some(1));
                    let (role, expires_at) = (Role::Member, None);
                    let create = Command::CreateInvite {
                        room,
                        role,
                        expires_at,
                        max_uses,
                        reads_before: false,
                    };
                    self.world.command(by, create);
                }
            }
            Step::ChangeKey(a) => {
                let by = self.name(a);
                if self.is_in(by) {
                    let room = self.world.room(by);
                    self.world.command(by, Command::ChangeKey { room });
                }
            }
            Step::Same(a, b, is_so) => {
                let (by, other) = (self.name(a), self.name(b));
                if self.is_in(by) && self.is_in(other) {
                    let (room, member) = (self.world.room(by), self.world.me(other));
                    self.world.command(by, Command::SetSelf { room, member, is_so });
                }
            }
            Step::Leave(a) => {
                let name = self.name(a);
                if self.is_in(name) && name != "alice" {
                    self.world.leave_room(name);
                }
            }
            Step::Switch(a, option, on) => {
                let by = self.name(a);
                if self.is_in(by) {
                    self.world.set_option(by, option, on);
                }
            }
            Step::Keep(a, is_short, on) => {
                let by = self.name(a);
                let time = if is_short { KeptFor::TwoDays } else { KeptFor::Week };
                if self.is_in(by) {
                    self.has_kept = true;
                    self.world.set_option(by, RoomOption::KeepFor(time), on);
                }
            }
            Step::Doze(hours) => self.world.pass(Duration::from_secs(hours * 3_600)),
            Step::Answer(a, yes) => {
                let by = self.name(a);
                for (newcomer, ..) in self.world.newcomers(by) {
                    let room = self.world.room(by);
                    let command = if yes {
                        Command::LetIn { room, newcomer }
                    } else {
                        Command::TurnAway { room, newcomer }
                    };
                    self.world.command(by, command);
                }
            }
            Step::Dial(a) => self.world.dial_all(self.name(a)),
            Step::Part(a, b) => self.world.part(self.name(a), self.name(b)),
            Step::Reunite(a, b) => self.world.reunite(self.name(a), self.name(b)),
            Step::Restart(a) => self.world.reboot(self.name(a)),
            Step::Copy(a) => {
                let name = self.name(a);
                if self.is_in(name) {
                    self.copies.insert(name, self.world.disk(name));
                }
            }
            Step::Rewind(a) => {
                let name = self.name(a);
                if let Some(copy) = self.copies.get(name)
                    && !self.trusted.contains(name)
                {
                    self.equivocators.insert(name);
                    self.world.restart_from(name, copy.clone());
                    self.say(name);
                }
            }
            Step::Deliver(count) => (0..count).for_each(|_| _ = self.world.deliver()),
            Step::Sleep(hours) => self.world.pass(Duration::from_secs(hours * 3_600)),
            Step::Pass(millis) => self.world.pass(Duration::from_millis(millis)),
        }
    }

    fn say(&mut self, name: Name) {
        if self.is_in(name) {
            self.said += 1;
            let text = format!("{name} {}", self.said);
            self.world.say(name, &text);
            let readers = self.readers(name);
            self.readers.insert(text, readers);
        }
    }

    /// Those who read what `name` wrote last, as far as it knows: whose whole logs it holds, and who
    /// have the epoch's key and, if it is closed, something its texts open with.
    fn readers(&self, name: Name) -> BTreeSet<PeerId> {
        let (room, disk) = (self.world.room(name), self.world.disk(name));
        let tag = self.epoch(name);
        let held = |disk: &MemoryStore, id: PeerId| {
            let members = disk.members(room).expect("readable");
            let index = members.iter().position(|member| member.id == id);
            index.and_then(|index| disk.heads(room).expect("readable").get(index).copied())
        };
        let reads = |other: &Name| {
            let (theirs, id) = (self.world.disk(other), self.world.me(other));
            let record = theirs.rooms().expect("readable").pop().expect("a room");
            let key = record.epochs.iter().map(|(_, key)| key).find(|key| {
                let parts = [room.as_bytes().as_slice(), key.as_slice()].concat();
                blake3::derive_key("festival/1 room tag", &parts)[..8] == tag
            });
            let closed = key.map(|key| blake3::derive_key("festival/1 closed epoch id", key));
            let is_closed = |id: &[u8]| closed.is_some_and(|closed| closed[..16] == *id);
            let all = theirs.closed(room).expect("readable");
            let closed = all.iter().find(|record| is_closed(&record.epoch));
            let opens = closed.is_none_or(|record| !record.chains.is_empty());
            key.is_some() && opens && held(&disk, id) == held(&theirs, id)
        };
        let names = self.names.iter().copied().filter(|other| self.is_in(other));
        let readers = names.filter(|other| self.world.room(other) == room && reads(other));
        readers.map(|other| self.world.me(other)).collect()
    }

    /// Everyone can reach everyone, for as long as it takes.
    fn gather(&mut self) {
        for a in self.names.clone() {
            self.names.iter().for_each(|b| self.world.reunite(a, b));
        }
        for _ in 0..3 {
            self.world.meet();
            // What was refused before something else was known is asked for again.
            self.world.pass(Duration::from_secs(700));
        }
        self.world.meet();
        // Whoever was let back in while away does not know; they scan the owner's screen.
        let room = self.world.room("alice");
        let (role, expires_at, max_uses) = (Role::Member, None, None);
        self.world.command(
            "alice",
            Command::CreateInvite { room, role, expires_at, max_uses, reads_before: false },
        );
        let invite = self.world.invite("alice");
        self.world.settle();
        for name in self.insiders() {
            if name != "alice" && self.world.peers(name).is_empty() {
                self.world.accept(name, &invite);
            }
        }
        self.world.meet();
        if self.has_kept {
            // Clocks are two days apart at most: what one has forgotten the others then know to be past.
            self.world.pass(Duration::from_secs(49 * 3_600));
            self.world.meet();
        }
    }

    /// Who is a member, and as what, as `name` sees it.
    fn roster(&mut self, name: Name) -> BTreeSet<(PeerId, Role, bool, PeerId)> {
        let members = self.world.members(name).into_iter();
        members.map(|m| (m.id, m.role, m.has_left, m.person)).collect()
    }

    /// The mark of the epoch in which `name` wrote last.
    fn epoch(&self, name: Name) -> Vec<u8> {
        let (room, me, disk) = (self.world.room(name), self.world.me(name), self.world.disk(name));
        let members = disk.members(room).expect("readable");
        let index = members.iter().position(|member| member.id == me).expect("a member");
        let index = MemberIndex(u32::try_from(index).expect("few"));
        let log = disk.ops_after(room, index, 0, usize::MAX, usize::MAX).expect("readable");
        let last = log.last().expect("everyone has joined");
        // An operation begins with its suite, then the tag of the room in that epoch.
        last.get(1..9).expect("an operation").to_vec()
    }

    /// What `name` reads: all of it, or, where texts disappear by each device's own clock, what was
    /// said last.
    fn texts(&mut self, name: Name, since: usize) -> BTreeSet<String> {
        let number = |text: &str| text.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok());
        let is_meant = |text: &String| number(text).is_some_and(|n| n > since);
        self.world.texts(name).into_iter().filter(is_meant).collect()
    }

    /// Devices whose person is a member, as the owner sees it.
    fn insiders(&mut self) -> Vec<Name> {
        let roster = self.roster("alice");
        let is_member =
            |me: PeerId| roster.iter().any(|(id, r, ..)| *id == me && *r > Role::Removed);
        let names = self.names.iter().copied().filter(|name| self.is_in(name));
        let names = names.filter(|name| !self.equivocators.contains(name));
        names.filter(|name| is_member(self.world.me(name))).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_schedule_ends_with_the_same_members_keys_and_messages(
        seed in any::<u64>(),
        size in 3..=NAMES.len(),
        clocks in prop::collection::vec(-DAY..=DAY, NAMES.len()),
        steps in prop::collection::vec(step(), 20..160),
    ) {
        let mut camp = Camp::new(seed, size, &clocks);
        steps.iter().for_each(|step| camp.take(step));

        camp.gather();
        let insiders = camp.insiders();
        let since = if camp.has_kept { camp.said } else { 0 };
        for name in insiders.clone() {
            camp.say(name);
        }
        camp.world.settle();

        let roster = camp.roster("alice");
        let all: Vec<_> = insiders.iter().map(|name| (*name, camp.texts(name, since))).collect();
        let texts: BTreeSet<_> = all.iter().flat_map(|(_, texts)| texts.clone()).collect();
        let is_hiding = camp.world.has_hidden_history("alice");
        for (name, read) in all {
            let me = camp.world.me(name);
            prop_assert_eq!(&camp.roster(name), &roster, "{} knows the same people", name);
            prop_assert!(is_hiding || read == texts, "{} reads the same", name);
            for text in texts.difference(&read) {
                let number = text.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok());
                let is_last = number.is_some_and(|n| n + insiders.len() > camp.said);
                prop_assert!(!is_last, "{} reads what is written in the end: {}", name, text);
                let was_meant = camp.readers.get(text).is_none_or(|them| them.contains(&me));
                prop_assert!(!was_meant, "{} reads what was written for it: {}", name, text);
            }
            let options = camp.world.options("alice");
            prop_assert_eq!(camp.world.options(name), options, "{} follows the same options", name);
        }
        let me: Vec<_> = insiders.iter().map(|name| camp.world.me(name)).collect();
        let may_write = |id: &PeerId| roster.iter().any(|(i, role, ..)| i == id && *role > Role::Muted);
        for (name, id) in insiders.iter().zip(&me) {
            let (epoch, of_owner) = (camp.epoch(name), camp.epoch("alice"));
            prop_assert!(!may_write(id) || epoch == of_owner, "{} writes with the same key", name);
        }
        let last: Vec<_> = texts.iter().filter_map(|text| text.split_once(' ')).collect();
        for (name, id) in insiders.iter().zip(me) {
            prop_assert_eq!(
                last.iter().any(|(who, number)| who == name
                    && number.parse::<usize>().is_ok_and(|n| n + insiders.len() > camp.said)),
                may_write(&id),
                "{} can write, and is read, as its role says", name
            );
        }
    }
}
