//! Each rule by itself.

use std::time::Duration;

use super::{
    Choice, DIRECT_HEAD_START, NETWORK_HEAD_START, Network, Peer, Progress, Reason, Situation, Way,
    choose, gains,
};
use crate::{Addr, AddrKind, LinkPath};

/// One that said everything of itself.
const ANYWHERE: Peer = Peer { has_address: true, can_be_heard: true };

fn fresh(peer: Peer, here: &Situation) -> Choice {
    choose(peer, here, Progress::default())
}

fn beside(up: LinkPath, here: &Situation) -> Choice {
    choose(ANYWHERE, here, Progress { up: Some(up), ..Progress::default() })
}

fn ways(choice: &Choice) -> Vec<Way> {
    choice.attempts.iter().map(|attempt| attempt.way).collect()
}

/// Why `way` is not tried; panics if it is.
fn why(choice: &Choice, way: Way) -> Reason {
    let rejected = choice.rejected.iter().find(|(rejected, _)| *rejected == way);
    rejected.unwrap_or_else(|| panic!("{way:?} is tried: {choice:?}")).1
}

#[test]
fn network_has_a_head_start_and_every_way_is_tried() {
    let choice = fresh(ANYWHERE, &Situation::FREE);

    assert_eq!(ways(&choice), Way::ALL);
    assert_eq!(choice.rejected, []);
    assert_eq!(choice.after(Way::Direct), Some(Duration::ZERO));
    assert_eq!(choice.after(Way::Relayed), Some(DIRECT_HEAD_START));
    assert_eq!(choice.after(Way::Bluetooth), Some(NETWORK_HEAD_START));
    assert_eq!(Choice::everything(), choice);
}

#[test]
fn on_no_network_bluetooth_begins_at_once_and_nothing_else_is_tried() {
    let choice = fresh(ANYWHERE, &Situation { network: Network::Nowhere, ..Situation::FREE });

    assert_eq!(ways(&choice), [Way::Bluetooth]);
    assert_eq!(choice.after(Way::Bluetooth), Some(Duration::ZERO));
    for way in [Way::Direct, Way::Called, Way::Relayed] {
        assert_eq!(why(&choice, way), Reason::NoNetwork);
    }
}

#[test]
fn bluetooth_waits_for_no_call_that_itself_waits_for_a_relay() {
    let unknown = Peer { has_address: false, ..ANYWHERE };
    let local = Situation { network: Network::Local, ..Situation::FREE };
    let begins = |peer, here| fresh(peer, &here).after(Way::Bluetooth);

    assert_eq!(begins(unknown, local), Some(Duration::ZERO));
    assert!(fresh(unknown, &local).tries(Way::Called), "a relay may answer any moment");
    assert_eq!(begins(ANYWHERE, local), Some(NETWORK_HEAD_START), "an address is worth a try");
    assert_eq!(begins(unknown, Situation::FREE), Some(NETWORK_HEAD_START), "it may hear a call");
}

#[test]
fn after_a_dial_in_vain_bluetooth_waits_no_more() {
    let after = |failures| {
        let progress = Progress { failures, ..Progress::default() };
        choose(ANYWHERE, &Situation::FREE, progress).after(Way::Bluetooth)
    };
    assert_eq!(after(0), Some(NETWORK_HEAD_START));
    assert_eq!(after(1), Some(Duration::ZERO));
}

#[test]
fn what_the_addresses_do_not_say_is_not_tried() {
    let addr = |kind| Addr { kind, bytes: vec![1; 6] };
    let relays = fresh(Peer::new(&[addr(AddrKind::RelayHost)], false), &Situation::FREE);
    let socket = Peer::new(&[addr(AddrKind::Socket)], false);

    assert_eq!(why(&relays, Way::Direct), Reason::NoAddress);
    assert_eq!(why(&relays, Way::Bluetooth), Reason::NotHeard);
    assert!(relays.tries(Way::Called));
    assert!(fresh(Peer::new(&[], true), &Situation::FREE).tries(Way::Direct), "it was seen here");
    assert!(fresh(socket, &Situation::FREE).tries(Way::Direct));
    assert!(
        fresh(Peer::new(&[addr(AddrKind::Ble)], false), &Situation::FREE).tries(Way::Bluetooth)
    );
}

#[test]
fn without_relays_nobody_is_called() {
    let choice = fresh(ANYWHERE, &Situation { has_relays: false, ..Situation::FREE });

    assert_eq!(ways(&choice), [Way::Direct, Way::Bluetooth]);
    assert_eq!(why(&choice, Way::Called), Reason::NoServers);
    assert_eq!(why(&choice, Way::Relayed), Reason::NoServers);
}

#[test]
fn links_go_through_a_server_only_with_the_persons_word() {
    for reason in [Reason::Metered, Reason::NotWanted] {
        let choice = fresh(ANYWHERE, &Situation { no_relaying: Some(reason), ..Situation::FREE });

        assert_eq!(why(&choice, Way::Relayed), reason);
        assert_eq!(ways(&choice), [Way::Direct, Way::Called, Way::Bluetooth]);
    }
}

