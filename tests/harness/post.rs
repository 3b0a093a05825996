//! Relays with mailboxes, honest until a test says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Addr, DepositFailure, Event, Input, MemoryStore, Timestamp};

use crate::{Name, START, World};

/// A pack as a relay holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The mailbox it is in.
    pub mailbox: [u8; 32],
    /// The pack.
    pub pack: Vec<u8>,
    /// When it came.
    pub at: Timestamp,
    /// Until when it should stay.
    pub expires_at: Timestamp,
}

/// A relay in the [`World`].
#[derive(Debug, Default)]
pub struct Relay {
    /// What it holds, oldest first.
    pub packs: Vec<Left>,
    /// Whether nobody reaches it.
    pub is_down: bool,
    /// Whether it says no to whatever it is given.
    pub is_full: bool,
    /// How many packs it has shown to who read a mailbox.
    pub shown: usize,
    listeners: BTreeSet<(Name, [u8; 32])>,
}

/// What is on its way to a relay.
#[derive(Debug)]
pub(crate) enum Post {
    Deposit { from: Name, relay: usize, number: u64, left: Left },
    Read { from: Name, relay: usize, mailbox: [u8; 32], since: Timestamp },
}

/// A device that is switched off.
#[derive(Debug)]
pub(crate) struct Off {
    store: MemoryStore,
    number: u8,
    ahead: i64,
}

impl World {
    /// Adds a relay, which devices started from now on have for their home.
    pub fn add_relay(&mut self) -> usize {
        self.relays.push(Relay::default());
        self.relays.len() - 1
    }

    /// A relay, to look at or to do something to.
    pub fn relay(&mut self, relay: usize) -> &mut Relay {
        self.relays.get_mut(relay).expect("a known relay")
    }

    /// The address of a relay.
    pub fn relay_addr(relay: usize) -> Addr {
        Addr { tag: 4, bytes: Self::relay_name(relay).into_bytes() }
    }

    /// What a relay is called.
    pub fn relay_name(relay: usize) -> String {
        format!("relay{relay}.example")
    }

    /// Ends a device's process and does not start it again until [`switch_on`](Self::switch_on).
    pub fn switch_off(&mut self, name: Name) {
        let store = self.disk(name);
        let device = self.remove(name);
        self.off.insert(name, Off { store, number: device.number, ahead: device.ahead });
        self.settle();
    }

    /// Starts a device again that was switched off.
    pub fn switch_on(&mut self, name: Name) {
        let Off { store, number, ahead } = self.off.remove(name).expect("a device switched off");
        self.wake(name, store, number, ahead);
        self.settle();
    }

    /// What `name` was told of relays: which one, and why.
    pub fn doubts(&self, name: Name) -> Vec<(String, engine::Doubt)> {
        let told = self.events(name).iter().filter_map(|event| match event {
            Event::MailboxDoubt { relay, why, .. } => Some((relay.clone(), *why)),
            _ => None,
        });
        told.collect()
    }

    /// Up to which `seq` `name` was told its messages are in the mailbox.
    pub fn deposited(&self, name: Name) -> u64 {
        let told = self.events(name).iter().filter_map(|event| match event {
            Event::Deposited { up_to, .. } => Some(*up_to),
            _ => None,
        });
        told.max().unwrap_or_default()
    }

    /// How many packs relays were given so far, whether they took them or not.
    pub fn tries(&self) -> usize {
        self.tries
    }

    /// Whether `name` listens at a mailbox.
    pub fn is_collecting(&self, name: Name) -> bool {
        self.relays.iter().any(|relay| relay.listeners.iter().any(|(who, _)| *who == name))
    }

    /// The mailboxes at which `name` listens.
    pub fn mailboxes_of(&self, name: Name) -> BTreeSet<[u8; 32]> {
        let listeners = self.relays.iter().flat_map(|relay| &relay.listeners);
        listeners.filter(|(who, _)| *who == name).map(|(_, mailbox)| *mailbox).collect()
    }

