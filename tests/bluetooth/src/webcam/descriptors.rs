//! What the camera says of itself: a USB video device (UVC 1.0) with one format, uncompressed, sent in bulk.

/// Pixels across and down.
pub(crate) const SIZE: (usize, usize) = (640, 480);

/// Bytes of one picture: four for two pixels.
pub(crate) const FRAME_LEN: usize = SIZE.0 * SIZE.1 * 2;

/// The most bytes of one transfer, a head and a part of a picture: what Linux asks for at a time, so that the two
/// are the same and each request has one head.
pub(crate) const PAYLOAD_LEN: usize = 16 * 1024;

/// What the system calls the camera.
pub(crate) const NAME: &str = "Festival test camera";

/// From picture to picture, in steps of 100 ns: thirty in a second.
const INTERVAL: u32 = 333_333;

pub(crate) const DEVICE: [u8; 18] = [
    18, 1, 0, 2, // USB 2.0
    0xEF, 2, 1, 64, // functions of several interfaces; packets of the control endpoint
    0x09, 0x12, 1, 0, 0, 1, // pid.codes' number for tests
    0, 1, 0, 1, // the name is string 1; one configuration
];

/// The configuration: a control interface with a lens and a way out, and a streaming interface.
pub(crate) fn configuration() -> Vec<u8> {
    let control = join(&[
        &[13, 0x24, 1, 0, 1, 40, 0, 0x80, 0x8D, 0x5B, 0, 1, 1],
        &[18, 0x24, 2, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0],
        &[9, 0x24, 3, 2, 1, 1, 0, 1, 0],
    ]);
    let format = join(&[
        &[27, 0x24, 4, 1, 1],
        b"YUY2",
        &[0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71],
        &[16, 1, 0, 0, 0, 0],
    ]);
    let bits = u32::try_from(FRAME_LEN * 8 * 30).unwrap_or(u32::MAX).to_le_bytes();
    let frame = join(&[
        &[30, 0x24, 5, 1, 0],
        &short(SIZE.0),
        &short(SIZE.1),
        &bits,
        &bits,
        &long(FRAME_LEN),
        &INTERVAL.to_le_bytes(),
        &[1],
        &INTERVAL.to_le_bytes(),
    ]);
    let colors = [6, 0x24, 0x0D, 1, 1, 4];
    let header = join(&[
        &[14, 0x24, 1, 1],
        &short(14 + format.len() + frame.len() + colors.len()),
        &[0x81, 0, 2, 0, 0, 0, 1, 0],
    ]);
    let rest = join(&[
        &[8, 0x0B, 0, 2, 0x0E, 3, 0, 0],
        &[9, 4, 0, 0, 0, 0x0E, 1, 0, 0],
        &control,
        &[9, 4, 1, 0, 1, 0x0E, 2, 0, 0],
        &header,
        &format,
        &frame,
        &colors,
        &[7, 5, 0x81, 2, 0, 2, 0],
    ]);
    join(&[&[9, 2], &short(9 + rest.len()), &[2, 1, 0, 0x80, 50], &rest])
}

/// A string by its number; number 0 says in which language.
pub(crate) fn string(number: u8) -> Vec<u8> {
    let text: Vec<u8> = match number {
        0 => vec![9, 4],
        _ => NAME.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    };
    let len = u8::try_from(text.len() + 2).unwrap_or(u8::MAX);
    join(&[&[len, 3], &text])
}

/// What is agreed on before pictures come: the one format there is.
pub(crate) fn agreement() -> Vec<u8> {
    join(&[&[1, 0, 1, 1], &INTERVAL.to_le_bytes(), &[0; 10], &long(FRAME_LEN), &long(PAYLOAD_LEN)])
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
