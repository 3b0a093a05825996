//! What is drawn: small, strong, and readable in a terminal.

use qr::{DrawError, Effort, Luma, QUIET_ZONE, Reader, Style, draw};

/// Modules of a version.
fn side(version: usize) -> usize {
    17 + 4 * version
}

fn invite(letters: usize) -> String {
    "FESTIVAL:MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U".chars().cycle().take(9 + letters).collect()
}

#[test]
fn invites_of_usual_length_stay_within_version_five() {
    for (bytes, version) in [(42, 3), (43, 4), (47, 4), (65, 4), (66, 5), (70, 5)] {
        // Five bits a letter, eight a byte.
        let text = invite((bytes * 8_usize).div_ceil(5));

        assert_eq!(draw(&text).expect("it fits").width, side(version), "{bytes} bytes");
    }
}

#[test]
fn upper_case_takes_less_room_than_lower_case() {
    let upper = invite(80);
    let lower = upper.to_lowercase();

    let widths = [&upper, &lower].map(|text| draw(text).expect("it fits").width);

    assert_eq!(widths, [side(4), side(5)]);
}

#[test]
fn error_correction_is_as_strong_as_the_size_allows() {
    // 78 letters fill version 4 at L (114 letters at most), and fit it at M (90) but not at Q (67).
    let text = invite(78 - 9);
    let code = draw(&text).expect("it fits");
    // Dark modules of the format, next to the top left finder pattern: the first two bits are the level, masked by 10.
    let level = [code.is_dark(0, 8), code.is_dark(1, 8)];

    assert_eq!(code.width, side(4));
    assert_eq!(level, [true, false], "M is 00, and is drawn as 10");
}

#[test]
fn too_much_text_and_none_are_refused() {
    assert_eq!(draw(""), Err(DrawError::Empty));
    assert_eq!(draw(&"a".repeat(3000)), Err(DrawError::TooLong));
    assert_eq!(draw(&"\u{e4}".repeat(1500)), Err(DrawError::TooLong));
}

/// Draws half blocks as a terminal with those letters and that ground would, 4 x 8 pixels a character.
fn seen(text: &str, letters: u8, ground: u8) -> Luma {
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let (columns, rows) = (lines.first().map_or(0, Vec::len), lines.len());
    let mut data = Vec::new();
    for line in &lines {
        for y in 0..8 {
            for character in line {
                let lit: &[char] =
                    if y < 4 { &['\u{2588}', '\u{2580}'] } else { &['\u{2588}', '\u{2584}'] };
                data.extend([if lit.contains(character) { letters } else { ground }; 4]);
            }
        }
    }
    Luma::new(columns * 4, rows * 8, data).expect("the sizes fit")
}

#[test]
fn terminals_show_a_code_that_is_dark_on_light() {
    let code = draw("FESTIVAL:TERMINAL").expect("it fits");
    let colored = code.half_blocks(Style::Colored);
    let start = "\u{1b}[38;5;16;48;5;231m";
    assert!(colored.lines().all(|line| line.starts_with(start) && line.ends_with("\u{1b}[0m")));
    let stripped = colored.replace(start, "").replace("\u{1b}[0m", "");
    let screens = [
        seen(&code.half_blocks(Style::DarkTerminal), 220, 10),
        seen(&code.half_blocks(Style::LightTerminal), 10, 220),
        seen(&stripped, 0, 255),
    ];

    for screen in screens {
        assert!(screen.data()[0] > 200, "the margin is light");
        let text = Reader::new(Effort::Frame).read(screen.view());
        assert_eq!(text.as_deref(), Some("FESTIVAL:TERMINAL"));
    }
}

#[test]
fn picture_has_the_margin_and_size_asked_for() {
    let code = draw("FESTIVAL:SIZE").expect("it fits");

    let picture = code.luma(5, QUIET_ZONE);

    assert_eq!(picture.width(), (code.width + 2 * QUIET_ZONE) * 5);
    assert!(picture.view().row(QUIET_ZONE * 5 - 1).iter().all(|px| *px == 255));
    assert!(picture.view().row(QUIET_ZONE * 5).contains(&0));
}
