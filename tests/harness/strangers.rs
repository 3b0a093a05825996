//! Devices that know nothing of each other.

use engine::{Command, Input, LinkId};

use crate::{Name, World, air::NOBODY};

impl World {
    /// `dialer` and `callee` pass by each other, and a link opens between them that neither meant
    /// the other by; whatever they want to say is said.
    pub fn pass_by(&mut self, dialer: Name, callee: Name) {
        self.open_to_stranger(dialer, callee);
        self.settle();
    }

    /// The same, before anything is said; gives the dialer's end.
    pub fn open_to_stranger(&mut self, dialer: Name, callee: Name) -> LinkId {
        let (a, b) = (LinkId(self.next_link), LinkId(self.next_link + 1));
        self.next_link += 2;
        self.links.insert((dialer, a), (callee, b));
        self.links.insert((callee, b), (dialer, a));
        let binding = self.binding_of(a);
        self.input(callee, Input::StrangerMet { link: b, is_dialer: false, binding });
        self.input(dialer, Input::StrangerMet { link: a, is_dialer: true, binding });
        a
    }

    /// A link to `callee` opens that neither end meant the other by; the other end is held by the
    /// test.
    pub fn open_raw_to_stranger(&mut self, callee: Name) -> LinkId {
        let (a, b) = (LinkId(self.next_link), LinkId(self.next_link + 1));
        self.next_link += 2;
        self.links.insert((callee, b), (NOBODY, a));
        self.links.insert((NOBODY, a), (callee, b));
        self.raw.insert(b, Vec::new());
        let binding = self.binding_of(a);
        self.input(callee, Input::StrangerMet { link: b, is_dialer: false, binding });
        b
    }

    /// Whether `name` opens links to whoever is near.
    pub fn meets_strangers(&self, name: Name) -> bool {
        self.device(name).meets_strangers
    }

    /// Tells `name` whether there is little power left.
    pub fn set_low_power(&mut self, name: Name, is_low: bool) {
        self.input(name, Input::PowerChanged { is_low });
    }

    /// The person holding `name` lets it carry for others, or does not.
    pub fn set_carrying(&mut self, name: Name, on: bool) {
        self.command(name, Command::SetCarrying { on });
        self.settle();
    }
}
