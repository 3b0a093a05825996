//! One picture, looked at in one form after another.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use crate::{
    Effort, Luma, LumaView, engine, filter, finders,
    fit::{self, Picture},
    geometry::{Corners, Point},
    plan::{Care, Filter, Look, Plan, Size},
    threshold, triples,
};

/// No new look at a photo is begun after this: as long as a person waits without wondering. Video needs no such limit, since
/// its plan is short, and its reader takes the newest frame when it is done.
const PHOTO_TIME: Duration = Duration::from_secs(3);

/// Pixels a module should have to be sampled: more are only noise and time.
const FIT_MODULE: f32 = 3.5;

/// Modules between the finder patterns of codes like ours, about.
const USUAL_DISTANCE: f32 = 28.0;

/// Finder patterns that may be half a module apart and still be the same.
const SAME_PLACE: f32 = 0.5 / USUAL_DISTANCE;

/// Finder patterns, real or not, from which the libraries take minutes for a picture: their time grows with the cube.
const CROWD: usize = 100;

/// The first texts of a picture full of codes are enough.
const MAX_TEXTS: usize = 64;

/// A picture and what is known of it so far.
pub(crate) struct Search<'a> {
    view: LumaView<'a>,
    wanted: &'a dyn Fn(&str) -> bool,
    texts: Vec<String>,
    /// The picture, shrunk by these factors.
    shrunk: Vec<(usize, Luma)>,
    /// Finder patterns seen but not read, and 1 or -1 for where dark is light.
    open: Vec<(Corners, f32)>,
    /// How many of those were looked at closely.
    closed: usize,
    /// Whether a look saw more than [`CROWD`] finder patterns.
    is_crowded: bool,
}

impl<'a> Search<'a> {
    pub(crate) fn new(view: LumaView<'a>, wanted: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            view,
            wanted,
            texts: Vec::new(),
            shrunk: Vec::new(),
            open: Vec::new(),
            closed: 0,
            is_crowded: false,
        }
    }

    /// The distinct texts found; the wanted one is the last.
    pub(crate) fn into_texts(self) -> Vec<String> {
        self.texts
    }

    /// Looks until a wanted text is found, the plan is done or time is up.
    pub(crate) fn run(&mut self, effort: Effort, turn: usize) -> ControlFlow<()> {
        let plan = Plan::new(effort, self.view.width(), self.view.height(), turn);
        let started = Instant::now();
        for look in &plan.looks {
            self.look(*look, plan.triples)?;
            self.look_closely(plan.fits, plan.care)?;
            if effort == Effort::Photo && started.elapsed() > PHOTO_TIME {
                log::trace!("time is up after {look:?}");
                return ControlFlow::Continue(());
            }
        }
        if plan.with_libraries && !self.is_crowded {
            self.ask_libraries(plan.base)?;
        }
        ControlFlow::Continue(())
    }

    /// Keeps `text`; breaks if it ends the search.
    fn add(&mut self, text: String) -> ControlFlow<()> {
        let is_wanted = (self.wanted)(&text);
        self.texts.retain(|known| *known != text);
        self.texts.push(text);
        if is_wanted || self.texts.len() >= MAX_TEXTS {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn look(&mut self, look: Look, most: usize) -> ControlFlow<()> {
        let doubled;
        let (sized, scale, offset) = match look.size {
            Size::Shrunk(1) => (self.view, 1.0, Point { x: 0.0, y: 0.0 }),
            Size::Shrunk(factor) => (self.shrunk(factor), factor as f32, Point { x: 0.0, y: 0.0 }),
            Size::Doubled => {
                doubled = filter::double(self.view);
                (doubled.view(), 0.5, Point { x: 0.0, y: 0.0 })
            }
            Size::DoubledMiddle => {
                let (left, top) = (self.view.width() / 4, self.view.height() / 4);
                doubled = filter::double(filter::middle_half(self.view).view());
                (doubled.view(), 0.5, Point { x: left as f32, y: top as f32 })
            }
        };
        let filtered = match look.filter {
            Filter::Raw => None,
            Filter::Sharp(reach, gain) => Some(filter::sharpen(sized, reach, gain)),
            Filter::Soft(reach) => Some(filter::soften(sized, reach)),
        };
        let ready = filtered.as_ref().map_or(sized, Luma::view);
        let Some(mut bits) = threshold::binarize(ready, look.rule) else {
            return ControlFlow::Continue(());
        };
        for sign in [1.0, -1.0] {
            let finders = finders::find(&bits);
            self.is_crowded |= finders.len() > CROWD;
            let triples = triples::triples(finders, most);
            for triple in &triples {
                match engine::rxing_at(&bits, triple) {
                    Some(text) => self.add(text)?,
                    None => self.remember(Corners::of(triple, scale, offset), sign),
                }
            }
            bits.flip_self();
        }
        ControlFlow::Continue(())
    }

    fn remember(&mut self, corners: Corners, sign: f32) {
        let tolerance = corners.side() * SAME_PLACE;
        let is_same =
            |(known, of): &(Corners, f32)| *of == sign && known.is_near(&corners, tolerance);
        if !self.open.iter().any(is_same) {
            self.open.push((corners, sign));
        }
    }

    /// Lays a grid over up to `most` of the places that were not looked at closely yet.
    fn look_closely(&mut self, most: usize, care: Care) -> ControlFlow<()> {
        let fresh: Vec<_> = self.open.iter().skip(self.closed).take(most).copied().collect();
        self.closed = self.open.len();
        for (corners, sign) in fresh {
            let factor = (corners.side() / USUAL_DISTANCE / FIT_MODULE) as usize;
            let (view, scale) = match factor {
                0 | 1 => (self.view, 1.0),
                _ => (self.shrunk(factor), 1.0 / factor as f32),
            };
            let picture = Picture { view, sign };
            if let Some(text) = fit::read(picture, &corners.scaled(scale), care) {
                self.add(text)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn ask_libraries(&mut self, base: usize) -> ControlFlow<()> {
        let view = if base == 1 { self.view } else { self.shrunk(base) };
        let mut texts = Vec::from_iter(engine::rxing_any(view));
        texts.extend(
            [false, true].into_iter().flat_map(|is_negative| engine::rqrr_all(view, is_negative)),
        );
        texts.into_iter().try_for_each(|text| self.add(text))
    }

    /// The picture shrunk by a factor, from the nearest larger one there is.
    fn shrunk(&mut self, factor: usize) -> LumaView<'_> {
        let index =
            self.shrunk.iter().position(|(known, _)| *known == factor).unwrap_or_else(|| {
                let finer = self.shrunk.iter().filter(|(known, _)| factor.is_multiple_of(*known));
                let luma = match finer.max_by_key(|(known, _)| *known) {
                    Some((known, luma)) => filter::shrink(luma.view(), factor / known),
                    None => filter::shrink(self.view, factor),
                };
                self.shrunk.push((factor, luma));
                self.shrunk.len() - 1
            });
        self.shrunk.get(index).map_or(self.view, |(_, luma)| luma.view())
    }
}
