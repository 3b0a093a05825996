use engine::PeerId;

use super::{Names, looks};

fn peer(first: u8, second: u8) -> PeerId {
    let mut bytes = [7; 32];
    bytes[0] = first;
    bytes[1] = second;
    PeerId::from_bytes(bytes)
}

fn names(named: &[(PeerId, &str)]) -> Names {
    let mut names = Names::default();
    for (peer, name) in named {
        names.set(*peer, name);
    }
    names
}

#[test]
fn name_that_nobody_else_has_stands_alone() {
    let names = names(&[(peer(1, 0), "Ana"), (peer(2, 0), "Bea")]);

    assert_eq!(names.of(peer(1, 0)), Some("Ana"));
    assert_eq!((names.tag(peer(1, 0)), names.of(peer(3, 0))), ("", None));
}

#[test]
fn names_that_look_alike_have_the_start_of_their_keys() {
    for other in [
        "Ana",
        "ANA",
        " ana ",
        "An\u{430}",
        "\u{391}na",
        "\u{ff21}\u{ff4e}\u{ff41}",
        "An\u{e1}",
        "Ana.",
        "A\u{200b}na",
        "Ana\u{3164}\u{3164}",
        "A\u{200d}na",
    ] {
        let (ana, twin) = (peer(0x3f, 0x9c), peer(0x77, 0xaa));
        let names = names(&[(ana, "Ana"), (twin, other)]);

        assert_eq!(names.of(ana), Some("Ana \u{b7} 3f9c"), "{other:?}");
        assert_eq!(names.tag(twin), " \u{b7} 77aa", "{other:?}");
    }
}

#[test]
fn letters_and_digits_that_are_mistaken_for_each_other_are_one() {
    for (a, b) in [("Ian", "lan"), ("Mila", "M1la"), ("Otto", "0tt0"), ("Arno", "Amo")] {
        assert_eq!(looks(a), looks(b), "{a} and {b}");
    }
    for (a, b) in [("Ana", "Anna"), ("Ana", "Ana \u{1f338}"), ("\u{65e5}", "\u{6708}")] {
        assert_ne!(looks(a), looks(b), "{a} and {b}");
    }
}

#[test]
fn keys_that_begin_alike_are_shown_up_to_where_they_differ() {
    let mut other = *peer(0x3f, 0x9c).as_bytes();
    other[2] = 8;
    let (ana, twin) = (peer(0x3f, 0x9c), PeerId::from_bytes(other));
    let names = names(&[(ana, "Ana"), (twin, "Ana")]);

    assert_eq!(names.of(ana), Some("Ana \u{b7} 3f9c0707"));
    assert_eq!(names.of(twin), Some("Ana \u{b7} 3f9c0807"));
}

#[test]
fn many_of_one_name_all_have_tags_of_their_own() {
    let many: Vec<_> = (0..=255).map(|n| (peer(n, n % 3), "Ana")).collect();
    let mut all = names(&many);
    all.set(PeerId::from_bytes([9; 32]), "ana");

    let tags: std::collections::BTreeSet<_> = many.iter().map(|(p, _)| all.tag(*p)).collect();
    assert_eq!(tags.len(), 256);
    assert!(tags.iter().all(|tag| tag.len() == " \u{b7} 0000".len() && !tag.is_empty()));
}

#[test]
fn tag_written_into_a_name_deceives_nobody() {
    let (ana, liar) = (peer(0x3f, 0x9c), peer(0x77, 0xaa));
    let names = names(&[(ana, "Ana"), (liar, "Ana \u{2022} 3f9c")]);

    assert_eq!(names.of(ana), Some("Ana \u{b7} 3f9c"));
    assert_eq!(names.of(liar), Some("Ana \u{2022} 3f9c \u{b7} 77aa"));
    let alone = super::tests::names(&[(liar, "Bea \u{b7} 0000")]);
    assert_eq!(alone.of(liar), Some("Bea \u{b7} 0000 \u{b7} 77aa"));
}

#[test]
fn tag_goes_when_the_other_is_called_something_else() {
    let (ana, twin) = (peer(1, 0), peer(2, 0));
    let mut names = names(&[(ana, "Ana"), (twin, "Ana")]);

    names.set(twin, "Bea");

    assert_eq!((names.of(ana), names.of(twin)), (Some("Ana"), Some("Bea")));
}

#[test]
fn only_one_who_is_verified_has_the_plain_name() {
    let (ana, twin, third) = (peer(1, 0), peer(2, 0), peer(3, 0));
    let mut names = names(&[(ana, "Ana"), (twin, "Ana")]);
    let all = |names: &Names| [ana, twin, third].map(|p| names.tag(p).len());

    names.set_verified(ana, true);
    assert_eq!((names.of(ana), all(&names)), (Some("Ana"), [0, 8, 0]));
    names.set(third, "ana");
    assert_eq!(all(&names), [0, 8, 8], "whoever comes later, too");
    names.set_verified(third, true);
    assert_eq!(all(&names), [8, 8, 8], "of two none has it");
    names.set(third, "Bea");
    assert_eq!(all(&names), [0, 8, 0]);
    names.set(third, "Ana");
    assert_eq!(all(&names), [8, 8, 8], "under another name they are who they are");
    names.set_verified(third, false);
    names.set_verified(ana, false);
    assert_eq!(all(&names), [8, 8, 8]);
    assert!(!names.is_verified(ana));
}

#[test]
fn nobody_writes_the_sign_of_the_verified_into_their_name() {
    let names = names(&[(peer(1, 0), "Ana \u{2714}"), (peer(2, 0), "\u{2705}Bea\u{2713}\u{f5a1}")]);

    assert_eq!((names.of(peer(1, 0)), names.of(peer(2, 0))), (Some("Ana"), Some("Bea")));
}

#[test]
fn nothing_in_a_name_turns_its_tag_around() {
    let names = names(&[(peer(1, 2), "Ana\u{202e}"), (peer(3, 4), "Ana")]);

    assert_eq!(names.of(peer(1, 2)), Some("Ana \u{b7} 0102"));
}
