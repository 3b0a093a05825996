//! A look through the camera for an invite, for the faces that show no pictures.

use std::time::{Duration, Instant};

use engine::Invite;

use crate::{
    runtime::Wake,
    scan::{ScanState, Scanner, Source},
};

/// A scan ends after this: time to turn the camera to the code, and nobody forgets a camera that is on.
const LIMIT: Duration = Duration::from_secs(60);

/// A scan that goes on.
#[derive(Debug)]
pub(super) struct CameraScan {
    scanner: Scanner,
    deadline: Instant,
    /// When the first picture was seen.
    first: Option<Instant>,
}

/// The invite that a camera saw.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) invite: Invite,
    /// What the system calls the camera; empty if it does not say.
    pub(super) camera: String,
    /// From the first picture to this.
    pub(super) after: Duration,
}

impl CameraScan {
    /// Opens the camera of that number, or the first that works. `wake` is called when [`poll`](Self::poll) has news.
    pub(super) fn start(camera: Option<u32>, wake: Wake) -> Self {
        let is_invite = |text: &str| Invite::parse(text).is_ok();
        let scanner = Scanner::start_for(Source::Camera(camera), is_invite, wake);
        Self { scanner, deadline: Instant::now() + LIMIT, first: None }
    }

    /// How long to wait for news at most.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// What was found, or a sentence that says why nothing was; nothing as long as the scan goes on.
    pub(super) fn poll(&mut self) -> Option<Result<Found, String>> {
        let now = Instant::now();
        let state = self.scanner.poll();
        if state.shown > 0 {
            self.first.get_or_insert(now);
        }
        if let Some(text) = &state.found {
            let after = self.first.map(|first| now - first).unwrap_or_default();
            let found =
                Invite::parse(text).map(|invite| Found { invite, camera: name(&state), after });
            return Some(found.map_err(|why| why.to_string()));
        }
        (state.is_over || now >= self.deadline).then(|| Err(why_nothing(&state)))
    }
}

/// What the system calls the camera in use.
fn name(state: &ScanState) -> String {
    let used = state.cameras.iter().find(|camera| Some(camera.index) == state.camera);
    used.map(|camera| camera.name.clone()).unwrap_or_default()
}

fn why_nothing(state: &ScanState) -> String {
    match (&state.problem, &state.ignored) {
        (Some(problem), _) => problem.to_string(),
        (None, Some(_)) => "This code is not an invite of Festival Chat.".to_owned(),
        (None, None) => "The camera saw no code. Hold it closer, and scan again.".to_owned(),
    }
}