    fn relays_at(&self, at: &[Addr]) -> Vec<usize> {
        let is_at = |relay: &usize| at.contains(&Self::relay_addr(*relay));
        (0..self.relays.len()).filter(is_at).collect()
    }

    pub(crate) fn leave(
        &mut self,
        from: Name,
        (mailbox, number): ([u8; 32], u64),
        pack: Vec<u8>,
        (expires_at, at): (Timestamp, &[Addr]),
    ) {
        for relay in self.relays_at(at) {
            self.tries += 1;
            let left = Left {
                mailbox,
                pack: pack.clone(),
                at: Timestamp(START + self.millis),
                expires_at,
            };
            self.post.push_back(Post::Deposit { from, relay, number, left });
        }
    }

    pub(crate) fn listen(
        &mut self,
        from: Name,
        mailbox: [u8; 32],
        at: &[Addr],
        since: &BTreeMap<String, Timestamp>,
    ) {
        self.stop_listening(from, mailbox);
        for relay in self.relays_at(at) {
            let since = since.get(&Self::relay_name(relay)).copied().unwrap_or_default();
            self.post.push_back(Post::Read { from, relay, mailbox, since });
        }
    }

    pub(crate) fn stop_listening(&mut self, from: Name, mailbox: [u8; 32]) {
        for relay in &mut self.relays {
            relay.listeners.remove(&(from, mailbox));
        }
        self.post.retain(|post| {
            !matches!(post, Post::Read { from: f, mailbox: m, .. } if (*f, *m) == (from, mailbox))
        });
    }

    /// Nobody who is not there hears anything.
    pub(crate) fn forget_listener(&mut self, name: Name) {
        for relay in &mut self.relays {
            relay.listeners.retain(|(listener, _)| *listener != name);
        }
        self.post.retain(|post| match post {
            Post::Deposit { from, .. } | Post::Read { from, .. } => *from != name,
        });
    }

    /// Lets one thing reach its relay; false if none was on its way.
    pub fn deliver_post(&mut self) -> bool {
        match self.post.pop_front() {
            Some(Post::Deposit { from, relay, number, left }) => {
                self.arrive(from, relay, number, left);
            }
            Some(Post::Read { from, relay, mailbox, since }) => {
                self.show(from, relay, mailbox, since);
            }
            None => return false,
        }
        true
    }

    fn arrive(&mut self, from: Name, number_of_relay: usize, number: u64, left: Left) {
        let name = Self::relay_name(number_of_relay);
        let relay = self.relay(number_of_relay);
        let result = match (relay.is_down, relay.is_full) {
            (true, _) => Err(DepositFailure::Unreachable),
            (_, true) => Err(DepositFailure::Refused),
            _ => Ok(()),
        };
        let mailbox = left.mailbox;
        if result.is_ok() {
            relay.packs.push(left.clone());
            for (listener, at) in relay.listeners.clone() {
                if at == mailbox {
                    let (relay, pack) = (name.clone(), left.pack.clone());
                    self.input(listener, Input::PackCollected { mailbox, relay, pack });
                }
            }
        }
        self.input(from, Input::PackDeposited { mailbox, number, relay: name, result });
    }

    /// Relays show the newest first.
    fn show(&mut self, from: Name, number: usize, mailbox: [u8; 32], since: Timestamp) {
        let now = Timestamp(START + self.millis);
        let name = Self::relay_name(number);
        let relay = self.relay(number);
        if relay.is_down {
            return;
        }
        let is_shown =
            |left: &&Left| left.mailbox == mailbox && left.at >= since && left.expires_at > now;
        let shown: Vec<_> =
            relay.packs.iter().rev().filter(is_shown).map(|left| left.pack.clone()).collect();
        relay.listeners.insert((from, mailbox));
        relay.shown += shown.len();
        for pack in shown {
            self.input(from, Input::PackCollected { mailbox, relay: name.clone(), pack });
        }
        self.input(from, Input::MailboxRead { mailbox, relay: name });
    }
}
