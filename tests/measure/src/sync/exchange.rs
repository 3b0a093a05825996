//! Two devices that lack some of each other's messages meet: what is said besides the messages.

use std::time::Duration;

use engine::{
    Engine, Frame, Input, LinkId, Medium, MemoryStore, Now, Output, Store as _, Target, Timestamp,
};

use super::crowd::{Crowd, NOW, OPS, heights};

const LINK: LinkId = LinkId(0);

/// Time steps of the handshake: there and back.
const HANDSHAKE_STEPS: usize = 2;

/// What it took to become equal.
pub(crate) struct Cost {
    /// Bytes of frames in the session, less those of the operations in them.
    pub(crate) bytes: usize,
    /// From the end of the handshake until the last operation arrived.
    pub(crate) round_trips: f64,
}

/// Two devices that lack the last messages of `missing` authors, each of every other one.
pub(crate) fn run(crowd: &Crowd, missing: usize) -> Cost {
    let authors: Vec<_> = crowd.logs().map(|(author, _)| author).collect();
    let step = authors.len() / missing.max(1);
    let lacking: Vec<_> = authors.into_iter().step_by(step.max(1)).take(missing).collect();
    let half = |start| lacking.iter().skip(start).step_by(2).copied().collect::<Vec<_>>();
    let wake = |is_owner, lacking: &[_], seed| {
        let mut store = MemoryStore::default();
        store.commit(crowd.all_but(is_owner, lacking)).expect("memory never fails");
        Engine::new(store, [seed; 32]).expect("memory never fails")
    };
    let (mut owner, mut reader) = (wake(true, &half(0), 1), wake(false, &half(1), 2));
    let [owner_id, _] = crowd.peers();
    let binding = Some([0xb1; 32]);
    tell(&mut owner, [Input::LinkUp { link: LINK, target: None, binding, medium: Medium::Free }]);
    let target = Some(Target::Member(crowd.room, owner_id));
    let mut to_owner =
        tell(&mut reader, [Input::LinkUp { link: LINK, target, binding, medium: Medium::Free }]);
    let mut to_reader = Vec::new();
    let (mut bytes, mut last_ops) = (0, HANDSHAKE_STEPS);
    for step in 1.. {
        if to_owner.is_empty() && to_reader.is_empty() {
            break;
        }
        let arriving = to_owner.iter().chain(&to_reader);
        // One frame each way proves who is there.
        let in_session = arriving.skip(usize::from(step <= HANDSHAKE_STEPS));
        bytes += in_session.map(|frame| control_len(frame)).sum::<usize>();
        if to_owner.iter().chain(&to_reader).any(|frame| frame.first() == Some(&OPS)) {
            last_ops = step;
        }
        let received = |frames: Vec<Frame>| {
            frames.into_iter().map(|frame| Input::FrameReceived(LINK, frame)).collect::<Vec<_>>()
        };
        let answers = tell(&mut reader, received(to_reader));
        to_reader = tell(&mut owner, received(to_owner));
        to_owner = answers;
    }
    let [ours, theirs] = [&owner, &reader].map(|side| heights(side.store(), crowd.room));
    assert!(ours == theirs, "they are equal in the end");
    assert!(ours.values().sum::<u64>() >= crowd.messages as u64, "and whole");
    Cost { bytes, round_trips: (last_ops - HANDSHAKE_STEPS) as f64 / 2.0 }
}

fn tell(engine: &mut Engine<MemoryStore>, inputs: impl IntoIterator<Item = Input>) -> Vec<Frame> {
    let now = Now { since_start: Duration::ZERO, wall: Timestamp(NOW) };
    for input in inputs {
        engine.handle(now, input).expect("memory never fails");
    }
    engine.commit().expect("memory never fails");
    let outputs = std::iter::from_fn(|| engine.poll());
    let frames = outputs.filter_map(|output| match output {
        Output::Transmit(_, frame) => Some(frame),
        _ => None,
    });
    frames.collect()
}

/// The length of a frame less that of the operations in it.
fn control_len(frame: &[u8]) -> usize {
    let Some((&OPS, mut rest)) = frame.split_first() else { return frame.len() };
    let mut control = 1;
    let (count, len) = varint(rest);
    control += len;
    rest = rest.get(len..).expect("operations follow");
    for _ in 0..count {
        let (op, len) = varint(rest);
        control += len;
        rest = rest.get(len + op..).expect("an operation as long as it says");
    }
    control
}

/// A LEB128 integer, and its length.
fn varint(bytes: &[u8]) -> (usize, usize) {
    let len = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    let digits = bytes.iter().take(len).rev();
    (digits.fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f)), len)
}
