//! What goes into the engine, and what comes out.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Addr, Command, DepositFailure, Event, Frame, InviteId, LinkId, Medium, PeerId, RoomId,
    Timestamp,
};

/// What the engine is told of time.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Time since some fixed moment; never runs backwards. For timers.
    pub since_start: Duration,
    /// What the device's clock shows. For display and expiry.
    pub wall: Timestamp,
}

/// What happened outside.
pub enum Input {
    /// The person did something.
    Command(Command),
    /// A link opened.
    LinkUp {
        /// The link.
        link: LinkId,
        /// Whom it was dialed to reach; `None` if the other end dialed.
        target: Option<Target>,
        /// For links that encrypt by themselves, what binds a handshake to them: 32 bytes both
        /// ends compute alike and no machine in the middle can make equal.
        binding: Option<[u8; 32]>,
        /// What its bytes go through: how much is sent on it follows from that.
        medium: Medium,
    },
    /// A link opened to a device that was not looked for: whoever is near. Strangers carry for each
    /// other, and are answered on no other link.
    StrangerMet {
        /// The link.
        link: LinkId,
        /// Whether this end dialed.
        is_dialer: bool,
        /// As in [`Input::LinkUp`].
        binding: Option<[u8; 32]>,
    },
    /// There is little power left, or enough again: as the device's system sees it.
    PowerChanged {
        /// Whether it is little.
        is_low: bool,
    },
    /// A frame arrived whole.
    FrameReceived(LinkId, Frame),
    /// The link closed; nothing more will arrive on it.
    LinkDown(LinkId),
    /// This device can be dialed at these addresses now, best first.
    AddrsChanged(Vec<Addr>),
    /// Somebody calls this device through a relay, by a key of [`Output::Admit`]; a link may follow.
    Called([u8; 32]),
    /// A relay has shown what is in a mailbox that is being collected.
    PackCollected {
        /// The mailbox.
        mailbox: [u8; 32],
        /// What the relay is called.
        relay: String,
        /// What it holds.
        pack: Vec<u8>,
    },
    /// A relay has shown everything it had in a mailbox; what follows is new there.
    MailboxRead {
        /// The mailbox.
        mailbox: [u8; 32],
        /// What the relay is called.
        relay: String,
    },
    /// A relay has answered to a pack.
    PackDeposited {
        /// The mailbox.
        mailbox: [u8; 32],
        /// As in [`Output::Deposit`].
        number: u64,
        /// What the relay is called.
        relay: String,
        /// Whether it holds the pack now.
        result: Result<(), DepositFailure>,
    },
    /// The time of [`Engine::deadline`](crate::Engine::deadline) has come.
    Timeout,
}

/// What to do about it.
#[derive(PartialEq, Eq)]
pub enum Output {
    /// Send this frame.
    Transmit(LinkId, Frame),
    /// Close this link.
    Hangup(LinkId),
    /// Keep dialing until a link to the target is up, and again whenever it is lost, until
    /// [`Output::StopDialing`]. A second one for the same target replaces the first.
    Dial {
        /// Whom to reach.
        target: Target,
        /// Where to try.
        addrs: Vec<Addr>,
        /// What makes the other end answer.
        key: [u8; 32],
        /// Which of those who answer to the key is meant.
        callee: [u8; 16],
    },
    /// Dial this target no more.
    StopDialing(Target),
    /// Answer dialers who know this key.
    Admit {
        /// Shared by everyone who may dial and be dialed so.
        key: [u8; 32],
        /// This device's name among those who answer to the key.
        callee: [u8; 16],
    },
    /// Answer them no more.
    Refuse([u8; 32]),
    /// Leave a pack in a mailbox, on every relay there is at these places; for two minutes it is
    /// worth another try.
    Deposit {
        /// The secret that finds and opens the mailbox; relays must not learn it.
        mailbox: [u8; 32],
        /// Which pack of this device it is; for [`Input::PackDeposited`].
        number: u64,
        /// What to leave: it looks like chance and has one of few lengths.
        pack: Vec<u8>,
        /// Until when it should be kept.
        expires_at: Timestamp,
        /// Addresses of relays.
        at: Vec<Addr>,
    },
    /// Listen to a mailbox, and read what is there, until [`Output::StopCollecting`]. A second one
    /// for the same mailbox replaces the first, and reads anew.
    Collect {
        /// The secret that finds and opens the mailbox.
        mailbox: [u8; 32],
        /// Addresses of relays.
        at: Vec<Addr>,
        /// Relays that need to show only what was left since then; all others everything.
        since: BTreeMap<String, Timestamp>,
        /// How long to listen only: it may not have to be read at all.
        pause: Duration,
    },
    /// Listen to this mailbox no more.
    StopCollecting([u8; 32]),
    /// Open links to devices nearby that are not known, and let them: or do not any more.
    MeetStrangers(bool),
    /// Tell the person.
    Notify(Event),
}

/// Whom a dial is meant to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The device that showed an invite.
    Invite(InviteId),
    /// A member of a room.
    Member(RoomId, PeerId),
}
