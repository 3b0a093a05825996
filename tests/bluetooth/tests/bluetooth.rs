//! Devices without any network meet over Bluetooth: the real program, the system's real Bluetooth
//! service, emulated controllers, and a camera that is a program behind the system's real driver, in a
//! small virtual machine.

#![cfg(target_os = "linux")]

use std::path::Path;

use bluetooth::Machine;

/// Plays a story in a machine with so many controllers, whose Bluetooth service has these settings.
fn play(story: &str, controllers: usize, settings: &str) {
    let test = std::env::current_exe().expect("a test knows its file");
    let festival = test.parent().and_then(Path::parent).map(|dir| dir.join("festival"));
    let festival = festival.expect("tests lie in a folder of the target folder");
    assert!(festival.exists(), "{} is missing: run tests/run.sh", festival.display());
    let guest = Path::new(env!("CARGO_BIN_EXE_bluetooth-guest"));
    let machine = Machine::new().expect("tests/run.sh makes one");
    match machine.play(story, controllers, settings, &[("guest", guest), ("festival", &festival)]) {
        Ok(said) => eprintln!("{said}"),
        Err(why) => panic!("{why}"),
    }
}

#[test]
fn two_devices_without_any_network_join_and_chat_over_bluetooth_with_its_usual_settings() {
    play("pair", 2, "default.conf");
}

#[test]
fn two_devices_without_any_network_join_and_chat_over_bluetooth_with_a_single_channel() {
    play("pair", 2, "one-channel.conf");
}

#[test]
fn while_bluetooth_and_a_network_come_and_go_nothing_is_lost_and_nothing_shown_twice() {
    play("switch", 2, "default.conf");
}

#[test]
fn message_reaches_whom_its_writer_never_hears_through_a_member_in_between() {
    play("line", 3, "default.conf");
}

#[test]
fn message_reaches_whom_its_writer_never_hears_through_a_stranger_who_cannot_read_it() {
    play("courier", 3, "default.conf");
}

#[test]
fn code_on_a_wall_is_read_through_a_camera_and_joins_over_bluetooth() {
    play("camera", 2, "default.conf");
}
