//! The two libraries that find and decode codes, behind one face: black and white in, texts out.
//!
//! Both may panic on a picture nobody tried before (`rqrr` 0.11 does on some photographs), so every call is caught, and
//! the panic hook stays silent for it.

use std::{
    cell::Cell,
    collections::HashSet,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use rqrr::{Grid, SimpleGrid};
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, FilteredImageReader, Luma8LuminanceSource,
    MultiUseMultiFormatReader, Reader,
    common::{BitMatrix, DetectorRXingResult, HybridBinarizer},
    qrcode::cpp_port::{
        decoder::Decode,
        detector::{FinderPatternSet, SampleQR},
    },
};

use crate::LumaView;

/// rxing triples smaller pictures until they are 500 pixels wide: a line of a few pixels becomes gigabytes.
const MIN_RXING_SIDE: usize = 150;

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs foreign code that may panic; `None` if it did.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if CATCHING.try_with(Cell::get).unwrap_or(false) {
                log::trace!("a QR library panicked: {info}");
            } else {
                usual(info);
            }
        }));
    });
    let outer = CATCHING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(outer);
    result.ok()
}

/// What rxing reads at one triple.
pub(crate) fn rxing_at(bits: &BitMatrix, triple: &FinderPatternSet) -> Option<String> {
    guarded(|| {
        let sampled = SampleQR(bits, triple).ok()?;
        decode(sampled.getBits())
    })
    .flatten()
}

/// The text of a code whose modules are known.
pub(crate) fn decode(modules: &BitMatrix) -> Option<String> {
    let side = modules.width() as usize;
    if side != modules.height() as usize || side < 21 {
        return None;
    }
    guarded(|| {
        // rqrr takes bytes for UTF-8, as we write them; rxing guesses, but knows the other alphabets.
        let grid = SimpleGrid::from_func(side, |x, y| modules.get(x as u32, y as u32));
        if let Ok((_, text)) = Grid::new(grid).decode() {
            return Some(text);
        }
        let result = Decode(modules).ok()?;
        result.isValid().then(|| result.text())
    })
    .flatten()
    .filter(|text| !text.is_empty())
}

/// What rxing reads by its own means: a pyramid of sizes, closed holes, both tones. Not of pictures narrower than
/// [`MIN_RXING_SIDE`].
pub(crate) fn rxing_any(view: LumaView<'_>) -> Option<String> {
    if view.width().min(view.height()) < MIN_RXING_SIDE {
        return None;
    }
    let (width, height) = (u32::try_from(view.width()).ok()?, u32::try_from(view.height()).ok()?);
    let source = Luma8LuminanceSource::new(view.to_luma().into_data(), width, height).ok()?;
    let hints = DecodeHints {
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        ..DecodeHints::default()
    };
    guarded(|| {
        let mut reader = FilteredImageReader::new(MultiUseMultiFormatReader::default());
        let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
        reader.decode_with_hints(&mut bitmap, &hints).ok()
    })
    .flatten()
    // It guesses at alphabets, and guesses wrong too often.
    .map(|result| result.getText().to_owned())
    .filter(|text| !text.is_empty() && text.is_ascii())
}

/// All texts rqrr reads in a picture or its negative.
pub(crate) fn rqrr_all(view: LumaView<'_>, is_negative: bool) -> Vec<String> {
    let mask = if is_negative { u8::MAX } else { 0 };
    guarded(|| {
        let pixel = |x: usize, y: usize| view.row(y).get(x).map_or(u8::MAX, |px| px ^ mask);
        let mut prepared =
            rqrr::PreparedImage::prepare_from_greyscale(view.width(), view.height(), pixel);
        let grids = prepared.detect_grids();
        let texts = grids.iter().filter_map(|grid| guarded(|| grid.decode().ok()).flatten());
        texts.map(|(_, text)| text).filter(|text| !text.is_empty()).collect()
    })
    .unwrap_or_default()
}
