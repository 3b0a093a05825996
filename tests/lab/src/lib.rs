//! A small internet on one computer: networks behind every kind of NAT, relays, STUN and TURN, with delay and loss.
//!
//! Each machine of the lab is a Linux network namespace. Home and carrier routers are the kernel's own (nftables);
//! what lies between them is one thread of this process, which carries packets between TUN devices, late and with
//! gaps as told. No namespace has a way out to the real network. Namespaces have no names: they live as long as this
//! process holds them, so that nothing is left behind, and any number of labs run side by side.
//!
//! It needs Linux with `ip`, `nft`, `nsenter` and `unshare`, coturn's `turnserver`, and root. Without root it does
//! with user namespaces and a `/dev/net/tun` that everyone may open, as most systems have them (see
//! [`become_root`]).

#![cfg(target_os = "linux")]
#![allow(
    clippy::indexing_slicing,
    reason = "it reads no foreign bytes but its own lab's, and a wrong index must show"
)]

mod behavior;
mod capture;
mod certificates;
mod coturn;
mod hostile;
mod internet;
mod kind;
mod namespace;
mod network;
mod server;
mod services;

pub use behavior::{StunServer, behavior, public_addr};
pub use coturn::Coturn;
pub use hostile::Fault;
pub use internet::Internet;
pub use kind::{Filtering, Kind, Nat, can_be_direct};
pub use namespace::{Namespace, become_root};
pub use network::{Host, Network};
pub use services::Services;
