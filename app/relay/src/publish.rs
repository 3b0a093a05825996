//! What happens to an event that a client brings.

use std::time::Instant;

use nostr::{Event, Kind};

use crate::{
    connection::Client,
    limits::{Limits, StoredKinds},
    store::{self, Kept},
};

impl Client<'_> {
    /// Passes an event on, and keeps it if it is to be kept. Says what became of it in the words
    /// of NIP-01.
    pub(crate) async fn publish(&mut self, event: &Event) -> Result<&'static str, String> {
        let shared = self.shared;
        let now = Instant::now();
        if !self.events.take(1.0, now) || !shared.events_per_address.take(self.address, now) {
            return Err("rate-limited: slower, please".to_owned());
        }
        let clock = store::now();
        let expires = may_pass(event, &shared.limits, clock)?;
        if shared.recent.has(event.id.as_bytes()) {
            return Ok("duplicate: it passed already");
        }
        event.verify().map_err(|err| format!("invalid: {err}"))?;
        // Only now is it certain whose key it is.
        if !shared.events_per_key.take(event.pubkey.to_bytes(), now) {
            return Err("rate-limited: slower with this key, please".to_owned());
        }
        let json = serde_json::to_string(event).map_err(|err| format!("error: {err}"))?;
        if event.kind.is_ephemeral() {
            if shared.recent.add(event.id.to_bytes()) {
                shared.hub.deliver(event, &json);
            }
            return Ok("");
        }
        match shared.store.keep(event, &json, expires).await {
            Kept::New => {
                shared.hub.deliver(event, &json);
                Ok("")
            }
            Kept::Known => Ok("duplicate: it is here already"),
            Kept::Replaced => Ok("duplicate: a newer one is here"),
            Kept::Full(why) => Err(why.to_owned()),
        }
    }
}

/// When the event is to be forgotten, or why it is not even looked at closer.
fn may_pass(event: &Event, limits: &Limits, clock: u64) -> Result<u64, String> {
    let made = event.created_at.as_secs();
    if made > clock.saturating_add(limits.future.as_secs()) {
        return Err("invalid: created_at is too far in the future".to_owned());
    }
    if event.tags.len() > limits.tags {
        return Err(format!("invalid: more than {} tags", limits.tags));
    }
    let latest = clock.saturating_add(limits.storage.keep.as_secs());
    let expires = event.tags.expiration().map_or(latest, |at| at.as_secs().min(latest));
    if expires <= clock {
        return Err("invalid: it has expired".to_owned());
    }
    if event.kind.is_ephemeral() {
        if made < clock.saturating_sub(limits.ephemeral_age.as_secs()) {
            return Err("invalid: created_at is too old".to_owned());
        }
    } else if !is_kept(&limits.storage.kinds, event.kind) {
        return Err("blocked: events of this kind are not kept here".to_owned());
    }
    Ok(expires)
}

fn is_kept(kinds: &StoredKinds, kind: Kind) -> bool {
    match kinds {
        StoredKinds::Any => true,
        StoredKinds::Only(kinds) => kinds.contains(&kind.as_u16()),
    }
}
