//! Scanning: pictures from a camera, a file, the clipboard or the screen, read on threads of its own.
//!
//! A [`Scanner`] is started with a [`Source`] and asked for its [`ScanState`] whenever the screen is drawn. It never
//! blocks its owner: opening, waiting and reading happen elsewhere, and dropping it stops them all. It knows neither
//! invites (give it a filter for those) nor windows (it calls `wake` when there is something new).

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use qr::{Effort, Luma, Reader};

mod camera;
mod clipboard;
#[cfg_attr(
    any(target_os = "android", target_os = "ios"),
    expect(dead_code, reason = "most of it is for what the drivers of a computer's camera give")
)]
mod frame;
mod mailbox;
mod picture;
mod problem;
mod screen;
#[cfg(test)]
mod tests;

pub use clipboard::clipboard_image;
pub use problem::Problem;

use mailbox::{Mailbox, Taken};

/// A camera that shows nothing for this long gets a sentence about it; slow ones need two to three seconds to start.
const CAMERA_PATIENCE: Duration = Duration::from_secs(5);

/// Where pictures come from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Source {
    /// The camera of that number (see [`ScanState::cameras`]), or the first that works.
    Camera(Option<u32>),
    /// A picture in a file.
    ImageFile(PathBuf),
    /// The bytes of a picture file: PNG, JPEG, WebP, GIF or BMP.
    Encoded(Vec<u8>),
    /// Pixels of four bytes: red, green, blue, alpha.
    Rgba {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// `4 * width * height` bytes, row by row.
        data: Vec<u8>,
    },
    /// The picture on the clipboard.
    Clipboard,
    /// All that this computer's screens show, again and again until a code is found.
    Screen,
    /// The same of the X server of that name, such as `:1`.
    XDisplay(String),
    /// Pictures that somebody else takes: phones' own cameras.
    Feed(Feed),
}

/// What the scanner knows now. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ScanState {
    /// The newest picture, for show.
    pub preview: Option<Arc<Preview>>,
    /// How many previews there were: another number, another picture.
    pub shown: u64,
    /// The text looked for. Scanning has stopped.
    pub found: Option<String>,
    /// The newest text that was read but not looked for.
    pub ignored: Option<String>,
    /// Why nothing can be seen; it may pass.
    pub problem: Option<Problem>,
    /// The cameras there are, once asked for one.
    pub cameras: Vec<CameraName>,
    /// The number of the camera in use.
    pub camera: Option<u32>,
    /// Nothing more will come: found, a still picture without a code, or a problem that stays.
    pub is_over: bool,
}

/// A camera that [`Source::Camera`] can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraName {
    /// Its number.
    pub index: u32,
    /// What the system calls it.
    pub name: String,
}

/// A small picture to look at, `4 * width * height` bytes of opaque RGBA.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Red, green, blue, 255 of each pixel, row by row.
    pub rgba: Vec<u8>,
}

impl std::fmt::Debug for Preview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Preview({} x {})", self.width, self.height)
    }
}

/// A running scan; dropping it stops it and lets go of the camera.
#[derive(Debug)]
pub struct Scanner {
    shared: Arc<Shared>,
}

impl Scanner {
    /// Starts scanning; any text will do. `wake` is called from other threads whenever [`poll`](Self::poll) has news.
    #[must_use]
    pub fn start(source: Source, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self::start_for(source, |_| true, wake)
    }

    /// Starts scanning for a text that satisfies `wanted`; others are only reported as [`ScanState::ignored`].
    #[must_use]
    pub fn start_for(
        source: Source,
        wanted: impl Fn(&str) -> bool + Send + 'static,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Self {
        let shared =
            Arc::new(Shared { state: Mutex::default(), mailbox: Mailbox::default(), wake });
        let effort = if source.is_live() { Effort::Frame } else { Effort::Photo };
        let patience = matches!(source, Source::Camera(_)).then_some(CAMERA_PATIENCE);
        spawn("scan-read", &shared, move |shared| {
            read(shared, Reader::new(effort), patience, wanted);
        });
        spawn("scan-see", &shared, move |shared| see(source, shared));
        Self { shared }
    }

    /// What is known now; never waits for a picture.
    #[must_use]
    pub fn poll(&self) -> ScanState {
        self.shared.state().clone()
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.shared.mailbox.close();
    }
}

impl Source {
    /// Whether one picture follows another, so that each may be read hastily.
    fn is_live(&self) -> bool {
        !matches!(self, Self::ImageFile(_) | Self::Encoded(_) | Self::Rgba { .. } | Self::Clipboard)
    }
}

/// The end of a [`Source::Feed`] that pictures are pushed into. Clones push into the same scan.
#[derive(Clone, Default)]
pub struct Feed {
    newest: Arc<Mailbox>,
    problem: Arc<OnceLock<String>>,
    at_end: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("newest", &self.newest).finish_non_exhaustive()
    }
}

impl Feed {
    /// One whose camera is switched off by `at_end`, which is called from another thread once the scan is over.
    #[must_use]
    pub fn ending_with(at_end: impl Fn() + Send + Sync + 'static) -> Self {
        Self { at_end: Some(Arc::new(at_end)), ..Self::default() }
    }

