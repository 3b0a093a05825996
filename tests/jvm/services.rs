//! What the app asks of a phone besides its window: the very Java and the very Rust of the app, on a phone whose system,
//! person and other apps are in `java/chat/festival/Phone.java`.
#![allow(unsafe_code)] // functions for Java, which cannot be checked

use std::{
    path::Path,
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

use app::host::HostNews;
use engine::Invite;
use festival_android::{happened, services::Services};
use jni::{
    Env, NativeMethod, jni_sig, jni_str,
    objects::{JString, JValue},
    signature::RuntimeMethodSignature,
    strings::JNIString,
};
use tempfile::TempDir;

use crate::machine::java;

#[path = "services/camera.rs"]
mod camera;
#[path = "services/notices.rs"]
mod notices;
#[path = "services/permissions.rs"]
mod permissions;
#[path = "services/pictures.rs"]
mod pictures;
#[path = "services/staying.rs"]
mod staying;

/// Nothing here takes as long: it is the end of a test that hangs.
const HANG: Duration = Duration::from_secs(20);

/// Has Java call the library's functions.
pub(crate) fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    macro_rules! method {
        ($name:literal, $signature:literal, $function:ident) => {
            // SAFETY: it is static, and has the parameters that its signature says.
            unsafe {
                NativeMethod::from_raw_parts(
                    jni_str!($name),
                    jni_str!($signature),
                    happened::$function as *mut _,
                )
            }
        };
    }
    let methods = [
        method!("onPermission", "(II)V", Java_chat_festival_Services_onPermission),
        method!("onFrame", "(ILjava/nio/ByteBuffer;IIII)Z", Java_chat_festival_Services_onFrame),
        method!("onCameraProblem", "(II)V", Java_chat_festival_Services_onCameraProblem),
        method!("onPicture", "(Ljava/lang/String;)V", Java_chat_festival_Services_onPicture),
        method!("onSaved", "(Ljava/lang/String;)V", Java_chat_festival_Services_onSaved),
        method!("onFailed", "(Ljava/lang/String;)V", Java_chat_festival_Services_onFailed),
        method!("onOpened", "(Ljava/lang/String;)V", Java_chat_festival_Services_onOpened),
        method!(
            "onReply",
            "(Ljava/lang/String;Ljava/lang/String;)V",
            Java_chat_festival_Services_onReply
        ),
        method!("onShared", "(Ljava/lang/String;)V", Java_chat_festival_Services_onShared),
    ];
    // SAFETY: as above.
    unsafe { env.register_native_methods(jni_str!("chat/festival/Services"), &methods) }
}

/// A phone on which the app is open.
struct Phone {
    services: Services,
    news: Receiver<()>,
    cache: TempDir,
}

impl Phone {
    /// One with that version of Android.
    fn with_api(level: &str) -> Self {
        let (wake, news) = sync_channel(1);
        // A full channel means that there is something to look at already.
        happened::wakes(move || {
            let _ = wake.try_send(());
        });
        java(crate::activity::register);
        let cache = tempfile::tempdir().expect("a folder");
        call("open", &[level, cache.path().to_str().expect("a name that is text")]);
        let services = java(|env| {
            let of = jni_sig!("()Lchat/festival/Services;");
            let phone = jni_str!("chat/festival/Phone");
            let services = env.call_static_method(phone, jni_str!("services"), of, &[])?.l()?;
            env.new_global_ref(services).map(Services::new)
        });
        Self { services, news, cache }
    }

    fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// What happens next, which may be done on a thread of Java's.
    fn news(&self) -> HostNews {
        loop {
            match happened::next() {
                Some(news) => return news,
                None => self.news.recv_timeout(HANG).expect("something happens"),
            }
        }
    }
}

/// An invite, as text.
fn invite() -> String {
    Invite { secret: [1; 16], host: [2; 16], expires_at: None, addrs: Vec::new() }.to_text()
}

/// A verb of the phone's.
fn call(verb: &str, texts: &[&str]) -> String {
    java(|env| {
        let values: Vec<JString<'_>> =
            texts.iter().map(|text| JString::new(env, text)).collect::<Result<_, _>>()?;
        let values: Vec<JValue<'_>> = values.iter().map(|value| JValue::Object(value)).collect();
        let takes = "Ljava/lang/String;".repeat(values.len());
        let signature: RuntimeMethodSignature =
            format!("({takes})Ljava/lang/String;").parse().expect("a signature");
        let phone = jni_str!("chat/festival/Phone");
        let said = env
            .call_static_method(
                phone,
                JNIString::from(verb),
                signature.method_signature(),
                &values,
            )?
            .l()?;
        env.cast_local::<JString<'_>>(said)?.try_to_string(env)
    })
}
