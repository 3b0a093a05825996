//! Devices without any network meet over Bluetooth, or make one of their own: the real program, the system's real
//! services, emulated radios, and a camera that is a program behind the system's real driver, in a
//! small virtual machine.

#![cfg(target_os = "linux")]

use std::path::Path;

use bluetooth::Machine;

/// Plays a story in a machine with so many controllers, whose Bluetooth service has these settings.
fn play(story: &str, controllers: usize, settings: &str) {
    tell(in_machine(|machine, programs| machine.play(story, controllers, settings, programs)));
}

/// Plays a story in a machine with so many Wi-Fi radios.
fn play_wifi(story: &str, radios: usize) {
    tell(in_machine(|machine, programs| machine.play_wifi(story, radios, programs)));
}

fn tell(told: Result<String, String>) {
    match told {
        Ok(said) => eprintln!("{said}"),
        Err(why) => panic!("{why}"),
    }
}

/// Does something with a machine and the programs for it.
fn in_machine(
    play: impl FnOnce(&Machine, &[(&str, &Path)]) -> Result<String, String>,
) -> Result<String, String> {
    let test = std::env::current_exe().expect("a test knows its file");
    let festival = test.parent().and_then(Path::parent).map(|dir| dir.join("festival"));
    let festival = festival.expect("tests lie in a folder of the target folder");
    assert!(festival.exists(), "{} is missing: run tests/run.sh", festival.display());
    let guest = Path::new(env!("CARGO_BIN_EXE_bluetooth-guest"));
    let machine = Machine::new().expect("tests/run.sh makes one");
    play(&machine, &[("guest", guest), ("festival", &festival)])
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

#[test]
fn device_makes_a_wifi_network_that_another_joins_from_an_invite_and_both_are_back_in_theirs_afterwards()
 {
    play_wifi("group", 3);
}

#[test]
fn device_without_network_manager_makes_a_wifi_network_that_another_joins_though_nobody_gives_addresses()
 {
    play_wifi("group-alone", 3);
}
