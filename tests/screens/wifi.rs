//! Wi-Fi without a router: making a network from an invite, and following one into its network.

use app::{
    backend::{WifiNews, WifiWish},
    chat_app::ChatApp,
    ui::route::Route,
};
use egui::Key;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Addr, Command, Invite};
use transport::wifi::{Credentials, Group, Part, WifiState, WifiStatus};

use crate::{
    network_stage::reach,
    pictures::{Shot, pictures, pictures_of_text, shot},
    stage::{DESKTOP, Looking, PHONE, Shared, alone, in_room, settled},
    story::{ROOM, invite},
};

type Screen = (Harness<'static, ChatApp>, Shared);

/// The network people are in before.
pub(crate) const BEFORE: &str = "Campground Wi-Fi";
/// One whose name is as long as can be, in one word.
const LONG: &str = "Gemeinschaftsunterkunft-Nord-3OG";
const MAKE: &str = "No network? Make one";

/// The screens about Wi-Fi in all their states.
pub(crate) const WIFI: [Shot; 11] = [
    ("wifi-way", invited),
    ("wifi-offer", page),
    ("wifi-ask", |looking| asked(looking, BEFORE)),
    ("wifi-ask-long", |looking| asked(looking, LONG)),
    ("wifi-busy", |looking| {
        let (mut harness, shared) = asked(looking, BEFORE);
        reach(&mut harness, "Leave and make a network");
        (harness, shared)
    }),
    ("wifi-error", |looking| {
        let (mut harness, shared) = page(looking);
        reach(&mut harness, "Make a network");
        let why = "this Wi-Fi card cannot make a network: let the other device make it, and join";
        tell(&mut harness, &shared, WifiNews::Failed(why.to_owned()));
        (harness, shared)
    }),
    ("wifi-code", made),
    ("wifi-plain", |looking| {
        let (mut harness, shared) = made(looking);
        reach(&mut harness, "For other cameras");
        (harness, shared)
    }),
    ("wifi-in", |looking| {
        let (mut harness, shared) = made(looking);
        harness.key_press(Key::Escape);
        harness.run_steps(6);
        (harness, shared)
    }),
    ("wifi-entry", |looking| {
        let (mut harness, shared) = followed(looking);
        tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
        (harness, shared)
    }),
    ("wifi-by-hand", |looking| {
        let (mut harness, shared) = followed(looking);
        let why = "Wi-Fi is switched off: switch it on, then try again";
        tell(&mut harness, &shared, WifiNews::Failed(why.to_owned()));
        (harness, shared)
    }),
];

pub(crate) fn credentials() -> Credentials {
    Credentials::new("Festival-K7QM", "abcdefgh23456789").expect("allowed")
}

/// A device that could make a network.
pub(crate) fn able(network: Option<&str>) -> WifiStatus {
    WifiStatus {
        state: WifiState::Ready,
        network: network.map(str::to_owned),
        can_make: true,
        group: None,
    }
}

/// The invite of the story with the network of [`credentials`], as another device would make it.
fn invite_by_wifi() -> Invite {
    let mut invite = invite();
    invite.addrs.push(Addr { tag: 6, bytes: credentials().encode() });
    invite
}

pub(crate) fn tell(harness: &mut Harness<'static, ChatApp>, shared: &Shared, news: WifiNews) {
    shared.borrow_mut().tell_wifi(news);
    harness.run_steps(6);
}

/// The code of the room, on a device that could make a network.
fn invited(looking: Looking) -> Screen {
    let (mut harness, shared) = in_room(looking);
    shared.borrow_mut().wifi = Some(able(Some(BEFORE)));
    harness.get_by_label("Invite").click();
    harness.run_steps(6);
    (harness, shared)
}

/// The page about the network.
fn page(looking: Looking) -> Screen {
    let (mut harness, shared) = invited(looking);
    reach(&mut harness, MAKE);
    (harness, shared)
}

/// The person wants a network and is asked whether another may be left.
fn asked(looking: Looking, network: &str) -> Screen {
    let (mut harness, shared) = page(looking);
    reach(&mut harness, "Make a network");
    tell(&mut harness, &shared, WifiNews::WouldLeave(network.to_owned()));
    (harness, shared)
}

/// There is a network.
fn made(looking: Looking) -> Screen {
    let (mut harness, shared) = asked(looking, BEFORE);
    reach(&mut harness, "Leave and make a network");
    let group = Group { part: Part::Made, credentials: credentials() };
    shared.borrow_mut().wifi = Some(WifiStatus { group: Some(group), ..able(None) });
    tell(&mut harness, &shared, WifiNews::Made(credentials()));
    (harness, shared)
}

/// An invite for a network is followed.
fn followed(looking: Looking) -> Screen {
    let (mut harness, shared) = alone(looking);
    shared.borrow_mut().wifi = Some(able(Some(BEFORE)));
    harness.state_mut().open_link(&invite_by_wifi().to_text());
    harness.run_steps(6);
    (harness, shared)
}

pub(crate) fn says(harness: &Harness<'_, ChatApp>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

pub(crate) fn wishes(shared: &Shared) -> Vec<WifiWish> {
    shared.borrow().wishes.clone()
}

fn has_accepted(shared: &Shared) -> bool {
    let is_accept = |command: &Command| matches!(command, Command::AcceptInvite { .. });
    shared.borrow().commands.iter().any(is_accept)
}

/// What a camera reads on the screen.
fn read(harness: &mut Harness<'static, ChatApp>) -> String {
    let picture = harness.render().expect("a software rasterizer");
    let picture = image::DynamicImage::ImageRgba8(picture).into_luma8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let luma = qr::Luma::new(width, height, picture.into_raw()).expect("a picture");
    qr::Reader::new(qr::Effort::Photo).read(luma.view()).expect("a code")
}

fn makes(may_leave: bool) -> WifiWish {
    WifiWish::Make { room: Some(ROOM), may_leave }
}

fn joins(may_leave: bool) -> WifiWish {
    let invite = Some(invite_by_wifi());
    WifiWish::Join { credentials: credentials(), invite, may_leave }
}

#[test]
fn network_is_offered_only_by_a_device_that_can_make_one() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = in_room(Looking::at(size));
        shared.borrow_mut().wifi = Some(WifiStatus { can_make: false, ..able(None) });
        reach(&mut harness, "Invite");
        assert!(harness.query_by_label(MAKE).is_none());

        let (harness, _shared) = invited(Looking::at(size));
        assert!(harness.query_by_label(MAKE).is_some());
    }
}

