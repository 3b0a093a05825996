//! What the camera sees, made ready for whoever reads codes, and why it sees nothing.

use qr::{Luma, LumaView};

/// A picture that stands upright, of one whose rows begin `stride` bytes apart and which is to be turned to the right by
/// `turn` degrees. `None` if the bytes are no such picture.
pub(crate) fn upright(
    bytes: &[u8],
    [width, height, stride]: [usize; 3],
    turn: i32,
) -> Option<Luma> {
    let seen = LumaView::with_stride(width, height, stride, bytes).ok()?;
    let at = |x: usize, y: usize| seen.row(y).get(x).copied().unwrap_or_default();
    let (right, bottom) = (width.checked_sub(1)?, height.checked_sub(1)?);
    match turn.rem_euclid(360) {
        90 => drawn(height, width, |x, y| at(y, bottom - x)),
        180 => drawn(width, height, |x, y| at(right - x, bottom - y)),
        270 => drawn(height, width, |x, y| at(right - y, x)),
        _ => Some(seen.to_luma()),
    }
}

fn drawn(width: usize, height: usize, at: impl Fn(usize, usize) -> u8) -> Option<Luma> {
    let rows = 0..height;
    let pixels = rows.flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| at(x, y));
    Luma::new(width, height, pixels.collect()).ok()
}

/// A sentence for each reason of `Camera` in Java.
pub(crate) fn sentence(why: i32) -> &'static str {
    match why {
        0 => "No camera was found. Choose a picture of the code, or paste its link.",
        1 => "Another app uses the camera. Close it (a call, for example), then try again.",
        2 => "Another app has taken the camera. Try again when it is done.",
        3 => {
            "The camera may not be used. Allow it in the settings of your phone, or choose a picture of the code."
        }
        _ => "The camera does not work. Choose a picture of the code, or paste its link.",
    }
}

#[cfg(test)]
mod tests {
    use super::upright;

    #[test]
    fn picture_is_turned_to_the_right_and_what_lies_between_its_rows_is_dropped() {
        // 1 2 3
        // 4 5 6, and two bytes after each row but the last.
        let bytes = [1, 2, 3, 99, 99, 4, 5, 6];
        let turned = |turn| {
            let luma = upright(&bytes, [3, 2, 5], turn).expect("a picture");
            (luma.width(), luma.height(), luma.into_data())
        };

        assert_eq!(turned(0), (3, 2, vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(turned(90), (2, 3, vec![4, 1, 5, 2, 6, 3]));
        assert_eq!(turned(180), (3, 2, vec![6, 5, 4, 3, 2, 1]));
        assert_eq!(turned(270), (2, 3, vec![3, 6, 2, 5, 1, 4]));
    }

    #[test]
    fn bytes_that_are_no_such_picture_are_none() {
        assert_eq!(upright(&[1, 2, 3], [2, 2, 2], 0), None);
        assert_eq!(upright(&[1, 2, 3, 4], [2, 2, 1], 0), None);
        assert_eq!(upright(&[], [0, 0, 0], 90), None);
        assert_eq!(upright(&[1; 4], [usize::MAX, 2, usize::MAX], 90), None);
    }
}
