//! Gray pictures: one byte a pixel, 0 is black.

/// The largest width or height taken, in pixels: well above every camera and screen.
pub const MAX_SIDE: usize = 20_000;

/// The most pixels taken: a 108 megapixel phone photo passes; a bomb of a picture does not.
pub const MAX_PIXELS: usize = 110_000_000;

/// Why bytes are no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LumaError {
    /// Wider or higher than [`MAX_SIDE`], or more than [`MAX_PIXELS`].
    #[error("the picture is too large ({width} x {height})")]
    TooLarge {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// Fewer bytes than pixels, or rows that overlap.
    #[error("the picture is cut short")]
    Short,
}

/// An owned gray picture, rows without gaps.
#[derive(Clone, PartialEq, Eq)]
pub struct Luma {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Luma {
    /// A picture of `width` x `height` bytes, row by row; bytes after the last row are dropped.
    ///
    /// # Errors
    /// [`LumaError::TooLarge`] above the limits, [`LumaError::Short`] if bytes are missing.
    pub fn new(width: usize, height: usize, mut data: Vec<u8>) -> Result<Self, LumaError> {
        check(width, height, width, data.len())?;
        data.truncate(width * height);
        Ok(Self { width, height, data })
    }

    /// `data` is `side` x `side` bytes; made by this crate only.
    pub(crate) fn square(side: usize, data: Vec<u8>) -> Self {
        Self::made(side, side, data)
    }

    /// A picture computed by this crate out of a checked one.
    pub(crate) fn made(width: usize, height: usize, data: Vec<u8>) -> Self {
        debug_assert_eq!(data.len(), width * height);
        Self { width, height, data }
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The pixels, given away.
    #[must_use]
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// This picture, borrowed.
    #[must_use]
    pub fn view(&self) -> LumaView<'_> {
        LumaView { width: self.width, height: self.height, stride: self.width, data: &self.data }
    }
}

impl std::fmt::Debug for Luma {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Luma({} x {})", self.width, self.height)
    }
}

/// A borrowed gray picture, whose rows may have gaps between them (as camera planes do).
#[derive(Clone, Copy)]
pub struct LumaView<'a> {
    width: usize,
    height: usize,
    stride: usize,
    data: &'a [u8],
}

impl<'a> LumaView<'a> {
    /// A picture of `width` x `height` bytes without gaps.
    ///
    /// # Errors
    /// [`LumaError::TooLarge`] above the limits, [`LumaError::Short`] if bytes are missing.
    pub fn new(width: usize, height: usize, data: &'a [u8]) -> Result<Self, LumaError> {
        Self::with_stride(width, height, width, data)
    }

    /// A picture whose rows start `stride` bytes apart.
    ///
    /// # Errors
    /// [`LumaError::TooLarge`] above the limits, [`LumaError::Short`] if bytes are missing or `stride` is below `width`.
    pub fn with_stride(
        width: usize,
        height: usize,
        stride: usize,
        data: &'a [u8],
    ) -> Result<Self, LumaError> {
        check(width, height, stride, data.len())?;
        Ok(Self { width, height, stride, data })
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Row `y` from the top, `width` bytes; empty below the picture.
    #[must_use]
    pub fn row(&self, y: usize) -> &'a [u8] {
        if y >= self.height {
            return &[];
        }
        let start = y * self.stride;
        self.data.get(start..start + self.width).unwrap_or(&[])
    }

    /// A copy without gaps.
    #[must_use]
    pub fn to_luma(&self) -> Luma {
        let mut data = Vec::with_capacity(self.width * self.height);
        for y in 0..self.height {
            data.extend_from_slice(self.row(y));
        }
        Luma::made(self.width, self.height, data)
    }
}

impl std::fmt::Debug for LumaView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LumaView({} x {})", self.width, self.height)
    }
}

fn check(width: usize, height: usize, stride: usize, len: usize) -> Result<(), LumaError> {
    let pixels = width.checked_mul(height).filter(|pixels| *pixels <= MAX_PIXELS);
    if width > MAX_SIDE || height > MAX_SIDE || pixels.is_none() {
        return Err(LumaError::TooLarge { width, height });
    }
    if stride < width {
        return Err(LumaError::Short);
    }
    let needed = match height {
        0 => Some(0),
        _ => stride.checked_mul(height - 1).and_then(|bytes| bytes.checked_add(width)),
    };
    match needed {
        Some(bytes) if bytes <= len => Ok(()),
        _ => Err(LumaError::Short),
    }
}
