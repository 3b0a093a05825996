//! Somebody who holds all that a device holds, and everything that was ever written, and opens by
//! `app/engine/docs/protocol.md` what can be opened with it.

use std::collections::BTreeSet;

use engine::{MemoryStore, Store as _};
use tests::seals::{Parts, derive, nonce, open, varint};

/// So many steps beyond any that is met are tried: more newcomers than any test has.
const STEPS: u32 = 8;

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
        let op = Parts::of(&bytes);
        let nonce = nonce(op.header);
        let body = opening.iter().find_map(|key| op.open(key));
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
                    open(
                        derive("festival/1 locked text", &[key, &op.place]),
                        &nonce,
                        op.header,
                        rest,
                    )
                })
            }
            _ => None,
        };
        all.extend(text.map(|text| String::from_utf8(text).expect("words")));
    }
    all
}
