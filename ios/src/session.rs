//! The app as long as its process lives: started once, and drawn wherever the host shows it.

use std::{cell::RefCell, fmt, path::Path, rc::Rc, sync::Arc};

use app::{
    chat_app::ChatApp,
    host::HostNews,
    logbook,
    runtime::{Config, Runtime, Wake},
    shell::StateFile,
};
use egui::Vec2;
use qr::Luma;

#[cfg(target_os = "ios")]
use crate::metal::Painter;
use crate::{
    calls::{Calls, FestivalHost},
    phone::{Phone, Told},
    screen::{Frame, Screen},
};

/// `FestivalSession` of `festival.h`.
pub struct FestivalSession {
    app: ChatApp,
    pub(crate) screen: Screen,
    told: Rc<RefCell<Told>>,
    calls: Calls,
    #[cfg(target_os = "ios")]
    painter: Option<Painter>,
}

impl fmt::Debug for FestivalSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FestivalSession").field("app", &self.app).finish_non_exhaustive()
    }
}

impl FestivalSession {
    /// Starts the app with its data in `folder`.
    ///
    /// # Errors
    ///
    /// A sentence for the person.
    pub(crate) fn start(folder: &Path, host: FestivalHost) -> Result<Self, String> {
        logbook::start();
        let calls = Calls::new(host);
        let waker = calls.waker();
        let screen = Screen::new(move || waker.wake());
        let ctx = screen.ctx().clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let config = Config::usual(folder.to_path_buf());
        let backend = Runtime::start(&config, wake).map_err(|error| error.to_string())?;
        let file = StateFile::in_folder(folder);
        let told = Rc::<RefCell<Told>>::default();
        let state = file.read();
        let phone = Phone::new(calls, Rc::clone(&told), file);
        let app = ChatApp::new(Box::new(backend), state, Box::new(phone));
        Ok(Self {
            app,
            screen,
            told,
            calls,
            #[cfg(target_os = "ios")]
            painter: None,
        })
    }

    /// Draws a frame, if there is something to draw on, and carries out what the app wants of the
    /// host.
    pub(crate) fn frame(&mut self) -> Frame {
        let frame = self.screen.frame(&mut self.app);
        if let Some(text) = &frame.copied {
            self.calls.copy(text);
        }
        if let Some(url) = &frame.url {
            self.calls.open(url);
        }
        self.paint(&frame);
        self.rest_camera();
        frame
    }

    /// Takes in what happened, without drawing.
    pub(crate) fn think(&mut self) {
        self.screen.think(&mut self.app);
    }

    /// Switches the camera off once nobody looks for a code any more.
    fn rest_camera(&self) {
        let mut told = self.told.borrow_mut();
        if told.feed.take_if(|feed| feed.is_closed()).is_some() {
            self.calls.camera(false);
        }
    }

    /// What the camera sees now: how bright each pixel is.
    pub(crate) fn see(&self, luma: Luma) {
        if let Some(feed) = &self.told.borrow().feed {
            feed.push_gray(luma);
        }
    }

    /// Something happened on the phone.
    pub(crate) fn hear(&self, news: HostNews) {
        self.told.borrow_mut().news.push_back(news);
        self.screen.ctx().request_repaint();
    }

    pub(crate) fn suspend(&mut self) {
        self.app.suspend();
        self.rest_camera();
    }

    pub(crate) fn resume(&mut self) {
        self.app.resume();
        self.screen.ctx().request_repaint();
    }

    pub(crate) fn free_memory(&mut self) {
        self.app.free_memory();
    }

    pub(crate) fn resize(&mut self, size: Vec2, scale: f32) {
        self.screen.resize(size, scale);
        #[cfg(target_os = "ios")]
        if let Some(painter) = &mut self.painter {
            painter.resize(self.screen.pixels());
        }
    }

    /// Draws on a layer from now on; returns whether that works.
    #[cfg(target_os = "ios")]
    pub(crate) fn attach(&mut self, layer: *mut std::ffi::c_void) -> bool {
        // SAFETY: the host promises that it lives as long as the session.
        #[allow(unsafe_code)] // a pointer of the host
        let painter = unsafe { Painter::new(layer, self.screen.pixels()) };
        self.painter =
            painter.inspect_err(|error| log::error!("Metal cannot be used: {error}")).ok();
        self.painter.is_some()
    }

    /// There is no Metal here.
    #[cfg(not(target_os = "ios"))]
    pub(crate) fn attach(&mut self, _layer: *mut std::ffi::c_void) -> bool {
        false
    }

    #[cfg(target_os = "ios")]
    fn paint(&mut self, frame: &Frame) {
        let background = self.screen.background();
        if let Some(painter) = &mut self.painter {
            let textures = self.screen.take_textures();
            if !painter.paint(frame, textures, background) {
                self.screen.ctx().request_repaint();
            }
        }
    }

    #[cfg(not(target_os = "ios"))]
    fn paint(&mut self, _frame: &Frame) {}
}
