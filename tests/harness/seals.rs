//! Operations taken apart, opened and sealed by hand, by `app/engine/docs/protocol.md`: for whoever
//! knows a key and keeps to no rule.

use chacha20poly1305::{AeadInPlace as _, ChaCha20Poly1305, KeyInit as _};

/// What follows from `parts` in this context.
pub fn derive(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    blake3::derive_key(context, &parts.concat())
}

/// Opens what was sealed, if the key is right.
pub fn open(key: [u8; 32], nonce: &[u8], header: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut text = sealed.to_vec();
    let cipher = ChaCha20Poly1305::new(&key.into());
    cipher.decrypt_in_place(nonce.into(), header, &mut text).ok()?;
    Some(text)
}

/// Reads a LEB128 integer.
///
/// # Panics
///
/// If `rest` ends before.
pub fn varint(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let (byte, tail) = rest.split_first().expect("an operation");
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(len);
    *rest = tail;
    head
}

/// An operation in its parts.
#[derive(Debug)]
pub struct Parts<'a> {
    /// All that is not sealed.
    pub header: &'a [u8],
    /// Author and place, as keys of operations are derived from them.
    pub place: Vec<u8>,
    /// What is.
    pub sealed: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Takes an operation apart.
    ///
    /// # Panics
    ///
    /// If it is none.
    pub fn of(bytes: &'a [u8]) -> Self {
        let (signed, _signature) = bytes.split_at(bytes.len() - 64);
        let mut rest = signed;
        take(&mut rest, 1 + 8);
        let author = take(&mut rest, 32);
        let seq = varint(&mut rest);
        take(&mut rest, 16);
        varint(&mut rest);
        take(&mut rest, 6);
        let (header, sealed) = signed.split_at(signed.len() - rest.len());
        Self { header, place: [author, &seq.to_le_bytes()].concat(), sealed }
    }

    /// What it says, for whoever has the key of its epoch.
    pub fn open(&self, epoch_key: &[u8; 32]) -> Option<Vec<u8>> {
        open(operation_key(epoch_key, &self.place), &nonce(self.header), self.header, self.sealed)
    }
}

fn operation_key(epoch_key: &[u8; 32], place: &[u8]) -> [u8; 32] {
    derive("festival/1 operation key", &[epoch_key, place])
}

/// The nonce under which operations with this header are sealed.
pub fn nonce(header: &[u8]) -> [u8; 12] {
    *derive("festival/1 operation nonce", &[header]).first_chunk().expect("12 of 32 bytes")
}

/// What would follow `before` in its author's log and say `body`, as anybody can make it who has the
/// key of the epoch; save for the `signature`, which is the author's alone to make. All numbers are
/// small.
///
/// # Panics
///
/// If they are not.
pub fn sealed_after(before: &[u8], body: &[u8], key: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    let Parts { header, sealed, .. } = Parts::of(before);
    assert_eq!(header.len(), 1 + 8 + 32 + 1 + 16 + 1 + 6, "an early one, of the first epochs");
    let id = [header, blake3::hash(sealed).as_bytes()].concat();
    let id = blake3::hash(&id);
    let mut rest = header;
    let (tag, author) = (take(&mut rest, 1 + 8), take(&mut rest, 32));
    let seq = varint(&mut rest) + 1;
    take(&mut rest, 16);
    let (epoch, clock) = (take(&mut rest, 1), take(&mut rest, 6));
    let (prev, _) = id.as_bytes().split_at(16);
    let seq_byte = u8::try_from(seq).expect("a small number");
    let header = [tag, author, &[seq_byte], prev, epoch, clock].concat();
    let place = [author, &seq.to_le_bytes()].concat();
    let mut text = body.to_vec();
    let cipher = ChaCha20Poly1305::new(&operation_key(key, &place).into());
    let nonce = nonce(&header);
    cipher.encrypt_in_place(nonce.as_slice().into(), &header, &mut text).expect("short");
    [header.as_slice(), &text, signature].concat()
}
