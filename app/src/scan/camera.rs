//! The camera of a computer, on the thread that called: opened, watched, and let go of when the scan ends.
//!
//! Phones have no driver here: their own screens take pictures and push them through a [`Feed`](super::Feed).

use super::{Problem, Shared};

/// Shows what the camera of that number sees, or the first that works, until the scan ends.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
pub(super) fn run(_index: Option<u32>, shared: &Shared) {
    shared.give_up(Problem::NoCamera);
}

#[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
pub(super) use desktop::run;

#[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
mod desktop {
    use std::{
        collections::BTreeSet,
        panic::{self, AssertUnwindSafe},
        sync::{Condvar, Mutex, PoisonError},
        time::{Duration, Instant},
    };

    use nokhwa::{
        Camera, NokhwaError,
        utils::{
            ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat,
            RequestedFormatType,
        },
    };

    use super::{Problem, Shared};
    use crate::scan::{
        CameraName,
        frame::{self, Pixels},
    };

    /// Frames are decoded this often at most: a steady picture, and time left for reading.
    const FRAME_PAUSE: Duration = Duration::from_millis(50);

    /// Frames that may fail in a row: cameras drop some when they start or change their exposure.
    const MAX_FAILURES: u32 = 20;

    /// From a failed frame to the next try.
    const FAILURE_PAUSE: Duration = Duration::from_millis(50);

    /// How long a camera may be held by the scan before this one, which is on its way out.
    const HANDOVER: Duration = Duration::from_secs(3);

    /// Pixels of the finest picture asked for: small codes need more, slow computers less.
    const MAX_PIXELS: u32 = 1920 * 1080;

    /// Frames a second below which a finer picture is not worth it.
    const MIN_RATE: u32 = 15;

    /// The size to come near if nothing else decides.
    const USUAL_PIXELS: u32 = 1280 * 720;

    const FORMATS: [FrameFormat; 6] = [
        FrameFormat::YUYV,
        FrameFormat::NV12,
        FrameFormat::GRAY,
        FrameFormat::MJPEG,
        FrameFormat::RAWRGB,
        FrameFormat::RAWBGR,
    ];

    pub(crate) fn run(index: Option<u32>, shared: &Shared) {
        // The driver's bindings panic on devices they did not expect.
        let result = panic::catch_unwind(AssertUnwindSafe(|| see(index, shared)));
        match result {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => shared.give_up(problem),
            Err(_) => shared.give_up(Problem::Broken("its driver failed".to_owned())),
        }
    }

    fn see(index: Option<u32>, shared: &Shared) -> Result<(), Problem> {
        ask_permission()?;
        let cameras = list();
        shared.update(|state| state.cameras.clone_from(&cameras));
        let wanted: Vec<u32> = match index {
            Some(index) => vec![index],
            None => cameras.iter().map(|camera| camera.index).collect(),
        };
        let mut why = Problem::NoCamera;
        for index in wanted {
            if shared.is_stopped() {
                return Ok(());
            }
            match watch(index, shared) {
                Ok(()) => return Ok(()),
                // It worked until now; another one sees something else.
                Err(problem) if shared.state().camera.is_some() => return Err(problem),
                // Of several that fail, the first one's reason is the one to tell.
                Err(problem) if why == Problem::NoCamera => why = problem,
                Err(_) => {}
            }
        }
        Err(why)
    }

    /// Waits for the answer to the system's question, where it asks one.
    fn ask_permission() -> Result<(), Problem> {
        /// A person has to read and decide.
        const ANSWER: Duration = Duration::from_secs(120);
        let (send, receive) = std::sync::mpsc::sync_channel(1);
        nokhwa::nokhwa_initialize(move |granted| {
            let _ = send.try_send(granted);
        });
        match receive.recv_timeout(ANSWER) {
            Ok(true) => Ok(()),
            _ => Err(Problem::Denied),
        }
    }

    fn list() -> Vec<CameraName> {
        let cameras = nokhwa::query(ApiBackend::Auto).unwrap_or_else(|error| {
            log::debug!("cameras cannot be listed: {error}");
            Vec::new()
        });
        let named = |camera: &nokhwa::utils::CameraInfo| {
            let index = camera.index().as_index().ok()?;
            Some(CameraName { index, name: camera.human_name() })
        };
        let mut names: Vec<_> = cameras.iter().filter_map(named).collect();
        names.sort_by_key(|camera| camera.index);
        names
    }

