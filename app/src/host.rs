//! What the screens need from the device they run on, besides the backend.

use std::path::PathBuf;

use engine::Timestamp;

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
}
