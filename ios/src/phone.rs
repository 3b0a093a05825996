//! What the screens need from the phone, asked of the host in Swift.

use std::{cell::RefCell, collections::VecDeque, fs, path::PathBuf, rc::Rc};

use app::{
    host::{Host, HostNews, Notifier, Permission, PermissionState, Permissions, Sharing},
    scan::{Feed, Source},
    shell::{self, StateFile, picture_name},
    ui::action::ScanFrom,
};
use engine::{RoomId, Timestamp};

use crate::calls::Calls;

/// `FestivalPermission` of `festival.h`.
const CAMERA: u8 = 0;
const NOTIFICATIONS: u8 = 1;
const NEARBY: u8 = 2;

/// What the host has told, for the app to ask for.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) news: VecDeque<HostNews>,
    /// Where the camera's pictures go while somebody looks for a code.
    pub(crate) feed: Option<Feed>,
}

/// The phone as the app sees it.
#[derive(Debug)]
pub(crate) struct Phone {
    calls: Calls,
    told: Rc<RefCell<Told>>,
    state: StateFile,
}

impl Phone {
    /// One whose host tells `told`, and which keeps the screens' state in `state`.
    pub(crate) fn new(calls: Calls, told: Rc<RefCell<Told>>, state: StateFile) -> Self {
        Self { calls, told, state }
    }

    /// Where a picture is while the person decides what becomes of it.
    fn picture(&mut self, name: &str, png: &[u8]) -> Option<PathBuf> {
        let file = std::env::temp_dir().join(picture_name(name));
        match fs::write(&file, png) {
            Ok(()) => Some(file),
            Err(error) => {
                let why = format!("The picture could not be made: {error}.");
                self.told.borrow_mut().news.push_back(HostNews::Failed(why));
                None
            }
        }
    }
}

impl Host for Phone {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(shell::utc_offset)
    }

    fn scan_sources(&self) -> Vec<ScanFrom> {
        vec![ScanFrom::Camera, ScanFrom::File]
    }

    fn source(&mut self, from: ScanFrom) -> Option<Source> {
        match from {
            ScanFrom::Camera => {
                let feed = Feed::default();
                self.told.borrow_mut().feed = Some(feed.clone());
                self.calls.camera(true);
                Some(Source::Feed(feed))
            }
            ScanFrom::File => {
                self.calls.pick_picture();
                None
            }
            ScanFrom::Clipboard | ScanFrom::Screen => None,
        }
    }

    fn clipboard_text(&mut self) -> Option<String> {
        self.calls.paste()
    }

    fn save_png(&mut self, name: &str, png: Vec<u8>) {
        if let Some(file) = self.picture(name, &png) {
            // The system's sheet says where it went.
            self.calls.keep(&file);
        }
    }

    fn poll(&mut self) -> Option<HostNews> {
        self.told.borrow_mut().news.pop_front()
    }

    fn save_state(&mut self, json: &str) {
        self.state.write(json);
    }

    fn pulse(&mut self) {
        self.calls.pulse();
    }

    fn permissions(&mut self) -> Option<&mut dyn Permissions> {
        Some(self)
    }

    fn sharing(&mut self) -> Option<&mut dyn Sharing> {
        Some(self)
    }

    fn notifier(&mut self) -> Option<&mut dyn Notifier> {
        Some(self)
    }
}

impl Permissions for Phone {
    fn state(&self, of: Permission) -> PermissionState {
        let Some(permission) = number(of) else { return PermissionState::Granted };
        match self.calls.permission(permission) {
            0 => PermissionState::Granted,
            1 => PermissionState::NotAsked,
            // iOS asks once.
            _ => PermissionState::RefusedForGood,
        }
    }

    fn ask(&mut self, of: Permission) {
        if let Some(permission) = number(of) {
            self.calls.ask(permission);
        }
    }

    fn open_settings(&mut self) {
        self.calls.open_settings();
    }
}

/// The number of what is asked for.
fn number(of: Permission) -> Option<u8> {
    match of {
        Permission::Camera => Some(CAMERA),
        Permission::Notifications => Some(NOTIFICATIONS),
        Permission::Nearby => Some(NEARBY),
        // The system joins only whom it asked itself, and no app makes one.
        Permission::Wifi => None,
    }
}

impl Sharing for Phone {
    fn share(&mut self, title: &str, link: &str, png: Vec<u8>) {
        // The picture's own name says that it is an invite.
        let name = title.trim_start_matches("Invite to ");
        if let Some(picture) = self.picture(name, &png) {
            self.calls.share(title, link, &picture);
        }
    }
}

impl Notifier for Phone {
    fn notify(&mut self, room: RoomId, title: &str, text: &str) {
        self.calls.notify(&room.to_string(), title, text);
    }

    fn withdraw(&mut self, room: RoomId) {
        self.calls.withdraw(&room.to_string());
    }
}
