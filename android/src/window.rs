//! The app in the window of an activity.

use std::{cell::RefCell, path::PathBuf, rc::Rc, sync::Arc};

use android_activity::AndroidApp;
use app::{
    chat_app::ChatApp,
    runtime::{Config, Runtime},
    shell::StateFile,
};
use eframe::{
    EframeWinitApplication, NativeOptions, UserEvent,
    egui::{Context, OutputCommand, RawInput, SafeAreaInsets, Ui, Visuals, epaint::MarginF32},
};
use transport::ble::Adapter;
use winit::{event_loop::EventLoop, platform::android::EventLoopBuilderExtAndroid as _};

use crate::{
    activity::Activity, happened, hidden::Loop, host::Phone, services::Services, told,
    typing::Typing,
};

/// Runs the app until the process ends.
///
/// # Errors
///
/// A sentence for the log, if there can be no window or no device.
pub(crate) fn run(
    android: AndroidApp,
    activity: Activity,
    data_dir: PathBuf,
) -> Result<(), String> {
    let why = |error| format!("there is no window: {error}");
    let event_loop = EventLoop::<UserEvent>::with_user_event().with_android_app(android).build();
    let event_loop = event_loop.map_err(why)?;
    let shared = Shared::default();
    let eframe: EframeWinitApplication<'_> = eframe::create_native(
        "Festival Chat",
        NativeOptions::default(),
        Box::new(|creation| {
            let shown = Shown::open(&creation.egui_ctx, activity, data_dir)?;
            *shared.borrow_mut() = Some(shown);
            Ok(Box::new(Window(Rc::clone(&shared))))
        }),
        &event_loop,
    );
    event_loop.run_app(&mut Loop::new(eframe, Rc::clone(&shared))).map_err(why)
}

/// The app, once there is one. eframe has it for as long as it is seen, and the loop for as long as it is not.
pub(crate) type Shared = Rc<RefCell<Option<Shown>>>;

/// The app, and whether the person sees it.
pub(crate) struct Shown {
    app: ChatApp,
    context: Context,
    activity: Activity,
    services: Services,
    is_visible: bool,
    stays: bool,
}

impl Shown {
    fn open(context: &Context, activity: Activity, data_dir: PathBuf) -> Result<Self, String> {
        told::wakes(context);
        context.add_plugin(Typing::default());
        let waker = context.clone();
        happened::wakes(move || waker.request_repaint());
        let services = activity.services().ok_or("the activity has no services")?;
        let state = StateFile::in_folder(&data_dir);
        let (wifi, binder) = activity.wifi();
        let config = Config {
            bluetooth: Adapter::Foreign(activity.bluetooth()),
            wifi: Some(wifi),
            binder: Some(binder),
            ..Config::usual(data_dir)
        };
        let waker = context.clone();
        let runtime = Runtime::start(&config, Arc::new(move || waker.request_repaint()))
            .map_err(|error| error.to_string())?;
        let screens = state.read();
        let host = Phone::new(activity.clone(), services.clone(), state);
        let app = ChatApp::new(Box::new(runtime), screens, Box::new(host));
        let context = context.clone();
        Ok(Self { app, context, activity, services, is_visible: true, stays: false })
    }

    /// Takes in what happened, also while nothing is seen.
    pub(crate) fn logic(&mut self) {
        let is_visible = told::is_visible();
        match (std::mem::replace(&mut self.is_visible, is_visible), is_visible) {
            (true, false) => self.app.suspend(),
            (false, true) => self.app.resume(),
            _ => {}
        }
        self.app.logic(&self.context);
        // Without a room nobody can write.
        let stays = !self.app.model().rooms.is_empty();
        if self.stays != stays {
            self.stays = stays;
            self.services.stay(stays);
        }
    }

    pub(crate) fn free_memory(&mut self) {
        self.app.free_memory();
    }

    fn ui(&mut self, ui: &mut Ui) {
        self.app.ui(ui);
        // egui's own clipboard ends at this window.
        let copied = ui.output(|output| {
            output.commands.iter().rev().find_map(|command| match command {
                OutputCommand::CopyText(text) => Some(text.clone()),
                _ => None,
            })
        });
        if let Some(text) = copied {
            self.activity.copy(&text);
        }
    }
}

/// The app as eframe wants it.
struct Window(Shared);

impl eframe::App for Window {
    fn logic(&mut self, _ctx: &Context, _frame: &mut eframe::Frame) {
        if let Some(shown) = self.0.borrow_mut().as_mut() {
            shown.logic();
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if let Some(shown) = self.0.borrow_mut().as_mut() {
            shown.ui(ui);
        }
    }

    fn raw_input_hook(&mut self, ctx: &Context, raw_input: &mut RawInput) {
        let [left, top, right, bottom] =
            told::insets().map(|pixels| pixels as f32 / ctx.pixels_per_point());
        raw_input.safe_area_insets = Some(SafeAreaInsets(MarginF32 { left, right, top, bottom }));
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
