//! The settings of a network for `wpa_supplicant`.

use std::collections::HashMap;

use zbus::zvariant::Value;

use super::Credentials;

/// Settings by name.
pub(super) type Settings<'a> = HashMap<&'static str, Value<'a>>;

/// The setting that means nothing to `wpa_supplicant`, and holds a [`mark`].
pub(super) const MARK: &str = "id_str";

/// What every mark begins with.
const MARK_START: &str = "festival-chat ";

/// The longest name on the bus.
const MAX_OWNER_LEN: usize = 255;

/// Networks that were entered by choice are preferred as long as they are heard.
const PRIORITY: i32 = 1_000;

/// `wpa_supplicant`'s mode of whoever makes a network.
const MODE_AP: u32 = 2;

/// Says who added a network, by the name on the bus, which nobody else gets after them.
pub(super) fn mark(owner: &str) -> String {
    format!("{MARK_START}{owner}")
}

/// Who added a network, by a setting that [`mark`] made; `None` for all others.
pub(super) fn owner(setting: &str) -> Option<&str> {
    let setting = setting.strip_prefix('"')?.strip_suffix('"')?;
    let owner = setting.strip_prefix(MARK_START)?;
    (owner.starts_with(':') && owner.len() <= MAX_OWNER_LEN).then_some(owner)
}

/// Those of a group that is made here, on one of the frequencies, or joined.
pub(super) fn of<'a>(
    credentials: &'a Credentials,
    frequency: Option<u32>,
    owner: &str,
) -> Settings<'a> {
    let mut settings = HashMap::from([
        // As bytes: what is text may be taken for more than a name.
        ("ssid", Value::new(credentials.ssid().as_bytes().to_vec())),
        ("psk", Value::new(credentials.passphrase())),
        ("key_mgmt", Value::new("WPA-PSK")),
        ("proto", Value::new("RSN")),
        ("pairwise", Value::new("CCMP")),
        ("group", Value::new("CCMP")),
        ("priority", Value::new(PRIORITY)),
        (MARK, Value::new(mark(owner))),
    ]);
    if let Some(frequency) = frequency {
        settings.insert("mode", Value::new(MODE_AP));
        settings.insert("frequency", Value::new(frequency));
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::{mark, owner};

    #[test]
    fn only_networks_that_this_program_added_have_an_owner() {
        let ours = format!("\"{}\"", mark(":1.42"));

        assert_eq!(owner(&ours), Some(":1.42"));
        let long = format!("\"{}\"", mark(&format!(":{}", "1".repeat(255))));
        for other in ["", "\"\"", "\"home\"", "festival-chat :1.42", "\"festival-chat \"", &long] {
            assert_eq!(owner(other), None, "{other}");
        }
    }
}
