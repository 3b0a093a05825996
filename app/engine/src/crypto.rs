//! Keys and hashes: every derivation the protocol uses, each with its own context.
//!
//! Contexts are never reused for another purpose; changing one changes the protocol.

use std::sync::LazyLock;

use blake3::hazmat::{ContextKey, HasherExt as _, hash_derive_key_context};
use chacha20poly1305::{AeadInPlace as _, ChaCha20Poly1305, KeyInit as _};
use ed25519_dalek::SigningKey;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::{EpochId, InviteId, PackId, PeerId, RoomId, TextChain};

/// Bytes an authentication tag adds.
pub(crate) const TAG_LEN: usize = 16;

fn derive(context: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

fn first<const N: usize>(hash: [u8; 32]) -> [u8; N] {
    *hash.first_chunk().expect("ids are shorter than a hash")
}

/// What an invite is called in public.
pub(crate) fn invite_id(secret: &[u8; 16]) -> InviteId {
    InviteId::from_bytes(first(derive("festival/1 invite id", &[secret])))
}

/// The Noise psk of a first contact through an invite.
pub(crate) fn invite_psk(secret: &[u8; 16]) -> [u8; 32] {
    derive("festival/1 invite psk", &[secret])
}

/// What a dialer needs to be answered by a device that shows an invite.
pub(crate) fn invite_dial_key(secret: &[u8; 16]) -> [u8; 32] {
    derive("festival/1 invite dial key", &[secret])
}

/// The key pair that certifies those who joined by an invite.
pub(crate) fn invite_signing_key(secret: &[u8; 16]) -> SigningKey {
    SigningKey::from_bytes(&derive("festival/1 invite signing key", &[secret]))
}

/// The 16 bytes by which a QR pins the device whose screen shows it.
pub(crate) fn host_id(author: PeerId, noise_key: &[u8; 32]) -> [u8; 16] {
    first(derive("festival/1 host id", &[author.as_bytes(), noise_key]))
}

/// A room's id: nobody but `owner` can begin the log that leads to it.
pub(crate) fn room_id(owner: PeerId, nonce: &[u8; 16]) -> RoomId {
    RoomId::from_bytes(first(derive("festival/1 room id", &[owner.as_bytes(), nonce])))
}

/// What marks an operation as one of this room and epoch, to those who know the key only.
pub(crate) fn room_tag(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 8] {
    first(derive("festival/1 room tag", &[room.as_bytes(), epoch_key]))
}

/// What a dialer needs to be answered by any member of the room.
pub(crate) fn room_dial_key(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 room dial key", &[room.as_bytes(), epoch_key])
}

/// What hides from outsiders which member opens a reconnect.
pub(crate) fn room_hello_key(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 room hello key", &[room.as_bytes(), epoch_key])
}

/// The Noise psk of a first contact between two members, one of whom does not know the other yet.
pub(crate) fn room_psk(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 room psk", &[room.as_bytes(), epoch_key])
}

/// The key of one operation. `seq` makes it fresh; each install has its own author key, so a
/// restored backup cannot use one twice.
pub(crate) fn op_key(epoch_key: &[u8; 32], author: PeerId, seq: u64) -> [u8; 32] {
    derive("festival/1 operation key", &[epoch_key, author.as_bytes(), &seq.to_le_bytes()])
}

/// The nonce of one operation: a hash of its header, so it costs no bytes on the wire.
pub(crate) fn op_nonce(header: &[u8]) -> [u8; 12] {
    first(derive("festival/1 operation nonce", &[header]))
}

/// What opens a room's mailbox in one epoch: where it is and what is in it.
pub(crate) fn room_mailbox(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 room mailbox", &[room.as_bytes(), epoch_key])
}

/// What opens the mailbox in which a host leaves a welcome for those who have seen its invite.
pub(crate) fn invite_mailbox(secret: &[u8; 16]) -> [u8; 32] {
    derive("festival/1 invite mailbox", &[secret])
}

/// The key of one pack. `nonce` makes it fresh.
pub(crate) fn pack_key(mailbox: &[u8; 32], nonce: &[u8; 24]) -> [u8; 32] {
    derive("festival/1 pack key", &[mailbox, nonce])
}

/// What opens the packs that strangers carry for a room in one epoch.
pub(crate) fn room_courier(room: RoomId, epoch_key: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 room courier", &[room.as_bytes(), epoch_key])
}

/// What a pack is called by those who carry it: it tells them apart, and nothing else.
pub(crate) fn pack_id(pack: &[u8]) -> PackId {
    first(derive("festival/1 pack id", &[pack]))
}

/// What a relay is called inside packs.
pub(crate) fn relay_tag(mailbox: &[u8; 32], relay: &str) -> [u8; 4] {
    first(derive("festival/1 relay tag", &[mailbox, relay.as_bytes()]))
}

/// What an epoch is called in operations: it commits to the key.
pub(crate) fn epoch_id(key: &[u8; 32]) -> EpochId {
    first(derive("festival/1 epoch id", &[key]))
}

/// The key of a closed epoch: who was there when it was made has `secret`, whoever came later only
/// the key.
pub(crate) fn closed_key(secret: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 closed epoch key", &[secret])
}

/// What a closed epoch is called: whoever has its key can tell that it is one.
pub(crate) fn closed_id(key: &[u8; 32]) -> EpochId {
    first(derive("festival/1 closed epoch id", &[key]))
}

/// What texts of a closed epoch are locked with at the first step.
pub(crate) fn first_text_key(secret: &[u8; 32]) -> [u8; 32] {
    derive("festival/1 text key", &[secret])
}

/// The same one step further; there is no way back.
pub(crate) fn next_text_key(key: &[u8; 32]) -> [u8; 32] {
    // Whoever checks a key goes through all of them: what is the same for each is made once.
    static CONTEXT: LazyLock<ContextKey> =
        LazyLock::new(|| hash_derive_key_context("festival/1 next text key"));
    *blake3::Hasher::new_from_context_key(&CONTEXT).update(key).finalize().as_bytes()
}

/// What tells the text keys of an epoch from false ones: a hash of the last, which all lead to.
pub(crate) fn text_chain(last: &[u8; 32]) -> TextChain {
    first(derive("festival/1 text chain", &[last]))
}

/// The key of one locked text.
pub(crate) fn locked_text_key(text_key: &[u8; 32], author: PeerId, seq: u64) -> [u8; 32] {
    derive("festival/1 locked text", &[text_key, author.as_bytes(), &seq.to_le_bytes()])
}

/// The key of an epoch that is merged of others, given in the order of their ids.
pub(crate) fn merged_key(parents: &[[u8; 32]]) -> [u8; 32] {
    derive("festival/1 merged epoch", &[parents.as_flattened()])
}

/// The tag and the key of the box in which a member gets an epoch's key, known to that member and
/// to whoever seals it.
pub(crate) fn box_keys(
    secret: &[u8; 32],
    public: &[u8; 32],
    epoch: &EpochId,
) -> ([u8; 4], [u8; 32]) {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    let shared = shared.as_bytes();
    (
        first(derive("festival/1 epoch box tag", &[shared, epoch])),
        derive("festival/1 epoch box", &[shared, epoch]),
    )
}

/// What the pictures are made of by which two members make sure who they are, given in the order of
/// their keys.
pub(crate) fn safety_emojis(
    room: RoomId,
    first: (PeerId, [u8; 32]),
    second: (PeerId, [u8; 32]),
) -> [u8; 32] {
    let (a, b) = (first.0.as_bytes(), second.0.as_bytes());
    derive("festival/1 safety emojis", &[room.as_bytes(), a, &first.1, b, &second.1])
}

/// One more hash on the way to something that is to cost many.
pub(crate) fn stretched(hash: &[u8; 32], beginning: &[u8; 32]) -> [u8; 32] {
    *blake3::keyed_hash(hash, beginning).as_bytes()
}

/// What the key of a report is called in it: it commits to the key, so that all who open the report
/// read the same.
pub(crate) fn report_id(key: &[u8; 32]) -> [u8; 16] {
    first(derive("festival/1 report id", &[key]))
}

/// The tag and the key of the box in which an admin gets the key of a report. Bound to room and
/// author, so that nobody can pass another's report off as their own.
pub(crate) fn report_box_keys(
    secret: &[u8; 32],
    public: &[u8; 32],
    room: RoomId,
    author: PeerId,
) -> ([u8; 4], [u8; 32]) {
    let shared = StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public));
    let parts: [&[u8]; 3] = [shared.as_bytes(), room.as_bytes(), author.as_bytes()];
    (first(derive("festival/1 report box tag", &parts)), derive("festival/1 report box", &parts))
}

