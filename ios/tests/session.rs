//! The whole app through its C interface, as the host in Swift calls it, but for Metal.
#![allow(unsafe_code)] // it is what C would do

use std::{
    ffi::{CStr, CString, c_char, c_void},
    path::Path,
    ptr,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    time::Duration,
};

use festival_ios::{
    FestivalFrame, FestivalHost, FestivalSession, festival_compose, festival_frame,
    festival_free_text, festival_press, festival_resize, festival_resume, festival_set_insets,
    festival_start, festival_suspend, festival_write,
};

/// Far longer than anything here takes.
const HANG: Duration = Duration::from_secs(30);
const ENTER: u8 = 0;

extern "C" fn wake(context: *mut c_void) {
    // SAFETY: the sender that `host` has leaked.
    let waker = unsafe { &*context.cast::<SyncSender<()>>() };
    // A full channel says the same.
    let _is_awake = waker.try_send(());
}

extern "C" fn ignore(_context: *mut c_void) {}
extern "C" fn ignore_text(_context: *mut c_void, _text: *const c_char) {}
extern "C" fn ignore_texts(
    _context: *mut c_void,
    _one: *const c_char,
    _two: *const c_char,
    _three: *const c_char,
) {
}
extern "C" fn ignore_bool(_context: *mut c_void, _is_on: bool) {}
extern "C" fn ignore_number(_context: *mut c_void, _number: u8) {}
extern "C" fn refuse(_context: *mut c_void, _permission: u8) -> u8 {
    2
}
extern "C" fn nothing(_context: *mut c_void) -> *mut c_char {
    ptr::null_mut()
}

/// A host without anything, and what tells when it was woken.
fn host() -> (FestivalHost, Receiver<()>) {
    let (waker, woken) = sync_channel::<()>(1);
    let host = FestivalHost {
        context: Box::into_raw(Box::new(waker)).cast(),
        wake,
        copy: ignore_text,
        paste: nothing,
        open: ignore_text,
        share: ignore_texts,
        keep: ignore_text,
        pick_picture: ignore,
        camera: ignore_bool,
        pulse: ignore,
        permission: refuse,
        ask: ignore_number,
        open_settings: ignore,
        notify: ignore_texts,
        withdraw: ignore_text,
    };
    (host, woken)
}

fn text(text: &str) -> CString {
    CString::new(text).expect("no zero byte")
}

/// An app in `folder`, or why there is none.
fn start(folder: &Path, host: FestivalHost) -> Result<*mut FestivalSession, String> {
    let (folder, mut why) = (text(&folder.to_string_lossy()), ptr::null_mut());
    // SAFETY: all of it lives.
    let session = unsafe { festival_start(folder.as_ptr(), host, &raw mut why) };
    if !session.is_null() {
        return Ok(session);
    }
    // SAFETY: a text of `festival_start`.
    let sentence = unsafe { CStr::from_ptr(why) }.to_string_lossy().into_owned();
    // SAFETY: as above.
    unsafe { festival_free_text(why) };
    Err(sentence)
}

/// Draws whenever the app asks for it, until a frame is as wanted.
fn until(
    session: *mut FestivalSession,
    woken: &Receiver<()>,
    is_it: impl Fn(&FestivalFrame) -> bool,
) -> FestivalFrame {
    loop {
        // SAFETY: the session is used by this thread only.
        let frame = unsafe { festival_frame(session) };
        if is_it(&frame) {
            return frame;
        }
        let wait = match frame.next_secs {
            0.0 => continue,
            secs if secs > 0.0 => Duration::try_from_secs_f64(secs).unwrap_or(HANG).min(HANG),
            _ => HANG,
        };
        let woken = woken.recv_timeout(wait);
        assert!(woken.is_ok() || wait < HANG, "nothing more happens: {frame:?}");
    }
}

#[test]
fn app_starts_asks_for_a_name_takes_what_a_keyboard_composes_and_goes_to_sleep() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("servers.json"), "{}").expect("written");
    let (host, woken) = host();
    let session = start(folder.path(), host).expect("starts");
    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_resize(session, 390.0, 844.0, 3.0) };

    let asks = until(session, &woken, |frame| frame.is_writing);
    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_set_insets(session, 47.0, 0.0, 336.0, 0.0) };
    let above = until(session, &woken, |frame| frame.caret_y != asks.caret_y);

    // The field is under no notch and no keyboard.
    assert!(above.caret_y > 47.0, "{above:?}");
    assert!(above.caret_y + above.caret_height < 844.0 - 336.0, "{above:?}");
    let (composed, decided) = (text("にほん"), text("日本"));
    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_compose(session, composed.as_ptr()) };
    let composing = until(session, &woken, |frame| frame.caret_x > above.caret_x);
    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_write(session, 0, 0, decided.as_ptr()) };
    until(session, &woken, |frame| frame.caret_x < composing.caret_x);
    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_press(session, ENTER) };
    until(session, &woken, |frame| !frame.is_writing);

    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_suspend(session) };
    // SAFETY: the session is used by this thread only, and what it is given lives.
    unsafe { festival_resume(session) };
    until(session, &woken, |frame| frame.next_secs != 0.0);
    assert!(folder.path().join("screens.json").is_file());
}

#[test]
fn app_that_cannot_start_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").expect("written");

    let why = start(&file, host().0).expect_err("no place for a database");

    assert!(why.len() > 10, "{why:?}");
}

#[test]
fn nothing_is_done_without_a_session() {
    // SAFETY: no session is what each of them may be given.
    let frame = unsafe {
        festival_press(ptr::null_mut(), ENTER);
        festival_frame(ptr::null_mut())
    };

    assert!(frame.next_secs < 0.0 && !frame.is_writing);
}
