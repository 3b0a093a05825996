//! Gray to black and white.

use rxing::common::{BitArray, BitMatrix};

use crate::LumaView;

/// Side of a block, in pixels.
const BLOCK: usize = 8;

/// Brightest less darkest pixel of a block from which both dark and light are in it.
const MIN_RANGE: u8 = 20;

/// How much darker than the mean dark is, by [`Rule::Near`].
const MARGIN: u32 = 3;

const WORD: usize = usize::BITS as usize;

/// How the limit between dark and light is found for a block of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// The mean of those of the 5 x 5 blocks around it that hold both dark and light. Flat places stay flat.
    Mixed,
    /// A little less than the mean of the 3 x 3 blocks around it. Follows shadows closely, and speckles flat places.
    Near,
}

impl Rule {
    /// Blocks to each side that count.
    fn reach(self) -> usize {
        match self {
            Self::Mixed => 2,
            Self::Near => 1,
        }
    }
}

/// What a block of pixels is like.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    mean: u16,
    is_mixed: bool,
}

/// Black where a pixel is not brighter than the limit of its block; `None` for pictures smaller than a block.
pub(crate) fn binarize(view: LumaView<'_>, rule: Rule) -> Option<BitMatrix> {
    let (width, height) = (view.width(), view.height());
    if width < BLOCK || height < BLOCK {
        return None;
    }
    let mut bits = BitMatrix::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?).ok()?;
    let columns = width / BLOCK;
    let blocks: Vec<Vec<Block>> =
        (0..height / BLOCK).map(|row| block_row(view, row, columns)).collect();
    let mut above = vec![0_u8; columns];
    let mut words = vec![0_usize; width.div_ceil(WORD)];
    let mut limits = vec![0_u8; width];
    for (row, own) in blocks.iter().enumerate() {
        let around = row.saturating_sub(rule.reach())..(row + rule.reach() + 1).min(blocks.len());
        let sums = sums_down(blocks.get(around)?, columns, rule);
        above = limits_across(&sums, own, &above, rule);
        for (slots, limit) in limits.chunks_mut(BLOCK).zip(above.iter().chain(above.last())) {
            slots.fill(*limit);
        }
        let end = if row + 1 == blocks.len() { height } else { (row + 1) * BLOCK };
        for y in row * BLOCK..end {
            pack(view.row(y), &limits, &mut words);
            set_row(&mut bits, y, width, &words);
        }
    }
    Some(bits)
}

/// The blocks of a row. Down the columns first: that is whole rows at once, which processors do many pixels at a time.
fn block_row(view: LumaView<'_>, row: usize, columns: usize) -> Vec<Block> {
    let width = columns * BLOCK;
    let mut sums = vec![0_u16; width];
    let (mut lows, mut highs) = (vec![u8::MAX; width], vec![u8::MIN; width]);
    for y in row * BLOCK..(row + 1) * BLOCK {
        let slots = sums.iter_mut().zip(&mut lows).zip(&mut highs);
        for (((sum, low), high), px) in slots.zip(view.row(y)) {
            // 64 pixels of 255 fit.
            *sum = sum.wrapping_add(u16::from(*px));
            *low = (*low).min(*px);
            *high = (*high).max(*px);
        }
    }
    let ranges = lows.as_chunks::<BLOCK>().0.iter().zip(highs.as_chunks::<BLOCK>().0);
    let blocks = sums.as_chunks::<BLOCK>().0.iter().zip(ranges).map(|(sums, (lows, highs))| {
        let sum = sums.iter().fold(0_u16, |sum, column| sum.wrapping_add(*column));
        let low = lows.iter().fold(u8::MAX, |low, px| low.min(*px));
        let high = highs.iter().fold(u8::MIN, |high, px| high.max(*px));
        Block {
            mean: sum / (BLOCK * BLOCK) as u16,
            is_mixed: high.saturating_sub(low) >= MIN_RANGE,
        }
    });
    blocks.collect()
}

/// For each column of blocks: the sum of the means that count, and how many they are.
fn sums_down(rows: &[Vec<Block>], columns: usize, rule: Rule) -> Vec<(u32, u32)> {
    let mut sums = vec![(0, 0); columns];
    for row in rows {
        for ((sum, count), block) in sums.iter_mut().zip(row) {
            if rule == Rule::Near || block.is_mixed {
                *sum += u32::from(block.mean);
                *count += 1;
            }
        }
    }
    sums
}

/// The limits of a row of blocks, given the sums around it and the limits above it.
fn limits_across(sums: &[(u32, u32)], own: &[Block], above: &[u8], rule: Rule) -> Vec<u8> {
    let mut limits: Vec<u8> = Vec::with_capacity(own.len());
    for (x, (block, above)) in own.iter().zip(above).enumerate() {
        let window = x.saturating_sub(rule.reach())..(x + rule.reach() + 1).min(own.len());
        let window = sums.get(window).unwrap_or(&[]);
        let (sum, count) = window.iter().fold((0, 0), |(sum, count), (s, c)| (sum + s, count + c));
        let beside = u32::from(limits.last().copied().unwrap_or(0).max(*above));
        let own = u32::from(block.mean);
        let limit = match (sum.checked_div(count), rule) {
            (Some(mean), Rule::Near) => mean.saturating_sub(MARGIN),
            (Some(mean), Rule::Mixed) => mean,
            // Flat far and wide: dark if it would be among its neighbors, as inside large modules.
            (None, _) if own < beside => beside,
            (None, _) => own / 2,
        };
        limits.push(limit.min(255) as u8);
    }
    limits
}

/// One bit for each pixel that is not brighter than its limit.
fn pack(row: &[u8], limits: &[u8], words: &mut [usize]) {
    const EIGHT: usize = 8;
    let mut bytes = row.chunks(EIGHT).zip(limits.chunks(EIGHT)).map(|(pixels, limits)| {
        let mut flags = [0_u8; EIGHT];
        for ((flag, px), limit) in flags.iter_mut().zip(pixels).zip(limits) {
            *flag = u8::from(px <= limit);
        }
        // Gathers the lowest bit of each byte in the highest byte.
        (u64::from_le_bytes(flags).wrapping_mul(0x0102_0408_1020_4080) >> 56) as usize
    });
    for word in words {
        *word =
            (0..WORD / EIGHT).fold(0, |word, i| word | bytes.next().unwrap_or(0) << (i * EIGHT));
    }
}

fn set_row(bits: &mut BitMatrix, y: usize, width: usize, words: &[usize]) {
    let mut row = BitArray::with_size(width);
    for (i, word) in words.iter().enumerate() {
        row.setBulk(i * WORD, *word);
    }
    bits.setRow(y as u32, &row);
}
