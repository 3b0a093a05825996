//! The camera, as far as the code that reads what it sees.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread,
    time::Instant,
};

use app::scan::{Problem, ScanState, Scanner};
use engine::Invite;
use jni::{
    jni_sig, jni_str,
    objects::{JString, JValue},
};

use super::{HANG, Phone, call, invite};
use crate::machine::java;

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
/// Longer than the picture is wide, as those of many cameras are.
const STRIDE: usize = 1344;

/// A scan of what the phone's camera sees.
struct Scan {
    scanner: Scanner,
    woken: Receiver<()>,
}

impl Scan {
    fn start(phone: &Phone) -> Self {
        let (wake, woken) = sync_channel(1);
        // A full channel means that there is something to look at already.
        let wake = Arc::new(move || {
            let _ = wake.try_send(());
        });
        let is_ours = |text: &str| Invite::parse(text).is_ok();
        Self { scanner: Scanner::start_for(phone.services.camera(), is_ours, wake), woken }
    }

    fn until(&self, is_it: impl Fn(&ScanState) -> bool) -> ScanState {
        loop {
            let state = self.scanner.poll();
            if is_it(&state) {
                return state;
            }
            self.woken.recv_timeout(HANG).unwrap_or_else(|_late| panic!("{state:?}"));
        }
    }

    fn problem(&self) -> String {
        let state = self.until(|state| state.is_over);
        assert!(matches!(state.problem, Some(Problem::Told(_))), "{state:?}");
        state.problem.expect("there is one").to_string()
    }
}

/// A phone whose camera may be used.
fn phone() -> Phone {
    let phone = Phone::with_api("34");
    call("grant", &["CAMERA"]);
    phone
}

/// A camera's picture of a code, with noise where no pixel is; the last row has nothing behind it.
fn picture_of(text: &str) -> Vec<u8> {
    let code = qr::draw(text).expect("a code").luma(8, qr::QUIET_ZONE);
    let (left, top) = ((WIDTH - code.width()) / 2, (HEIGHT - code.height()) / 2);
    let mut bytes = vec![u8::MAX; STRIDE * (HEIGHT - 1) + WIDTH];
    for (y, row) in bytes.chunks_mut(STRIDE).enumerate() {
        for (x, byte) in row.iter_mut().enumerate() {
            let inside = x.checked_sub(left).zip(y.checked_sub(top));
            let inside = inside.filter(|(x, y)| *x < code.width() && *y < code.height());
            if let Some((x, y)) = inside {
                *byte = code.view().row(y).get(x).copied().expect("it is inside");
            } else if x >= WIDTH {
                *byte = ((x * y) % 251) as u8;
            }
        }
    }
    bytes
}

/// The camera sees this so often at once.
fn see(bytes: &[u8], times: usize) -> String {
    let side = |len: usize| JValue::Int(len.try_into().expect("it is small"));
    java(|env| {
        let bytes = env.byte_array_from_slice(bytes)?;
        let values = [JValue::Object(&bytes), side(WIDTH), side(HEIGHT), side(STRIDE), side(times)];
        let signature = jni_sig!("([BIIII)Ljava/lang/String;");
        let phone = jni_str!("chat/festival/Phone");
        let said = env.call_static_method(phone, jni_str!("see"), signature, &values)?.l()?;
        env.cast_local::<JString<'_>>(said)?.try_to_string(env)
    })
}

/// Waits until the camera is off; it sees `bytes` meanwhile.
fn switched_off(bytes: &[u8]) {
    let start = Instant::now();
    while call("camera", &[]) != "off" {
        assert!(start.elapsed() < HANG, "the camera stays on");
        see(bytes, 1);
        thread::yield_now();
    }
}

#[test]
fn invite_before_the_camera_is_read_and_the_camera_given_back() {
    let phone = phone();
    let invite = invite();
    let picture = picture_of(&invite);
    assert_eq!(call("camera", &[]), "off");

    let scan = Scan::start(&phone);
    assert_eq!(call("camera", &[]), "on");
    assert_eq!(see(&picture, 1), "seen 0");

    let found = scan.until(|state| state.found.is_some());
    assert_eq!(found.found, Some(invite));
    let preview = found.preview.expect("something to look at");
    assert!(preview.width < preview.height, "upright, though the sensor lies on its side");
    switched_off(&picture);
}

#[test]
fn picture_is_upright_however_the_phone_is_held() {
    let phone = phone();
    call("hold", &["1"]);
    let scan = Scan::start(&phone);
    call("camera", &[]);
    see(&picture_of("https://example.org"), 1);

    let preview = scan.until(|state| state.preview.is_some()).preview.expect("it is there");
    assert!(preview.width > preview.height);
}

#[test]
fn pictures_that_come_faster_than_they_are_read_are_dropped() {
    let phone = phone();
    let scan = Scan::start(&phone);
    call("camera", &[]);

    assert_eq!(see(&picture_of("https://example.org"), 50), "seen 0");
    let state = scan.until(|state| state.ignored.is_some());
    assert!(state.shown <= 2, "{} of 50 pictures that came at once", state.shown);
}

#[test]
fn camera_is_given_back_while_the_window_is_hidden_and_when_nobody_looks() {
    let phone = phone();
    let scan = Scan::start(&phone);
    assert_eq!(call("camera", &[]), "on");

    call("hide", &[]);
    assert_eq!(call("camera", &[]), "off");
    call("show", &[]);
    assert_eq!(call("camera", &[]), "on");

    drop(scan);
    switched_off(&picture_of("https://example.org"));
}

#[test]
fn second_scan_keeps_the_camera_that_the_first_one_lets_go_of() {
    let phone = phone();
    let first = Scan::start(&phone);
    let second = Scan::start(&phone);
    drop(first);
    call("camera", &[]);

    let invite = invite();
    see(&picture_of(&invite), 1);
    assert_eq!(second.until(|state| state.is_over).found, Some(invite));
}

#[test]
fn camera_that_shows_nothing_is_explained() {
    let phone = Phone::with_api("34");
    let refused = Scan::start(&phone);
    call("pass", &[]);
    assert!(refused.problem().contains("may not be used"));

    call("grant", &["CAMERA"]);
    call("refuseCamera", &["4"]);
    let busy = Scan::start(&phone);
    call("pass", &[]);
    assert!(busy.problem().contains("Another app uses the camera"));

    call("refuseCamera", &["0"]);
    let taken = Scan::start(&phone);
    assert_eq!(call("camera", &[]), "on");
    call("takeCamera", &[]);
    assert!(taken.problem().contains("has taken the camera"));
    assert_eq!(call("camera", &[]), "off");

    let broken = Scan::start(&phone);
    assert_eq!(call("camera", &[]), "on");
    call("breakCamera", &["4"]);
    assert!(broken.problem().contains("does not work"));

    call("loseCameras", &[]);
    let none = Scan::start(&phone);
    call("pass", &[]);
    assert!(none.problem().contains("No camera was found"));
}
