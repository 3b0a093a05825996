//! What the screen shows: X11's root window, again and again.

use std::time::Duration;

use super::{Problem, Shared, Shot};

/// From one look at the screen to the next.
const PAUSE: Duration = Duration::from_millis(300);

/// Looks at the screen until the scan ends. One that stays the same is read again all the same: each time in other ways.
pub(super) fn run(display: Option<&str>, shared: &Shared) {
    if let Err(problem) = watch(display, shared) {
        shared.give_up(problem);
    }
}

fn watch(display: Option<&str>, shared: &Shared) -> Result<(), Problem> {
    let eye = Eye::open(display)?;
    loop {
        // If the reader is behind, a newer picture would only wait.
        if !shared.mailbox.is_full() {
            shared.show(eye.look()?);
        }
        if shared.mailbox.wait_closed(PAUSE) {
            return Ok(());
        }
    }
}

#[cfg(not(target_os = "linux"))]
use blind::Eye;
#[cfg(target_os = "linux")]
use x11::Eye;

/// Where a system asks its user before each look, a pasted screenshot is quicker.
#[cfg(not(target_os = "linux"))]
mod blind {
    use super::{Problem, Shot};

    /// Never made.
    #[derive(Debug)]
    pub(super) enum Eye {}

    impl Eye {
        pub(super) fn open(_display: Option<&str>) -> Result<Self, Problem> {
            Err(Problem::NoScreen)
        }

        pub(super) fn look(&self) -> Result<Shot, Problem> {
            match *self {}
        }
    }
}

#[cfg(target_os = "linux")]
mod x11 {
    use std::error::Error;

    use qr::Luma;
    use x11rb::{
        connection::Connection,
        image::{BitsPerPixel, Image, ImageOrder, PixelLayout, ScanlinePad},
        protocol::xproto::{ConnectionExt, Screen, Window},
        rust_connection::RustConnection,
    };

    use super::{Problem, Shot};
    use crate::scan::frame;

    /// Pixels of one request: a reply of 8 MiB, far below what a server refuses.
    const STRIP_PIXELS: usize = 2 << 20;

    /// A connection to an X server, and what its screen is made of.
    #[derive(Debug)]
    pub(super) struct Eye {
        connection: RustConnection,
        root: Window,
        layout: PixelLayout,
    }

    impl Eye {
        pub(super) fn open(display: Option<&str>) -> Result<Self, Problem> {
            // Under Wayland there is an X server for old programs only; its root window is black.
            let is_wayland =
                std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty());
            if display.is_none() && is_wayland {
                return Err(Problem::NoScreen);
            }
            connect(display).map_err(unseen)
        }

        /// One picture of all screens of the server.
        pub(super) fn look(&self) -> Result<Shot, Problem> {
            self.capture().map_err(unseen)
        }

        fn capture(&self) -> Result<Shot, Box<dyn Error>> {
            let size = self.connection.get_geometry(self.root)?.reply()?;
            let (width, height) = (usize::from(size.width), usize::from(size.height));
            let rows = u16::try_from((STRIP_PIXELS / width.max(1)).max(1)).unwrap_or(u16::MAX);
            let mut colors = Vec::with_capacity(width * height);
            for top in (0..size.height).step_by(usize::from(rows)) {
                let rows = rows.min(size.height - top);
                let y = i16::try_from(top)?;
                let (strip, _) = Image::get(&self.connection, self.root, 0, y, size.width, rows)?;
                let strip =
                    strip.convert(ScanlinePad::Pad32, BitsPerPixel::B32, ImageOrder::LsbFirst);
                colors.extend(strip.data().as_chunks::<4>().0.iter().map(|pixel| {
                    let (red, green, blue) = self.layout.decode(u32::from_le_bytes(*pixel));
                    [red, green, blue].map(|channel| (channel >> 8) as u8)
                }));
            }
            let gray =
                colors.iter().map(|[red, green, blue]| frame::brightness(*red, *green, *blue));
            let luma = Luma::new(width, height, gray.collect())?;
            let preview = frame::preview(width, height, |x, y| {
                colors.get(y * width + x).copied().unwrap_or_default()
            });
            Ok(Shot { lumas: vec![luma], preview: Some(preview) })
        }
    }

    fn connect(display: Option<&str>) -> Result<Eye, Box<dyn Error>> {
        let (connection, number) = x11rb::connect(display)?;
        let screen = connection.setup().roots.get(number).ok_or("no such screen")?;
        let (root, layout) = (screen.root, layout(screen)?);
        Ok(Eye { connection, root, layout })
    }

    /// Where red, green and blue are in a pixel of the root window.
    fn layout(screen: &Screen) -> Result<PixelLayout, Box<dyn Error>> {
        let visual = screen
            .allowed_depths
            .iter()
            .flat_map(|depth| &depth.visuals)
            .find(|visual| visual.visual_id == screen.root_visual)
            .ok_or("the root window has no visual")?;
        Ok(PixelLayout::from_visual_type(*visual)?)
    }

    #[allow(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
    fn unseen(error: Box<dyn Error>) -> Problem {
        log::debug!("the screen cannot be seen: {error}");
        Problem::NoScreen
    }
}
