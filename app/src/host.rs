//! What the screens need from the device they run on, besides the backend.
//!
//! What every window has comes and goes with egui, so that the same screens run under any shell:
//!
//! - **Text** comes as `egui::Event::Ime` and `egui::Event::Key`, in the order in which it happened: a key that ends
//!   a composition before the commit, a key of its own after it. Whether a keyboard is wanted is in
//!   `PlatformOutput::ime`, and also whether what is being composed is to be forgotten. For a keyboard that changes a
//!   copy of the text, [`writing`](crate::writing) finds the events.
//! - **Room** is `RawInput::safe_area_insets`: notches, bars and the keyboard. Everything stays out of them.
//! - **Back** is `Key::BrowserBack`.
//! - **The clipboard** takes what `OutputCommand::CopyText` says.
//!
//! A shell tells the app what becomes of it by [`ChatApp::suspend`], [`ChatApp::resume`] and
//! [`ChatApp::free_memory`].
//!
//! [`ChatApp::suspend`]: crate::chat_app::ChatApp::suspend
//! [`ChatApp::resume`]: crate::chat_app::ChatApp::resume
//! [`ChatApp::free_memory`]: crate::chat_app::ChatApp::free_memory

use std::path::PathBuf;

use engine::{RoomId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{scan::Source, ui::action::ScanFrom};

/// A device with a screen: a desktop, a phone, or a test.
pub trait Host {
    /// Seconds to add to UTC for local time at `at`.
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32>;

    /// Where a QR can be looked for here, best first.
    fn scan_sources(&self) -> Vec<ScanFrom>;

    /// Pictures to look for a QR in. `None` if they come later as [`HostNews::Picture`], because
    /// the person is asked for a file first. Never blocks.
    fn source(&mut self, from: ScanFrom) -> Option<Source>;

    /// The text on the clipboard, if there is some.
    fn clipboard_text(&mut self) -> Option<String>;

    /// Keeps a PNG where the person finds it, under a name made from `name`. Never blocks; answered
    /// by [`HostNews::Saved`] or [`HostNews::Failed`].
    fn save_png(&mut self, name: &str, png: Vec<u8>);

    /// What happened since it was last asked.
    fn poll(&mut self) -> Option<HostNews>;

    /// Keeps the state of the screens for the next start.
    fn save_state(&mut self, json: &str);

    /// Back was pressed where there is nothing to go back to: what was there before the app is shown again, where an app
    /// may do that.
    fn step_aside(&mut self) {}

    /// What the person looks away for has happened: says so to the hand that holds the device, where it can.
    fn pulse(&mut self) {}

    /// What this device asks its person before a program may do it. `None` where nothing is asked.
    fn permissions(&mut self) -> Option<&mut dyn Permissions> {
        None
    }

    /// The system's way to pass something on to other programs, if it has one.
    fn sharing(&mut self) -> Option<&mut dyn Sharing> {
        None
    }

    /// The system's way to tell the person something while they look elsewhere, if it has one.
    fn notifier(&mut self) -> Option<&mut dyn Notifier> {
        None
    }
}

/// Something a device asks its person about before a program may do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permission {
    /// Seeing through the camera.
    Camera,
    /// Finding devices nearby by Bluetooth, and being found by them.
    Nearby,
    /// Telling of messages while the person looks elsewhere.
    Notifications,
    /// Making a Wi-Fi network. Joining one takes nothing.
    Wifi,
}

impl Permission {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Camera, Self::Nearby, Self::Notifications, Self::Wifi];
}

/// What the person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionState {
    /// Yes.
    Granted,
    /// They were not asked.
    NotAsked,
    /// No, and they can be asked again.
    Refused,
    /// No, and only they can change that, in the system's settings.
    RefusedForGood,
}

/// The permissions of a device that asks for them.
pub trait Permissions {
    /// What the person said of this one. Asked before every frame: has to be known, not found out.
    fn state(&self, of: Permission) -> PermissionState;

    /// Shows the system's question. Never blocks: the answer is seen in [`state`](Self::state), and the app is woken.
    /// Radios that were waiting for it start by themselves.
    fn ask(&mut self, of: Permission);

    /// Shows the page of the system's settings where the person can say otherwise.
    fn open_settings(&mut self);
}

/// A way to pass something on to other programs.
pub trait Sharing {
    /// Lets the person choose where a link goes, with a picture of its code. Never blocks.
    fn share(&mut self, title: &str, link: &str, png: Vec<u8>);
}

/// A way to tell the person something while they look elsewhere.
pub trait Notifier {
    /// Says that something was written in a room, in place of what was said of that room before.
    fn notify(&mut self, room: RoomId, title: &str, text: &str);

    /// Nothing is to be told of that room any more.
    fn withdraw(&mut self, room: RoomId);
}

/// Something that happened on the device.
#[derive(Debug)]
pub enum HostNews {
    /// The person chose a picture to look for a QR in.
    Picture(PathBuf),
    /// A picture was kept there.
    Saved(PathBuf),
    /// Something did not work; a sentence says what.
    Failed(String),
    /// An invite was opened from outside: a link that was clicked.
    Link(String),
    /// The person chose what was told of this room.
    Opened(RoomId),
    /// The person wrote this in answer to what was told of this room, without opening the app.
    Reply(RoomId, String),
}
