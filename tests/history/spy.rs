//! Somebody who holds all that a device holds, and everything that was ever written, and opens by
//! `app/engine/docs/protocol.md` what can be opened with it.

use std::collections::BTreeSet;

use chacha20poly1305::{AeadInPlace as _, ChaCha20Poly1305, KeyInit as _};
use engine::{MemoryStore, Store as _};

/// So many steps beyond any that is met are tried: more newcomers than any test has.
const STEPS: u32 = 8;

fn derive(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    blake3::derive_key(context, &parts.concat())
}

fn open(key: [u8; 32], nonce: &[u8], header: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut text = sealed.to_vec();
    let cipher = ChaCha20Poly1305::new(&key.into());
    cipher.decrypt_in_place(nonce.into(), header, &mut text).ok()?;
    Some(text)
}

fn varint(rest: &mut &[u8]) -> u64 {
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

/// An operation in its parts: header, author and place, sealed.
fn parts(bytes: &[u8]) -> (&[u8], Vec<u8>, &[u8]) {
    let (signed, _signature) = bytes.split_at(bytes.len() - 64);
    let mut rest = signed;
    take(&mut rest, 1 + 8);
    let author = take(&mut rest, 32);
    let seq = varint(&mut rest);
    take(&mut rest, 16);
    varint(&mut rest);
    take(&mut rest, 6);
    let (header, sealed) = signed.split_at(signed.len() - rest.len());
    (header, [author, &seq.to_le_bytes()].concat(), sealed)
}

/// Every text in what `disk` and `others` hold that opens with any key on `disk`, or with one that
/// follows from such a key, in any way keys follow from others.
pub(crate) fn texts(disk: &MemoryStore, others: &[MemoryStore]) -> BTreeSet<String> {
    let room = disk.rooms().expect("memory").pop().expect("a room").id;
    let record = disk.rooms().expect("memory").pop().expect("a room");
    let mut keys: BTreeSet<[u8; 32]> = record.epochs.iter().map(|(_, key)| *key).collect();
    keys.insert(record.identity_seed);
    for closed in disk.closed(room).expect("memory") {
        keys.extend(closed.chains.iter().map(|(_, key)| *key));
    }
    let opening = keys.clone();
    // As if each were what is drawn for an epoch, or a step of a chain.
    for key in opening.clone() {
        keys.insert(derive("festival/1 closed epoch key", &[&key]));
        let first = derive("festival/1 text key", &[&key]);
        for mut key in [key, first] {
            for _ in 0..STEPS {
                keys.insert(key);
                key = derive("festival/1 next text key", &[&key]);
            }
        }
    }
    let disks = others.iter().chain([disk]);
    let ops = disks.flat_map(|disk| disk.page_before(room, None, usize::MAX).expect("memory"));
    let ops: BTreeSet<_> = ops.map(|op| op.bytes).collect();
    let mut all = BTreeSet::new();
    for bytes in ops {
        let (header, place, sealed) = parts(&bytes);
        let nonce = derive("festival/1 operation nonce", &[header]);
        let (nonce, _) = nonce.split_at(12);
        let body = opening.iter().find_map(|key| {
            let key = derive("festival/1 operation key", &[key, &place]);
            open(key, nonce, header, sealed)
        });
        let Some(body) = body else { continue };
        let mut rest = body.as_slice();
        let text = match varint(&mut rest) {
            3 => {
                varint(&mut rest);
                Some(rest.to_vec())
            }
            16 => {
                varint(&mut rest);
                varint(&mut rest);
                keys.iter().find_map(|key| {
                    open(derive("festival/1 locked text", &[key, &place]), nonce, header, rest)
                })
            }
            _ => None,
        };
        all.extend(text.map(|text| String::from_utf8(text).expect("words")));
    }
    all
}
