//! What comes of packs that members made who do not keep to the rules.

use std::time::Duration;

use super::{Bundle, shelf::OWN};
use crate::{
    Command, Engine, Event, Input, MemoryStore, Now, Output, PackId, RoomId, Timestamp,
    body::OpBody, crypto, identity::Identity, mailbox::pack,
};

const NOW: Now = Now { since_start: Duration::ZERO, wall: Timestamp(1_784_000_000_000) };
const ID: PackId = [7; 8];

fn tell(engine: &mut Engine<MemoryStore>, command: Command) -> Vec<Output> {
    engine.handle(NOW, Input::Command(command)).expect("memory never fails");
    engine.commit().expect("memory never fails");
    std::iter::from_fn(|| engine.poll()).collect()
}

/// A device in a room of its own.
fn alice() -> (Engine<MemoryStore>, RoomId) {
    let mut engine = Engine::new(MemoryStore::default(), [1; 32]).expect("memory never fails");
    tell(&mut engine, Command::SetName { name: "alice".to_owned() });
    let told = tell(&mut engine, Command::CreateRoom { name: "Camp".to_owned() });
    let room = told.into_iter().find_map(|output| match output {
        Output::Notify(Event::RoomJoined { room, .. }) => Some(room.id),
        _ => None,
    });
    (engine, room.expect("a room"))
}

/// The next operation of the device's own, as if another device with its memory had written it.
fn next_op(engine: &mut Engine<MemoryStore>, room: RoomId) -> Vec<u8> {
    let room = engine.rooms.get_mut(&room).expect("a room");
    room.write(NOW.wall, &OpBody::Text("hello".to_owned()))
}

/// A pack with this operation, made by whoever knows the room's key; gives how far the log is held
/// once it came, and how many members are not spoken to.
fn bring(engine: &mut Engine<MemoryStore>, id: RoomId, op: Vec<u8>, spoil: bool) -> (u64, usize) {
    let mallory = Identity::from_seed(&[9; 32]);
    let room = engine.rooms.get(&id).expect("a room");
    let key = crypto::room_courier(id, &room.meeting().1);
    let author = if spoil { room.me.id } else { mallory.id };
    let bundle = Bundle { author, ops: vec![op] };
    let pack = pack::seal(&key, &bundle, &mallory, [3; 24]).expect("a short letter");
    engine.read_bundle(ID, &pack).expect("memory never fails");
    let room = engine.rooms.get(&id).expect("a room");
    (room.head(room.my_index).height, engine.banned.len())
}

#[test]
fn operation_is_taken_from_a_pack_if_its_author_signed_it_and_not_otherwise() {
    let (mut engine, room) = alice();
    let op = next_op(&mut engine, room);
    let mut forged = op.clone();
    *forged.last_mut().expect("a signature") ^= 1;

    assert_eq!(bring(&mut engine, room, forged, false), (2, 0));
    assert_eq!(bring(&mut engine, room, op, false), (3, 0));
}

#[test]
fn pack_that_its_maker_did_not_sign_says_nothing() {
    let (mut engine, room) = alice();
    let op = next_op(&mut engine, room);

    assert_eq!(bring(&mut engine, room, op, true), (2, 0));
}

#[test]
fn pack_of_a_relay_and_one_for_strangers_do_not_pass_for_each_other() {
    let (mut engine, id) = alice();
    let op = next_op(&mut engine, id);
    let room = engine.rooms.get(&id).expect("a room");
    let key = crypto::room_mailbox(id, &room.meeting().1);
    let bundle = Bundle { author: room.me.id, ops: vec![op] };
    let pack = pack::seal(&key, &bundle, &room.me, [3; 24]).expect("a short letter");

    engine.shelve(ID, pack.clone(), OWN, Duration::from_secs(60));
    engine.read_bundle(ID, &pack).expect("memory never fails");

    let room = engine.rooms.get(&id).expect("a room");
    assert_eq!(room.head(room.my_index).height, 2);
}
