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
    /// The newest code that was none of ours.
    ignored: Option<String>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Seen {
    /// Some other code; the scan goes on.
    Other(String),
    Invite(Found),
    /// The scan is over, for this reason: a sentence.
    Nothing(String),
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
        Self { scanner, deadline: Instant::now() + LIMIT, first: None, ignored: None }
    }

    /// How long to wait for news at most.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// What is new, if anything.
    pub(super) fn poll(&mut self) -> Option<Seen> {
        let now = Instant::now();
        let state = self.scanner.poll();
        if state.shown > 0 {
            self.first.get_or_insert(now);
        }
        if let Some(text) = &state.found {
            let after = self.first.map(|first| now - first).unwrap_or_default();
            return Some(match Invite::parse(text) {
                Ok(invite) => Seen::Invite(Found { invite, camera: name(&state), after }),
                Err(why) => Seen::Nothing(why.to_string()),
            });
        }
        if state.is_over || now >= self.deadline {
            return Some(Seen::Nothing(why_nothing(&state)));
        }
        let other = state.ignored.filter(|text| self.ignored.as_ref() != Some(text))?;
        self.ignored = Some(other.clone());
        Some(Seen::Other(other))
    }
}

/// Of a code that is something else.
pub(super) const NOT_OURS: &str = "This code is not an invite of Festival Chat.";

/// What the system calls the camera in use.
fn name(state: &ScanState) -> String {
    let used = state.cameras.iter().find(|camera| Some(camera.index) == state.camera);
    used.map(|camera| camera.name.clone()).unwrap_or_default()
}

fn why_nothing(state: &ScanState) -> String {
    match (&state.problem, &state.ignored) {
        (Some(problem), _) => problem.to_string(),
        (None, Some(_)) => NOT_OURS.to_owned(),
        (None, None) => "The camera saw no code. Hold it closer, and scan again.".to_owned(),
    }
}
