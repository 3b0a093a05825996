//! What a stranger says to whoever carries for others: whatever it is, that device goes on, and keeps
//! no more than it should. Both ends hear it: the one that dialed and the one that was.

#![no_main]

use std::time::Duration;

use engine::{
    Command, Engine, Frame, Input, LinkId, MemoryStore, Now, Output, Store as _, Timestamp,
    fuzzing::is_talk,
};
use libfuzzer_sys::fuzz_target;

const LINK: LinkId = LinkId(1);

/// Added to the length of a frame that whoever dialed hears.
const FOR_DIALER: u16 = 1 << 15;

/// The most bytes taken from one stranger.
const MAX_BYTES: u32 = 256 << 10;

fn tell(engine: &mut Engine<MemoryStore>, inputs: impl IntoIterator<Item = Input>) -> Vec<Frame> {
    let now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
    for input in inputs {
        engine.handle(now, input).expect("memory never fails");
    }
    engine.commit().expect("memory never fails");
    let mut frames = Vec::new();
    while let Some(output) = engine.poll() {
        if let Output::Transmit(_, frame) = output {
            frames.push(frame);
        }
    }
    frames
}

fn woken(seed: u8) -> Engine<MemoryStore> {
    let mut engine = Engine::new(MemoryStore::default(), [seed; 32]).expect("memory never fails");
    tell(&mut engine, [Input::Command(Command::SetName { name: "alice".to_owned() })]);
    tell(&mut engine, [Input::Command(Command::CreateRoom { name: "Camp".to_owned() })]);
    engine
}

fn up(is_dialer: bool) -> Input {
    Input::StrangerMet { link: LINK, is_dialer, binding: Some([7; 32]) }
}

fuzz_target!(|input: &[u8]| {
    is_talk(input);
    let (mut dialer, mut callee) = (woken(1), woken(2));
    let first = tell(&mut dialer, [up(true)]);
    tell(&mut callee, [up(false)]);
    let answers = tell(&mut callee, first.into_iter().map(|f| Input::FrameReceived(LINK, f)));
    let answer = answers.into_iter().next().expect("strangers are answered");
    tell(&mut dialer, [Input::FrameReceived(LINK, answer)]);

    let mut rest = input;
    while let Some((len, tail)) = rest.split_first_chunk::<2>() {
        let len = u16::from_le_bytes(*len);
        let hearer = if len < FOR_DIALER { &mut callee } else { &mut dialer };
        let len = usize::from(len % FOR_DIALER).min(tail.len());
        let (frame, tail) = tail.split_at(len);
        tell(hearer, [Input::FrameReceived(LINK, frame.to_vec())]);
        rest = tail;
    }

    for engine in [&dialer, &callee] {
        let carried = engine.store().carried().expect("memory never fails");
        assert!(carried.iter().map(|(_, record)| record.len).sum::<u32>() <= MAX_BYTES);
    }
});