#[test]
fn network_in_use_is_left_for_a_new_one_only_after_the_persons_word() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = asked(Looking::at(size), BEFORE);
        assert_eq!(wishes(&shared), [makes(false)]);
        assert!(says(&harness, "You will leave Campground Wi-Fi until you are done"));
        reach(&mut harness, "Stay");
        assert_eq!(wishes(&shared).len(), 1);

        reach(&mut harness, "Make a network");
        tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
        reach(&mut harness, "Leave and make a network");
        assert_eq!(wishes(&shared).last(), Some(&makes(true)));
        assert!(says(&harness, "Making the network"));

        reach(&mut harness, "Cancel");
        assert_eq!(wishes(&shared).last(), Some(&WifiWish::Leave));
    }
}

#[test]
fn our_code_on_the_screen_leads_into_the_network_and_the_room() {
    let looking = Looking { has_pictures: true, ..Looking::at(PHONE) };
    let (mut harness, _shared) = made(looking);

    let read = Invite::parse(&read(&mut harness)).expect("an invite");

    let (network, others): (Vec<_>, Vec<_>) =
        read.addrs.iter().cloned().partition(|addr| addr.tag == 6);
    assert_eq!(Credentials::decode(&network[0].bytes), Some(credentials()));
    assert_eq!(Invite { addrs: others, ..read }, invite());
}

