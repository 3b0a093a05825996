//! Who connects to whom, and what strangers get.

use std::time::Duration;

use super::{
    super::{
        core::MAX_STRANGERS,
        duty::Mode,
        packet::{Body, Packet},
        radio::{Contact, Device, RadioEvent, RadioState, Side},
        token::PERIOD_SECS,
    },
    air::{Air, host_and_guest, link, name},
};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn guest_finds_the_host_by_its_key_and_frames_go_both_ways() {
    let mut air = host_and_guest();
    air.run(secs(5));
    let (host, guest) = (link(&air, 0), link(&air, 1));

    air.with(0, |core, now| core.send(now, host, b"hello"));
    air.with(1, |core, now| core.send(now, guest, &[7; 3_000]));
    air.run(secs(5));

    assert_eq!(air.nodes[1].frames, [b"hello".to_vec()]);
    assert_eq!(air.nodes[0].frames, [vec![7; 3_000]]);
}

#[test]
fn who_does_not_know_the_key_never_connects() {
    let mut air = Air::new(2);
    let host = name(1, 1);
    air.with(0, |core, now| core.answer_to(now, [(host.key, host.callee)].into()));
    air.with(1, |core, now| core.dial(now, 1, name(2, 1)));
    air.run(secs(120));
    assert_eq!(air.nodes[1].connects, 0);
    assert!(air.nodes[0].links.is_empty());
}

#[test]
fn two_who_look_for_each_other_connect_once_and_the_lower_name_does() {
    let mut air = Air::new(2);
    let names = [name(1, 1), name(1, 2)];
    for (number, own) in names.into_iter().enumerate() {
        let other = names[1 - number];
        air.with(number, |core, now| core.answer_to(now, [(own.key, own.callee)].into()));
        air.with(number, |core, now| core.dial(now, 1, other));
    }
    air.run(secs(3));

    assert_eq!([air.nodes[0].connects, air.nodes[1].connects], [1, 0]);
    link(&air, 0);
    let answered = air.nodes[1].links.values().filter(|dial| dial.is_none()).count();
    assert_eq!(answered, 1);
}

#[test]
fn higher_name_connects_when_the_lower_one_does_not() {
    let mut air = Air::new(2);
    let (low, high) = (name(1, 1), name(1, 2));
    air.with(0, |core, now| core.answer_to(now, [(low.key, low.callee)].into()));
    air.with(1, |core, now| core.answer_to(now, [(high.key, high.callee)].into()));
    air.with(1, |core, now| core.dial(now, 1, low));
    air.run(secs(15));
    assert_eq!(air.nodes[1].connects, 1);
    link(&air, 1);
}

#[test]
fn second_room_of_the_same_two_shares_their_connection() {
    let mut air = host_and_guest();
    air.run(secs(5));
    let second = name(3, 1);
    air.with(0, |core, now| core.answer_to(now, [(second.key, second.callee)].into()));
    air.with(1, |core, now| core.dial(now, 2, second));
    air.run(secs(15));
    assert_eq!(air.nodes[1].connects, 1);
    assert_eq!(air.nodes[1].links.len(), 2);
    assert_eq!(air.nodes[0].links.len(), 2);
}

#[test]
fn what_is_shown_changes_every_quarter_of_an_hour_and_is_still_found() {
    let mut air = host_and_guest();
    air.run(secs(5));
    air.run(secs(2 * PERIOD_SECS));
    assert_eq!(air.nodes[0].tokens.len(), 3);
    // The link outlives them.
    link(&air, 1);

    air.switch(1, RadioState::Off);
    air.switch(1, RadioState::Ready);
    air.with(1, |core, now| core.dial(now, 2, name(1, 1)));
    air.run(secs(60));
    link(&air, 1);
    link(&air, 0);
}

#[test]
fn radio_that_goes_off_ends_links_and_what_comes_after_begins_anew() {
    let mut air = host_and_guest();
    air.run(secs(5));
    air.switch(0, RadioState::Off);
    air.run(secs(1));
    assert!(air.nodes.iter().all(|node| node.links.is_empty()));

    air.switch(0, RadioState::Ready);
    air.with(1, |core, now| core.dial(now, 2, name(1, 1)));
    air.run(secs(60));
    link(&air, 0);
    link(&air, 1);
}

#[test]
fn peer_that_falls_silent_is_given_up_within_half_a_minute() {
    let mut air = host_and_guest();
    air.run(secs(5));
    // Nothing passes any more, and no radio says so.
    air.is_mute = true;
    let host = link(&air, 0);
    air.with(0, |core, now| core.send(now, host, b"is anybody there"));
    air.run(secs(30));
    assert!(air.nodes[0].links.is_empty());
}

