//! The border to Java: what the system calls, and what `MainActivity` is asked for. See its source beside this.
#![allow(unsafe_code)] // names the system looks for, and a pointer it gives

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use android_activity::AndroidApp;
use eframe::egui::Context;
use jni::{
    EnvUnowned, JavaVM,
    errors::LogErrorAndDefault,
    jni_sig, jni_str,
    objects::{JClass, JObject, JString, JValue},
    refs::Global,
    sys::{jboolean, jint},
};

use crate::window;

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
pub(crate) fn wakes(context: &Context) {
    Told::lock().context = Some(context.clone());
}

/// The next link that was opened, as far as there is one.
pub(crate) fn next_link() -> Option<String> {
    Told::lock().links.pop_front()
}

/// What the system's bars and the keyboard cover of the window, in pixels: left, top, right, bottom.
pub(crate) fn insets() -> [i32; 4] {
    Told::lock().insets
}

/// Whether the person sees the window.
pub(crate) fn is_visible() -> bool {
    Told::lock().is_visible
}

/// The activity, which can be asked for what only Java can do.
#[derive(Clone)]
pub(crate) struct Activity(AndroidApp);

impl Activity {
    /// The text on the system's clipboard.
    pub(crate) fn paste(&self) -> Option<String> {
        self.ask(|env, activity| {
            let text = env
                .call_method(activity, jni_str!("paste"), jni_sig!("()Ljava/lang/String;"), &[])?
                .l()?;
            if text.is_null() {
                return Ok(None);
            }
            let text = env.cast_local::<JString<'_>>(text)?;
            text.try_to_string(env).map(Some)
        })
        .flatten()
    }

    /// Puts text on the system's clipboard.
    pub(crate) fn copy(&self, text: &str) {
        self.ask(|env, activity| {
            let text = JString::new(env, text)?;
            env.call_method(
                activity,
                jni_str!("copy"),
                jni_sig!("(Ljava/lang/String;)V"),
                &[JValue::Object(&text)],
            )?;
            Ok(())
        });
    }

    /// Shows what was there before this app.
    pub(crate) fn step_aside(&self) {
        self.ask(|env, activity| {
            env.call_method(activity, jni_str!("stepAside"), jni_sig!("()V"), &[])?;
            Ok(())
        });
    }

    /// A short touch for the hand that holds the phone.
    pub(crate) fn pulse(&self) {
        self.ask(|env, activity| {
            env.call_method(activity, jni_str!("pulse"), jni_sig!("()V"), &[])?;
            Ok(())
        });
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&mut jni::Env<'_>, &JObject<'_>) -> jni::errors::Result<T>,
    ) -> Option<T> {
        // SAFETY: the system's own pointer to its virtual machine, which lives as long as the process.
        let machine = unsafe { JavaVM::from_raw(self.0.vm_as_ptr().cast()) };
        let answer = machine.attach_current_thread(|env| {
            let raw = self.0.activity_as_ptr().cast();
            // SAFETY: a reference to the activity, which holds as long as `self.0` does.
            let activity = unsafe { env.as_cast_raw::<Global<JObject<'static>>>(&raw)? };
            question(env, activity.as_ref())
        });
        answer.inspect_err(|error| log::warn!("the activity does not answer: {error}")).ok()
    }
}

/// Called by the system, on a thread of its own, once there is an activity.
#[unsafe(no_mangle)]
fn android_main(app: AndroidApp) {
    app::logbook::start();
    let Some(folder) = app.internal_data_path() else {
        log::error!("Android gives this app no folder");
        return;
    };
    if let Err(why) = window::run(app.clone(), Activity(app), folder) {
        log::error!("{why}");
    }
}

/// Called by `MainActivity` when the bars around the window or the keyboard change.
#[unsafe(no_mangle)]
extern "system" fn Java_chat_festival_MainActivity_onInsets(
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
extern "system" fn Java_chat_festival_MainActivity_onLink<'a>(
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
extern "system" fn Java_chat_festival_MainActivity_onVisible(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    is_visible: jboolean,
) {
    let mut told = Told::lock();
    told.is_visible = is_visible;
    told.wake();
}

/// Lets two devices meet inside of this library; 0 if all went as it should. For `android/self_test.sh`.
#[unsafe(no_mangle)]
extern "C" fn festival_self_test() -> i32 {
    crate::self_test::run()
}
