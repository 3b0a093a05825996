//! Wi-Fi without a router, as JSON lines.

use engine::{Event, Invite};
use serde::Deserialize;
use serde_json::{Value, json};
use transport::wifi::{Credentials, Group, WifiStatus};

use super::{
    device_json::Wish,
    json::{self, is_one_of},
};
use crate::{
    backend::{Notice, WifiNews, WifiWish},
    runtime::{network_of, with_network},
};

/// A line read about Wi-Fi.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Wifi,
    MakeGroup {
        room: Option<String>,
        #[serde(default)]
        may_leave_network: bool,
    },
    JoinGroup {
        invite: Option<String>,
        code: Option<String>,
        #[serde(default)]
        may_leave_network: bool,
    },
    LeaveGroup,
}

/// Every [`Line`] there is.
const NAMES: [&str; 4] = ["wifi", "make_group", "join_group", "leave_group"];

/// What the line asks for, if it is about Wi-Fi.
///
/// # Errors
///
/// A sentence says what is wrong with it.
pub(super) fn parse(line: &Value) -> Result<Option<Wish>, String> {
    if !is_one_of(line, &NAMES) {
        return Ok(None);
    }
    let line = Line::deserialize(line).map_err(|err| err.to_string())?;
    Ok(Some(Wish::Wifi(match line {
        Line::Wifi => WifiWish::Look,
        Line::MakeGroup { room, may_leave_network } => WifiWish::Make {
            room: room.as_deref().map(json::room).transpose()?,
            may_leave: may_leave_network,
        },
        Line::JoinGroup { invite, code, may_leave_network } => {
            let invite = invite.map(|invite| Invite::parse(&invite)).transpose();
            let invite = invite.map_err(|err| err.to_string())?;
            let by_code = code.as_deref().and_then(Credentials::parse_code);
            let credentials = by_code.or_else(|| network_of(invite.as_ref()?));
            WifiWish::Join {
                credentials: credentials.ok_or("this does not let into a network")?,
                invite,
                may_leave: may_leave_network,
            }
        }
        Line::LeaveGroup => WifiWish::Leave,
    })))
}

/// What lets into the group that this device made, for its invites.
#[derive(Debug, Default)]
pub(super) struct Made(Option<Credentials>);

impl Made {
    /// The line for something that happened.
    pub(super) fn line(&mut self, notice: &Notice) -> Value {
        match notice {
            Notice::Wifi(WifiNews::Made(credentials)) => self.0 = Some(credentials.clone()),
            Notice::Wifi(WifiNews::Left | WifiNews::Joined(_)) => self.0 = None,
            Notice::Wifi(WifiNews::Status(status)) if status.group.is_none() => self.0 = None,
            _ => {}
        }
        let mut line = json::notice(notice);
        if let (Notice::Event(Event::InviteReady { invite, .. }), Some(credentials), Some(line)) =
            (notice, &self.0, line.as_object_mut())
        {
            let with = with_network(invite, credentials).to_text();
            line.insert("with_network".to_owned(), json!(with));
        }
        line
    }
}

/// The line for a network that a member made; null for anything else, and for what lets into none.
pub(super) fn offered(event: &Event) -> Value {
    let Event::NetworkOffered { room, peer, access } = event else { return Value::Null };
    let credentials = Credentials::decode(access);
    json!({
        "event": "group_offered",
        "room": room.to_string(),
        "peer": peer.to_string(),
        "ssid": credentials.as_ref().map(Credentials::ssid),
        "code": credentials.as_ref().map(Credentials::to_code),
    })
}

/// The line for news of Wi-Fi.
pub(super) fn news(news: &WifiNews) -> Value {
    match news {
        WifiNews::Status(status) => self::status(status),
        WifiNews::Made(credentials) => json!({
            "event": "group_made",
            "ssid": credentials.ssid(),
            "passphrase": credentials.passphrase(),
            "code": credentials.to_code(),
        }),
        WifiNews::Joined(credentials) => {
            json!({"event": "group_joined", "ssid": credentials.ssid()})
        }
        WifiNews::Left => json!({"event": "group_left"}),
        WifiNews::WouldLeave(network) => json!({"event": "would_leave", "network": network}),
        WifiNews::Failed(why) => json!({"event": "wifi_failed", "why": why}),
    }
}

fn status(status: &WifiStatus) -> Value {
    let group =
        |Group { part, credentials }: &Group| json!({"part": part, "ssid": credentials.ssid()});
    json!({
        "event": "wifi",
        "state": status.state,
        "network": status.network,
        "can_make": status.can_make,
        "group": status.group.as_ref().map(group),
    })
}
