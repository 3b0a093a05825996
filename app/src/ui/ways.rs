//! Which way another device is reached, why that one, and why no other.

use std::time::Duration;

use egui::Ui;
use engine::{PeerId, RoomId};
use transport::{
    LinkPath,
    chooser::{Attempt, Choice, Reason},
};

use super::{
    clock,
    widgets::{
        card,
        status_dot::{Status, status_lines},
        text,
    },
};
use crate::backend::WaysInfo;

/// The name of a peer in a room, for people.
type Names<'a> = &'a dyn Fn(RoomId, PeerId) -> String;

/// One device, and the ways to it.
pub(super) fn ways_ui(ui: &mut Ui, info: &WaysInfo, names: Names<'_>) {
    card::card(ui, |ui| {
        text::body(ui, &who(info, names));
        let status = if info.used.is_some() { Status::Connected } else { Status::Connecting };
        status_lines(ui, status, &why(info));
        for line in rejected(info) {
            text::small(ui, &line);
        }
    });
}

/// The same as lines of a report.
pub(super) fn lines(info: &WaysInfo, names: Names<'_>) -> Vec<String> {
    let first = format!("{}: {}", who(info, names), why(info));
    let others = rejected(info).into_iter().map(|line| format!("  {line}"));
    std::iter::once(first).chain(others).collect()
}

fn who(info: &WaysInfo, names: Names<'_>) -> String {
    match info.peer {
        Some((room, peer)) => names(room, peer),
        None => "The device whose invite was scanned".to_owned(),
    }
}

/// Which way is used or tried, and why.
pub fn why(info: &WaysInfo) -> String {
    let Some(path) = info.used else {
        return match info.choice.as_ref().map(|choice| choice.attempts.as_slice()) {
            None | Some([]) => "not connected: no way there can be tried now".to_owned(),
            Some(attempts) => format!("being looked for {}", in_turn(attempts)),
        };
    };
    let used = match path {
        LinkPath::Direct => "connected directly over the network",
        LinkPath::Relayed => "connected through a server",
        LinkPath::Bluetooth => "connected over Bluetooth",
    };
    let reason = match (path, &info.choice) {
        (LinkPath::Direct, _) => "the best way there is".to_owned(),
        (_, None) => "the other device chose that".to_owned(),
        (_, Some(Choice { attempts, .. })) if attempts.is_empty() => {
            "nothing better can be tried now".to_owned()
        }
        (_, Some(Choice { attempts, .. })) => {
            format!("a better way is looked for {}", in_turn(attempts))
        }
    };
    format!("{used}: {reason}")
}

/// What is tried, in words: "over the network and, after 2 s, over Bluetooth".
fn in_turn(attempts: &[Attempt]) -> String {
    let phrase = |attempt: &Attempt| match attempt.after {
        Duration::ZERO => attempt.way.words().to_owned(),
        after => format!("after {} {}", clock::span(after), attempt.way.words()),
    };
    let phrases: Vec<_> = attempts.iter().map(phrase).collect();
    match phrases.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The ways that are not tried, each with its reason.
fn rejected(info: &WaysInfo) -> Vec<String> {
    let rejected = info.choice.iter().flat_map(|choice| &choice.rejected);
    let others = rejected.filter(|(_, reason)| *reason != Reason::InUse);
    others.map(|(way, reason)| format!("Not {}: {}", way.words(), reason.words())).collect()
}

#[cfg(test)]
mod tests {
    use transport::{
        LinkPath,
        chooser::{Network, Peer, Progress, Reason, Situation, choose},
    };

    use super::{lines, why};
    use crate::backend::WaysInfo;

    const FREE: Situation = Situation {
        network: Network::Internet,
        has_relays: true,
        is_metered: false,
        no_relaying: Some(Reason::Metered),
        no_bluetooth: None,
        is_sparing: false,
    };

    fn ways(used: Option<LinkPath>, here: &Situation) -> WaysInfo {
        let peer = Peer { has_address: true, can_be_heard: true };
        let choice = choose(peer, here, Progress { up: used, ..Progress::default() });
        WaysInfo { peer: None, used, choice: Some(choice) }
    }

    #[test]
    fn person_reads_which_way_is_used_and_why() {
        let nowhere = Situation { network: Network::Nowhere, ..FREE };
        let cases = [
            (
                ways(None, &FREE),
                "being looked for over the network, over the internet and after 2.0 s over Bluetooth",
            ),
            (ways(None, &nowhere), "being looked for over Bluetooth"),
            (
                ways(Some(LinkPath::Direct), &FREE),
                "connected directly over the network: the best way there is",
            ),
            (
                ways(Some(LinkPath::Bluetooth), &FREE),
                "connected over Bluetooth: a better way is looked for over the network and over the internet",
            ),
            (
                ways(Some(LinkPath::Bluetooth), &nowhere),
                "connected over Bluetooth: nothing better can be tried now",
            ),
            (
                WaysInfo { choice: None, ..ways(Some(LinkPath::Bluetooth), &FREE) },
                "connected over Bluetooth: the other device chose that",
            ),
        ];
        for (info, words) in cases {
            assert_eq!(why(&info), words);
        }
    }

    #[test]
    fn report_lists_the_ways_that_are_not_tried_with_reasons() {
        let off = Situation { no_bluetooth: Some(Reason::BluetoothOff), ..FREE };
        assert_eq!(
            lines(&ways(Some(LinkPath::Direct), &off), &|_, _| String::new())[1..],
            [
                "  Not through a server: data costs money here, so it needs your word",
                "  Not over Bluetooth: Bluetooth is switched off",
            ]
        );
    }
}
