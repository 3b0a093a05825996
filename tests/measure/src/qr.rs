//! How many pictures of codes are read, and how quickly: by each library alone, and by our reader.

#![allow(clippy::indexing_slicing, reason = "only its own figures, and a wrong index must show")]

use std::time::{Duration, Instant};

use qr::{Effort, LumaView, Reader};
use serde_json::{Value, json};
use torture::{CONDITIONS, Condition, Frame, HD, PHOTO, PHOTO_CONDITIONS, Size, VGA, frame};

mod libraries;
#[path = "qr/table.rs"]
mod shown;

pub(crate) use shown::table;

/// Pictures of each condition and size.
const SEEDS: u64 = 12;

/// The same when in a hurry.
const QUICK_SEEDS: u64 = 2;

/// Pictures of each condition of large photos; none when in a hurry, since each takes seconds to make.
const PHOTO_SEEDS: u64 = 3;

/// Somebody who reads.
type Read = fn(&Frame) -> Option<String>;

/// Who reads, by the names of the figures.
const READERS: [(&str, Read); 4] = [
    ("success", |frame| ours(Effort::Frame, frame)),
    ("photo", |frame| ours(Effort::Photo, frame)),
    ("rqrr", libraries::rqrr),
    ("rxing", libraries::rxing),
];

/// What one reader made of some pictures.
#[derive(Debug, Clone, Default)]
struct Score {
    tried: usize,
    read: usize,
    wrong: usize,
    /// For pictures of 1280 x 720 or more.
    times: Vec<Duration>,
}

impl Score {
    fn percent(&self) -> f64 {
        100.0 * self.read as f64 / self.tried.max(1) as f64
    }

    fn add(&mut self, other: &Self) {
        self.tried += other.tried;
        self.read += other.read;
        self.wrong += other.wrong;
        self.times.extend(&other.times);
    }

    /// Milliseconds below which that many of 100 pictures took.
    fn ms(&mut self, percent: usize) -> f64 {
        self.times.sort();
        let index = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
        self.times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

/// All figures; some minutes, or some seconds if `quick`.
pub(crate) fn run(quick: bool) -> Value {
    let seeds = if quick { QUICK_SEEDS } else { SEEDS };
    let mut all: [Score; READERS.len()] = Default::default();
    let mut must = all.clone();
    let mut rows = Vec::new();
    for condition in CONDITIONS {
        let scores = scores(condition, &[VGA, HD], seeds);
        rows.push(row(condition, &scores));
        for (i, score) in scores.iter().enumerate() {
            all[i].add(score);
            if condition.must {
                must[i].add(score);
            }
        }
    }
    let mut large: [Score; READERS.len()] = Default::default();
    for condition in if quick { &[] } else { PHOTO_CONDITIONS } {
        let scores = scores(condition, &[PHOTO], PHOTO_SEEDS);
        rows.push(row(condition, &scores));
        large.iter_mut().zip(&scores).for_each(|(sum, score)| sum.add(score));
    }
    let [_, large_photo, large_rqrr, large_rxing] = &mut large;
    let [frame, photo, rqrr, rxing] = &mut all;
    json!({
        "pictures": frame.tried,
        "success_percent": frame.percent(),
        "photo_percent": photo.percent(),
        "rqrr_percent": rqrr.percent(),
        "rxing_percent": rxing.percent(),
        "must_percent": must[0].percent(),
        "large_percent": large_photo.percent(),
        "large_rqrr_percent": large_rqrr.percent(),
        "large_rxing_percent": large_rxing.percent(),
        "large_ms_p50": large_photo.ms(50),
        "large_ms_p95": large_photo.ms(95),
        "wrong_texts": frame.wrong + photo.wrong + large_photo.wrong,
        "ms_p50": frame.ms(50),
        "ms_p95": frame.ms(95),
        "photo_ms_p50": photo.ms(50),
        "photo_ms_p95": photo.ms(95),
        "rqrr_ms_p50": rqrr.ms(50),
        "rxing_ms_p50": rxing.ms(50),
        "conditions": rows,
    })
}

fn row(condition: &Condition, scores: &[Score]) -> Value {
    let mut row = json!({ "name": condition.name, "must": condition.must });
    for ((name, _), score) in READERS.iter().zip(scores) {
        row[format!("{name}_percent")] = json!(score.percent());
    }
    row
}

fn scores(condition: &Condition, sizes: &[Size], seeds: u64) -> [Score; READERS.len()] {
    let mut scores: [Score; READERS.len()] = Default::default();
    for (size, seed) in sizes.iter().flat_map(|size| (0..seeds).map(move |seed| (*size, seed))) {
        let frame = frame(condition, size, seed);
        for (score, (_, read)) in scores.iter_mut().zip(READERS) {
            let started = Instant::now();
            let text = read(&frame);
            if size != VGA {
                score.times.push(started.elapsed());
            }
            score.tried += 1;
            match text {
                Some(text) if text == frame.text => score.read += 1,
                Some(_) => score.wrong += 1,
                None => {}
            }
        }
    }
    scores
}

fn ours(effort: Effort, frame: &Frame) -> Option<String> {
    let view = LumaView::new(frame.width, frame.height, &frame.gray).ok()?;
    Reader::new(effort).read(view)
}
