//! What the host does for the app, called from Rust.
#![allow(unsafe_code)] // calls into the host, as it promised them in `festival.h`

use std::{
    ffi::{CStr, CString, c_char, c_void},
    path::Path,
};

/// `FestivalHost` of `festival.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FestivalHost {
    /// What each of the others is called with.
    pub context: *mut c_void,
    /// Something is new; from any thread.
    pub wake: extern "C" fn(*mut c_void),
    /// Puts text on the clipboard.
    pub copy: extern "C" fn(*mut c_void, *const c_char),
    /// The text on the clipboard, from `malloc`, or null.
    pub paste: extern "C" fn(*mut c_void) -> *mut c_char,
    /// Opens a page in the browser.
    pub open: extern "C" fn(*mut c_void, *const c_char),
    /// Offers a link and a picture of its code to other apps.
    pub share: extern "C" fn(*mut c_void, *const c_char, *const c_char, *const c_char),
    /// Offers a file to other apps, and to where files are kept.
    pub keep: extern "C" fn(*mut c_void, *const c_char),
    /// Has the person choose a picture.
    pub pick_picture: extern "C" fn(*mut c_void),
    /// Switches the camera on or off.
    pub camera: extern "C" fn(*mut c_void, bool),
    /// A short touch for the hand that holds the phone.
    pub pulse: extern "C" fn(*mut c_void),
    /// What the person said of a `FestivalPermission`, as a `FestivalPermissionState`.
    pub permission: extern "C" fn(*mut c_void, u8) -> u8,
    /// Asks the person for a `FestivalPermission`.
    pub ask: extern "C" fn(*mut c_void, u8),
    /// Shows the page of the settings where the person can say otherwise.
    pub open_settings: extern "C" fn(*mut c_void),
    /// Says that something was written in a room, in place of what was said of it before.
    pub notify: extern "C" fn(*mut c_void, *const c_char, *const c_char, *const c_char),
    /// Nothing is to be told of that room any more.
    pub withdraw: extern "C" fn(*mut c_void, *const c_char),
}

unsafe extern "C" {
    fn free(memory: *mut c_void);
}

/// The host, for the main thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls(FestivalHost);

/// What wakes the host, from any thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waker {
    context: *mut c_void,
    wake: extern "C" fn(*mut c_void),
}

// SAFETY: the host promises that `wake` may be called with its context from any thread.
unsafe impl Send for Waker {}
// SAFETY: as above.
unsafe impl Sync for Waker {}

impl Waker {
    pub(crate) fn wake(&self) {
        (self.wake)(self.context);
    }
}

impl Calls {
    pub(crate) fn new(host: FestivalHost) -> Self {
        Self(host)
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker { context: self.0.context, wake: self.0.wake }
    }

    pub(crate) fn copy(&self, text: &str) {
        (self.0.copy)(self.0.context, c_text(text).as_ptr());
    }

    pub(crate) fn paste(&self) -> Option<String> {
        let text = (self.0.paste)(self.0.context);
        if text.is_null() {
            return None;
        }
        // SAFETY: the host returns text that ends with a zero byte.
        let copied = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
        // SAFETY: it comes from `malloc`, and nobody else has it.
        unsafe { free(text.cast()) };
        Some(copied)
    }

    pub(crate) fn open(&self, url: &str) {
        (self.0.open)(self.0.context, c_text(url).as_ptr());
    }

    pub(crate) fn share(&self, title: &str, link: &str, picture: &Path) {
        let (title, link, picture) = (c_text(title), c_text(link), c_path(picture));
        (self.0.share)(self.0.context, title.as_ptr(), link.as_ptr(), picture.as_ptr());
    }

    pub(crate) fn keep(&self, file: &Path) {
        (self.0.keep)(self.0.context, c_path(file).as_ptr());
    }

    pub(crate) fn pick_picture(&self) {
        (self.0.pick_picture)(self.0.context);
    }

    pub(crate) fn camera(&self, is_on: bool) {
        (self.0.camera)(self.0.context, is_on);
    }

    pub(crate) fn pulse(&self) {
        (self.0.pulse)(self.0.context);
    }

    pub(crate) fn permission(&self, permission: u8) -> u8 {
        (self.0.permission)(self.0.context, permission)
    }

    pub(crate) fn ask(&self, permission: u8) {
        (self.0.ask)(self.0.context, permission);
    }

    pub(crate) fn open_settings(&self) {
        (self.0.open_settings)(self.0.context);
    }

    pub(crate) fn notify(&self, room: &str, title: &str, text: &str) {
        let (room, title, text) = (c_text(room), c_text(title), c_text(text));
        (self.0.notify)(self.0.context, room.as_ptr(), title.as_ptr(), text.as_ptr());
    }

    pub(crate) fn withdraw(&self, room: &str) {
        (self.0.withdraw)(self.0.context, c_text(room).as_ptr());
    }
}

fn c_path(path: &Path) -> CString {
    c_text(&path.to_string_lossy())
}

/// Text for C: it ends at the first zero byte.
pub(crate) fn c_text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(text.get(..end).unwrap_or_default()).unwrap_or_default()
}