    /// Opens a camera and shows its frames until the scan ends.
    fn watch(index: u32, shared: &Shared) -> Result<(), Problem> {
        let _held = Held::take(index)?;
        let mut camera = open(index).map_err(|error| problem(&error))?;
        camera.open_stream().map_err(|error| problem(&error))?;
        let mut failures = 0;
        let mut shown: Option<Instant> = None;
        while !shared.is_stopped() {
            match camera.frame() {
                Ok(buffer) => {
                    let is_early = shown.is_some_and(|at| at.elapsed() < FRAME_PAUSE);
                    if is_early
                        || (shared.mailbox.is_full()
                            && shown.is_some_and(|at| at.elapsed() < FRAME_PAUSE * 3))
                    {
                        continue;
                    }
                    let size = buffer.resolution();
                    let pixels = pixels(buffer.source_frame_format());
                    match frame::shot(
                        pixels,
                        size.width() as usize,
                        size.height() as usize,
                        buffer.buffer(),
                    ) {
                        Some(shot) => {
                            failures = 0;
                            if shown.is_none() {
                                shared.state().camera = Some(index);
                            }
                            shown = Some(Instant::now());
                            shared.show(shot);
                        }
                        None => failures += 1,
                    }
                }
                Err(error) => {
                    log::debug!("camera {index}: {error}");
                    failures += 1;
                    if shared.mailbox.wait_closed(FAILURE_PAUSE) {
                        break;
                    }
                }
            }
            if failures > MAX_FAILURES {
                return Err(if shown.is_some() { Problem::Unplugged } else { Problem::Silent });
            }
        }
        let _ = camera.stop_stream();
        Ok(())
    }

    fn open(index: u32) -> Result<Camera, NokhwaError> {
        let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
        let mut camera = Camera::new(CameraIndex::Index(index), any)?;
        if let Ok(formats) = camera.compatible_camera_formats()
            && let Some(best) = best(&formats)
        {
            let exact = RequestedFormatType::Exact(best);
            // A camera that refuses what it offered still has the format it was opened with.
            if let Err(error) =
                camera.set_camera_requset(RequestedFormat::with_formats(exact, &FORMATS))
            {
                log::debug!("camera {index} refused {best}: {error}");
            }
        }
        Ok(camera)
    }

    /// The finest picture that is neither huge nor slow; else what is nearest to the usual.
    fn best(formats: &[CameraFormat]) -> Option<CameraFormat> {
        let area = |format: &CameraFormat| format.width().saturating_mul(format.height());
        let known = || formats.iter().filter(|format| FORMATS.contains(&format.format()));
        let good =
            |format: &&CameraFormat| format.frame_rate() >= MIN_RATE && area(format) <= MAX_PIXELS;
        known()
            .filter(good)
            // Raw pixels spare the decoding of JPEG; more than 30 a second only costs light.
            .max_by_key(|format| {
                (area(format), format.frame_rate().min(30), format.format() != FrameFormat::MJPEG)
            })
            .or_else(|| known().min_by_key(|format| area(format).abs_diff(USUAL_PIXELS)))
            .copied()
    }

    fn pixels(format: FrameFormat) -> Pixels {
        match format {
            FrameFormat::MJPEG => Pixels::Jpeg,
            FrameFormat::YUYV => Pixels::Yuyv,
            FrameFormat::NV12 => Pixels::Nv12,
            FrameFormat::GRAY => Pixels::Gray,
            FrameFormat::RAWRGB => Pixels::Rgb,
            FrameFormat::RAWBGR => Pixels::Bgr,
        }
    }

    /// What the driver says, as far as it can be told apart: it has words, no codes.
    fn problem(error: &NokhwaError) -> Problem {
        let text = error.to_string();
        let lower = text.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        if has(&["permission", "denied", "not authorized", "0x80070005"]) {
            Problem::Denied
        } else if has(&["busy", "in use", "being used", "0xc00d3704", "0x80070020"]) {
            Problem::Busy
        } else if has(&["no such file", "no such device", "not found"]) {
            Problem::NoCamera
        } else {
            Problem::Broken(text)
        }
    }

    /// The right to use a camera: two scans must not open one at the same time.
    #[derive(Debug)]
    struct Held(u32);

    static HELD: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    static FREED: Condvar = Condvar::new();

    impl Held {
        fn take(index: u32) -> Result<Self, Problem> {
            let held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = FREED.wait_timeout_while(held, HANDOVER, |held| held.contains(&index));
            let (mut held, _) = waited.unwrap_or_else(PoisonError::into_inner);
            // Still held: its thread hangs inside the driver, and so would we.
            if held.insert(index) { Ok(Self(index)) } else { Err(Problem::Silent) }
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            HELD.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
            FREED.notify_all();
        }
    }

    #[cfg(test)]
    mod tests;
}
