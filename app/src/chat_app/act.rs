//! Carrying out what the person decided.

use egui::{Context, Event as Input, Key, Modifiers};
use engine::Command;

use super::ChatApp;
use crate::{
    backend::TestScope,
    host::Permission,
    ui::{
        action::{Action, ScanFrom},
        new_invite::Choices,
        route::Route,
    },
};

/// Pixels per module of a saved QR: large enough to be printed on a page.
const SAVED_PX_PER_MODULE: usize = 16;

impl ChatApp {
    pub(super) fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Command(command) => self.command(command),
            Action::Ask(grave) => self.state.now.asked = Some(grave),
            Action::Answer(command) => {
                self.state.now.asked = None;
                if let Some(command) = command {
                    self.command(command);
                }
            }
            Action::Invite(command) => {
                self.state.now.is_inviting = self.state.stack.room();
                self.command(command);
            }
            Action::Report(command) => {
                self.state.now.is_reporting = self.state.stack.room();
                self.command(command);
            }
            Action::Open(route) => {
                self.state.stack.open(route);
                self.arrive(ctx, route);
            }
            Action::Switch(route) => {
                self.state.stack.switch(route);
                self.arrive(ctx, route);
            }
            Action::Back => {
                self.state.stack.back();
                self.state.now.asked = None;
                self.state.now.is_inviting = None;
                if !matches!(self.state.stack.top(), Route::Joining(_)) {
                    self.state.following = None;
                }
                self.come_back();
            }
            Action::Join(text) => self.join(&text),
            Action::Copy { text, note } => {
                ctx.copy_text(text);
                self.toasts.push(note.to_owned());
            }
            Action::SaveQr { name, text } => self.save_qr(&name, &text),
            Action::Share { name, link } => self.share(&name, &link),
            Action::Allow(permission) => {
                if let Some(permissions) = self.host.permissions() {
                    permissions.ask(permission);
                }
            }
            Action::OpenSystemSettings => {
                if let Some(permissions) = self.host.permissions() {
                    permissions.open_settings();
                }
            }
            Action::LeaveAlone => self.state.is_left_alone = true,
            Action::Scan(from) => self.scan(ctx, from),
            Action::Edit(editing) => {
                self.state.now.tested.remove(&editing.address());
                self.state.now.editing = Some(*editing);
                self.state.stack.open(Route::EditServer);
            }
            Action::UseServers { servers, note } => self.use_servers(servers, note),
            Action::Test(scope, servers) => self.test(scope, servers),
            Action::RelayLinks(choice) => {
                if let Err(why) = self.backend.set_relayed_links(choice) {
                    self.toasts.push(why);
                }
            }
            Action::Wifi(deed) => self.do_wifi(deed),
            Action::Dismiss(id) => self.toasts.dismiss(id),
        }
        ctx.request_repaint();
    }

    fn command(&mut self, command: Command) {
        if self.leave_entry(&command) {
            return;
        }
        if let Command::LoadPage { room, .. } = command
            && let Some(room) = self.model.rooms.get_mut(&room)
        {
            room.messages.note_asked();
        }
        self.backend.send(command);
    }

    /// What a screen needs when one comes to it.
    pub(super) fn arrive(&mut self, ctx: &Context, route: Route) {
        self.state.now.asked = None;
        self.state.now.is_resetting = false;
        match route {
            Route::Room(room) => {
                self.state.now.wants_composer = !ctx.input(|input| input.has_touch_screen());
                self.away.resumes_in = None;
                self.remember_unread(room);
            }
            Route::Invite(_)
            | Route::OneInvite(..)
            | Route::Invites(_)
            | Route::Settings
            | Route::Diagnostics
            | Route::Wifi => self.come_back(),
            Route::NewInvite(_) => self.state.now.choices = Choices::default(),
            Route::Scan | Route::ScanPerson(..) => self.scan(ctx, ScanFrom::Camera),
            Route::Verify(..) => {
                self.checking = None;
                self.come_back();
            }
            Route::Report(..) => self.state.now.is_reporting = None,
            Route::NewRoom => self.state.now.room_name.clear(),
            Route::SelfTest => {
                let servers = self.backend.servers().servers;
                self.test(TestScope::Everything, servers);
            }
            _ => {}
        }
    }

    /// What a screen needs whenever it is on top again, too.
    pub(super) fn come_back(&mut self) {
        match self.state.stack.top() {
            Route::Invite(room) => {
                self.show_code(room, None);
                self.look_at_wifi();
            }
            Route::OneInvite(room, invite) => {
                self.show_code(room, Some(invite));
                self.look_at_wifi();
            }
            Route::Wifi => {
                if let Some(room) = self.state.stack.room().filter(|room| !self.codes.has(*room)) {
                    self.show_code(room, None);
                }
                self.look_at_wifi();
            }
            Route::FullScreenInvite(room) => {
                let shown = self.state.stack.iter().find_map(|route| match route {
                    Route::OneInvite(of, invite) if of == room => Some(invite),
                    _ => None,
                });
                self.show_code(room, shown);
            }
            Route::Diagnostics => self.look_at_wifi(),
            Route::Invites(room) => self.backend.send(Command::ListInvites { room }),
            Route::Settings => {
                self.backend.send(Command::ListStorage);
                self.look_at_wifi();
            }
            Route::Verify(room, member) => self.start_checking(room, member),
            _ => {}
        }
    }

    /// Notes where new messages begin, so that it can be seen while they are read.
    pub(super) fn remember_unread(&mut self, room: engine::RoomId) {
        let Some(known) = self.model.rooms.get(&room) else { return };
        let scroll = self.state.scroll(room);
        scroll.unread_from = None;
        if known.unread == 0 {
            return;
        }
        let messages = &known.messages;
        let others =
            (0..messages.len()).rev().filter_map(|index| messages.get(index)).filter(|message| {
                message.author != known.me && matches!(message.body, engine::Body::Text(_))
            });
        let first = others.take(known.unread).last().map(|message| message.position);
        scroll.unread_from = first;
        if self.away.resumes_in == Some(room) && scroll.wanted.is_some() {
            return;
        }
        if let Some(index) = first.and_then(|position| messages.find(position)) {
            scroll.wanted = None;
            scroll.list.go_to(index);
        }
    }

    fn save_qr(&mut self, name: &str, text: &str) {
        if let Some(png) = self.picture_of(text) {
            self.host.save_png(name, png);
        }
    }

    fn share(&mut self, name: &str, link: &str) {
        if let Some(png) = self.picture_of(link)
            && let Some(sharing) = self.host.sharing()
        {
            sharing.share(&format!("Invite to {name}"), link, png);
        }
    }

    fn picture_of(&mut self, text: &str) -> Option<Vec<u8>> {
        let png = qr::draw(text).map_err(|error| error.to_string()).and_then(|modules| {
            let luma = modules.luma(SAVED_PX_PER_MODULE, qr::QUIET_ZONE);
            png(&luma).map_err(|error| error.to_string())
        });
        png.inspect_err(|error| {
            log::error!("a code cannot be made into a picture: {error}");
            self.toasts.push("The picture could not be made.".to_owned());
        })
        .ok()
    }

    pub(super) fn scan(&mut self, ctx: &Context, from: ScanFrom) {
        if from == ScanFrom::Clipboard
            && let Some(text) = self.host.clipboard_text().filter(|text| !text.trim().is_empty())
        {
            self.join(&text);
            return;
        }
        let may_not = from == ScanFrom::Camera && !self.permitted(Permission::Camera);
        if may_not || !self.host.scan_sources().contains(&from) {
            return;
        }
        if let Some(source) = self.host.source(from) {
            self.scanning.start(from, source, Self::waker(ctx));
        }
    }

    /// Keys that work on every screen, and what is pasted or dropped on none in particular.
    pub(super) fn shortcuts(&mut self, ctx: &Context, actions: &mut Vec<Action>) {
        self.back_key(ctx, actions);
        if self.model.name.is_none() {
            return;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key));
        if pressed(Key::N) {
            actions.push(Action::Switch(Route::NewRoom));
        }
        if pressed(Key::J) {
            actions.push(Action::Switch(Route::Scan));
        }
        if pressed(Key::I)
            && let Some(room) = self.state.stack.room()
        {
            actions.push(Action::Open(Route::Invite(room)));
        }
        let is_writing = ctx.egui_wants_keyboard_input();
        self.pasted(ctx, is_writing, actions);
        self.dropped(ctx);
    }

    fn pasted(&mut self, ctx: &Context, is_writing: bool, actions: &mut Vec<Action>) {
        let events = ctx.input(|input| input.events.clone());
        for event in events {
            match event {
                Input::Paste(text) if !is_writing => actions.push(Action::Join(text)),
                Input::PasteImage(image) => self.scan_image(ctx, &image),
                _ => {}
            }
        }
    }

    fn dropped(&mut self, ctx: &Context) {
        let files = ctx.input(|input| input.raw.dropped_files.clone());
        if let Some(file) = files.first() {
            let path = file.path().to_path_buf();
            self.scan_source(ctx, crate::scan::Source::ImageFile(path));
        }
    }
}

fn png(luma: &qr::Luma) -> Result<Vec<u8>, image::ImageError> {
    use image::ImageEncoder as _;

    let mut bytes = Vec::new();
    let side = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    image::codecs::png::PngEncoder::new(&mut bytes).write_image(
        luma.data(),
        side(luma.width()),
        side(luma.height()),
        image::ExtendedColorType::L8,
    )?;
    Ok(bytes)
}
