//! A radio that lies: what it carries is lost, doubled, late, cut or made up, the length
//! it claims changes, and sometimes nothing passes for a while.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    super::{
        core::MAX_CONTACTS,
        packet::MAX_PACKET_LEN,
        radio::{Contact, Device, RadioEvent, Side},
    },
    air::{Mischief, host_and_guest, link, name},
    frame,
};

/// What a radio may do to a packet, in turns.
fn mischief() -> impl Strategy<Value = Mischief> {
    prop_oneof![
        8 => Just(Mischief::None),
        1 => Just(Mischief::Loses),
        1 => Just(Mischief::Doubles),
        2 => (1_usize..9).prop_map(Mischief::Delays),
        1 => (0_usize..120).prop_map(Mischief::Cuts),
        1 => (0_usize..600).prop_map(Mischief::Claims),
        1 => (1_usize..10).prop_map(Mischief::Stalls),
    ]
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let len = prop_oneof![3 => 1_usize..300, 1 => 300_usize..3_000];
    prop::collection::vec(frame(len), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_radio_does_frames_arrive_whole_once_and_in_order(
        by_host in frames(),
        by_guest in frames(),
        mut mischief in prop::collection::vec(mischief(), 1..60),
    ) {
        let mut air = host_and_guest();
        air.run(Duration::from_secs(5));
        let (host, guest) = (link(&air, 0), link(&air, 1));
        // No radio that carries nothing at all: that ends the link, as it should.
        mischief.extend([Mischief::None; 8]);
        air.mischief = mischief;
        for frame in &by_host {
            air.with(0, |core, now| core.send(now, host, frame));
        }
        for frame in &by_guest {
            air.with(1, |core, now| core.send(now, guest, frame));
        }
        for _ in 0..60 {
            air.run(Duration::from_secs(60));
            if air.nodes[1].frames == by_host && air.nodes[0].frames == by_guest {
                break;
            }
        }
        prop_assert!(air.nodes[1].frames == by_host, "{}", air.nodes[1].frames.len());
        prop_assert!(air.nodes[0].frames == by_guest, "{}", air.nodes[0].frames.len());
    }

    #[test]
    fn radio_that_makes_everything_up_delivers_no_frame_and_fills_nothing(
        events in prop::collection::vec(event(), 1..300),
    ) {
        let mut air = host_and_guest();
        air.run(Duration::from_secs(5));
        for (number, event) in events {
            air.now += Duration::from_millis(20);
            air.event(number, event);
            prop_assert!(air.nodes[number].core.contacts.len() <= MAX_CONTACTS);
        }
        // Nobody has sent anything, and nobody knows the tag of the real connection's.
        prop_assert!(air.nodes.iter().all(|node| node.frames.is_empty()));
        // And the two still find each other.
        air.run(Duration::from_secs(180));
        if air.nodes[1].links.is_empty() {
            let name = name(1, 1);
            air.with(1, |core, now| core.dial(now, 2, name));
            air.run(Duration::from_secs(180));
        }
        link(&air, 0);
        link(&air, 1);
    }
}

/// An event that no honest radio reports, for one of the two.
pub(super) fn event() -> impl Strategy<Value = (usize, RadioEvent)> {
    let device = (0_u8..12).prop_map(|number| Device([number; 16]));
    let side = prop_oneof![Just(Side::Central), Just(Side::Peripheral)];
    let contact = (device.clone(), side).prop_map(|(device, side)| Contact { device, side });
    let junk = prop::collection::vec(any::<u8>(), 0..MAX_PACKET_LEN + 9);
    // Half of them in the right form, with any content.
    let formed =
        (any::<u16>(), 1_u8..6, 0_u8..16, junk.clone()).prop_map(|(tag, kind, channel, rest)| {
            let mut bytes = tag.to_le_bytes().to_vec();
            bytes.push(kind << 4 | channel);
            bytes.extend(rest);
            bytes
        });
    let bytes = prop_oneof![junk, formed];
    let event = prop_oneof![
        6 => (contact.clone(), 0_usize..2_000, bytes).prop_map(|(contact, max_packet, bytes)| {
            RadioEvent::Packet { contact, max_packet, bytes }
        }),
        1 => (device.clone(), 0_usize..2_000)
            .prop_map(|(device, max_packet)| RadioEvent::Connected { device, max_packet }),
        1 => device.clone().prop_map(RadioEvent::ConnectFailed),
        1 => contact.prop_map(RadioEvent::Disconnected),
        1 => (device, any::<[u8; 8]>())
            .prop_map(|(device, token)| RadioEvent::Heard { device, token }),
    ];
    (0_usize..2, event)
}
