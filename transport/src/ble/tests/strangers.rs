//! Devices that know nothing of each other meet, seldom enough, and never in the way of friends.

use std::time::Duration;

use proptest::prelude::*;

use super::{
    super::{
        core::{AGAIN, FRIENDS_FIRST, MAX_CONTACTS},
        duty::Mode,
        packet::{Body, Packet},
        radio::{Contact, Device, RadioEvent, RadioState, Side},
        token::{PERIOD_SECS, Stranger, Token, period},
    },
    air::{Air, host_and_guest, link, name},
    liars::event,
};

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The device meets whoever is near from now on.
fn meet(air: &mut Air, number: usize) {
    let seed = [u8::try_from(number).expect("few"); 16];
    air.with(number, |core, now| core.meet_strangers(now, Some(seed)));
}

/// The number it shows now.
fn number(air: &Air, of: usize) -> Stranger {
    Stranger::of_seed(&[u8::try_from(of).expect("few"); 16], period(air.moment().wall))
}

/// What a device showed before it began anew: this one is to ask by it, were it still shown.
fn outdated(air: &Air, by: usize) -> Token {
    let (now, own) = (period(air.moment().wall), number(air, by));
    let mut others = (50..).map(|seed| Stranger::of_seed(&[seed; 16], now));
    others.find(|other| own < *other).expect("a higher number").token(now)
}

/// Devices that all meet whoever is near.
fn passers_by(count: usize) -> Air {
    let mut air = Air::new(count);
    (0..count).for_each(|number| meet(&mut air, number));
    air
}

/// Hangs up on everybody, as whoever has nothing more to say does.
fn hang_up(air: &mut Air, number: usize) {
    for link in air.nodes[number].links.keys().copied().collect::<Vec<_>>() {
        air.with(number, |core, now| core.close(now, link));
    }
}

fn meetings(air: &Air) -> Vec<usize> {
    air.nodes.iter().map(|node| node.meetings).collect()
}

#[test]
fn two_who_know_nothing_of_each_other_meet_once_and_the_lower_number_connects() {
    let mut air = passers_by(2);
    air.run(secs(45));
    let (a, b) = (link(&air, 0), link(&air, 1));
    air.with(0, |core, now| core.send(now, a, b"hello"));
    air.with(1, |core, now| core.send(now, b, &[7; 3_000]));
    air.run(secs(3));

    assert_eq!(air.nodes[1].frames, [b"hello".to_vec()]);
    assert_eq!(air.nodes[0].frames, [vec![7; 3_000]]);
    let first = usize::from(number(&air, 1) < number(&air, 0));
    assert_eq!(air.nodes[first].connects, 1);
    assert_eq!(air.nodes[1 - first].connects, 0);
}

#[test]
fn who_does_not_meet_strangers_is_not_met() {
    let mut air = host_and_guest();
    air.deaf.insert((0, 1));
    meet(&mut air, 1);
    air.run(secs(300));
    ask_by_chance(&mut air, 0, 9);
    air.run(secs(60));
    assert_eq!(meetings(&air), [0, 0]);
    assert_eq!(air.nodes[1].connects, 0);

    air.with(1, |core, now| core.meet_strangers(now, None));
    meet(&mut air, 0);
    air.deaf.clear();
    air.run(secs(300));
    assert_eq!(meetings(&air), [0, 0]);
}

#[test]
fn who_met_is_not_met_again_for_a_while_under_another_number_either() {
    let mut air = passers_by(2);
    // Numbers change on the way.
    air.run(secs(PERIOD_SECS - 120));
    let before = meetings(&air)[0];
    hang_up(&mut air, 0);
    air.run(secs(PERIOD_SECS));
    hang_up(&mut air, 0);
    let more = meetings(&air)[0] - before;
    let most = PERIOD_SECS.div_ceil(AGAIN.as_secs()) as usize;
    assert!((1..=most).contains(&more), "{more} times");
}

#[test]
fn who_was_met_or_does_not_answer_is_not_connected_to_again_and_again() {
    let mut air = passers_by(2);
    air.run(secs(45));
    hang_up(&mut air, 0);
    air.run(secs(200));
    let connects = |air: &Air| air.nodes.iter().map(|node| node.connects).sum::<usize>();
    assert_eq!(connects(&air), 1, "met");

    let mut air = passers_by(2);
    air.is_mute = true;
    air.run(secs(600));
    assert!((2..=40).contains(&connects(&air)), "{} in vain", connects(&air));
}

