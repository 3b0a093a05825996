//! Frames too long for what is between the two ends: sent as several messages, put together again.

use super::MAX_FRAME_LEN;
use crate::LinkPath;

/// Bytes of one part on a link through a server: several fit the smallest window
/// (`Turn::intake`), which SCTP opens again only by whole messages.
const RELAYED_PART_LEN: usize = 8 * 1024;

/// The longest message on a link of this path.
pub(super) fn part_len(path: LinkPath) -> usize {
    match path {
        LinkPath::Direct | LinkPath::Bluetooth => MAX_FRAME_LEN,
        LinkPath::Relayed => RELAYED_PART_LEN,
    }
}

/// The other end broke the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadPart;

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
    use super::{Assembly, BadPart, MAX_FRAME_LEN};

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
}
