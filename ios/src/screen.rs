//! The screen of a phone: egui, driven frame by frame with what the host hands over.

use std::{
    mem::take,
    time::{Duration, Instant},
};

use app::chat_app::ChatApp;
use egui::{
    ClippedPrimitive, Context, Event, ImeEvent, Key, Modifiers, OutputCommand, PointerButton, Pos2,
    RawInput, Rect, SafeAreaInsets, Theme, TouchDeviceId, TouchId, TouchPhase, Vec2,
    epaint::{MarginF32, textures::TexturesDelta},
};

/// The one touch screen of a phone.
const TOUCH_SCREEN: TouchDeviceId = TouchDeviceId(0);

/// What is drawn, and what has happened since it was last drawn.
pub(crate) struct Screen {
    ctx: Context,
    input: RawInput,
    size: Vec2,
    /// Pixels of the screen in a point.
    scale: f32,
    /// The finger that points: others only touch.
    finger: Option<u64>,
    started: Instant,
    /// Textures of frames that could not be drawn.
    textures: TexturesDelta,
}

/// One frame, ready to be drawn.
pub(crate) struct Frame {
    #[cfg_attr(not(target_os = "ios"), expect(dead_code, reason = "only Metal draws"))]
    pub(crate) primitives: Vec<ClippedPrimitive>,
    #[cfg_attr(not(target_os = "ios"), expect(dead_code, reason = "only Metal draws"))]
    pub(crate) pixels_per_point: f32,
    /// When the next one is wanted, if nothing happens before.
    pub(crate) next: Duration,
    /// Where a text is being written, if one is.
    pub(crate) caret: Option<Rect>,
    /// Text for the clipboard.
    pub(crate) copied: Option<String>,
    /// A page to open in the browser.
    pub(crate) url: Option<String>,
}

impl Screen {
    /// A screen without a size yet; `wake` is called from any thread when there is something new
    /// to draw.
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let ctx = Context::default();
        #[cfg(target_os = "ios")]
        ctx.add_font_provider(std::sync::Arc::new(
            egui_system_font_provider::SystemFontProvider::new(),
        ));
        ctx.set_request_repaint_callback(move |request| {
            // What is wanted later, each frame says by itself.
            if request.delay.is_zero() {
                wake();
            }
        });
        Self {
            ctx,
            input: RawInput { focused: true, ..RawInput::default() },
            size: Vec2::ZERO,
            scale: 1.0,
            finger: None,
            started: Instant::now(),
            textures: TexturesDelta::default(),
        }
    }

    pub(crate) fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// The screen has this size in points, of which each has `scale` pixels.
    pub(crate) fn resize(&mut self, size: Vec2, scale: f32) {
        (self.size, self.scale) = (size, scale.max(0.5));
        self.ctx.request_repaint();
    }

    /// How much of each side is under a notch, a rounded corner or the keyboard, in points.
    pub(crate) fn set_insets(&mut self, insets: MarginF32) {
        self.input.safe_area_insets = Some(SafeAreaInsets(insets));
        self.ctx.request_repaint();
    }

    pub(crate) fn set_theme(&mut self, theme: Theme) {
        self.input.system_theme = Some(theme);
        self.ctx.request_repaint();
    }

    /// A finger does something.
    pub(crate) fn touch(&mut self, finger: u64, phase: TouchPhase, pos: Pos2) {
        let id = TouchId(finger);
        let force = None;
        self.push(Event::Touch { device_id: TOUCH_SCREEN, id, phase, pos, force });
        if phase == TouchPhase::Start && self.finger.is_none() {
            self.finger = Some(finger);
        }
        if self.finger != Some(finger) {
            return;
        }
        let button = |pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        match phase {
            TouchPhase::Start => {
                self.push(Event::PointerMoved(pos));
                self.push(button(true));
            }
            TouchPhase::Move => self.push(Event::PointerMoved(pos)),
            TouchPhase::End => {
                self.push(button(false));
                self.push(Event::PointerGone);
                self.finger = None;
            }
            TouchPhase::Cancel => {
                self.push(Event::PointerGone);
                self.finger = None;
            }
        }
    }

    /// Text was written in place of so many characters around the caret.
    pub(crate) fn write(&mut self, before_chars: usize, after_chars: usize, text: String) {
        if before_chars + after_chars > 0 {
            self.push(Event::Ime(ImeEvent::DeleteSurrounding { before_chars, after_chars }));
        }
        if !text.is_empty() {
            self.push(Event::Ime(ImeEvent::Commit(text)));
        }
    }

    /// Text that is not decided yet, as in Japanese; an empty one ends it.
    pub(crate) fn compose(&mut self, text: String) {
        self.push(Event::Ime(ImeEvent::Preedit { text, active_range_chars: None }));
    }

    /// A key was pressed and let go.
    pub(crate) fn press(&mut self, key: Key) {
        for pressed in [true, false] {
            self.push(Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers: Modifiers::NONE,
            });
        }
    }

    fn push(&mut self, event: Event) {
        self.input.events.push(event);
        self.ctx.request_repaint();
    }

    /// Takes in what happened, without drawing.
    pub(crate) fn think(&mut self, app: &mut ChatApp) {
        app.logic(&self.ctx);
    }

    /// Draws a frame. What has changed of its textures waits to be taken.
    pub(crate) fn frame(&mut self, app: &mut ChatApp) -> Frame {
        let mut input = self.input.take();
        input.screen_rect = Some(Rect::from_min_size(Pos2::ZERO, self.size));
        input.time = Some(self.started.elapsed().as_secs_f64());
        if let Some(viewport) = input.viewports.get_mut(&input.viewport_id) {
            viewport.native_pixels_per_point = Some(self.scale);
        }
        let mut output = self.ctx.run_ui(input, |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
        self.textures.append(take(&mut output.textures_delta));
        let viewport = output.viewport_output.values().next();
        let (mut copied, mut url) = (None, None);
        for command in output.platform_output.commands {
            match command {
                OutputCommand::CopyText(text) => copied = Some(text),
                OutputCommand::OpenUrl(page) => url = Some(page.url),
                OutputCommand::TextSelectionSettled(_) | OutputCommand::CopyImage(_) => {}
            }
        }
        Frame {
            primitives: self.ctx.tessellate(output.shapes, output.pixels_per_point),
            pixels_per_point: output.pixels_per_point,
            next: viewport.map_or(Duration::MAX, |viewport| viewport.repaint_delay),
            caret: output.platform_output.ime.map(|ime| ime.cursor_rect),
            copied,
            url,
        }
    }

    /// The size in pixels.
    #[cfg(target_os = "ios")]
    pub(crate) fn pixels(&self) -> [u32; 2] {
        // Saturates, as a size does that no screen has.
        [self.size.x, self.size.y].map(|side| (side * self.scale).round() as u32)
    }

    /// What is behind everything, in gamma space.
    #[cfg(target_os = "ios")]
    pub(crate) fn background(&self) -> [f32; 4] {
        self.ctx.style_of(self.ctx.theme()).visuals.panel_fill.to_normalized_gamma_f32()
    }

    /// The textures that have changed since they were last taken, to be drawn before any frame.
    #[cfg(target_os = "ios")]
    pub(crate) fn take_textures(&mut self) -> TexturesDelta {
        take(&mut self.textures)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody draws them any more.
        self.textures.clear();
    }
}
