//! The device under the screens of a test: a desktop, or a phone with a person who says yes or no.

use std::{collections::BTreeMap, path::PathBuf};

use app::{
    host::{Host, HostNews, Notifier, Permission, PermissionState, Permissions, Sharing},
    scan::{Feed, Source},
    ui::action::ScanFrom,
};
use engine::{RoomId, Timestamp};

use crate::stage::Stage;

/// What a device can do, and what it was asked to do.
#[derive(Default)]
pub(crate) struct Device {
    /// What its person said, on a device that asks.
    pub(crate) permits: Option<BTreeMap<Permission, PermissionState>>,
    /// What they say when they are asked.
    pub(crate) answer: Option<PermissionState>,
    /// What they were asked, oldest first.
    pub(crate) asked: Vec<Permission>,
    /// How often they were shown the system's settings.
    pub(crate) settings_shown: usize,
    /// The camera, if there is one.
    pub(crate) camera: Option<Feed>,
    /// Whether links can be passed on.
    pub(crate) can_share: bool,
    /// What was passed on: title, link and picture.
    pub(crate) shared: Vec<(String, String, Vec<u8>)>,
    /// What the person is told of while they look elsewhere, on a device that can.
    pub(crate) told: Option<BTreeMap<RoomId, (String, String)>>,
    /// How often the app stepped aside.
    pub(crate) steps_aside: usize,
    /// How often the hand that holds it was told something.
    pub(crate) pulses: usize,
    /// The state of the screens, as last kept.
    pub(crate) kept: Option<String>,
}

impl Host for Stage {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(|_at| 0)
    }

    fn scan_sources(&self) -> Vec<ScanFrom> {
        match self.0.borrow().device.camera {
            Some(_) => vec![ScanFrom::Camera, ScanFrom::File, ScanFrom::Clipboard],
            None => vec![ScanFrom::File, ScanFrom::Clipboard, ScanFrom::Screen],
        }
    }

    fn source(&mut self, from: ScanFrom) -> Option<Source> {
        let mut script = self.0.borrow_mut();
        let camera = script.device.camera.as_mut().filter(|_| from == ScanFrom::Camera)?;
        *camera = Feed::default();
        Some(Source::Feed(camera.clone()))
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

    fn save_state(&mut self, json: &str) {
        self.0.borrow_mut().device.kept = Some(json.to_owned());
    }

    fn step_aside(&mut self) {
        self.0.borrow_mut().device.steps_aside += 1;
    }

    fn pulse(&mut self) {
        self.0.borrow_mut().device.pulses += 1;
    }

    fn permissions(&mut self) -> Option<&mut dyn Permissions> {
        let asks = self.0.borrow().device.permits.is_some();
        if asks { Some(self) } else { None }
    }

    fn sharing(&mut self) -> Option<&mut dyn Sharing> {
        let can_share = self.0.borrow().device.can_share;
        if can_share { Some(self) } else { None }
    }

    fn notifier(&mut self) -> Option<&mut dyn Notifier> {
        let can_tell = self.0.borrow().device.told.is_some();
        if can_tell { Some(self) } else { None }
    }
}

impl Permissions for Stage {
    fn state(&self, of: Permission) -> PermissionState {
        let script = self.0.borrow();
        let known = script.device.permits.as_ref().and_then(|permits| permits.get(&of));
        known.copied().unwrap_or(PermissionState::NotAsked)
    }

    fn ask(&mut self, of: Permission) {
        let device = &mut self.0.borrow_mut().device;
        device.asked.push(of);
        if let (Some(permits), Some(answer)) = (&mut device.permits, device.answer) {
            permits.insert(of, answer);
        }
    }

    fn open_settings(&mut self) {
        self.0.borrow_mut().device.settings_shown += 1;
    }
}

impl Sharing for Stage {
    fn share(&mut self, title: &str, link: &str, png: Vec<u8>) {
        let device = &mut self.0.borrow_mut().device;
        device.shared.push((title.to_owned(), link.to_owned(), png));
    }
}

impl Notifier for Stage {
    fn notify(&mut self, room: RoomId, title: &str, text: &str) {
        if let Some(told) = &mut self.0.borrow_mut().device.told {
            told.insert(room, (title.to_owned(), text.to_owned()));
        }
    }

    fn withdraw(&mut self, room: RoomId) {
        if let Some(told) = &mut self.0.borrow_mut().device.told {
            told.remove(&room);
        }
    }
}
