use nokhwa::utils::Resolution;

use super::*;

fn format(width: u32, height: u32, format: FrameFormat, rate: u32) -> CameraFormat {
    CameraFormat::new(Resolution::new(width, height), format, rate)
}

#[test]
fn finest_picture_that_is_quick_enough_is_chosen() {
    let formats = [
        format(640, 480, FrameFormat::YUYV, 30),
        format(1280, 720, FrameFormat::YUYV, 10),
        format(1280, 720, FrameFormat::MJPEG, 30),
        format(1920, 1080, FrameFormat::YUYV, 5),
        format(3840, 2160, FrameFormat::MJPEG, 30),
    ];

    let chosen = best(&formats);

    assert_eq!(chosen, Some(formats[2]));
}

#[test]
fn slow_camera_is_asked_for_the_usual_size() {
    let formats = [
        format(320, 240, FrameFormat::YUYV, 5),
        format(1280, 960, FrameFormat::YUYV, 5),
        format(2592, 1944, FrameFormat::YUYV, 2),
    ];

    let chosen = best(&formats);

    assert_eq!(chosen, Some(formats[1]));
}

#[test]
fn driver_words_become_advice() {
    let denied = NokhwaError::OpenDeviceError("0".into(), "Permission denied (os error 13)".into());
    let busy = NokhwaError::OpenStreamError("Device or resource busy (os error 16)".into());
    let strange = NokhwaError::GeneralError("flux capacitor".into());

    assert_eq!(problem(&denied), Problem::Denied);
    assert_eq!(problem(&busy), Problem::Busy);
    assert!(problem(&strange).to_string().contains("flux capacitor"));
}

#[test]
fn camera_is_held_by_one_scan_at_a_time() {
    const INDEX: u32 = u32::MAX;
    let first = Held::take(INDEX).expect("nobody else uses this number");
    let (send, receive) = std::sync::mpsc::sync_channel(1);
    let second = std::thread::spawn(move || send.send(Held::take(INDEX).is_ok()));

    drop(first);

    assert_eq!(receive.recv(), Ok(true));
    assert!(second.join().is_ok());
}