#[test]
fn meeting_that_nobody_ends_is_over_in_time_and_leaves_no_connection() {
    let mut air = passers_by(2);
    air.run(secs(200));
    assert_eq!(meetings(&air), [1, 1]);
    for node in &air.nodes {
        assert!(node.links.is_empty());
        assert!(node.core.contacts.is_empty());
    }
}

#[test]
fn stranger_that_began_anew_is_asked_by_the_number_it_shows_now_whatever_it_showed_before() {
    let mut air = passers_by(2);
    let first = usize::from(number(&air, 1) < number(&air, 0));
    let token = outdated(&air, first);
    let other = u8::try_from(1 - first).expect("few");
    air.event(first, RadioEvent::Heard { device: Device([other; 16]), token });
    air.run(secs(30));
    assert_eq!(meetings(&air), [1, 1]);
}

#[test]
fn stranger_that_is_heard_under_a_number_it_no_longer_shows_is_met_as_soon_as_the_new_one_is_heard()
{
    let mut air = passers_by(2);
    let first = usize::from(number(&air, 1) < number(&air, 0));
    let other = u8::try_from(1 - first).expect("few");
    let device = Device([other; 16]);
    let token = number(&air, 1 - first).token(period(air.moment().wall));
    air.deaf = [(0, 1), (1, 0)].into();
    air.run(secs(100));
    // What a system still tells of one that is off.
    let old = outdated(&air, first);
    air.event(first, RadioEvent::Heard { device, token: old });
    while air.nodes[first].connects == 0 {
        air.run(secs(1));
    }
    air.event(first, RadioEvent::ConnectFailed(device));
    air.run(secs(2));
    air.deaf.clear();
    air.event(first, RadioEvent::Heard { device, token });
    air.run(secs(5));
    assert_eq!(meetings(&air), [1, 1]);
}

#[test]
fn meeting_that_breaks_off_is_taken_up_again_sooner_than_there_would_be_another() {
    let mut air = passers_by(2);
    while meetings(&air) != [1, 1] {
        air.run(Duration::from_millis(50));
    }
    air.switch(0, RadioState::Ready);
    air.run(secs(25));
    assert_eq!(meetings(&air), [1, 1], "others come first");
    air.run(secs(65));
    assert_eq!(meetings(&air), [2, 2]);
}

#[test]
fn crowd_of_strangers_takes_little_time_and_all_of_them_meet_somebody() {
    let mut air = passers_by(8);
    let mut worst = 0;
    for _ in 0..1_200 {
        air.run(secs(1));
        for number in 0..8 {
            worst = worst.max(air.nodes[number].links.len());
            hang_up(&mut air, number);
        }
    }
    assert!(meetings(&air).iter().all(|meetings| *meetings > 14), "{:?}", meetings(&air));
    assert!(worst <= 2, "{worst} at once");
}

#[test]
fn meeting_strangers_takes_no_more_of_an_hour_than_there_is_for_it() {
    let mut air = passers_by(2);
    // Nobody ever hangs up: each meeting takes as long as it can.
    air.run(secs(3_600));
    let share = air.nodes[0].core.seconds_on() / 3_600.0;
    assert!(share <= 0.10, "{share}");
}

#[test]
fn who_is_near_no_stranger_listens_as_one_who_is_alone() {
    let mut air = passers_by(1);
    air.run(secs(3_600));
    let share = air.nodes[0].core.seconds_on() / 3_600.0;
    assert!((0.01..=0.05).contains(&share), "{share}");
    assert_eq!(air.nodes[0].core.radio_use(air.moment()).mode, Mode::Alone);
}

#[test]
fn who_was_just_heard_is_left_alone_for_a_while_since_it_may_be_about_to_connect_as_a_friend() {
    let mut air = passers_by(2);
    while air.nodes.iter().all(|node| node.connects == 0) {
        air.run(Duration::from_millis(50));
    }
    assert!(air.now >= FRIENDS_FIRST, "{:?}", air.now);

    // A friend that does not get through is not connected to as a stranger either.
    let mut air = host_and_guest();
    (0..2).for_each(|number| meet(&mut air, number));
    air.is_mute = true;
    air.run(secs(6));
    let connects = air.nodes[1].connects;
    air.with(1, |core, now| core.give_up(now, 1));
    air.run(secs(60));
    assert_eq!(air.nodes[1].connects, connects);
}

