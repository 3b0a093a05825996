//! What the person allows.

use app::host::{Permission, PermissionState, Permissions as _};

use super::{Phone, call};

#[test]
fn since_android_12_nearby_is_bluetooth_and_is_asked_twice_at_most() {
    let mut phone = Phone::with_api("34");
    let nearby = |phone: &Phone| phone.services.state(Permission::Nearby);
    assert_eq!(nearby(&phone), PermissionState::NotAsked);

    phone.services.ask(Permission::Nearby);
    let asked = ["BLUETOOTH_SCAN", "BLUETOOTH_CONNECT", "BLUETOOTH_ADVERTISE"];
    let rights = asked.map(|right| format!("android.permission.{right}")).join(" ");
    assert_eq!(call("asked", &[]), rights);
    call("answer", &["no"]);
    assert_eq!(nearby(&phone), PermissionState::Refused);

    phone.services.ask(Permission::Nearby);
    call("answer", &["no"]);
    assert_eq!(nearby(&phone), PermissionState::RefusedForGood);

    phone.services.open_settings();
    assert_eq!(
        call("started", &[]),
        "android.settings.APPLICATION_DETAILS_SETTINGS package:chat.festival"
    );
    call("grant", &["BLUETOOTH_SCAN BLUETOOTH_CONNECT"]);
    assert_ne!(nearby(&phone), PermissionState::Granted, "not all of it");
    call("grant", &["BLUETOOTH_ADVERTISE"]);
    assert_eq!(nearby(&phone), PermissionState::Granted);
}

#[test]
fn until_android_11_nearby_is_the_place_and_notifications_are_allowed() {
    let mut phone = Phone::with_api("30");
    assert_eq!(phone.services.state(Permission::Notifications), PermissionState::Granted);

    phone.services.ask(Permission::Nearby);
    assert_eq!(call("asked", &[]), "android.permission.ACCESS_FINE_LOCATION");
    call("answer", &["yes"]);
    assert_eq!(phone.services.state(Permission::Nearby), PermissionState::Granted);

    call("forbidNotices", &[]);
    assert_eq!(phone.services.state(Permission::Notifications), PermissionState::RefusedForGood);
}

#[test]
fn making_a_network_takes_what_this_android_wants_for_it_and_nothing_else() {
    let asked = |level: &str, rights: &str| {
        let mut phone = Phone::with_api(level);
        let of = Permission::Wifi;
        assert_eq!(phone.services.state(of), PermissionState::NotAsked, "{level}");
        phone.services.ask(of);
        assert_eq!(call("asked", &[]), rights, "{level}");
        call("answer", &["no"]);
        assert_eq!(phone.services.state(of), PermissionState::Refused, "{level}");
        phone.services.ask(of);
        call("answer", &["yes"]);
        assert_eq!(phone.services.state(of), PermissionState::Granted, "{level}");
    };
    asked("34", "android.permission.NEARBY_WIFI_DEVICES");
    let place = "android.permission.ACCESS_FINE_LOCATION";
    asked("31", &format!("{place} android.permission.ACCESS_COARSE_LOCATION"));
}

#[test]
fn question_that_was_only_closed_is_no_refusal_for_good() {
    let mut phone = Phone::with_api("30");
    phone.services.ask(Permission::Camera);
    call("answerNothing", &[]);
    assert_eq!(phone.services.state(Permission::Camera), PermissionState::NotAsked);
    phone.services.ask(Permission::Camera);
    call("answer", &["later"]);
    assert_eq!(phone.services.state(Permission::Camera), PermissionState::Refused);

    phone.services.ask(Permission::Camera);
    assert_eq!(call("asked", &[]), "android.permission.CAMERA");
    call("answer", &["no"]);
    assert_eq!(phone.services.state(Permission::Camera), PermissionState::Refused);
}

#[test]
fn since_android_13_notifications_are_asked_for() {
    let mut phone = Phone::with_api("34");
    assert_eq!(phone.services.state(Permission::Notifications), PermissionState::NotAsked);

    phone.services.ask(Permission::Notifications);
    assert_eq!(call("asked", &[]), "android.permission.POST_NOTIFICATIONS");
    call("answer", &["yes"]);
    assert_eq!(phone.services.state(Permission::Notifications), PermissionState::Granted);
}
