//! Frames too long for what is between the two ends: sent as several messages, put together again.

use std::sync::atomic::{AtomicU32, Ordering};

use super::MAX_FRAME_LEN;

/// Shorter parts than this would only be asked for to make work.
const MIN_PART: u32 = 1024;

/// The other end broke the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadPart;

/// How long the messages may be that the other end wants to have; any length at first.
#[derive(Debug)]
pub(super) struct PartLen(AtomicU32);

impl Default for PartLen {
    fn default() -> Self {
        Self(AtomicU32::new(u32::MAX))
    }
}

impl PartLen {
    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }

    pub(super) fn set(&self, bytes: u32) {
        self.0.store(bytes.max(MIN_PART), Ordering::Relaxed);
    }
}

/// Puts the other end's frames together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// Bytes to come, 0 between frames.
    missing: usize,
    frame: Vec<u8>,
}

impl Assembly {
    /// The next messages are parts of a frame of `len` bytes.
    ///
    /// # Errors
    ///
    /// If it is too long, empty, or comes inside of another.
    pub(super) fn begin(&mut self, len: u32) -> Result<(), BadPart> {
        let len = len as usize;
        if self.missing > 0 || len == 0 || len > MAX_FRAME_LEN {
            return Err(BadPart);
        }
        self.missing = len;
        Ok(())
    }

    /// Takes a message and gives the frame it completes.
    ///
    /// # Errors
    ///
    /// If it is no part of the frame begun.
    pub(super) fn take(
        &mut self,
        message: impl AsRef<[u8]> + Into<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, BadPart> {
        if self.missing == 0 {
            return Ok(Some(message.into()));
        }
        let part = message.as_ref();
        if part.is_empty() {
            return Err(BadPart);
        }
        self.missing = self.missing.checked_sub(part.len()).ok_or(BadPart)?;
        self.frame.extend_from_slice(part);
        Ok((self.missing == 0).then(|| std::mem::take(&mut self.frame)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Assembly, BadPart, MAX_FRAME_LEN, MIN_PART, PartLen};

    #[test]
    fn parts_become_the_frame_they_were() {
        let mut assembly = Assembly::default();
        assert_eq!(assembly.take(vec![1]), Ok(Some(vec![1])));

        assembly.begin(5).expect("short");
        assert_eq!(assembly.take(vec![1, 2, 3]), Ok(None));
        assert_eq!(assembly.take(vec![4, 5]), Ok(Some(vec![1, 2, 3, 4, 5])));

        assert_eq!(assembly.take(vec![]), Ok(Some(vec![])));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let begun = |len| {
            let mut assembly = Assembly::default();
            assembly.begin(len).map(|()| assembly)
        };
        assert_eq!(begun(0).err(), Some(BadPart));
        assert_eq!(begun(u32::try_from(MAX_FRAME_LEN + 1).expect("short")).err(), Some(BadPart));
        let mut assembly = begun(2).expect("short");
        assert_eq!(assembly.begin(2), Err(BadPart));
        assert_eq!(assembly.take(vec![]), Err(BadPart));
        assert_eq!(assembly.take(vec![1, 2, 3]), Err(BadPart));
    }

    #[test]
    fn peer_cannot_have_frames_cut_into_crumbs() {
        let len = PartLen::default();
        assert!(len.get() > MAX_FRAME_LEN);
        len.set(1);
        assert_eq!(len.get(), MIN_PART as usize);
    }
}
