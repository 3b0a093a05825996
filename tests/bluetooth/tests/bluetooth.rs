//! Two devices without any network meet over Bluetooth: the real program, the system's real
//! Bluetooth service, and two emulated controllers, in a small virtual machine.

#![cfg(target_os = "linux")]

use std::path::Path;

use bluetooth::Machine;

/// Plays a story in a machine whose Bluetooth service has these settings.
fn play(story: &str, settings: &str) {
    let test = std::env::current_exe().expect("a test knows its file");
    let festival = test.parent().and_then(Path::parent).map(|dir| dir.join("festival"));
    let festival = festival.expect("tests lie in a folder of the target folder");
    assert!(festival.exists(), "{} is missing: run tests/run.sh", festival.display());
    let guest = Path::new(env!("CARGO_BIN_EXE_bluetooth-guest"));
    let machine = Machine::new().expect("tests/run.sh makes one");
    match machine.play(story, settings, &[("guest", guest), ("festival", &festival)]) {
        Ok(said) => eprintln!("{said}"),
        Err(why) => panic!("{why}"),
    }
}

#[test]
fn two_devices_without_any_network_join_and_chat_over_bluetooth_with_its_usual_settings() {
    play("pair", "default.conf");
}

#[test]
fn two_devices_without_any_network_join_and_chat_over_bluetooth_with_a_single_channel() {
    play("pair", "one-channel.conf");
}
