//! The app behind the screens: takes in what happened, draws, and carries out what was decided.
//! Whoever has a window calls [`ChatApp::logic`] and [`ChatApp::ui`].

use std::{fmt, sync::Arc};

use egui::{Context, Ui};
use engine::{
    Body, Event, Invite, InviteId, Message, PersonCode, PersonCodeError, Refusal, RoomId, Timestamp,
};

use crate::{
    backend::{Backend, LinkInfo, NetInfo, Notice, Whereabouts},
    host::{Host, HostNews, Permission, PermissionState},
    model::{Model, sentence},
    ui::{
        clock::Clock,
        leaving::parted,
        pictures,
        route::Route,
        state::{Look, TextSize, UiState},
        theme,
        toast::Toasts,
    },
};

mod act;
mod away;
mod codes;
mod door;
mod frame;
mod gather;
mod invites;
mod keys;
mod leaving;
mod members;
mod network;
mod offered;
mod people;
mod scanning;
mod seen;
mod selves;
mod typing;
mod wifi;

use away::Away;
use codes::Codes;
use keys::Composing;
use offered::Offered;
use people::{Checking, PeopleNews};
use scanning::Scanning;
use typing::Typing;
use wifi::Wifi;

/// How long a change of the screens' state may wait until it is kept.
const SAVE_AFTER_SECS: f64 = 1.0;

/// The app.
pub struct ChatApp {
    backend: Box<dyn Backend>,
    host: Box<dyn Host>,
    model: Model,
    state: UiState,
    clock: Clock,
    toasts: Toasts,
    scanning: Scanning,
    codes: Codes,
    typing: Typing,
    offered: Offered,
    /// Who it is of whom the person makes sure.
    checking: Option<Checking>,
    links: Vec<LinkInfo>,
    whereabouts: Whereabouts,
    net: NetInfo,
    wifi: Wifi,
    /// Whether a self-test may still have something to tell.
    is_testing: bool,
    away: Away,
    /// What the person said of each permission, as far as this device asks; `None` before it was looked at.
    permits: Option<Vec<(Permission, PermissionState)>>,
    /// Whether links can be passed on to other programs.
    can_share: bool,
    composing: Composing,
    installed: Option<(Look, TextSize)>,
    saved: String,
    save_at: Option<f64>,
}

impl fmt::Debug for ChatApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatApp").field("model", &self.model).finish_non_exhaustive()
    }
}

impl ChatApp {
    /// An app that shows what `backend` knows and resumes at `state`.
    pub fn new(backend: Box<dyn Backend>, state: UiState, host: Box<dyn Host>) -> Self {
        let clock = Clock::new(host.utc_offset());
        Self {
            backend,
            host,
            model: Model::default(),
            saved: state.to_json(),
            state,
            clock,
            toasts: Toasts::default(),
            scanning: Scanning::default(),
            codes: Codes::default(),
            typing: Typing::default(),
            offered: Offered::default(),
            checking: None,
            links: Vec::new(),
            whereabouts: Whereabouts::default(),
            net: NetInfo::default(),
            wifi: Wifi::default(),
            is_testing: false,
            away: Away::default(),
            permits: None,
            can_share: false,
            composing: Composing::default(),
            installed: None,
            save_at: None,
        }
    }

    /// Follows the invite in `text`, as if it had been scanned: a link from the command line or
    /// from another program.
    pub fn open_link(&mut self, text: &str) {
        self.join(text);
    }

    /// What is known.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What the person was doing.
    pub fn state(&self) -> &UiState {
        &self.state
    }

    /// Takes in what happened; to be called before every frame, and also while the window is
    /// hidden whenever the backend wakes it.
    pub fn logic(&mut self, ctx: &Context) {
        self.install(ctx);
        self.clock.set(Timestamp(self.backend.now_millis()));
        while let Some(notice) = self.backend.poll() {
            self.take_in(notice);
        }
        while let Some(news) = self.host.poll() {
            self.hear(ctx, news);
        }
        self.links = self.backend.links();
        self.whereabouts = self.backend.whereabouts();
        self.net = self.backend.net();
        self.follow_permissions(ctx);
        self.return_to_screen(ctx);
        self.follow_scan(ctx);
        self.follow_test();
        for note in self.model.notes.drain(..) {
            self.toasts.push(note);
        }
        if std::mem::take(&mut self.model.has_run_full) {
            let where_to_look = match self.state.stack.top() {
                Route::Settings => "Storage, on this page, says what can be done.",
                _ => "See Storage in the settings.",
            };
            let full = "There is no place left for new messages of others.";
            self.toasts.push(format!("{full} {where_to_look}"));
        }
    }

