//! The end of a long conversation, shown while what comes before it is on its way.

use app::chat_app::ChatApp;
use egui_kittest::{Harness, kittest::Queryable as _};
use engine::{Event, PeerId};

use crate::{
    pictures::Shot,
    stage::{Looking, PHONE, Shared, in_room},
    story::{BEA, ROOM, text_of},
};

const COMING: &str = "Earlier messages are still on their way";

/// Somebody not known here yet.
const FEN: PeerId = PeerId::from_bytes([6; 32]);

pub(crate) const NEWEST: Shot = ("newest", shown_early);

fn shown_early(looking: Looking) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = in_room(looking);
    let messages = vec![
        text_of(BEA, 901, 3, "The fire show starts at eleven, behind the big tent"),
        text_of(FEN, 902, 2, "Bring a torch, the path is muddy"),
        text_of(BEA, 903, 1, "On my way"),
    ];
    let names = vec![(FEN, "Fen".to_owned())];
    shared.borrow_mut().tell(Event::NewestShown { room: ROOM, names, messages });
    harness.run();
    (harness, shared)
}

#[test]
fn who_reads_ahead_is_told_that_something_is_missing_until_it_is_not() {
    let (mut harness, shared) = shown_early(Looking::at(PHONE));
    harness.get_by_label(COMING);
    harness.get_by_label_contains("Bring a torch");
    harness.get_by_label_contains("Fen");

    let all_is_here = Event::NewestShown { room: ROOM, names: Vec::new(), messages: Vec::new() };
    shared.borrow_mut().tell(all_is_here);
    harness.run();

    assert!(harness.query_by_label(COMING).is_none(), "nothing is on its way any more");
}
