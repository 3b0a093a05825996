//! The border to `TextInput`, through which keyboards write: what it tells, on the UI thread, waits here for the next
//! frame, and what it is told runs on the UI thread when that is free. See its source beside this.
#![allow(unsafe_code)] // names that Java looks for

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::writing::{Purpose, Wanted, Writing};
use egui::{Key, Modifiers};
use jni::{
    Env, EnvUnowned, JavaVM,
    errors::LogErrorAndDefault,
    jni_sig, jni_str,
    objects::{JClass, JObject, JString, JValue},
    refs::Global,
    sys::jint,
};

use crate::told;

/// What may wait for a frame: nobody presses as many keys in one.
const MAX_WAITING: usize = 64;

static BORDER: Mutex<Border> = Mutex::new(Border { view: None, waiting: VecDeque::new() });

struct Border {
    view: Option<Arc<View>>,
    waiting: VecDeque<(i32, Typed)>,
}

impl Border {
    fn lock() -> MutexGuard<'static, Self> {
        BORDER.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was typed; of two texts one after the other, only the newer one counts.
    fn push(&mut self, generation: i32, typed: Typed) {
        let last = self.waiting.back_mut();
        if let (Some((of, last @ Typed::Text(_))), Typed::Text(_)) = (last, &typed)
            && *of == generation
        {
            *last = typed;
        } else if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back((generation, typed));
        }
    }
}

/// The view of Java's.
struct View {
    machine: JavaVM,
    view: Global<JObject<'static>>,
}

/// Something that a keyboard did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Typed {
    /// This is to be in the field.
    Text(Wanted),
    /// A key was pressed.
    Key(Key),
    /// The key was pressed that does what the field is for.
    Action,
}

/// The next thing that was typed into the text of this generation. What was typed into an older one is forgotten: it was
/// meant for a text that is another one by now.
pub(crate) fn next(generation: i32) -> Option<Typed> {
    let mut border = Border::lock();
    while let Some((of, typed)) = border.waiting.pop_front() {
        if of == generation {
            return Some(typed);
        }
    }
    None
}

/// Whether something was typed that waits.
pub(crate) fn has_more() -> bool {
    !Border::lock().waiting.is_empty()
}

/// Has the keyboard know of the text that is in the field. If it `restarts`, it forgets all it knew of the field.
pub(crate) fn follow(generation: i32, writing: &Writing, restarts: bool) {
    let [start, end] =
        [writing.selection.start, writing.selection.end].map(|at| units(&writing.text, at));
    let purpose = match writing.purpose {
        Purpose::Line => 0,
        Purpose::Lines => 1,
        Purpose::Secret => 2,
        Purpose::Message => 3,
    };
    tell(|env, view| {
        let text = JString::new(env, &writing.text)?;
        env.call_method(
            view,
            jni_str!("follow"),
            jni_sig!("(ILjava/lang/String;IIIZ)V"),
            &[
                JValue::Int(generation),
                JValue::Object(&text),
                JValue::Int(start),
                JValue::Int(end),
                JValue::Int(purpose),
                JValue::Bool(restarts),
            ],
        )?;
        Ok(())
    });
}

/// Shows the keyboard.
pub(crate) fn show() {
    tell(|env, view| {
        env.call_method(view, jni_str!("show"), jni_sig!("()V"), &[])?;
        Ok(())
    });
}

/// Nothing is written in any more: hides the keyboard.
pub(crate) fn hide() {
    tell(|env, view| {
        env.call_method(view, jni_str!("hide"), jni_sig!("()V"), &[])?;
        Ok(())
    });
}

/// Without the lock: Java may call back at once.
fn tell(what: impl FnOnce(&mut Env<'_>, &JObject<'_>) -> jni::errors::Result<()>) {
    let Some(view) = Border::lock().view.clone() else { return };
    let told = view.machine.attach_current_thread(|env| what(env, view.view.as_ref()));
    if let Err(error) = told {
        log::warn!("the keyboard is not told: {error}");
    }
}

/// How many of Java's characters there are before this one of ours.
fn units(text: &str, chars: usize) -> jint {
    let units = text.chars().take(chars).map(char::len_utf16).sum::<usize>();
    jint::try_from(units).unwrap_or(jint::MAX)
}

/// How many characters of ours there are before this one of Java's. In the middle of one is before it.
fn chars(text: &str, units: jint) -> usize {
    let mut left = usize::try_from(units).unwrap_or(0);
    let fits = |c: &char| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    };
    text.chars().take_while(fits).count()
}

/// The keys that do not stand for a text, by Android's numbers.
fn key(code: jint) -> Option<Key> {
    Some(match code {
        19 => Key::ArrowUp,
        20 => Key::ArrowDown,
        21 => Key::ArrowLeft,
        22 => Key::ArrowRight,
        61 => Key::Tab,
        92 => Key::PageUp,
        93 => Key::PageDown,
        111 => Key::Escape,
        122 => Key::Home,
        123 => Key::End,
        _ => return None,
    })
}

/// With what the key is pressed that does what a field is for: Enter alone begins a line where there can be several.
pub(crate) fn action_modifiers(purpose: Purpose) -> Modifiers {
    match purpose {
        Purpose::Line | Purpose::Secret => Modifiers::NONE,
        Purpose::Lines | Purpose::Message => Modifiers::COMMAND,
    }
}

/// Called by a `TextInput` that was made, and is the one to tell from now on.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_TextInput_onMade<'a>(
    mut env: EnvUnowned<'a>,
    view: JObject<'a>,
) {
    let outcome = env.with_env(|env| {
        let view = View { machine: env.get_java_vm()?, view: env.new_global_ref(view)? };
        Border::lock().view = Some(Arc::new(view));
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}

/// Called by `TextInput` when its text, what is chosen of it or what is composed in it has changed.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_TextInput_onText<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    generation: jint,
    text: JString<'a>,
    start: jint,
    end: jint,
    composing_start: jint,
    composing_end: jint,
) {
    let outcome = env.with_env(|env| {
        let text = text.try_to_string(env)?;
        let range =
            |one: jint, other: jint| chars(&text, one.min(other))..chars(&text, one.max(other));
        let is_composing = composing_start >= 0 && composing_end >= 0;
        let wanted = Wanted {
            selection: range(start, end),
            composing: is_composing.then(|| range(composing_start, composing_end)),
            text,
        };
        Border::lock().push(generation, Typed::Text(wanted));
        told::wake();
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}

/// Called by `TextInput` for a key that does not stand for a text.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_TextInput_onKey(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    generation: jint,
    code: jint,
) {
    if let Some(key) = key(code) {
        Border::lock().push(generation, Typed::Key(key));
        told::wake();
    }
}

/// Called by `TextInput` for the key that does what the field is for.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_TextInput_onAction(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    generation: jint,
) {
    Border::lock().push(generation, Typed::Action);
    told::wake();
}
