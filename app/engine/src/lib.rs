//! The chat protocol, as an IO-less state machine.
//!
//! The engine turns what happened into what to do. It opens no socket, reads no clock, draws no
//! chance of its own and starts no thread, so a test can run a whole conversation between many
//! engines in microseconds.

#![warn(clippy::arithmetic_side_effects)]

mod addr;
mod airtime;
mod alias;
mod asking;
mod body;
mod bound;
mod brief;
mod busy;
mod cipher;
mod closed;
mod command;
mod control;
mod courier;
mod crypto;
mod dial;
mod door;
mod emojis;
mod engine;
mod event;
mod fork;
mod frontier;
#[doc(hidden)]
pub mod fuzzing;
mod govern;
mod handshake;
mod hlc;
mod id;
mod identity;
mod intake;
mod invite;
mod join;
mod leave;
mod links;
mod mailbox;
mod marks;
mod membership;
mod memory_store;
mod message;
mod network;
mod newest;
mod obey;
mod op;
mod options;
mod packets;
mod people;
mod person_code;
mod prove;
mod quiet;
mod quota;
mod renew;
mod report;
mod retain;
mod room;
mod selves;
mod session;
mod store;
mod sync;
mod turn;
mod typing;
mod verify;
mod whereabouts;
mod wire;

pub use addr::{Addr, MAX_ADDR_LEN, MAX_ADDRS, NEAR_TAG};
pub use airtime::Medium;
pub use closed::ClosedRecord;
pub use command::{Command, MAX_NAME_LEN, MAX_PAGE_LEN, MAX_REPORT_LEN, MAX_TEXT_LEN, Refusal};
pub use control::{
    Control, ControlRecord, EpochId, EpochRecord, KeptFor, OptionChange, Role, RoleChange,
    RoomOption, RoomOptions, TextChain,
};
pub use courier::NearbyRoom;
pub use door::DoorPictures;
pub use emojis::{SAFETY_EMOJIS, SAFETY_EMOJIS_SHOWN, SafetyEmojis};
pub use engine::{Engine, Input, Now, Output, Target};
pub use event::{
    CodeOwner, DepositFailure, Doubt, Event, Goodbye, JoinFailure, Member, Report, RoomSummary,
};
pub use id::{InviteId, LinkId, MemberIndex, PackId, PeerId, Position, RoomId, Timestamp};
pub use invite::{INVITE_SCHEME, Invite, InviteError};
pub use leave::GOODBYE;
pub use mailbox::MAX_PACK_LEN;
pub use marks::{Mark, ReportRecord};
pub use membership::InviteState;
pub use memory_store::MemoryStore;
pub use message::{Body, Message};
pub use person_code::{PERSON_SCHEME, PersonCode, PersonCodeError};
pub use room::{LastSeen, Seen};
pub use selves::Bond;
pub use store::{
    Batch, CarriedRecord, CourierBatch, Gone, Head, HeldRun, InviteRecord, Kept, MailboxRecord,
    MemberRecord, Profile, RelayRecord, RoomRecord, Row, Run, SeenParcel, Store, StoreError,
    StoredOp, Trail,
};
pub use verify::{Check, InTurn, Verifier, verify_in_turn};
pub use wire::{Frame, MAX_FRAME_LEN, MAX_NETWORK_LEN};
