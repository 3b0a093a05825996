//! Each permission is asked for where it is needed, with a reason; each refusal is explained, and something else works.

use app::{
    host::{Permission, PermissionState},
    scan::Feed,
    ui::route::Route,
};
use engine::Command;
use transport::wifi::{Credentials, WifiState, WifiStatus};

use crate::{
    device::Device,
    phone::{Phone, all_granted},
    stage::{Looking, SMALL_PHONE},
    story::{BEA, ROOM, invite, text_of},
};

const SETTINGS: &str = "Open the system\u{2019}s settings";

/// A phone whose person said this of one permission and yes to the others, and would say `answer`.
fn phone(
    route: Route,
    (of, state): (Permission, PermissionState),
    answer: Option<PermissionState>,
) -> Phone {
    Phone::with(Looking::at(SMALL_PHONE), route, |device: &mut Device| {
        *device = all_granted();
        device.permits.as_mut().expect("asks").insert(of, state);
        device.answer = answer;
        device.camera = Some(Feed::default());
    })
}

/// Where a permission is asked for, by which button, in which words; and in which ones it is missed.
fn asked(of: Permission) -> (Route, &'static str, &'static str, &'static str) {
    match of {
        Permission::Camera => (
            Route::Scan,
            "Allow the camera",
            "The camera reads the code",
            "The camera may not be used. Choose a picture of the code",
        ),
        Permission::Nearby => (
            Route::Invite(ROOM),
            "Allow Bluetooth",
            "Bluetooth finds people next to you",
            "People are found over Wi-Fi and the internet only",
        ),
        Permission::Notifications => (
            Route::Settings,
            "Allow notifications",
            "You can be told when somebody writes",
            "New messages are counted in the list of rooms",
        ),
        Permission::Wifi => (
            Route::Wifi,
            "Allow making a network",
            "Nobody looks where you are",
            "Others can make one, and you can join it",
        ),
    }
}

/// What works without it.
fn falls_back(of: Permission, state: PermissionState) {
    match of {
        Permission::Camera => {
            let mut phone = phone(Route::Rooms, (of, state), None);
            phone.touch("Scan");
            assert!(!phone.has("Point the camera at the code."), "it is left alone");
            assert!(phone.has("Choose a picture") && !phone.has("Use the camera"));
            phone.shared.borrow_mut().clipboard = Some(invite().to_text());
            phone.touch("Paste a picture or link");
            assert!(has_accepted(&phone));
        }
        Permission::Nearby => {
            let mut phone = phone(Route::Invite(ROOM), (of, state), None);
            assert!(phone.has("QR code that invites to Weekend in the mountains"));
            phone.touch("Copy link");
            assert!(phone.has("Link copied."));
        }
        Permission::Wifi => {
            let mut phone = phone(Route::Room(ROOM), (of, state), None);
            phone.shared.borrow_mut().wifi = Some(able());
            let credentials = Credentials::new("Festival-K7QM", "abcdefgh23456789");
            let access = credentials.expect("allowed").encode();
            let offered = engine::Event::NetworkOffered { room: ROOM, peer: BEA, access };
            phone.shared.borrow_mut().tell(offered);
            phone.settle();
            phone.touch("Bea made a Wi-Fi network");
            phone.touch("Join the network");
            assert!(phone.says("Joining the network Festival-K7QM"));
        }
        Permission::Notifications => {
            let mut phone = phone(Route::Rooms, (of, state), None);
            phone.suspend();
            phone.shared.borrow_mut().add(text_of(BEA, 20, 0, "Where are you?"));
            let unread = engine::Event::UnreadChanged { room: ROOM, count: 1 };
            phone.shared.borrow_mut().tell(unread);
            phone.resume();
            assert!(phone.says("Weekend in the mountains, 1 unread"));
            assert!(phone.shared.borrow().device.told.as_ref().is_some_and(|told| told.is_empty()));
        }
    }
}

/// A device that could make or join a network.
fn able() -> WifiStatus {
    WifiStatus { state: WifiState::Ready, network: None, can_make: true, group: None }
}

fn has_accepted(phone: &Phone) -> bool {
    phone.shared.borrow().commands.contains(&Command::AcceptInvite { invite: invite() })
}

