//! What a device without a face asks and tells about people: who they are, whom not to read, and
//! what the admins are told.

use engine::{CodeOwner, Command, Event, PeerId, PersonCode, Report};
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::{is_one_of, peer, room};

/// A line read about people.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    CompareKeys { room: String, member: String },
    CheckCode { code: String, room: Option<String>, member: Option<String> },
    SetVerified { room: String, member: String, on: bool },
    SetBlocked { room: String, member: String, on: bool },
    Report { room: String, member: String, text: String },
    Reports { room: String },
    SetReportDone { room: String, by: String, seq: u64, on: bool },
    Typing { room: String },
}

/// Every [`Line`] there is.
const NAMES: [&str; 8] = [
    "compare_keys",
    "check_code",
    "set_verified",
    "set_blocked",
    "report",
    "reports",
    "set_report_done",
    "typing",
];

/// What the line asks for, if it is about people.
///
/// # Errors
///
/// A sentence says what is wrong with it.
pub(super) fn parse(line: &Value) -> Result<Option<Command>, String> {
    if !is_one_of(line, &NAMES) {
        return Ok(None);
    }
    let line = Line::deserialize(line).map_err(|err| err.to_string())?;
    command(line).map(Some)
}

fn command(line: Line) -> Result<Command, String> {
    Ok(match line {
        Line::CompareKeys { room: id, member } => {
            Command::CompareKeys { room: room(&id)?, member: peer(&member)? }
        }
        Line::CheckCode { code, room: id, member } => {
            let expected = match (id, member) {
                (Some(id), Some(member)) => Some((room(&id)?, peer(&member)?)),
                (None, None) => None,
                _ => return Err("room and member go together".to_owned()),
            };
            let code = PersonCode::parse(&code).map_err(|err| err.to_string())?;
            Command::CheckCode { code, expected }
        }
        Line::SetVerified { room: id, member, on: is_verified } => {
            Command::SetVerified { room: room(&id)?, member: peer(&member)?, is_verified }
        }
        Line::SetBlocked { room: id, member, on: is_blocked } => {
            Command::SetBlocked { room: room(&id)?, member: peer(&member)?, is_blocked }
        }
        Line::Report { room: id, member, text } => {
            Command::Report { room: room(&id)?, member: peer(&member)?, text }
        }
        Line::Typing { room: id } => Command::Typing { room: room(&id)? },
        Line::Reports { room: id } => Command::ListReports { room: room(&id)? },
        Line::SetReportDone { room: id, by, seq, on: is_done } => {
            Command::SetReportDone { room: room(&id)?, by: peer(&by)?, seq, is_done }
        }
    })
}

/// The line for something that happened about people; null for anything else.
pub(super) fn event(event: &Event) -> Value {
    match event {
        Event::SafetyEmojis { room, member, emojis, code } => {
            let pictures = emojis.pictures();
            json!({
                "event": "safety_emojis",
                "room": room.to_string(),
                "member": member.to_string(),
                "emojis": pictures.map(|(picture, _)| picture.to_string()),
                "names": pictures.map(|(_, name)| name),
                "code": code.to_text(),
            })
        }
        Event::CodeChecked { code, expected: _, owner } => {
            let (found, member) = match owner {
                CodeOwner::Verified(peer) => ("verified", Some(peer)),
                CodeOwner::SomebodyElse(peer) => ("somebody_else", Some(peer)),
                CodeOwner::Nobody => ("nobody", None),
                CodeOwner::Me => ("me", None),
                CodeOwner::OtherRoom => ("other_room", None),
            };
            json!({
                "event": "code_checked",
                "room": code.room.to_string(),
                "found": found,
                "member": member.map(PeerId::to_string),
            })
        }
        Event::Typing { room, peer } => {
            json!({"event": "typing", "room": room.to_string(), "peer": peer.to_string()})
        }
        Event::LastChanged { room, last } => json!({
            "event": "last",
            "room": room.to_string(),
            "last": last.as_ref().map(super::message_json::message),
        }),
        Event::ReportsListed { room, reports } => {
            let reports: Vec<_> = reports.iter().map(report).collect();
            json!({"event": "reports", "room": room.to_string(), "reports": reports})
        }
        _ => Value::Null,
    }
}

fn report(Report { report, last_words }: &Report) -> Value {
    json!({
        "by": report.by.to_string(),
        "seq": report.seq,
        "sent_at_ms": report.sent_at.0,
        "about": report.about.to_string(),
        "up_to": report.up_to,
        "text": report.text,
        "last_words": last_words,
        "is_done": report.is_done,
    })
}

#[cfg(test)]
mod tests {
    use engine::Command;

    fn parse(line: &str) -> Result<Option<Command>, String> {
        super::parse(&serde_json::from_str(line).expect("JSON"))
    }

    #[test]
    fn lines_about_people_are_read_or_refused_and_others_are_left_alone() {
        let (room, member) = ("07".repeat(16), "02".repeat(32));
        let line = |cmd: &str, rest: &str| {
            format!(r#"{{"cmd":"{cmd}","room":"{room}","member":"{member}"{rest}}}"#)
        };

        assert!(matches!(
            parse(&line("set_blocked", r#","on":true"#)),
            Ok(Some(Command::SetBlocked { is_blocked: true, .. }))
        ));
        assert!(matches!(parse(&line("compare_keys", "")), Ok(Some(Command::CompareKeys { .. }))));
        assert!(parse(&line("set_verified", "")).is_err(), "whether on or off is not said");
        assert!(parse(&line("check_code", r#","code":"FESTIVAL:AAAA""#)).is_err(), "an invite");
        assert_eq!(parse(r#"{"cmd":"quit"}"#), Ok(None));
    }
}