    /// Draws everything and carries out what the person decided.
    pub fn ui(&mut self, ui: &mut Ui) {
        let mut actions = Vec::new();
        // What was put in force just now, not what was when the frame began.
        ui.set_style(ui.ctx().style_of(ui.ctx().theme()));
        self.composing.keep_keys(ui.ctx());
        self.shortcuts(ui.ctx(), &mut actions);
        self.frame_ui(ui, &mut actions);
        for action in actions {
            self.act(ui.ctx(), action);
        }
        self.save_later(ui.ctx());
    }

    /// Keeps the state of the screens now; to be called before the app ends.
    pub fn save(&mut self) {
        self.state.note_places();
        let json = self.state.to_json();
        if json != self.saved {
            self.host.save_state(&json);
            self.saved = json;
        }
        self.save_at = None;
    }

    /// Puts theme and text size in force when they changed.
    fn install(&mut self, ctx: &Context) {
        let wanted = (self.state.look, self.state.text_size);
        if self.installed != Some(wanted) {
            theme::install(ctx, self.state.text_size.0);
            pictures::install(ctx);
            ctx.set_theme(self.state.look.preference());
            self.installed = Some(wanted);
        }
    }

    fn take_in(&mut self, notice: Notice) {
        let event = match notice {
            Notice::Event(event) => event,
            Notice::Wifi(news) => return self.hear_wifi(news),
            Notice::Overflow => {
                self.lose_track_of_wifi();
                return self.model.apply(Notice::Overflow);
            }
            other => return self.model.apply(other),
        };
        match &event {
            Event::Started { name, rooms } => {
                let known = |room| rooms.iter().any(|summary| Some(summary.id) == room);
                self.state.stack.retain(|route| route.room().is_none() || known(route.room()));
                self.state.stack.retain(|route| !matches!(route, Route::Joining(_)));
                self.state.drafts.retain(|draft| known(Some(draft.room)));
                self.state.places.retain(|place| known(Some(place.room)));
                if name.is_some() && !self.model.is_started {
                    self.follow_pending();
                }
                self.away.resumes_in = self.state.stack.room();
            }
            Event::NameChanged { .. } => {
                self.state.now.name = None;
                self.follow_pending();
            }
            Event::RoomJoined { room, invite } => {
                self.forget_followed(*invite);
                let top = self.state.stack.top();
                match invite {
                    Some(invite) if top == Route::Joining(*invite) => self.enter(room.id),
                    Some(_) => self.toasts.push(format!("You joined {}.", room.name)),
                    None if std::mem::take(&mut self.state.now.is_creating) => {
                        self.enter(room.id);
                        self.state.stack.open(Route::Invite(room.id));
                    }
                    None => {}
                }
            }
            Event::RoomLeft { room, goodbye } => {
                if let Some(room) = self.model.rooms.get(room) {
                    self.toasts.push(parted(&room.name, *goodbye));
                }
                self.state.stack.retain(|route| route.room() != Some(*room));
                self.state.drafts.retain(|draft| draft.room != *room);
                self.state.places.retain(|place| place.room != *room);
                self.state.now.scrolls.remove(room);
                self.codes.forget(*room);
            }
            Event::JoinFailed { invite, why } => {
                self.forget_followed(Some(*invite));
                let is_seen = self.state.stack.top() == Route::Joining(*invite);
                if !is_seen && *why != engine::JoinFailure::Canceled {
                    self.toasts.push(sentence(&why.to_string()));
                }
            }
            Event::InviteReady { room, invite } => self.hear_invite(*room, invite),
            // The screen of the invite says it, with what can be done.
            Event::CommandRefused { why: Refusal::NoInvite | Refusal::MayNotHost }
                if self.codes.hear_none() =>
            {
                return;
            }
            Event::MessageAdded { room, message } => self.note_key(*room, message),
            Event::MemberChanged { .. } => self.note_bond(&event),
            _ => {}
        }
        self.typing.follow(&event, self.clock.now());
        self.offered.follow(&event);
        self.note_load(&event);
        self.follow_invites(&event);
        let is_start = matches!(event, Event::Started { .. });
        let opened = match &event {
            Event::PageLoaded { room, before: None, .. } => Some(*room),
            _ => None,
        };
        let at_door = matches!(event, Event::NewcomerWaiting { .. } | Event::NewcomerGone { .. })
            .then(|| event.clone());
        let news = PeopleNews::of(&event);
        let elsewhere = matches!(
            event,
            Event::MessageAdded { .. } | Event::UnreadChanged { .. } | Event::RoomLeft { .. }
        )
        .then(|| event.clone());
        self.model.apply(Notice::Event(event));
        if let Some(event) = at_door {
            self.follow_door(&event);
        }
        if let Some(news) = news {
            self.follow_people(news);
        }
        if let Some(event) = elsewhere {
            self.tell_elsewhere(&event);
        }
        if let Some(room) = opened.filter(|room| self.state.stack.room() == Some(*room)) {
            self.remember_unread(room);
        }
        if is_start {
            self.model.meet(&self.backend.links());
            self.away.returns = true;
        }
    }

