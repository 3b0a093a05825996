//! What a small phone shows with a notch and its keyboard up.

use app::{
    host::{Permission, PermissionState},
    ui::{route::Route, state::Look},
};
use egui_kittest::SnapshotResults;

use crate::{
    device::Device,
    phone::Phone,
    stage::{Looking, SMALL_PHONE},
    story::ROOM,
    table::field,
};

fn looking(look: Look) -> Looking {
    Looking { look, has_pictures: true, ..Looking::at(SMALL_PHONE) }
}

#[test]
fn screens_with_the_keyboard_up_look_as_they_did() {
    let mut results = SnapshotResults::new();
    for (name, route, look) in [
        ("room", Route::Room(ROOM), Look::Light),
        ("room", Route::Room(ROOM), Look::Dark),
        ("new-room", Route::NewRoom, Look::Light),
        ("scan", Route::Scan, Look::Dark),
        ("edit-server", Route::EditServer, Look::Light),
        ("settings", Route::Settings, Look::Light),
    ] {
        let mut phone = Phone::with(looking(look), route, |_device| {});
        let field = field(route).expect("something to write");
        phone.touch(field.label);
        phone.keyboard(true);
        phone.write(if route == Route::EditServer { "relay.example.org" } else { "Soon" });
        phone.settle();
        let suffix = if look == Look::Light { "light" } else { "dark" };
        phone.picture(&format!("keyboard-{name}-{suffix}"));
        results.extend_harness(&mut phone.harness);
    }
    results.unwrap();
}

#[test]
fn what_is_asked_of_the_person_looks_as_it_did() {
    let mut results = SnapshotResults::new();
    for (name, route, of, state) in [
        ("camera-asked", Route::Scan, Permission::Camera, PermissionState::NotAsked),
        ("camera-refused", Route::Scan, Permission::Camera, PermissionState::RefusedForGood),
        ("nearby-asked", Route::Invite(ROOM), Permission::Nearby, PermissionState::NotAsked),
        ("wifi-asked", Route::Wifi, Permission::Wifi, PermissionState::NotAsked),
        ("notices-asked", Route::Rooms, Permission::Notifications, PermissionState::NotAsked),
    ] {
        let mut phone = Phone::with(looking(Look::Light), route, |device: &mut Device| {
            device.permits.as_mut().expect("asks").insert(of, state);
            device.camera = Some(Default::default());
            device.can_share = true;
        });
        phone.settle();
        phone.picture(&format!("permit-{name}"));
        results.extend_harness(&mut phone.harness);
    }
    results.unwrap();
}
