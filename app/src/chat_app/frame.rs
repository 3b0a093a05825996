//! One frame: which screens are visible, and where.

use std::time::Duration;

use egui::Ui;
use engine::{PeerId, RoomId};

use super::ChatApp;
use crate::{
    host::Permission,
    model::{Model, Storage},
    ui::{
        action::Action,
        diagnostics::{DiagnosticsView, diagnostics_ui},
        invite::full_screen_ui,
        joining::joining_ui,
        layout::{self, Panes},
        new_room::new_room_ui,
        reach::Standing,
        room::{RoomDoing, RoomView, room_ui},
        rooms::rooms_ui,
        route::Route,
        scan::{drop_ui, scan_ui},
        settings::{SettingsDoing, SettingsView, settings_ui},
        storage::StorageView,
        theme::{SPACE_XL, palette},
        welcome::{WelcomeView, welcome_ui},
        widgets::{status_dot::Status, text},
    },
};

/// How often round trips and ages are refreshed while they are looked at.
const REFRESH: Duration = Duration::from_secs(1);
/// How often figures are refreshed that are read in passing: every frame costs.
const GLANCE_REFRESH: Duration = Duration::from_secs(5);
/// Distance of notes from the bottom, in points: above the composer.
const NOTES_ABOVE: f32 = 84.0;