/// Encrypts `text` in place and appends the tag.
pub(crate) fn seal(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], text: &mut Vec<u8>) {
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.encrypt_in_place(nonce.into(), aad, text).expect("a Vec grows as needed");
}

/// Decrypts `sealed` in place and cuts the tag off; `None` if it was not sealed so.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    mut sealed: Vec<u8>,
) -> Option<Vec<u8>> {
    let cipher = ChaCha20Poly1305::new(key.into());
    cipher.decrypt_in_place(nonce.into(), aad, &mut sealed).ok()?;
    Some(sealed)
}

/// What a newcomer and who hosts them compare: `salt` is the hash of their handshake, the rest chance
/// that host and newcomer drew after it.
pub(crate) fn door_pictures(salt: &[u8; 32], host: &[u8; 16], newcomer: &[u8; 16]) -> [u8; 6] {
    first(derive("festival/1 door pictures", &[salt, host, newcomer]))
}

/// What a host says first of the chance it drew, so that it can choose no other once it has seen the
/// newcomer's.
pub(crate) fn door_promise(nonce: &[u8; 16]) -> [u8; 32] {
    derive("festival/1 door promise", &[nonce])
}

/// A keyed hash over a random nonce: recognized by those who know `key`, noise to all others.
pub(crate) fn hint(key: &[u8; 32], nonce: &[u8; 8]) -> [u8; 8] {
    first(derive("festival/1 handshake hint", &[key, nonce]))
}

/// The X25519 public key of a secret.
pub(crate) fn noise_public(secret: &[u8; 32]) -> [u8; 32] {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

/// The two secrets of a device in a room: Ed25519, then X25519.
pub(crate) fn identity_secrets(seed: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    (derive("festival/1 author key", &[seed]), derive("festival/1 noise key", &[seed]))
}
