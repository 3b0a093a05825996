//! A network that a member who is near made: it is offered in the room, and joined with one word.

use app::{
    backend::{WifiNews, WifiWish},
    chat_app::ChatApp,
};
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Event, LinkId, PeerId};
use transport::wifi::{Credentials, Group, Part, WifiState, WifiStatus};

use crate::{
    network_stage::reach,
    pictures::{Shot, pictures_of_text, shot},
    stage::{DESKTOP, Looking, PHONE, Shared, in_room},
    story::{BEA, CEM, ROOM},
    wifi::{BEFORE, able, credentials, says, tell, wishes},
};

type Screen = (Harness<'static, ChatApp>, Shared);

const BANNER: &str = "Bea made a Wi-Fi network";
const SLOW: &str = "Slow over Bluetooth: make a Wi-Fi network";

/// The screens about such a network.
pub(crate) const OFFERED: [Shot; 5] = [
    ("offered", |looking| offered(looking, able(None))),
    ("offered-page", |looking| page(looking, able(None))),
    ("offered-ask", |looking| {
        let (mut harness, shared) = page(looking, able(Some(BEFORE)));
        reach(&mut harness, "Join the network");
        tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
        (harness, shared)
    }),
    ("offered-by-hand", |looking| page(looking, unable())),
    ("slow", |looking| slow(looking, able(None))),
];

/// A device whose Wi-Fi this app cannot change.
fn unable() -> WifiStatus {
    WifiStatus { state: WifiState::Unsupported, can_make: false, ..able(None) }
}

fn hand(harness: &mut Harness<'static, ChatApp>, shared: &Shared, by: PeerId, access: Vec<u8>) {
    shared.borrow_mut().tell(Event::NetworkOffered { room: ROOM, peer: by, access });
    harness.run_steps(4);
}

/// A room in which a member made a network.
fn offered(looking: Looking, status: WifiStatus) -> Screen {
    let (mut harness, shared) = in_room(looking);
    shared.borrow_mut().wifi = Some(status);
    hand(&mut harness, &shared, BEA, credentials().encode());
    (harness, shared)
}

/// The page that leads into it.
fn page(looking: Looking, status: WifiStatus) -> Screen {
    let (mut harness, shared) = offered(looking, status);
    reach(&mut harness, BANNER);
    (harness, shared)
}

/// The link to a member carries more than it is good for, or does no longer.
fn busy(is_busy: bool) -> Event {
    Event::LinkBusy { room: ROOM, peer: BEA, link: LinkId(1), is_busy }
}

/// A room in which it is so.
fn slow(looking: Looking, status: WifiStatus) -> Screen {
    let (mut harness, shared) = in_room(looking);
    shared.borrow_mut().wifi = Some(status);
    shared.borrow_mut().tell(busy(true));
    harness.run_steps(4);
    (harness, shared)
}

fn is_slow(harness: &Harness<'_, ChatApp>) -> bool {
    harness.query_by_label(SLOW).is_some()
}

fn joins(may_leave: bool) -> WifiWish {
    WifiWish::Join { credentials: credentials(), invite: None, may_leave }
}

fn is_offered(harness: &Harness<'_, ChatApp>) -> bool {
    harness.query_by_label_contains("made a Wi-Fi network").is_some()
}

#[test]
fn network_of_a_member_is_joined_with_one_word_and_no_code() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = page(Looking::at(size), able(None));
        assert!(says(&harness, "Join Festival-K7QM?"));
        assert!(says(&harness, "Only the chat goes over it."));
        assert!(wishes(&shared).is_empty(), "nobody is taken anywhere without a word");
        reach(&mut harness, "Join the network");
        assert_eq!(wishes(&shared), [joins(false)]);
        assert!(says(&harness, "Joining the network Festival-K7QM"));

        let group = Group { part: Part::Joined, credentials: credentials() };
        shared.borrow_mut().wifi = Some(WifiStatus { group: Some(group), ..able(None) });
        tell(&mut harness, &shared, WifiNews::Joined(credentials()));
        assert!(says(&harness, "You are in the Wi-Fi Festival-K7QM now."));
        reach(&mut harness, "Back");
        assert!(!is_offered(&harness), "whoever is in it is not asked any more");
    }
}

