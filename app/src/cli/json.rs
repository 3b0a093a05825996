//! Commands and events as JSON lines; the format is told in `app/docs/headless.md`.

use engine::{
    Command, Event, Invite, InviteId, InviteState, PeerId, Position, Role, RoomId, RoomSummary,
    Timestamp,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    device_json::{self, Wish},
    door,
    member_json::member,
    message_json::message,
    people,
    role_name::RoleName,
    storage_json, wifi_json,
};
use crate::{backend::Notice, runtime};

/// The most messages of a page if the line does not say.
const PAGE_LEN: usize = 50;

/// A line read.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    SetName {
        name: String,
    },
    CreateRoom {
        name: String,
    },
    AcceptInvite {
        invite: String,
    },
    CancelJoin {
        invite_id: String,
    },
    ShowInvite {
        room: String,
        invite_id: Option<String>,
    },
    CreateInvite {
        room: String,
        role: Option<RoleName>,
        expires_at_ms: Option<u64>,
        uses: Option<u32>,
        #[serde(default)]
        reads_before: bool,
    },
    RevokeInvite {
        room: String,
        invite_id: String,
    },
    Invites {
        room: String,
    },
    SetRole {
        room: String,
        member: String,
        role: RoleName,
    },
    ChangeKey {
        room: String,
    },
    SetPersonRole {
        room: String,
        member: String,
        role: RoleName,
    },
    SetSelf {
        room: String,
        member: String,
        is_so: bool,
    },
    Send {
        room: String,
        text: String,
    },
    Page {
        room: String,
        before: Option<Place>,
        limit: Option<usize>,
    },
    MarkRead {
        room: String,
        up_to: Place,
    },
    Leave {
        room: String,
    },
    SetMailbox {
        room: String,
        on: bool,
    },
    SetCarrying {
        on: bool,
    },
    SetRelays {
        room: String,
        relays: Vec<String>,
    },
}

/// A [`Position`] as JSON.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Place {
    hlc: u64,
    author: u32,
    seq: u64,
}

impl From<Place> for Position {
    fn from(Place { hlc, author, seq }: Place) -> Self {
        Self { hlc, author: engine::MemberIndex(author), seq }
    }
}

/// Whether a line asks for one of these.
pub(super) fn is_one_of(line: &Value, names: &[&str]) -> bool {
    line.get("cmd").and_then(Value::as_str).is_some_and(|cmd| names.contains(&cmd))
}

/// The room with that id.
///
/// # Errors
///
/// A sentence says that it is none.
pub(super) fn room(text: &str) -> Result<RoomId, String> {
    RoomId::parse(text).ok_or_else(|| "a room is 32 hex digits".to_owned())
}

/// The member with that key.
///
/// # Errors
///
/// A sentence says that it is none.
pub(super) fn peer(text: &str) -> Result<PeerId, String> {
    PeerId::parse(text).ok_or_else(|| "a member is 64 hex digits".to_owned())
}

fn invite(text: &str) -> Result<InviteId, String> {
    InviteId::parse(text).ok_or_else(|| "an invite id is 32 hex digits".to_owned())
}

