//! What may be written into a log of what goes in and what comes out: never a key, never a person's
//! words. What is not known to be harmless is left out.

use std::fmt;

use crate::{Body, Command, Input, Output};

/// Stands for bytes or words that nobody else should see.
struct Hidden(usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

/// Says how long words are, not which.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(&Hidden(text.len())).finish(),
            Self::Created { name } => f.debug_struct("Created").field("name", name).finish(),
            Self::Joined { name } => f.debug_struct("Joined").field("name", name).finish(),
            Self::Renamed { name } => f.debug_struct("Renamed").field("name", name).finish(),
            Self::RoleChanged { member, role } => {
                f.debug_struct("RoleChanged").field("member", member).field("role", role).finish()
            }
            Self::Left => f.write_str("Left"),
            Self::OptionChanged { option, on } => {
                f.debug_struct("OptionChanged").field("option", option).field("on", on).finish()
            }
            Self::KeyChanged { removed, revoked } => f
                .debug_struct("KeyChanged")
                .field("removed", removed)
                .field("revoked", revoked)
                .finish(),
        }
    }
}

/// Says what is wanted, and of the rest only what is harmless.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SendText { room, text } => f
                .debug_struct("SendText")
                .field("room", room)
                .field("text", &Hidden(text.len()))
                .finish(),
            Self::AcceptInvite { invite } => {
                f.debug_struct("AcceptInvite").field("invite", invite).finish()
            }
            Self::LeaveRoom { room } => f.debug_struct("LeaveRoom").field("room", room).finish(),
            Self::LoadPage { room, limit, .. } => {
                f.debug_struct("LoadPage").field("room", room).field("limit", limit).finish()
            }
            _ => f.write_str("Command(..)"),
        }
    }
}

/// Says what happened; frames, packs and keys by their length.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => command.fmt(f),
            Self::LinkUp { link, target, binding, medium } => f
                .debug_struct("LinkUp")
                .field("link", link)
                .field("target", target)
                .field("is_bound", &binding.is_some())
                .field("medium", medium)
                .finish(),
            Self::StrangerMet { link, is_dialer, binding } => f
                .debug_struct("StrangerMet")
                .field("link", link)
                .field("is_dialer", is_dialer)
                .field("is_bound", &binding.is_some())
                .finish(),
            Self::PowerChanged { is_low } => {
                f.debug_struct("PowerChanged").field("is_low", is_low).finish()
            }
            Self::FrameReceived(link, frame) => {
                f.debug_tuple("FrameReceived").field(link).field(&Hidden(frame.len())).finish()
            }
            Self::LinkDown(link) => f.debug_tuple("LinkDown").field(link).finish(),
            Self::AddrsChanged(addrs) => f.debug_tuple("AddrsChanged").field(addrs).finish(),
            Self::PackCollected { relay, pack, .. } => f
                .debug_struct("PackCollected")
                .field("relay", relay)
                .field("pack", &Hidden(pack.len()))
                .finish(),
            Self::MailboxRead { relay, .. } => {
                f.debug_struct("MailboxRead").field("relay", relay).finish()
            }
            Self::PackDeposited { number, relay, result, .. } => f
                .debug_struct("PackDeposited")
                .field("number", number)
                .field("relay", relay)
                .field("result", result)
                .finish(),
            Self::Timeout => f.write_str("Timeout"),
            Self::Called(_) => f.write_str("Called"),
        }
    }
}

/// Says what to do; frames, packs and keys by their length.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit(link, frame) => {
                f.debug_tuple("Transmit").field(link).field(&Hidden(frame.len())).finish()
            }
            Self::Hangup(link) => f.debug_tuple("Hangup").field(link).finish(),
            Self::Dial { target, addrs, .. } => {
                f.debug_struct("Dial").field("target", target).field("addrs", addrs).finish()
            }
            Self::StopDialing(target) => f.debug_tuple("StopDialing").field(target).finish(),
            Self::Admit { .. } => f.write_str("Admit"),
            Self::Refuse(_) => f.write_str("Refuse"),
            Self::Deposit { number, pack, expires_at, .. } => f
                .debug_struct("Deposit")
                .field("number", number)
                .field("pack", &Hidden(pack.len()))
                .field("expires_at", expires_at)
                .finish(),
            Self::Collect { at, since, .. } => {
                f.debug_struct("Collect").field("at", at).field("since", since).finish()
            }
            Self::StopCollecting(_) => f.write_str("StopCollecting"),
            Self::MeetStrangers(on) => f.debug_tuple("MeetStrangers").field(on).finish(),
            Self::Notify(event) => f.debug_tuple("Notify").field(event).finish(),
        }
    }
}