    fn hear(&mut self, ctx: &Context, news: HostNews) {
        match news {
            HostNews::Picture(path) => {
                self.scan_source(ctx, crate::scan::Source::ImageFile(path));
            }
            HostNews::Saved(path) => {
                self.toasts.push(format!("Saved as {}", path.display()));
            }
            HostNews::Failed(why) => self.toasts.push(why),
            HostNews::Link(link) => self.join(&link),
            HostNews::Opened(room) => self.open_room(ctx, room),
            HostNews::Reply(room, text) => self.reply(room, text),
        }
    }

    /// Says that the person changed a key, which is seen nowhere else on that screen.
    fn note_key(&mut self, room: RoomId, message: &Message) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        let is_change = matches!(
            &message.body,
            Body::KeyChanged { removed, revoked: 0 } if removed.is_empty()
        );
        if is_change && message.author == room.me {
            self.toasts.push("The room\u{2019}s key was changed.".to_owned());
        }
    }

    /// Shows a room that is new here.
    fn enter(&mut self, room: RoomId) {
        self.state.stack.switch(Route::Room(room));
        self.state.now.wants_composer = true;
    }

    /// Follows the invite that waited for a name, or for a restart.
    fn follow_pending(&mut self) {
        if let Some(Ok(invite)) = self.state.following.take().map(|link| Invite::parse(&link)) {
            self.accept(invite);
        }
    }

    /// An invite has led somewhere, or nowhere.
    fn forget_followed(&mut self, invite: Option<InviteId>) {
        let followed = self.state.following.as_ref().and_then(|link| Invite::parse(link).ok());
        if followed.map(|followed| followed.id()) == invite {
            self.state.following = None;
        }
    }

    /// Follows what was scanned, pasted or typed: an invite, or the code of a person.
    fn join(&mut self, text: &str) {
        match PersonCode::parse(text) {
            Ok(code) => return self.check_person(code),
            Err(PersonCodeError::NotAPerson) => {}
            Err(error) => return self.toasts.push(sentence(&error.to_string())),
        }
        match Invite::parse(text) {
            Ok(invite) if self.model.name.is_none() => {
                self.state.following = Some(invite.to_text());
            }
            Ok(invite) => self.accept(invite),
            Err(error) => self.toasts.push(sentence(&error.to_string())),
        }
    }

    fn accept(&mut self, invite: Invite) {
        self.scanning.stop();
        self.state.now.link.clear();
        self.model.joins.retain(|join| join.invite != invite.id());
        self.state.stack.switch(Route::Joining(invite.id()));
        self.state.following = Some(invite.to_text());
        self.follow_invite(invite);
    }

    /// Keeps the state of the screens a moment after it changed.
    fn save_later(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        match self.save_at {
            Some(at) if at <= now => self.save(),
            Some(_) => {}
            None if self.state.to_json() != self.saved => {
                self.save_at = Some(now + SAVE_AFTER_SECS);
                ctx.request_repaint_after(std::time::Duration::from_secs_f64(SAVE_AFTER_SECS));
            }
            None => {}
        }
    }

    /// Something that asks for another frame from any thread.
    fn waker(ctx: &Context) -> Arc<dyn Fn() + Send + Sync> {
        let ctx = ctx.clone();
        Arc::new(move || ctx.request_repaint())
    }
}
