//! What a process costs: memory and processor time.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The resident memory of a process, in MB, where the system tells it; `self` is this one.
pub(crate) fn rss_mb(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kib * 1.024 / 100.0).round() / 10.0)
}

/// The time this thread has worked, whatever else the machine does.
pub(crate) fn thread_time() -> Duration {
    clock(ClockId::ThreadCPUTime)
}

/// The time all threads of this process have worked.
pub(crate) fn process_time() -> Duration {
    clock(ClockId::ProcessCPUTime)
}

fn clock(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// What links run on, as in the app: two threads.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.worker_threads(2).enable_all().build().expect("threads")
}
