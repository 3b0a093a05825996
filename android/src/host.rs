//! What the screens need from an Android device.

use app::{
    host::{Host, HostNews},
    scan::Source,
    shell::{self, StateFile},
    ui::action::ScanFrom,
};
use engine::Timestamp;

use crate::{activity::Activity, told};

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
        Box::new(shell::utc_offset)
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
        failure.or_else(|| told::next_link().map(HostNews::Link))
    }

    fn save_state(&mut self, json: &str) {
        self.state.write(json);
    }

    fn step_aside(&mut self) {
        self.activity.step_aside();
    }

    fn pulse(&mut self) {
        self.activity.pulse();
    }
}
