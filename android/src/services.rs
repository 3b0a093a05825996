//! What the app asks of the phone besides its window, from `Services` in Java. What comes of it is in
//! [`happened`].

use std::sync::Arc;

use app::{
    host::{Notifier, Permission, PermissionState, Permissions, Sharing},
    scan::{Feed, Source},
    shell::picture_name,
};
use engine::RoomId;
use jni::{
    Env, JavaVM, jni_sig, jni_str,
    objects::{JObject, JString, JValue},
    refs::Global,
};

use crate::happened;

/// `Services` in Java. Clones ask the same one.
#[derive(Debug, Clone)]
pub struct Services(Arc<Global<JObject<'static>>>);

impl Services {
    /// Those that Java has made for its window.
    pub fn new(object: Global<JObject<'static>>) -> Self {
        Self(Arc::new(object))
    }

    /// What the camera sees, from now until the scan ends.
    pub fn camera(&self) -> Source {
        let scan = happened::next_scan();
        let services = self.clone();
        let feed = Feed::ending_with(move || {
            services.ask(|env, services| {
                let over = [JValue::Int(scan)];
                env.call_method(services, jni_str!("stopCamera"), jni_sig!("(I)V"), &over)?;
                Ok(())
            });
        });
        happened::follow_scan(scan, feed.clone());
        self.ask(|env, services| {
            let wanted = [JValue::Int(scan)];
            env.call_method(services, jni_str!("startCamera"), jni_sig!("(I)V"), &wanted)?;
            Ok(())
        });
        Source::Feed(feed)
    }

    /// Has the person choose a picture to look for a code in.
    pub fn pick(&self) {
        self.ask(|env, services| {
            env.call_method(services, jni_str!("pick"), jni_sig!("()V"), &[])?;
            Ok(())
        });
    }

    /// Has the person say where a picture about `name` is to be kept.
    pub fn save(&self, name: &str, png: &[u8]) {
        self.ask(|env, services| {
            let name = JString::new(env, picture_name(name))?;
            let png = env.byte_array_from_slice(png)?;
            env.call_method(
                services,
                jni_str!("save"),
                jni_sig!("(Ljava/lang/String;[B)V"),
                &[JValue::Object(&name), JValue::Object(&png)],
            )?;
            Ok(())
        });
    }

    /// Whether there is something to go on for while the window is hidden.
    pub fn stay(&self, is_wanted: bool) {
        self.ask(|env, services| {
            let wanted = [JValue::Bool(is_wanted)];
            env.call_method(services, jni_str!("stay"), jni_sig!("(Z)V"), &wanted)?;
            Ok(())
        });
    }

    fn ask(&self, question: impl FnOnce(&mut Env<'_>, &JObject<'_>) -> jni::errors::Result<()>) {
        let answer = JavaVM::singleton().and_then(|machine| {
            machine.attach_current_thread(|env| {
                let object: &JObject<'static> = (*self.0).as_ref();
                question(env, object)
            })
        });
        if let Err(error) = answer {
            log::warn!("the phone does not do as it is asked: {error}");
        }
    }
}

impl Permissions for Services {
    fn state(&self, of: Permission) -> PermissionState {
        happened::permission(of)
    }

    fn ask(&mut self, of: Permission) {
        Self::ask(self, |env, services| {
            let permission = [JValue::Int(happened::number(of))];
            env.call_method(services, jni_str!("ask"), jni_sig!("(I)V"), &permission)?;
            Ok(())
        });
    }

    fn open_settings(&mut self) {
        Self::ask(self, |env, services| {
            env.call_method(services, jni_str!("openSettings"), jni_sig!("()V"), &[])?;
            Ok(())
        });
    }
}

impl Sharing for Services {
    fn share(&mut self, title: &str, link: &str, png: Vec<u8>) {
        Self::ask(self, |env, services| {
            // The picture's own name says that it is an invite.
            let name = JString::new(env, picture_name(title.trim_start_matches("Invite to ")))?;
            let (title, link) = (JString::new(env, title)?, JString::new(env, link)?);
            let png = env.byte_array_from_slice(&png)?;
            env.call_method(
                services,
                jni_str!("share"),
                jni_sig!("(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;[B)V"),
                &[
                    JValue::Object(&title),
                    JValue::Object(&link),
                    JValue::Object(&name),
                    JValue::Object(&png),
                ],
            )?;
            Ok(())
        });
    }
}

impl Notifier for Services {
    fn notify(&mut self, room: RoomId, title: &str, text: &str) {
        Self::ask(self, |env, services| {
            let room = JString::new(env, room.to_string())?;
            let (title, text) = (JString::new(env, title)?, JString::new(env, text)?);
            env.call_method(
                services,
                jni_str!("say"),
                jni_sig!("(Ljava/lang/String;Ljava/lang/String;Ljava/lang/String;)V"),
                &[JValue::Object(&room), JValue::Object(&title), JValue::Object(&text)],
            )?;
            Ok(())
        });
    }

    fn withdraw(&mut self, room: RoomId) {
        Self::ask(self, |env, services| {
            let room = JString::new(env, room.to_string())?;
            env.call_method(
                services,
                jni_str!("withdraw"),
                jni_sig!("(Ljava/lang/String;)V"),
                &[JValue::Object(&room)],
            )?;
            Ok(())
        });
    }
}
