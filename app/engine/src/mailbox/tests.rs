use crate::{Kept, Timestamp};

const NOW: Timestamp = Timestamp(50);
const SOON: Timestamp = Timestamp(100);
const LATE: Timestamp = Timestamp(200);

#[test]
fn log_is_kept_as_far_as_its_pieces_go_on_from_each_other_and_until_the_first_ends() {
    let mut kept = Kept::default();

    kept.note((1, 10), LATE, NOW);
    kept.note((11, 12), SOON, NOW);
    kept.note((20, 30), LATE, NOW);

    assert_eq!((kept.up_to, kept.expires_at), (12, SOON));
    assert_eq!(kept.at(SOON).up_to, 0, "what is over counts no more");
}

#[test]
fn log_left_anew_stays_longer_once_it_is_whole() {
    let mut kept = Kept::default();
    kept.note((1, 10), SOON, NOW);

    kept.note((1, 6), LATE, NOW);
    assert_eq!((kept.up_to, kept.expires_at, kept.renewed_to), (10, SOON, 6));
    kept.note((7, 11), LATE, NOW);

    assert_eq!((kept.up_to, kept.expires_at), (11, LATE));
}

#[test]
fn what_is_over_already_changes_nothing() {
    let mut kept = Kept::default();
    kept.note((1, 10), LATE, NOW);

    kept.note((11, 12), NOW, NOW);

    assert_eq!((kept.up_to, kept.expires_at), (10, LATE));
}
