//! Moments as people write them, in their own time zone.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    time::Duration,
};

use engine::Timestamp;

const MILLIS_PER_SEC: u64 = 1_000;
const SECS_PER_DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What a host knows of its time zone: seconds to add to UTC at a moment.
pub type UtcOffset = Box<dyn Fn(Timestamp) -> i32>;

/// The present, and what moments are called from there.
pub struct Clock {
    now: Timestamp,
    utc_offset: UtcOffset,
    /// Asking the system for every message would cost more than drawing it.
    offsets: RefCell<BTreeMap<u64, i32>>,
    /// The hour asked for last: messages come in order of time.
    last: Cell<(u64, i32)>,
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Clock {
    /// A clock that stands at the epoch until it is [`set`](Self::set).
    pub fn new(utc_offset: UtcOffset) -> Self {
        let last = Cell::new((u64::MAX, 0));
        Self { now: Timestamp::default(), utc_offset, offsets: RefCell::default(), last }
    }

    /// It is `now`.
    pub fn set(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The local day of `at`, counted from 1 January 1970.
    pub fn day(&self, at: Timestamp) -> i64 {
        self.local_secs(at).div_euclid(SECS_PER_DAY)
    }

    /// "14:05"
    pub fn time(&self, at: Timestamp) -> String {
        let secs = self.local_secs(at).rem_euclid(SECS_PER_DAY);
        format!("{:02}:{:02}", secs / 3_600, secs / 60 % 60)
    }

    /// "Today", "Yesterday", "Monday, 3 November", "3 November 2024".
    pub fn day_name(&self, at: Timestamp) -> String {
        let (day, today) = (self.day(at), self.day(self.now));
        let (year, month, of_month) = civil(day);
        match today - day {
            0 => "Today".to_owned(),
            1 => "Yesterday".to_owned(),
            _ if year == civil(today).0 => {
                format!("{}, {of_month} {}", weekday(day), month_name(month))
            }
            _ => format!("{of_month} {} {year}", month_name(month)),
        }
    }

    /// For a list: the time of today, the weekday of this week, else the date.
    pub fn brief(&self, at: Timestamp) -> String {
        let (day, today) = (self.day(at), self.day(self.now));
        let (year, month, of_month) = civil(day);
        match today - day {
            0 => self.time(at),
            1 => "Yesterday".to_owned(),
            2..=6 => weekday(day).to_owned(),
            _ => format!("{year}-{month:02}-{of_month:02}"),
        }
    }

    /// "just now", "5 min ago", "3 h ago", then the day.
    pub fn ago(&self, at: Timestamp) -> String {
        let minutes = self.now.0.saturating_sub(at.0) / (60 * MILLIS_PER_SEC);
        match minutes {
            0 => "just now".to_owned(),
            1..=59 => format!("{minutes} min ago"),
            60..=719 => format!("{} h ago", minutes / 60),
            _ => format!("{} at {}", self.day_name(at), self.time(at)),
        }
    }

    /// How long until days have other names.
    pub fn until_midnight(&self) -> Duration {
        let secs = SECS_PER_DAY - self.local_secs(self.now).rem_euclid(SECS_PER_DAY);
        Duration::from_secs(secs.unsigned_abs())
    }

    fn local_secs(&self, at: Timestamp) -> i64 {
        let secs = at.0 / MILLIS_PER_SEC;
        let hour = secs / 3_600;
        let (last, mut offset) = self.last.get();
        if last != hour {
            let ask = || (self.utc_offset)(Timestamp(hour * 3_600 * MILLIS_PER_SEC));
            offset = *self.offsets.borrow_mut().entry(hour).or_insert_with(ask);
            self.last.set((hour, offset));
        }
        i64::try_from(secs).unwrap_or(i64::MAX / 2).saturating_add(i64::from(offset))
    }
}

/// How long something took or lasts: "1.7 ms", "240 ms", "3.2 s", "5 min", "2 h".
pub fn span(span: Duration) -> String {
    let secs = span.as_secs();
    let millis = span.as_secs_f64() * 1e3;
    match secs {
        0 if millis < 10.0 => format!("{millis:.1} ms"),
        0 => format!("{millis:.0} ms"),
        1..=9 => format!("{:.1} s", span.as_secs_f64()),
        10..=89 => format!("{secs} s"),
        90..=5_399 => format!("{} min", (secs + 30) / 60),
        _ => format!("{} h", (secs + 1_800) / 3_600),
    }
}

/// A round trip at a glance: whole milliseconds, below two with a digit behind the point.
pub fn round_trip(trip: Duration) -> String {
    if trip < Duration::from_millis(2) || trip >= Duration::from_secs(1) {
        span(trip)
    } else {
        format!("{:.0} ms", trip.as_secs_f64() * 1e3)
    }
}

fn weekday(day: i64) -> &'static str {
    let index = usize::try_from(day.rem_euclid(7)).unwrap_or(0);
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|i| MONTHS.get(i).copied()).unwrap_or_default()
}

/// Year, month and day of month of a day counted from 1 January 1970 (Howard Hinnant's algorithm:
/// years that begin in March put the leap day last).
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_month)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::Timestamp;

    use super::{Clock, civil, span};

    /// Monday, 23 November 2026, 12:00 UTC.
    const NOON: u64 = 1_795_435_200_000;
    const HOUR: u64 = 3_600_000;

    fn clock(offset_hours: i32) -> Clock {
        let mut clock = Clock::new(Box::new(move |_| offset_hours * 3_600));
        clock.set(Timestamp(NOON));
        clock
    }

    #[test]
    fn days_have_the_names_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_780), (2026, 11, 23));
    }

    #[test]
    fn moments_are_named_from_the_present_and_in_local_time() {
        let clock = clock(2);

        assert_eq!(clock.time(Timestamp(NOON)), "14:00");
        assert_eq!(clock.day_name(Timestamp(NOON)), "Today");
        assert_eq!(clock.day_name(Timestamp(NOON - 15 * HOUR)), "Yesterday");
        assert_eq!(clock.day_name(Timestamp(NOON - 96 * HOUR)), "Thursday, 19 November");
        assert_eq!(clock.brief(Timestamp(NOON - 96 * HOUR)), "Thursday");
        assert_eq!(clock.brief(Timestamp(NOON - 400 * 24 * HOUR)), "2025-10-19");
        assert_eq!(clock.ago(Timestamp(NOON - 5 * 60_000)), "5 min ago");
        assert_eq!(clock.until_midnight(), Duration::from_secs(10 * 3_600));
    }

    #[test]
    fn spans_keep_the_digits_that_matter() {
        assert_eq!(span(Duration::from_micros(1_700)), "1.7 ms");
        assert_eq!(span(Duration::from_millis(240)), "240 ms");
        assert_eq!(span(Duration::from_millis(3_200)), "3.2 s");
        assert_eq!(span(Duration::from_secs(300)), "5 min");
        assert_eq!(span(Duration::from_secs(7_200)), "2 h");
    }
}
