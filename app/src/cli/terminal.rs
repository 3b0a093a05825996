//! A room in a terminal, for computers without a display: the QR in half blocks, lines typed are
//! sent.

mod options;
mod people;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, Write as _},
    sync::{Arc, mpsc},
};

use engine::{Body, Command, Event, Invite, Message, PeerId, Role, RoomId, RoomSummary};

use super::camera::{CameraScan, NOT_OURS, Seen};
use crate::{
    backend::{Backend as _, Notice},
    runtime::{Config, Runtime, Wake},
};

const HELP: &str = "Type a line to send it. /qr shows the invite, /join LINK joins a room, \
/scan reads an invite through the camera, \
/name NAME renames you, /rooms lists rooms, /room N changes to one, /help says more, /quit ends.";

enum Task {
    News,
    Line(String),
    End,
}

/// What is known, and which room lines go to.
struct Face {
    runtime: Runtime,
    rooms: Vec<RoomSummary>,
    names: BTreeMap<PeerId, String>,
    current: Option<RoomId>,
    /// Who waits to be let in, and where.
    waiting: Vec<(RoomId, PeerId)>,
    has_asked_for_page: bool,
    /// To accept once the engine is awake.
    invite: Option<Invite>,
    wake: Wake,
    /// A look through the camera.
    scan: Option<CameraScan>,
}

