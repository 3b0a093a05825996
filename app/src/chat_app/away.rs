//! What becomes of the app while the person is elsewhere, and what they are told of meanwhile.

use egui::Context;
use engine::{Body, Command, Event, MAX_TEXT_LEN, Message, RoomId};

use super::ChatApp;
use crate::{
    host::{Permission, PermissionState},
    model::preview,
    ui::{action::ScanFrom, route::Route},
};

/// Whether the person is looking.
#[derive(Debug, Default)]
pub(super) struct Away {
    is_away: bool,
    /// Whether the screen on top is to be made ready again.
    pub(super) returns: bool,
    /// Whether the camera was in use.
    had_camera: bool,
    /// The room the person was in when the app was started: they go on where they were.
    pub(super) resumes_in: Option<RoomId>,
    /// A room the person wants to see as soon as it is known.
    opens: Option<RoomId>,
}

impl Away {
    /// Whether the person looks at something else.
    pub(super) fn is_away(&self) -> bool {
        self.is_away
    }
}

impl ChatApp {
    /// The person looks at something else, and the app may be ended without another word: keeps what they were
    /// doing, and lets go of the camera. [`logic`](Self::logic) goes on, to take in what comes.
    pub fn suspend(&mut self) {
        self.away.is_away = true;
        self.backend.set_screen(false);
        self.away.had_camera = self.scanning.from() == Some(ScanFrom::Camera);
        if self.away.had_camera {
            self.scanning.stop();
        }
        self.save();
    }

    /// The person is back.
    pub fn resume(&mut self) {
        self.away.is_away = false;
        self.backend.set_screen(true);
        self.away.returns = true;
    }

    /// The device is short of memory: lets go of pictures, codes and messages that can be made or loaded again.
    pub fn free_memory(&mut self) {
        self.codes.let_go();
        self.wifi.let_go();
        self.scanning.let_go();
        let shown = self.state.stack.room().filter(|_| !self.away.is_away);
        for (id, room) in self.model.rooms.iter_mut().filter(|(id, _)| Some(**id) != shown) {
            let scroll = self.state.scroll(*id);
            scroll.wanted = scroll.wanted.or_else(|| scroll.list.place());
            scroll.list = Default::default();
            room.messages.forget();
        }
        self.away.resumes_in = self.state.stack.room();
        self.away.returns = true;
    }

    /// Makes the screen on top ready again for a person who comes back to it.
    pub(super) fn return_to_screen(&mut self, ctx: &Context) {
        let is_there = self.model.is_started && !self.away.is_away;
        if !is_there || !std::mem::take(&mut self.away.returns) {
            return;
        }
        if let Some(room) = self.away.opens.take() {
            self.open_room(ctx, room);
        }
        self.come_back();
        let is_scan = matches!(self.state.stack.top(), Route::Scan | Route::ScanPerson(..));
        if std::mem::take(&mut self.away.had_camera) && is_scan {
            self.scan(ctx, ScanFrom::Camera);
        }
        if let Some(room) = self.state.stack.room() {
            self.withdraw(room);
        }
    }

    /// Shows a room of which the person was told.
    pub(super) fn open_room(&mut self, ctx: &Context, room: RoomId) {
        if !self.model.is_started {
            self.away.opens = Some(room);
            self.away.returns = true;
        } else if self.model.rooms.contains_key(&room) {
            self.state.stack.switch(Route::Room(room));
            self.arrive(ctx, Route::Room(room));
        }
    }

    /// Sends what the person wrote in answer to what they were told of a room: so they have read it.
    pub(super) fn reply(&mut self, id: RoomId, text: String) {
        let text = text.trim();
        let is_text = !text.is_empty() && text.len() <= MAX_TEXT_LEN;
        let Some(room) = self.model.rooms.get(&id).filter(|_| is_text) else {
            self.toasts.push("Your answer was not sent.".to_owned());
            return;
        };
        if let Some(last) = &room.last {
            self.backend.send(Command::MarkRead { room: id, up_to: last.position });
        }
        self.backend.send(Command::SendText { room: id, text: text.to_owned() });
    }

    /// Sees what is permitted, and goes on with what had waited for that.
    pub(super) fn follow_permissions(&mut self, ctx: &Context) {
        self.can_share = self.host.sharing().is_some();
        let asks = self.host.permissions();
        let permits = asks.map(|asks| Permission::ALL.map(|of| (of, asks.state(of))));
        let permits = permits.into_iter().flatten().collect();
        let had = self.permitted(Permission::Camera);
        let is_first = self.permits.replace(permits).is_none();
        let is_scan = matches!(self.state.stack.top(), Route::Scan | Route::ScanPerson(..));
        let is_new = !is_first && !had && self.permitted(Permission::Camera);
        if is_new && is_scan && self.scanning.from().is_none() {
            self.scan(ctx, ScanFrom::Camera);
        }
    }

    /// What the person said of this. Where nothing is asked, everything is permitted.
    pub(super) fn permit(&self, of: Permission) -> PermissionState {
        let permits = self.permits.iter().flatten();
        let known = permits.filter(|(known, _)| *known == of).map(|(_, state)| *state).next();
        known.unwrap_or(PermissionState::Granted)
    }

    pub(super) fn permitted(&self, of: Permission) -> bool {
        self.permit(of) == PermissionState::Granted
    }

    /// What is to be said of this permission, as long as it is not given.
    pub(super) fn missing(&self, of: Permission) -> Option<(Permission, PermissionState)> {
        Some((of, self.permit(of))).filter(|_| !self.permitted(of))
    }

    /// Tells the person who looks elsewhere, or no more.
    pub(super) fn tell_elsewhere(&mut self, event: &Event) {
        match event {
            Event::MessageAdded { room, message } => self.notify(*room, message),
            Event::UnreadChanged { room, count: 0 } | Event::RoomLeft { room, .. } => {
                self.withdraw(*room);
            }
            _ => {}
        }
    }

    fn notify(&mut self, id: RoomId, message: &Message) {
        let is_seen = !self.away.is_away && self.state.stack.top() == Route::Room(id);
        let Some(room) = self.model.rooms.get(&id).filter(|_| !is_seen) else { return };
        let is_told = matches!(message.body, Body::Text(_))
            && !room.is_me(message.author)
            && room.member(message.author).is_none_or(|author| !author.is_blocked)
            && room.last.as_ref().is_some_and(|last| last.position == message.position);
        if !is_told || !self.permitted(Permission::Notifications) {
            return;
        }
        if let Some(notifier) = self.host.notifier() {
            notifier.notify(id, &room.name, &preview(room, message));
        }
    }

    fn withdraw(&mut self, room: RoomId) {
        if let Some(notifier) = self.host.notifier() {
            notifier.withdraw(room);
        }
    }
}
