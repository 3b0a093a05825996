//! Links over the air that carry more than chat: another way is worth looking for, and the person may help.

use std::time::Duration;

use crate::{
    Engine, Event, LinkId, Medium, Store,
    session::{LinkState, Session},
};

/// What chat takes of a link in the long run, in bytes a second, both ways together: a quarter of what the air gives.
const CHAT: u64 = 5_000;

/// How long chat would take for what makes a link busy: a hundred kilobytes, which the air carries in seven seconds.
const MUCH: Duration = Duration::from_secs(20);

/// The most that is remembered: a link is busy for no longer than this after the last of it.
const MOST: Duration = Duration::from_secs(40);

/// What one link has carried of late, beyond chat.
#[derive(Debug, Default)]
pub(crate) struct Load {
    /// When chat would be done with what was carried so far.
    done_at: Duration,
    is_told: bool,
}

impl Load {
    fn carry(&mut self, now: Duration, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let takes = Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / CHAT);
        let done_at = self.done_at.max(now).saturating_add(takes);
        self.done_at = done_at.min(now.saturating_add(MOST));
    }

    fn is_much(&self, now: Duration) -> bool {
        self.done_at >= now.saturating_add(MUCH)
    }

    /// When it is told that it is over.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.is_told.then_some(self.done_at)
    }
}

impl<S: Store> Engine<S> {
    /// So many bytes were carried by a link, either way.
    pub(crate) fn note_load(&mut self, link: LinkId, bytes: usize) {
        let now = self.now.since_start;
        let Some(LinkState::Open(session)) = self.links.get_mut(&link) else { return };
        if session.airtime.medium() != Medium::Air {
            return;
        }
        session.load.carry(now, bytes);
        if session.is_shown && !session.load.is_told && session.load.is_much(now) {
            session.load.is_told = true;
            let event = told(link, session);
            self.notify(event);
        }
    }

    /// Says which links are busy no longer.
    pub(crate) fn mind_loads(&mut self) {
        let now = self.now.since_start;
        let mut over = Vec::new();
        for (&link, state) in &mut self.links {
            let LinkState::Open(session) = state else { continue };
            if session.load.deadline().is_some_and(|at| now >= at) {
                session.load.is_told = false;
                over.push(told(link, session));
            }
        }
        over.into_iter().for_each(|event| self.notify(event));
    }

    /// Says which links are busy, to screens that lost track.
    pub(crate) fn retell_loads(&mut self) {
        let busy = self.links.iter().filter_map(|(&link, state)| match state {
            LinkState::Open(session) if session.load.is_told => Some(told(link, session)),
            _ => None,
        });
        busy.collect::<Vec<_>>().into_iter().for_each(|event| self.notify(event));
    }
}

fn told(link: LinkId, session: &Session) -> Event {
    let is_busy = session.load.is_told;
    Event::LinkBusy { room: session.room, peer: session.peer, link, is_busy }
}
