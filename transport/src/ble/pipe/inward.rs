//! What arrives: pieces in any order, and the frames they make.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Broken, Gap, MAX_HELD_FRAMES, WINDOW, expand, low};
use crate::ble::pipe::MAX_FRAME_LEN;

/// Pieces that may wait for an earlier one.
const MAX_EARLY: usize = 64;

/// Bytes of whole frames that may wait for who reads them; beyond, nothing is taken in.
const MAX_HELD: usize = 2 * MAX_FRAME_LEN;

/// How long an acknowledgment may wait for company.
const ACK_DELAY: Duration = Duration::from_millis(40);

/// Pieces that one acknowledgment answers.
const ACK_EVERY: u32 = 4;

#[derive(Debug)]
pub(super) struct Inward {
    /// Up to where everything arrived.
    next: u64,
    early: BTreeMap<u64, Vec<u8>>,
    len_bytes: Vec<u8>,
    /// The frame that is coming in, and how many bytes it still lacks.
    frame: Vec<u8>,
    missing: usize,
    frames: VecDeque<Vec<u8>>,
    held: usize,
    held_frames: usize,
    pub(super) ack_at: Option<Duration>,
    /// Pieces since the last acknowledgment.
    unsaid: u32,
}

impl Inward {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            early: BTreeMap::new(),
            len_bytes: Vec::new(),
            frame: Vec::new(),
            missing: 0,
            frames: VecDeque::new(),
            held: 0,
            held_frames: 0,
            ack_at: None,
            unsaid: 0,
        }
    }

    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    pub(super) fn release(&mut self, len: usize) {
        self.held = self.held.saturating_sub(len);
        self.held_frames = self.held_frames.saturating_sub(1);
    }

    pub(super) fn reported(&mut self) {
        (self.ack_at, self.unsaid) = (None, 0);
    }

    pub(super) fn report(&self, max_gaps: usize) -> (u32, Vec<Gap>) {
        let mut gaps: Vec<Gap> = Vec::new();
        let (mut told, mut open) = (self.next, None::<(u64, u64)>);
        let mut say = |start: u64, end: u64| {
            let missing = u16::try_from(start.saturating_sub(told));
            let arrived = u16::try_from(end.saturating_sub(start));
            if let (Ok(missing), Ok(arrived)) = (missing, arrived)
                && gaps.len() < max_gaps
            {
                gaps.push(Gap { missing, arrived });
                told = end;
            }
        };
        for (&place, bytes) in &self.early {
            let end = place.saturating_add(bytes.len() as u64);
            open = match open {
                Some((start, until)) if place <= until => Some((start, until.max(end))),
                Some((start, until)) => {
                    say(start, until);
                    Some((place, end))
                }
                None => Some((place, end)),
            };
        }
        if let Some((start, until)) = open {
            say(start, until);
        }
        (low(self.next), gaps)
    }

    /// Takes in a piece.
    pub(super) fn receive(
        &mut self,
        now: Duration,
        place: u32,
        bytes: &[u8],
    ) -> Result<(), Broken> {
        let place = expand(place, self.next);
        let end = place.saturating_add(bytes.len() as u64);
        let is_full = self.held > MAX_HELD || self.held_frames > MAX_HELD_FRAMES;
        if end > self.next.saturating_add(WINDOW as u64) || is_full {
            return Ok(());
        }
        self.unsaid = self.unsaid.saturating_add(1);
        let is_new = end > self.next;
        let last = self.early.last_key_value();
        let known = last.map_or(self.next, |(at, piece)| at.saturating_add(piece.len() as u64));
        // Whoever sends what is here already, or left something out, had better know at once.
        let is_due = !is_new || place > known || self.unsaid >= ACK_EVERY;
        let due = if is_due { now } else { now.saturating_add(ACK_DELAY) };
        self.ack_at = Some(self.ack_at.map_or(due, |at| at.min(due)));
        if !is_new {
            return Ok(());
        }
        if place > self.next {
            let is_longer = self.early.get(&place).is_none_or(|old| old.len() < bytes.len());
            if is_longer && (self.early.len() < MAX_EARLY || self.early.contains_key(&place)) {
                self.early.insert(place, bytes.to_vec());
            }
            return Ok(());
        }
        self.accept(place, bytes)?;
        while let Some(first) = self.early.first_entry() {
            if *first.key() > self.next {
                break;
            }
            let (place, bytes) = first.remove_entry();
            self.accept(place, &bytes)?;
        }
        Ok(())
    }

    /// Goes on with what is new in a piece that begins at `next` or before.
    fn accept(&mut self, place: u64, bytes: &[u8]) -> Result<(), Broken> {
        let known = usize::try_from(self.next.saturating_sub(place)).unwrap_or(usize::MAX);
        let Some(mut new) = bytes.get(known..) else { return Ok(()) };
        self.next = self.next.saturating_add(new.len() as u64);
        while !new.is_empty() {
            if self.missing == 0 {
                let take = 2_usize.saturating_sub(self.len_bytes.len()).min(new.len());
                let (len, rest) = new.split_at(take);
                self.len_bytes.extend(len);
                new = rest;
                let Ok(len) = <[u8; 2]>::try_from(self.len_bytes.as_slice()) else { continue };
                self.len_bytes.clear();
                self.missing = usize::from(u16::from_le_bytes(len));
                if self.missing == 0 {
                    return Err(Broken);
                }
                continue;
            }
            let (body, rest) = new.split_at(self.missing.min(new.len()));
            // Grows with what arrives, not with what is promised.
            self.frame.extend(body);
            self.missing = self.missing.saturating_sub(body.len());
            new = rest;
            if self.missing == 0 {
                let frame = std::mem::take(&mut self.frame);
                self.held = self.held.saturating_add(frame.len());
                self.held_frames = self.held_frames.saturating_add(1);
                self.frames.push_back(frame);
            }
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn holds(&self) -> usize {
        let early: usize = self.early.values().map(Vec::len).sum();
        let whole: usize = self.frames.iter().map(Vec::len).sum();
        early + whole + self.frame.len()
    }
}
