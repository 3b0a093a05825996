//! Pictures to texts.

use std::ops::ControlFlow;

use rxing::common::BitMatrix;

use crate::{Luma, LumaView, engine, filter, threshold};

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A frame of live video: quick, since the next one comes soon. What is slow takes turns over the frames.
    Frame,
    /// A single picture: everything that may help, up to seconds.
    Photo,
}

/// Finds and reads the QR codes of pictures. One for each camera or series of pictures.
#[derive(Debug)]
pub struct Reader {
    effort: Effort,
    /// Frames read without success: which slow step is next.
    turn: usize,
}

impl Reader {
    /// A reader that takes `effort` for each picture.
    #[must_use]
    pub fn new(effort: Effort) -> Self {
        Self { effort, turn: 0 }
    }

    /// The text of a code in `view`, if one can be read.
    #[must_use]
    pub fn read(&mut self, view: LumaView<'_>) -> Option<String> {
        self.read_until(view, |_| true).pop()
    }

    /// The distinct texts of all codes in `view` that can be read; as slow as no code at all.
    #[must_use]
    pub fn read_all(&mut self, view: LumaView<'_>) -> Vec<String> {
        self.read_until(view, |_| false)
    }

    /// Reads until a text satisfies `wanted`; that one is the last of the distinct texts returned.
    #[must_use]
    pub fn read_until(&mut self, view: LumaView<'_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut found = Found { texts: Vec::new(), wanted: &wanted };
        let _ = look(view, self.effort, &mut self.turn, &mut found);
        found.texts
    }
}

/// Texts so far.
struct Found<'a> {
    texts: Vec<String>,
    wanted: &'a dyn Fn(&str) -> bool,
}

impl Found<'_> {
    /// Keeps `text`; breaks if it ends the search.
    fn add(&mut self, text: String) -> ControlFlow<()> {
        let done = (self.wanted)(&text);
        if done || !self.texts.contains(&text) {
            self.texts.retain(|known| *known != text);
            self.texts.push(text);
        }
        if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn look(
    view: LumaView<'_>,
    effort: Effort,
    turn: &mut usize,
    found: &mut Found<'_>,
) -> ControlFlow<()> {
    let whole = view.to_luma();
    try_both(threshold::hybrid(&whole), found)?;
    for step in 0..4 {
        if effort == Effort::Frame && step != *turn % 4 {
            continue;
        }
        match step {
            0 => try_both(threshold::hybrid(&filter::shrink(view, 3)), found)?,
            1 => try_both(threshold::local(view, 24, 3), found)?,
            2 => try_rqrr(&whole, found)?,
            _ => try_both(threshold::hybrid(&filter::double(view)), found)?,
        }
    }
    *turn += 1;
    ControlFlow::Continue(())
}

fn try_both(bits: Option<BitMatrix>, found: &mut Found<'_>) -> ControlFlow<()> {
    let Some(mut bits) = bits else { return ControlFlow::Continue(()) };
    for _ in 0..2 {
        for triple in engine::triples(&bits) {
            if let Some(text) = engine::rxing_at(&bits, &triple) {
                found.add(text)?;
            }
        }
        bits.flip_self();
    }
    ControlFlow::Continue(())
}

fn try_rqrr(whole: &Luma, found: &mut Found<'_>) -> ControlFlow<()> {
    for picture in [whole.clone(), filter::invert(whole.view())] {
        for text in engine::rqrr_all(picture.view()) {
            found.add(text)?;
        }
    }
    ControlFlow::Continue(())
}
