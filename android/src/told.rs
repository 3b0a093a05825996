//! What `MainActivity` tells: links, insets, and whether the window is seen. It does so on the UI thread, while the app
//! draws on another.
#![allow(unsafe_code)] // names that Java looks for

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use egui::Context;
use jni::{
    EnvUnowned,
    errors::LogErrorAndDefault,
    objects::{JClass, JString},
    sys::{jboolean, jint},
};

/// What Java has told since the process began.
static TOLD: Mutex<Told> =
    Mutex::new(Told { links: VecDeque::new(), insets: [0; 4], is_visible: true, context: None });

struct Told {
    links: VecDeque<String>,
    insets: [i32; 4],
    is_visible: bool,
    context: Option<Context>,
}

impl Told {
    fn lock() -> MutexGuard<'static, Self> {
        TOLD.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        if let Some(context) = &self.context {
            context.request_repaint();
        }
    }
}

/// Has `context` draw whenever Java tells something.
pub fn wakes(context: &Context) {
    Told::lock().context = Some(context.clone());
}

/// The next link that was opened, as far as there is one.
pub fn next_link() -> Option<String> {
    Told::lock().links.pop_front()
}

/// What the system's bars and the keyboard cover of the window, in pixels: left, top, right, bottom.
pub fn insets() -> [i32; 4] {
    Told::lock().insets
}

/// Whether the person sees the window.
pub fn is_visible() -> bool {
    Told::lock().is_visible
}

/// Called by `MainActivity` when the bars around the window or the keyboard change.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_MainActivity_onInsets(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    left: jint,
    top: jint,
    right: jint,
    bottom: jint,
) {
    let mut told = Told::lock();
    told.insets = [left, top, right, bottom];
    told.wake();
}

/// Called by `MainActivity` when a link is opened with this app.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_MainActivity_onLink<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    link: JString<'a>,
) {
    /// Links that may wait for the window: nobody opens as many.
    const MAX_LINKS: usize = 8;
    let outcome = env.with_env(|env| {
        let link = link.try_to_string(env)?;
        let mut told = Told::lock();
        if told.links.len() < MAX_LINKS {
            told.links.push_back(link);
        }
        told.wake();
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}

/// Called by `MainActivity` when the window comes into sight or leaves it.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_MainActivity_onVisible(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    is_visible: jboolean,
) {
    let mut told = Told::lock();
    told.is_visible = is_visible;
    told.wake();
}