/// Whether a device shows itself to strangers in this time.
fn is_shown(air: &mut Air, number: usize, how_long: Duration) -> bool {
    air.nodes[number].tokens.clear();
    air.run(how_long);
    let wall = air.moment().wall;
    air.nodes[number].tokens.iter().any(|token| Stranger::shown_by(token, wall).is_some())
}

#[test]
fn who_shows_a_new_invite_or_lost_a_friend_shows_nothing_to_strangers_for_a_while() {
    let mut air = passers_by(1);
    let invite = name(1, 1);
    air.with(0, |core, now| core.answer_to(now, [(invite.key, invite.callee)].into()));
    assert!(!is_shown(&mut air, 0, secs(55)), "a guest is there");
    assert!(is_shown(&mut air, 0, secs(35)));

    air.with(0, |core, now| core.look_for(now, [name(2, 2)].into()));
    assert!(!is_shown(&mut air, 0, secs(25)), "a friend was lost");
    assert!(is_shown(&mut air, 0, secs(90)));
}

#[test]
fn nobody_is_met_while_a_friend_who_is_near_is_dialed() {
    let mut air = host_and_guest();
    air.with(1, |core, now| core.give_up(now, 1));
    let guest = name(1, 2);
    air.with(1, |core, now| core.answer_to(now, [(guest.key, guest.callee)].into()));
    meet(&mut air, 1);
    let (own, now) = (number(&air, 1), period(air.moment().wall));
    let mut others = (50..).map(|seed| Stranger::of_seed(&[seed; 16], now));
    let token = others.find(|other| own < *other).expect("a higher number").token(now);
    let pass = |air: &mut Air, how_long: Duration| {
        air.event(1, RadioEvent::Heard { device: Device([50; 16]), token });
        air.run(how_long);
    };
    pass(&mut air, FRIENDS_FIRST.saturating_sub(secs(1)));
    // The friend has the lower name, and is waited for.
    air.with(1, |core, now| core.dial(now, 2, name(1, 1)));
    pass(&mut air, secs(7));
    assert!(air.nodes[1].tried.is_empty(), "{:?}", air.nodes[1].tried);
    pass(&mut air, secs(20));
    assert_eq!(air.nodes[1].tried, [0, 50].into());
}

#[test]
fn friends_find_each_other_among_strangers_and_share_their_connection_for_both() {
    let mut air = host_and_guest();
    meet(&mut air, 0);
    meet(&mut air, 1);
    air.run(secs(120));
    assert_eq!(meetings(&air), [1, 1]);
    assert_eq!(air.nodes[1].connects + air.nodes[0].connects, 1);
    assert!(!air.nodes[1].links.is_empty());

    // The meeting ends, the friends stay.
    air.run(secs(120));
    link(&air, 0);
    link(&air, 1);
}

/// A device asks another one for a link.
fn ask(air: &mut Air, at: usize, from: u8, proof: [u8; 16]) {
    let open = Packet { tag: 1, channel: 0, body: Body::Open(proof) };
    let contact = Contact { device: Device([from; 16]), side: Side::Peripheral };
    air.event(at, RadioEvent::Packet { contact, max_packet: 100, bytes: open.encode() });
}

/// The same as a stranger that heard what it shows.
fn ask_by_chance(air: &mut Air, at: usize, from: u8) {
    let period = period(air.moment().wall);
    let proof = number(air, at).name().proof(period);
    ask(air, at, from, proof);
}

#[test]
fn stranger_that_asks_again_and_again_is_met_once_in_a_while() {
    let mut air = passers_by(1);
    for second in 0..AGAIN.as_secs() - 10 {
        ask_by_chance(&mut air, 0, 100);
        if second % 7 == 0 {
            hang_up(&mut air, 0);
            let contact = Contact { device: Device([100; 16]), side: Side::Peripheral };
            air.event(0, RadioEvent::Disconnected(contact));
        }
        air.run(secs(1));
    }
    assert_eq!(meetings(&air), [1]);
    assert!(air.nodes[0].core.contacts.len() <= 1);
}

