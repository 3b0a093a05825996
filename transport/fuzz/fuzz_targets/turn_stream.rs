//! A stream from a TURN server: the same messages however it is cut into pieces, none of them
//! longer than it says, and no more kept than one of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::turn_stream::{MAX_MESSAGE_LEN, Reader, padding};

fuzz_target!(|input: &[u8]| {
    let Some((size, stream)) = input.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(whole, read(stream, usize::from(*size).max(1)));

    // What was read is read again from what a sender would write.
    let mut again = Vec::new();
    for message in &whole.0 {
        assert!(message.len() <= MAX_MESSAGE_LEN);
        again.extend_from_slice(message);
        again.extend_from_slice(padding(message));
    }
    assert_eq!(read(&again, 7), (whole.0, true));
});

/// The messages before the end, or before the first thing that is none, and whether there was none.
fn read(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut reader, mut messages) = (Reader::default(), Vec::new());
    for piece in stream.chunks(size) {
        if reader.read(piece, |message| messages.push(message.to_vec())).is_err() {
            return (messages, false);
        }
    }
    (messages, true)
}
