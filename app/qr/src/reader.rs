//! Pictures to texts.

use std::ops::ControlFlow;

use rxing::common::BitMatrix;

use crate::{Luma, LumaView, engine, filter, fit, geometry::Corners, threshold};

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

/// What one picture was turned into so far.
struct Search<'a, 'b> {
    found: &'a mut Found<'b>,
    /// The picture itself and its negative.
    tones: [Luma; 2],
    /// Finder patterns seen but not read, with the tone they are dark in.
    open: Vec<(Corners, usize)>,
    /// How many of those were looked at closely.
    fitted: usize,
}

fn look(
    view: LumaView<'_>,
    effort: Effort,
    turn: &mut usize,
    found: &mut Found<'_>,
) -> ControlFlow<()> {
    let tones = [view.to_luma(), filter::invert(view)];
    let mut search = Search { found, tones, open: Vec::new(), fitted: 0 };
    let fits = if effort == Effort::Frame { 3 } else { 30 };
    search.try_bits(threshold::hybrid(&search.tones[0]), 1.0)?;
    search.fit(fits)?;
    for step in 0..4 {
        if effort == Effort::Frame && step != *turn % 4 {
            continue;
        }
        match step {
            0 => search.try_bits(threshold::local(view, 12, 3), 1.0)?,
            1 => search.try_bits(threshold::hybrid(&filter::shrink(view, 3)), 3.0)?,
            2 => search.try_rqrr()?,
            _ => search.try_bits(threshold::hybrid(&filter::double(view)), 0.5)?,
        }
        search.fit(fits)?;
    }
    *turn += 1;
    ControlFlow::Continue(())
}

impl Search<'_, '_> {
    /// Reads what can be read at once in a black and white picture that is `1 / factor` the size.
    fn try_bits(&mut self, bits: Option<BitMatrix>, factor: f32) -> ControlFlow<()> {
        let Some(mut bits) = bits else { return ControlFlow::Continue(()) };
        for tone in 0..2 {
            for triple in engine::triples(&bits) {
                if let Some(text) = engine::rxing_at(&bits, &triple) {
                    self.found.add(text)?;
                } else {
                    self.keep(Corners::of(&triple, factor), tone);
                }
            }
            bits.flip_self();
        }
        ControlFlow::Continue(())
    }

    fn keep(&mut self, corners: Corners, tone: usize) {
        let tolerance = corners.top_left.distance(corners.top_right) / 30.0;
        if !self.open.iter().any(|(known, at)| *at == tone && known.is_near(&corners, tolerance)) {
            self.open.push((corners, tone));
        }
    }

    /// Looks closely at up to `most` places not looked at yet.
    fn fit(&mut self, most: usize) -> ControlFlow<()> {
        let fresh: Vec<_> = self.open.iter().skip(self.fitted).take(most).copied().collect();
        self.fitted = self.open.len();
        for (corners, tone) in fresh {
            let Some(picture) = self.tones.get(tone) else { continue };
            let mut text = None;
            let mut accept = |bits: &BitMatrix| {
                text = engine::decode(bits);
                text.is_some()
            };
            fit::read(picture, &corners, &mut |modules| {
                accept(&modules.plain())
                    || modules.learned(4, 2, &mut accept)
                    || modules.learned(6, 2, &mut accept)
            });
            if let Some(text) = text {
                self.found.add(text)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn try_rqrr(&mut self) -> ControlFlow<()> {
        for tone in &self.tones {
            for text in engine::rqrr_all(tone.view()) {
                self.found.add(text)?;
            }
        }
        ControlFlow::Continue(())
    }
}