#[test]
fn stranger_that_breaks_off_again_and_again_is_met_a_few_times_a_minute_at_most() {
    let mut air = passers_by(1);
    let contact = Contact { device: Device([100; 16]), side: Side::Peripheral };
    for _ in 0..300 {
        ask_by_chance(&mut air, 0, 100);
        air.event(0, RadioEvent::Disconnected(contact));
        air.run(secs(1));
    }
    assert!((10..=30).contains(&meetings(&air)[0]), "{} times", meetings(&air)[0]);
}

#[test]
fn many_devices_of_a_liar_are_met_one_at_a_time_and_for_no_longer_than_there_is_time_for() {
    let mut air = passers_by(1);
    let mut met_for = 0;
    for second in 0..7_200_u64 {
        ask_by_chance(&mut air, 0, u8::try_from(second % 251).expect("less"));
        assert!(air.nodes[0].links.len() <= 1);
        assert!(air.nodes[0].core.contacts.len() <= 2);
        met_for += air.nodes[0].links.len();
        air.run(secs(1));
    }
    assert!((600..=1_200).contains(&met_for), "{met_for} s of two hours");
}

#[test]
fn stranger_takes_no_friends_place() {
    let mut air = passers_by(1);
    let friends: Vec<_> = (0..7).map(|number| name(50 + number, 1)).collect();
    let admitted = friends.iter().map(|name| (name.key, name.callee)).collect();
    air.with(0, |core, now| core.answer_to(now, admitted));
    let period = period(air.moment().wall);
    let come = |air: &mut Air, number: usize| {
        ask(air, 0, u8::try_from(number).expect("few"), friends[number].proof(period));
        air.run(Duration::from_millis(100));
    };
    (0..4).for_each(|number| come(&mut air, number));
    ask_by_chance(&mut air, 0, 100);
    assert_eq!(meetings(&air), [1], "there is a place");
    come(&mut air, 4);
    assert_eq!(air.nodes[0].links.len(), 6);

    come(&mut air, 5);
    let at = |number| Contact { device: Device([number; 16]), side: Side::Peripheral };
    let contacts = &air.nodes[0].core.contacts;
    assert!(contacts.contains_key(&at(5)) && !contacts.contains_key(&at(100)), "the stranger goes");
    assert_eq!(contacts.len(), MAX_CONTACTS);

    air.event(0, RadioEvent::Disconnected(at(5)));
    ask_by_chance(&mut air, 0, 101);
    assert!(!air.nodes[0].core.contacts.contains_key(&at(101)), "the last place is for a friend");
}

/// What a crowd of liars shows and asks for.
fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        any::<[u8; 16]>().prop_map(Lie::Shows),
        (100_u8..).prop_map(Lie::Asks),
        event().prop_map(|(_, event)| Lie::Reports(event)),
    ]
}

#[derive(Debug, Clone)]
enum Lie {
    Shows([u8; 16]),
    Asks(u8),
    Reports(RadioEvent),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_strangers_make_up_few_are_met_at_once_and_friends_still_find_their_place(
        lies in prop::collection::vec((lie(), 0_u64..3_000), 1..200),
    ) {
        let mut air = host_and_guest();
        meet(&mut air, 0);
        for (lie, pause) in lies {
            match lie {
                Lie::Shows(seed) => {
                    let now = period(air.moment().wall);
                    let token = Stranger::of_seed(&seed, now).token(now);
                    air.event(0, RadioEvent::Heard { device: Device(seed), token });
                }
                Lie::Asks(from) => ask_by_chance(&mut air, 0, from),
                Lie::Reports(event) => air.event(0, event),
            }
            air.run(Duration::from_millis(pause));
            prop_assert!(air.nodes[0].core.contacts.len() <= MAX_CONTACTS);
            let strangers = air.nodes[0].links.len().saturating_sub(1);
            prop_assert!(strangers <= 2, "{strangers} at once");
        }
        air.run(secs(180));
        if air.nodes[1].links.is_empty() {
            air.with(1, |core, now| core.dial(now, 2, name(1, 1)));
            air.run(secs(180));
        }
        link(&air, 1);
    }
}
