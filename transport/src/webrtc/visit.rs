//! Coming by a stream to the other end's place on a TURN server.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    ends::Ends,
    turn::{Pipe, StreamPlace, Words, visit},
};

/// A visit, if the other end has a place for streams.
pub(super) struct Visit {
    place: Option<SocketAddr>,
    /// Our own place, if we come from there.
    from: Option<Arc<StreamPlace>>,
    was_reached: AtomicBool,
}

impl Visit {
    /// To `place`, from the place for streams of `own`, if there is one, or else from this device.
    pub(super) fn new(place: Option<SocketAddr>, own: Option<&Ends>) -> Self {
        let from = own.and_then(Ends::streams).map(Arc::clone);
        Self { place, from, was_reached: AtomicBool::new(false) }
    }

    /// The stream, as soon as the server lets us in; `None` if there is nowhere to go, or in vain.
    pub(super) async fn pipe(&self, words: &Words) -> Option<Arc<Pipe>> {
        let visited = match &self.from {
            Some(from) => from.visit(self.place?, words).await,
            None => visit(self.place?, words, &self.was_reached).await,
        };
        match visited {
            Ok(pipe) => Some(pipe),
            Err(error) => {
                log::debug!("no stream to the other end's place on a server: {error}");
                None
            }
        }
    }

    /// The server on which we have tried in vain to reach anything.
    pub(super) fn missed(&self) -> Option<IpAddr> {
        let is_missed = self.from.is_none() && !self.was_reached.load(Ordering::Relaxed);
        self.place.filter(|_place| is_missed).map(|place| place.ip())
    }
}