impl Line {
    /// Reads a line.
    pub(super) fn parse(line: &str) -> Result<Wish, String> {
        let line: Value = serde_json::from_str(line).map_err(|err| err.to_string())?;
        if let Some(command) =
            door::parse(&line)?.or(people::parse(&line)?).or(storage_json::parse(&line)?)
        {
            return Ok(Wish::Command(command));
        }
        if let Some(wish) = device_json::parse(&line)?.or(wifi_json::parse(&line)?) {
            return Ok(wish);
        }
        let line = Self::deserialize(&line).map_err(|err| err.to_string())?;
        let command = match line {
            Self::SetName { name } => Command::SetName { name },
            Self::CreateRoom { name } => Command::CreateRoom { name },
            Self::AcceptInvite { invite } => Command::AcceptInvite {
                invite: Invite::parse(&invite).map_err(|err| err.to_string())?,
            },
            Self::CancelJoin { invite_id } => Command::CancelJoin { invite: invite(&invite_id)? },
            Self::ShowInvite { room: id, invite_id } => Command::ShowInvite {
                room: room(&id)?,
                invite: invite_id.map(|id| invite(&id)).transpose()?,
            },
            Self::CreateInvite { room: id, role, expires_at_ms, uses, reads_before } => {
                Command::CreateInvite {
                    room: room(&id)?,
                    role: role.map_or(Role::Member, Role::from),
                    expires_at: expires_at_ms.map(Timestamp),
                    max_uses: uses,
                    reads_before,
                }
            }
            Self::RevokeInvite { room: id, invite_id } => {
                Command::RevokeInvite { room: room(&id)?, invite: invite(&invite_id)? }
            }
            Self::Invites { room: id } => Command::ListInvites { room: room(&id)? },
            Self::SetRole { room: id, member, role } => {
                Command::SetRole { room: room(&id)?, member: peer(&member)?, role: role.into() }
            }
            Self::SetPersonRole { room: id, member, role } => Command::SetPersonRole {
                room: room(&id)?,
                member: peer(&member)?,
                role: role.into(),
            },
            Self::SetSelf { room: id, member, is_so } => {
                Command::SetSelf { room: room(&id)?, member: peer(&member)?, is_so }
            }
            Self::ChangeKey { room: id } => Command::ChangeKey { room: room(&id)? },
            Self::Send { room: id, text } => Command::SendText { room: room(&id)?, text },
            Self::Page { room: id, before, limit } => Command::LoadPage {
                room: room(&id)?,
                before: before.map(Position::from),
                limit: limit.unwrap_or(PAGE_LEN),
            },
            Self::MarkRead { room: id, up_to } => {
                Command::MarkRead { room: room(&id)?, up_to: up_to.into() }
            }
            Self::Leave { room: id } => Command::LeaveRoom { room: room(&id)? },
            Self::SetCarrying { on } => Command::SetCarrying { on },
            Self::SetMailbox { room: id, on } => Command::SetMailbox { room: room(&id)?, on },
            Self::SetRelays { room: id, relays } => {
                Command::SetRelays { room: room(&id)?, relays: runtime::relay_addrs(&relays) }
            }
        };
        Ok(Wish::Command(command))
    }
}

/// The line for something that happened.
pub(super) fn notice(notice: &Notice) -> Value {
    match notice {
        Notice::Event(event) => self::event(event),
        Notice::Wifi(news) => wifi_json::news(news),
        Notice::Overflow => json!({"event": "overflow"}),
        Notice::Stopped(why) => json!({"event": "stopped", "why": why}),
    }
}

