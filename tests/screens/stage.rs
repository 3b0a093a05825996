//! A stage for the screens: a backend that answers like an engine would, from a script.

use std::{cell::RefCell, collections::VecDeque, path::PathBuf, rc::Rc, time::Duration};

use app::{
    backend::{
        Backend, LinkInfo, NetInfo, Notice, RelayedLinks, SelfTest, ServersInUse, TestScope,
        Whereabouts,
    },
    chat_app::ChatApp,
    host::{Host, HostNews},
    scan::Source,
    stats::SuccessStats,
    ui::{
        action::ScanFrom,
        state::{Look, TextSize, UiState},
    },
};
use egui::{Vec2, vec2};
use egui_kittest::Harness;
use engine::{
    Addr, Body, Command, Event, Invite, LinkId, Member, MemberIndex, Message, PeerId, Position,
    RoomId, RoomSummary, Timestamp,
};
use transport::{LinkPath, Phase, Role, TransportKind, servers::Servers};

use crate::network_stage::on_the_internet;

/// A phone, in points.
pub(crate) const PHONE: Vec2 = vec2(390.0, 844.0);
/// A small phone, in points.
pub(crate) const SMALL_PHONE: Vec2 = vec2(360.0, 640.0);
/// A desktop window, in points.
pub(crate) const DESKTOP: Vec2 = vec2(1_200.0, 800.0);
/// Monday, 23 November 2026, 18:30 UTC.
pub(crate) const NOW: u64 = 1_795_458_600_000;
/// A minute, in milliseconds.
pub(crate) const MINUTE: u64 = 60_000;
/// The room most tests are in.
pub(crate) const ROOM: RoomId = RoomId::from_bytes([7; 16]);
/// This device's person.
pub(crate) const ME: PeerId = PeerId::from_bytes([1; 32]);
/// Others.
pub(crate) const BEA: PeerId = PeerId::from_bytes([2; 32]);
/// Others.
pub(crate) const CEM: PeerId = PeerId::from_bytes([5; 32]);

/// What the script is at.
#[derive(Default)]
pub(crate) struct Script {
    notices: VecDeque<Notice>,
    /// What the screens asked for, oldest first.
    pub(crate) commands: Vec<Command>,
    /// All messages of [`ROOM`], oldest first.
    pub(crate) history: Vec<Message>,
    /// What the screens are told of links.
    pub(crate) links: Vec<LinkInfo>,
    /// Where the device can be reached.
    pub(crate) addrs: Vec<String>,
    /// How the device stands in the network.
    pub(crate) net: NetInfo,
    /// The servers in use.
    pub(crate) servers: ServersInUse,
    /// When links may be relayed.
    pub(crate) relayed: RelayedLinks,
    /// The self-tests asked for, oldest first.
    pub(crate) tests: Vec<(TestScope, Servers)>,
    /// How far the last one has come.
    pub(crate) test: SelfTest,
    /// How well connecting has gone.
    pub(crate) stats: SuccessStats,
    /// Why choices cannot be kept, if they cannot.
    pub(crate) disk_problem: Option<String>,
    /// Pictures that were to be saved.
    pub(crate) saved: Vec<(String, Vec<u8>)>,
    /// What is on the clipboard.
    pub(crate) clipboard: Option<String>,
    /// What the host has to tell.
    pub(crate) news: VecDeque<HostNews>,
}

/// The script, shared between the test and the app.
pub(crate) type Shared = Rc<RefCell<Script>>;

struct Stage(Shared);

impl Backend for Stage {
    fn send(&mut self, command: Command) {
        let mut script = self.0.borrow_mut();
        script.commands.push(command.clone());
        script.answer(command);
    }

    fn poll(&mut self) -> Option<Notice> {
        self.0.borrow_mut().notices.pop_front()
    }

    fn links(&self) -> Vec<LinkInfo> {
        self.0.borrow().links.clone()
    }

    fn log_tail(&self) -> Vec<String> {
        vec![
            "18:29:41 INFO  listening on 192.168.1.20:40911".to_owned(),
            "18:29:58 INFO  link 4 open after 14 ms".to_owned(),
        ]
    }

    fn now_millis(&self) -> u64 {
        NOW
    }

    fn whereabouts(&self) -> Whereabouts {
        Whereabouts {
            addrs: self.0.borrow().addrs.clone(),
            data_dir: "/home/ana/.local/share/festival-chat".to_owned(),
        }
    }

