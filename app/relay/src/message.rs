//! What clients say, and what they are told.

use std::fmt::{self, Write as _};

use nostr::{Event, EventId, Filter};
use serde::{
    Serialize,
    de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The most of a stranger's own words that is repeated to him.
const MAX_WHY_CHARS: usize = 160;

/// What a client may ask for.
#[derive(Debug)]
pub enum Request {
    /// Pass this on, and keep it if it is to be kept.
    Event(Box<Event>),
    /// Send what matches.
    Req {
        /// What the client calls it.
        id: String,
        /// One of these must match.
        filters: Vec<Filter>,
    },
    /// Send no more of it.
    Close {
        /// What the client calls it.
        id: String,
    },
    /// Begin a reconciliation.
    NegOpen {
        /// What the client calls it.
        id: String,
        /// What it is about.
        filter: Box<Filter>,
        /// The first step.
        message: Vec<u8>,
    },
    /// The next step of a reconciliation.
    NegMessage {
        /// What the client calls it.
        id: String,
        /// The step.
        message: Vec<u8>,
    },
    /// End a reconciliation.
    NegClose {
        /// What the client calls it.
        id: String,
    },
    /// Something of another NIP about a subscription, which this relay does not offer.
    Unsupported {
        /// What the client calls it.
        id: String,
        /// The message's name.
        name: String,
    },
}

/// Why a message is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The subscription it is about, if it says so.
    pub id: Option<String>,
    /// Whether that is a reconciliation.
    pub is_reconciliation: bool,
    /// What is wrong with it.
    pub why: String,
}

impl Request {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none.
    pub fn parse(text: &str, limits: &ParseLimits) -> Result<Self, Malformed> {
        let (mut id, mut is_reconciliation) = (None, false);
        let mut json = serde_json::Deserializer::from_str(text);
        let reader = Reader { limits, id: &mut id, is_reconciliation: &mut is_reconciliation };
        let read = reader.deserialize(&mut json).and_then(|request| {
            json.end()?;
            Ok(request)
        });
        read.map_err(|err| Malformed { id, is_reconciliation, why: shortened(&err.to_string()) })
    }
}

/// What a message may hold; its length is bounded before.
#[derive(Debug, Clone, Copy)]
pub struct ParseLimits {
    /// Characters of a subscription's id.
    pub id_chars: usize,
    /// Filters in one message.
    pub filters: usize,
}

/// Reads the array that a message is, without a copy of it in between.
struct Reader<'a> {
    limits: &'a ParseLimits,
    /// The subscription's id as soon as it is known.
    id: &'a mut Option<String>,
    is_reconciliation: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Request;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Request, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Request;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message: [\"NAME\", ...]")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Request, A::Error> {
        let name: String = needed(&mut seq, "a name")?;
        let request = match name.as_str() {
            "EVENT" => Request::Event(needed(&mut seq, "an event")?),
            "REQ" => {
                let id = self.id(&mut seq)?;
                Request::Req { id, filters: self.filters(&mut seq)? }
            }
            "CLOSE" => Request::Close { id: self.id(&mut seq)? },
            "NEG-OPEN" => {
                let id = self.negentropy_id(&mut seq)?;
                let filter = needed(&mut seq, "a filter")?;
                Request::NegOpen { id, filter, message: hex(&mut seq)? }
            }
            "NEG-MSG" => {
                let id = self.negentropy_id(&mut seq)?;
                Request::NegMessage { id, message: hex(&mut seq)? }
            }
            "NEG-CLOSE" => Request::NegClose { id: self.negentropy_id(&mut seq)? },
            "COUNT" => Request::Unsupported { id: self.id(&mut seq)?, name },
            _ => return Err(serde::de::Error::custom("this relay does not know such messages")),
        };
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(request)
    }
}

impl Reader<'_> {
    fn negentropy_id<'de, A: SeqAccess<'de>>(&mut self, seq: &mut A) -> Result<String, A::Error> {
        *self.is_reconciliation = true;
        self.id(seq)
    }

    fn id<'de, A: SeqAccess<'de>>(&mut self, seq: &mut A) -> Result<String, A::Error> {
        let id: String = needed(seq, "a subscription's id")?;
        let length = id.chars().count();
        if length == 0 || length > self.limits.id_chars {
            return Err(serde::de::Error::custom(format_args!(
                "a subscription's id has 1 to {} characters",
                self.limits.id_chars
            )));
        }
        *self.id = Some(id.clone());
        Ok(id)
    }

    fn filters<'de, A: SeqAccess<'de>>(&self, seq: &mut A) -> Result<Vec<Filter>, A::Error> {
        let mut filters = Vec::new();
        while let Some(filter) = seq.next_element::<Filter>()? {
            if filters.len() >= self.limits.filters {
                return Err(serde::de::Error::custom(format_args!(
                    "more than {} filters",
                    self.limits.filters
                )));
            }
            filters.push(filter);
        }
        if filters.is_empty() {
            return Err(serde::de::Error::custom("a filter is missing"));
        }
        Ok(filters)
    }
}

fn needed<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
    seq: &mut A,
    what: &str,
) -> Result<T, A::Error> {
    seq.next_element()?.ok_or_else(|| serde::de::Error::custom(format_args!("{what} is missing")))
}

/// Bytes that are written as hexadecimal digits.
fn hex<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Vec<u8>, A::Error> {
    let digits: String = needed(seq, "a message")?;
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|&[high, low]| {
        let high = char::from(high).to_digit(16)?;
        let low = char::from(low).to_digit(16)?;
        u8::try_from(high << 4 | low).ok()
    });
    bytes
        .collect::<Option<_>>()
        .filter(|_| rest.is_empty())
        .ok_or_else(|| serde::de::Error::custom("the message is not hexadecimal"))
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_WHY_CHARS).collect()
}

/// Messages to clients.
#[derive(Debug)]
pub(crate) struct Answer;

impl Answer {
    /// An event, whose text is `json`, for the subscription `id`.
    pub(crate) fn event(id: &str, json: &str) -> Utf8Bytes {
        let id = serde_json::Value::from(id);
        format!("[\"EVENT\",{id},{json}]").into()
    }

    pub(crate) fn ok(id: &EventId, is_taken: bool, why: &str) -> Utf8Bytes {
        text(&("OK", id.to_hex(), is_taken, why))
    }

    pub(crate) fn end_of_stored(id: &str) -> Utf8Bytes {
        text(&("EOSE", id))
    }

    pub(crate) fn closed(id: &str, why: &str) -> Utf8Bytes {
        text(&("CLOSED", id, why))
    }

    pub(crate) fn negentropy(id: &str, message: &[u8]) -> Utf8Bytes {
        let mut hex = String::with_capacity(message.len().saturating_mul(2));
        for byte in message {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        text(&("NEG-MSG", id, hex))
    }

    pub(crate) fn negentropy_error(id: &str, why: &str) -> Utf8Bytes {
        text(&("NEG-ERR", id, why))
    }

    pub(crate) fn notice(why: &str) -> Utf8Bytes {
        text(&("NOTICE", why))
    }
}

fn text(message: &impl Serialize) -> Utf8Bytes {
    // Strings and flags always have a JSON form.
    serde_json::to_string(message).unwrap_or_default().into()
}
