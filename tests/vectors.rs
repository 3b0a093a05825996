//! Every byte of a small conversation, checked in: who changes one changes the protocol.
//!
//! Run with `UPDATE_VECTORS=1` to write them anew after a change that is meant.

use std::{fmt::Write as _, path::Path, time::Duration};

use data_encoding::HEXLOWER;
use engine::{
    Addr, Command, Engine, Event, Frame, Input, Invite, LinkId, Medium, MemberIndex, MemoryStore,
    Now, Output, RoomId, Store as _, Target, Timestamp,
};

const LINK: LinkId = LinkId(0);
const BINDING: [u8; 32] = [0xb1; 32];

/// Engines draw all chance from their seed and all time from their inputs, so the same inputs
/// give the same bytes.
struct Side {
    name: &'static str,
    engine: Engine<MemoryStore>,
    sent: Vec<Frame>,
    events: Vec<Event>,
    dialed: Vec<Target>,
}

impl Side {
    fn new(name: &'static str, seed: u8) -> Self {
        let engine = Engine::new(MemoryStore::default(), [seed; 32]).expect("memory never fails");
        let (sent, events, dialed) = (Vec::new(), Vec::new(), Vec::new());
        let mut side = Self { name, engine, sent, events, dialed };
        side.command(Command::SetName { name: name.to_owned() });
        let addr = Addr { tag: 1, bytes: vec![192, 168, 1, seed, 0x1f, 0x90] };
        side.input(Input::AddrsChanged(vec![addr]));
        side
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn input(&mut self, input: Input) {
        let now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
        self.engine.handle(now, input).expect("memory never fails");
        self.engine.commit().expect("memory never fails");
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Transmit(_, frame) => self.sent.push(frame),
                Output::Notify(event) => self.events.push(event),
                Output::Dial { target, .. } => self.dialed.push(target),
                _ => {}
            }
        }
    }

    fn invite(&self) -> Invite {
        let shown = self.events.iter().find_map(|event| match event {
            Event::InviteReady { invite, .. } => Some(invite.clone()),
            _ => None,
        });
        shown.expect("an invite")
    }

    fn room(&self) -> RoomId {
        let rooms = self.engine.store().rooms().expect("memory never fails");
        rooms.first().expect("a room").id
    }
}

/// The checked-in form: one line for each value, `what = hex`.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn comment(&mut self, text: &str) {
        let _ = writeln!(self.0, "\n# {text}");
    }

    fn put(&mut self, what: &str, bytes: &[u8]) {
        let _ = writeln!(self.0, "{what} = {}", HEXLOWER.encode(bytes));
    }
}

fn exchange(lines: &mut Lines, alice: &mut Side, bob: &mut Side) {
    while !(alice.sent.is_empty() && bob.sent.is_empty()) {
        for is_from_bob in [true, false] {
            let (from, to) =
                if is_from_bob { (&mut *bob, &mut *alice) } else { (&mut *alice, &mut *bob) };
            for frame in std::mem::take(&mut from.sent) {
                lines.put(&format!("{} to {}", from.name, to.name), &frame);
                to.input(Input::FrameReceived(LINK, frame));
            }
        }
    }
}

fn connect(lines: &mut Lines, alice: &mut Side, bob: &mut Side, binding: Option<[u8; 32]>) {
    let target = bob.dialed.pop();
    alice.input(Input::LinkUp { link: LINK, target: None, binding, medium: Medium::Free });
    bob.input(Input::LinkUp { link: LINK, target, binding, medium: Medium::Free });
    exchange(lines, alice, bob);
}

fn conversation() -> String {
    let mut lines = Lines(
        "# The conversation of tests/vectors.rs; drawn in app/engine/docs/protocol.md.\n"
            .to_owned(),
    );
    let (mut alice, mut bob) = (Side::new("alice", 1), Side::new("bob", 2));
    alice.command(Command::CreateRoom { name: "Camp".to_owned() });
    let invite = alice.invite();
    lines.comment("The invite on Alice's screen.");
    lines.put("invite", &invite.encode());
    let _ = writeln!(lines.0, "invite text = {}", invite.to_text());
    lines.put("invite id", invite.id().as_bytes());
    lines.put("binding of the link", &BINDING);

    lines.comment("Bob scans it: Noise XXpsk0, then packets in clear inside a link that encrypts.");
    bob.command(Command::AcceptInvite { invite });
    connect(&mut lines, &mut alice, &mut bob, Some(BINDING));
    lines.comment("Alice says \"hello\".");
    let room = alice.room();
    alice.command(Command::SendText { room, text: "hello".to_owned() });
    exchange(&mut lines, &mut alice, &mut bob);

    lines.comment("The link is lost; Bob reconnects by Noise KK over one that does not encrypt.");
    alice.input(Input::LinkDown(LINK));
    bob.input(Input::LinkDown(LINK));
    connect(&mut lines, &mut alice, &mut bob, None);

    for side in [&alice, &bob] {
        lines.comment(&format!("What {} remembers.", side.name));
        remember(&mut lines, side);
    }
    lines.0
}

fn remember(lines: &mut Lines, side: &Side) {
    let store = side.engine.store();
    let rooms = store.rooms().expect("memory never fails");
    let record = rooms.first().expect("a room");
    lines.put("room id", record.id.as_bytes());
    lines.put("room nonce", &record.nonce);
    for (epoch, key) in &record.epochs {
        lines.put(&format!("key of epoch {epoch}"), key);
    }
    lines.put("identity seed", &record.identity_seed);
    let members = store.members(record.id).expect("memory never fails");
    for (index, member) in (0..).map(MemberIndex).zip(&members) {
        lines.put(&format!("author key of {}", member.name), member.id.as_bytes());
        lines.put(&format!("noise key of {}", member.name), &member.noise_key);
        let ops = store.ops_after(record.id, index, 0, usize::MAX, usize::MAX);
        for op in ops.expect("memory never fails") {
            lines.put(&format!("operation of {}", member.name), &op);
        }
    }
}

#[test]
fn conversation_has_the_bytes_that_were_checked_in() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/conversation.txt");
    let now = conversation();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&file, &now).expect("a writable checkout");
    }

    let then = std::fs::read_to_string(&file).expect("a checked-in file");

    for (n, (now, then)) in now.lines().zip(then.lines()).enumerate() {
        assert_eq!(now, then, "line {}", n + 1);
    }
    assert_eq!(now.len(), then.len());
}

#[test]
fn conversation_is_the_same_every_time() {
    assert_eq!(conversation(), conversation());
}
