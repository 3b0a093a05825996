use super::{LENS, Letter as _, MAX_LETTER_LEN, Parcel, letter_len, open, seal};
use crate::{Timestamp, identity::Identity};

const MAILBOX: [u8; 32] = [7; 32];

fn me() -> Identity {
    Identity::from_seed(&[1; 32])
}

fn parcel(ops: Vec<Vec<u8>>) -> Parcel {
    Parcel {
        depositor: me().id,
        number: 3,
        made_at: Timestamp(1_000),
        expires_at: Timestamp(2_000),
        lives: vec![(1, Timestamp(1_500))],
        acked: Vec::new(),
        ops,
    }
}

#[test]
fn pack_reads_back_and_has_one_of_few_lengths() {
    for len in [0, 1_000, 2_900, 5_000, 11_100, 30_000] {
        let letter = parcel(vec![vec![9; len]]);

        let pack = seal(&MAILBOX, &letter, &me(), [5; 24]).expect("it fits");

        assert!(LENS.contains(&pack.len()), "{len}: {}", pack.len());
        assert_eq!(open(&MAILBOX, &pack), Some(letter));
        assert_eq!(open::<Parcel>(&[8; 32], &pack), None, "another mailbox's");
    }
}

#[test]
fn longest_letter_fits_and_a_longer_one_does_not() {
    let letter_of = |len| parcel(vec![vec![9; len]]);
    let around = letter_len(&letter_of(40_000)) - 40_000;
    let longest = MAX_LETTER_LEN - around;

    assert!(seal(&MAILBOX, &letter_of(longest), &me(), [5; 24]).is_some());
    assert!(seal(&MAILBOX, &letter_of(longest + 1), &me(), [5; 24]).is_none());
}

#[test]
fn any_flipped_bit_is_noticed() {
    let pack = seal(&MAILBOX, &parcel(vec![vec![9; 10]]), &me(), [5; 24]).expect("it fits");
    for bit in (0..pack.len() * 8).step_by(7) {
        let mut forged = pack.clone();
        forged[bit / 8] ^= 1 << (bit % 8);

        assert_eq!(open::<Parcel>(&MAILBOX, &forged), None, "bit {bit}");
    }
}

#[test]
fn nobody_can_put_a_pack_there_in_the_name_of_another() {
    let other = Identity::from_seed(&[2; 32]);

    let pack = seal(&MAILBOX, &parcel(Vec::new()), &other, [5; 24]).expect("it fits");

    assert_eq!(open::<Parcel>(&MAILBOX, &pack), None);
}

#[test]
fn same_letter_never_makes_the_same_pack() {
    let letter = parcel(vec![vec![9; 10]]);
    let packs = [[5; 24], [6; 24]].map(|nonce| seal(&MAILBOX, &letter, &me(), nonce));

    assert_ne!(packs[0].as_ref().map(|p| &p[24..]), packs[1].as_ref().map(|p| &p[24..]));
}

#[test]
fn parcel_beyond_its_limits_is_refused() {
    let many = vec![(1, Timestamp(1)); 65];
    assert!(!Parcel { lives: many, ..parcel(Vec::new()) }.is_within_limits());
    assert!(!Parcel { number: 0, ..parcel(Vec::new()) }.is_within_limits());
}
