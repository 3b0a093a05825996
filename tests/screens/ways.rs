//! The diagnostics: which way everybody is reached, and why no other.

use app::{backend::WaysInfo, chat_app::ChatApp};
use egui_kittest::{Harness, SnapshotResults, kittest::Queryable as _};
use transport::{
    LinkPath,
    chooser::{Network, Peer, Progress, Reason, Situation, choose},
};

use crate::{
    network_stage::reach,
    pictures::pictures,
    stage::{Looking, PHONE, Shared, settled},
    story::{BEA, CEM, ROOM},
};

/// At home, with data that costs money and Bluetooth.
const HERE: Situation = Situation {
    network: Network::Internet,
    has_relays: true,
    is_metered: true,
    no_relaying: Some(Reason::Metered),
    no_bluetooth: None,
    is_sparing: false,
};

fn ways() -> Vec<WaysInfo> {
    let found = |peer, used, here: &Situation, can_be_heard| {
        let known = Peer { has_address: true, can_be_heard };
        let choice = choose(known, here, Progress { up: used, ..Progress::default() });
        WaysInfo { peer: Some((ROOM, peer)), used, choice: Some(choice) }
    };
    vec![found(BEA, Some(LinkPath::Bluetooth), &HERE, true), found(CEM, None, &HERE, false)]
}

fn diagnostics(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = settled(looking);
    {
        let mut script = shared.borrow_mut();
        script.ways = ways();
        // Links have ages, which pass.
        script.links.clear();
    }
    reach(&mut harness, "Settings");
    reach(&mut harness, "Diagnostics");
    (harness, shared)
}

#[test]
fn diagnostics_say_which_way_is_used_and_why_and_why_no_other() {
    let (harness, _shared) = diagnostics(Looking::at(PHONE));
    for words in [
        "connected over Bluetooth: a better way is looked for over the network",
        "Not over the internet: data costs money here, and the way in use does not",
        "being looked for over the network and over the internet",
        "Not over Bluetooth: the other device has not said that it can be found that way",
    ] {
        assert!(harness.query_all_by_label_contains(words).next().is_some(), "{words}");
    }
}

#[test]
fn diagnostics_look_as_they_did() {
    pictures("diagnostics", diagnostics);
}

#[test]
fn diagnostics_look_as_they_did_in_large_type() {
    let mut results = SnapshotResults::new();
    let looking = Looking { text: 200, has_pictures: true, ..Looking::at(PHONE) };
    let (mut harness, _shared) = diagnostics(looking);
    harness.snapshot("diagnostics-200-light");
    results.extend_harness(&mut harness);
    results.unwrap();
}
