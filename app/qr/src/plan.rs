//! In which forms a picture is looked at, and in which order: what helps most for its time comes first.
//!
//! The order is measured (`measure qr`), on pictures made bad in some forty ways.

use crate::{Effort, threshold::Rule};

/// Pixels above which video is read at half its size or less: a full HD frame is read whole.
const FRAME_PIXELS: usize = 2_200_000;

/// Sides below which a code can no longer be in a shrunk picture, in pixels: 21 modules and a margin, two pixels each.
const MIN_SIDE: usize = 58;

/// How much a photo is shrunk, at most in all of these ways.
const SHRINKS: [usize; 9] = [1, 2, 3, 4, 6, 8, 12, 16, 24];

/// One form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) size: Size,
    pub(crate) filter: Filter,
    pub(crate) rule: Rule,
}

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// Width and height divided by this.
    Shrunk(usize),
    /// Twice as wide and high.
    Doubled,
    /// The middle of the picture, twice as wide and high.
    DoubledMiddle,
}

/// How sharp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Raw,
    /// Reach and gain.
    Sharp(usize, u8),
    /// Reach.
    Soft(usize),
}

/// How blur is undone; see [`crate::equalize`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Care {
    /// Samples around each module that are weighed, across and down, half a module each: few first.
    pub(crate) taps: &'static [usize],
    /// How often weights are learned from what they gave.
    pub(crate) rounds: usize,
}

/// Everything that is done with a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) looks: Vec<Look>,
    /// Whether the libraries have a try of their own at the end: they see some codes that these looks do not.
    pub(crate) with_libraries: bool,
    /// Triples of finder patterns tried in each look and tone.
    pub(crate) triples: usize,
    /// Of those that could not be read, how many are looked at closely.
    pub(crate) fits: usize,
    /// How thoroughly that is done.
    pub(crate) care: Care,
    /// How much pictures are shrunk to be of a common size.
    pub(crate) base: usize,
}

impl Plan {
    /// For a picture of that size, when `turn` others came before.
    pub(crate) fn new(effort: Effort, width: usize, height: usize, turn: usize) -> Self {
        let base = SHRINKS
            .into_iter()
            .find(|shrink| (width / shrink) * (height / shrink) <= FRAME_PIXELS)
            // The largest picture there can be is small enough at an eighth.
            .unwrap_or(1);
        match effort {
            Effort::Frame => Self::frame(base, turn),
            Effort::Photo => Self::photo(base, width, height),
        }
    }

    fn frame(base: usize, turn: usize) -> Self {
        let look = |size: Size, filter: Filter, rule: Rule| Look { size, filter, rule };
        let shrunk =
            |by: usize, filter: Filter, rule: Rule| look(Size::Shrunk(base * by), filter, rule);
        let mut turns = vec![
            shrunk(2, Filter::Raw, Rule::Mixed),
            look(Size::DoubledMiddle, Filter::Raw, Rule::Mixed),
            shrunk(1, Filter::Raw, Rule::Near),
            shrunk(3, Filter::Sharp(2, 2), Rule::Mixed),
            shrunk(1, Filter::Soft(1), Rule::Near),
            shrunk(4, Filter::Raw, Rule::Mixed),
            shrunk(1, Filter::Sharp(6, 10), Rule::Mixed),
        ];
        if base > 1 {
            // What is too large to be read whole each time comes whole every other time.
            let whole = |filter: Filter| look(Size::Shrunk(1), filter, Rule::Mixed);
            let fine = [whole(Filter::Raw), whole(Filter::Sharp(4, 2))];
            turns =
                turns.into_iter().zip(fine.into_iter().cycle()).flat_map(|(a, b)| [b, a]).collect();
        }
        let turn = turn % turns.len();
        // Heavy blur takes long to undo.
        let is_last = turn + 1 == turns.len();
        let care = Care { taps: if is_last { &[4, 6, 8] } else { &[4, 6] }, rounds: 2 };
        let mut looks = vec![
            shrunk(1, Filter::Raw, Rule::Mixed),
            shrunk(2, Filter::Sharp(2, 2), Rule::Mixed),
            shrunk(1, Filter::Sharp(4, 2), Rule::Mixed),
        ];
        looks.extend(turns.get(turn));
        Self { looks, with_libraries: false, triples: 30, fits: 4, care, base }
    }

    fn photo(base: usize, width: usize, height: usize) -> Self {
        let sizes: Vec<usize> =
            SHRINKS.into_iter().filter(|shrink| width.min(height) / shrink >= MIN_SIDE).collect();
        // The common size first, then coarser, then finer ones.
        let (finer, others): (Vec<usize>, Vec<usize>) =
            sizes.into_iter().partition(|shrink| *shrink < base);
        let sizes = || others.iter().chain(finer.iter().rev()).copied().map(Size::Shrunk);
        let ways = [
            (Filter::Raw, Rule::Mixed),
            (Filter::Sharp(4, 2), Rule::Mixed),
            (Filter::Sharp(2, 2), Rule::Mixed),
            (Filter::Soft(1), Rule::Near),
            (Filter::Sharp(4, 4), Rule::Mixed),
            (Filter::Sharp(6, 10), Rule::Mixed),
            (Filter::Sharp(3, 10), Rule::Mixed),
            (Filter::Raw, Rule::Near),
        ];
        let each = |(filter, rule)| sizes().map(move |size| Look { size, filter, rule });
        let mut looks: Vec<Look> = ways.into_iter().flat_map(each).collect();
        let large = match base {
            1 => Size::Doubled,
            _ => Size::DoubledMiddle,
        };
        let doubled = |filter: Filter| Look { size: large, filter, rule: Rule::Mixed };
        // After all sizes were looked at plainly and sharpened once.
        let early = looks.len() / ways.len() * 2;
        looks.splice(early..early, [doubled(Filter::Raw), doubled(Filter::Sharp(4, 2))]);
        let care = Care { taps: &[4, 6, 8], rounds: 4 };
        Self { looks, with_libraries: true, triples: 100, fits: 12, care, base }
    }
}
