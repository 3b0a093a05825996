//! What can be done about people in the terminal, and about the room itself.

use engine::{Command, Event, Member, PeerId, Role, RoomId};

use super::{Face, printable, role_name, say};
use crate::backend::Backend as _;

/// The lines for it.
pub(super) const HELP: &str = "/members lists who is here. /verify N compares pictures with one of them, \
/verified N says that they were the same, /block N and /unblock N, /report N WORDS tells the admins, \
/reports lists what they were told. /in N and /away N answer a newcomer who waits, /leave leaves the \
room.";

impl Face {
    /// Does what a line says about people; false if it says nothing of the kind.
    pub(super) fn obey_about_people(
        &mut self,
        room: RoomId,
        word: &str,
        rest: &str,
    ) -> Result<bool, String> {
        let (number, words) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        let number: Option<usize> = number.parse().ok();
        let command = match word {
            "/members" => {
                self.list_members(room)?;
                return Ok(true);
            }
            "/reports" => Some(Command::ListReports { room }),
            "/leave" => Some(Command::LeaveRoom { room }),
            "/in" | "/away" => {
                let waiting = number.and_then(|number| self.waiting.get(number));
                waiting.map(|&(room, newcomer)| match word {
                    "/in" => Command::LetIn { room, newcomer },
                    _ => Command::TurnAway { room, newcomer },
                })
            }
            "/verify" | "/verified" | "/block" | "/unblock" | "/report" => {
                let member = number.and_then(|number| self.members(room).get(number).map(|m| m.id));
                member.map(|member| about(room, member, word, words))
            }
            _ => return Ok(false),
        };
        match command {
            Some(command) => self.runtime.send(command),
            None => say("Which one? /members lists them; the others stand in /help.")?,
        }
        Ok(true)
    }

    fn members(&self, room: RoomId) -> &[Member] {
        self.rooms.iter().find(|known| known.id == room).map_or(&[], |room| &room.members)
    }

    fn list_members(&self, room: RoomId) -> Result<(), String> {
        let present = self.members(room).iter().enumerate().filter(|(_, m)| m.role > Role::Removed);
        for (number, member) in present {
            let verified = if member.is_verified { ", verified" } else { "" };
            let blocked = if member.is_blocked { ", blocked" } else { "" };
            let (name, role) = (printable(&member.name), role_name(member.role));
            say(&format!("  {number}  {name}, {role}{verified}{blocked}"))?;
        }
        Ok(())
    }

    /// Notes what is known of a member.
    pub(super) fn note_member(&mut self, room: RoomId, member: Member) {
        self.names.insert(member.id, member.name.clone());
        let Some(room) = self.rooms.iter_mut().find(|known| known.id == room) else { return };
        match room.members.iter_mut().find(|known| known.id == member.id) {
            Some(known) => *known = member,
            None => room.members.push(member),
        }
    }

    /// Tells what happened about people.
    pub(super) fn tell_about_people(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::SafetyEmojis { room, member, emojis, .. } => {
                let number = self.members(room).iter().position(|known| known.id == member);
                say(&format!("Both of you must see: {}", listed(&emojis.pictures())))?;
                say(&format!(
                    "If {} sees the same, say /verified {}",
                    self.name(member),
                    number.unwrap_or_default()
                ))
            }
            Event::JoinWaiting { host, pictures, .. } => say(&format!(
                "{} has to let you in. Both of you see: {}",
                printable(&host),
                listed(&pictures.pictures())
            )),
            Event::NewcomerWaiting { room, newcomer, name, pictures } => {
                self.waiting.retain(|known| *known != (room, newcomer));
                self.waiting.push((room, newcomer));
                let number = self.waiting.len() - 1;
                say(&format!(
                    "* {} wants to come in, and must see: {}. /in {number} or /away {number}",
                    printable(&name),
                    listed(&pictures.pictures())
                ))
            }
            Event::NewcomerGone { room, newcomer } => {
                self.waiting.retain(|known| *known != (room, newcomer));
                Ok(())
            }
            Event::NearbyChanged { rooms } => {
                for room in rooms {
                    let (name, link) = (printable(&room.name), room.invite.to_text());
                    say(&format!(
                        "* Open to people nearby: {name}. To ask to come in: /join {link}"
                    ))?;
                }
                Ok(())
            }
            Event::ReportsListed { reports, .. } => {
                for report in reports {
                    let report = report.report;
                    let (by, about) = (self.name(report.by), self.name(report.about));
                    say(&format!("  {by} about {about}: {}", printable(&report.text)))?;
                }
                Ok(())
            }
            Event::RoomLeft { room, .. } => {
                self.rooms.retain(|known| known.id != room);
                self.current = self.current.filter(|current| *current != room);
                say("You left the room. /rooms lists the others.")
            }
            _ => Ok(()),
        }
    }
}

fn about(room: RoomId, member: PeerId, word: &str, words: &str) -> Command {
    match word {
        "/verify" => Command::CompareKeys { room, member },
        "/verified" => Command::SetVerified { room, member, is_verified: true },
        "/report" => Command::Report { room, member, text: words.to_owned() },
        _ => Command::SetBlocked { room, member, is_blocked: word == "/block" },
    }
}

/// "🐶 Dog, 🐱 Cat"
fn listed(pictures: &[(char, &'static str)]) -> String {
    let named: Vec<_> = pictures.iter().map(|(sign, name)| format!("{sign} {name}")).collect();
    named.join(", ")
}
