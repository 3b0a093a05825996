//! What a self-test found out, and what that means.

use transport::{nat::NatKind, servers::Servers};

use super::Subject;
use crate::{backend::StepState, model::capital};

/// What was found out, for the conclusion.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Findings {
    pub(super) is_on_network: bool,
    pub(super) nat: NatKind,
    /// Good ones and all.
    pub(super) relays: (usize, usize),
    /// Good ones and all.
    pub(super) turns: (usize, usize),
}

impl Findings {
    pub(super) fn count(&mut self, subject: &Subject, state: &StepState) {
        let of = match subject {
            Subject::Relay(_) => &mut self.relays,
            Subject::Turn(_) => &mut self.turns,
            _ => return,
        };
        of.0 += usize::from(matches!(state, StepState::Ok(_)));
        of.1 += 1;
    }

    /// What all of it means, in one sentence.
    pub(super) fn conclusion(&self, servers: &Servers) -> String {
        let Self { is_on_network, nat, relays, turns } = *self;
        let sentence = match (is_on_network, relays.0 > 0, turns.0 > 0, nat) {
            (false, ..) => "this device is on no network: messages go when someone is near",
            (true, false, ..) if servers.relays.is_empty() => {
                "there is no relay to meet at, so friends are reached on this network only"
            }
            (true, false, ..) => {
                "no relay can be reached, so friends are reached on this network only, until one \
                 can be"
            }
            (true, true, _, NatKind::Open) => {
                "everything works: friends reach this device directly, wherever they are"
            }
            (true, true, _, NatKind::EndpointIndependent) => {
                "friends are reached directly almost everywhere"
            }
            (true, true, true, NatKind::Symmetric) => {
                "friends are reached directly where their network allows it, and through a TURN \
                 server elsewhere"
            }
            (true, true, true, NatKind::Blocked) => {
                "this network lets nothing through directly, so friends elsewhere are reached \
                 through a TURN server"
            }
            (true, true, false, NatKind::Symmetric) => {
                "friends are reached directly only where their network is open; with a TURN \
                 server they would be everywhere"
            }
            (true, true, false, NatKind::Blocked) => {
                "this network lets nothing through directly, so messages to friends elsewhere \
                 wait in the mailbox; with a TURN server they would go at once"
            }
            (true, true, _, NatKind::Unknown) => {
                "friends can be met over the internet; whether directly is not known, since too \
                 few STUN servers answered"
            }
        };
        format!("{}.", capital(sentence))
    }
}
