//! The C interface, as `ios/include/festival.h` declares it. All of it is for the main thread.
#![allow(unsafe_code)] // pointers from C; what each must be is said in its `# Safety`

use std::{
    ffi::{CStr, CString, c_char, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    ptr, slice,
    time::Duration,
};

use app::host::HostNews;
use egui::epaint::MarginF32;
use egui::{Key, Pos2, Theme, TouchPhase, Vec2};
use engine::RoomId;
use qr::LumaView;

use crate::calls::c_text;
pub use crate::{calls::FestivalHost, session::FestivalSession};

/// `FestivalFrame` of `festival.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct FestivalFrame {
    /// Seconds until the next frame is wanted if nothing happens before; below zero: never.
    pub next_secs: f64,
    /// Whether a text is being written.
    pub is_writing: bool,
    /// Where, in points: the caret's left,
    pub caret_x: f32,
    /// its top,
    pub caret_y: f32,
    /// its width,
    pub caret_width: f32,
    /// and its height.
    pub caret_height: f32,
}

/// Starts the app with its data in `folder`. Returns null if that fails; `why` then points to a
/// sentence for the person, to be given back with [`festival_free_text`].
///
/// # Safety
///
/// `folder` is text, `why` can be written to, and `host` is as `festival.h` says, for as long as
/// the process lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_start(
    folder: *const c_char,
    host: FestivalHost,
    why: *mut *mut c_char,
) -> *mut FestivalSession {
    // SAFETY: promised by the caller.
    let folder = PathBuf::from(unsafe { text(folder) });
    match guarded(|| FestivalSession::start(&folder, host)) {
        Some(Ok(session)) => Box::into_raw(Box::new(session)),
        failed => {
            let sentence = match failed {
                Some(Err(sentence)) => sentence,
                _ => "The app has come to an end that nobody expected.".to_owned(),
            };
            // SAFETY: promised by the caller.
            unsafe { why.write(c_text(&sentence).into_raw()) };
            ptr::null_mut()
        }
    }
}

/// Gives back a text of [`festival_start`].
///
/// # Safety
///
/// The text comes from there, and is given back once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_free_text(text: *mut c_char) {
    // SAFETY: promised by the caller.
    drop(unsafe { CString::from_raw(text) });
}

/// Draws on `metal_layer` from now on. Returns whether that works.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `metal_layer` is a `CAMetalLayer` that lives as long as
/// the session.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_attach(
    session: *mut FestivalSession,
    metal_layer: *mut c_void,
) -> bool {
    // SAFETY: promised by the caller.
    let attached = unsafe { with(session, |session| session.attach(metal_layer)) };
    attached.unwrap_or(false)
}

/// The screen has this size in points, of which each has `scale` pixels.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_resize(
    session: *mut FestivalSession,
    width: f32,
    height: f32,
    scale: f32,
) {
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.resize(Vec2::new(width, height), scale)) };
}

/// So much of each side is under a notch, a rounded corner or the keyboard, in points.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_set_insets(
    session: *mut FestivalSession,
    top: f32,
    left: f32,
    bottom: f32,
    right: f32,
) {
    let insets = MarginF32 { left, right, top, bottom };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.screen.set_insets(insets)) };
}

/// The phone is dark or light.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_set_dark(session: *mut FestivalSession, is_dark: bool) {
    let theme = if is_dark { Theme::Dark } else { Theme::Light };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.screen.set_theme(theme)) };
}

/// Takes in what happened and draws it.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_frame(session: *mut FestivalSession) -> FestivalFrame {
    // SAFETY: promised by the caller.
    let Some(frame) = (unsafe { with(session, FestivalSession::frame) }) else {
        return FestivalFrame { next_secs: -1.0, ..FestivalFrame::default() };
    };
    let caret = frame.caret.unwrap_or(egui::Rect::ZERO);
    FestivalFrame {
        next_secs: if frame.next == Duration::MAX { -1.0 } else { frame.next.as_secs_f64() },
        is_writing: frame.caret.is_some(),
        caret_x: caret.left(),
        caret_y: caret.top(),
        caret_width: caret.width(),
        caret_height: caret.height(),
    }
}

/// Takes in what happened, while nobody sees it.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_think(session: *mut FestivalSession) {
    // SAFETY: promised by the caller.
    unsafe { with(session, FestivalSession::think) };
}

