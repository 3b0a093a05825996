//! Where messages begin and end on a TCP or TLS connection to a TURN server (RFC 8656, section
//! 12.5): STUN messages and ChannelData in one stream, the latter padded to four bytes.

/// Bytes before a STUN message's attributes.
const STUN_HEADER_LEN: usize = 20;

/// Bytes before ChannelData's data.
const CHANNEL_HEADER_LEN: usize = 4;

/// The value every STUN message carries in bytes 4 to 8 (RFC 8489, section 5).
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// The longest message, in bytes: a full length field and its header. What is kept of an incomplete
/// message is never longer.
pub const MAX_MESSAGE_LEN: usize = u16::MAX as usize + STUN_HEADER_LEN;

/// The stream carries something that is no message: nothing after it can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server sent something that is neither STUN nor ChannelData")]
pub struct NotAMessage;

/// Reads messages out of a stream that arrives in pieces.
#[derive(Debug, Default)]
pub struct Reader {
    /// The beginning of a message, while the rest is under way.
    begun: Vec<u8>,
}

impl Reader {
    /// Takes the next piece and calls `message` with each message it completes, without padding.
    ///
    /// # Errors
    ///
    /// [`NotAMessage`] if the stream makes no sense; it is of no use then.
    pub fn read(
        &mut self,
        mut piece: &[u8],
        mut message: impl FnMut(&[u8]),
    ) -> Result<(), NotAMessage> {
        while !self.begun.is_empty() && !piece.is_empty() {
            // As much as is sure to belong to this message: its header, then the rest.
            let wanted = match frame(&self.begun)? {
                Some(frame) => frame.padded,
                None => CHANNEL_HEADER_LEN.max(header_len(&self.begun)),
            };
            let missing = wanted.saturating_sub(self.begun.len()).min(piece.len());
            let (more, rest) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            self.begun.extend_from_slice(more);
            piece = rest;
            if let Some(frame) = frame(&self.begun)?
                && self.begun.len() >= frame.padded
            {
                message(self.begun.get(..frame.len).unwrap_or_default());
                self.begun.clear();
            }
        }
        while let Some(Frame { len, padded }) = frame(piece)? {
            let (Some(whole), Some(rest)) = (piece.get(..len), piece.get(padded..)) else { break };
            message(whole);
            piece = rest;
        }
        self.begun.extend_from_slice(piece);
        Ok(())
    }
}

/// Zeros to send after a message of `len` bytes, if it is ChannelData.
pub fn padding(message: &[u8]) -> &'static [u8] {
    const ZEROS: [u8; 3] = [0; 3];
    let is_channel = message.first().is_some_and(|first| first & 0xf0 == 0x40);
    let short = message.len().next_multiple_of(4).saturating_sub(message.len());
    if is_channel { ZEROS.get(..short).unwrap_or_default() } else { &[] }
}

struct Frame {
    len: usize,
    padded: usize,
}

/// Bytes needed to learn a message's length.
fn header_len(begun: &[u8]) -> usize {
    if begun.first().is_some_and(|first| first & 0xc0 == 0) { STUN_HEADER_LEN } else { 0 }
}

/// The length of the message `bytes` begin with; `None` as long as they are too few to tell.
fn frame(bytes: &[u8]) -> Result<Option<Frame>, NotAMessage> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let len =
        |at: usize| bytes.get(at..)?.first_chunk().map(|len| usize::from(u16::from_be_bytes(*len)));
    // Channel numbers are from 0x4000 to 0x4fff.
    match first & 0xf0 {
        0 | 0x10 | 0x20 | 0x30 => {
            let cookie = bytes.get(4..8);
            if cookie.is_some_and(|cookie| cookie != MAGIC_COOKIE)
                || len(2).is_some_and(|len| !len.is_multiple_of(4))
            {
                return Err(NotAMessage);
            }
            if bytes.len() < STUN_HEADER_LEN {
                return Ok(None);
            }
            let len = len(2).map(|len| len.saturating_add(STUN_HEADER_LEN));
            Ok(len.map(|len| Frame { len, padded: len }))
        }
        0x40 => {
            let len = len(2).map(|len| len.saturating_add(CHANNEL_HEADER_LEN));
            Ok(len.map(|len| Frame { len, padded: len.next_multiple_of(4) }))
        }
        _ => Err(NotAMessage),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_MESSAGE_LEN, NotAMessage, Reader, padding};

    fn channel(data: &[u8]) -> Vec<u8> {
        let mut message = vec![0x40, 0];
        message.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        message.extend(data);
        message
    }

    fn stun(attributes: usize) -> Vec<u8> {
        let mut message = vec![1, 1];
        message.extend(u16::try_from(attributes).expect("short").to_be_bytes());
        message.extend([0x21, 0x12, 0xa4, 0x42]);
        message.resize(20 + attributes, 7);
        message
    }

    /// The messages read from `stream`, given in pieces of `size` bytes.
    fn read(stream: &[u8], size: usize) -> Result<Vec<Vec<u8>>, NotAMessage> {
        let (mut reader, mut messages) = (Reader::default(), Vec::new());
        for piece in stream.chunks(size) {
            reader.read(piece, |message| messages.push(message.to_vec()))?;
            assert!(reader.begun.len() < MAX_MESSAGE_LEN + 3);
        }
        Ok(messages)
    }

    #[test]
    fn messages_come_out_whole_however_the_stream_is_cut() {
        let messages = vec![
            channel(b"padded"),
            stun(8),
            channel(b""),
            channel(b"four"),
            stun(0),
            channel(b"5"),
        ];
        let mut stream = Vec::new();
        for message in &messages {
            stream.extend(message);
            stream.extend(padding(message));
        }
        assert_eq!(stream.len() % 4, 0);

        for size in 1..=stream.len() {
            assert_eq!(read(&stream, size).as_ref(), Ok(&messages), "in pieces of {size}");
        }
    }

    #[test]
    fn nonsense_ends_the_stream() {
        for nonsense in
            [&b"SSH-2.0-OpenSSH_9.2"[..], &[0xff], &[0, 1, 0, 0, 1, 2, 3, 4], &[0, 1, 0, 3]]
        {
            let mut stream = channel(b"good");
            stream.extend(nonsense);
            for size in [1, 3, 64] {
                assert_eq!(read(&stream, size), Err(NotAMessage), "{nonsense:?}");
            }
        }
    }

    #[test]
    fn longest_messages_are_read() {
        let longest = [channel(&[7; 65_535]), stun(65_532)];
        for message in longest {
            let mut stream = message.clone();
            stream.extend(padding(&message));
            assert_eq!(read(&stream, 1000), Ok(vec![message]));
        }
    }
}