#[test]
fn frames_arrive_once_and_in_order_through_bad_air() {
    let mut air = host_and_guest();
    air.run(secs(5));
    air.trouble = 7;
    let (host, guest) = (link(&air, 0), link(&air, 1));
    let frames: Vec<Vec<u8>> = (0..60_u8).map(|number| vec![number; 700]).collect();
    for frame in &frames {
        air.with(0, |core, now| core.send(now, host, frame));
        air.with(1, |core, now| core.send(now, guest, frame));
    }
    air.run(secs(600));
    assert_eq!(air.nodes[0].frames, frames);
    assert_eq!(air.nodes[1].frames, frames);
}

#[test]
fn link_that_is_closed_delivers_what_was_sent_before() {
    let mut air = host_and_guest();
    air.run(secs(5));
    let guest = link(&air, 1);
    air.with(1, |core, now| core.send(now, guest, &[3; 30_000]));
    air.with(1, |core, now| core.close(now, guest));
    air.run(secs(10));
    assert_eq!(air.nodes[0].frames, [vec![3; 30_000]]);
    assert!(air.nodes[0].links.is_empty());
}

#[test]
fn strangers_get_no_answer_and_few_places_for_a_short_time() {
    let mut air = host_and_guest();
    let contact = |number| Contact { device: Device([100 + number; 16]), side: Side::Peripheral };
    for number in 0..20 {
        let open = Packet { tag: 1, channel: 0, body: Body::Open([number; 16]) };
        let bytes = open.encode();
        let packet = RadioEvent::Packet { contact: contact(number), max_packet: 100, bytes };
        air.event(0, packet);
    }
    assert!(air.nodes[0].core.contacts.len() <= MAX_STRANGERS);
    assert!(air.nodes[0].links.is_empty());

    air.run(secs(15));
    let strangers = air.nodes[0].core.contacts.keys();
    assert!(strangers.into_iter().all(|contact| contact.device.0[0] < 100), "all were let go");
    link(&air, 1);
}

/// The share of this time in which a device's radio was on.
fn radio_on(air: &mut Air, number: usize, how_long: Duration) -> f64 {
    let on = |air: &Air| air.nodes[number].core.seconds_on();
    air.with(number, |core, now| core.dial(now, 99, name(9, 9)));
    air.with(number, |core, now| core.give_up(now, 99));
    air.run(secs(120));
    let before = on(air);
    let until = air.now + how_long;
    let mut dial = 100;
    while air.now < until {
        dial += 1;
        // Somebody else is waited for as well: whoever waits dials again and again.
        air.with(number, |core, now| core.dial(now, dial, name(9, 9)));
        air.run(secs(60));
        air.with(number, |core, now| core.give_up(now, dial));
    }
    (on(air) - before) / how_long.as_secs_f64()
}

#[test]
fn who_waits_alone_spares_the_battery_and_is_still_found_soon() {
    let mut air = host_and_guest();
    air.deaf.insert((0, 1));
    air.run(secs(120));
    let alone = radio_on(&mut air, 1, secs(1_800));
    assert!((0.01..=0.05).contains(&alone), "{alone}");
    assert_eq!(air.nodes[1].core.radio_use(air.moment()).mode, Mode::Alone);

    air.deaf.clear();
    let before = air.now;
    while air.nodes[1].links.is_empty() {
        assert!(air.now < before + secs(20), "nobody was found");
        air.run(secs(1));
    }
}

#[test]
fn two_who_are_linked_and_say_nothing_spare_the_battery() {
    let mut air = host_and_guest();
    air.with(1, |core, now| core.look_for(now, [name(1, 1), name(9, 9)].into()));
    air.run(secs(300));
    let near = radio_on(&mut air, 1, secs(1_800));
    assert!((0.01..=0.10).contains(&near), "{near}");
    assert_eq!(air.nodes[1].core.radio_use(air.moment()).mode, Mode::Near);
    link(&air, 1);
}

#[test]
fn nothing_is_listened_for_while_the_screen_is_off_but_once_a_minute() {
    let mut air = host_and_guest();
    air.deaf.insert((0, 1));
    air.with(1, |core, now| core.set_screen(now, false));
    air.run(secs(300));
    let off = radio_on(&mut air, 1, secs(1_800));
    assert!((0.005..=0.02).contains(&off), "{off}");

    air.deaf.clear();
    air.with(1, |core, now| core.set_screen(now, true));
    air.run(secs(5));
    link(&air, 1);
}
