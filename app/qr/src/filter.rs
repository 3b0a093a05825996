//! Pictures made of pictures: smaller, larger, sharper, inverted.

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
                *sum += block.iter().map(|px| u32::from(*px)).sum::<u32>();
            }
        }
        data.extend(sums.iter().map(|sum| (sum / area) as u8));
    }
    Luma::made(width, height, data)
}

/// Twice as wide and high, interpolated linearly.
pub(crate) fn double(view: LumaView<'_>) -> Luma {
    let (width, height) = (view.width() * 2, view.height() * 2);
    let mut data = Vec::with_capacity(width * height);
    let mut mixed = vec![0_u16; view.width()];
    for y in 0..height {
        let (near, far) = (view.row(y / 2), neighbor_row(view, y));
        for ((out, a), b) in mixed.iter_mut().zip(near).zip(far) {
            *out = u16::from(*a) * 3 + u16::from(*b);
        }
        widen(&mixed, &mut data);
    }
    Luma::made(width, height, data)
}

/// The row that the doubled row `y` lies next to: above for even, below for odd.
fn neighbor_row(view: LumaView<'_>, y: usize) -> &[u8] {
    let far = if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { y / 2 + 1 };
    view.row(far.min(view.height().saturating_sub(1)))
}

fn widen(mixed: &[u16], data: &mut Vec<u8>) {
    let at = |x: usize| mixed.get(x).copied().unwrap_or(0);
    let last = mixed.len().saturating_sub(1);
    for (x, near) in mixed.iter().enumerate() {
        let (left, right) = (at(x.saturating_sub(1)), at((x + 1).min(last)));
        data.push(((near * 3 + left + 8) / 16) as u8);
        data.push(((near * 3 + right + 8) / 16) as u8);
    }
}

/// Light for dark.
pub(crate) fn invert(view: LumaView<'_>) -> Luma {
    let mut luma = view.to_luma().into_data();
    luma.iter_mut().for_each(|px| *px = 255 - *px);
    Luma::made(view.width(), view.height(), luma)
}