    fn net(&self) -> NetInfo {
        self.0.borrow().net.clone()
    }

    fn servers(&self) -> ServersInUse {
        self.0.borrow().servers.clone()
    }

    fn set_servers(&mut self, servers: Servers) -> Result<(), String> {
        let mut script = self.0.borrow_mut();
        if let Some(why) = &script.disk_problem {
            return Err(why.clone());
        }
        script.servers.servers = servers;
        Ok(())
    }

    fn relayed_links(&self) -> RelayedLinks {
        self.0.borrow().relayed
    }

    fn set_relayed_links(&mut self, relayed: RelayedLinks) -> Result<(), String> {
        self.0.borrow_mut().relayed = relayed;
        Ok(())
    }

    fn start_self_test(&mut self, scope: TestScope, servers: Servers) {
        let mut script = self.0.borrow_mut();
        script.tests.push((scope, servers));
        script.test.is_running = true;
    }

    fn self_test(&self) -> SelfTest {
        self.0.borrow().test.clone()
    }

    fn success_stats(&self) -> SuccessStats {
        self.0.borrow().stats.clone()
    }
}

impl Host for Stage {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(|_at| 0)
    }

    fn scan_sources(&self) -> Vec<ScanFrom> {
        vec![ScanFrom::File, ScanFrom::Clipboard, ScanFrom::Screen]
    }

    fn source(&mut self, _from: ScanFrom) -> Option<Source> {
        None
    }

    fn clipboard_text(&mut self) -> Option<String> {
        self.0.borrow().clipboard.clone()
    }

    fn save_png(&mut self, name: &str, png: Vec<u8>) {
        let mut script = self.0.borrow_mut();
        script.saved.push((name.to_owned(), png));
        script.news.push_back(HostNews::Saved(PathBuf::from("/pictures/code.png")));
    }

    fn poll(&mut self) -> Option<HostNews> {
        self.0.borrow_mut().news.pop_front()
    }

    fn save_state(&mut self, _json: &str) {}
}

impl Script {
    /// Tells the screens that something happened.
    pub(crate) fn tell(&mut self, event: Event) {
        self.notices.push_back(Notice::Event(event));
    }

    /// A message is on the disk.
    pub(crate) fn add(&mut self, message: Message) {
        self.history.push(message.clone());
        self.tell(Event::MessageAdded { room: ROOM, message });
    }

    fn answer(&mut self, command: Command) {
        match command {
            Command::SetName { name } => self.tell(Event::NameChanged { name }),
            Command::CreateRoom { name } => {
                let room = RoomSummary {
                    id: RoomId::from_bytes([9; 16]),
                    name,
                    me: ME,
                    members: vec![member(ME, "Ana", 0)],
                    last: None,
                    unread: 0,
                };
                self.tell(Event::InviteReady { room: room.id, invite: invite() });
                self.tell(Event::RoomJoined { room, invite: None });
            }
            Command::AcceptInvite { invite } => {
                self.tell(Event::JoinStarted { invite: invite.id() });
            }
            Command::ShowInvite { room } => {
                self.tell(Event::InviteReady { room, invite: invite() });
            }
            Command::SendText { text, .. } => {
                let message = text_of(ME, self.history.len() as u64 + 1, 0, &text);
                self.add(message);
            }
            Command::LoadPage { room, before, limit } => self.load(room, before, limit),
            Command::MarkRead { room, .. } => {
                self.tell(Event::UnreadChanged { room, count: 0 });
            }
            Command::SetMailbox { room, on } => {
                self.tell(Event::MailboxSet { room, on, relays: Vec::new() });
            }
            Command::SetRelays { room, relays } => {
                self.tell(Event::MailboxSet { room, on: true, relays });
            }
            Command::LeaveRoom { room } => self.tell(Event::RoomLeft { room }),
            Command::CancelJoin { invite } => {
                self.tell(Event::JoinFailed { invite, why: engine::JoinFailure::Canceled });
            }
        }
    }

    fn load(&mut self, room: RoomId, before: Option<Position>, limit: usize) {
        let all: &[Message] = if room == ROOM { &self.history } else { &[] };
        let end = before.map_or(all.len(), |position| {
            all.iter().position(|message| message.position >= position).unwrap_or(all.len())
        });
        let start = end.saturating_sub(limit);
        let messages = all.get(start..end).unwrap_or_default().to_vec();
        self.tell(Event::PageLoaded { room, before, messages, is_start: start == 0 });
    }
}

