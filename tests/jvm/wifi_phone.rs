//! Phones with Wi-Fi near each other, on the Java machine: their Wi-Fi is played, the app on them is not.
#![allow(unsafe_code)] // functions for Java, which cannot be checked

use std::{
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use festival_android::wifi::{self, Open};
use jni::{
    Env, JavaVM, NativeMethod, jni_sig, jni_str,
    objects::{JObject, JString, JValue},
    refs::Global,
};
use tokio::{
    pin,
    task::yield_now,
    time::{sleep, timeout},
};
use transport::{SocketBinder, wifi::Wifi};

use crate::{
    handset::{android, pass},
    machine::java,
};

/// The right to make networks, since Android 13 and before.
pub(crate) const NEARBY_WIFI: &str = "NEARBY_WIFI_DEVICES";
pub(crate) const LOCATION: &str = "ACCESS_FINE_LOCATION";

/// How long anything may take, on a machine with other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// The networks that are near.
pub(crate) struct Air(Global<JObject<'static>>);

/// A phone with the app, and what the app sees of its Wi-Fi.
pub(crate) struct Phone {
    java: Arc<Global<JObject<'static>>>,
    pub(crate) wifi: Wifi,
    pub(crate) binder: SocketBinder,
    /// By which network sockets were told to leave, one after the other.
    pub(crate) steered: Arc<Mutex<Vec<u64>>>,
}

impl Air {
    /// Around phones with this version of Android.
    pub(crate) fn with_api(level: i32) -> Self {
        let air = java(|env| {
            let air = env.new_object(jni_str!("android/net/wifi/WifiAir"), jni_sig!("()V"), &[])?;
            env.new_global_ref(air)
        });
        android(level);
        Self(air)
    }

    /// Another device, which is none of ours, makes a network.
    pub(crate) fn make(&self, ssid: &str, passphrase: &str) {
        java(|env| {
            let (ssid, passphrase) = (JString::new(env, ssid)?, JString::new(env, passphrase)?);
            let args = [JValue::Object(&ssid), JValue::Object(&passphrase)];
            let signature = jni_sig!("(Ljava/lang/String;Ljava/lang/String;)V");
            env.call_method(self.0.as_ref(), jni_str!("make"), signature, &args)?;
            Ok(())
        });
    }

    /// A phone in the network "Home", whose person allowed these.
    pub(crate) fn phone(&self, rights: &[&str]) -> Phone {
        let java = Arc::new(java(|env| {
            register(env);
            let args = [JValue::Object(self.0.as_ref())];
            let signature = jni_sig!("(Landroid/net/wifi/WifiAir;)V");
            let phone = env.new_object(jni_str!("android/net/wifi/WifiPhone"), signature, &args)?;
            env.new_global_ref(phone)
        }));
        let phone = Arc::clone(&java);
        let open: Arc<Open> = Arc::new(move |env, card| {
            let args = [JValue::Object((*phone).as_ref()), JValue::Long(card)];
            let signature = jni_sig!("(Landroid/content/Context;J)V");
            let wifi = env.new_object(jni_str!("chat/festival/Wifi"), signature, &args)?;
            env.new_global_ref(wifi)
        });
        let steered = Arc::<Mutex<Vec<u64>>>::default();
        let steers = Arc::clone(&steered);
        let steer = move |_socket, network| steers.lock().expect("nobody panics").push(network);
        let machine = JavaVM::singleton().expect("a Java machine");
        let (card, binder) = wifi::on(machine, open, Arc::new(steer));
        let phone = Phone { java, wifi: Wifi::with_port(card.open()), binder, steered };
        for right in rights {
            phone.tell(|env, java| {
                let right = JString::new(env, right)?;
                let signature = jni_sig!("(Ljava/lang/String;)V");
                env.call_method(java, jni_str!("allow"), signature, &[JValue::Object(&right)])?;
                Ok(())
            });
        }
        phone
    }
}

impl Phone {
    fn tell<T>(
        &self,
        tell: impl FnOnce(&mut Env<'_>, &JObject<'_>) -> jni::errors::Result<T>,
    ) -> T {
        java(|env| tell(env, (*self.java).as_ref()))
    }

    /// Sets what the phone or its person is like: see `WifiPhone`.
    pub(crate) fn set(&self, what: &str, value: &str) {
        self.tell(|env, java| {
            let (what, value) = (JString::new(env, what)?, JString::new(env, value)?);
            let args = [JValue::Object(&what), JValue::Object(&value)];
            let signature = jni_sig!("(Ljava/lang/String;Ljava/lang/String;)V");
            env.call_method(java, jni_str!("set"), signature, &args)?;
            Ok(())
        });
    }

    /// Where it is, and how much of the system's its app holds.
    pub(crate) fn state(&self) -> String {
        self.tell(|env, java| {
            let signature = jni_sig!("()Ljava/lang/String;");
            let state = env.call_method(java, jni_str!("state"), signature, &[])?.l()?;
            env.cast_local::<JString<'_>>(state)?.try_to_string(env)
        })
    }

    /// The network that it joined goes away.
    pub(crate) fn lose(&self) {
        self.tell(|env, java| {
            env.call_method(java, jni_str!("lose"), jni_sig!("()V"), &[])?;
            Ok(())
        });
        self.settle();
    }

    /// Its person switches off what the app has made.
    pub(crate) fn stop_making(&self) {
        self.tell(|env, java| {
            env.call_method(java, jni_str!("stopMaking"), jni_sig!("()V"), &[])?;
            Ok(())
        });
        pass(0);
    }

    /// Android tells of the network that was joined so often, with addresses and without.
    pub(crate) fn flood(&self, times: i32) {
        self.tell(|env, java| {
            env.call_method(java, jni_str!("flood"), jni_sig!("(I)V"), &[JValue::Int(times)])?;
            Ok(())
        });
        self.settle();
        pass(1_000);
    }

    /// Waits until it is like that, and has nothing done meanwhile by the thread that draws.
    pub(crate) async fn until(&self, state: &str) {
        while self.state() != state {
            yield_now().await;
        }
    }

    /// Waits until a socket was told by which network to leave.
    pub(crate) async fn steers(&self) -> Vec<u64> {
        let steers = async {
            loop {
                let steered = self.steered();
                if !steered.is_empty() {
                    return steered;
                }
                yield_now().await;
            }
        };
        timeout(PATIENCE, drive(steers)).await.expect("sockets are bound")
    }

    /// Whether it is done when the phone has nothing more to say.
    pub(crate) async fn is_done<T>(&self, work: impl Future<Output = T>) -> bool {
        pin!(work);
        for _ in 0..100 {
            self.settle();
            tokio::select! {
                biased;
                _done = &mut work => return true,
                () = yield_now() => pass(100),
            }
        }
        false
    }

    pub(crate) fn settle(&self) {
        self.tell(|env, java| {
            env.call_method(java, jni_str!("settle"), jni_sig!("()V"), &[])?;
            Ok(())
        });
    }

    pub(crate) fn steered(&self) -> Vec<u64> {
        std::mem::take(&mut *self.steered.lock().expect("nobody panics"))
    }
}

/// Waits for it while the phones' threads go on, whose clock goes by a tenth of a second for each look.
pub(crate) async fn drive<T>(work: impl Future<Output = T>) -> T {
    pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = yield_now() => pass(100),
        }
    }
}

/// The same with a clock of tokio's that goes by itself, and only while nobody does anything.
pub(crate) async fn drive_fast<T>(work: impl Future<Output = T>) -> T {
    pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = sleep(Duration::from_millis(100)) => pass(100),
        }
    }
}

/// Gives Java the library's functions.
pub(crate) fn register(env: &mut Env<'_>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let outcome = wifi::Java_chat_festival_Wifi_onOutcome as *mut _;
        let network = wifi::Java_chat_festival_Wifi_onNetwork as *mut _;
        // SAFETY: each has the parameters that its signature says, and all are static.
        let registered = unsafe {
            let methods = [
                NativeMethod::from_raw_parts(
                    jni_str!("onOutcome"),
                    jni_str!("(JJIILjava/lang/String;Ljava/lang/String;)V"),
                    outcome,
                ),
                NativeMethod::from_raw_parts(
                    jni_str!("onNetwork"),
                    jni_str!("(JJLjava/lang/String;)V"),
                    network,
                ),
            ];
            env.register_native_methods(jni_str!("chat/festival/Wifi"), &methods)
        };
        registered.expect("Java has these methods");
    });
}
