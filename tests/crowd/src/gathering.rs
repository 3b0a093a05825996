//! How the crowd came into its room: everybody scanned the owner's screen at the gate.

use std::{sync::Arc, time::Duration};

use engine::{
    Command, Engine, Event, Frame, Input, Invite, LinkId, Medium, MemoryStore, Now, Output,
    RoomRecord, Store as _, Target,
};

use crate::{
    chance::Chance,
    store::{Common, SharingStore},
};

/// What the devices' clocks show at the beginning: a summer evening in 2026.
const START: u64 = 1_784_000_000_000;

/// What an engine is told of time so long after the beginning.
pub(crate) fn now(since_start: Duration) -> Now {
    let millis = u64::try_from(since_start.as_millis()).unwrap_or(u64::MAX);
    Now { since_start, wall: engine::Timestamp(START.saturating_add(millis)) }
}

/// Lets an engine handle one thing; gives what it says to that.
fn tell(engine: &mut Engine<MemoryStore>, at: Now, input: Input) -> Vec<Output> {
    engine.handle(at, input).expect("memory never fails");
    engine.commit().expect("memory never fails");
    std::iter::from_fn(|| engine.poll()).collect()
}

fn frames(outputs: Vec<Output>) -> impl Iterator<Item = Frame> {
    outputs.into_iter().filter_map(|output| match output {
        Output::Transmit(_, frame) => Some(frame),
        _ => None,
    })
}

/// One room, and everybody's memory of it: device 0 is the owner's, and the last `strangers` are in
/// no room.
///
/// Everybody joins for real, through the owner's engine. What the owner then holds is what
/// everybody holds, without each having verified it: that alone would take a crowd of 1,000 a
/// million verifications.
pub(crate) fn gather(
    members: usize,
    strangers: usize,
    chance: &mut Chance,
) -> (Arc<Common>, Vec<SharingStore>) {
    let mut owner = Engine::new(MemoryStore::default(), chance.bytes()).expect("memory");
    let mut millis = 0;
    tell(&mut owner, now(Duration::ZERO), Input::Command(Command::SetName { name: name(0) }));
    let create = Command::CreateRoom { name: "Field".to_owned() };
    let outputs = tell(&mut owner, now(Duration::ZERO), Input::Command(create));
    let invite = outputs.into_iter().find_map(|output| match output {
        Output::Notify(Event::InviteReady { invite, .. }) => Some(invite),
        _ => None,
    });
    let invite = invite.expect("a new room has an invite");
    let mut seeds = Vec::with_capacity(members);
    for number in 1..members {
        millis += 10;
        let at = now(Duration::from_millis(millis));
        let record = join(&mut owner, at, (number, &invite), chance.bytes());
        seeds.push(record.identity_seed);
    }
    let (common, mut record) = Common::of(owner.store()).expect("the owner's memory");
    assert_eq!(common.members().len(), members, "somebody was not let in");
    let common = Arc::new(common);
    let mut stores = vec![SharingStore::new(&common, Some(record.clone()), name(0))];
    for (number, seed) in (1..).zip(seeds) {
        record.identity_seed = seed;
        stores.push(SharingStore::new(&common, Some(record.clone()), name(number)));
    }
    for number in members..members + strangers {
        stores.push(SharingStore::new(&common, None, name(number)));
    }
    (common, stores)
}

fn name(number: usize) -> String {
    format!("p{number}")
}

/// One person scans the owner's screen, is let in, and goes on before being told who else is in.
fn join(
    owner: &mut Engine<MemoryStore>,
    at: Now,
    (number, invite): (usize, &Invite),
    seed: [u8; 32],
) -> RoomRecord {
    let mut guest = Engine::new(MemoryStore::default(), seed).expect("memory never fails");
    let link = LinkId(number as u64);
    let binding = Some([0xb1; 32]);
    tell(&mut guest, at, Input::Command(Command::SetName { name: name(number) }));
    tell(&mut guest, at, Input::Command(Command::AcceptInvite { invite: invite.clone() }));
    tell(owner, at, Input::LinkUp { link, target: None, binding, medium: Medium::Free });
    let target = Some(Target::Invite(invite.id()));
    let mut from_guest =
        tell(&mut guest, at, Input::LinkUp { link, target, binding, medium: Medium::Free });
    while guest.store().rooms().expect("memory").is_empty() {
        let from_owner: Vec<_> = frames(std::mem::take(&mut from_guest))
            .flat_map(|frame| tell(owner, at, Input::FrameReceived(link, frame)))
            .collect();
        // One frame of the owner's is enough: what follows the welcome is everything it holds.
        let Some(first) = frames(from_owner).next() else { break };
        from_guest = tell(&mut guest, at, Input::FrameReceived(link, first));
    }
    for frame in frames(from_guest) {
        tell(owner, at, Input::FrameReceived(link, frame));
    }
    tell(owner, at, Input::LinkDown(link));
    guest.store().rooms().expect("memory").pop().expect("the owner's welcome")
}
