//! The field that is written in, for the keyboards of phones: they want to know the text around the caret, change it
//! wherever they like, and say only what it is to be in the end.

use std::ops::Range;

use egui::{
    Context, Event, Id, ImeEvent, Response, TextEdit,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
};

/// What is written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A single line.
    Line,
    /// Several lines.
    Lines,
    /// A single line nobody is to read over the person's shoulder.
    Secret,
    /// A message: several lines, which can be sent from the keyboard.
    Message,
}

/// The field that is written in, as it was last drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writing {
    /// Which one it is.
    pub field: Id,
    /// What it is for.
    pub purpose: Purpose,
    /// What is in it.
    pub text: String,
    /// What is chosen of it, in characters; the caret if it is empty.
    pub selection: Range<usize>,
    /// Whether it was just touched.
    pub is_touched: bool,
}

/// What a keyboard wants to be in the field. Places are in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The whole text.
    pub text: String,
    /// What is chosen of it; the caret if it is empty.
    pub selection: Range<usize>,
    /// What is not decided yet.
    pub composing: Option<Range<usize>>,
}

/// What is being composed in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Where it is in the text.
    pub range: Range<usize>,
    /// Where the caret is in it, or what is chosen of it.
    pub active: Range<usize>,
}

/// What brings a field nearer to what is wanted, in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is chosen before the events, in characters.
    pub selection: Range<usize>,
    /// What the field is told.
    pub events: Vec<Event>,
    /// What is being composed after it.
    pub composed: Option<Composed>,
}

/// The field that has the keyboard, if one has.
pub fn writing(ctx: &Context) -> Option<Writing> {
    let writing: Writing = ctx.data(|data| data.get_temp(Id::NULL))?;
    let is_focused = ctx.memory(|memory| memory.focused()) == Some(writing.field);
    is_focused.then_some(writing)
}

/// Has [`writing`] know of a field that was just drawn.
pub(crate) fn tell(response: &Response, text: &str, purpose: Purpose) {
    if !response.has_focus() {
        return;
    }
    let cursor = TextEdit::load_state(&response.ctx, response.id)
        .and_then(|state| state.cursor.char_range());
    let end = text.chars().count();
    let selection = cursor.map_or(end..end, |range| {
        let range = range.as_sorted_char_range();
        range.start.0.min(end)..range.end.0.min(end)
    });
    let writing = Writing {
        field: response.id,
        purpose,
        text: text.to_owned(),
        selection,
        is_touched: response.clicked(),
    };
    response.ctx.data_mut(|data| data.insert_temp(Id::NULL, writing));
}

/// Has this much of a field be chosen from its next frame on.
pub fn choose(ctx: &Context, field: Id, selection: &Range<usize>) {
    let mut state = TextEditState::load(ctx, field).unwrap_or_default();
    let [start, end] = [selection.start, selection.end].map(CCursor::new);
    state.cursor.set_char_range(Some(CCursorRange::two(start, end)));
    state.store(ctx, field);
}

/// What to do next so that the field becomes as wanted; `None` if it is. What a single frame cannot do takes several, each
/// with a step of its own.
pub fn step(now: &Writing, composed: Option<&Composed>, wanted: &Wanted) -> Option<Step> {
    let (old, new): (Vec<char>, Vec<char>) =
        (now.text.chars().collect(), wanted.text.chars().collect());
    if let Some(compose) = wanted.composes(&new) {
        let is_there = old == new && composed == Some(&compose) && now.selection == compose.range;
        if is_there {
            return None;
        }
        if let Some(step) = compose_in_place(&old, &new, compose) {
            return Some(step);
        }
    }
    if old != new {
        return Some(replace_what_differs(&old, &new, composed.is_some()));
    }
    if let Some(composed) = composed {
        let decided = new.get(composed.range.clone()).unwrap_or_default().iter().collect();
        let events = vec![Event::Ime(ImeEvent::Commit(decided))];
        return Some(Step { selection: composed.range.clone(), events, composed: None });
    }
    (now.selection != wanted.selection).then(|| Step {
        selection: wanted.selection.clone(),
        events: Vec::new(),
        composed: None,
    })
}

impl Wanted {
    /// What is to be seen as not decided. egui has the caret in it or nowhere: text that is composed beside the caret looks
    /// decided.
    fn composes(&self, new: &[char]) -> Option<Composed> {
        let range = self.composing.clone()?;
        let composing = new.get(range.clone())?;
        let chosen = &self.selection;
        let holds_caret = range.start <= chosen.start && chosen.end <= range.end;
        // Nor does it compose nothing, or a line's end.
        if matches!(composing, [] | ['\n'] | ['\r']) || !holds_caret {
            return None;
        }
        let active = chosen.start - range.start..chosen.end - range.start;
        Some(Composed { range, active })
    }
}

