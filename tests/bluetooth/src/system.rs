//! What a place in the Wi-Fi stories has for Wi-Fi, asked behind the program's back.

use std::{path::Path, process::Command};

use crate::phone::Wrong;

/// The card of each place.
const CARD: &str = "wlan0";

/// Who drives the card of a place; see `vm/wifi.sh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    NetworkManager,
    /// `wpa_supplicant` and nothing else: nobody gives addresses.
    Supplicant,
}

impl System {
    /// The networks that it is in, or knows.
    pub(crate) fn networks(self, place: &str, are_active: bool) -> Result<Vec<String>, Wrong> {
        match self {
            Self::NetworkManager => {
                let active: &[&str] = if are_active { &["--active"] } else { &[] };
                let words = [&["-t", "-f", "NAME", "connection", "show"], active].concat();
                Ok(said(place, "nmcli", &words)?.lines().map(str::to_owned).collect())
            }
            Self::Supplicant if are_active => {
                let status = said_by_supplicant(place, "status")?;
                let is_in = status.lines().any(|line| line == "wpa_state=COMPLETED");
                let ssids = status.lines().filter_map(|line| line.strip_prefix("ssid="));
                Ok(ssids.filter(|_| is_in).map(str::to_owned).collect())
            }
            Self::Supplicant => {
                let all = said_by_supplicant(place, "list_networks")?;
                let names = all.lines().skip(1).filter_map(|line| line.split('\t').nth(1));
                Ok(names.map(str::to_owned).collect())
            }
        }
    }

    /// What the addresses of a group begin with.
    pub(crate) fn addresses(self) -> &'static str {
        match self {
            Self::NetworkManager => "10.42.",
            Self::Supplicant => "[fe80:",
        }
    }
}

/// Has `wpa_supplicant` leave the card alone, which nobody uses then.
///
/// # Errors
///
/// If it does not.
pub(crate) fn forget_card(place: &str) -> Result<(), Wrong> {
    let root = "/fi/w1/wpa_supplicant1";
    let service = "fi.w1.wpa_supplicant1";
    let call = |words: &[&str]| {
        let to = ["--system", "--print-reply=literal", &format!("--dest={service}"), root]
            .map(str::to_owned);
        let words: Vec<&str> = to.iter().map(String::as_str).chain(words.iter().copied()).collect();
        said(place, "dbus-send", &words)
    };
    let card = call(&[&format!("{service}.GetInterface"), &format!("string:{CARD}")])?;
    call(&[&format!("{service}.RemoveInterface"), &format!("objpath:{}", card.trim())])?;
    Ok(())
}

/// Whether `wpa_supplicant` manages the card.
pub(crate) fn is_card_managed(place: &str) -> bool {
    said_by_supplicant(place, "status").is_ok()
}

fn said_by_supplicant(place: &str, words: &str) -> Result<String, Wrong> {
    let socket = format!("/run/places/{place}/control");
    said(place, "wpa_cli", &["-p", &socket, "-i", CARD, words])
}

/// What a program says in a place.
fn said(place: &str, program: &str, words: &[&str]) -> Result<String, Wrong> {
    let output = within(place, Path::new(program)).args(words).output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{place}: {program} {words:?}: {why}").into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs something in a place, with its system's bus.
pub(crate) fn within(place: &str, program: &Path) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", place]).arg(program);
    command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path=/run/places/{place}/bus"));
    command
}
