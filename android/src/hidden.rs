//! What goes on while nothing of the app is seen. eframe does nothing without a window, and winit hears nothing of what
//! wakes it while the activity rests: so that messages would be stored, by the runtime, but nobody be told of them.

use std::time::{Duration, Instant};

use eframe::{EframeWinitApplication, UserEvent};
use winit::{
    application::ApplicationHandler,
    event::{DeviceEvent, DeviceId, StartCause, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow},
    window::WindowId,
};

use crate::{told, window::Shared};

/// How often the app looks for what came meanwhile, as far as the phone is awake: it does not wake for that.
const GLANCE: Duration = Duration::from_secs(1);

/// eframe's loop, and the app's own steps where that takes none.
pub(crate) struct Loop<'a> {
    eframe: EframeWinitApplication<'a>,
    shared: Shared,
}

impl<'a> Loop<'a> {
    pub(crate) fn new(eframe: EframeWinitApplication<'a>, shared: Shared) -> Self {
        Self { eframe, shared }
    }
}

impl ApplicationHandler<UserEvent> for Loop<'_> {
    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.eframe.new_events(event_loop, cause);
    }

    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.resumed(event_loop);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        self.eframe.user_event(event_loop, event);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        self.eframe.window_event(event_loop, id, event);
    }

    fn device_event(&mut self, event_loop: &ActiveEventLoop, id: DeviceId, event: DeviceEvent) {
        self.eframe.device_event(event_loop, id, event);
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.about_to_wait(event_loop);
        if told::is_visible() {
            return;
        }
        if let Some(shown) = self.shared.borrow_mut().as_mut() {
            shown.logic();
        }
        event_loop.set_control_flow(ControlFlow::WaitUntil(Instant::now() + GLANCE));
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.suspended(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.exiting(event_loop);
    }

    fn memory_warning(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.memory_warning(event_loop);
        if let Some(shown) = self.shared.borrow_mut().as_mut() {
            shown.free_memory();
        }
    }
}