/// A finger does something; `phase` is a `FestivalPhase`.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_touch(
    session: *mut FestivalSession,
    finger: u64,
    phase: u8,
    x: f32,
    y: f32,
) {
    let phase = match phase {
        0 => TouchPhase::Start,
        1 => TouchPhase::Move,
        2 => TouchPhase::End,
        _ => TouchPhase::Cancel,
    };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.screen.touch(finger, phase, Pos2::new(x, y))) };
}

/// Text was written in place of so many characters (Unicode scalars) around the caret, or of what
/// was composed.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `text` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_write(
    session: *mut FestivalSession,
    before: usize,
    after: usize,
    text: *const c_char,
) {
    // SAFETY: promised by the caller.
    let text = unsafe { self::text(text) };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.screen.write(before, after, text)) };
}

/// Text that is not decided yet; an empty one ends it.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `text` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_compose(session: *mut FestivalSession, text: *const c_char) {
    // SAFETY: promised by the caller.
    let text = unsafe { self::text(text) };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.screen.compose(text)) };
}

/// A key was pressed and let go; `key` is a `FestivalKey`, others are none.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_press(session: *mut FestivalSession, key: u8) {
    let key = match key {
        0 => Key::Enter,
        1 => Key::Backspace,
        2 => Key::ArrowLeft,
        3 => Key::ArrowRight,
        4 => Key::ArrowUp,
        5 => Key::ArrowDown,
        6 => Key::Tab,
        7 => Key::BrowserBack,
        _ => return,
    };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.screen.press(key)) };
}

/// What the camera sees: how bright each pixel is, row by row, each row `stride` bytes after the
/// one before.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `luma` has `stride * height` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_luma(
    session: *mut FestivalSession,
    luma: *const u8,
    width: usize,
    height: usize,
    stride: usize,
) {
    let Some(len) = stride.checked_mul(height).filter(|_len| !luma.is_null()) else { return };
    // SAFETY: promised by the caller.
    let bytes = unsafe { slice::from_raw_parts(luma, len) };
    if let Ok(luma) = LumaView::with_stride(width, height, stride, bytes) {
        // SAFETY: promised by the caller.
        unsafe { with(session, |session| session.see(luma.to_luma())) };
    }
}

/// The person chose this picture to look for a code in.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `path` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_picture(session: *mut FestivalSession, path: *const c_char) {
    // SAFETY: promised by the caller.
    let path = PathBuf::from(unsafe { text(path) });
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.hear(HostNews::Picture(path))) };
}

/// An invite was opened from outside of the app.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `link` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_link(session: *mut FestivalSession, link: *const c_char) {
    // SAFETY: promised by the caller.
    let link = unsafe { text(link) };
    // SAFETY: promised by the caller.
    unsafe { with(session, |session| session.hear(HostNews::Link(link))) };
}

/// The person chose what was told of this room.
///
/// # Safety
///
/// `session` comes from [`festival_start`]; `room` is text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_opened(session: *mut FestivalSession, room: *const c_char) {
    // SAFETY: promised by the caller.
    let room = RoomId::parse(&unsafe { text(room) });
    if let Some(room) = room {
        // SAFETY: promised by the caller.
        unsafe { with(session, |session| session.hear(HostNews::Opened(room))) };
    }
}

/// Nobody sees the app any more; it may be ended at any time from here on.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_suspend(session: *mut FestivalSession) {
    // SAFETY: promised by the caller.
    unsafe { with(session, FestivalSession::suspend) };
}

/// The person sees the app again.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_resume(session: *mut FestivalSession) {
    // SAFETY: promised by the caller.
    unsafe { with(session, FestivalSession::resume) };
}

/// The phone is short of memory.
///
/// # Safety
///
/// `session` comes from [`festival_start`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn festival_free_memory(session: *mut FestivalSession) {
    // SAFETY: promised by the caller.
    unsafe { with(session, FestivalSession::free_memory) };
}

/// Does something with the session; a panic ends there, and not in Swift.
///
/// # Safety
///
/// `session` is null or comes from [`festival_start`], and nobody else uses it meanwhile.
unsafe fn with<R>(
    session: *mut FestivalSession,
    work: impl FnOnce(&mut FestivalSession) -> R,
) -> Option<R> {
    // SAFETY: promised by the caller.
    let session = unsafe { session.as_mut() }?;
    guarded(|| work(session))
}

fn guarded<R>(work: impl FnOnce() -> R) -> Option<R> {
    let done = catch_unwind(AssertUnwindSafe(work));
    done.inspect_err(|_payload| log::error!("a panic ended what the host asked for")).ok()
}

/// Text of C; what is not UTF-8 in it is replaced.
///
/// # Safety
///
/// It is null or ends with a zero byte.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
