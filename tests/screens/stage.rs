//! A stage for the screens: a backend that answers like an engine would, from a script.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use app::{
    backend::{
        Backend, LinkInfo, NetInfo, Notice, RelayedLinks, SelfTest, ServersInUse, TestScope,
        WaysInfo, Whereabouts, WifiNews, WifiWish,
    },
    chat_app::ChatApp,
    host::HostNews,
    stats::SuccessStats,
    ui::state::{Look, TextSize, UiState},
};
use egui::{Vec2, vec2};
use egui_kittest::Harness;
use engine::{
    Command, Event, Goodbye, LinkId, Message, Position, RoomId, RoomOption, RoomOptions,
    RoomSummary,
};
use transport::{servers::Servers, wifi::WifiStatus};

use crate::{
    device::Device,
    network_stage::on_the_internet,
    rules::Rules,
    story::{BEA, ME, NOW, ROOM, conversation, invite, link, member, rooms, text_of},
};

/// A phone, in points.
pub(crate) const PHONE: Vec2 = vec2(390.0, 844.0);
/// A small phone, in points.
pub(crate) const SMALL_PHONE: Vec2 = vec2(360.0, 640.0);
/// A desktop window, in points.
pub(crate) const DESKTOP: Vec2 = vec2(1_200.0, 800.0);
/// What the script is at.
#[derive(Default)]
pub(crate) struct Script {
    notices: VecDeque<Notice>,
    /// What the screens asked for, oldest first.
    pub(crate) commands: Vec<Command>,
    /// All messages of [`ROOM`], oldest first.
    pub(crate) history: Vec<Message>,
    /// Whether something before it is hidden from this device.
    pub(crate) hides_earlier: bool,
    /// Who may do what in [`ROOM`].
    pub(crate) rules: Rules,
    /// What was told to the admins of [`ROOM`].
    pub(crate) reports: Vec<engine::Report>,
    /// What they are told of ways.
    pub(crate) ways: Vec<WaysInfo>,
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
    /// How Wi-Fi stands, where that is told.
    pub(crate) wifi: Option<WifiStatus>,
    /// What was wished of it, besides looks, oldest first.
    pub(crate) wishes: Vec<WifiWish>,
    /// Whether radios were told that nobody looks.
    pub(crate) is_dark: bool,
    /// Pictures that were to be saved.
    pub(crate) saved: Vec<(String, Vec<u8>)>,
    /// What is on the clipboard.
    pub(crate) clipboard: Option<String>,
    /// How much later it is than in the beginning, in milliseconds.
    pub(crate) later: u64,
    /// What the host has to tell.
    pub(crate) news: VecDeque<HostNews>,
    /// What the device can do.
    pub(crate) device: Device,
}

/// The script, shared between the test and the app.
pub(crate) type Shared = Rc<RefCell<Script>>;

/// What the app sees of the script.
pub(crate) struct Stage(pub(crate) Shared);

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

    fn ways(&self) -> Vec<WaysInfo> {
        self.0.borrow().ways.clone()
    }

    fn log_tail(&self) -> Vec<String> {
        vec![
            "18:29:41 INFO  listening on 192.168.1.20:40911".to_owned(),
            "18:29:58 INFO  link 4 open after 14 ms".to_owned(),
        ]
    }

    fn now_millis(&self) -> u64 {
        NOW + self.0.borrow().later
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

    fn wifi(&mut self, wish: WifiWish) {
        let mut script = self.0.borrow_mut();
        match (wish, script.wifi.clone()) {
            (WifiWish::Look, Some(status)) => script.tell_wifi(WifiNews::Status(status)),
            (WifiWish::Look, None) => {}
            (wish, _) => script.wishes.push(wish),
        }
    }

    fn set_screen(&mut self, is_on: bool) {
        self.0.borrow_mut().is_dark = !is_on;
    }

    fn success_stats(&self) -> SuccessStats {
        self.0.borrow().stats.clone()
    }
}

impl Script {
    /// Tells the screens that something happened.
    pub(crate) fn tell(&mut self, event: Event) {
        self.notices.push_back(Notice::Event(event));
    }

    /// Tells the screens what came of a wish.
    pub(crate) fn tell_wifi(&mut self, news: WifiNews) {
        self.notices.push_back(Notice::Wifi(news));
    }

