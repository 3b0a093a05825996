//! The border to Java: what the system calls, and what `MainActivity` is asked for. See its source beside this. What it
//! tells by itself is in [`told`](crate::told).
#![allow(unsafe_code)] // names the system looks for, and a pointer it gives

use std::sync::Arc;

use android_activity::AndroidApp;
use jni::{
    Env, JavaVM, jni_sig, jni_str,
    objects::{JObject, JString, JValue},
    refs::Global,
};
use transport::{SocketBinder, ble::ForeignRadio, wifi::ForeignWifi};

use crate::{
    bluetooth::{self, Open},
    services::Services,
    wifi, window,
};

#[link(name = "android")]
unsafe extern "C" {
    /// Has a socket leave by a network; 0 takes that back.
    fn android_setsocknetwork(network: u64, socket: i32) -> i32;
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

    /// The phone's Bluetooth, for the transport.
    pub(crate) fn bluetooth(&self) -> ForeignRadio {
        let this = self.clone();
        let open: Arc<Open> = Arc::new(move |env, radio| {
            this.question(env, |env, activity| {
                let signature = jni_sig!("(J)Lchat/festival/Bluetooth;");
                let args = [JValue::Long(radio)];
                let made = env.call_method(activity, jni_str!("bluetooth"), signature, &args)?;
                let made = made.l()?;
                env.new_global_ref(made)
            })
        });
        bluetooth::on(self.machine(), open)
    }

    /// The phone's Wi-Fi, for the transport, and what binds its sockets to the network that is joined.
    pub(crate) fn wifi(&self) -> (ForeignWifi, SocketBinder) {
        let this = self.clone();
        let open: Arc<wifi::Open> = Arc::new(move |env, card| {
            this.question(env, |env, activity| {
                let args = [JValue::Long(card)];
                let signature = jni_sig!("(J)Lchat/festival/Wifi;");
                let made = env.call_method(activity, jni_str!("wifi"), signature, &args)?.l()?;
                env.new_global_ref(made)
            })
        });
        let steer = |socket, network| {
            // SAFETY: it takes two numbers, and an unknown one of either is an error.
            let outcome = unsafe { android_setsocknetwork(network, socket) };
            if outcome != 0 {
                log::warn!("a socket cannot be bound: {}", std::io::Error::last_os_error());
            }
        };
        wifi::on(self.machine(), open, Arc::new(steer))
    }

    fn machine(&self) -> JavaVM {
        // SAFETY: the system's own pointer to its virtual machine, which lives as long as the process.
        unsafe { JavaVM::from_raw(self.0.vm_as_ptr().cast()) }
    }

    fn question<T>(
        &self,
        env: &mut Env<'_>,
        question: impl FnOnce(&mut Env<'_>, &JObject<'_>) -> jni::errors::Result<T>,
    ) -> jni::errors::Result<T> {
        let raw = self.0.activity_as_ptr().cast();
        // SAFETY: a reference to the activity, which holds as long as `self.0` does.
        let activity = unsafe { env.as_cast_raw::<Global<JObject<'static>>>(&raw)? };
        question(env, activity.as_ref())
    }

    /// What the phone does for the app besides its window.
    pub(crate) fn services(&self) -> Option<Services> {
        self.ask(|env, activity| {
            let services = jni_sig!("()Lchat/festival/Services;");
            let object = env.call_method(activity, jni_str!("services"), services, &[])?.l()?;
            env.new_global_ref(object).map(Services::new)
        })
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Env<'_>, &JObject<'_>) -> jni::errors::Result<T>,
    ) -> Option<T> {
        let answer = self.machine().attach_current_thread(|env| self.question(env, question));
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

/// Lets two devices meet inside of this library; 0 if all went as it should. For `android/self_test.sh`.
#[unsafe(no_mangle)]
extern "C" fn festival_self_test() -> i32 {
    crate::self_test::run()
}
