//! Leaving a description at relays.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use super::{FRESH, KIND, TAG, days};
use crate::{
    Callee, DialKey,
    nostr::{
        Alphabet, Event, EventBuilder, Filter, Keys, Kind, PublishError, RelayPool, RelayUrl,
        SingleLetterTag, Tag, Timestamp,
    },
    offer::{self, Description, Side, Topic},
};

/// A relay that could not be reached is tried again after a pause; whoever waits for the answer
/// gives up earlier.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// Who is spoken to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) key: DialKey,
    pub(super) callee: Callee,
}

impl Line {
    /// Where a description goes at a relay, at a time.
    fn topic(&self, description: &Description, time: u64, relay: &RelayUrl) -> Topic {
        match description.side {
            Side::Offer => Topic::of_offers(&self.key, self.callee, days::day(time), relay),
            Side::Answer => Topic::of_answers(&self.key, &description.session, relay),
        }
    }

    /// Leaves a description at a relay; whether the relay took it.
    pub(super) async fn leave(
        self,
        pool: RelayPool,
        at: RelayUrl,
        description: Description,
    ) -> bool {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                sleep(PAUSE).await;
            }
            let (clock, relay, description) = (pool.clone(), at.clone(), description.clone());
            // Made late: only then the relay's clock is known, if ours is off.
            let make = move |keys: &Keys, now: Timestamp| {
                let time = clock.time();
                let topic = self.topic(&description, time, &relay);
                let content = offer::seal(&self.key, &topic, time, &description)?;
                event(&topic, content, keys, now)
            };
            match pool.publish_made(&at, make).await {
                Ok(()) => return true,
                Err(PublishError::Unreachable | PublishError::TimedOut) => {}
                Err(error) => {
                    log::debug!("{at}: {error}");
                    return false;
                }
            }
        }
        false
    }

    /// Leaves a description at several relays; the receiver hears of each that took it.
    pub(super) fn leave_at(
        self,
        pool: &RelayPool,
        at: &[RelayUrl],
        description: &Description,
        tasks: &mut JoinSet<()>,
    ) -> mpsc::Receiver<()> {
        let (done, taken) = mpsc::channel(at.len().max(1));
        for relay in at {
            let leaving = self.leave(pool.clone(), relay.clone(), description.clone());
            let done = done.clone();
            tasks.spawn(async move {
                if leaving.await {
                    // Only the first counts: the others may find nobody waiting.
                    let _nobody = done.try_send(());
                }
            });
        }
        taken
    }
}

fn event(topic: &Topic, content: String, keys: &Keys, now: Timestamp) -> Option<Event> {
    EventBuilder::new(Kind::from(KIND), content)
        .tag(Tag::parse([TAG.to_string(), topic.as_str().to_owned()]).ok()?)
        .custom_created_at(now)
        .sign_with_keys(keys)
        .ok()
}

/// What to ask relays for.
pub(super) fn filter<'a>(topics: impl IntoIterator<Item = &'a Topic>) -> Filter {
    let tag = SingleLetterTag::lowercase(Alphabet::X);
    // A relay that keeps what it need not gives at least no more than this.
    Filter::new()
        .kind(Kind::from(KIND))
        .custom_tags(tag, topics.into_iter().map(Topic::as_str))
        .limit(100)
}

/// The topics of an event.
pub(super) fn topics(event: &Event) -> impl Iterator<Item = &str> {
    let tag = SingleLetterTag::lowercase(Alphabet::X);
    let tags = event.tags.iter().filter(move |found| found.single_letter_tag() == Some(tag));
    tags.filter_map(Tag::content)
}

/// Whether something was sealed at about the time it is.
pub(super) fn is_fresh(sealed: u64, now: u64) -> bool {
    sealed.abs_diff(now) <= FRESH
}
