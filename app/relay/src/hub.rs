//! Who waits for which events.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use nostr::{
    Event, Filter,
    filter::{MatchEventOptions, SingleLetterTag},
};

use crate::{message::Answer, outbox::Outbox};

/// Every open subscription, found by what it asks for.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    index: Mutex<Index>,
}

/// A subscription's place in the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(u64);

#[derive(Debug, Default)]
struct Index {
    next: u64,
    open: BTreeMap<Place, Arc<Open>>,
    /// By one value of each filter that an event must have to match it.
    by_key: HashMap<Key, BTreeMap<Place, Arc<Open>>>,
    /// Those that have a filter without such a value.
    broad: BTreeMap<Place, Arc<Open>>,
}

/// A value of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Tag(SingleLetterTag, String),
    Author([u8; 32]),
    Id([u8; 32]),
}

#[derive(Debug)]
struct Open {
    id: String,
    filters: Vec<Filter>,
    outbox: Outbox,
}

impl Open {
    fn matches(&self, event: &Event) -> bool {
        self.filters.iter().any(|filter| filter.match_event(event, MatchEventOptions::new()))
    }
}

impl Hub {
    /// Opens a subscription.
    pub(crate) fn open(&self, id: &str, filters: Vec<Filter>, outbox: Outbox) -> Place {
        let open = Arc::new(Open { id: id.to_owned(), filters, outbox });
        let mut index = self.lock();
        let place = Place(index.next);
        index.next = index.next.wrapping_add(1);
        for filter in &open.filters {
            match keys_of(filter) {
                Some(keys) => {
                    for key in keys {
                        index.by_key.entry(key).or_default().insert(place, open.clone());
                    }
                }
                None => drop(index.broad.insert(place, open.clone())),
            }
        }
        index.open.insert(place, open);
        place
    }

    /// Closes a subscription.
    pub(crate) fn close(&self, place: Place) {
        let mut index = self.lock();
        let Some(open) = index.open.remove(&place) else { return };
        index.broad.remove(&place);
        for key in open.filters.iter().filter_map(keys_of).flatten() {
            if let Some(places) = index.by_key.get_mut(&key) {
                places.remove(&place);
                if places.is_empty() {
                    index.by_key.remove(&key);
                }
            }
        }
    }

    /// Hands an event, whose text is `json`, to everybody who waits for it.
    pub(crate) fn deliver(&self, event: &Event, json: &str) {
        let waiting = self.lock().waiting_for(event);
        for open in waiting.into_values() {
            open.outbox.put(Answer::event(&open.id, json));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    /// Each subscription once, however many of its filters match.
    fn waiting_for(&self, event: &Event) -> BTreeMap<Place, Arc<Open>> {
        let tags = event
            .tags
            .iter()
            .filter_map(|tag| Some(Key::Tag(tag.single_letter_tag()?, tag.content()?.to_owned())));
        let author = Key::Author(event.pubkey.to_bytes());
        let id = Key::Id(event.id.to_bytes());
        let by_key = tags.chain([author, id]).filter_map(|key| self.by_key.get(&key));
        let mut waiting = BTreeMap::new();
        for places in by_key.chain([&self.broad]) {
            for (place, open) in places {
                if !waiting.contains_key(place) && open.matches(event) {
                    waiting.insert(*place, open.clone());
                }
            }
        }
        waiting
    }
}

/// Whether each event must be held against a subscription with this filter.
pub(crate) fn is_broad(filter: &Filter) -> bool {
    keys_of(filter).is_none()
}

/// Values of which an event must have at least one to match `filter`.
fn keys_of(filter: &Filter) -> Option<Vec<Key>> {
    if let Some((tag, values)) = filter.generic_tags.iter().find(|(_, values)| !values.is_empty()) {
        return Some(values.iter().map(|value| Key::Tag(*tag, value.clone())).collect());
    }
    if let Some(ids) = filter.ids.as_ref().filter(|ids| !ids.is_empty()) {
        return Some(ids.iter().map(|id| Key::Id(id.to_bytes())).collect());
    }
    let authors = filter.authors.as_ref().filter(|authors| !authors.is_empty())?;
    Some(authors.iter().map(|author| Key::Author(author.to_bytes())).collect())
}
