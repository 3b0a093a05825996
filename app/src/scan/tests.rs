//! Scans of real files, real pixels and a real X server.

use std::{
    io::Cursor,
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
};

use image::{DynamicImage, GrayImage, ImageFormat, RgbaImage};

use super::*;

const INVITE: &str = "FESTIVAL:MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIYTEMZUGU3DOOBZ";

/// Far longer than anything here takes; only a hang gets there.
const HANG: Duration = Duration::from_secs(60);

/// A scanner and its wake-ups.
struct Watched {
    scanner: Scanner,
    woken: Receiver<()>,
}

fn scan(source: Source, wanted: impl Fn(&str) -> bool + Send + 'static) -> Watched {
    // One wake-up tells as much as ten.
    let (send, woken) = sync_channel(1);
    let wake = Arc::new(move || {
        let _ = send.try_send(());
    });
    Watched { scanner: Scanner::start_for(source, wanted, wake), woken }
}

impl Watched {
    fn until(&self, done: impl Fn(&ScanState) -> bool) -> ScanState {
        loop {
            let state = self.scanner.poll();
            if done(&state) {
                return state;
            }
            match self.woken.recv_timeout(HANG) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => panic!("the scan hangs: {state:?}"),
                Err(RecvTimeoutError::Disconnected) => {
                    let state = self.scanner.poll();
                    assert!(done(&state), "the scan ended: {state:?}");
                    return state;
                }
            }
        }
    }
}

fn outcome(source: Source) -> ScanState {
    scan(source, |_| true).until(|state| state.is_over)
}

fn code(text: &str) -> DynamicImage {
    let luma = qr::draw(text).expect("it is short").luma(4, qr::QUIET_ZONE);
    let (width, height) = (luma.width() as u32, luma.height() as u32);
    GrayImage::from_raw(width, height, luma.into_data()).expect("the sizes fit").into()
}

fn luma(image: DynamicImage) -> Luma {
    let gray = image.into_luma8();
    Luma::new(gray.width() as usize, gray.height() as usize, gray.into_raw()).expect("it is small")
}

#[test]
fn code_is_found_in_files_of_every_format() {
    let folder = tempfile::tempdir().expect("the disk has room");
    for extension in ["png", "jpg", "webp", "gif", "bmp"] {
        let path = folder.path().join(format!("code.{extension}"));
        let image = DynamicImage::ImageRgb8(code(INVITE).into_rgb8());
        image.save(&path).expect("the disk has room");

        let state = outcome(Source::ImageFile(path));

        assert_eq!(state.found.as_deref(), Some(INVITE), "{extension}: {state:?}");
        assert!(state.preview.is_some());
    }
}

#[test]
fn code_is_found_in_dropped_bytes_and_pasted_pixels() {
    let image = code(INVITE);
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("memory takes it");
    let rgba = image.to_rgba8();
    let (width, height) = (rgba.width() as usize, rgba.height() as usize);

    let dropped = outcome(Source::Encoded(bytes.into_inner()));
    let pasted = outcome(Source::Rgba { width, height, data: rgba.into_raw() });

    assert_eq!(dropped.found.as_deref(), Some(INVITE));
    assert_eq!(pasted.found.as_deref(), Some(INVITE));
}

#[test]
fn code_drawn_on_nothing_is_found_whether_dark_or_light() {
    for ink in [0, 255] {
        let drawn = code(INVITE).into_luma8();
        let clear = RgbaImage::from_fn(drawn.width(), drawn.height(), |x, y| {
            image::Rgba([ink, ink, ink, 255 - drawn.get_pixel(x, y).0[0]])
        });
        let (width, height) = (clear.width() as usize, clear.height() as usize);

        let state = outcome(Source::Rgba { width, height, data: clear.into_raw() });

        assert_eq!(state.found.as_deref(), Some(INVITE), "ink {ink}");
    }
}

#[test]
fn picture_without_a_code_says_so() {
    let state = outcome(Source::Rgba { width: 300, height: 200, data: vec![200; 300 * 200 * 4] });

    assert_eq!(state.problem, Some(Problem::NothingFound));
    assert_eq!(state.found, None);
}

