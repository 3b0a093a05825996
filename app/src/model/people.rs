//! People in a room: one of them may have several devices, each a member of its own.

use std::collections::BTreeSet;

use engine::{Member, PeerId, Role};

use super::Room;

impl Room {
    /// Takes in everyone, when nobody is known yet.
    pub(super) fn take_members(&mut self, members: Vec<Member>) {
        let linked = members.iter().filter(|member| member.person != member.id);
        self.persons = linked.map(|member| (member.id, member.person)).collect();
        for member in members.iter().filter(|member| member.person == member.id) {
            self.names.set(member.id, &member.name);
        }
        self.members = members;
        for member in self.members.iter().filter(|member| member.is_verified) {
            self.names.set_verified(member.person, true);
        }
    }

    /// Takes in what is known of a member.
    pub(super) fn take_member(&mut self, member: Member) {
        let before = self.person_of(member.id);
        if member.person == member.id {
            self.persons.remove(&member.id);
        } else {
            self.persons.insert(member.id, member.person);
        }
        let after = member.person;
        match self.members.iter_mut().find(|known| known.id == member.id) {
            Some(known) => *known = member,
            None => self.members.push(member),
        }
        for peer in BTreeSet::from([before, after]) {
            self.name_anew(peer);
            self.sign_anew(peer);
        }
    }

    /// Has a person be verified if one of their devices is: those say of each other that they are one
    /// person's.
    fn sign_anew(&mut self, person: PeerId) {
        let is_theirs = |member: &&Member| self.person_of(member.id) == person;
        let is_verified = self.members.iter().filter(is_theirs).any(|member| member.is_verified);
        self.names.set_verified(person, is_verified);
    }

    /// Has a name stand for a person, and none beside it for their other devices: whose names look
    /// alike without being anybody else's need not be told apart.
    fn name_anew(&mut self, person: PeerId) {
        let devices = self
            .members
            .iter()
            .filter(|member| member.id == person || self.persons.get(&member.id) == Some(&person));
        for device in devices {
            if self.persons.contains_key(&device.id) {
                self.names.remove(device.id);
            } else {
                self.names.set(device.id, &device.name);
            }
        }
    }

    /// Who stands for all devices of a person.
    pub fn person_of(&self, peer: PeerId) -> PeerId {
        self.persons.get(&peer).copied().unwrap_or(peer)
    }

    /// Whether it is this device's person, on this device or another.
    pub fn is_me(&self, peer: PeerId) -> bool {
        self.person_of(peer) == self.person_of(self.me)
    }

    /// The devices of a person that are in the room; one that is not, for itself.
    pub fn devices_of(&self, peer: PeerId) -> Vec<&Member> {
        let person = self.person_of(peer);
        let is_theirs = |member: &&Member| {
            let is_in = member.role > Role::Removed;
            member.id == peer || is_in && self.person_of(member.id) == person
        };
        self.members.iter().filter(is_theirs).collect()
    }

    /// How many of the others hold this device's message with that `seq`, and how many there are:
    /// people, who hold it if one of their devices does.
    pub fn reached(&self, seq: u64) -> (usize, usize) {
        let (mut all, mut holders) = (BTreeSet::new(), BTreeSet::new());
        let (mut single, mut single_holders) = (0, 0);
        let mine = self.person_of(self.me);
        for member in self.others() {
            let has = member.holds >= seq;
            match self.persons.get(&member.id) {
                // Somebody others are linked to counts with them.
                None if self.persons.is_empty() => {
                    single += 1;
                    single_holders += usize::from(has);
                }
                person => {
                    let person = person.copied().unwrap_or(member.id);
                    if person != mine {
                        all.insert(person);
                        holders.extend(has.then_some(person));
                    }
                }
            }
        }
        (single_holders + holders.len(), single + all.len())
    }

    /// The others, one device for each.
    pub fn other_people(&self) -> impl Iterator<Item = &Member> {
        let mine = self.person_of(self.me);
        let mut seen = BTreeSet::new();
        self.others().filter(move |member| {
            let person = self.person_of(member.id);
            person != mine && seen.insert(person)
        })
    }

    /// How many other people there are.
    pub fn people(&self) -> usize {
        if self.persons.is_empty() { self.others().count() } else { self.other_people().count() }
    }

    /// Whether more than two people are, or were, in it: then names are needed to tell who speaks.
    pub fn is_crowd(&self) -> bool {
        self.members.len().saturating_sub(self.persons.len()) > 2
    }

    /// The part of a name, at its end, that tells it from others that look alike.
    pub fn tag_of(&self, peer: PeerId) -> &str {
        self.names.tag(self.person_of(peer))
    }
}
