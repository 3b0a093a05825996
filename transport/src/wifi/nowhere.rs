//! Systems on which this program cannot use Wi-Fi yet.

use super::{
    Credentials,
    port::{Look, WifiError, WifiPort, WifiState, Work},
};

/// Says so, and does nothing.
#[derive(Debug)]
pub(super) struct NoPort;

impl WifiPort for NoPort {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async { Look::without(WifiState::Unsupported) })
    }

    fn make<'a>(&'a mut self, _: &'a Credentials) -> Work<'a, Result<Credentials, WifiError>> {
        Box::pin(async { Err(WifiError::Unsupported) })
    }

    fn join<'a>(&'a mut self, _: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
        Box::pin(async { Err(WifiError::Unsupported) })
    }

    fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
        Box::pin(async { Ok(()) })
    }
}
