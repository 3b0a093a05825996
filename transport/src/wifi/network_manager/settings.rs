//! The settings of a network for `NetworkManager`.

use std::collections::HashMap;

use zbus::zvariant::Value;

use super::Credentials;

/// Settings by section and name.
pub(super) type Settings<'a> = HashMap<&'static str, HashMap<&'static str, Value<'a>>>;

/// Those of a group that is made here, on the channel, or joined.
pub(super) fn of(credentials: &Credentials, channel: Option<u32>) -> Settings<'_> {
    let is_made = channel.is_some();
    let (mode, method) = if is_made { ("ap", "shared") } else { ("infrastructure", "auto") };
    let mut wireless = HashMap::from([
        ("ssid", Value::new(credentials.ssid().as_bytes().to_vec())),
        ("mode", Value::new(mode)),
    ]);
    let mut ipv4 = HashMap::from([("method", Value::new(method))]);
    if let Some(channel) = channel {
        // Every phone hears it. Left to itself, NetworkManager may take a channel that is not allowed here.
        wireless.insert("band", Value::new("bg"));
        wireless.insert("channel", Value::new(channel));
    } else {
        // Whoever makes a group is no way to the internet, nor to be asked where names are.
        ipv4.insert("never-default", Value::new(true));
        ipv4.insert("ignore-auto-dns", Value::new(true));
    }
    let security = HashMap::from([
        ("key-mgmt", Value::new("wpa-psk")),
        ("proto", Value::new(vec!["rsn"])),
        ("pairwise", Value::new(vec!["ccmp"])),
        ("group", Value::new(vec!["ccmp"])),
        ("psk", Value::new(credentials.passphrase())),
    ]);
    let connection = HashMap::from([
        ("id", Value::new(credentials.ssid())),
        ("type", Value::new("802-11-wireless")),
        ("autoconnect", Value::new(false)),
    ]);
    HashMap::from([
        ("connection", connection),
        ("802-11-wireless", wireless),
        ("802-11-wireless-security", security),
        ("ipv4", ipv4),
        ("ipv6", HashMap::from([("method", Value::new("ignore"))])),
    ])
}
