//! Reports: what a member tells the admins, sealed so that nobody else in the room reads it.
//!
//! Everybody holds the operation, and sees who wrote it and when, but neither whom it is about nor
//! what it says nor how long it is. It has a box for each admin and one for its author; an admin it
//! is about gets a box nobody can open in place of their own, so that the number of boxes says no more
//! than how many admins there are.

use serde::{Deserialize, Serialize};

use crate::{
    MAX_REPORT_LEN, PeerId, RoomId,
    body::{MAX_SEEN, SealedKey},
    crypto,
};

/// Everyone who can be an admin or the owner, and the author.
const MAX_REPORT_BOXES: usize = MAX_SEEN + 1;

/// What every note is filled up to, so that its length says nothing: key, place, text and their
/// lengths.
const NOTE_LEN: usize = 32 + 10 + 2 + MAX_REPORT_LEN;

/// A report as it stands in its author's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedReport {
    /// Names the key of the note.
    id: [u8; 16],
    /// The X25519 public key of this sealing.
    sender_key: [u8; 32],
    /// The key of the note, for each who is to read it.
    boxes: Vec<SealedKey>,
    /// A [`Note`].
    note: Vec<u8>,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Whom it is about.
    pub(crate) about: PeerId,
    /// How much of their log the author had seen.
    pub(crate) up_to: u64,
    /// The author's words.
    pub(crate) text: String,
}

impl Note {
    /// Seals the note for those who have these X25519 keys. `place` is the room, and in whose log it
    /// will stand; `key` and `secret` are fresh chance.
    pub(crate) fn seal(
        &self,
        place: (RoomId, PeerId),
        readers: &[[u8; 32]],
        key: &[u8; 32],
        secret: &[u8; 32],
    ) -> SealedReport {
        let (room, author) = place;
        let seal_for = |reader: &[u8; 32]| {
            let (tag, box_key) = crypto::report_box_keys(secret, reader, room, author);
            let mut text = key.to_vec();
            crypto::seal(&box_key, &[0; 12], &[], &mut text);
            let (text, check) = text.split_first_chunk::<32>()?;
            Some((tag, *text, check.try_into().ok()?))
        };
        let mut boxes: Vec<SealedKey> = readers.iter().filter_map(seal_for).collect();
        // Whose is whose must not show by their order.
        boxes.sort_unstable();
        let mut note = postcard::to_stdvec(self).expect("notes hold no unserializable value");
        note.resize(NOTE_LEN, 0);
        crypto::seal(key, &[0; 12], &[], &mut note);
        let (id, sender_key) = (crypto::report_id(key), crypto::noise_public(secret));
        SealedReport { id, sender_key, boxes, note }
    }

    fn decode(text: &[u8]) -> Option<Self> {
        let (note, rest) = postcard::take_from_bytes::<Self>(text).ok()?;
        let is_whole = rest.iter().all(|byte| *byte == 0);
        (is_whole && is_report(&note.text)).then_some(note)
    }
}

impl SealedReport {
    /// Reads the note, if one of the boxes is for whoever has `noise_secret`.
    pub(crate) fn open(&self, place: (RoomId, PeerId), noise_secret: &[u8; 32]) -> Option<Note> {
        let (room, author) = place;
        let (tag, box_key) = crypto::report_box_keys(noise_secret, &self.sender_key, room, author);
        let mine = self.boxes.iter().filter(|(t, ..)| *t == tag);
        let keys = mine.filter_map(|(_, text, check)| {
            let opened = crypto::open(&box_key, &[0; 12], &[], [&text[..], check].concat())?;
            <[u8; 32]>::try_from(opened).ok()
        });
        let key = keys.into_iter().find(|key| crypto::report_id(key) == self.id)?;
        Note::decode(&crypto::open(&key, &[0; 12], &[], self.note.clone())?)
    }

    /// Whether every part keeps its limit.
    pub(crate) fn is_within_limits(&self) -> bool {
        self.boxes.len() <= MAX_REPORT_BOXES && self.note.len() == NOTE_LEN + crypto::TAG_LEN
    }
}