    /// Some of what happened was dropped.
    pub(crate) fn overflow(&mut self) {
        self.notices.push_back(Notice::Overflow);
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
                    uses_mailbox: true,
                    options: RoomOptions::default(),
                };
                self.tell(Event::InviteReady { room: room.id, invite: invite() });
                self.tell(Event::RoomJoined { room, invite: None });
            }
            Command::AcceptInvite { invite } => {
                self.tell(Event::JoinStarted { invite: invite.id() });
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
            Command::ListStorage => self.tell_storage(1 << 30),
            Command::SetBound { bytes } => self.tell_storage(bytes),
            Command::Typing { .. } | Command::OfferNetwork { .. } | Command::WithdrawNetwork => {}
            Command::SetCarrying { on } => self.tell(Event::CarryingSet { on }),
            Command::SetRelays { room, relays } => {
                self.tell(Event::MailboxSet { room, on: true, relays });
            }
            Command::ShowInvite { .. }
            | Command::CreateInvite { .. }
            | Command::RevokeInvite { .. }
            | Command::ListInvites { .. }
            | Command::SetRole { .. }
            | Command::ChangeKey { .. } => {
                let seq = self.history.len() as u64 + 1;
                for event in self.rules.obey(command, seq) {
                    if let Event::MessageAdded { message, .. } = &event {
                        self.history.push(message.clone());
                    }
                    self.tell(event);
                }
            }
            Command::SetSelf { member, is_so, .. } => {
                let event = self.rules.say_self(member, is_so);
                self.tell(event);
            }
            Command::SetPersonRole { room, member, role } => {
                for member in self.rules.devices(member) {
                    self.answer(Command::SetRole { room, member, role });
                }
            }
            Command::LeaveRoom { room } => {
                self.tell(Event::RoomLeft { room, goodbye: Goodbye::Heard });
            }
            Command::LetIn { room, newcomer } | Command::TurnAway { room, newcomer } => {
                self.tell(Event::NewcomerGone { room, newcomer });
            }
            Command::SetOption { room, option, on } => {
                let options = match option {
                    RoomOption::ApproveJoins => {
                        RoomOptions { approve_joins: on, ..RoomOptions::default() }
                    }
                    RoomOption::HideHistory => {
                        RoomOptions { hide_history: on, ..RoomOptions::default() }
                    }
                    RoomOption::KeepFor(time) => {
                        let kept_for = on.then_some(time);
                        RoomOptions { kept_for, ..RoomOptions::default() }
                    }
                    RoomOption::Nearby(_) => {
                        let nearby = on.then_some(invite().id());
                        RoomOptions { approve_joins: on, nearby, ..RoomOptions::default() }
                    }
                };
                self.tell(Event::OptionsChanged { room, options });
            }
            Command::CompareKeys { .. }
            | Command::CheckCode { .. }
            | Command::SetVerified { .. }
            | Command::SetBlocked { .. }
            | Command::Report { .. }
            | Command::ListReports { .. }
            | Command::SetReportDone { .. } => self.answer_people(command),
            Command::CancelJoin { invite } => {
                self.tell(Event::JoinFailed { invite, why: engine::JoinFailure::Canceled });
            }
        }
    }

    fn tell_storage(&mut self, bound: u64) {
        let is_full = bound < 100 << 20;
        self.tell(Event::StorageTold { bound, rooms: vec![(ROOM, 61 << 20)], is_full });
    }

    fn load(&mut self, room: RoomId, before: Option<Position>, limit: usize) {
        let all: &[Message] = if room == ROOM { &self.history } else { &[] };
        let end = before.map_or(all.len(), |position| {
            all.iter().position(|message| message.position >= position).unwrap_or(all.len())
        });
        let start = end.saturating_sub(limit);
        let messages = all.get(start..end).unwrap_or_default().to_vec();
        let (is_start, hides_earlier) = (start == 0, self.hides_earlier);
        self.tell(Event::PageLoaded { room, before, messages, is_start, hides_earlier });
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
    ruled(looking, |_rules| {})
}

/// The same, with other rules in [`ROOM`].
pub(crate) fn ruled(
    looking: Looking,
    rule: impl FnOnce(&mut Rules),
) -> (Harness<'static, ChatApp>, Shared) {
    let shared = scripted(rule);
    start(&shared);
    (harness(looking, &shared), shared)
}

/// What happens to Ana in some rooms, with other rules in [`ROOM`].
pub(crate) fn scripted(rule: impl FnOnce(&mut Rules)) -> Shared {
    let shared = Shared::default();
    {
        let mut script = shared.borrow_mut();
        rule(&mut script.rules);
        script.addrs = vec!["192.168.1.20:40911".to_owned()];
        script.history = conversation();
        script.links = vec![link(4, Some(BEA))];
        script.net = on_the_internet();
        script.servers.servers = Servers::shipped();
    }
    shared
}

/// Tells the screens what an engine remembers when it starts.
pub(crate) fn start(shared: &Shared) {
    let mut script = shared.borrow_mut();
    let rooms = rooms(&script.history, &script.rules.members);
    script.tell(Event::Started { name: Some("Ana".to_owned()), rooms });
    script.tell(Event::CarryingSet { on: true });
    script.tell(Event::PeerSeen { room: ROOM, peer: BEA, link: LinkId(4) });
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

/// The room of [`settled`] opened.
pub(crate) fn in_room(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    in_ruled(looking, |_rules| {})
}

/// The room of [`ruled`] opened.
pub(crate) fn in_ruled(
    looking: Looking,
    rule: impl FnOnce(&mut Rules),
) -> (Harness<'static, ChatApp>, Shared) {
    use egui_kittest::kittest::Queryable as _;

    let (mut harness, shared) = ruled(looking, rule);
    harness.get_by_label_contains("Weekend in the mountains").click();
    harness.run();
    (harness, shared)
}
