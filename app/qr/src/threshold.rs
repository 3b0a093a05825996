//! Gray to black and white.

use rxing::{
    Binarizer, Luma8Source,
    common::{BitArray, BitMatrix, HybridBinarizer},
};

use crate::{Luma, LumaView, engine::guarded};

/// rxing's own: thresholds from blocks of 8 x 8 pixels.
pub(crate) fn hybrid(picture: &Luma) -> Option<BitMatrix> {
    let (width, height) =
        (u32::try_from(picture.width()).ok()?, u32::try_from(picture.height()).ok()?);
    guarded(|| {
        let source = Luma8Source::new_with_slice(picture.data(), width, height).ok()?;
        HybridBinarizer::new(source).get_black_matrix().ok().cloned()
    })
    .flatten()
}

/// Dark is what is at least `margin` darker than the mean of the square of `2 * radius + 1` pixels around it.
pub(crate) fn local(view: LumaView<'_>, radius: usize, margin: u32) -> Option<BitMatrix> {
    let (width, height) = (view.width(), view.height());
    let mut bits = BitMatrix::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?).ok()?;
    let mut columns = vec![0_u32; width];
    for y in 0..radius.min(height) {
        add(&mut columns, view.row(y));
    }
    let mut words = vec![0_usize; width.div_ceil(WORD)];
    for y in 0..height {
        add(&mut columns, view.row(y + radius));
        if let Some(old) = y.checked_sub(radius + 1) {
            subtract(&mut columns, view.row(old));
        }
        let rows = (y + radius + 1).min(height) - y.saturating_sub(radius);
        threshold_row(view.row(y), &columns, (radius, rows, margin), &mut words);
        set_row(&mut bits, y, width, &words);
    }
    Some(bits)
}

const WORD: usize = usize::BITS as usize;

fn add(columns: &mut [u32], row: &[u8]) {
    columns.iter_mut().zip(row).for_each(|(sum, px)| *sum += u32::from(*px));
}

fn subtract(columns: &mut [u32], row: &[u8]) {
    columns.iter_mut().zip(row).for_each(|(sum, px)| *sum -= u32::from(*px));
}

fn threshold_row(row: &[u8], columns: &[u32], window: (usize, usize, u32), words: &mut [usize]) {
    let (radius, rows, margin) = window;
    let width = row.len();
    words.fill(0);
    let at = |x: usize| columns.get(x).copied().unwrap_or(0);
    let mut sum: u32 = columns.iter().take(radius).sum();
    for (x, px) in row.iter().enumerate() {
        sum += at(x + radius);
        if let Some(old) = x.checked_sub(radius + 1) {
            sum -= at(old);
        }
        let count = ((x + radius + 1).min(width) - x.saturating_sub(radius)) * rows;
        let dark = (u32::from(*px) + margin) * count as u32 <= sum;
        if let Some(word) = words.get_mut(x / WORD) {
            *word |= usize::from(dark) << (x % WORD);
        }
    }
}

fn set_row(bits: &mut BitMatrix, y: usize, width: usize, words: &[usize]) {
    let mut row = BitArray::with_size(width);
    for (i, word) in words.iter().enumerate() {
        row.setBulk(i * WORD, *word);
    }
    bits.setRow(y as u32, &row);
}