#[test]
fn each_permission_is_asked_for_with_a_reason_and_only_when_the_person_wants_it() {
    for of in Permission::ALL {
        let (route, allow, why, _) = asked(of);
        let not_asked = (of, PermissionState::NotAsked);
        let mut phone = phone(route, not_asked, Some(PermissionState::Granted));
        assert!(phone.says(why), "{of:?}: {:#?}", phone.words());
        assert!(phone.shared.borrow().device.asked.is_empty(), "{of:?} is asked for by itself");

        phone.touch(allow);
        assert_eq!(phone.shared.borrow().device.asked, [of]);
        assert!(!phone.has(allow) && !phone.says(why), "{of:?} was granted");
    }
}

#[test]
fn each_refusal_is_explained_and_can_be_taken_back() {
    for of in Permission::ALL {
        let (route, allow, _, missed) = asked(of);
        let not_asked = (of, PermissionState::NotAsked);
        let mut phone = phone(route, not_asked, Some(PermissionState::Refused));
        phone.touch(allow);
        assert!(phone.says(missed), "{of:?}: {:#?}", phone.words());

        phone.shared.borrow_mut().device.answer = Some(PermissionState::RefusedForGood);
        phone.touch(allow);
        assert!(phone.says(missed) && !phone.has(allow), "{of:?}");
        phone.touch(SETTINGS);
        assert_eq!(phone.shared.borrow().device.settings_shown, 1);

        // The person says otherwise there, and comes back.
        phone.suspend();
        let granted = PermissionState::Granted;
        let mut script = phone.shared.borrow_mut();
        script.device.permits.as_mut().expect("asks").insert(of, granted);
        drop(script);
        phone.resume();
        assert!(!phone.says(missed) && !phone.has(SETTINGS), "{of:?}");
    }
}

#[test]
fn each_refusal_leaves_a_way_that_works() {
    for of in Permission::ALL {
        for state in
            [PermissionState::NotAsked, PermissionState::Refused, PermissionState::RefusedForGood]
        {
            falls_back(of, state);
        }
    }
}

#[test]
fn camera_starts_as_soon_as_it_is_allowed_and_the_code_it_reads_is_followed() {
    let not_asked = (Permission::Camera, PermissionState::NotAsked);
    let mut phone = phone(Route::Scan, not_asked, Some(PermissionState::Granted));
    phone.touch("Allow the camera");
    phone.settle();
    assert!(phone.has("Point the camera at the code."));

    show_code(&mut phone);
    assert_eq!(phone.shared.borrow().device.pulses, 1, "the hand is told");
}

#[test]
fn camera_is_off_while_the_person_looks_elsewhere_and_on_again_after() {
    let granted = (Permission::Camera, PermissionState::Granted);
    let mut phone = phone(Route::Rooms, granted, None);
    phone.touch("Scan");
    let camera = phone.shared.borrow().device.camera.clone().expect("a camera");
    assert!(!camera.is_closed());

    phone.suspend();
    while !camera.is_closed() {
        std::thread::yield_now();
    }
    phone.resume();
    phone.settle();
    show_code(&mut phone);
}

/// Holds the code of the invite before the camera until it is followed.
fn show_code(phone: &mut Phone) {
    let luma = || qr::draw(&invite().to_text()).expect("a code").luma(6, qr::QUIET_ZONE);
    let camera = phone.shared.borrow().device.camera.clone().expect("a camera");
    while !has_accepted(phone) {
        camera.push(luma(), None);
        phone.harness.step();
        std::thread::yield_now();
    }
}

#[test]
fn invite_is_passed_on_by_the_systems_own_sheet_where_there_is_one() {
    let route = Route::Invite(ROOM);
    let mut phone = Phone::with(Looking::at(SMALL_PHONE), route, |device| device.can_share = true);
    phone.touch("Share");
    {
        let script = phone.shared.borrow();
        let (title, link, png) = script.device.shared.first().expect("shared");
        assert_eq!(
            (title.as_str(), link),
            ("Invite to Weekend in the mountains", &invite().to_text())
        );
        let picture = image::load_from_memory(png).expect("a picture").into_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let luma = qr::Luma::new(width, height, picture.into_raw()).expect("pixels");
        assert_eq!(qr::Reader::new(qr::Effort::Photo).read(luma.view()).as_ref(), Some(link));
    }
    assert!(!Phone::at(route).has("Share"));
}
