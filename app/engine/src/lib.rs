//! The chat protocol, as an IO-less state machine.
//!
//! The engine turns what happened into what to do. It opens no socket, reads no clock, draws no
//! chance of its own and starts no thread, so a test can run a whole conversation between many
//! engines in microseconds.

#![warn(clippy::arithmetic_side_effects)]

mod addr;
mod alias;
mod cipher;
mod command;
mod crypto;
mod dial;
mod engine;
mod frontier;
#[doc(hidden)]
pub mod fuzzing;
mod handshake;
mod hlc;
mod id;
mod identity;
mod invite;
mod join;
mod links;
mod mailbox;
mod memory_store;
mod message;
mod obey;
mod op;
mod packets;
mod prove;
mod quota;
mod room;
mod session;
mod store;
mod sync;
mod turn;
mod verify;
mod whereabouts;
mod wire;

pub use addr::{Addr, MAX_ADDR_LEN, MAX_ADDRS};
pub use command::{
    Command, DepositFailure, Doubt, Event, JoinFailure, MAX_NAME_LEN, MAX_PAGE_LEN, MAX_TEXT_LEN,
    Member, Refusal, RoomSummary,
};
pub use engine::{Engine, Input, Now, Output, Target};
pub use id::{InviteId, LinkId, MemberIndex, PeerId, Position, RoomId, Timestamp};
pub use invite::{INVITE_SCHEME, Invite, InviteError};
pub use mailbox::MAX_PACK_LEN;
pub use memory_store::MemoryStore;
pub use message::{Body, Message};
pub use store::{
    Batch, Head, InviteRecord, Kept, MailboxRecord, MemberRecord, Profile, RelayRecord, RoomRecord,
    SeenParcel, Store, StoreError, StoredOp,
};
pub use verify::{Check, InTurn, Verifier, verify_in_turn};
pub use wire::{Frame, MAX_FRAME_LEN};
