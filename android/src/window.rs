//! The app in the window of an activity.

use std::{path::PathBuf, sync::Arc};

use android_activity::AndroidApp;
use app::{
    chat_app::ChatApp,
    runtime::{Config, Runtime},
    shell::StateFile,
};
use eframe::{
    NativeOptions,
    egui::{Context, OutputCommand, RawInput, SafeAreaInsets, Ui, Visuals, epaint::MarginF32},
};

use crate::{activity::Activity, host::Phone, told};

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
    let options = NativeOptions { android_app: Some(android), ..NativeOptions::default() };
    eframe::run_native(
        "Festival Chat",
        options,
        Box::new(|creation| {
            let window = Window::open(&creation.egui_ctx, activity, data_dir)?;
            Ok(Box::new(window))
        }),
    )
    .map_err(|error| format!("there is no window: {error}"))
}

/// The app as eframe wants it.
struct Window {
    app: ChatApp,
    activity: Activity,
    is_visible: bool,
}

impl Window {
    fn open(context: &Context, activity: Activity, data_dir: PathBuf) -> Result<Self, String> {
        told::wakes(context);
        let state = StateFile::in_folder(&data_dir);
        let config = Config::usual(data_dir);
        let waker = context.clone();
        let runtime = Runtime::start(&config, Arc::new(move || waker.request_repaint()))
            .map_err(|error| error.to_string())?;
        let screens = state.read();
        let host = Phone::new(activity.clone(), state);
        let app = ChatApp::new(Box::new(runtime), screens, Box::new(host));
        Ok(Self { app, activity, is_visible: true })
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        let is_visible = told::is_visible();
        match (std::mem::replace(&mut self.is_visible, is_visible), is_visible) {
            (true, false) => self.app.suspend(),
            (false, true) => self.app.resume(),
            _ => {}
        }
        self.app.logic(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
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

    fn raw_input_hook(&mut self, ctx: &Context, raw_input: &mut RawInput) {
        let [left, top, right, bottom] =
            told::insets().map(|pixels| pixels as f32 / ctx.pixels_per_point());
        raw_input.safe_area_insets = Some(SafeAreaInsets(MarginF32 { left, right, top, bottom }));
    }

    fn clear_color(&self, visuals: &Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
