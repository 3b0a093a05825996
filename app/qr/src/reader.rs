//! Pictures to texts.

use crate::{LumaView, search::Search};

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A frame of live video: milliseconds, since the next one comes soon. What rarely helps takes turns over the frames.
    Frame,
    /// A single picture: everything that may help, for up to three seconds.
    Photo,
}

/// Finds and reads the QR codes of pictures. One for each camera or series of pictures.
///
/// It never gives a text that is not in the picture, as far as the error correction of codes can tell.
#[derive(Debug)]
pub struct Reader {
    effort: Effort,
    /// Pictures read so far: whose turn it is.
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
        let mut search = Search::new(view, &wanted);
        let _ = search.run(self.effort, self.turn);
        self.turn = self.turn.wrapping_add(1);
        search.into_texts()
    }
}
