//! Wi-Fi cards that nobody uses.

use std::{fs, path::Path};

/// Where Linux tells of its network interfaces.
const INTERFACES: &str = "/sys/class/net";

/// The most interfaces looked at.
const MAX_INTERFACES: usize = 256;

/// That an interface is switched on, of its flags.
const IS_UP: u32 = 1;

/// The names of the interfaces of such cards. One that is switched on is somebody's: another `wpa_supplicant`'s, or a
/// program's that drives cards by itself.
pub(super) fn unused() -> Vec<String> {
    unused_in(Path::new(INTERFACES))
}

fn unused_in(interfaces: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(interfaces) else { return Vec::new() };
    let is_unused = |dir: &Path| {
        let flags = fs::read_to_string(dir.join("flags")).unwrap_or_default();
        let flags = flags.trim().strip_prefix("0x").map(|flags| u32::from_str_radix(flags, 16));
        let is_down = flags.is_some_and(|flags| flags.is_ok_and(|flags| flags & IS_UP == 0));
        dir.join("phy80211").exists() && is_down
    };
    let entries = entries.take(MAX_INTERFACES).flatten();
    let unused = entries.filter(|entry| is_unused(&entry.path()));
    let mut names: Vec<_> =
        unused.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::unused_in;

    #[test]
    fn only_wifi_cards_that_are_switched_off_are_taken() {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, flags, is_wifi) in [
            ("wlan1", "0x1002\n", true),
            ("wlan0", "0x1003\n", true),
            ("eth0", "0x1002\n", false),
            ("wlan2", "odd", true),
        ] {
            let interface = dir.path().join(name);
            fs::create_dir(&interface).expect("a folder");
            fs::write(interface.join("flags"), flags).expect("a file");
            if is_wifi {
                fs::create_dir(interface.join("phy80211")).expect("a folder");
            }
        }

        assert_eq!(unused_in(dir.path()), ["wlan1"]);
        assert!(unused_in(&dir.path().join("none")).is_empty());
    }
}
