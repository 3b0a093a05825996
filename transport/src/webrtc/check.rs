//! Trying a TURN server, for people who want to know why something does not work.

use std::{net::SocketAddr, sync::Arc};

use rustls::ClientConfig;

use super::{
    socket::Family,
    turn::{Turn, TurnError},
};
use crate::servers::TurnServer;

/// Asks a TURN server for an address to relay from, gives it back to the server and tells it.
///
/// # Errors
///
/// [`TurnError`] in words for the person.
pub async fn check_turn(
    server: &TurnServer,
    tls: &Arc<ClientConfig>,
) -> Result<SocketAddr, TurnError> {
    Ok(Turn::allocate(server, tls, Family::V4).await?.relayed())
}
