//! Why a connection to a relay is over.

use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

/// How much of a relay's words is kept, in characters.
const MAX_REASON: usize = 200;

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// The pool is gone.
    Closed,
    /// Nobody needs it.
    Idle,
    /// The device is on another network now.
    Moved,
    /// It failed.
    Failed(Failure),
}

/// What was wrong with a relay.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: String,
    /// It did what none should.
    pub(super) broke_rules: bool,
}

impl Ended {
    pub(super) fn failed(why: &str) -> Self {
        Self::Failed(Failure { why: why.to_owned(), broke_rules: false })
    }

    pub(super) fn broke_rules(why: &str) -> Self {
        Self::Failed(Failure { why: why.to_owned(), broke_rules: true })
    }
}

impl From<tungstenite::Error> for Ended {
    fn from(error: tungstenite::Error) -> Self {
        let broke_rules = match &error {
            tungstenite::Error::Capacity(_) | tungstenite::Error::Utf8(_) => true,
            tungstenite::Error::Protocol(error) => {
                // Cutting the connection is rude, no more.
                !matches!(error, ProtocolError::ResetWithoutClosingHandshake)
            }
            tungstenite::Error::Io(error) => error.kind() == std::io::ErrorKind::QuotaExceeded,
            _ => false,
        };
        Self::Failed(Failure { why: shorten(&error.to_string()), broke_rules })
    }
}

/// A relay's words, cut to a bearable length.
pub(super) fn shorten(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(MAX_REASON).collect()
}