impl ChatApp {
    pub(super) fn frame_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let colors = palette(ui);
        ui.painter().rect_filled(ui.ctx().viewport_rect(), 0.0, colors.page);
        let area = ui.ctx().content_rect();
        if let Some(why) = self.model.stopped.clone() {
            layout::pane(ui, "stopped", area, |ui| stopped_ui(ui, &why));
        } else if !self.model.is_started {
            // The engine answers within milliseconds; anything drawn here would only flicker.
        } else if self.model.name.is_none() {
            layout::pane(ui, "welcome", area, |ui| self.welcome(ui, actions));
        } else {
            self.panes(ui, area, actions);
        }
        self.toasts.ui(ui, NOTES_ABOVE, actions);
        if ui.input(|input| !input.raw.hovered_files.is_empty()) {
            drop_ui(ui);
        }
        ui.ctx().request_repaint_after(self.clock.until_midnight());
    }

    fn panes(&mut self, ui: &mut Ui, area: egui::Rect, actions: &mut Vec<Action>) {
        let top = self.state.stack.top();
        if let Route::FullScreenInvite(room) = top {
            if let Some(room) = self.model.rooms.get(&room) {
                let view = self.invite_view(room);
                layout::pane(ui, "full screen", area, |ui| full_screen_ui(ui, &view, actions));
            }
            return;
        }
        match layout::panes(area) {
            Panes::One(rect) => {
                layout::pane(ui, "one", rect, |ui| self.screen(ui, top, true, actions));
            }
            Panes::Two { list, main } => {
                let chosen = self.state.stack.room();
                let view = self.rooms_view(chosen);
                layout::pane(ui, "list", list, |ui| rooms_ui(ui, &view, actions));
                ui.painter().vline(list.right(), list.y_range(), (1.0, palette(ui).line));
                let has_back = !matches!(top, Route::Room(_));
                layout::pane(ui, "main", main, |ui| match top {
                    Route::Rooms => nothing_ui(ui, view.rows.is_empty()),
                    top => self.screen(ui, top, has_back, actions),
                });
            }
        }
    }

    fn screen(&mut self, ui: &mut Ui, route: Route, has_back: bool, actions: &mut Vec<Action>) {
        match route {
            Route::Rooms => rooms_ui(ui, &self.rooms_view(None), actions),
            Route::NewRoom => {
                let name = &mut self.state.now.room_name;
                self.state.now.is_creating |= new_room_ui(ui, name, actions);
            }
            Route::Scan | Route::ScanPerson(..) => {
                let of = match route {
                    Route::ScanPerson(room, peer) => {
                        self.model.rooms.get(&room).map(|room| room.name_of(peer).to_owned())
                    }
                    _ => None,
                };
                let mut view = self.scanning.view(self.host.scan_sources(), of);
                view.permits.extend(self.missing(Permission::Camera));
                if route == Route::Scan {
                    view.nearby = self.nearby_rows();
                    view.permits.extend(self.missing(Permission::Nearby));
                }
                scan_ui(ui, &view, &mut self.state.now.link, actions);
            }
            Route::Joining(invite) => joining_ui(ui, &self.joining_view(invite), actions),
            Route::Settings => self.settings(ui, actions),
            Route::Diagnostics => self.diagnostics(ui, actions),
            Route::Servers => self.servers(ui, actions),
            Route::EditServer => self.edit_server(ui, actions),
            Route::SelfTest => self.self_test(ui, actions),
            Route::Statistics => self.statistics(ui, actions),
            Route::Room(room) => self.room(ui, room, has_back, actions),
            Route::Invite(room) | Route::OneInvite(room, _) => self.invite(ui, room, actions),
            Route::Invites(room) => self.invites(ui, room, actions),
            Route::NewInvite(room) => self.new_invite(ui, room, actions),
            Route::Options(room) => self.options(ui, room, actions),
            Route::Door(room) => self.door(ui, room, actions),
            Route::Peers(room) => self.peers(ui, room, actions),
            Route::Member(room, peer) => self.member(ui, room, peer, actions),
            Route::Verify(room, peer) => self.verify(ui, room, peer, actions),
            Route::Report(room, peer) => self.report(ui, room, peer, actions),
            Route::Wifi => self.wifi(ui, actions),
            Route::FullScreenInvite(_) => {}
        }
    }

    fn welcome(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let view = WelcomeView { is_invited: self.state.following.is_some() };
        welcome_ui(ui, view, self.state.now.name.get_or_insert_default(), actions);
    }

    fn room(&mut self, ui: &mut Ui, id: RoomId, has_back: bool, actions: &mut Vec<Action>) {
        let Some(room) = self.model.rooms.get(&id) else { return };
        let Standing { status, words: status_words, .. } = self.room_standing(room);
        if status == Status::Connected {
            ui.ctx().request_repaint_after(GLANCE_REFRESH);
        }
        let typing = self.typing.line(room, self.clock.now());
        if let Some((_, until)) = &typing {
            let left = until.0.saturating_sub(self.clock.now().0);
            ui.ctx().request_repaint_after(Duration::from_millis(left));
        }
        let view = RoomView {
            room,
            typing: typing.map(|(line, _)| line),
            network: self.offered.hint(room, &self.wifi),
            clock: &self.clock,
            status,
            status_words,
            has_back,
            is_looking: ui.input(|input| input.focused) && !self.away.is_away(),
            leaving: self.leaving_view(room),
        };
        // Taken out and put back: the view borrows the rest of the app.
        let mut draft = std::mem::take(self.state.draft(id));
        let mut scroll = std::mem::take(self.state.scroll(id));
        let doing = RoomDoing {
            draft: &mut draft,
            scroll: &mut scroll,
            wants_composer: &mut self.state.now.wants_composer,
        };
        room_ui(ui, &view, doing, actions);
        *self.state.scroll(id) = scroll;
        self.note_draft(id, draft.len());
        *self.state.draft(id) = draft;
    }

    fn settings(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let name = self.model.name.clone().unwrap_or_default();
        let view = SettingsView {
            name: &name,
            whereabouts: &self.whereabouts,
            net: &self.net,
            wifi: self.wifi.ssid(),
            relayed_links: self.backend.relayed_links(),
            carries: self.model.carries,
            storage: storage(&self.model),
            permits: self.permits.as_deref().unwrap_or_default(),
        };
        let doing = SettingsDoing {
            name: self.state.now.name.get_or_insert_with(|| name.clone()),
            look: &mut self.state.look,
            text_size: &mut self.state.text_size,
            tells_typing: &mut self.state.tells_typing,
        };
        settings_ui(ui, &view, doing, actions);
        ui.ctx().request_repaint_after(GLANCE_REFRESH);
    }

    fn diagnostics(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let names = |room: RoomId, peer: PeerId| match self.model.rooms.get(&room) {
            Some(room) => format!("{} in {}", room.name_of(peer), room.name),
            None => "a member of a room that was left".to_owned(),
        };
        let (log, ways) = (self.backend.log_tail(), self.backend.ways());
        let view = DiagnosticsView {
            whereabouts: &self.whereabouts,
            bluetooth: self.net.bluetooth,
            radio_use: self.net.radio_use,
            wifi: self.wifi.status.as_ref(),
            links: &self.links,
            ways: &ways,
            log: &log,
            names: &names,
        };
        diagnostics_ui(ui, &view, actions);
        ui.ctx().request_repaint_after(REFRESH);
    }
}

/// What is kept on this device, by names of rooms.
fn storage(model: &Model) -> Option<StorageView<'_>> {
    let Storage { bound, rooms, is_full } = model.storage.as_ref()?;
    let known = rooms
        .iter()
        .filter_map(|(room, taken)| Some((model.rooms.get(room)?.name.as_str(), *taken)));
    let mut rooms: Vec<_> = known.collect();
    rooms.sort_by_key(|(_, taken)| std::cmp::Reverse(*taken));
    Some(StorageView { bound: *bound, rooms, is_full: *is_full })
}

fn nothing_ui(ui: &mut Ui, has_no_rooms: bool) {
    layout::centered(ui, "nothing", |ui| {
        let words = if has_no_rooms {
            "Your conversations will be here."
        } else {
            "Choose a room to read and write in it."
        };
        ui.vertical_centered(|ui| text::hint(ui, words));
    });
}

fn stopped_ui(ui: &mut Ui, why: &str) {
    layout::centered(ui, "stopped", |ui| {
        ui.vertical_centered(|ui| text::display(ui, "Festival Chat has stopped"));
        ui.add_space(SPACE_XL);
        ui.vertical_centered(|ui| text::problem(ui, why));
    });
}
