//! What the screens need from an Android device.

use app::{
    host::{Host, HostNews, Notifier, Permissions, Sharing},
    scan::Source,
    shell::{self, StateFile},
    ui::action::ScanFrom,
};
use engine::Timestamp;

use crate::{activity::Activity, happened, services::Services, told};

/// An activity, as the screens see it.
pub(crate) struct Phone {
    activity: Activity,
    services: Services,
    state: StateFile,
}

impl Phone {
    pub(crate) fn new(activity: Activity, services: Services, state: StateFile) -> Self {
        Self { activity, services, state }
    }
}

impl Host for Phone {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(shell::utc_offset)
    }

    fn scan_sources(&self) -> Vec<ScanFrom> {
        vec![ScanFrom::Camera, ScanFrom::File, ScanFrom::Clipboard]
    }

    fn source(&mut self, from: ScanFrom) -> Option<Source> {
        match from {
            ScanFrom::Camera => Some(self.services.camera()),
            ScanFrom::File => {
                self.services.pick();
                None
            }
            ScanFrom::Clipboard => Some(Source::Clipboard),
            ScanFrom::Screen => None,
        }
    }

    fn clipboard_text(&mut self) -> Option<String> {
        self.activity.paste()
    }

    fn save_png(&mut self, name: &str, png: Vec<u8>) {
        self.services.save(name, &png);
    }

    fn poll(&mut self) -> Option<HostNews> {
        happened::next().or_else(|| told::next_link().map(HostNews::Link))
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

    fn permissions(&mut self) -> Option<&mut dyn Permissions> {
        Some(&mut self.services)
    }

    fn sharing(&mut self) -> Option<&mut dyn Sharing> {
        Some(&mut self.services)
    }

    fn notifier(&mut self) -> Option<&mut dyn Notifier> {
        Some(&mut self.services)
    }
}