    /// No picture will come any more; `why` is a sentence for the person.
    pub fn fail(&self, why: String) {
        // Only the first reason counts: others follow from it.
        let _ = self.problem.set(why);
        self.newest.finish();
    }

    /// Hands over a picture; one that nobody has looked at yet is dropped for it. `preview` is shown as it is.
    pub fn push(&self, luma: Luma, preview: Option<Preview>) {
        self.newest.put(Shot { lumas: vec![luma], preview });
    }

    /// The same, shown in gray.
    pub fn push_gray(&self, luma: Luma) {
        let at = |x, y| luma.data().get(y * luma.width() + x).copied().unwrap_or_default();
        let preview = frame::preview(luma.width(), luma.height(), |x, y| [at(x, y); 3]);
        self.push(luma, Some(preview));
    }

    /// Whether the scan is over, so that the camera can be switched off.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.newest.is_closed()
    }
}

/// One picture: to read, in one or more renderings, and to show.
#[derive(Debug)]
struct Shot {
    lumas: Vec<Luma>,
    preview: Option<Preview>,
}

/// What the threads of one scan share.
struct Shared {
    state: Mutex<ScanState>,
    mailbox: Mailbox,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, ScanState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and tells the owner.
    fn update(&self, change: impl FnOnce(&mut ScanState)) {
        change(&mut self.state());
        (self.wake)();
    }

    /// Shows a shot and hands it to the reader.
    fn show(&self, mut shot: Shot) {
        let preview = shot.preview.take().map(Arc::new);
        self.update(|state| {
            if state.is_over {
                return;
            }
            state.problem = None;
            if preview.is_some() {
                state.preview = preview;
                state.shown += 1;
            }
        });
        self.mailbox.put(shot);
    }

    /// No picture will come anymore, because of `problem`.
    fn give_up(&self, problem: Problem) {
        self.update(|state| {
            state.problem = Some(problem);
            state.is_over = true;
        });
        self.mailbox.close();
    }

    fn is_stopped(&self) -> bool {
        self.mailbox.is_closed()
    }
}

/// Starts a thread that outlives neither a picture nor a closed mailbox; if there can be none, that is the problem.
fn spawn(name: &str, shared: &Arc<Shared>, work: impl FnOnce(&Shared) + Send + 'static) {
    let own = Arc::clone(shared);
    if let Err(error) = thread::Builder::new().name(name.to_owned()).spawn(move || work(&own)) {
        log::error!("cannot start the thread {name}: {error}");
        shared.give_up(Problem::Broken(error.to_string()));
    }
}

/// The thread that fetches pictures.
fn see(source: Source, shared: &Shared) {
    let still = match source {
        Source::Camera(index) => return camera::run(index, shared),
        Source::Screen => return screen::run(None, shared),
        Source::XDisplay(name) => return screen::run(Some(&name), shared),
        Source::Feed(feed) => return follow(&feed, shared),
        Source::Clipboard => match clipboard_image() {
            Ok(Source::Rgba { width, height, data }) => picture::from_rgba(width, height, data),
            Ok(_) => Err(Problem::EmptyClipboard),
            Err(problem) => Err(problem),
        },
        Source::ImageFile(path) => picture::from_file(&path),
        Source::Encoded(bytes) => picture::from_bytes(&bytes),
        Source::Rgba { width, height, data } => picture::from_rgba(width, height, data),
    };
    match still {
        Ok(shot) => {
            shared.show(shot);
            shared.mailbox.finish();
        }
        Err(problem) => shared.give_up(problem),
    }
}

/// Passes on what a feed gets until the scan ends, and ends the feed with it.
fn follow(feed: &Feed, shared: &Shared) {
    /// How soon a feed without pictures notices that the scan was dropped.
    const GLANCE: Duration = Duration::from_millis(100);
    while !shared.is_stopped() {
        match feed.newest.take(Some(GLANCE)) {
            Taken::Shot(shot) => shared.show(shot),
            Taken::Late => {}
            Taken::Closed => break,
        }
    }
    if let Some(why) = feed.problem.get() {
        shared.give_up(Problem::Told(why.clone()));
    }
    feed.newest.close();
    if let Some(at_end) = &feed.at_end {
        at_end();
    }
}

/// The thread that reads pictures.
fn read(
    shared: &Shared,
    mut reader: Reader,
    patience: Option<Duration>,
    wanted: impl Fn(&str) -> bool,
) {
    loop {
        let shot = match shared.mailbox.take(patience) {
            Taken::Shot(shot) => shot,
            Taken::Late => {
                shared.update(|state| state.problem = Some(Problem::Silent));
                continue;
            }
            Taken::Closed => break,
        };
        let started = Instant::now();
        for luma in &shot.lumas {
            let mut texts = reader.read_until(luma.view(), &wanted);
            let Some(text) = texts.pop() else { continue };
            if wanted(&text) {
                shared.mailbox.close();
                shared.update(|state| {
                    state.found = Some(text);
                    state.is_over = true;
                });
                return;
            }
            shared.update(|state| state.ignored = Some(text));
        }
        log::trace!("{:?} read in {:?}", shot.lumas, started.elapsed());
    }
    let nothing = shared.mailbox.is_finished();
    shared.update(|state| {
        if nothing && state.problem.is_none() {
            state.problem = Some(Problem::NothingFound);
        }
        state.is_over = true;
    });
}
