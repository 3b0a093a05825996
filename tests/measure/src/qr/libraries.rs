//! The libraries as their documentation says to use them, nothing added.

use std::{collections::HashSet, panic};

use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, FilteredImageReader, Luma8Source,
    MultiUseMultiFormatReader, Reader, common::HybridBinarizer,
};
use torture::Frame;

/// rqrr, which panics on some pictures.
pub(super) fn rqrr(frame: &Frame) -> Option<String> {
    panic::catch_unwind(|| {
        let pixel = |x: usize, y: usize| frame.gray[y * frame.width + x];
        let mut prepared =
            rqrr::PreparedImage::prepare_from_greyscale(frame.width, frame.height, pixel);
        let grids = prepared.detect_grids();
        grids.iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text)
    })
    .unwrap_or(None)
}

/// rxing's best: a pyramid of sizes, closed holes, and negatives.
pub(super) fn rxing(frame: &Frame) -> Option<String> {
    panic::catch_unwind(|| {
        let source =
            Luma8Source::new_with_slice(&frame.gray, frame.width as u32, frame.height as u32)
                .ok()?;
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        let hints = DecodeHints {
            TryHarder: Some(true),
            AlsoInverted: Some(true),
            PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
            ..DecodeHints::default()
        };
        let mut reader = FilteredImageReader::new(MultiUseMultiFormatReader::default());
        Some(reader.decode_with_hints(&mut bitmap, &hints).ok()?.getText().to_owned())
    })
    .unwrap_or(None)
}
