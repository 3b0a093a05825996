//! The app's activity.
#![allow(unsafe_code)] // functions for Java, which cannot be checked

use festival_android::told;
use jni::{
    Env, NativeMethod, jni_sig, jni_str,
    objects::{JObject, JString, JValue},
};

use crate::{machine::java, services, text};

/// Gives the activity the library's functions.
pub(crate) fn register(env: &mut Env<'_>) -> jni::errors::Result<()> {
    text::register(env)?;
    services::register(env)?;
    let insets = told::Java_chat_festival_MainActivity_onInsets as *mut _;
    let link = told::Java_chat_festival_MainActivity_onLink as *mut _;
    let visible = told::Java_chat_festival_MainActivity_onVisible as *mut _;
    // SAFETY: each has the parameters that its signature says, and all are static.
    unsafe {
        let methods = [
            NativeMethod::from_raw_parts(jni_str!("onInsets"), jni_str!("(IIII)V"), insets),
            NativeMethod::from_raw_parts(
                jni_str!("onLink"),
                jni_str!("(Ljava/lang/String;)V"),
                link,
            ),
            NativeMethod::from_raw_parts(jni_str!("onVisible"), jni_str!("(Z)V"), visible),
        ];
        env.register_native_methods(jni_str!("chat/festival/MainActivity"), &methods)
    }
}

/// An activity that was opened, with the library's functions.
fn open<'a>(env: &mut Env<'a>) -> jni::errors::Result<JObject<'a>> {
    register(env)?;
    let open = jni_sig!("()Lchat/festival/MainActivity;");
    env.call_static_method(jni_str!("chat/festival/Drive"), jni_str!("open"), open, &[])?.l()
}

#[test]
fn what_is_copied_in_the_app_can_be_pasted_there() {
    let pasted = java(|env| {
        let activity = open(env)?;
        let text = JString::new(env, "Grüße 日本 \u{1f468}\u{200d}\u{1f469}")?;
        let copy = jni_sig!("(Ljava/lang/String;)V");
        env.call_method(&activity, jni_str!("copy"), copy, &[JValue::Object(&text)])?;
        let pasted = env
            .call_method(&activity, jni_str!("paste"), jni_sig!("()Ljava/lang/String;"), &[])?
            .l()?;
        env.cast_local::<JString<'_>>(pasted)?.try_to_string(env)
    });

    assert_eq!(pasted, "Grüße 日本 \u{1f468}\u{200d}\u{1f469}");
    assert!(told::is_visible());
}
