//! Pictures made of pictures: smaller, larger, sharper, inverted.
//!
//! Sums wrap, so that processors can make many at once: a check of each would cost more than the sum. None can overflow;
//! their bounds stand where they are made.

use crate::{Luma, LumaView};

/// Each pixel the mean of `factor` x `factor` pixels.
pub(crate) fn shrink(view: LumaView<'_>, factor: usize) -> Luma {
    let factor = factor.max(1);
    let (width, height) = (view.width() / factor, view.height() / factor);
    let mut data = Vec::with_capacity(width * height);
    let mut sums = vec![0_u32; width];
    let area = (factor * factor) as u32;
    for y in 0..height {
        sums.fill(area / 2);
        for row in (y * factor..(y + 1) * factor).map(|y| view.row(y)) {
            for (sum, block) in sums.iter_mut().zip(row.chunks_exact(factor)) {
                *sum = block.iter().fold(*sum, |sum, px| sum.wrapping_add(u32::from(*px)));
            }
        }
        data.extend(sums.iter().map(|sum| (sum / area) as u8));
    }
    Luma::made(width, height, data)
}

/// Twice as wide and high, interpolated linearly.
pub(crate) fn double(view: LumaView<'_>) -> Luma {
    let (width, height) = (view.width() * 2, view.height() * 2);
    let mut data = vec![0_u8; width * height];
    // A row with its first and last value once more at each end.
    let mut mixed = vec![0_u16; view.width() + 2];
    for (y, out) in data.chunks_exact_mut(width.max(1)).enumerate() {
        let far = if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { y / 2 + 1 };
        let far = view.row(far.min(view.height() - 1));
        let own = middle(&mut mixed, 1);
        for ((out, a), b) in own.iter_mut().zip(view.row(y / 2)).zip(far) {
            // At most 4 x 255.
            *out = u16::from(*a).wrapping_mul(3).wrapping_add(u16::from(*b));
        }
        extend_ends(&mut mixed, 1);
        let pairs = out.as_chunks_mut::<2>().0.iter_mut();
        for (pair, [left, near, right]) in pairs.zip(mixed.array_windows::<3>()) {
            // At most 16 x 255 + 8.
            let mix =
                |far: &u16| (near.wrapping_mul(3).wrapping_add(*far).wrapping_add(8) / 16) as u8;
            *pair = [mix(left), mix(right)];
        }
    }
    Luma::made(width, height, data)
}

/// The part of a picture around its middle, a half of each side.
pub(crate) fn middle_half(view: LumaView<'_>) -> Luma {
    let (left, top) = (view.width() / 4, view.height() / 4);
    let (width, height) = (view.width() / 2, view.height() / 2);
    let rows = (top..top + height).filter_map(|y| view.row(y).get(left..left + width));
    Luma::made(width, height, rows.flatten().copied().collect())
}

/// The widest `reach` of `box_sums`: its sums must fit 16 bits.
const MAX_REACH: usize = 7;

/// Edges made steeper: each pixel moved away from the mean of the square of `2 * reach + 1` around it, `gain` times as
/// far as it is.
pub(crate) fn sharpen(view: LumaView<'_>, reach: usize, gain: u8) -> Luma {
    let reach = reach.min(MAX_REACH);
    let area = ((2 * reach + 1) * (2 * reach + 1)) as i32;
    let gain = i32::from(gain);
    // In 1/256 of brightness: (1 + gain) of the pixel less gain of the mean.
    let (own, mean) = ((1 + gain) * 256, (256 * gain + area / 2) / area);
    box_filtered(view, reach, |px, sum| {
        let sharp =
            i32::from(px).wrapping_mul(own).wrapping_sub(i32::from(sum).wrapping_mul(mean)) >> 8;
        sharp.clamp(0, 255) as u8
    })
}

/// Noise evened out: each pixel the mean of the square of `2 * reach + 1` around it.
pub(crate) fn soften(view: LumaView<'_>, reach: usize) -> Luma {
    let reach = reach.min(MAX_REACH);
    let area = ((2 * reach + 1) * (2 * reach + 1)) as u32;
    let scale = (1 << 16) / area;
    box_filtered(view, reach, |_, sum| {
        (u32::from(sum).wrapping_mul(scale).wrapping_add(1 << 15) >> 16).min(255) as u8
    })
}

/// Each pixel by way of `mix`, from itself and the sum of the square around it; beyond its edges the picture goes on as
/// it ends.
fn box_filtered(view: LumaView<'_>, reach: usize, mix: impl Fn(u8, u16) -> u8) -> Luma {
    let (width, height) = (view.width(), view.height());
    let side = 2 * reach + 1;
    let row_at = |y: usize| view.row(y.saturating_sub(reach).min(height.saturating_sub(1)));
    let mut columns = vec![0_u16; width + 2 * reach];
    let mut sums = vec![0_u16; width];
    let mut data = vec![0_u8; width * height];
    for y in 0..side - 1 {
        middle(&mut columns, reach)
            .iter_mut()
            .zip(row_at(y))
            .for_each(|(sum, px)| *sum = sum.wrapping_add(u16::from(*px)));
    }
    for (y, out) in data.chunks_exact_mut(width.max(1)).enumerate() {
        let own = middle(&mut columns, reach);
        own.iter_mut()
            .zip(row_at(y + side - 1))
            .for_each(|(sum, px)| *sum = sum.wrapping_add(u16::from(*px)));
        extend_ends(&mut columns, reach);
        sums.fill(0);
        for shifted in (0..side).filter_map(|shift| columns.get(shift..)) {
            sums.iter_mut().zip(shifted).for_each(|(sum, column)| *sum = sum.wrapping_add(*column));
        }
        for ((out, px), sum) in out.iter_mut().zip(view.row(y)).zip(&sums) {
            *out = mix(*px, *sum);
        }
        middle(&mut columns, reach)
            .iter_mut()
            .zip(row_at(y))
            .for_each(|(sum, px)| *sum = sum.wrapping_sub(u16::from(*px)));
    }
    Luma::made(width, height, data)
}

/// All but `reach` values at each end.
fn middle(columns: &mut [u16], reach: usize) -> &mut [u16] {
    let end = columns.len() - reach;
    columns.get_mut(reach..end).unwrap_or(&mut [])
}

/// Repeats the first and last of the middle values to both ends.
fn extend_ends(columns: &mut [u16], reach: usize) {
    let own = middle(columns, reach);
    let ends = (own.first().copied().unwrap_or(0), own.last().copied().unwrap_or(0));
    columns.iter_mut().take(reach).for_each(|edge| *edge = ends.0);
    columns.iter_mut().rev().take(reach).for_each(|edge| *edge = ends.1);
}