/// Puts what is composed in place of what was there, if nothing else is different.
fn compose_in_place(old: &[char], new: &[char], compose: Composed) -> Option<Step> {
    let before = new.get(..compose.range.start)?;
    let after = new.get(compose.range.end..)?;
    let is_alone =
        old.len() >= before.len() + after.len() && old.starts_with(before) && old.ends_with(after);
    if !is_alone {
        return None;
    }
    let text = new.get(compose.range.clone())?.iter().collect();
    let active_range_chars = Some(compose.active.clone());
    Some(Step {
        selection: before.len()..old.len() - after.len(),
        events: vec![Event::Ime(ImeEvent::Preedit { text, active_range_chars })],
        composed: Some(compose),
    })
}

/// Puts the new text in place of the old one, as far as they differ.
fn replace_what_differs(old: &[char], new: &[char], is_composing: bool) -> Step {
    let same = |(one, other): &(&char, &char)| one == other;
    let before = old.iter().zip(new).take_while(same).count();
    let most = old.len().min(new.len()) - before;
    let after = old.iter().rev().zip(new.iter().rev()).take(most).take_while(same).count();
    let selection = before..old.len() - after;
    let text: String = new.iter().skip(before).take(new.len() - after - before).collect();
    let (selection, event) = if text.is_empty() && !is_composing {
        // To put nothing in its place means nothing outside of a composition.
        let before_chars = selection.len();
        let delete = ImeEvent::DeleteSurrounding { before_chars, after_chars: 0 };
        (selection.end..selection.end, Event::Ime(delete))
    } else if text == "\n" || text == "\r" {
        // A composition cannot be decided to be a line's end.
        (selection, Event::Paste(text))
    } else {
        (selection, Event::Ime(ImeEvent::Commit(text)))
    };
    Step { selection, events: vec![event], composed: None }
}

#[cfg(test)]
mod tests {
    use egui::RawInput;

    use super::*;

    /// How many frames anything may take.
    const FRAMES: usize = 4;

    /// Shows a field for a frame.
    fn frame(ctx: &Context, text: &mut String, events: Vec<Event>) -> Writing {
        let input = RawInput { events, focused: true, ..RawInput::default() };
        let mut output = ctx.run_ui(input, |ui| {
            let response = ui.add(TextEdit::multiline(text).id(Id::unique("field")));
            response.request_focus();
            tell(&response, text, Purpose::Lines);
        });
        // Nobody draws them.
        output.textures_delta.clear();
        writing(ctx).expect("a field")
    }

    fn ranges(text: &str) -> Vec<Range<usize>> {
        let len = text.chars().count();
        (0..=len).flat_map(|start| (start..=len).map(move |end| start..end)).collect()
    }

    /// Everything a keyboard could want of these texts.
    fn wishes(texts: &[&str]) -> Vec<Wanted> {
        let mut wishes = Vec::new();
        for text in texts {
            for selection in ranges(text) {
                let composings = ranges(text).into_iter().map(Some).chain([None]);
                wishes.extend(composings.map(|composing| {
                    let (text, selection) = ((*text).to_owned(), selection.clone());
                    Wanted { text, selection, composing }
                }));
            }
        }
        wishes
    }

    #[test]
    fn whatever_a_keyboard_wants_is_in_the_field_a_few_frames_later() {
        let ctx = Context::default();
        let mut text = String::new();
        let mut now = frame(&ctx, &mut text, Vec::new());
        let mut composed = None;
        let wishes = wishes(&["", "a", "aa", "aba", "\n", "a\nb", "日本", "a😀b"]);
        // Each comes after others than its neighbors, too.
        let strides = [1, 7, 31].map(|stride| wishes.iter().cycle().step_by(stride));
        for wanted in strides.into_iter().flat_map(|some| some.take(wishes.len())) {
            let before = now.clone();
            let mut frames = 0;
            while let Some(step) = step(&now, composed.as_ref(), wanted) {
                assert!(frames < FRAMES, "{before:?} does not become {wanted:?}, but {now:?}");
                frames += 1;
                choose(&ctx, now.field, &step.selection);
                now = frame(&ctx, &mut text, step.events);
                composed = step.composed;
            }
            assert_eq!(now.text, wanted.text);
            let chosen = composed.as_ref().map_or(&wanted.selection, |composed| &composed.range);
            assert_eq!(&now.selection, chosen, "{wanted:?} after {before:?}");
        }
    }
}