#[test]
fn bytes_that_are_no_picture_are_refused() {
    let garbage = outcome(Source::Encoded(vec![7; 1000]));
    let empty = outcome(Source::Encoded(Vec::new()));
    let short = outcome(Source::Rgba { width: 10, height: 10, data: vec![0; 399] });
    let absent = outcome(Source::ImageFile("/no/such/picture.png".into()));

    assert_eq!(garbage.problem, Some(Problem::NotAPicture));
    assert_eq!(empty.problem, Some(Problem::NotAPicture));
    assert_eq!(short.problem, Some(Problem::NotAPicture));
    assert!(matches!(absent.problem, Some(Problem::Unreadable(_))), "{absent:?}");
}

#[test]
fn picture_that_claims_to_be_huge_is_refused_before_it_takes_memory() {
    let mut bytes = Cursor::new(Vec::new());
    code(INVITE).write_to(&mut bytes, ImageFormat::Bmp).expect("memory takes it");
    let mut bytes = bytes.into_inner();
    // Width and height of a BMP, bytes 18 to 26.
    bytes[18..26].copy_from_slice(&[0, 0x4e, 0, 0, 0, 0x4e, 0, 0]);

    let state = outcome(Source::Encoded(bytes));

    assert_eq!(state.problem, Some(Problem::TooLarge));
}

#[test]
fn foreign_code_does_not_end_the_scan() {
    let feed = Feed::default();
    let watched = scan(Source::Feed(feed.clone()), |text| text.starts_with("FESTIVAL:"));

    feed.push(luma(code("https://example.org/menu")), None);
    let foreign = watched.until(|state| state.ignored.is_some());
    feed.push(luma(code(INVITE)), None);
    let ours = watched.until(|state| state.is_over);

    assert_eq!(foreign.ignored.as_deref(), Some("https://example.org/menu"));
    assert_eq!(foreign.found, None);
    assert_eq!(ours.found.as_deref(), Some(INVITE));
    assert!(feed.newest.wait_closed(HANG), "the camera behind the feed is told to stop");
}

#[test]
fn dropping_a_scanner_ends_its_feed() {
    let feed = Feed::default();
    let watched = scan(Source::Feed(feed.clone()), |_| true);

    drop(watched);

    assert!(feed.newest.wait_closed(HANG));
}

#[test]
fn feed_that_fails_says_why_and_switches_its_camera_off() {
    let (off, is_off) = sync_channel(1);
    let feed = Feed::ending_with(move || off.send(()).expect("somebody waits"));
    let watched = scan(Source::Feed(feed.clone()), |_| true);

    feed.fail("Another app uses the camera.".to_owned());

    let state = watched.until(|state| state.is_over);
    assert_eq!(state.problem, Some(Problem::Told("Another app uses the camera.".to_owned())));
    assert_eq!(is_off.recv_timeout(HANG), Ok(()));
}

#[test]
fn absent_camera_is_told_with_what_to_do() {
    // No system numbers its cameras that high.
    let state = outcome(Source::Camera(Some(4_000_000)));

    let problem = state.problem.expect("there is no such camera");
    assert_eq!(problem, Problem::NoCamera);
    assert!(problem.to_string().contains("drop a picture"));
}

#[test]
fn frames_of_every_camera_format_keep_the_code() {
    use frame::Pixels;
    let luma = luma(code(INVITE));
    // Chroma of YUYV and NV12 needs an even width and height.
    let (width, height) = (luma.width() & !1, luma.height() & !1);
    let gray: Vec<u8> = (0..height).flat_map(|y| luma.view().row(y)[..width].to_vec()).collect();
    let yuyv: Vec<u8> = gray.iter().flat_map(|px| [*px, 128]).collect();
    let nv12 = [gray.clone(), vec![128; width * height / 2]].concat();
    let rgb: Vec<u8> = gray.iter().flat_map(|px| [*px; 3]).collect();
    let mut jpeg = Cursor::new(Vec::new());
    code(INVITE).write_to(&mut jpeg, ImageFormat::Jpeg).expect("memory takes it");
    let frames = [
        (Pixels::Gray, gray),
        (Pixels::Yuyv, yuyv),
        (Pixels::Nv12, nv12),
        (Pixels::Rgb, rgb.clone()),
        (Pixels::Bgr, rgb),
        (Pixels::Jpeg, jpeg.into_inner()),
    ];

    for (pixels, data) in frames {
        let shot = frame::shot(pixels, width, height, &data).expect("the bytes fit the size");
        let text = Reader::new(Effort::Photo).read(shot.lumas[0].view());

        assert_eq!(text.as_deref(), Some(INVITE), "{pixels:?}");
        assert!(
            frame::shot(pixels, width, height, &data[..data.len() / 3])
                .is_none_or(|_| pixels == Pixels::Jpeg)
        );
    }
}

