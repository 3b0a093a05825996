//! Text from the keyboard, frame by frame. The keyboard has a copy of the text of the field that is written in, changes it
//! as it likes, and tells what it is to be: step by step the field becomes that. Where the field changes by itself, the
//! keyboard's copy is made anew and has a new number, its generation: what was typed into the old one is forgotten.

use std::ops::ControlFlow;

use app::writing::{self, Composed, Purpose, Wanted, Writing};
use egui::{Context, Event, FullOutput, Id, Key, Modifiers, Plugin, RawInput};

use crate::text::{self, Typed};

/// How many frames a field has to become what is wanted. One that does not, wants to be something else.
const MAX_STEPS: u8 = 4;

/// What stands between egui and the keyboard; to be added to the context of the window.
#[derive(Debug, Default)]
pub struct Typing {
    generation: i32,
    field: Option<Field>,
}

/// The field that the keyboard writes in.
#[derive(Debug)]
struct Field {
    id: Id,
    purpose: Purpose,
    /// What is in it as far as the keyboard knows.
    wanted: Wanted,
    composed: Option<Composed>,
    /// Whether it is about to become what is wanted, and how many frames that has taken.
    steps: Option<u8>,
    /// Whether the keyboard has another text than is wanted, since the field cannot hold it.
    is_corrected: bool,
    /// Whether the keyboard is to have a new copy in any case.
    is_interrupted: bool,
}

impl Plugin for Typing {
    fn debug_name(&self) -> &'static str {
        "typing"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        let (Some(field), Some(now)) = (&mut self.field, writing::writing(ctx)) else { return };
        if field.id != now.field {
            return;
        }
        while field.go_on(ctx, &now, input).is_continue() {
            let Some(typed) = text::next(self.generation) else { return };
            match typed {
                Typed::Text(wanted) => field.want(wanted),
                Typed::Key(key) => return press(input, key, Modifiers::NONE),
                Typed::Action => {
                    return press(input, Key::Enter, text::action_modifiers(field.purpose));
                }
            }
        }
    }

    fn output_hook(&mut self, ctx: &Context, output: &mut FullOutput) {
        // The keyboard is shown and hidden from here, and not a second time by whoever made the window.
        let ime = output.platform_output.ime.take();
        let Some(now) = writing::writing(ctx) else { return self.leave() };
        let is_interrupted = ime.as_ref().is_some_and(|ime| ime.should_interrupt_composition);
        match &mut self.field {
            Some(field) if field.id == now.field && field.purpose == now.purpose => {
                match field.compare(&now, is_interrupted) {
                    Seen::Same => {}
                    Seen::OnTheWay => ctx.request_repaint(),
                    Seen::Interrupted => {
                        self.generation = self.generation.wrapping_add(1);
                        ctx.request_repaint();
                    }
                    Seen::Another { restarts } => self.follow(&now, restarts),
                }
            }
            _ => {
                self.follow(&now, true);
                text::show();
            }
        }
        if now.is_touched {
            // The person may have put the keyboard away.
            text::show();
        }
        if text::has_more() {
            ctx.request_repaint();
        }
    }
}

impl Typing {
    /// Has the keyboard know the text as it is now.
    fn follow(&mut self, now: &Writing, restarts: bool) {
        self.generation = self.generation.wrapping_add(1);
        text::follow(self.generation, now, restarts);
        self.field = Some(Field {
            id: now.field,
            purpose: now.purpose,
            wanted: Wanted {
                text: now.text.clone(),
                selection: now.selection.clone(),
                composing: None,
            },
            composed: None,
            steps: None,
            is_corrected: false,
            is_interrupted: false,
        });
    }

    /// No field is written in.
    fn leave(&mut self) {
        if self.field.take().is_some() {
            self.generation = self.generation.wrapping_add(1);
            text::hide();
        }
    }
}

/// How a field is compared with what the keyboard knows.
enum Seen {
    Same,
    OnTheWay,
    /// The app is about to make another text of it: what is typed before that is seen is not meant for it.
    Interrupted,
    Another {
        restarts: bool,
    },
}

impl Field {
    /// Takes in what the keyboard wants, as far as the field can hold it.
    fn want(&mut self, mut wanted: Wanted) {
        let has_lines = matches!(self.purpose, Purpose::Lines | Purpose::Message);
        self.is_corrected = !has_lines && wanted.text.contains(['\n', '\r']);
        if self.is_corrected {
            wanted.text = wanted.text.replace(['\n', '\r'], " ");
        }
        self.wanted = wanted;
        self.steps = Some(0);
    }

    /// Goes a step on the way to what is wanted; breaks if the frame must come before anything else.
    fn go_on(&mut self, ctx: &Context, now: &Writing, input: &mut RawInput) -> ControlFlow<()> {
        let Some(steps) = &mut self.steps else { return ControlFlow::Continue(()) };
        let Some(step) = writing::step(now, self.composed.as_ref(), &self.wanted) else {
            self.steps = None;
            return ControlFlow::Continue(());
        };
        *steps += 1;
        self.composed = step.composed;
        writing::choose(ctx, self.id, &step.selection);
        input.events.extend(step.events);
        ControlFlow::Break(())
    }

    fn compare(&mut self, now: &Writing, is_interrupted: bool) -> Seen {
        if self.is_interrupted {
            let restarts = self.composed.is_some() || self.wanted.composing.is_some();
            return Seen::Another { restarts };
        }
        if is_interrupted {
            (self.is_interrupted, self.steps) = (true, None);
            return Seen::Interrupted;
        }
        if writing::step(now, self.composed.as_ref(), &self.wanted).is_none() {
            self.steps = None;
            return if self.is_corrected { Seen::Another { restarts: true } } else { Seen::Same };
        }
        match self.steps {
            Some(steps) if steps < MAX_STEPS => Seen::OnTheWay,
            _ => Seen::Another { restarts: false },
        }
    }
}

/// Presses a key and lets it go.
fn press(input: &mut RawInput, key: Key, modifiers: Modifiers) {
    let events = [true, false].map(|pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    });
    input.events.extend(events);
}