/// Somebody in a room.
pub(crate) fn member(id: PeerId, name: &str, holds: u64) -> Member {
    Member { id, name: name.to_owned(), holds, last_seen: None }
}

/// Words of `author`, written so many minutes before [`NOW`].
pub(crate) fn text_of(author: PeerId, seq: u64, minutes_ago: u64, text: &str) -> Message {
    said(author, seq, minutes_ago, Body::Text(text.to_owned()))
}

/// Something of `author`, so many minutes before [`NOW`].
pub(crate) fn said(author: PeerId, seq: u64, minutes_ago: u64, body: Body) -> Message {
    Message {
        position: Position { hlc: seq, author: MemberIndex(0), seq },
        author,
        sent_at: Timestamp(NOW - minutes_ago * MINUTE),
        body,
    }
}

/// An invite like those of one device on one network.
pub(crate) fn invite() -> Invite {
    Invite {
        secret: [0x5a; 16],
        host: [0xc3; 16],
        expires_at: Some(Timestamp(1_795_528_800_000)),
        addrs: vec![Addr { tag: 1, bytes: vec![192, 168, 1, 20, 0x9f, 0xcf] }],
    }
}

/// A link to `peer` in [`ROOM`], or to somebody not known yet.
pub(crate) fn link(id: u64, peer: Option<PeerId>) -> LinkInfo {
    let phase = |name, millis| Phase { name, after: Duration::from_millis(millis) };
    let mut phases = vec![phase("ice connected", 4), phase("dtls connected", 11)];
    if peer.is_some() {
        phases.extend([phase("channel open", 14), phase("session", 17)]);
    }
    LinkInfo {
        id: LinkId(id),
        kind: TransportKind::WebRtc,
        role: Role::Dialer,
        remote: format!("192.168.1.{}:40911", 20 + id),
        path: LinkPath::Direct,
        peer: peer.map(|peer| (ROOM, peer)),
        round_trip: peer.map(|_| Duration::from_micros(1_840)),
        age: Duration::from_secs(312),
        phases,
        bytes_sent: 18_204,
        bytes_received: 9_113,
        closed: None,
    }
}

/// How a test looks at the app.
#[derive(Clone, Copy)]
pub(crate) struct Looking {
    /// The window, in points.
    pub(crate) size: Vec2,
    /// Light or dark.
    pub(crate) look: Look,
    /// The size of text, in percent.
    pub(crate) text: u16,
    /// Whether pictures are taken.
    pub(crate) has_pictures: bool,
    /// Whether letters may appear that the test fonts lack.
    pub(crate) has_any_script: bool,
}

impl Looking {
    /// At a window of `size`, by day, at 100 %, without pictures.
    pub(crate) fn at(size: Vec2) -> Self {
        Self { size, look: Look::Light, text: 100, has_pictures: false, has_any_script: false }
    }
}

/// The app before anybody gave a name.
pub(crate) fn newcomer(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let shared = Shared::default();
    shared.borrow_mut().addrs = vec!["192.168.1.20:40911".to_owned()];
    shared.borrow_mut().tell(Event::Started { name: None, rooms: Vec::new() });
    (harness(looking, &shared), shared)
}

/// The app of Ana, who is in no room yet.
pub(crate) fn alone(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let shared = Shared::default();
    shared.borrow_mut().addrs = vec!["192.168.1.20:40911".to_owned()];
    let name = Some("Ana".to_owned());
    shared.borrow_mut().tell(Event::Started { name, rooms: Vec::new() });
    (harness(looking, &shared), shared)
}

/// The app of Ana, in some rooms.
pub(crate) fn settled(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let shared = Shared::default();
    {
        let mut script = shared.borrow_mut();
        script.addrs = vec!["192.168.1.20:40911".to_owned()];
        script.history = conversation();
        script.links = vec![link(4, Some(BEA))];
        script.net = on_the_internet();
        script.servers.servers = Servers::shipped();
        let rooms = rooms(&script.history);
        script.tell(Event::Started { name: Some("Ana".to_owned()), rooms });
        script.tell(Event::PeerSeen { room: ROOM, peer: BEA, link: LinkId(4) });
    }
    (harness(looking, &shared), shared)
}

