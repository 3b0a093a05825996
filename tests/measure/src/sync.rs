//! What it costs two devices to become equal: bytes and round trips by what they lack, and how fast
//! a whole history comes in.

mod catch_up;
mod crowd;
mod exchange;

use clap::Args;
use serde_json::{Value, json};

use crowd::Crowd;

/// A room of another size.
#[derive(Debug, Args)]
#[group(id = "sync")]
pub(crate) struct Options {
    /// Of `sync`, how many people wrote.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    authors: usize,
    /// Of `sync`, how many messages.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    messages: usize,
}

/// With `quick`, a tenth of each: to see that it runs, not how fast.
const QUICK: usize = 10;

/// Measures, and says it as the object that `--json` prints.
pub(crate) fn run(quick: bool, options: &Options) -> Value {
    let share = if quick { QUICK } else { 1 };
    let (messages, authors) = (options.messages / share, options.authors / share);
    let crowd = Crowd::of(authors, messages);
    let missing = |count: usize| exchange::run(&crowd, count);
    let (equal, few, many) = (missing(0), missing(10), missing(authors.min(1_000)));
    let caught_up = catch_up::run(&crowd);
    json!({
        "equal_bytes": equal.bytes,
        "missing10_bytes": few.bytes,
        "missing1000_bytes": many.bytes,
        "round_trips": equal.round_trips.max(few.round_trips).max(many.round_trips),
        "catch_up_per_s": caught_up.per_s.round(),
        "newest_page_ms": (caught_up.newest_page.as_secs_f64() * 1e3).round(),
        "messages": messages,
        "authors": authors,
    })
}
