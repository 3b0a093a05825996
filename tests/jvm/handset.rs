//! Phones that hear each other, on the Java machine: their Bluetooth is played, the app on them is not.
#![allow(unsafe_code)] // functions for Java, which cannot be checked

#[path = "meeting.rs"]
pub(crate) mod meeting;

use std::sync::{Arc, Once, OnceLock};

use festival_android::{
    bluetooth::{self, Open},
    radio,
};
use jni::{
    Env, JavaVM, NativeMethod, jni_sig, jni_str,
    objects::{JObject, JString, JThrowable, JValue},
    refs::Global,
    signature::MethodSignature,
    strings::JNIStr,
};
use tokio::sync::mpsc;
use transport::ble::{Adapter, BleTransport, RadioCommand, RadioEnd, RadioEvent};

use crate::machine::java;

/// Reports that may wait: as many as a driver leaves unread.
pub(crate) const MAX_EVENTS: usize = 256;

/// What phones hear each other through.
pub(crate) struct Air(Global<JObject<'static>>);

/// A phone with the app.
pub(crate) struct Phone {
    java: Arc<Global<JObject<'static>>>,
    /// The app's radio, once it is started.
    opened: Arc<OnceLock<Global<JObject<'static>>>>,
}

/// A radio as its driver sees it.
pub(crate) struct Radio {
    pub(crate) events: mpsc::Receiver<RadioEvent>,
    pub(crate) commands: mpsc::Sender<RadioCommand>,
}

impl Air {
    pub(crate) fn new() -> Self {
        Self(java(|env| {
            let air = env.new_object(jni_str!("android/bluetooth/Air"), jni_sig!("()V"), &[])?;
            env.new_global_ref(air)
        }))
    }

    pub(crate) fn phone(&self, address: &str) -> Phone {
        let java = java(|env| {
            register(env);
            let address = JString::new(env, address)?;
            let args = [JValue::Object(self.0.as_ref()), JValue::Object(&address)];
            let signature = jni_sig!("(Landroid/bluetooth/Air;Ljava/lang/String;)V");
            let phone = env.new_object(jni_str!("android/bluetooth/Phone"), signature, &args)?;
            env.new_global_ref(phone)
        });
        Phone { java: Arc::new(java), opened: Arc::default() }
    }

    /// How often something was sent while the last was under way, or was longer than it may be.
    pub(crate) fn faults(&self) -> i32 {
        number(&self.0, jni_str!("faults"))
    }

    /// How many L2CAP channels were opened.
    pub(crate) fn channels(&self) -> i32 {
        number(&self.0, jni_str!("channels"))
    }

    /// Ends all L2CAP channels, and no connection.
    pub(crate) fn close_channels(&self) {
        tell(&self.0, jni_str!("closeChannels"), jni_sig!("()V"), &[]);
    }

    /// No larger MTU is agreed to when phones connect.
    pub(crate) fn limit(&self, mtu: i32) {
        tell(&self.0, jni_str!("limit"), jni_sig!("(I)V"), &[JValue::Int(mtu)]);
    }

    pub(crate) fn connections(&self) -> i32 {
        number(&self.0, jni_str!("connections"))
    }
}

impl Phone {
    fn open(&self) -> Arc<Open> {
        let (phone, opened) = (Arc::clone(&self.java), Arc::clone(&self.opened));
        Arc::new(move |env, radio| {
            let args = [JValue::Object((*phone).as_ref()), JValue::Long(radio)];
            let signature = jni_sig!("(Landroid/content/Context;J)V");
            let java = env.new_object(jni_str!("chat/festival/Bluetooth"), signature, &args)?;
            let _ = opened.set(env.new_global_ref(&java)?);
            env.new_global_ref(java)
        })
    }

    /// Starts the app's radio alone.
    pub(crate) fn radio(&self) -> Radio {
        let (events_in, events) = mpsc::channel(MAX_EVENTS);
        let (commands, commands_out) = mpsc::channel(64);
        let machine = JavaVM::singleton().expect("a Java machine");
        radio::start(machine, self.open(), RadioEnd { events: events_in, commands: commands_out });
        Radio { events, commands }
    }

    /// The transport over the app's radio.
    pub(crate) fn transport(&self) -> BleTransport {
        let machine = JavaVM::singleton().expect("a Java machine");
        BleTransport::new(Adapter::Foreign(bluetooth::on(machine, self.open())))
    }

    /// What the app's radio does once a connection takes too long.
    pub(crate) fn is_overdue(&self, device: i64, is_all_due: bool) {
        let radio = self.opened.get().expect("a radio that was started");
        let args = [JValue::Long(device), JValue::Bool(is_all_due)];
        tell(radio, jni_str!("overdue"), jni_sig!("(JZ)V"), &args);
    }

    pub(crate) fn turn(&self, is_on: bool) {
        self.set(jni_str!("turn"), is_on);
    }

    pub(crate) fn allow(&self, is_allowed: bool) {
        self.set(jni_str!("allow"), is_allowed);
    }

    /// It has no adapter, or one that shows nothing.
    pub(crate) fn lacks(&self, adapter: bool) {
        self.set(jni_str!("lacks"), adapter);
    }

    pub(crate) fn stay(&self, is_here: bool) {
        self.set(jni_str!("stay"), is_here);
    }

    pub(crate) fn hold(&self, is_held: bool) {
        self.set(jni_str!("hold"), is_held);
    }

    fn set(&self, name: &JNIStr, to: bool) {
        tell(&self.java, name, jni_sig!("(Z)V"), &[JValue::Bool(to)]);
    }

    pub(crate) fn fail_connecting(&self, times: i32) {
        tell(&self.java, jni_str!("failConnecting"), jni_sig!("(I)V"), &[JValue::Int(times)]);
    }

    pub(crate) fn agree(&self, mtu: i32) {
        tell(&self.java, jni_str!("agree"), jni_sig!("(I)V"), &[JValue::Int(mtu)]);
    }

    /// The next thing that the app asks for fails with this.
    pub(crate) fn throw_once(&self, class: &JNIStr) {
        java(|env| {
            let why = env.new_object(class, jni_sig!("()V"), &[])?;
            let why = env.cast_local::<JThrowable<'_>>(why)?;
            let signature = jni_sig!("(Ljava/lang/RuntimeException;)V");
            let args = [JValue::Object(&why)];
            env.call_method((*self.java).as_ref(), jni_str!("throwOnce"), signature, &args)?;
            Ok(())
        });
    }

    /// Somebody writes into its characteristic, so often and so many bytes.
    pub(crate) fn is_written_to(&self, times: i32, len: usize) {
        java(|env| {
            let from = JString::new(env, "00:00:00:00:00:66")?;
            let value = env.byte_array_from_slice(&vec![6; len])?;
            let args = [JValue::Object(&from), JValue::Int(times), JValue::Object(&value)];
            let signature = jni_sig!("(Ljava/lang/String;I[B)V");
            env.call_method((*self.java).as_ref(), jni_str!("isWrittenTo"), signature, &args)?;
            Ok(())
        });
    }

    /// A device that can only list services is heard with these.
    pub(crate) fn is_shown(&self, by: &str, uuids: &[u128]) {
        let halves = uuids.iter().flat_map(|uuid| [(uuid >> 64) as i64, *uuid as i64]);
        let halves: Vec<i64> = halves.collect();
        java(|env| {
            let by = JString::new(env, by)?;
            let array = env.new_long_array(halves.len())?;
            array.set_region(env, 0, &halves)?;
            let args = [JValue::Object(&by), JValue::Object(&array)];
            let signature = jni_sig!("(Ljava/lang/String;[J)V");
            env.call_method((*self.java).as_ref(), jni_str!("isShown"), signature, &args)?;
            Ok(())
        });
    }

    /// Somebody connects, says nothing and opens an L2CAP channel: whether the app closes it.
    pub(crate) fn closes_channel_of(&self, central: &str) -> bool {
        java(|env| {
            let central = JString::new(env, central)?;
            let signature = jni_sig!("(Ljava/lang/String;)Z");
            let args = [JValue::Object(&central)];
            let name = jni_str!("closesChannelOf");
            env.call_method((*self.java).as_ref(), name, signature, &args)?.z()
        })
    }

    /// Waits until its app was told everything that happened so far.
    pub(crate) fn settle(&self) {
        tell(&self.java, jni_str!("settle"), jni_sig!("()V"), &[]);
    }

    /// Connections that its app asked for and has not closed.
    pub(crate) fn gatts(&self) -> i32 {
        number(&self.java, jni_str!("gatts"))
    }

    /// Sets of advertisements that its app has begun.
    pub(crate) fn sets(&self) -> i32 {
        number(&self.java, jni_str!("sets"))
    }

    /// How often its app began to listen.
    pub(crate) fn scans(&self) -> i32 {
        number(&self.java, jni_str!("scans"))
    }
}

fn number(of: &Global<JObject<'static>>, name: &JNIStr) -> i32 {
    java(|env| env.call_method(of.as_ref(), name, jni_sig!("()I"), &[])?.i())
}

fn tell(
    whom: &Global<JObject<'static>>,
    name: &JNIStr,
    signature: MethodSignature<'_, '_>,
    args: &[JValue<'_>],
) {
    java(|env| {
        env.call_method(whom.as_ref(), name, signature, args)?;
        Ok(())
    });
}

/// Which Android it is.
pub(crate) fn android(level: i32) {
    java(|env| {
        let class = jni_str!("android/os/Build$VERSION");
        env.set_static_field(class, jni_str!("SDK_INT"), jni::jni_sig!("I"), JValue::Int(level))
    });
}

/// Lets so much time pass on all phones.
pub(crate) fn pass(millis: i64) {
    java(|env| {
        let args = [JValue::Long(millis)];
        let looper = jni_str!("android/os/Looper");
        env.call_static_method(looper, jni_str!("pass"), jni_sig!("(J)V"), &args)?;
        Ok(())
    });
}

/// Gives Java the library's functions.
fn register(env: &mut Env<'_>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let methods = [
            (
                jni_str!("onState"),
                jni_str!("(JI)V"),
                bluetooth::Java_chat_festival_Bluetooth_onState as *mut _,
            ),
            (
                jni_str!("onHeard"),
                jni_str!("(JJJ)V"),
                bluetooth::Java_chat_festival_Bluetooth_onHeard as *mut _,
            ),
            (
                jni_str!("onConnected"),
                jni_str!("(JJI)V"),
                bluetooth::Java_chat_festival_Bluetooth_onConnected as *mut _,
            ),
            (
                jni_str!("onConnectFailed"),
                jni_str!("(JJ)V"),
                bluetooth::Java_chat_festival_Bluetooth_onConnectFailed as *mut _,
            ),
            (
                jni_str!("onPacket"),
                jni_str!("(JJZI[B)V"),
                bluetooth::Java_chat_festival_Bluetooth_onPacket as *mut _,
            ),
            (
                jni_str!("onDisconnected"),
                jni_str!("(JJZ)V"),
                bluetooth::Java_chat_festival_Bluetooth_onDisconnected as *mut _,
            ),
            (
                jni_str!("onChange"),
                jni_str!("(J)V"),
                bluetooth::Java_chat_festival_Bluetooth_onChange as *mut _,
            ),
        ];
        // SAFETY: each has the parameters that its signature says, and all are static.
        let methods = methods.map(|(name, signature, function)| unsafe {
            NativeMethod::from_raw_parts(name, signature, function)
        });
        // SAFETY: as above.
        let registered =
            unsafe { env.register_native_methods(jni_str!("chat/festival/Bluetooth"), &methods) };
        registered.expect("Java has these methods");
    });
}
