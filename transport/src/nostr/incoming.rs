//! What a relay says over an open connection.

use std::time::{Duration, Instant};

use nostr::{
    ClientMessage, Event, EventBuilder, EventId, RelayMessage, SubscriptionId,
    filter::MatchEventOptions,
};
use tokio_tungstenite::tungstenite::Message;

use super::{
    ended::{Ended, shorten},
    parse_message,
    pool::{FetchError, PublishError, RelayState},
    session::{FETCH, Ping, Publishing, Session},
    subscription::Delivery,
};

/// How long a relay that closed a subscription is not asked for it again.
const CLOSED_PAUSE: Duration = Duration::from_secs(30);

/// Messages without use, in a minute, after which a relay is not worth listening to.
const MAX_USELESS: u32 = 64;
const USELESS_WITHIN: Duration = Duration::from_secs(60);

impl Session<'_> {
    /// Takes in one message.
    pub(super) async fn receive(&mut self, message: Message) -> Result<(), Ended> {
        let now = Instant::now();
        self.heard = now;
        // Whatever comes shows that the relay is there; but after a change of network it may have
        // been under way before.
        let is_pong = matches!(message, Message::Pong(_));
        if let Some(Ping { sent, .. }) = self.pinged.take_if(|ping| is_pong || !ping.moved) {
            self.round_trip(now.saturating_duration_since(sent));
        }
        match message {
            Message::Text(text) => match parse_message(text.as_str()) {
                Some(message) => self.understood(message, text.len()).await,
                None => self.useless(),
            },
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
            Message::Binary(_) => self.useless(),
            Message::Close(_) => Err(Ended::failed("hung up")),
        }
    }

    fn round_trip(&self, round_trip: Duration) {
        self.relay.set_state(Some(RelayState::Open { round_trip }));
    }

    /// Something nobody asked for.
    fn useless(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let (count, since) = self.useless;
        let is_old = now.saturating_duration_since(since) > USELESS_WITHIN;
        let (count, since) = if is_old { (0, now) } else { (count, since) };
        self.useless = (count.saturating_add(1), since);
        if count >= MAX_USELESS { Err(Ended::broke_rules("talks nonsense")) } else { Ok(()) }
    }

    async fn understood(
        &mut self,
        message: RelayMessage<'static>,
        length: usize,
    ) -> Result<(), Ended> {
        match message {
            RelayMessage::Event { subscription_id, event } => {
                self.event(subscription_id.as_str(), event.into_owned(), length).await
            }
            RelayMessage::Ok { event_id, status, message } => {
                self.answered(event_id, status, &message)
            }
            RelayMessage::EndOfStoredEvents(id) => match self.fetching.remove(id.as_str()) {
                Some(fetching) => {
                    fetching.finish();
                    self.send(&ClientMessage::Close(id)).await
                }
                None => Ok(()),
            },
            RelayMessage::Closed { subscription_id, message } => {
                self.closed(subscription_id.as_str(), &message)
            }
            RelayMessage::Notice(notice) => {
                log::debug!("{}: {}", self.relay.url, shorten(&notice));
                self.complaints.note(Instant::now());
                self.useless()
            }
            RelayMessage::Auth { challenge } => self.authenticate(&challenge).await,
            _ => self.useless(),
        }
    }

    async fn event(&mut self, id: &str, event: Event, length: usize) -> Result<(), Ended> {
        if let Some(fetching) = self.fetching.get_mut(id) {
            match fetching.take(event, length) {
                Ok(true) => {
                    let done = self.fetching.remove(id);
                    if let Some(fetching) = done {
                        fetching.finish();
                    }
                    return self.send(&ClientMessage::close(SubscriptionId::new(id))).await;
                }
                Ok(false) => return Ok(()),
                Err(()) => return self.useless(),
            }
        }
        let wanted = id.parse().ok().and_then(|id| self.relay.wanted_one(id));
        let Some(wanted) = wanted else { return self.unknown(id) };
        if !wanted.filter.match_event(&event, MatchEventOptions::new()) {
            // It may be one of the filter before.
            return if wanted.version > 0 { Ok(()) } else { self.useless() };
        }
        match wanted.outlet.deliver(&self.relay.url, event) {
            Delivery::Fine => Ok(()),
            Delivery::Forged => self.useless(),
        }
    }

    /// Something for a subscription there is not. What was just given up may still come.
    fn unknown(&mut self, id: &str) -> Result<(), Ended> {
        let number = |id: &str| id.parse::<u64>().ok();
        let was_ours = match id.strip_prefix(FETCH) {
            Some(id) => number(id).is_some_and(|id| id < self.fetches),
            None => number(id).is_some_and(|id| self.relay.has_wanted(id)),
        };
        if was_ours { Ok(()) } else { self.useless() }
    }

    fn answered(&mut self, id: EventId, taken: bool, why: &str) -> Result<(), Ended> {
        let Some(Publishing { reply, sent }) = self.publishing.remove(&id) else {
            return self.useless();
        };
        self.round_trip(sent.elapsed());
        let taken = taken || why.starts_with("duplicate:");
        if !taken {
            self.complaints.note(Instant::now());
        }
        let result = if taken { Ok(()) } else { Err(PublishError::Refused(shorten(why))) };
        // Whoever asked may be gone.
        let _gone = reply.send(result);
        Ok(())
    }

    fn closed(&mut self, id: &str, why: &str) -> Result<(), Ended> {
        if let Some(fetching) = self.fetching.remove(id) {
            fetching.fail(FetchError::Refused(shorten(why)));
            return Ok(());
        }
        let Some(asked) = id.parse().ok().and_then(|id: u64| self.asked.get_mut(&id)) else {
            return self.unknown(id);
        };
        log::debug!("{}: closed a subscription: {}", self.relay.url, shorten(why));
        asked.again_at = Instant::now().checked_add(CLOSED_PAUSE);
        Ok(())
    }

    /// Proves (NIP-42) to be the throw-away key, which proves nothing else.
    async fn authenticate(&mut self, challenge: &str) -> Result<(), Ended> {
        let url = nostr::RelayUrl::parse(self.relay.url.as_str());
        let proof = url.ok().and_then(|url| {
            EventBuilder::auth(shorten(challenge), url).sign_with_keys(&self.relay.keys()).ok()
        });
        self.useless()?;
        let Some(proof) = proof else { return Ok(()) };
        self.send(&ClientMessage::auth(proof)).await?;
        // What was closed for want of it is asked for again.
        for asked in self.asked.values_mut().filter(|asked| asked.again_at.is_some()) {
            asked.again_at = Some(Instant::now());
        }
        Ok(())
    }
}
