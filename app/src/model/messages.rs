//! The loaded part of a room's history: the newest messages, back to some point.

use std::collections::VecDeque;

use engine::{Message, Position};

/// A window on a history, without gaps and in order, that always reaches to the newest message.
#[derive(Debug, Default)]
pub struct Messages {
    window: VecDeque<Message>,
    is_loaded: bool,
    is_start: bool,
    hides_earlier: bool,
    is_loading: bool,
    is_stale: bool,
    epoch: u64,
    prepended: usize,
    /// The newest messages, while what comes before them is on its way. Oldest first.
    early: Vec<Message>,
}

impl Messages {
    /// How many are loaded.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether none are loaded.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }

    /// Message number `index` of those loaded, oldest first.
    pub fn get(&self, index: usize) -> Option<&Message> {
        self.window.get(index)
    }

    /// Where the message at `position` stands among those loaded.
    pub fn find(&self, position: Position) -> Option<usize> {
        self.window.binary_search_by_key(&position, |message| message.position).ok()
    }

    /// Where the first message stands that is not before `position`, once it is certain which one that is: older
    /// ones may have to be loaded.
    pub fn find_from(&self, position: Position) -> Option<usize> {
        let reaches = self.is_start || self.window.front().is_some_and(|m| m.position <= position);
        let index = self.window.partition_point(|message| message.position < position);
        (self.is_loaded && reaches).then(|| index.min(self.window.len().saturating_sub(1)))
    }

    /// The newest one.
    pub fn newest(&self) -> Option<&Message> {
        self.window.back()
    }

    /// Whether the message at `position` is not on this device yet, nor is what comes before it.
    pub fn is_early(&self, position: Position) -> bool {
        self.early.binary_search_by_key(&position, |message| message.position).is_ok()
    }

    /// Whether the first page has come.
    pub fn is_loaded(&self) -> bool {
        self.is_loaded
    }

    /// Whether there is nothing older than what is loaded.
    pub fn is_start(&self) -> bool {
        self.is_start
    }

    /// Whether what is loaded begins with what this device may read, and not with what was said first.
    pub fn begins_late(&self) -> bool {
        self.is_start && self.hides_earlier
    }

    /// Whether a page was asked for and has not come.
    pub fn is_loading(&self) -> bool {
        self.is_loading
    }

    /// What to ask for next: the page before this position, or the newest one for `None`. Nothing
    /// while a page is on its way or when all is loaded.
    pub fn wanted(&self) -> Option<Option<Position>> {
        if self.is_loading {
            return None;
        }
        if self.is_stale {
            return Some(None);
        }
        if self.is_start {
            return None;
        }
        Some(if self.is_loaded {
            self.window.front().map(|message| message.position)
        } else {
            None
        })
    }

    /// A page was asked for.
    pub fn note_asked(&mut self) {
        self.is_loading = true;
    }

    /// Another number whenever messages came elsewhere than at the end or in front.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many came in front since the last new epoch.
    pub fn prepended(&self) -> usize {
        self.prepended
    }

    /// What is loaded may not be what is shown any more: the newest page is wanted anew.
    pub(super) fn reload(&mut self) {
        self.is_stale = self.is_loaded;
    }

    /// Lets go of everything that can be loaded again.
    pub(crate) fn forget(&mut self) {
        let early = std::mem::take(&mut self.early);
        let epoch = self.epoch + 1;
        *self = Self { early, epoch, ..Self::default() };
    }

    pub(super) fn page(
        &mut self,
        before: Option<Position>,
        messages: Vec<Message>,
        (is_start, hides_earlier): (bool, bool),
    ) {
        self.is_loading = false;
        self.hides_earlier = hides_earlier;
        match before {
            None => {
                self.early.retain(|early| !messages.iter().any(|m| is_same(early, m)));
                self.window = messages.into();
                self.is_loaded = true;
                self.is_stale = false;
                self.is_start = is_start;
                self.new_epoch();
                self.insert_early();
            }
            Some(position) if self.window.front().is_some_and(|m| m.position == position) => {
                self.prepended += messages.len();
                for message in messages.into_iter().rev() {
                    self.window.push_front(message);
                }
                self.is_start = is_start;
            }
            // An answer to a question asked before the window changed.
            Some(_) => {}
        }
    }

    /// Shows these until they come to stay, in place of those shown so before.
    pub(super) fn show_early(&mut self, messages: Vec<Message>) {
        for gone in std::mem::replace(&mut self.early, messages) {
            self.take_out(gone.position);
        }
        self.insert_early();
    }

    fn insert_early(&mut self) {
        for message in self.early.clone() {
            self.insert(message);
        }
    }

    pub(super) fn add(&mut self, message: Message) {
        if let Some(index) = self.early.iter().position(|early| is_same(early, &message)) {
            let early = self.early.remove(index);
            self.take_out(early.position);
        }
        self.insert(message);
    }

    fn take_out(&mut self, position: Position) {
        if let Some(index) = self.find(position) {
            self.window.remove(index);
            self.new_epoch();
        }
    }

    fn insert(&mut self, message: Message) {
        // Before the first page there is no window; the page will hold this message.
        if !self.is_loaded {
            return;
        }
        if self.window.back().is_none_or(|last| last.position < message.position) {
            self.window.push_back(message);
            return;
        }
        let Err(index) = self.window.binary_search_by_key(&message.position, |m| m.position) else {
            return;
        };
        // Older than the window: a page will bring it.
        if index > 0 || self.is_start {
            self.window.insert(index, message);
            self.new_epoch();
        }
    }

    fn new_epoch(&mut self) {
        self.epoch += 1;
        self.prepended = 0;
    }
}

/// Whether these are one message, wherever it stands.
fn is_same(a: &Message, b: &Message) -> bool {
    a.author == b.author && a.position.seq == b.position.seq
}
