//! The first frame of a link, from anybody: it gets no answer, since no input knows the invite.

#![no_main]

use std::time::Duration;

use engine::{
    Command, Engine, Input, LinkId, Medium, MemoryStore, Now, Output, Timestamp, fuzzing::is_packet,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    is_packet(input);
    let mut engine = Engine::new(MemoryStore::default(), [1; 32]).expect("memory never fails");
    let now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
    let mut handle = |input| engine.handle(now, input).expect("memory never fails");
    handle(Input::Command(Command::SetName { name: "alice".to_owned() }));
    handle(Input::Command(Command::CreateRoom { name: "Camp".to_owned() }));
    handle(Input::LinkUp { link: LinkId(1), target: None, binding: None, medium: Medium::Free });
    handle(Input::FrameReceived(LinkId(1), input.to_vec()));
    engine.commit().expect("memory never fails");
    while let Some(output) = engine.poll() {
        assert!(!matches!(output, Output::Transmit(..)), "{output:?}");
    }
});
