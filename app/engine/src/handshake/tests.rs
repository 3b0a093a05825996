//! Who is let through a handshake, and who is not.

use super::{Claim, Handshake, Opening, Proof, Step};
use crate::{Frame, identity::Identity};

const KEY: [u8; 32] = [7; 32];
const LINK: Option<[u8; 32]> = Some([1; 32]);
const OTHER_LINK: Option<[u8; 32]> = Some([2; 32]);

fn identity(n: u8) -> Identity {
    Identity::from_seed(&[n; 32])
}

fn proof(of: &Identity) -> Proof {
    Proof { author: of.id, noise_key: of.noise_key }
}

/// Carries frames both ways; gives whom each end was proved, if both were.
fn carry(dialer: Handshake, answered: Option<Step>) -> Option<(Proof, Proof)> {
    let (mut at_dialer, mut at_callee) = (None, None);
    let (mut dialer, mut callee) = (Some(dialer), None);
    let mut under_way = take(answered?, &mut callee, &mut at_callee);
    let mut is_for_dialer = true;
    while let Some(frame) = under_way {
        let (end, proved) = if is_for_dialer {
            (&mut dialer, &mut at_dialer)
        } else {
            (&mut callee, &mut at_callee)
        };
        under_way = take(end.take()?.read(&frame)?, end, proved);
        is_for_dialer = !is_for_dialer;
    }
    at_dialer.zip(at_callee)
}

fn take(step: Step, end: &mut Option<Handshake>, proved: &mut Option<Proof>) -> Option<Frame> {
    match step {
        Step::Continue(handshake, reply) => {
            *end = Some(*handshake);
            reply
        }
        Step::Done(reply, proof, ..) => {
            *proved = Some(proof);
            reply
        }
    }
}

#[test]
fn both_ends_of_a_first_contact_learn_who_the_other_is() {
    let (alice, bob) = (identity(1), identity(2));
    let (dialer, frame) = Handshake::dial_invite(&KEY, &bob, LINK, [3; 32]);
    let opening = Opening::decode(&frame).expect("an opening");

    assert!(opening.is_for(&KEY));
    let answered = Handshake::answer_introduction(&opening, &KEY, &alice, LINK, [4; 32]);

    assert_eq!(carry(dialer, answered), Some((proof(&alice), proof(&bob))));
}

#[test]
fn both_ends_of_a_reconnect_are_those_expected() {
    let (alice, bob) = (identity(1), identity(2));
    let (dialer, frame) = Handshake::dial_member(&KEY, proof(&alice), &bob, LINK, [3; 32]);
    let opening = Opening::decode(&frame).expect("an opening");

    assert_eq!(opening.member(&KEY), Some(bob.id));
    let answered = Handshake::answer_member(&opening, proof(&bob), &alice, LINK, [4; 32]);

    assert_eq!(carry(dialer, answered), Some((proof(&alice), proof(&bob))));
}

#[test]
fn dialer_with_another_secret_gets_no_answer() {
    let (dialer, frame) = Handshake::dial_invite(&[8; 32], &identity(2), LINK, [3; 32]);
    let opening = Opening::decode(&frame).expect("an opening");

    assert!(!opening.is_for(&KEY));
    let answered = Handshake::answer_introduction(&opening, &KEY, &identity(1), LINK, [4; 32]);

    assert_eq!(carry(dialer, answered), None);
}

#[test]
fn member_that_dials_under_another_members_name_gets_no_answer() {
    let (alice, bob, mut mallory) = (identity(1), identity(2), identity(3));
    mallory.id = bob.id;
    let (dialer, frame) = Handshake::dial_member(&KEY, proof(&alice), &mallory, LINK, [3; 32]);
    let opening = Opening::decode(&frame).expect("an opening");

    assert_eq!(opening.member(&KEY), Some(bob.id), "so it claims");
    let answered = Handshake::answer_member(&opening, proof(&bob), &alice, LINK, [4; 32]);

    assert_eq!(carry(dialer, answered), None);
}

#[test]
fn certificate_of_another_device_does_not_vouch_for_this_one() {
    let (alice, bob) = (identity(1), identity(2));
    let (mut dialer, frame) = Handshake::dial_invite(&KEY, &identity(3), LINK, [3; 32]);
    // Bob's word, which every member has seen, from a device with another link key.
    dialer.me = Claim::of(&bob);
    let opening = Opening::decode(&frame).expect("an opening");

    let answered = Handshake::answer_introduction(&opening, &KEY, &alice, LINK, [4; 32]);

    assert_eq!(carry(dialer, answered), None);
}

#[test]
fn member_other_than_the_one_dialed_is_found_out() {
    let (alice, bob, mallory) = (identity(1), identity(2), identity(3));
    let (dialer, frame) = Handshake::dial_stranger(&KEY, proof(&alice), &bob, LINK, [3; 32]);
    let opening = Opening::decode(&frame).expect("an opening");

    let answered = Handshake::answer_introduction(&opening, &KEY, &mallory, LINK, [4; 32]);

    assert_eq!(carry(dialer, answered), None);
}

#[test]
fn handshake_carried_from_one_link_to_another_fails() {
    let (alice, bob) = (identity(1), identity(2));
    for (here, there) in [(LINK, OTHER_LINK), (LINK, None), (None, LINK)] {
        let (dialer, frame) = Handshake::dial_invite(&KEY, &bob, here, [3; 32]);
        let opening = Opening::decode(&frame).expect("an opening");
        let answered = Handshake::answer_introduction(&opening, &KEY, &alice, there, [4; 32]);
        assert_eq!(carry(dialer, answered), None, "first contact");

        let (dialer, frame) = Handshake::dial_member(&KEY, proof(&alice), &bob, here, [3; 32]);
        let opening = Opening::decode(&frame).expect("an opening");
        let answered = Handshake::answer_member(&opening, proof(&bob), &alice, there, [4; 32]);
        assert_eq!(carry(dialer, answered), None, "reconnect");
    }
}

#[test]
fn any_flipped_bit_of_an_opening_gets_no_answer() {
    let (alice, bob) = (identity(1), identity(2));
    let (_, frame) = Handshake::dial_member(&KEY, proof(&alice), &bob, LINK, [3; 32]);
    for bit in 0..frame.len() * 8 {
        let mut forged = frame.clone();
        forged[bit / 8] ^= 1 << (bit % 8);

        let answered = Opening::decode(&forged)
            .filter(|opening| opening.is_for(&KEY) && opening.member(&KEY) == Some(bob.id))
            .and_then(|o| Handshake::answer_member(&o, proof(&bob), &alice, LINK, [4; 32]));

        assert!(answered.is_none(), "bit {bit}");
    }
}
