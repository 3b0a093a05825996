//! The screens about invites to a room.

use std::time::Duration;

use egui::Ui;
use engine::{Command, Event, Invite, InviteId, InviteState, Role, RoomId};

use super::ChatApp;
use crate::{
    host::Permission,
    model::Room,
    ui::{
        action::{Action, Grave},
        invite::{Code, InviteView, invite_ui},
        invites::{InviteRow, InvitesView, invites_ui},
        new_invite::new_invite_ui,
        route::Route,
    },
};

impl ChatApp {
    /// Asks for the code of a room: that of one invite, or of the usual one.
    pub(super) fn show_code(&mut self, room: RoomId, invite: Option<InviteId>) {
        self.codes.want(room, invite);
        self.backend.send(Command::ShowInvite { room, invite });
        self.backend.send(Command::ListInvites { room });
    }

    /// There is an invite to show.
    pub(super) fn hear_invite(&mut self, room: RoomId, invite: &Invite) {
        // Known ones are told anew whenever addresses change.
        let is_known = self
            .model
            .rooms
            .get(&room)
            .is_some_and(|room| room.invites.iter().any(|state| state.invite == invite.id()));
        let is_made = self.state.now.is_inviting == Some(room)
            && self.state.stack.top() == Route::NewInvite(room)
            && !is_known;
        if is_made {
            self.state.now.is_inviting = None;
            self.state.stack.back();
            self.state.stack.open(Route::OneInvite(room, invite.id()));
            self.show_code(room, Some(invite.id()));
        }
        if !self.codes.hear(room, invite) {
            return;
        }
        let link = invite.to_text();
        match qr::draw(&link) {
            Ok(modules) => {
                let (invite, expires_at) = (invite.id(), invite.expires_at);
                self.codes.put(room, Code { invite, link, modules, expires_at });
            }
            Err(error) => {
                log::error!("an invite of {} bytes cannot be drawn: {error}", link.len());
                self.toasts.push("The code of this room is too long to be drawn.".to_owned());
            }
        }
    }

    /// Lists invites anew where they are looked at and something happened that may change them.
    pub(super) fn follow_invites(&mut self, event: &Event) {
        let (Event::HistoryChanged { room }
        | Event::MemberChanged { room, .. }
        | Event::InviteReady { room, .. }) = event
        else {
            return;
        };
        let top = self.state.stack.top();
        let is_looked_at =
            matches!(top, Route::Invite(_) | Route::OneInvite(..) | Route::Invites(_));
        if is_looked_at && top.room() == Some(*room) {
            self.backend.send(Command::ListInvites { room: *room });
        }
    }

    pub(super) fn invite(&self, ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        let view = self.invite_view(room);
        if let Some(end) = view.code.and_then(|code| code.expires_at) {
            let left = end.0.saturating_sub(self.clock.now().0);
            ui.ctx().request_repaint_after(Duration::from_millis(left.saturating_add(1)));
        }
        invite_ui(ui, &view, actions);
    }

    pub(super) fn invite_view<'a>(&'a self, room: &'a Room) -> InviteView<'a> {
        let names: Vec<&str> = room.others().map(|member| room.name_of(member.id)).collect();
        let code = self.codes.of(room.id);
        let state = |code: &Code| room.invites.iter().find(|state| state.invite == code.invite);
        let state = code.and_then(state);
        let is_over = self.codes.has_none(room.id)
            || state.is_some_and(|state| !state.is_open_at(self.clock.now()));
        InviteView {
            room: room.id,
            name: &room.name,
            code: code.filter(|_| !is_over),
            terms: state.and_then(|state| terms(room, state)),
            is_one: matches!(self.state.stack.top(), Route::OneInvite(..)),
            is_over,
            admins: admins(room),
            is_reachable: self.is_reachable(),
            wifi: self.wifi.way(),
            has_door: room.options.approve_joins,
            may_not_host: room.options.approve_joins && room.my_role() <= Role::Muted,
            permit: self.missing(Permission::Nearby),
            can_share: self.can_share,
            members: names.join(", "),
            clock: &self.clock,
        }
    }

    pub(super) fn invites(&self, ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
        let Some(room) = self.model.rooms.get(&room) else { return };
        invites_ui(ui, &self.invites_view(room), actions);
    }

