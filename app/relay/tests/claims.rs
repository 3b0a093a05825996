//! What the relay promises, each over a real WebSocket.

#[path = "claims/client.rs"]
mod client;
#[path = "claims/events.rs"]
mod events;
#[path = "claims/mail.rs"]
mod mail;
#[path = "claims/quotas.rs"]
mod quotas;
#[path = "claims/reconciliation.rs"]
mod reconciliation;
#[path = "claims/web.rs"]
mod web;
