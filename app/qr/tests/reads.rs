//! What a reader must read, and what it must survive.

use proptest::prelude::*;
use qr::{Effort, Luma, LumaView, QUIET_ZONE, Reader};
use torture::{CONDITIONS, Chance, Frame, HD, Size, VGA, frame};

/// Another seed than the benchmark's, so that what is tuned there is tested here.
const SEED: u64 = 7_000_000;

fn read(effort: Effort, frame: &Frame) -> Option<String> {
    let view = LumaView::new(frame.width, frame.height, &frame.gray).expect("a frame is whole");
    Reader::new(effort).read(view)
}

/// Reads one picture of each condition; the names of those that were not read.
fn unread(effort: Effort, size: Size, seed: u64, must: bool) -> Vec<&'static str> {
    let tried = CONDITIONS.iter().filter(|condition| condition.must == must);
    let mut unread = Vec::new();
    for condition in tried {
        let frame = frame(condition, size, seed);
        match read(effort, &frame) {
            None => unread.push(condition.name),
            Some(text) => assert_eq!(text, frame.text, "{}: a wrong text", condition.name),
        }
    }
    unread
}

#[test]
fn single_video_frame_is_read_under_every_must_condition() {
    for (size, seed) in [(VGA, SEED), (HD, SEED + 1)] {
        let unread = unread(Effort::Frame, size, seed, true);

        assert!(unread.is_empty(), "{size:?}: {unread:?}");
    }
}

#[test]
fn single_photo_is_read_under_nearly_every_harder_condition() {
    let unread = unread(Effort::Photo, VGA, SEED + 2, false);

    assert!(unread.len() <= 2, "{unread:?}");
}

#[test]
fn every_drawn_text_is_read_back() {
    let long = "FESTIVAL:".to_owned() + &"MFRGGZDFMZTWQ2LK".repeat(40);
    for text in
        ["1", "FESTIVAL:ABC", "https://example.org/?q=1", "Gr\u{fc}\u{df}e \u{1f3aa}", &long]
    {
        let picture = qr::draw(text).expect("it fits").luma(3, QUIET_ZONE);

        let read = Reader::new(Effort::Photo).read(picture.view());

        assert_eq!(read.as_deref(), Some(text));
    }
}

#[test]
fn all_codes_of_a_picture_are_read_and_a_wanted_one_ends_it() {
    let texts = ["FESTIVAL:MENU", "HTTPS://EXAMPLE.ORG", "FESTIVAL:OURS"];
    let pictures = texts.map(|text| qr::draw(text).expect("it fits").luma(4, QUIET_ZONE));
    let side = pictures.iter().map(Luma::width).max().expect("there are three");
    let mut data = vec![255; side * side * texts.len()];
    for (i, picture) in pictures.iter().enumerate() {
        for y in 0..picture.height() {
            let start = y * side * texts.len() + i * side;
            data[start..start + picture.width()].copy_from_slice(picture.view().row(y));
        }
    }
    let row = Luma::new(side * texts.len(), side, data).expect("the sizes fit");

    let mut all = Reader::new(Effort::Frame).read_all(row.view());
    let ours = Reader::new(Effort::Frame).read_until(row.view(), |text| text.ends_with("OURS"));

    all.sort();
    let mut sorted = texts;
    sorted.sort_unstable();
    assert_eq!(all, sorted);
    assert_eq!(ours.last().map(String::as_str), Some("FESTIVAL:OURS"));
}

#[test]
fn nothing_is_read_where_there_is_nothing() {
    let mut chance = Chance::new(SEED);
    for round in 0..6 {
        let grain = 1 + round;
        let (width, height) = (320, 240);
        let cells: Vec<u8> = (0..width * height).map(|_| chance.any() as u8).collect();
        let gray = (0..width * height)
            .map(|i| cells[(i / width / grain) * width + i % width / grain])
            .collect();
        let noise = Luma::new(width, height, gray).expect("the sizes fit");

        let texts = Reader::new(Effort::Photo).read_all(noise.view());

        assert_eq!(texts, Vec::<String>::new(), "grain {grain}");
    }
}

/// rxing's own search takes minutes for such a floor; ours must see that it is one.
#[test]
fn floor_tiled_with_finder_patterns_ends() {
    let (width, height, module) = (1280, 720, 2);
    let dark = |x: usize, y: usize| {
        let ring = (x / module % 8).abs_diff(3).max((y / module % 8).abs_diff(3));
        ring < 2 || ring == 3
    };
    let gray = (0..width * height).map(|i| if dark(i % width, i / width) { 0 } else { 255 });
    let floor = Luma::new(width, height, gray.collect()).expect("the sizes fit");

    for effort in [Effort::Frame, Effort::Photo] {
        assert_eq!(Reader::new(effort).read(floor.view()), None);
    }
}

#[test]
fn camera_rows_may_have_gaps() {
    let picture = qr::draw("FESTIVAL:GAPS").expect("it fits").luma(4, QUIET_ZONE);
    let (side, stride) = (picture.width(), picture.width() + 37);
    let mut data = vec![77; stride * side];
    for y in 0..side {
        data[y * stride..y * stride + side].copy_from_slice(picture.view().row(y));
    }
    let view = LumaView::with_stride(side, side, stride, &data).expect("the rows are there");

    assert_eq!(Reader::new(Effort::Frame).read(view).as_deref(), Some("FESTIVAL:GAPS"));
}

#[test]
fn pictures_out_of_bounds_are_refused() {
    use qr::{LumaError, MAX_SIDE};
    let huge = LumaView::new(MAX_SIDE + 1, 1, &[]);
    let many = LumaView::new(MAX_SIDE, MAX_SIDE, &[]);
    let overflowing = LumaView::with_stride(2, 3, usize::MAX, &[0; 6]);
    let short = LumaView::new(3, 3, &[0; 8]);
    let overlapping = LumaView::with_stride(3, 3, 2, &[0; 9]);

    assert!(matches!(huge, Err(LumaError::TooLarge { .. })));
    assert!(matches!(many, Err(LumaError::TooLarge { .. })));
    assert!(matches!(overflowing, Err(LumaError::Short)));
    assert!(matches!(short, Err(LumaError::Short)));
    assert!(matches!(overlapping, Err(LumaError::Short)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Any size, from none to long and thin, of any pixels: noise, flat, or stripes that look like finder patterns.
    #[test]
    fn no_picture_makes_a_reader_panic(
        (width, height) in prop_oneof![(0..40_usize, 0..40_usize), (0..4_usize, 0..3000_usize), (0..3000_usize, 0..4_usize), (60..260_usize, 60..260_usize)],
        seed: u64,
        kind in 0..4_usize,
    ) {
        let mut chance = Chance::new(seed);
        let tone = chance.any() as u8;
        let period = 1 + chance.below(9);
        let ring = |at: usize| [0_u8, 255, 0, 0, 0, 255, 0, 255][at / period % 8];
        let pixels: Vec<u8> = (0..width * height).map(|i| {
            let (x, y) = (i % width, i / width);
            match kind {
                0 => chance.any() as u8,
                1 => tone,
                2 => ring(x),
                _ => ring(x).max(ring(y)),
            }
        }).collect();
        let view = LumaView::new(width, height, &pixels).expect("the sizes fit");

        for effort in [Effort::Frame, Effort::Photo] {
            let mut reader = Reader::new(effort);
            for _ in 0..8 {
                let _ = reader.read(view);
                if effort == Effort::Photo {
                    break;
                }
            }
        }
    }
}