#[test]
fn network_in_use_is_left_for_that_of_a_member_only_after_the_persons_word() {
    let (mut harness, shared) = page(Looking::at(PHONE), able(Some(BEFORE)));
    reach(&mut harness, "Join the network");
    tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
    assert!(says(&harness, "You will leave Campground Wi-Fi until you are done"));
    reach(&mut harness, "Stay");
    assert_eq!(wishes(&shared), [joins(false)]);

    reach(&mut harness, "Join the network");
    tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
    reach(&mut harness, "Leave and join Festival-K7QM");
    assert_eq!(wishes(&shared).last(), Some(&joins(true)));
}

#[test]
fn network_that_is_gone_is_not_offered_any_more() {
    let (mut harness, shared) = offered(Looking::at(PHONE), able(None));
    hand(&mut harness, &shared, BEA, Vec::new());
    assert!(!is_offered(&harness), "its maker ended it");

    hand(&mut harness, &shared, BEA, credentials().encode());
    hand(&mut harness, &shared, CEM, vec![255; 97]);
    assert!(harness.query_by_label(BANNER).is_some(), "what lets in nowhere is no network");
    shared.borrow_mut().tell(Event::PeerLost { room: ROOM, peer: BEA });
    harness.run_steps(4);
    assert!(!is_offered(&harness), "its maker went away");
}

#[test]
fn where_this_app_cannot_join_a_network_it_can_be_joined_by_hand() {
    let (harness, _shared) = page(Looking::at(PHONE), unable());
    assert!(harness.query_by_label("Join the network").is_none());
    assert!(!says(&harness, "Only the chat goes over it"), "everything does then");
    assert!(says(&harness, "Festival-K7QM") && says(&harness, "abcdefgh23456789"));
    assert_eq!(Credentials::new("Festival-K7QM", "abcdefgh23456789"), Some(credentials()));
}

#[test]
fn network_that_cannot_be_joined_says_why_and_how_to_go_on() {
    let (mut harness, shared) = page(Looking::at(PHONE), able(None));
    reach(&mut harness, "Join the network");
    let why = "the network \"Festival-K7QM\" was not found: go nearer to the device that makes it, and try again";
    tell(&mut harness, &shared, WifiNews::Failed(why.to_owned()));
    assert!(says(&harness, "go nearer to the device that makes it"));
    assert!(says(&harness, "abcdefgh23456789"), "it can be joined by hand");
    reach(&mut harness, "Try again");
    assert_eq!(wishes(&shared), [joins(false), joins(false)]);
}

#[test]
fn room_with_too_much_for_bluetooth_leads_to_a_network_where_one_can_be_made() {
    let (harness, _shared) = slow(Looking::at(PHONE), unable());
    assert!(!is_slow(&harness), "nothing can be done about it");

    let (mut harness, shared) = slow(Looking::at(PHONE), able(None));
    assert!(is_slow(&harness));
    hand(&mut harness, &shared, BEA, credentials().encode());
    assert!(!is_slow(&harness) && is_offered(&harness), "there is one already");
    hand(&mut harness, &shared, BEA, Vec::new());
    reach(&mut harness, SLOW);
    assert!(says(&harness, "Make a network"));
    reach(&mut harness, "Back");

    shared.borrow_mut().tell(busy(false));
    harness.run_steps(4);
    assert!(!is_slow(&harness));
}

#[test]
fn networks_of_members_look_as_they_did() {
    let names = ["offered", "offered-page", "offered-ask", "offered-by-hand", "slow"];
    pictures_of_text(names.map(|name| (name, shot(&OFFERED, name))));
}
