//! Where datagrams begin and end on a stream (RFC 4571): the length of each, in two bytes, and its
//! bytes.

/// Bytes before each datagram.
const HEADER_LEN: usize = 2;

/// The longest datagram carried, in bytes: nothing a link sends is longer, and what is kept of one
/// that is not whole yet is no more.
pub const MAX_DATAGRAM_LEN: usize = 2048;

/// The stream carries something that no link sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a datagram longer than any link sends")]
pub struct TooLong;

/// Reads datagrams out of a stream that arrives in pieces.
#[derive(Debug, Default)]
pub struct Reader {
    /// The beginning of a datagram with its length, while the rest is under way.
    begun: Vec<u8>,
}

impl Reader {
    /// Takes the next piece and calls `datagram` with each one it completes; empty ones are left
    /// out.
    ///
    /// # Errors
    ///
    /// [`TooLong`], before any of it is kept; the stream is of no use then.
    pub fn read(
        &mut self,
        mut piece: &[u8],
        mut datagram: impl FnMut(&[u8]),
    ) -> Result<(), TooLong> {
        while !self.begun.is_empty() && !piece.is_empty() {
            let wanted = frame_len(&self.begun)?.unwrap_or(HEADER_LEN);
            let missing = wanted.saturating_sub(self.begun.len()).min(piece.len());
            let (more, rest) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            self.begun.extend_from_slice(more);
            piece = rest;
            if frame_len(&self.begun)?.is_some_and(|len| self.begun.len() >= len) {
                hand_on(self.begun.get(HEADER_LEN..), &mut datagram);
                self.begun.clear();
            }
        }
        while let Some(len) = frame_len(piece)? {
            let Some((whole, rest)) = piece.split_at_checked(len) else { break };
            hand_on(whole.get(HEADER_LEN..), &mut datagram);
            piece = rest;
        }
        self.begun.extend_from_slice(piece);
        Ok(())
    }
}

fn hand_on(bytes: Option<&[u8]>, datagram: &mut impl FnMut(&[u8])) {
    if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
        datagram(bytes);
    }
}

/// Writes `datagram` behind what is in `stream`; one too long for any reader is left out.
pub fn write(datagram: &[u8], stream: &mut Vec<u8>) {
    let Ok(len) = u16::try_from(datagram.len()) else { return };
    if datagram.len() <= MAX_DATAGRAM_LEN {
        stream.extend_from_slice(&len.to_be_bytes());
        stream.extend_from_slice(datagram);
    }
}

/// The length of the datagram that `bytes` begin with, and of its length; `None` as long as they
/// are too few to tell.
fn frame_len(bytes: &[u8]) -> Result<Option<usize>, TooLong> {
    let Some(len) = bytes.first_chunk() else { return Ok(None) };
    match usize::from(u16::from_be_bytes(*len)) {
        len if len > MAX_DATAGRAM_LEN => Err(TooLong),
        len => Ok(Some(len.saturating_add(HEADER_LEN))),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DATAGRAM_LEN, Reader, TooLong, write};

    /// The datagrams read from `stream`, given in pieces of `size` bytes.
    fn read(stream: &[u8], size: usize) -> Result<Vec<Vec<u8>>, TooLong> {
        let (mut reader, mut datagrams) = (Reader::default(), Vec::new());
        for piece in stream.chunks(size) {
            reader.read(piece, |datagram| datagrams.push(datagram.to_vec()))?;
            assert!(reader.begun.len() < MAX_DATAGRAM_LEN + 2);
        }
        Ok(datagrams)
    }

    #[test]
    fn datagrams_come_out_whole_however_the_stream_is_cut() {
        let datagrams = vec![b"one".to_vec(), vec![7; MAX_DATAGRAM_LEN], vec![1], b"four".to_vec()];
        let mut stream = vec![0, 0];
        for datagram in &datagrams {
            write(datagram, &mut stream);
        }

        for size in 1..=stream.len() {
            assert_eq!(read(&stream, size).as_ref(), Ok(&datagrams), "in pieces of {size}");
        }
    }

    #[test]
    fn datagram_longer_than_any_link_sends_ends_the_stream_and_is_never_written() {
        let mut stream = Vec::new();
        write(b"good", &mut stream);
        write(&[7; MAX_DATAGRAM_LEN + 1], &mut stream);
        assert_eq!(stream.len(), 6);
        stream.extend([0x08, 0x01, 7, 7, 7]);

        for size in [1, 3, 64] {
            assert_eq!(read(&stream, size), Err(TooLong));
        }
    }
}
