//! Wi-Fi without a router between phones with Android, from the transport down to Android's own classes, in place of which
//! there are small ones that do the same.

#[path = "wifi_phone.rs"]
mod wifi_phone;

use tokio::{pin, sync::mpsc};
use transport::{
    Transport as _,
    webrtc::{WebRtcConfig, WebRtcTransport},
    wifi::{Credentials, Part, WifiError, WifiState},
};

use crate::handset::pass;

use self::wifi_phone::{Air, LOCATION, NEARBY_WIFI, Phone, drive, drive_fast};

/// What Android chooses for a local-only hotspot here.
const HOTSPOT: (&str, &str) = ("AndroidShare_1234", "abcdefgh2345678");
/// A network of a device that is none of these phones.
const NEAR: (&str, &str) = ("Festival-K7QM", "abcdefgh23456789");

fn credentials((ssid, passphrase): (&str, &str)) -> Credentials {
    Credentials::new(ssid, passphrase).expect("allowed")
}

/// A phone with this Android near a device that makes [`NEAR`].
fn near(level: i32) -> (Air, Phone) {
    let air = Air::with_api(level);
    air.make(NEAR.0, NEAR.1);
    let phone = air.phone(&[]);
    (air, phone)
}

async fn joins(phone: &Phone, network: (&str, &str)) -> Result<(), WifiError> {
    drive(phone.wifi.join(credentials(network), true)).await
}

#[tokio::test]
async fn group_of_wifi_direct_is_made_beside_the_network_in_use_and_ends_when_it_is_left() {
    let air = Air::with_api(36);
    let phone = air.phone(&[NEARBY_WIFI]);

    let made = drive(phone.wifi.make(false)).await.expect("nothing is left for it");
    assert!(made.ssid().starts_with("DIRECT-") && made.ssid().ends_with("-FC"), "{made:?}");
    let group = drive(phone.wifi.status()).await.group.expect("it made one");
    assert_eq!((group.part, group.credentials), (Part::Made, made));
    assert_eq!(phone.state(), "Home, holds 2", "the group, and a receiver of its changes");

    drive(phone.wifi.leave()).await.expect("it can");
    assert_eq!(phone.state(), "Home, holds 0");
    assert_eq!(drive(phone.wifi.status()).await.group, None);
}

#[tokio::test]
async fn network_that_one_phone_makes_lets_the_other_in_with_what_it_gives() {
    for level in [26, 29, 36] {
        let air = Air::with_api(level);
        let (ada, ben) = (air.phone(&[NEARBY_WIFI, LOCATION]), air.phone(&[]));
        let made = drive(ada.wifi.make(true)).await.expect("it can");
        drive(ben.wifi.join(made.clone(), true)).await.expect("it is near");

        let group = drive(ben.wifi.status()).await.group.expect("it joined one");
        assert_eq!((group.part, group.credentials), (Part::Joined, made), "{level}");
        drive(ben.wifi.leave()).await.expect("it can");
        assert_eq!(ben.state(), "Home, holds 0", "{level}");
    }
}

