//! Devices without any network meet over Bluetooth: the real program, the system's real Bluetooth
//! service, emulated controllers, and a camera that is a program behind the system's real driver, in a
//! small virtual machine.

#![cfg(target_os = "linux")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What may be called off after this many seconds: a quiet machine needs a quarter of it.
const LIMIT_SECS: u32 = 600;

/// Plays a story in a machine with so many controllers, whose Bluetooth service has these settings.
fn play(story: &str, controllers: usize, settings: &str) {
    let machine = std::env::var_os("BLUETOOTH_MACHINE").map(PathBuf::from);
    let machine = machine.expect("BLUETOOTH_MACHINE is set by tests/run.sh");
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("vm");
    let test = std::env::current_exe().expect("a test knows its file");
    let festival = test.parent().and_then(Path::parent).map(|dir| dir.join("festival"));
    let festival = festival.expect("tests lie in a folder of the target folder");
    assert!(festival.exists(), "{} is missing: run tests/run.sh", festival.display());
    let out = tempfile::tempdir().expect("a folder");
    let told = format!(
        "story={story}\ncontrollers={controllers}\nconfig='{}'\nguest='{}'\nfestival='{}'\n",
        here.join(settings).display(),
        env!("CARGO_BIN_EXE_bluetooth-guest"),
        festival.display(),
    );
    std::fs::write(out.path().join("settings"), told).expect("the folder is ours");
    let share = |id: &str, path: &Path, more: &str| {
        format!("local,id={id},path={},security_model=none{more}", path.display())
    };
    let append = format!(
        "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off clocksource=hpet nokaslr \
         random.trust_cpu=on script={}",
        here.join("guest.sh").display()
    );
    let run = Command::new("timeout")
        .args([&LIMIT_SECS.to_string(), "qemu-system-x86_64", "-M", "q35", "-cpu", "max"])
        .args(["-accel", "tcg,thread=multi", "-smp", "2", "-m", "1536", "-nodefaults"])
        .args(["-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"])
        .args(["-nic", "none", "-device", "virtio-rng-pci", "-append", &append, "-kernel"])
        .arg(machine.join("kernel"))
        .arg("-initrd")
        .arg(machine.join("initrd"))
        .args(["-fsdev", &share("r", Path::new("/"), ",readonly=on,multidevs=remap")])
        .args(["-device", "virtio-9p-pci,fsdev=r,mount_tag=host"])
        .args(["-fsdev", &share("o", out.path(), "")])
        .args(["-device", "virtio-9p-pci,fsdev=o,mount_tag=out"])
        .stdin(Stdio::null())
        .output()
        .expect("qemu is installed by tests/run.sh");
    let said = String::from_utf8_lossy(&run.stdout);
    let code = std::fs::read_to_string(out.path().join("code")).unwrap_or_default();
    if code.trim() != "0" {
        let kept = out.keep();
        panic!("{said}\nthe logs are in {}", kept.display());
    }
    eprintln!("{said}");
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
fn code_on_a_wall_is_read_through_a_camera_and_joins_over_bluetooth() {
    play("camera", 2, "default.conf");
}
