use std::sync::Arc;

use engine::{Command, Engine, Input, MemberIndex, MemoryStore, Store};

use super::{Common, SharingStore};
use crate::gathering::now;

/// Somebody with a room, who says `texts` in it.
fn speak<S: Store>(store: S, texts: &[&str]) -> Engine<S> {
    let mut engine = Engine::new(store, [3; 32]).expect("memory");
    let tell = |engine: &mut Engine<S>, command| {
        engine.handle(now(std::time::Duration::ZERO), Input::Command(command)).expect("memory");
        engine.commit().expect("memory");
    };
    if engine.store().rooms().expect("memory").is_empty() {
        tell(&mut engine, Command::SetName { name: "Ada".to_owned() });
        tell(&mut engine, Command::CreateRoom { name: "Field".to_owned() });
    }
    let room = engine.store().rooms().expect("memory")[0].id;
    for text in texts {
        tell(&mut engine, Command::SendText { room, text: (*text).to_owned() });
    }
    engine
}

#[test]
fn store_that_shares_answers_like_one_that_does_not() {
    let gate = speak(MemoryStore::default(), &["one"]).store().clone();
    let (common, record) = Common::of(&gate).expect("a room");
    let room = record.id;
    let sharing = SharingStore::new(&Arc::new(common), Some(record), "Ada".to_owned());

    let alone = speak(gate, &["two", "three"]);
    let sharing = speak(sharing, &["two", "three"]);

    let (alone, sharing) = (alone.store(), sharing.store());
    let author = MemberIndex(0);
    assert_eq!(sharing.heads(room).expect("heads"), alone.heads(room).expect("heads"));
    let all = alone.page_before(room, None, 100).expect("a page");
    assert_eq!(all.len(), 5);
    assert_eq!(sharing.page_before(room, None, 100).expect("a page"), all);
    let before = all.get(1).map(|op| op.position);
    for limit in 0..4 {
        let page = |store: &dyn Reads| store.page(room, before, limit);
        assert_eq!(page(sharing), page(alone));
        for after in 0..5 {
            let log = |store: &dyn Reads| store.log(room, author, after, limit);
            assert_eq!(log(sharing), log(alone));
        }
    }
}

/// The reads that are compared, of either store.
trait Reads {
    fn page(
        &self,
        room: engine::RoomId,
        before: Option<engine::Position>,
        limit: usize,
    ) -> Vec<engine::StoredOp>;
    fn log(
        &self,
        room: engine::RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
    ) -> Vec<Vec<u8>>;
}

impl<S: Store> Reads for S {
    fn page(
        &self,
        room: engine::RoomId,
        before: Option<engine::Position>,
        limit: usize,
    ) -> Vec<engine::StoredOp> {
        self.page_before(room, before, limit).expect("a page")
    }

    fn log(
        &self,
        room: engine::RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
    ) -> Vec<Vec<u8>> {
        self.ops_after(room, author, after, limit, 300).expect("a log")
    }
}