#[test]
fn bluetooth_that_cannot_be_used_is_not_tried_and_says_why() {
    for reason in [Reason::BluetoothOff, Reason::BluetoothMissing, Reason::BluetoothDenied] {
        let choice = fresh(ANYWHERE, &Situation { no_bluetooth: Some(reason), ..Situation::FREE });

        assert_eq!(why(&choice, Way::Bluetooth), reason);
        assert!(choice.tries_network());
    }
}

#[test]
fn beside_a_direct_link_nothing_is_tried() {
    let choice = beside(LinkPath::Direct, &Situation::FREE);

    assert_eq!(choice.attempts, []);
    assert_eq!(why(&choice, Way::Direct), Reason::InUse);
    assert_eq!(why(&choice, Way::Relayed), Reason::BetterIsUp);
    assert_eq!(why(&choice, Way::Bluetooth), Reason::BetterIsUp);
}

#[test]
fn beside_a_detour_only_direct_ways_are_tried() {
    let relayed = beside(LinkPath::Relayed, &Situation::FREE);
    let near = beside(LinkPath::Bluetooth, &Situation::FREE);

    assert_eq!(ways(&relayed), [Way::Direct, Way::Called]);
    assert_eq!(why(&relayed, Way::Relayed), Reason::InUse);
    assert_eq!(why(&relayed, Way::Bluetooth), Reason::BetterIsUp);
    assert_eq!(ways(&near), [Way::Direct, Way::Called]);
    assert_eq!(why(&near, Way::Relayed), Reason::NoGain);
    assert_eq!(why(&near, Way::Bluetooth), Reason::InUse);
}

#[test]
fn while_nobody_looks_the_link_that_is_up_will_do() {
    let sparing = Situation { is_sparing: true, ..Situation::FREE };
    for up in [LinkPath::Relayed, LinkPath::Bluetooth] {
        let choice = beside(up, &sparing);

        assert_eq!(choice.attempts, []);
        assert_eq!(why(&choice, Way::Direct), Reason::Sparing);
    }
    assert_eq!(
        fresh(ANYWHERE, &sparing),
        fresh(ANYWHERE, &Situation::FREE),
        "whoever is lost is looked for"
    );
}

#[test]
fn what_is_too_much_for_the_link_that_is_up_is_worth_looking_for_a_better_one() {
    let sparing = Situation { is_sparing: true, is_metered: true, ..Situation::FREE };
    let progress = Progress { up: Some(LinkPath::Bluetooth), is_busy: true, ..Progress::default() };
    let choice = choose(ANYWHERE, &sparing, progress);

    assert_eq!(ways(&choice), [Way::Direct], "though nobody looks");
    assert_eq!(why(&choice, Way::Called), Reason::Costly, "but not the person's money");
}

#[test]
fn bluetooth_is_not_given_up_for_an_internet_that_costs_money() {
    let metered = Situation { is_metered: true, ..Situation::FREE };

    assert_eq!(ways(&beside(LinkPath::Bluetooth, &metered)), [Way::Direct]);
    assert_eq!(why(&beside(LinkPath::Bluetooth, &metered), Way::Called), Reason::Costly);
    assert_eq!(ways(&beside(LinkPath::Relayed, &metered)), [Way::Direct, Way::Called]);
}

#[test]
fn what_is_impossible_is_said_rather_than_that_it_is_not_needed() {
    let off = Situation { no_bluetooth: Some(Reason::BluetoothOff), ..Situation::FREE };
    assert_eq!(why(&beside(LinkPath::Direct, &off), Way::Bluetooth), Reason::BluetoothOff);
}

#[test]
fn only_a_direct_link_takes_over_and_only_from_a_detour() {
    let all = [LinkPath::Direct, LinkPath::Relayed, LinkPath::Bluetooth];
    let pairs = all.into_iter().flat_map(|up| all.map(|new| (up, new)));
    let takes_over: Vec<_> = pairs.filter(|(up, new)| gains(*up, *new)).collect();
    assert_eq!(
        takes_over,
        [(LinkPath::Relayed, LinkPath::Direct), (LinkPath::Bluetooth, LinkPath::Direct)]
    );
}

#[test]
fn every_way_is_either_tried_or_told_with_a_reason() {
    let networks = [Network::Nowhere, Network::Local, Network::Internet];
    let ups = [None, Some(LinkPath::Direct), Some(LinkPath::Relayed), Some(LinkPath::Bluetooth)];
    let off = [None, Some(Reason::BluetoothOff)];
    for (bits, network) in (0..16_u8).flat_map(|bits| networks.map(|network| (bits, network))) {
        let is = |bit: u8| bits & (1 << bit) != 0;
        for (up, no_bluetooth) in ups.into_iter().flat_map(|up| off.map(|off| (up, off))) {
            let here = Situation {
                network,
                has_relays: is(0),
                is_metered: is(1),
                no_relaying: is(1).then_some(Reason::Metered),
                no_bluetooth,
                is_sparing: is(2),
            };
            let peer = Peer { has_address: is(3), can_be_heard: is(0) };
            let choice = choose(peer, &here, Progress { up, ..Progress::default() });
            let rejected = choice.rejected.iter().map(|(way, _)| *way);
            let mut all: Vec<_> = ways(&choice).into_iter().chain(rejected).collect();
            all.sort_unstable();
            assert_eq!(all, Way::ALL, "{here:?} {peer:?} {up:?}");
        }
    }
}
