//! A scan in progress and what it shows.

use std::sync::Arc;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use engine::{Invite, PersonCode};

use super::ChatApp;
use crate::{
    model::sentence,
    scan::{ScanState, Scanner, Source},
    ui::{action::ScanFrom, route::Route, scan::ScanView},
};

/// The scan, if there is one.
#[derive(Default)]
pub(super) struct Scanning {
    running: Option<(ScanFrom, Scanner)>,
    state: ScanState,
    texture: Option<TextureHandle>,
    shown: u64,
}

impl Scanning {
    pub(super) fn start(
        &mut self,
        from: ScanFrom,
        source: Source,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) {
        self.stop();
        let is_ours = |text: &str| Invite::parse(text).is_ok() || PersonCode::parse(text).is_ok();
        self.running = Some((from, Scanner::start_for(source, is_ours, wake)));
    }

    /// Where it is looking, if it is.
    pub(super) fn from(&self) -> Option<ScanFrom> {
        self.running.as_ref().map(|(from, _)| *from)
    }

    /// Lets go of the picture. The next one is shown as usual.
    pub(super) fn let_go(&mut self) {
        self.texture = None;
        self.state.preview = None;
    }

    pub(super) fn stop(&mut self) {
        *self = Self::default();
    }

    pub(super) fn view(&self, can: Vec<ScanFrom>, of: Option<String>) -> ScanView {
        let ignored = self.state.ignored.is_some();
        let problem = match &self.state.problem {
            Some(_) if ignored => None,
            Some(problem) => Some(sentence(&problem.to_string())),
            None => None,
        };
        let foreign = ignored.then(|| "This code is not one of Festival Chat.".to_owned());
        ScanView {
            from: self.from(),
            preview: self.texture.as_ref().map(|texture| (texture.id(), texture.size_vec2())),
            problem: problem.or(foreign),
            of,
            can,
            nearby: Vec::new(),
            permits: Vec::new(),
        }
    }

    /// Takes the newest picture and whatever was found.
    fn poll(&mut self, ctx: &Context) -> Option<String> {
        let (_, scanner) = self.running.as_ref()?;
        self.state = scanner.poll();
        if let Some(preview) = &self.state.preview
            && self.state.shown != self.shown
        {
            self.shown = self.state.shown;
            let size = [preview.width, preview.height];
            let image = ColorImage::from_rgba_unmultiplied(size, &preview.rgba);
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::LINEAR),
                None => {
                    self.texture = Some(ctx.load_texture("scan", image, TextureOptions::LINEAR));
                }
            }
        }
        self.state.found.take()
    }
}

impl ChatApp {
    /// Shows what the scan sees; follows the invite it finds.
    pub(super) fn follow_scan(&mut self, ctx: &Context) {
        if !matches!(self.state.stack.top(), Route::Scan | Route::ScanPerson(..)) {
            self.scanning.stop();
            return;
        }
        if let Some(text) = self.scanning.poll(ctx) {
            self.host.pulse();
            self.join(&text);
        }
    }

    /// Looks for a QR in a picture that came by itself: chosen, dropped or pasted.
    pub(super) fn scan_source(&mut self, ctx: &Context, source: Source) {
        if !matches!(self.state.stack.top(), Route::ScanPerson(..)) {
            self.state.stack.switch(Route::Scan);
        }
        self.scanning.start(ScanFrom::File, source, Self::waker(ctx));
    }

    pub(super) fn scan_image(&mut self, ctx: &Context, image: &ColorImage) {
        let [width, height] = image.size;
        let data = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
        self.scan_source(ctx, Source::Rgba { width, height, data });
    }
}
