//! Keys that mean the same on every screen: back, and those that belong to a composition.

use egui::{Context, Event as Input, ImeEvent, Key};

use super::ChatApp;
use crate::ui::action::Action;

/// Whether something is being composed: Japanese from syllables, an accent on a letter to come, a word that a
/// phone's keyboard may still correct.
#[derive(Debug, Default)]
pub(super) struct Composing(bool);

impl Composing {
    /// Takes away keys that end a composition or choose within it. They belong to whoever composes: nothing is to be
    /// sent, and no field or screen to be left by them.
    pub(super) fn keep_keys(&mut self, ctx: &Context) {
        ctx.input_mut(|input| {
            input.events.retain(|event| match event {
                Input::Ime(ImeEvent::Preedit { text, .. }) => {
                    self.0 = !text.is_empty();
                    true
                }
                Input::Ime(ImeEvent::Commit(_)) => {
                    self.0 = false;
                    true
                }
                Input::Key { key: Key::Enter | Key::Escape, pressed: true, .. } => !self.0,
                _ => true,
            });
        });
        // Without a field nothing is composed, whatever the last word on it was.
        self.0 &= ctx.memory(|memory| memory.focused().is_some());
    }
}

impl ChatApp {
    /// Goes one step back: out of what is open on the screen, out of the screen, out of the app.
    pub(super) fn back_key(&mut self, ctx: &Context, actions: &mut Vec<Action>) {
        let pressed = |key| ctx.input(|input| input.key_pressed(key));
        let is_back = pressed(Key::BrowserBack);
        if !is_back && !pressed(Key::Escape) {
            return;
        }
        if egui::Popup::is_any_open(ctx) {
            // By Escape they close themselves.
            egui::Popup::close_all(ctx);
            return;
        }
        let is_inside = self.model.stopped.is_none() && self.model.name.is_some();
        if is_inside && self.close_question() {
            return;
        }
        if is_inside && self.state.stack.depth() > 1 {
            actions.push(Action::Back);
        } else if is_back {
            self.host.step_aside();
        }
    }

    /// Takes back what the person may have been about to do. Returns whether there was anything.
    fn close_question(&mut self) -> bool {
        let now = &mut self.state.now;
        let was_asked = now.asked.take().is_some() | std::mem::take(&mut now.is_resetting);
        was_asked || self.wifi.stop_asking()
    }
}
