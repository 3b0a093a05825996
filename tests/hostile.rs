//! Whatever strangers and members send, the others go on; whoever listens, or takes a device, learns
//! no more than they should.
//!
//! What follows has happened to systems like this one. Each is a test here, whose comment says where it
//! happened, and each test was seen failing with its defense taken out.
//!
//! | what happened to others | tests |
//! |---|---|
//! | an identity that was only shown, not proved in the handshake | `impostors::man_in_the_middle_with_keys_of_his_own_is_never_taken_for_a_friend`, `handshake_of_another_key_under_a_friends_name_is_not_believed`, `handshake_passed_on_between_two_encrypted_links_ends_nowhere` |
//! | a forged handshake under a friend's name ended the friend's session | `impostors::handshake_forged_under_a_friends_name_ends_nothing_he_has` |
//! | poison in the cache, spread by everybody's sync | `relaying::answers_nobody_asked_for_end_the_session`, `forged_operation_is_on_no_disk_and_on_no_link` |
//! | ghosts out of recordings | `strangers::recordings_played_back_show_nobody_who_is_not_there` |
//! | nothing outside of the link told whom one had met | `impostors::device_that_answers_in_the_hosts_place_is_found_out` |
//! | people followed by names or keys that last | `wire::two_meetings_have_nothing_in_common_by_which_a_stranger_could_know_them_again`, `links::two_links_to_one_device_cannot_be_told_from_links_to_two` |
//! | who talks to whom in clear; one crafted message stopped a network | `wire::no_name_no_key_and_no_word_is_ever_on_a_link_in_clear`, `flooding::one_crafted_packet_stops_nobody_and_goes_no_further` |
//! | encryption that was a choice, keys that could be guessed | `wire::words_are_sealed_on_links_that_encrypt_by_themselves_too`, `code_on_the_screen_holds_a_secret_nobody_can_guess` |
//! | messages changed without the key; keys that devices shared | `relaying::no_bit_of_a_message_can_be_changed_on_its_way`, `real::no_two_installs_have_a_key_in_common` |
//! | floods that named their own limits | `flooding::author_who_writes_without_end_is_held_to_a_measure_and_nobody_else_is` |
//! | two who dial each other at once tear down what the other built | `impostors::simultaneous_dials_leave_one_session_on_both_ends`, `storm_of_handshakes_ends_in_one_session` |
//! | keys in logs, traffic in clear | `at_rest::log_of_everything_an_engine_does_holds_no_key_and_no_word`, `real::log_of_the_program_holds_no_key_and_no_word_however_much_it_says`, `operations::relays_that_come_with_the_program_are_not_spoken_to_in_clear` |
//! | memory and sockets for whoever had proved nothing | `strangers::ten_thousand_silent_callers_hold_no_more_than_the_limit_and_let_others_in`, `bytes_before_a_handshake_get_no_answer_and_close_the_link` |
//! | mail under a tag anybody could compute | `wire::mail_is_found_by_the_rooms_key_and_by_nothing_public` |
//! | talked down to something weaker | `impostors::devices_cannot_be_talked_down_to_something_weaker`, `link_that_encrypts_at_one_end_only_carries_nothing` |
//! | lengths that told what was sent | `wire::relay_sees_three_lengths_and_nothing_readable`, `first_frames_are_as_long_for_everybody` |
//! | clients that brought their relays down | `operations::friends_who_are_linked_leave_relays_alone`, `key_that_changes_daily_costs_relays_no_more_than_what_is_new`, `busy_room_leaves_few_packs_at_its_relay`, `relay_that_says_it_is_too_much_is_sent_nothing_for_a_while` |
//! | a device that was taken, with what had been deleted | `at_rest::nothing_that_opens_a_room_that_was_left_is_on_the_disk`, `no_word_is_in_the_file_as_it_was_said` |
//! | signatures lost at an edge, people parted by a server's new start | `operations::message_is_the_same_to_the_byte_and_still_proves_itself_however_it_came`, `relay_that_goes_away_and_comes_back_parts_nobody`, `relay_that_was_started_anew_passes_on_to_those_who_were_listening` |
//! | sync that filled the network of a venue | `flooding::friends_who_hold_the_same_find_that_out_in_64_bytes_and_send_nothing_twice`, `peer_that_acknowledges_nothing_gets_no_more_than_the_window` |
//! | radios that were talked silent by whoever asked for most | `flooding::peer_that_demands_everything_again_and_again_gets_no_more_air_than_any_other`, `peer_that_dials_again_and_again_gets_no_new_measure_of_air` |
//!
//! What is still true and not nice stands in `app/engine/docs/protocol.md`, sections 9 and 10.

#[path = "hostile/at_rest.rs"]
mod at_rest;
#[path = "hostile/flooding.rs"]
mod flooding;
#[path = "hostile/forks.rs"]
mod forks;
#[path = "hostile/impostors.rs"]
mod impostors;
#[path = "hostile/links.rs"]
mod links;
#[path = "hostile/operations.rs"]
mod operations;
#[path = "hostile/real.rs"]
mod real;
#[path = "hostile/relaying.rs"]
mod relaying;
#[path = "hostile/strangers.rs"]
mod strangers;
#[path = "hostile/wire.rs"]
mod wire;

use std::time::Duration;

use engine::Frame;
use tests::{Name, World};

const MINUTE: Duration = Duration::from_secs(60);

// The first byte of packets, which travel in clear inside links that encrypt by themselves.
const HAVE: u8 = 4;
const OPS: u8 = 5;
const OFFER: u8 = 16;

/// Alice's friends, let in by scanning her screen, and connected with each other.
fn camp_in(world: World, guests: &[Name]) -> World {
    let mut world = world.with_camp(guests);
    world.meet();
    world
}

fn camp(guests: &[Name]) -> World {
    camp_in(World::default(), guests)
}

/// A camp on links that encrypt by themselves, so that a test can read and change packets.
fn open_camp(guests: &[Name]) -> World {
    camp_in(World::binding(), guests)
}

fn assert_talk(world: &mut World, a: Name, b: Name) {
    for (from, to) in [(a, b), (b, a)] {
        world.say(from, "still talking");
        world.settle();
        assert_eq!(world.texts(to).last().map(String::as_str), Some("still talking"), "{to}");
    }
}

fn flip_last(mut frame: Frame) -> Vec<Frame> {
    if frame.first() == Some(&OPS)
        && let Some(last) = frame.last_mut()
    {
        *last ^= 1;
    }
    vec![frame]
}
