//! The log: to standard error as asked for by `FESTIVAL_LOG`, and its tail for the diagnostics page.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// Lines kept.
const MAX_LINES: usize = 200;
/// What is logged unless `FESTIVAL_LOG` says otherwise. The libraries beneath talk in warnings of
/// what is normal to them.
const DEFAULT_FILTER: &str = "warn,app=info,engine=info,storage=info,transport=info,\
                              rtc=off,rtc_ice=off,webrtc=off,stun_proto=off,turn_client_proto=off";

static TAIL: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

struct Logbook {
    started: Instant,
    inner: env_logger::Logger,
}

impl log::Log for Logbook {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.inner.matches(record) {
            return;
        }
        let secs = self.started.elapsed().as_secs_f64();
        let line = format!("{secs:9.3} {} {}: {}", record.level(), record.target(), record.args());
        eprintln!("{line}");
        let mut tail = TAIL.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.len() == MAX_LINES {
            tail.pop_front();
        }
        tail.push_back(line);
    }

    fn flush(&self) {}
}

/// Starts the log; once a process.
pub fn start() {
    let filter = std::env::var("FESTIVAL_LOG").unwrap_or_else(|_unset| DEFAULT_FILTER.to_owned());
    let inner = env_logger::Builder::new().parse_filters(&filter).build();
    let max_level = inner.filter();
    // A second start, as in tests, keeps the first log.
    if log::set_boxed_logger(Box::new(Logbook { started: Instant::now(), inner })).is_ok() {
        log::set_max_level(max_level);
    }
}

/// The last lines, oldest first.
pub fn tail() -> Vec<String> {
    TAIL.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}
