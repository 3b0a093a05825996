//! A stream that a TURN server passes on: the same datagrams however it is cut into pieces, none
//! of them longer than a link's, and no more kept than one of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::datagram_stream::{MAX_DATAGRAM_LEN, Reader, write};

fuzz_target!(|input: &[u8]| {
    let Some((size, stream)) = input.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(whole, read(stream, usize::from(*size).max(1)));

    // What was read is read again from what a sender would write.
    let mut again = Vec::new();
    for datagram in &whole.0 {
        assert!((1..=MAX_DATAGRAM_LEN).contains(&datagram.len()));
        write(datagram, &mut again);
    }
    assert_eq!(read(&again, 7), (whole.0, true));
});

/// The datagrams before the end, or before the first one too long, and whether there was none.
fn read(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, bool) {
    let (mut reader, mut datagrams) = (Reader::default(), Vec::new());
    for piece in stream.chunks(size) {
        if reader.read(piece, |datagram| datagrams.push(datagram.to_vec())).is_err() {
            return (datagrams, false);
        }
    }
    (datagrams, true)
}
