//! Pictures by which two people make sure that nobody stands between their devices.
//!
//! Both devices derive the same twelve from the room and the keys of both. Somebody in the middle
//! has keys of their own on either side, and to show the same pictures to both they would have to
//! find two pairs of keys that collide: with 72 bits, 2^36 tries, and each try costs 2^20 hashes.

use crate::{PeerId, RoomId, crypto};

/// How many pictures are compared. Six would do against somebody who wants to pass for one given
/// person in front of another; against somebody in the middle, who may choose keys on both sides,
/// the bits count half.
pub const SAFETY_EMOJIS_SHOWN: usize = 12;

/// Hashes each try costs: a tenth of a second on a computer, where nobody waits; and what makes
/// 2^36 tries 2^56 hashes.
const STRETCH: u32 = 1 << 20;

/// Bits that choose one picture.
const BITS: u32 = 6;

/// The pictures and what they are called, in the order of their numbers: easy to tell apart by eye
/// without colors, and by ear. The order is part of the protocol.
pub const SAFETY_EMOJIS: [(char, &str); 64] = [
    ('\u{1f436}', "Dog"),
    ('\u{1f431}', "Cat"),
    ('\u{1f437}', "Pig"),
    ('\u{1f418}', "Elephant"),
    ('\u{1f430}', "Rabbit"),
    ('\u{1f43c}', "Panda"),
    ('\u{1f427}', "Penguin"),
    ('\u{1f422}', "Turtle"),
    ('\u{1f41f}', "Fish"),
    ('\u{1f419}', "Octopus"),
    ('\u{1f438}', "Frog"),
    ('\u{1f41e}', "Ladybug"),
    ('\u{1f435}', "Monkey"),
    ('\u{1f40d}', "Snake"),
    ('\u{1f413}', "Rooster"),
    ('\u{1f433}', "Whale"),
    ('\u{1f337}', "Tulip"),
    ('\u{1f333}', "Tree"),
    ('\u{1f335}', "Cactus"),
    ('\u{1f344}', "Mushroom"),
    ('\u{1f334}', "Palm"),
    ('\u{1f340}', "Clover"),
    ('\u{1f319}', "Moon"),
    ('\u{2b50}', "Star"),
    ('\u{1f308}', "Rainbow"),
    ('\u{26c4}', "Snowman"),
    ('\u{1f525}', "Fire"),
    ('\u{1f30a}', "Wave"),
    ('\u{1f34c}', "Banana"),
    ('\u{1f34e}', "Apple"),
    ('\u{1f353}', "Strawberry"),
    ('\u{1f33d}', "Corn"),
    ('\u{1f355}', "Pizza"),
    ('\u{1f366}', "Ice cream"),
    ('\u{1f352}', "Cherries"),
    ('\u{1f347}', "Grapes"),
    ('\u{1f35e}', "Bread"),
    ('\u{2615}', "Coffee"),
    ('\u{1f453}', "Glasses"),
    ('\u{26fa}', "Tent"),
    ('\u{1f451}', "Crown"),
    ('\u{1f45f}', "Shoe"),
    ('\u{1f528}', "Hammer"),
    ('\u{1f511}', "Key"),
    ('\u{1f512}', "Lock"),
    ('\u{1f4a1}', "Light bulb"),
    ('\u{1f4d5}', "Book"),
    ('\u{1f4ce}', "Paper clip"),
    ('\u{2702}', "Scissors"),
    ('\u{1f4f7}', "Camera"),
    ('\u{2693}', "Anchor"),
    ('\u{1f381}', "Gift"),
    ('\u{1f388}', "Balloon"),
    ('\u{1f3b2}', "Dice"),
    ('\u{1f3c6}', "Trophy"),
    ('\u{26bd}', "Football"),
    ('\u{1f3b8}', "Guitar"),
    ('\u{1f3ba}', "Trumpet"),
    ('\u{1f680}', "Rocket"),
    ('\u{1f6b2}', "Bicycle"),
    ('\u{1f681}', "Helicopter"),
    ('\u{1f682}', "Train"),
    ('\u{26f5}', "Sailboat"),
    ('\u{1f3e0}', "House"),
];

