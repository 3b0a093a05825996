//! Going on while the window is hidden.

use super::{Phone, call};

#[test]
fn app_stays_for_its_rooms_while_it_is_hidden_and_says_so() {
    let phone = Phone::with_api("34");
    call("grant", &["POST_NOTIFICATIONS"]);
    call("hide", &[]);
    assert_eq!(call("service", &[]), "off", "there is no room to stay for");
    call("show", &[]);

    phone.services.stay(true);
    assert_eq!(call("service", &[]), "off", "it is in sight");
    call("hide", &[]);
    assert_eq!(call("service", &[]), "Ready for messages 16 true");
    call("show", &[]);
    assert_eq!(call("service", &[]), "off");
}

#[test]
fn app_that_may_tell_nothing_does_not_stay() {
    let phone = Phone::with_api("34");
    phone.services.stay(true);
    call("hide", &[]);

    assert_eq!(call("service", &[]), "off");
}

#[test]
fn stopping_it_in_its_notice_ends_the_app() {
    let phone = Phone::with_api("30");
    phone.services.stay(true);
    call("hide", &[]);
    call("service", &[]);

    assert_eq!(call("stop", &[]), "stopped ended");
}

#[test]
fn app_that_was_hidden_too_quickly_goes_on_without() {
    let phone = Phone::with_api("34");
    call("grant", &["POST_NOTIFICATIONS"]);
    phone.services.stay(true);
    call("outOfSight", &[]);
    call("hide", &[]);

    assert_eq!(call("service", &[]), "off");
}
