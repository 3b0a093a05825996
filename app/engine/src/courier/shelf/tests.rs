//! What is carried, for how long, and who gets how much of the room there is.

use std::time::Duration;

use super::{LIFE, OWN, Shelf};
use crate::{PackId, Timestamp, mailbox::after};

const NOW: Timestamp = Timestamp(1_784_000_000_000);
const HOUR: Duration = Duration::from_secs(3_600);
const LEN: usize = 46_080;
const SHORT: usize = 3_072;

fn id(n: u32) -> PackId {
    let mut id = PackId::default();
    id.iter_mut().zip(n.to_le_bytes()).for_each(|(to, from)| *to = from);
    id
}

#[test]
fn nobody_makes_a_pack_last_longer_than_two_days_nor_come_back_within_four() {
    let mut shelf = Shelf::default();
    shelf.take(id(1), LEN, 1, HOUR * 1_000, NOW);

    shelf.expire(after(NOW, LIFE));

    assert_eq!(shelf.ids().count(), 0);
    assert!(shelf.knows(&id(1)));
    shelf.expire(after(NOW, LIFE * 2));
    assert!(!shelf.knows(&id(1)), "nothing is remembered for ever");
}

#[test]
fn clock_that_was_set_back_makes_nothing_last_longer() {
    let mut shelf = Shelf::default();
    shelf.take(id(1), LEN, 1, LIFE, after(NOW, HOUR * 1_000));

    shelf.expire(NOW);
    assert_eq!(shelf.ids().count(), 1);
    shelf.expire(after(NOW, LIFE));

    assert_eq!(shelf.ids().count(), 0);
}

#[test]
fn who_brings_much_pushes_out_nothing_of_those_who_brought_little() {
    let mut shelf = Shelf::default();
    shelf.take(id(0), LEN, OWN, LIFE, NOW);
    shelf.take(id(1), SHORT, 1, LIFE, NOW);

    for n in 2..2_000 {
        shelf.take(id(n), LEN, u64::from(n / 5 + 2), LIFE, after(NOW, HOUR));
    }

    let held: Vec<_> = shelf.ids().collect();
    assert!(held.contains(&id(0)) && held.contains(&id(1)));
    assert!(held.len() * LEN <= 8 << 20);
    let newest: Vec<_> = (1_995..2_000).map(id).collect();
    assert!(newest.iter().any(|id| held.contains(id)), "who comes last has a part as well");
}

#[test]
fn what_is_made_here_fills_no_more_than_its_part() {
    let mut shelf = Shelf::default();

    for n in 0..100 {
        shelf.take(id(n), LEN, OWN, LIFE, NOW);
    }

    assert_eq!(shelf.ids().count(), (1 << 20) / LEN);
}

#[test]
fn what_was_written_is_what_is_read() {
    let mut shelf = Shelf::default();
    shelf.take(id(1), LEN, 7, LIFE, NOW);
    shelf.take(id(2), LEN, 8, HOUR, NOW);
    shelf.expire(after(NOW, HOUR));

    let written = shelf.changes().into_iter().filter_map(|(id, record)| Some((id, record?)));
    let read = Shelf::restore(written.collect());

    assert_eq!(read.ids().collect::<Vec<_>>(), [id(1)]);
    assert!(read.knows(&id(2)));
    assert_eq!(read.next_source(), 8);
}