/// What two members see alike who are who they seem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyEmojis([u8; SAFETY_EMOJIS_SHOWN]);

impl SafetyEmojis {
    /// Those of two members, whichever of them asks. Takes as long as [`STRETCH`] hashes.
    pub(crate) fn of(room: RoomId, a: (PeerId, [u8; 32]), b: (PeerId, [u8; 32])) -> Self {
        let (first, second) = if a.0 < b.0 { (a, b) } else { (b, a) };
        let beginning = crypto::safety_emojis(room, first, second);
        let mut hash = beginning;
        for _ in 0..STRETCH {
            hash = crypto::stretched(&hash, &beginning);
        }
        let [a, b, c, d, e, f, g, h, i, ..] = hash;
        let bits = [0, 0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h, i];
        let bits = u128::from_be_bytes(bits);
        let mut numbers = [0; SAFETY_EMOJIS_SHOWN];
        for (nth, number) in (0u32..).zip(numbers.iter_mut().rev()) {
            let [.., low] = (bits >> nth.saturating_mul(BITS)).to_be_bytes();
            *number = low & 0x3f;
        }
        Self(numbers)
    }

    /// Ones made up, for tests of screens: each number is taken modulo the number of pictures.
    pub const fn from_numbers(numbers: [u8; SAFETY_EMOJIS_SHOWN]) -> Self {
        Self(numbers)
    }

    /// Each picture with what it is called, in the order in which they are compared.
    pub fn pictures(&self) -> [(char, &'static str); SAFETY_EMOJIS_SHOWN] {
        self.0.map(picture)
    }
}

/// The picture of a number, of which the lower bits count.
pub(crate) fn picture(number: u8) -> (char, &'static str) {
    let [first, ..] = SAFETY_EMOJIS;
    SAFETY_EMOJIS.get(usize::from(number & 0x3f)).copied().unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{SAFETY_EMOJIS, SafetyEmojis};
    use crate::{PeerId, RoomId};

    const ROOM: RoomId = RoomId::from_bytes([7; 16]);

    fn member(n: u8) -> (PeerId, [u8; 32]) {
        (PeerId::from_bytes([n; 32]), [n ^ 0x80; 32])
    }

    #[test]
    fn pictures_and_their_names_are_all_different() {
        let pictures: BTreeSet<_> = SAFETY_EMOJIS.iter().map(|(picture, _)| picture).collect();
        let names: BTreeSet<_> = SAFETY_EMOJIS.iter().map(|(_, name)| name).collect();

        assert_eq!((pictures.len(), names.len()), (64, 64));
    }

    #[test]
    fn both_see_the_same_and_every_key_and_the_room_matters() {
        let seen = SafetyEmojis::of(ROOM, member(1), member(2));

        assert_eq!(SafetyEmojis::of(ROOM, member(2), member(1)), seen);
        let other_key = (member(2).0, [0; 32]);
        for other in [
            SafetyEmojis::of(ROOM, member(1), member(3)),
            SafetyEmojis::of(ROOM, member(1), other_key),
            SafetyEmojis::of(RoomId::from_bytes([8; 16]), member(1), member(2)),
        ] {
            assert_ne!(other, seen);
        }
    }

    /// What another program has to come to: a change here breaks comparing with those who have not
    /// made it.
    #[test]
    fn pictures_of_known_keys_are_what_they_always_were() {
        let names = SafetyEmojis::of(ROOM, member(1), member(2)).pictures().map(|(_, name)| name);

        let (first, second) = names.split_at(6);
        assert_eq!(first, ["Bread", "Elephant", "Sailboat", "Mushroom", "Star", "Dice"]);
        assert_eq!(second, ["Tulip", "Book", "Train", "Helicopter", "Tulip", "Rabbit"]);
    }
}
