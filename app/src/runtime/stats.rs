//! Keeps the statistics of finding each other in a file beside the database.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{Shared, wall_millis};
use crate::stats::{Circumstances, Day, Meter, Outcome, SuccessStats};

const FILE: &str = "connection-stats.json";

/// The longest file read: ninety full days.
const MAX_FILE_LEN: u64 = 4 * 1024 * 1024;

/// How often what was counted is written: rarely, since nobody misses what is lost with a crash.
const WRITE_EVERY: Duration = Duration::from_secs(600);

/// Statistics that outlive the program, most of the time: what was counted since the last writing
/// is lost with a crash.
#[derive(Debug)]
pub(super) struct StatsKeeper {
    file: PathBuf,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    stats: SuccessStats,
    signaling: Meter,
    is_unwritten: bool,
}

impl StatsKeeper {
    /// Reads what was counted before; begins anew if that cannot be read.
    pub(super) fn open(data_dir: &Path) -> Self {
        let file = data_dir.join(FILE);
        let stats = read(&file).unwrap_or_else(|err| {
            if err.kind() != io::ErrorKind::NotFound {
                log::warn!("the connection statistics begin anew: {err}");
            }
            SuccessStats::default()
        });
        Self { file, kept: Mutex::new(Kept { stats, ..Kept::default() }) }
    }

    pub(super) fn count(&self, under: Circumstances, outcome: Outcome, took: Duration) {
        let mut kept = self.lock();
        kept.stats.count(today(), under, outcome, took);
        kept.is_unwritten = true;
    }

    /// Counts signaling by running totals.
    pub(super) fn meter_signaling(&self, sent: u64, received: u64) {
        let mut kept = self.lock();
        let (sent, received) = kept.signaling.added(sent, received);
        if (sent, received) != (0, 0) {
            kept.stats.count_signaling(today(), sent, received);
            kept.is_unwritten = true;
        }
    }

    /// Bytes of signaling today, as far as they were counted.
    pub(super) fn signaling_today(&self) -> u64 {
        let kept = self.lock();
        let today = today();
        let day = kept.stats.days().rev().find(|(day, _)| **day == today);
        day.map_or(0, |(_, day)| day.signaling_sent.saturating_add(day.signaling_received))
    }

    pub(super) fn get(&self) -> SuccessStats {
        self.lock().stats.clone()
    }

    /// Writes what is new. The file is whole at any time.
    pub(super) fn write(&self) {
        let json = {
            let mut kept = self.lock();
            if !std::mem::take(&mut kept.is_unwritten) {
                return;
            }
            serde_json::to_vec(&kept.stats)
        };
        let new = self.file.with_extension("new");
        let written = json
            .map_err(io::Error::other)
            .and_then(|json| fs::write(&new, json))
            .and_then(|()| fs::rename(&new, &self.file));
        if let Err(err) = written {
            log::warn!("the connection statistics cannot be written: {err}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes now and then for as long as the device runs.
pub(super) async fn keep(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(WRITE_EVERY).await;
        shared.write_stats();
    }
}

fn read(file: &Path) -> io::Result<SuccessStats> {
    if fs::metadata(file)?.len() > MAX_FILE_LEN {
        return Err(io::Error::other("the file is too long"));
    }
    let mut stats: SuccessStats = serde_json::from_slice(&fs::read(file)?)?;
    stats.keep_limits();
    Ok(stats)
}

fn today() -> Day {
    let millis = i64::try_from(wall_millis()).unwrap_or_default();
    chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default().date_naive().to_string()
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use transport::TransportKind;

    use super::{FILE, StatsKeeper};
    use crate::stats::{Circumstances, Outcome, SuccessStats};

    const HERE: Circumstances = Circumstances { transport: TransportKind::WebRtc, nat: "cone" };

    #[test]
    fn what_was_counted_is_there_after_a_restart() {
        let dir = tempfile::tempdir().expect("a folder");
        let keeper = StatsKeeper::open(dir.path());
        keeper.count(HERE, Outcome::Relayed, Duration::from_secs(2));
        keeper.meter_signaling(100, 200);
        keeper.write();

        let again = StatsKeeper::open(dir.path());

        assert_eq!(again.get(), keeper.get());
        assert_eq!(again.get().totals()[0].outcome, Outcome::Relayed);
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1, "nothing else is left");
    }

    #[test]
    fn file_that_cannot_be_read_is_begun_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        for text in ["", "{", "[]", r#"{"days": 7}"#] {
            fs::write(dir.path().join(FILE), text).expect("written");
            let keeper = StatsKeeper::open(dir.path());
            assert_eq!(keeper.get(), SuccessStats::default(), "{text}");
            keeper.count(HERE, Outcome::Direct, Duration::ZERO);
            keeper.write();
            assert_eq!(StatsKeeper::open(dir.path()).get(), keeper.get());
        }
    }

    #[test]
    fn file_says_nothing_of_whom_and_where() {
        let dir = tempfile::tempdir().expect("a folder");
        let keeper = StatsKeeper::open(dir.path());
        keeper.count(HERE, Outcome::Direct, Duration::from_secs(2));
        keeper.write();
        let text = fs::read_to_string(dir.path().join(FILE)).expect("written");
        let day = super::today();
        assert_eq!(
            text,
            format!(
                r#"{{"days":{{"{day}":{{"tallies":[{{"transport":"webrtc","nat":"cone","outcome":"direct","count":1,"within":[0,1,0,0]}}],"signaling_sent":0,"signaling_received":0}}}}}}"#
            )
        );
    }
}
