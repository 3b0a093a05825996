//! A message of a relay: read or refused; what is read can be checked and compared.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::nostr::{Alphabet, Filter, Kind, RelayMessage, SingleLetterTag, parse_message};

fuzz_target!(|text: &str| {
    let Some(RelayMessage::Event { event, .. }) = parse_message(text) else { return };
    let filter = Filter::new()
        .kind(Kind::from(20420))
        .custom_tag(SingleLetterTag::lowercase(Alphabet::X), "topic");
    let _matches = filter.match_event(&event, Default::default());
    let _right = event.verify();
    let _topic = event.tags.iter().filter_map(|tag| tag.content()).count();
});