    fn invites_view<'a>(&self, room: &'a Room) -> InvitesView<'a> {
        let mut states: Vec<&InviteState> = room.invites.iter().collect();
        states.sort_by_key(|state| (!is_usual(state), state.expires_at, state.invite));
        let (open, over): (Vec<_>, Vec<_>) =
            states.into_iter().partition(|state| state.is_open_at(self.clock.now()));
        let revoking = match self.state.now.asked {
            Some(Grave::Revoke(asked, invite)) if asked == room.id => Some(invite),
            _ => None,
        };
        InvitesView {
            room: room.id,
            name: &room.name,
            open: open.into_iter().map(|state| self.open_row(room, state)).collect(),
            over: over.into_iter().map(|state| self.over_row(room, state)).collect(),
            admins: admins(room),
            hides_history: room.options.hide_history,
            revoking,
        }
    }

    fn open_row(&self, room: &Room, state: &InviteState) -> InviteRow {
        let until = match state.expires_at {
            Some(at) => format!("Works until {}, {}", self.clock.day_name(at), self.clock.time(at)),
            None => "Works until it is revoked".to_owned(),
        };
        let mut lines = vec![maker(room, state), until, uses(state)];
        lines.extend(before(room, state).map(str::to_owned));
        InviteRow { id: state.invite, title: title(state).to_owned(), lines }
    }

    fn over_row(&self, room: &Room, state: &InviteState) -> InviteRow {
        let why = match (state.is_revoked, state.expires_at) {
            (true, _) => "Revoked".to_owned(),
            (false, Some(at)) if at <= self.clock.now() => {
                format!("Ended {}, {}", self.clock.day_name(at), self.clock.time(at))
            }
            (false, _) => format!("Used up: {0} of {0}", state.max_uses.unwrap_or(state.uses)),
        };
        let lines = vec![format!("{why}. {}", maker(room, state))];
        InviteRow { id: state.invite, title: title(state).to_owned(), lines }
    }

    pub(super) fn new_invite(&mut self, ui: &mut Ui, room: RoomId, actions: &mut Vec<Action>) {
        let now = self.clock.now();
        let hides = self.model.rooms.get(&room).is_some_and(|room| room.options.hide_history);
        new_invite_ui(ui, (room, hides), &mut self.state.now.choices, now, actions);
    }
}

/// Whether anybody may use it who sees it, and write.
fn is_usual(state: &InviteState) -> bool {
    state.role == Role::Member && state.max_uses.is_none() && !state.reads_before
}

fn title(state: &InviteState) -> &'static str {
    match state.role {
        Role::Muted => "Who joins may only read",
        _ => "Who joins may read and write",
    }
}

fn maker(room: &Room, state: &InviteState) -> String {
    let is_mine = state.by == room.me;
    let who = if is_mine { "you".to_owned() } else { room.signed_name_of(state.by) };
    format!("Made by {who}")
}

/// What newcomers get to read of before, where that differs from invite to invite.
fn before(room: &Room, state: &InviteState) -> Option<&'static str> {
    room.options.hide_history.then_some(if state.reads_before {
        "They can read what was written before"
    } else {
        "What was written before stays hidden"
    })
}

fn uses(state: &InviteState) -> String {
    match (state.uses, state.max_uses) {
        (uses, Some(1)) => {
            format!("For one person, {}", if uses == 0 { "not used yet" } else { "used" })
        }
        (uses, Some(most)) => format!("{uses} of {most} have joined by it"),
        (0, None) => "Nobody has joined by it yet".to_owned(),
        (1, None) => "1 has joined by it".to_owned(),
        (uses, None) => format!("{uses} have joined by it"),
    }
}

/// What an invite allows that is not the usual one.
fn terms(room: &Room, state: &InviteState) -> Option<String> {
    let reads_before = room.options.hide_history && state.reads_before;
    if is_usual(state) && !reads_before {
        return None;
    }
    let role = match state.role {
        Role::Muted => "Whoever joins by this invite may only read.",
        _ => "Whoever joins by this invite may read and write.",
    };
    let places = match state.max_uses {
        None => String::new(),
        Some(1) => " It works for one person.".to_owned(),
        Some(most) => {
            let left = most.saturating_sub(state.uses);
            format!(" It works for {most} people; {left} can still join.")
        }
    };
    let before = if reads_before { " They can read what was written before." } else { "" };
    Some(format!("{role}{before}{places}"))
}

/// Who may make and revoke invites, the owner first; `None` if this device's person may.
pub(super) fn admins(room: &Room) -> Option<String> {
    if room.my_role() >= Role::Admin {
        return None;
    }
    let mut admins: Vec<_> = room.others().filter(|member| member.role >= Role::Admin).collect();
    admins.sort_by_key(|member| std::cmp::Reverse(member.role));
    let names: Vec<&str> = admins.iter().map(|member| room.name_of(member.id)).collect();
    Some(names.join(", "))
}