fn event(event: &Event) -> Value {
    match event {
        Event::Started { name, rooms } => {
            let rooms: Vec<_> = rooms.iter().map(summary).collect();
            json!({"event": "started", "name": name, "rooms": rooms})
        }
        Event::NameChanged { name } => json!({"event": "name_changed", "name": name}),
        Event::JoinStarted { invite } => {
            json!({"event": "join_started", "invite_id": invite.to_string()})
        }
        Event::JoinFailed { invite, why } => {
            json!({"event": "join_failed", "invite_id": invite.to_string(), "why": why.to_string()})
        }
        Event::RoomJoined { room: summary, invite } => json!({
            "event": "room_joined",
            "room": self::summary(summary),
            "invite_id": invite.map(|id| id.to_string()),
        }),
        Event::RoomLeaving { room } => {
            json!({"event": "room_leaving", "room": room.to_string()})
        }
        Event::RoomLeft { room, goodbye } => json!({
            "event": "room_left",
            "room": room.to_string(),
            "goodbye": format!("{goodbye:?}").to_lowercase(),
        }),
        Event::InviteReady { room, invite } => json!({
            "event": "invite_ready",
            "room": room.to_string(),
            "invite_id": invite.id().to_string(),
            "invite": invite.to_text(),
        }),
        Event::InvitesListed { room, invites } => {
            let invites: Vec<_> = invites.iter().map(invite_state).collect();
            json!({"event": "invites", "room": room.to_string(), "invites": invites})
        }
        Event::HistoryChanged { room } => {
            json!({"event": "history_changed", "room": room.to_string()})
        }
        Event::MessageAdded { room, message: m } => {
            json!({"event": "message", "room": room.to_string(), "message": message(m)})
        }
        Event::NewestShown { room, names: _, messages } => {
            let messages: Vec<_> = messages.iter().map(message).collect();
            json!({"event": "newest", "room": room.to_string(), "messages": messages})
        }
        Event::PageLoaded { room, before: _, messages, is_start, hides_earlier } => {
            let messages: Vec<_> = messages.iter().map(message).collect();
            json!({
                "event": "page",
                "room": room.to_string(),
                "messages": messages,
                "is_start": is_start,
                "hides_earlier": hides_earlier,
            })
        }
        Event::UnreadChanged { room, count } => {
            json!({"event": "unread", "room": room.to_string(), "count": count})
        }
        Event::MemberChanged { room, member: m } => {
            json!({"event": "member", "room": room.to_string(), "member": member(m)})
        }
        Event::Received { room, by, up_to } => json!({
            "event": "received",
            "room": room.to_string(),
            "by": by.to_string(),
            "up_to": up_to,
        }),
        Event::PeerSeen { room, peer, link } => json!({
            "event": "peer_seen",
            "room": room.to_string(),
            "peer": peer.to_string(),
            "link": link.0,
        }),
        Event::PeerLost { room, peer } => {
            json!({"event": "peer_lost", "room": room.to_string(), "peer": peer.to_string()})
        }
        Event::LinkBusy { room, peer, link, is_busy } => json!({
            "event": "link_busy",
            "room": room.to_string(),
            "peer": peer.to_string(),
            "link": link.0,
            "is_busy": is_busy,
        }),
        Event::MailboxSet { room, on, relays } => json!({
            "event": "mailbox",
            "room": room.to_string(),
            "on": on,
            "relays": runtime::relay_urls(relays),
        }),
        Event::CarryingSet { .. } | Event::StorageTold { .. } => storage_json::event(event),
        Event::Deposited { room, up_to } => {
            json!({"event": "deposited", "room": room.to_string(), "up_to": up_to})
        }
        Event::MailboxDoubt { room, relay, why } => json!({
            "event": "mailbox_doubt",
            "room": room.to_string(),
            "relay": relay,
            "why": why.to_string(),
        }),
        Event::NetworkOffered { .. } => wifi_json::offered(event),
        Event::SafetyEmojis { .. }
        | Event::CodeChecked { .. }
        | Event::LastChanged { .. }
        | Event::Typing { .. }
        | Event::ReportsListed { .. } => people::event(event),
        Event::CommandRefused { why } => json!({"event": "refused", "why": why.to_string()}),
        Event::JoinWaiting { .. }
        | Event::NewcomerWaiting { .. }
        | Event::NewcomerGone { .. }
        | Event::NearbyChanged { .. }
        | Event::OptionsChanged { .. } => door::event(event),
    }
}

fn summary(room: &RoomSummary) -> Value {
    let members: Vec<_> = room.members.iter().map(member).collect();
    json!({
        "id": room.id.to_string(),
        "name": room.name,
        "me": room.me.to_string(),
        "members": members,
        "last": room.last.as_ref().map(message),
        "unread": room.unread,
        "uses_mailbox": room.uses_mailbox,
        "options": door::options(room.options),
    })
}

fn invite_state(state: &InviteState) -> Value {
    json!({
        "invite_id": state.invite.to_string(),
        "by": state.by.to_string(),
        "role": RoleName::from(state.role),
        "expires_at_ms": state.expires_at.map(|at| at.0),
        "max_uses": state.max_uses,
        "reads_before": state.reads_before,
        "uses": state.uses,
        "is_revoked": state.is_revoked,
    })
}

#[cfg(test)]
mod tests;
