//! The common approach, for comparison: whoever hears a message for the first time repeats it on
//! every other link, until it has made seven hops. Nobody remembers anything for those who come
//! later.
//!
//! It runs beside the crowd, over the same links at the same moments, with the whole air to itself.

use crate::outcome::Delivery;

/// How many hops a message makes, as is common,
pub(crate) const TTL: u8 = 7;
/// and if it goes on as long as somebody has not heard it.
pub(crate) const ENDLESS: u8 = u8::MAX;

/// A message on its way, and how many hops it may still make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copy {
    pub(crate) message: u32,
    pub(crate) ttl: u8,
}

impl Copy {
    /// A message its author says.
    pub(crate) fn first(message: u32, ttl: u8) -> Self {
        Self { message, ttl }
    }
}

/// Who has heard what, and the bytes it took.
#[derive(Debug)]
pub(crate) struct Flood {
    heard: Vec<Vec<bool>>,
    /// How many bytes each message takes.
    lens: Vec<usize>,
    pub(crate) ttl: u8,
    pub(crate) bytes: u64,
    pub(crate) deliveries: Vec<Delivery>,
}

impl Flood {
    pub(crate) fn new(devices: usize, ttl: u8) -> Self {
        Self {
            heard: vec![Vec::new(); devices],
            lens: Vec::new(),
            ttl,
            bytes: 0,
            deliveries: Vec::new(),
        }
    }

    /// The next message takes so many bytes.
    pub(crate) fn note_len(&mut self, len: usize) {
        self.lens.push(len);
    }

    pub(crate) fn len_of(&self, message: u32) -> usize {
        self.lens[message as usize]
    }

    /// A device hears a copy; gives the one it sends on, if it does.
    pub(crate) fn hear(&mut self, device: usize, copy: Copy, now: u32) -> Option<Copy> {
        let heard = &mut self.heard[device];
        let at = copy.message as usize;
        if heard.len() <= at {
            heard.resize(at + 1, false);
        }
        if std::mem::replace(&mut heard[at], true) {
            return None;
        }
        if copy.ttl < self.ttl {
            self.deliveries.push(Delivery {
                message: copy.message,
                device: device as u32,
                at: now,
            });
        }
        let ttl = copy.ttl;
        (ttl > 0).then(|| Copy { message: copy.message, ttl: ttl - 1 })
    }
}
