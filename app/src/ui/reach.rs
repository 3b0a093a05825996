//! How a room, or this device, is connected: a dot and words.

use std::time::Duration;

use transport::LinkPath;

use super::{clock, widgets::status_dot::Status};

/// What decides how a room is connected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The way to each of the others who are near, linked to this device, and the round trip, where they
    /// are known.
    pub online: Vec<Option<(LinkPath, Option<Duration>)>>,
    /// How many others there are.
    pub others: usize,
    /// Whether somebody is being reached.
    pub is_dialing: bool,
    /// Whether a mailbox takes what is written.
    pub has_mailbox: bool,
    /// Whether this device can be found over the internet.
    pub has_relay: bool,
}

/// How something is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The dot.
    pub status: Status,
    /// In words.
    pub words: String,
    /// In fewer words, for a list.
    pub brief: String,
}

impl Standing {
    fn new(status: Status, words: &str) -> Self {
        Self { status, words: words.to_owned(), brief: words.to_owned() }
    }

    fn briefly(self, brief: &str) -> Self {
        Self { brief: brief.to_owned(), ..self }
    }
}

impl Reach {
    /// How a room of this reach is connected.
    pub fn standing(&self) -> Standing {
        if !self.online.is_empty() {
            return Standing::new(Status::Connected, &self.connected());
        }
        match (self.is_dialing, self.has_mailbox, self.has_relay) {
            (true, _, _) => Standing::new(Status::Connecting, "connecting"),
            (false, true, _) => {
                Standing::new(Status::Mailbox, "nobody near: messages wait in the mailbox")
                    .briefly("nobody near, mailbox")
            }
            (false, false, true) => {
                Standing::new(Status::Nearby, "nobody near: messages will go when someone is")
                    .briefly("nobody near")
            }
            (false, false, false) => {
                Standing::new(Status::Offline, "offline: messages will go when someone is near")
                    .briefly("offline")
            }
        }
    }

    fn connected(&self) -> String {
        let on = |path| {
            let ways = self.online.iter().flatten();
            ways.filter(|(way, _)| *way == path).count()
        };
        let others = self.others;
        let near = self.online.len();
        let heard = on(LinkPath::Bluetooth);
        let of_others =
            if others > 1 { format!("{near} of {others} near, ") } else { String::new() };
        match (on(LinkPath::Direct), on(LinkPath::Relayed), self.online.as_slice()) {
            (_, _, [Some((way, trip))]) => {
                let trip =
                    trip.map_or_else(String::new, |trip| format!(", {}", clock::round_trip(trip)));
                format!("{of_others}{}{trip}", words(*way))
            }
            (0, 0, [_]) if others <= 1 => "connected".to_owned(),
            (0, 0, _) if heard == near => format!("{near} of {others} near, by Bluetooth"),
            (0, 0, _) => format!("{near} of {others} near"),
            (_, 0, _) if heard > 0 => format!("{near} of {others} near, {heard} by Bluetooth"),
            (_, 0, _) => format!("{near} of {others} near, direct"),
            (0, _, _) if heard == 0 => format!("{near} of {others} near, through relay"),
            (_, relayed, _) => format!("{near} of {others} near, {relayed} through relay"),
        }
    }
}

fn words(way: LinkPath) -> &'static str {
    match way {
        LinkPath::Direct => "direct",
        LinkPath::Relayed => "through relay",
        LinkPath::Bluetooth => "by Bluetooth",
    }
}

/// How a device is connected that has links to `peers` others and can be found through `relays`.
pub fn of_device(peers: usize, is_dialing: bool, relays: usize, has_network: bool) -> Standing {
    match (peers, relays) {
        (0, _) if is_dialing => Standing::new(Status::Connecting, "connecting"),
        (0, 1..) => Standing::new(Status::Nearby, "on the internet, nobody near"),
        (0, 0) if has_network => Standing::new(Status::Nearby, "nearby only"),
        (0, 0) => Standing::new(Status::Offline, "offline: on no network"),
        (1, _) => Standing::new(Status::Connected, "connected to 1 device"),
        (count, _) => Standing::new(Status::Connected, &format!("connected to {count} devices")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use transport::LinkPath::{self, Bluetooth, Direct, Relayed};

    use super::{Reach, Status};

    fn words(ways: &[(LinkPath, u64)], others: usize) -> String {
        let way =
            |(path, millis): &(LinkPath, u64)| Some((*path, Some(Duration::from_millis(*millis))));
        let online = ways.iter().map(way).collect();
        Reach { online, others, ..Reach::default() }.standing().words
    }

    #[test]
    fn way_and_round_trip_to_one_are_told() {
        assert_eq!(words(&[(Direct, 23)], 1), "direct, 23 ms");
        assert_eq!(words(&[(Relayed, 48)], 1), "through relay, 48 ms");
        assert_eq!(words(&[(Direct, 23)], 4), "1 of 4 near, direct, 23 ms");
        assert_eq!(words(&[(Bluetooth, 90)], 1), "by Bluetooth, 90 ms");
        assert_eq!(words(&[(Bluetooth, 90), (Bluetooth, 80)], 2), "2 of 2 near, by Bluetooth");
        assert_eq!(words(&[(Bluetooth, 90), (Direct, 8)], 2), "2 of 2 near, 1 by Bluetooth");
    }

    #[test]
    fn ways_to_many_are_counted() {
        assert_eq!(words(&[(Direct, 5), (Direct, 9)], 3), "2 of 3 near, direct");
        assert_eq!(words(&[(Relayed, 5), (Relayed, 9)], 2), "2 of 2 near, through relay");
        let mixed = [(Direct, 5), (Relayed, 60), (Direct, 9)];
        assert_eq!(words(&mixed, 3), "3 of 3 near, 1 through relay");
    }

    #[test]
    fn way_that_is_not_known_is_not_made_up() {
        let unknown = Reach { online: vec![None], others: 1, ..Reach::default() };
        let unmeasured =
            Reach { online: vec![Some((Direct, None))], others: 1, ..Reach::default() };

        assert_eq!(unknown.standing().words, "connected");
        assert_eq!(unmeasured.standing().words, "direct");
        let some = Reach { online: vec![None, None], others: 3, ..Reach::default() };
        assert_eq!(some.standing().words, "2 of 3 near");
    }

    #[test]
    fn room_of_nobody_says_what_becomes_of_messages() {
        let alone = Reach::default();
        let found = Reach { has_relay: true, ..Reach::default() };
        let kept = Reach { has_mailbox: true, ..found.clone() };

        let offline = "offline: messages will go when someone is near";
        assert_eq!(alone.standing().words, offline);
        assert_eq!(alone.standing().brief, "offline");
        assert_eq!(found.standing().status, Status::Nearby);
        assert_eq!(kept.standing().words, "nobody near: messages wait in the mailbox");
        assert_eq!(Reach { is_dialing: true, ..kept }.standing().words, "connecting");
    }
}
