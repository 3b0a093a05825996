//! What can go wrong with a TURN server.

use crate::servers::ServerError;

/// Why a TURN server cannot be used, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TurnError {
    /// What is said of the server makes no sense.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// Its name leads nowhere.
    #[error("{0}: no such server: {1}")]
    NotFound(String, String),
    /// No connection to it.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// No encrypted connection to it.
    #[error("{0}: no TLS connection: {1}")]
    Tls(String, String),
    /// It does not answer.
    #[error("{0} does not answer")]
    Silent(String),
    /// It does not believe us.
    #[error("{0} does not accept the username and password, or they have expired")]
    WrongPassword(String),
    /// It says no.
    #[error("{0} refuses: {2} (error {1})")]
    Refused(String, u16, String),
    /// It had made the allocation, but has it no longer.
    #[error("{0} has ended the allocation: {1}")]
    Lost(String, String),
}
