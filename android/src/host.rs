//! What the screens need from an Android device.

use std::path::{Path, PathBuf};

use app::{
    host::{Host, HostNews},
    scan::Source,
    ui::action::ScanFrom,
};
use chrono::{Offset as _, TimeZone as _};
use engine::Timestamp;

use crate::activity::{self, Activity};

/// Where the state of the screens is kept.
pub(crate) struct StateFile(PathBuf);

impl StateFile {
    /// The one in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.join("screens.json"))
    }

    /// What was kept last.
    pub(crate) fn read(&self) -> Option<String> {
        std::fs::read_to_string(&self.0).ok()
    }

    /// Written beside and moved over: a crash leaves the old state or the new one.
    fn write(&self, json: &str) -> std::io::Result<()> {
        let new = self.0.with_extension("new");
        std::fs::write(&new, json).and_then(|()| std::fs::rename(&new, &self.0))
    }
}

/// An activity, as the screens see it.
pub(crate) struct Phone {
    activity: Activity,
    state: StateFile,
    failure: Option<String>,
}

impl Phone {
    pub(crate) fn new(activity: Activity, state: StateFile) -> Self {
        Self { activity, state, failure: None }
    }
}

impl Host for Phone {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(|at| {
            let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
            let utc = chrono::DateTime::from_timestamp_millis(millis);
            utc.map_or(0, |utc| {
                chrono::Local.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc()
            })
        })
    }

    /// Neither its camera nor its pictures can be reached from here.
    fn scan_sources(&self) -> Vec<ScanFrom> {
        vec![ScanFrom::Clipboard]
    }

    fn source(&mut self, from: ScanFrom) -> Option<Source> {
        matches!(from, ScanFrom::Clipboard).then_some(Source::Clipboard)
    }

    fn clipboard_text(&mut self) -> Option<String> {
        self.activity.paste()
    }

    fn save_png(&mut self, _name: &str, _png: Vec<u8>) {
        self.failure = Some("Pictures cannot be saved on Android yet.".to_owned());
    }

    fn poll(&mut self) -> Option<HostNews> {
        let failure = self.failure.take().map(HostNews::Failed);
        failure.or_else(|| activity::next_link().map(HostNews::Link))
    }

    fn save_state(&mut self, json: &str) {
        if let Err(error) = self.state.write(json) {
            log::warn!("the state of the screens is not kept: {error}");
        }
    }
}