#[test]
fn code_for_other_cameras_leads_into_the_network_which_stands_there_in_letters_too() {
    let looking = Looking { has_pictures: true, ..Looking::at(PHONE) };
    let (mut harness, _shared) = made(looking);
    assert!(!says(&harness, "abcdefgh23456789"), "it is shown to whoever wants it");
    reach(&mut harness, "For other cameras");

    assert_eq!(Credentials::parse_code(&read(&mut harness)), Some(credentials()));
    assert!(says(&harness, "Festival-K7QM") && says(&harness, "abcdefgh23456789"));
}

#[test]
fn network_is_ended_from_the_settings_too_and_the_one_before_is_named() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = made(Looking::at(size));
        for _ in 0..4 {
            harness.key_press(Key::Escape);
            harness.run_steps(4);
        }
        reach(&mut harness, "Settings");
        reach(&mut harness, "Leave the Wi-Fi Festival-K7QM");
        reach(&mut harness, "End this network");
        assert_eq!(wishes(&shared).last(), Some(&WifiWish::Leave));
        assert!(says(&harness, "Going back to the network before"));

        shared.borrow_mut().wifi = Some(able(Some(BEFORE)));
        tell(&mut harness, &shared, WifiNews::Left);
        assert!(says(&harness, "You are back in Campground Wi-Fi."));
        assert!(harness.query_by_label("Make a network").is_some());
    }
}

#[test]
fn what_did_not_work_is_said_with_what_to_do_and_can_be_tried_again() {
    let (mut harness, shared) = page(Looking::at(PHONE));
    reach(&mut harness, "Make a network");
    let why = "Wi-Fi is switched off: switch it on, then try again";
    tell(&mut harness, &shared, WifiNews::Failed(why.to_owned()));

    assert!(says(&harness, "Wi-Fi is switched off: switch it on, then try again."));
    reach(&mut harness, "Try again");
    assert_eq!(wishes(&shared).len(), 2);
    tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
    reach(&mut harness, "Stay");
    assert!(!says(&harness, "switched off"));
}

#[test]
fn invite_for_a_network_leads_there_first_and_leaves_another_only_after_the_persons_word() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = followed(Looking::at(size));
        assert_eq!(wishes(&shared), [joins(false)]);
        assert!(says(&harness, "Joining the Wi-Fi Festival-K7QM"));

        tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
        assert!(says(&harness, "You will leave Campground Wi-Fi until you are done"));
        assert!(!has_accepted(&shared));
        reach(&mut harness, "Leave and join");

        assert_eq!(wishes(&shared), [joins(false), joins(true)]);
        tell(&mut harness, &shared, WifiNews::Joined(credentials()));
        assert!(says(&harness, "You are in the Wi-Fi Festival-K7QM now."));
        assert!(!has_accepted(&shared), "whoever joins for us goes on with the invite");
    }
}

#[test]
fn invite_for_a_network_is_tried_over_what_there_is_by_whoever_stays_or_cannot_join() {
    let (mut harness, shared) = followed(Looking::at(PHONE));
    tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));
    reach(&mut harness, "Stay and try here");
    assert!(has_accepted(&shared));
    assert_eq!(wishes(&shared).len(), 1);

    let (mut harness, shared) = followed(Looking::at(PHONE));
    let why = "the network \"Festival-K7QM\" was not found: go nearer to the device that makes it, and try again";
    tell(&mut harness, &shared, WifiNews::Failed(why.to_owned()));
    assert!(has_accepted(&shared));
    assert!(says(&harness, "go nearer to the device that makes it"));
    assert!(says(&harness, "abcdefgh23456789"), "it can be joined by hand");
}

#[test]
fn way_into_a_network_is_called_off_with_the_invite() {
    let (mut harness, shared) = followed(Looking::at(PHONE));
    reach(&mut harness, "Cancel");

    assert_eq!(wishes(&shared), [joins(false), WifiWish::Leave]);
    assert!(!has_accepted(&shared));
    assert_eq!(harness.state().state().stack.top(), Route::Rooms);
}