/// Runs until /quit, Ctrl-C or Ctrl-D.
pub(super) fn run(config: &Config, invite: Option<&Invite>) -> Result<(), String> {
    let (tasks, todo) = mpsc::sync_channel(64);
    let news = tasks.clone();
    let wake: Wake = Arc::new(move || drop(news.try_send(Task::News)));
    let runtime = super::start(config, Wake::clone(&wake))?;
    let interrupted = tasks.clone();
    runtime.on_interrupt(move || drop(interrupted.send(Task::End)));
    std::thread::spawn(move || read_lines(&tasks));
    let mut face = Face {
        runtime,
        rooms: Vec::new(),
        names: BTreeMap::new(),
        current: None,
        waiting: Vec::new(),
        has_asked_for_page: false,
        invite: invite.cloned(),
        wake,
        scan: None,
    };
    say(HELP)?;
    loop {
        while let Some(notice) = face.runtime.poll() {
            match notice {
                Notice::Event(event) => face.tell(event)?,
                Notice::Overflow | Notice::Wifi(_) => {}
                Notice::Stopped(why) => return Err(why),
            }
        }
        face.look()?;
        let task = match &face.scan {
            Some(scan) => todo.recv_timeout(scan.left()),
            None => todo.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        match task {
            Ok(Task::News) | Err(mpsc::RecvTimeoutError::Timeout) => {}
            Ok(Task::Line(line)) if line.trim() == "/quit" => return Ok(()),
            Ok(Task::Line(line)) => face.obey(line.trim_end())?,
            Ok(Task::End) | Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

impl Face {
    /// The engine is awake: join as invited, or begin a room if there is none.
    fn begin(&mut self, name: Option<String>, rooms: Vec<RoomSummary>) -> Result<(), String> {
        let is_first = self.rooms.is_empty();
        let name = name.unwrap_or_else(default_name);
        self.runtime.send(Command::SetName { name });
        let has_rooms = !rooms.is_empty();
        rooms.into_iter().for_each(|room| self.remember(room));
        match self.invite.take() {
            Some(invite) => self.runtime.send(Command::AcceptInvite { invite }),
            None if has_rooms && is_first => self.enter(0)?,
            None if has_rooms => {}
            None => self.runtime.send(Command::CreateRoom { name: "Festival".to_owned() }),
        }
        Ok(())
    }

    /// Accepts what the camera saw.
    fn look(&mut self) -> Result<(), String> {
        match self.scan.as_mut().and_then(CameraScan::poll) {
            Some(Seen::Invite(found)) => {
                self.scan = None;
                self.runtime.send(Command::AcceptInvite { invite: found.invite });
            }
            Some(Seen::Other(_)) => say(&format!("! {NOT_OURS}"))?,
            Some(Seen::Nothing(why)) => {
                self.scan = None;
                say(&format!("! {why}"))?;
            }
            None => {}
        }
        Ok(())
    }

    fn remember(&mut self, room: RoomSummary) {
        self.names.extend(room.members.iter().map(|m| (m.id, m.name.clone())));
        self.rooms.retain(|known| known.id != room.id);
        self.rooms.push(room);
    }

    fn enter(&mut self, number: usize) -> Result<(), String> {
        let Some(room) = self.rooms.get(number) else {
            return say("There is no such room; /rooms lists them.");
        };
        self.current = Some(room.id);
        self.has_asked_for_page = true;
        say(&format!("--- {} ---", room.name))?;
        self.runtime.send(Command::LoadPage { room: room.id, before: None, limit: 20 });
        Ok(())
    }

    fn obey(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, self.current) {
            ("", _) => {}
            ("/qr", Some(room)) => self.runtime.send(Command::ShowInvite { room, invite: None }),
            ("/join", _) => match Invite::parse(rest) {
                Ok(invite) => self.runtime.send(Command::AcceptInvite { invite }),
                Err(why) => say(&format!("! {why}"))?,
            },
            ("/scan", _) => {
                self.scan = None;
                self.scan = Some(CameraScan::start(None, Wake::clone(&self.wake)));
                say("Hold the code in front of the camera.")?;
            }
            ("/name", _) => self.runtime.send(Command::SetName { name: rest.to_owned() }),
            ("/rooms", _) => {
                for (number, room) in self.rooms.iter().enumerate() {
                    say(&format!("  /room {number}  {}", room.name))?;
                }
            }
            ("/room", _) => match rest.trim().parse() {
                Ok(number) => self.enter(number)?,
                Err(_not_a_number) => say("Which one? /rooms lists them.")?,
            },
            (command, Some(room)) if command.starts_with('/') => {
                if !self.obey_about_options(room, command, rest)?
                    && !self.obey_about_people(room, command, rest)?
                {
                    [HELP, people::HELP, options::HELP].into_iter().try_for_each(say)?;
                }
            }
            (command, None) if command.starts_with('/') => say(HELP)?,
            (_, Some(room)) => {
                self.runtime.send(Command::SendText { room, text: line.to_owned() });
            }
            (_, None) => {
                say("You are in no room yet. Create one in the app, /join LINK or /scan.")?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Started { name, rooms } => self.begin(name, rooms)?,
            Event::RoomJoined { room, .. } => {
                say(&format!("You are in \"{}\".", room.name))?;
                self.current = Some(room.id);
                self.remember(room);
            }
            Event::InviteReady { invite, .. } => show_invite(&invite)?,
            Event::MessageAdded { room, message } if Some(room) == self.current => {
                self.show(&message)?;
            }
            Event::PageLoaded { messages, .. } if self.has_asked_for_page => {
                self.has_asked_for_page = false;
                for message in &messages {
                    self.show(message)?;
                }
            }
            Event::MemberChanged { room, member } => self.note_member(room, member),
            Event::JoinStarted { .. } => say("Connecting ...")?,
            Event::JoinFailed { why, .. } => say(&format!("! {why}"))?,
            Event::PeerSeen { peer, .. } => say(&format!("* {} is here", self.name(peer)))?,
            Event::PeerLost { peer, .. } => say(&format!("* {} is gone", self.name(peer)))?,
            Event::MailboxDoubt { relay, why, .. } => {
                say(&format!("! {}: {why}", printable(&relay)))?;
            }
            Event::OptionsChanged { room, options } => self.note_options(room, options),
            Event::CommandRefused { why } => say(&format!("! {why}"))?,
            event => self.tell_about_people(event)?,
        }
        Ok(())
    }

    fn name(&self, peer: PeerId) -> String {
        self.names.get(&peer).map_or_else(|| "somebody".to_owned(), |name| printable(name))
    }

    fn show(&self, message: &Message) -> Result<(), String> {
        let author = self.name(message.author);
        match &message.body {
            Body::Text(text) => say(&format!("{author}: {}", printable(text))),
            Body::Created { name } => say(&format!("* {author} created {}", printable(name))),
            Body::Joined { name } => say(&format!("* {} joined", printable(name))),
            Body::Renamed { name } => say(&format!("* {author} is now {}", printable(name))),
            Body::Left => say(&format!("* {author} left")),
            Body::RoleChanged { member, role } => {
                say(&format!("* {author} made {} {}", self.name(*member), role_name(*role)))
            }
            Body::KeyChanged { removed, .. } => {
                let names: Vec<_> = removed.iter().map(|peer| self.name(*peer)).collect();
                match names.as_slice() {
                    [] => say(&format!("* {author} changed the room's key")),
                    names => say(&format!("* {author} removed {}", names.join(", "))),
                }
            }
            Body::OptionChanged { option, on } => {
                say(&format!("* {author} chose that {}", crate::model::option_words(*option, *on)))
            }
        }
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Removed => "nobody",
        Role::Muted => "a member who only reads",
        Role::Member => "a member",
        Role::Admin => "an admin",
        Role::Owner => "the owner",
    }
}

/// Without what would let a message steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn default_name() -> String {
    let name = std::env::var("USER").or_else(|_unset| std::env::var("USERNAME"));
    name.ok().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "Guest".to_owned())
}

fn show_invite(invite: &Invite) -> Result<(), String> {
    let link = invite.to_text();
    match qr::draw(&link) {
        Ok(modules) => say(&modules.half_blocks(qr::Style::Colored))?,
        Err(why) => say(&format!("! the QR cannot be drawn: {why}"))?,
    }
    say(&format!("Scan this, or open {link}"))
}

fn read_lines(tasks: &mpsc::SyncSender<Task>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if tasks.send(Task::Line(line)).is_err() {
            return;
        }
    }
    let _ = tasks.send(Task::End);
}

fn say(text: &str) -> Result<(), String> {
    writeln!(std::io::stdout().lock(), "{text}")
        .map_err(|err| format!("the terminal is gone: {err}"))
}