#[tokio::test]
async fn local_only_hotspot_is_made_where_there_is_no_wifi_direct_and_tells_what_android_chose() {
    for (level, right) in [(26, LOCATION), (30, LOCATION), (36, NEARBY_WIFI)] {
        let air = Air::with_api(level);
        let phone = air.phone(&[right]);
        phone.set("hasDirect", "no");
        let would_leave = drive(phone.wifi.make(false)).await;
        assert!(matches!(would_leave, Err(WifiError::WouldLeave(_))), "{level}");

        let made = drive(phone.wifi.make(true)).await.expect("it may");
        assert_eq!(made, credentials(HOTSPOT), "{level}");
        let group = drive(phone.wifi.status()).await.group.expect("it made one");
        assert_eq!(group.credentials, made, "{level}");
        drive(phone.wifi.leave()).await.expect("it can");
        assert_eq!(phone.state(), "Home, holds 0", "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn hotspot_is_made_where_wifi_direct_fails_or_hangs_unless_that_leaves_a_network() {
    let air = Air::with_api(36);
    let phone = air.phone(&[NEARBY_WIFI]);
    for fails in ["2", "-1"] {
        phone.set("directFails", fails);
        phone.set("keepsByHotspot", "no");
        let made = drive_fast(phone.wifi.make(false)).await;
        assert!(matches!(made, Err(WifiError::NotMade(2) | WifiError::TimedOut)), "{made:?}");
        assert_eq!(phone.state(), "Home, holds 0");

        phone.set("keepsByHotspot", "yes");
        assert_eq!(drive_fast(phone.wifi.make(false)).await, Ok(credentials(HOTSPOT)));
        drive_fast(phone.wifi.leave()).await.expect("it can");
        assert_eq!(phone.state(), "Home, holds 0");
    }
}

#[tokio::test]
async fn joining_leaves_the_network_in_use_only_with_the_persons_word_or_not_at_all() {
    let (_air, phone) = near(36);
    let asked = drive(phone.wifi.join(credentials(NEAR), false)).await;
    assert_eq!(asked, Err(WifiError::WouldLeave("this Wi-Fi".to_owned())));
    assert_eq!(phone.state(), "Home, holds 0");

    phone.set("keepsByJoining", "yes");
    drive(phone.wifi.join(credentials(NEAR), false)).await.expect("nothing is left for it");
    assert_eq!(phone.state(), "Home and Festival-K7QM, holds 2");
}

#[tokio::test]
async fn network_in_use_is_named_where_the_person_allows_the_location() {
    let air = Air::with_api(30);
    let phone = air.phone(&[LOCATION]);
    assert_eq!(drive(phone.wifi.status()).await.network.as_deref(), Some("Home"));
}

#[tokio::test]
async fn each_reason_why_a_network_was_not_joined_is_told_as_far_as_android_tells_it() {
    let (ssid, wrong) = (NEAR.0.to_owned(), (NEAR.0, "another passphrase"));
    let far = ("Festival-FAR2", NEAR.1);
    for (level, answer, network, why) in [
        (36, "no", NEAR, WifiError::Declined(ssid.clone())),
        (34, "no", NEAR, WifiError::NotJoined(ssid.clone())),
        (30, "no", NEAR, WifiError::NotJoined(ssid)),
        (36, "yes", wrong, WifiError::Refused),
        (36, "yes", far, WifiError::NotFound(far.0.to_owned())),
        (30, "yes", far, WifiError::NotJoined(far.0.to_owned())),
    ] {
        let (_air, phone) = near(level);
        phone.set("answer", answer);
        assert_eq!(joins(&phone, network).await, Err(why), "{level} {answer} {network:?}");
        assert_eq!(phone.state(), "Home, holds 0", "{level} {answer} {network:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn android_that_says_nothing_is_given_up_and_what_it_does_too_late_is_undone() {
    let (_air, phone) = near(36);
    phone.set("answer", "later");
    let joined = drive_fast(phone.wifi.join(credentials(NEAR), true)).await;
    assert_eq!(joined, Err(WifiError::TimedOut));
    assert_eq!(phone.state(), "Home, holds 0");

    let air = Air::with_api(26);
    let phone = air.phone(&[LOCATION]);
    let joined = drive_fast(phone.wifi.join(credentials(NEAR), true)).await;
    assert_eq!(joined, Err(WifiError::NotJoined(NEAR.0.to_owned())));
    assert_eq!(phone.state(), "Home, holds 0");

    phone.set("hotspotFails", "-1");
    assert_eq!(drive_fast(phone.wifi.make(true)).await, Err(WifiError::TimedOut));
    assert_eq!(phone.state(), "Home, holds 0");
}

#[tokio::test]
async fn who_calls_it_off_is_where_they_were_whatever_android_does_later() {
    let (_air, phone) = near(36);
    phone.set("answer", "later");
    tokio::select! {
        joined = phone.wifi.join(credentials(NEAR), true) => panic!("{joined:?}"),
        () = phone.until("Home, holds 2") => {}
    }
    drive(phone.wifi.leave()).await.expect("it can");
    assert_eq!(phone.state(), "Home, holds 0");

    let air = Air::with_api(26);
    let phone = air.phone(&[LOCATION]);
    // The phone has begun, and will say so when its thread goes on.
    tokio::select! {
        made = phone.wifi.make(true) => panic!("{made:?}"),
        () = phone.until("Home, holds 1") => {}
    }
    drive(phone.wifi.leave()).await.expect("it can");
    pass(0);
    assert_eq!(phone.state(), "Home, holds 0");
}

#[tokio::test]
async fn network_is_joined_once_the_phone_has_an_address_there() {
    let (_air, phone) = near(36);
    phone.set("hasAddress", "no");
    let joining = phone.wifi.join(credentials(NEAR), true);
    pin!(joining);
    tokio::select! {
        joined = &mut joining => panic!("{joined:?}"),
        () = phone.until("nowhere and Festival-K7QM, holds 2") => phone.settle(),
    }
    assert!(!phone.is_done(&mut joining).await, "it has none yet");
    phone.flood(2);
    drive(joining).await.expect("it has one");
}

#[tokio::test]
async fn network_that_goes_away_is_over_and_nothing_is_left_of_it() {
    for level in [26, 36] {
        let (_air, phone) = near(level);
        joins(&phone, NEAR).await.expect("it is near");
        phone.lose();
        assert_eq!(drive(phone.wifi.status()).await.group, None, "{level}");
        drive(phone.wifi.leave()).await.expect("it can");
        assert_eq!(phone.state(), "Home, holds 0", "{level}");
    }
    for has_direct in ["yes", "no"] {
        let air = Air::with_api(36);
        let phone = air.phone(&[NEARBY_WIFI]);
        phone.set("hasDirect", has_direct);
        drive(phone.wifi.make(true)).await.expect("it can");
        phone.stop_making();
        assert_eq!(drive(phone.wifi.status()).await.group, None, "{has_direct}");
        drive(phone.wifi.leave()).await.expect("it can");
        assert_eq!(phone.state(), "Home, holds 0", "{has_direct}");
    }
}

#[tokio::test]
async fn without_the_right_no_network_is_made_and_another_can_still_be_joined() {
    for level in [26, 32, 36] {
        let (_air, phone) = near(level);
        assert_eq!(drive(phone.wifi.make(true)).await, Err(WifiError::NotAllowed), "{level}");
        assert!(drive(phone.wifi.status()).await.can_make, "{level}: it could, with the right");
        joins(&phone, NEAR).await.expect("that takes none");
    }
    let air = Air::with_api(26);
    let phone = air.phone(&[LOCATION]);
    phone.set("location", "no");
    assert_eq!(drive(phone.wifi.make(true)).await, Err(WifiError::LocationOff));
}

#[tokio::test]
async fn wifi_that_is_off_or_missing_or_throws_is_said_to_be() {
    let air = Air::with_api(36);
    let phone = air.phone(&[NEARBY_WIFI]);
    phone.set("on", "no");
    assert_eq!(drive(phone.wifi.make(true)).await, Err(WifiError::Off));
    phone.set("on", "yes");
    phone.set("throws", "yes");
    assert_eq!(drive(phone.wifi.status()).await.state, WifiState::Silent);
    drive(phone.wifi.make(true)).await.expect("that has passed");

    let phone = air.phone(&[]);
    phone.set("there", "no");
    assert_eq!(joins(&phone, NEAR).await, Err(WifiError::Missing));
}

#[tokio::test]
async fn flood_of_calls_from_android_changes_nothing_and_fills_nothing() {
    let (_air, phone) = near(36);
    joins(&phone, NEAR).await.expect("it is near");
    phone.flood(10_000);

    assert!(drive(phone.wifi.status()).await.group.is_some());
    drive(phone.wifi.leave()).await.expect("it can");
    assert_eq!(phone.state(), "Home, holds 0");
    assert_eq!(phone.steered(), [0; 0], "there is no socket that could be");
}

#[tokio::test]
async fn sockets_leave_by_the_network_that_was_joined_until_it_is_left() {
    let (_air, phone) = near(36);
    let config = WebRtcConfig { loopback: true, ..WebRtcConfig::default() };
    let transport = WebRtcTransport::new(config);
    transport.set_binder(phone.binder.clone());
    let (incoming, _links) = mpsc::channel(1);
    let listener = transport.listen(incoming).expect("a runtime");
    assert_eq!(phone.steered(), [0; 0], "before the first network there is nothing to do");

    joins(&phone, NEAR).await.expect("it is near");
    let bound = phone.steers().await;
    assert!(!bound.is_empty() && bound.iter().all(|network| *network == 101), "{bound:?}");

    drive(phone.wifi.leave()).await.expect("it can");
    let bound = phone.steers().await;
    assert!(!bound.is_empty() && bound.iter().all(|network| *network == 0), "{bound:?}");

    joins(&phone, NEAR).await.expect("it is near");
    phone.steers().await;
    phone.lose();
    assert!(phone.steers().await.ends_with(&[0]));
    drop(listener);
}