#[test]
fn nobody_is_taken_out_of_a_network_who_has_gone_to_another_screen() {
    let (mut harness, shared) = followed(Looking::at(PHONE));
    reach(&mut harness, "Back");
    tell(&mut harness, &shared, WifiNews::WouldLeave(BEFORE.to_owned()));

    assert_eq!(wishes(&shared), [joins(false)]);
    assert!(has_accepted(&shared));
}

#[test]
fn code_of_a_network_this_device_is_in_already_is_followed_without_a_word_about_it() {
    let (mut harness, shared) = made(Looking::at(PHONE));
    harness.state_mut().open_link(&invite_by_wifi().to_text());
    harness.run_steps(6);
    let why = "this device is in a group already: leave that first";
    tell(&mut harness, &shared, WifiNews::Failed(why.to_owned()));

    assert!(has_accepted(&shared));
    assert!(!says(&harness, "already"));
}

#[test]
fn whoever_joined_a_network_finds_the_way_out_of_it_in_the_settings() {
    for size in [PHONE, DESKTOP] {
        let (mut harness, shared) = followed(Looking::at(size));
        let group = Group { part: Part::Joined, credentials: credentials() };
        shared.borrow_mut().wifi = Some(WifiStatus { group: Some(group), ..able(None) });
        tell(&mut harness, &shared, WifiNews::Joined(credentials()));
        harness.key_press(Key::Escape);
        harness.run_steps(4);
        reach(&mut harness, "Settings");
        reach(&mut harness, "Leave the Wi-Fi Festival-K7QM");
        reach(&mut harness, "Leave this network");

        assert_eq!(wishes(&shared).last(), Some(&WifiWish::Leave));
        shared.borrow_mut().wifi = Some(able(None));
        tell(&mut harness, &shared, WifiNews::Left);
        assert!(says(&harness, "This device is in no Wi-Fi now."));
    }
}

#[test]
fn news_that_got_lost_leave_nobody_waiting() {
    let (mut harness, shared) = made(Looking::at(PHONE));
    reach(&mut harness, "End this network");
    shared.borrow_mut().wifi = Some(able(Some(BEFORE)));
    shared.borrow_mut().overflow();
    harness.run_steps(6);
    assert!(!says(&harness, "Going back to the network before"));
    assert!(says(&harness, "A network of your own"));

    let (mut harness, shared) = followed(Looking::at(PHONE));
    shared.borrow_mut().overflow();
    harness.run_steps(6);
    assert!(has_accepted(&shared));
}

#[test]
fn diagnostics_say_how_wifi_stands() {
    let (mut harness, shared) = settled(Looking::at(PHONE));
    shared.borrow_mut().wifi = Some(WifiStatus { state: WifiState::Off, ..able(None) });
    reach(&mut harness, "Settings");
    reach(&mut harness, "Diagnostics");
    assert!(says(&harness, "Off: switch it on to make or join a network."));

    let (_harness, shared) = made(Looking::at(PHONE));
    let group = shared.borrow().wifi.clone().expect("told");
    assert_eq!(
        app::ui::wifi::words(&group),
        "This device made the network Festival-K7QM and is in it."
    );
}

#[test]
fn network_and_its_codes_look_as_they_did() {
    pictures("wifi-code", shot(&WIFI, "wifi-code"));
}

#[test]
fn steps_to_a_network_look_as_they_did() {
    let names = [
        "wifi-way",
        "wifi-offer",
        "wifi-ask",
        "wifi-ask-long",
        "wifi-busy",
        "wifi-error",
        "wifi-plain",
        "wifi-in",
        "wifi-entry",
        "wifi-by-hand",
    ];
    pictures_of_text(names.map(|name| (name, shot(&WIFI, name))));
}
