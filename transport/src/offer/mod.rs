//! Offers and answers as they are left at relays: what two devices must know of each other to
//! connect, in few bytes, sealed. The exact form is in `docs/rendezvous.md`.

mod description;
mod seal;
mod topic;

pub use description::{Candidate, CandidateKind, Description, MAX_CANDIDATES, Part, Setup, Side};
pub use seal::{SEALED_LEN, open, seal};
pub use topic::Topic;