/// A real X server whose screen shows the code in a window, with other things around it.
#[cfg(target_os = "linux")]
mod x11 {
    use std::{
        io::{BufRead, BufReader},
        process::{Child, Command, Stdio},
    };

    use x11rb::{
        connection::Connection,
        image::{BitsPerPixel, Image, ImageOrder, ScanlinePad},
        protocol::xproto::{ConnectionExt, CreateGCAux, CreateWindowAux, WindowClass},
        rust_connection::RustConnection,
    };

    use super::*;

    struct Xvfb {
        server: Child,
        name: String,
    }

    impl Xvfb {
        fn start(screen: &str) -> Self {
            let mut server = Command::new("Xvfb")
                .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0", screen])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("Xvfb, which tests/run.sh installs");
            let mut number = String::new();
            let output = server.stdout.take().expect("it is piped");
            BufReader::new(output).read_line(&mut number).expect("Xvfb says its number");
            Self { server, name: format!(":{}", number.trim()) }
        }
    }

    impl Drop for Xvfb {
        fn drop(&mut self) {
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }

    /// Puts a window with the code on the screen; it is there until the connection is dropped.
    fn show(display: &str, place: (i16, i16)) -> RustConnection {
        let (connection, number) = x11rb::connect(Some(display)).expect("the server runs");
        let screen = &connection.setup().roots[number];
        let luma = luma(code(INVITE));
        let side = luma.width() as u16;
        let [window, gc] = [(); 2].map(|()| connection.generate_id().expect("there are ids"));
        let set = CreateWindowAux::new().background_pixel(screen.white_pixel).override_redirect(1);
        let depth = screen.root_depth;
        connection
            .create_window(
                depth,
                window,
                screen.root,
                place.0,
                place.1,
                side,
                side,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &set,
            )
            .expect("the server runs");
        connection.map_window(window).expect("the server runs");
        connection.create_gc(gc, window, &CreateGCAux::new()).expect("the server runs");
        let mut image = Image::allocate(
            side,
            side,
            ScanlinePad::Pad32,
            depth,
            BitsPerPixel::B32,
            ImageOrder::LsbFirst,
        );
        for (i, px) in luma.data().iter().enumerate() {
            let (x, y) = ((i % luma.width()) as u16, (i / luma.width()) as u16);
            image.put_pixel(x, y, if *px == 0 { screen.black_pixel } else { screen.white_pixel });
        }
        let native = image.native(connection.setup()).expect("the server knows the format");
        native.put(&connection, window, gc, 0, 0).expect("the server runs");
        connection.get_input_focus().expect("the server runs").reply().expect("all is drawn");
        connection
    }

    #[test]
    fn code_on_the_screen_is_found_once_it_appears() {
        for screen in ["1280x1024x24", "5120x1440x24", "800x600x16"] {
            let server = Xvfb::start(screen);
            let watched = scan(Source::XDisplay(server.name.clone()), |_| true);
            watched.until(|state| state.shown > 0);

            let _window = show(&server.name, (333, 77));
            let state = watched.until(|state| state.is_over);

            assert_eq!(state.found.as_deref(), Some(INVITE), "{screen}: {state:?}");
        }
    }

    #[test]
    fn absent_screen_is_told_with_what_to_do() {
        let state = outcome(Source::XDisplay(":54321".to_owned()));

        let problem = state.problem.expect("there is no such screen");
        assert_eq!(problem, Problem::NoScreen);
        assert!(problem.to_string().contains("paste"));
    }
}
