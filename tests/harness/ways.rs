//! Links as whoever drives an engine sees them: asked for, opened, dead without a word, and found so.

use engine::{Input, LinkId, Target};

use crate::{Name, World, air::NOBODY};

impl World {
    /// Milliseconds since the world began.
    pub fn millis(&self) -> u64 {
        self.millis
    }

    /// Whom `name` wants to dial.
    pub fn targets(&self, name: Name) -> Vec<Target> {
        self.device(name).wanted.keys().copied().collect()
    }

    /// Opens a link as [`open`](Self::open) does; gives the dialer's end and the other.
    pub fn open_named(&mut self, dialer: Name, callee: Name, target: Target) -> [LinkId; 2] {
        let ends = [LinkId(self.next_link), LinkId(self.next_link + 1)];
        self.open(dialer, callee, target);
        ends
    }

    /// Nothing goes through one end of a link any more, and nobody notices.
    pub fn go_dead(&mut self, name: Name, link: LinkId) {
        self.in_flight.remove(&(name, link));
        if let Some(other) = self.links.get_mut(&(name, link)) {
            *other = (NOBODY, other.1);
        }
    }

    /// `name` notices that a dead link is dead.
    pub fn notice(&mut self, name: Name, link: LinkId) {
        if self.links.remove(&(name, link)).is_some() {
            self.input(name, Input::LinkDown(link));
        }
    }
}