/// The app on a script of the test's own.
pub(crate) fn harness(looking: Looking, shared: &Shared) -> Harness<'static, ChatApp> {
    let state =
        UiState { look: looking.look, text_size: TextSize(looking.text), ..UiState::default() };
    resumed(looking, shared, state)
}

/// The same, where the person was at `state`.
pub(crate) fn resumed(
    looking: Looking,
    shared: &Shared,
    state: UiState,
) -> Harness<'static, ChatApp> {
    let backend = Box::new(Stage(Rc::clone(shared)));
    let app = ChatApp::new(backend, state, Box::new(Stage(Rc::clone(shared))));
    let mut builder =
        Harness::builder().with_size(looking.size).with_max_steps(24).with_render_cursor(false);
    if looking.has_pictures {
        builder = builder.wgpu();
    }
    if looking.has_any_script {
        builder = builder.allow_missing_glyphs();
    }
    let mut harness = builder.build_ui_state(
        |ui, app: &mut ChatApp| {
            app.logic(ui.ctx());
            app.ui(ui);
        },
        app,
    );
    harness.run();
    harness
}

/// A conversation of three.
pub(crate) fn conversation() -> Vec<Message> {
    let day = 24 * 60;
    let name = |name: &str| name.to_owned();
    vec![
        said(BEA, 1, day + 95, Body::Created { name: name("Weekend in the mountains") }),
        said(ME, 2, day + 94, Body::Joined { name: name("Ana") }),
        said(CEM, 3, day + 90, Body::Joined { name: name("Cem Yilmaz") }),
        text_of(BEA, 4, day + 88, "Hut is booked! Six beds, and the stove works again."),
        text_of(ME, 5, day + 87, "Wonderful"),
        text_of(
            ME,
            6,
            day + 87,
            "I can bring the big tent just in case somebody prefers to sleep outside. \
             It fits three, four if you like each other.",
        ),
        text_of(CEM, 7, 42, "Train at 8:12 or 9:40?"),
        text_of(BEA, 8, 41, "9:40. Some of us are human."),
        text_of(BEA, 9, 41, "Platform 4, last car, so that we sit together."),
        text_of(ME, 10, 38, "9:40 it is. I will buy the bread on the way."),
        text_of(
            CEM,
            11,
            12,
            "Map for the second day, in case there is no network up there:\n\
             hut - lake - ridge - lower pass - village",
        ),
        text_of(ME, 12, 3, "Got it, thanks!"),
        text_of(ME, 13, 2, "See you at the station"),
    ]
}

fn rooms(history: &[Message]) -> Vec<RoomSummary> {
    let others = |seed: u8, name: &str| {
        vec![member(ME, "Ana", 0), member(PeerId::from_bytes([seed; 32]), name, 0)]
    };
    let friend = |seed: u8| PeerId::from_bytes([seed; 32]);
    vec![
        RoomSummary {
            id: ROOM,
            name: "Weekend in the mountains".to_owned(),
            me: ME,
            members: vec![
                member(ME, "Ana", 0),
                member(BEA, "Bea", 13),
                Member {
                    last_seen: Some(Timestamp(NOW - 11 * MINUTE)),
                    ..member(CEM, "Cem Yilmaz", 10)
                },
            ],
            last: history.last().cloned(),
            unread: 0,
        },
        RoomSummary {
            id: RoomId::from_bytes([21; 16]),
            name: "Main stage crew".to_owned(),
            me: ME,
            members: others(31, "Dilan"),
            last: Some(text_of(friend(31), 8, 65, "Soundcheck moved to five, tell the others")),
            unread: 3,
        },
        RoomSummary {
            id: RoomId::from_bytes([24; 16]),
            name: "Oma Gerda".to_owned(),
            me: ME,
            members: others(32, "Oma Gerda"),
            last: Some(text_of(ME, 5, 26 * 60, "Kisses, and tell Opa about the cake")),
            unread: 0,
        },
    ]
}

/// The room of [`settled`] opened.
pub(crate) fn in_room(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    use egui_kittest::kittest::Queryable as _;

    let (mut harness, shared) = settled(looking);
    harness.get_by_label_contains("Weekend in the mountains").click();
    harness.run();
    (harness, shared)
}
