//! What a member says in an open session: whatever it is, the other end goes on. Both ends hear it,
//! since one sends a sketch and the other answers.

#![no_main]

use std::time::Duration;

use engine::{
    Command, Engine, Event, Frame, Input, Invite, LinkId, Medium, MemoryStore, Now, Output, RoomId,
    Target, Timestamp,
};
use libfuzzer_sys::fuzz_target;

const LINK: LinkId = LinkId(1);

/// Added to the length of a frame that bob hears.
const FOR_BOB: u16 = 1 << 15;

/// What came out of an engine.
#[derive(Default)]
struct Said {
    frames: Vec<Frame>,
    invite: Option<Invite>,
    room: Option<RoomId>,
    target: Option<Target>,
}

fn tell(engine: &mut Engine<MemoryStore>, inputs: impl IntoIterator<Item = Input>) -> Said {
    let now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
    for input in inputs {
        engine.handle(now, input).expect("memory never fails");
    }
    engine.commit().expect("memory never fails");
    let mut said = Said::default();
    while let Some(output) = engine.poll() {
        match output {
            Output::Transmit(_, frame) => said.frames.push(frame),
            Output::Dial { target, .. } => said.target = Some(target),
            Output::Notify(Event::InviteReady { room, invite }) => {
                (said.room, said.invite) = (Some(room), Some(invite));
            }
            _ => {}
        }
    }
    said
}

fn woken(seed: u8, name: &str) -> Engine<MemoryStore> {
    let mut engine = Engine::new(MemoryStore::default(), [seed; 32]).expect("memory never fails");
    tell(&mut engine, [Input::Command(Command::SetName { name: name.to_owned() })]);
    engine
}

fuzz_target!(|input: &[u8]| {
    let (mut alice, mut bob) = (woken(1, "alice"), woken(2, "bob"));
    let create = Command::CreateRoom { name: "Camp".to_owned() };
    let created = tell(&mut alice, [Input::Command(create)]);
    let invite = created.invite.expect("an invite");
    let accepted = tell(&mut bob, [Input::Command(Command::AcceptInvite { invite })]);
    let binding = Some([7; 32]);
    tell(&mut alice, [Input::LinkUp { link: LINK, target: None, binding, medium: Medium::Free }]);
    let up = Input::LinkUp { link: LINK, target: accepted.target, binding, medium: Medium::Free };
    let mut frames = tell(&mut bob, [up]).frames;
    // Three frames of the handshake and the welcome; what bob says after that comes from the input.
    for turn in 0..2 {
        let to_alice = frames.into_iter().map(|frame| Input::FrameReceived(LINK, frame));
        let answers = tell(&mut alice, to_alice).frames;
        let to_bob = answers.into_iter().map(|frame| Input::FrameReceived(LINK, frame));
        frames = tell(&mut bob, to_bob).frames;
        assert!(turn > 0 || frames.len() == 1, "the third frame of the handshake");
    }
    let joined = frames.into_iter().map(|frame| Input::FrameReceived(LINK, frame));
    tell(&mut alice, joined.collect::<Vec<_>>());

    let mut rest = input;
    while let Some((len, tail)) = rest.split_first_chunk::<2>() {
        let len = u16::from_le_bytes(*len);
        let hearer = if len < FOR_BOB { &mut alice } else { &mut bob };
        let len = usize::from(len % FOR_BOB).min(tail.len());
        let (frame, tail) = tail.split_at(len);
        tell(hearer, [Input::FrameReceived(LINK, frame.to_vec())]);
        rest = tail;
    }

    let room = created.room.expect("a room");
    for hearer in [&mut alice, &mut bob] {
        let text = "still here".to_owned();
        tell(hearer, [Input::Command(Command::SendText { room, text })]);
    }
});
