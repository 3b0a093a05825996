//! What is shown, whatever the system makes of it.

use std::time::Duration;

use super::super::{
    AdvertStatus::{Aborted, Incomplete, Started, Stopped},
    Ask,
    advert::{ANSWER, PAUSE, Showing},
};

const NOW: Duration = Duration::from_secs(100);

fn show(token: u8, is_discoverable: bool) -> Option<Ask> {
    Some(Ask::Show { token: [token; 8], is_discoverable })
}

/// What shows a token.
fn showing(token: u8) -> Showing {
    let mut showing = Showing::new();
    showing.want(Some([token; 8]));
    assert_eq!(showing.next(NOW), show(token, true));
    showing.status(NOW, Started);
    assert_eq!(showing.next(NOW), None);
    showing
}

#[test]
fn another_token_is_shown_once_the_last_one_is_hidden() {
    let mut showing = showing(1);
    showing.want(Some([2; 8]));
    assert_eq!(showing.next(NOW), Some(Ask::Hide));
    showing.want(Some([3; 8]));
    assert_eq!(showing.next(NOW), None, "it is being hidden");
    showing.status(NOW, Stopped);
    assert_eq!(showing.next(NOW), show(3, true));

    showing.status(NOW, Started);
    showing.want(None);
    assert_eq!(showing.next(NOW), Some(Ask::Hide));
    showing.status(NOW, Stopped);
    assert_eq!((showing.next(NOW), showing.deadline()), (None, None));
}

#[test]
fn token_that_finds_no_room_is_shown_without_what_takes_it() {
    let mut showing = Showing::new();
    showing.want(Some([1; 8]));
    assert_eq!(showing.next(NOW), show(1, true));
    showing.status(NOW, Incomplete);
    assert_eq!(showing.next(NOW), Some(Ask::Hide));
    showing.status(NOW, Stopped);
    assert_eq!(showing.next(NOW), show(1, false));
    showing.status(NOW, Incomplete);
    assert_eq!((showing.next(NOW), showing.deadline()), (None, None), "nothing more helps");
}

#[test]
fn what_was_aborted_is_stopped_and_tried_again_after_a_pause() {
    let mut showing = showing(1);
    showing.status(NOW, Aborted);
    assert_eq!(showing.next(NOW), Some(Ask::Hide));
    showing.status(NOW, Stopped);
    assert_eq!(showing.next(NOW), None);
    assert_eq!(showing.deadline(), Some(NOW + PAUSE));
    assert_eq!(showing.next(NOW + PAUSE), show(1, true));
}

#[test]
fn system_that_does_not_answer_is_asked_again() {
    let mut showing = Showing::new();
    showing.want(Some([1; 8]));
    assert_eq!(showing.next(NOW), show(1, true));
    let mut now = showing.deadline().expect("an answer is due");
    assert_eq!(now, NOW + ANSWER);
    assert_eq!(showing.next(now), Some(Ask::Hide));
    now = showing.deadline().expect("an answer is due");
    assert_eq!(showing.next(now), None);
    now = showing.deadline().expect("it is tried again");
    assert_eq!(showing.next(now), show(1, true));
}