/// Whether `text` can be told to the admins.
pub(crate) fn is_report(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_REPORT_LEN
}

#[cfg(test)]
mod tests {
    use super::{Note, SealedReport};
    use crate::{MAX_REPORT_LEN, PeerId, RoomId, crypto};

    const PLACE: (RoomId, PeerId) = (RoomId::from_bytes([1; 16]), PeerId::from_bytes([2; 32]));
    const ADMIN: [u8; 32] = [3; 32];

    fn note(text: &str) -> Note {
        Note { about: PeerId::from_bytes([9; 32]), up_to: u64::MAX, text: text.to_owned() }
    }

    fn sealed(note: &Note) -> SealedReport {
        let readers = [crypto::noise_public(&ADMIN), crypto::noise_public(&[4; 32])];
        note.seal(PLACE, &readers, &[5; 32], &[6; 32])
    }

    #[test]
    fn whom_it_is_sealed_for_reads_it_and_nobody_else() {
        let sealed = sealed(&note("shouts at night"));

        assert_eq!(sealed.open(PLACE, &ADMIN), Some(note("shouts at night")));
        assert_eq!(sealed.open(PLACE, &[4; 32]), Some(note("shouts at night")));
        assert_eq!(sealed.open(PLACE, &[7; 32]), None);
    }

    #[test]
    fn copy_in_another_log_or_room_opens_for_nobody() {
        let sealed = sealed(&note("a"));

        assert_eq!(sealed.open((PLACE.0, PeerId::from_bytes([8; 32])), &ADMIN), None);
        assert_eq!(sealed.open((RoomId::from_bytes([8; 16]), PLACE.1), &ADMIN), None);
    }

    #[test]
    fn long_and_short_reports_are_of_one_length() {
        let (short, long) = (sealed(&note("a")), sealed(&note(&"a".repeat(MAX_REPORT_LEN))));

        assert!(short.is_within_limits() && long.is_within_limits());
        let len = |report| postcard::to_stdvec(&report).expect("bytes").len();
        assert_eq!(len(short), len(long));
    }

    #[test]
    fn key_under_another_name_opens_nothing_so_all_admins_read_the_same() {
        let mut sealed = sealed(&note("a"));
        sealed.id = [0; 16];

        assert_eq!(sealed.open(PLACE, &ADMIN), None);
    }

    #[test]
    fn broken_boxes_and_notes_are_as_good_as_none() {
        let whole = sealed(&note("a"));

        let mut report = whole.clone();
        report.boxes.iter_mut().for_each(|(_, text, _)| text[0] ^= 1);
        assert_eq!(report.open(PLACE, &ADMIN), None);
        let mut report = whole.clone();
        report.note[0] ^= 1;
        assert_eq!(report.open(PLACE, &ADMIN), None);
        let mut report = whole.clone();
        report.sender_key = [0; 32];
        assert_eq!(report.open(PLACE, &ADMIN), None);
        // A broken one with the right tag keeps nobody from the whole one behind it.
        let mut report = whole.clone();
        let broken = report.boxes.iter().map(|(tag, ..)| (*tag, [0; 32], [0; 16]));
        report.boxes = broken.chain(whole.boxes.iter().copied()).collect();
        assert_eq!(report.open(PLACE, &ADMIN), Some(note("a")));
        for text in [String::new(), " \n".to_owned(), "a".repeat(MAX_REPORT_LEN + 1)] {
            let mut note = note("a");
            note.text = text;
            assert_eq!(sealed(&note).open(PLACE, &ADMIN), None, "what no person could have sent");
        }
        let mut report = whole.clone();
        report.note.push(0);
        assert!(!report.is_within_limits());
        let mut report = whole;
        report.boxes = vec![([0; 4], [0; 32], [0; 16]); super::MAX_REPORT_BOXES + 1];
        assert!(!report.is_within_limits());
    }
}
