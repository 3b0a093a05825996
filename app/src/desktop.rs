//! The app in a window of a desktop. The only file that knows eframe.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Instant,
};

use egui::{Context, IconData, ViewportBuilder};
use engine::Timestamp;

use crate::{
    backend::Backend,
    chat_app::ChatApp,
    host::{Host, HostNews},
    scan::Source,
    shell::{self, StateFile, picture_name},
    ui::action::ScanFrom,
};

/// Pieces of news that may wait for a hidden window.
const NEWS_WAITING: usize = 16;
const ICON: &[u8] = include_bytes!("../assets/icon.png");

/// Something the runtime calls, from any thread, when there is something new to show.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// How the window is to be.
#[derive(Debug, Clone)]
pub struct DesktopOptions {
    /// Which of several copies of the app this is, for the title.
    pub profile: Option<String>,
    /// An invite to follow right away.
    pub link: Option<String>,
    /// Where the state of the screens is kept.
    pub data_dir: PathBuf,
    /// The size of the window's inside, in points.
    pub size: [f32; 2],
    /// When the process was started.
    pub started: Instant,
}

impl DesktopOptions {
    /// The usual window, with its state in `data_dir`.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            profile: None,
            link: None,
            data_dir,
            size: [1_000.0, 720.0],
            started: Instant::now(),
        }
    }
}

/// Opens the window and runs the app in it until it is closed. `make_backend` is called once there
/// is a window to wake.
///
/// # Errors
///
/// A sentence for the person, if there can be no window or no backend.
pub fn run(
    make_backend: impl FnOnce(Wake) -> Result<Box<dyn Backend>, String>,
    options: DesktopOptions,
) -> Result<(), String> {
    let title = match &options.profile {
        Some(profile) => format!("Festival Chat ({profile})"),
        None => "Festival Chat".to_owned(),
    };
    let viewport = ViewportBuilder::default()
        .with_title(&title)
        .with_app_id("festival-chat")
        .with_inner_size(options.size)
        .with_min_inner_size([320.0, 480.0])
        .with_icon(icon());
    let native = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        ..eframe::NativeOptions::default()
    };
    let mut refused = None;
    let result = eframe::run_native(
        &title,
        native,
        Box::new(|creation| match window(&creation.egui_ctx, make_backend, options) {
            Ok(window) => Ok(Box::new(window)),
            Err(why) => {
                refused = Some(why.clone());
                Err(why.into())
            }
        }),
    );
    match (result, refused) {
        (_, Some(why)) => Err(why),
        (Err(error), None) => Err(format!("The window cannot be opened: {error}.")),
        (Ok(()), None) => Ok(()),
    }
}

fn window(
    ctx: &Context,
    make_backend: impl FnOnce(Wake) -> Result<Box<dyn Backend>, String>,
    options: DesktopOptions,
) -> Result<Window, String> {
    let DesktopOptions { link, data_dir, started, .. } = options;
    let waker = ctx.clone();
    let wake: Wake = Arc::new(move || waker.request_repaint());
    let backend = make_backend(Arc::clone(&wake))?;
    let state_file = StateFile::in_folder(&data_dir);
    let state = state_file.read();
    let (sender, news) = sync_channel(NEWS_WAITING);
    let host = Desktop { state_file, sender, news, wake };
    let mut app = ChatApp::new(backend, state, Box::new(host));
    if let Some(link) = link {
        app.open_link(&link);
    }
    Ok(Window { app, started, frames: 0 })
}

/// The app as eframe wants it.
struct Window {
    app: ChatApp,
    started: Instant,
    frames: u32,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.app.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        // The first frame is presented when the second one begins.
        self.frames = self.frames.saturating_add(1);
        match self.frames {
            1 => ui.ctx().request_repaint(),
            2 => {
                let millis = self.started.elapsed().as_millis();
                log::info!("first frame presented after {millis} ms");
            }
            _ => {}
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.app.save();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

fn icon() -> IconData {
    match image::load_from_memory(ICON) {
        Ok(icon) => {
            let icon = icon.into_rgba8();
            IconData { width: icon.width(), height: icon.height(), rgba: icon.into_raw() }
        }
        Err(error) => {
            log::error!("the icon cannot be read: {error}");
            IconData::default()
        }
    }
}

/// What a desktop has to offer.
struct Desktop {
    state_file: StateFile,
    sender: SyncSender<HostNews>,
    news: Receiver<HostNews>,
    wake: Wake,
}

impl Desktop {
    /// Does something that takes time on a thread of its own; what it returns is news.
    fn aside(&self, work: impl FnOnce() -> Option<HostNews> + Send + 'static) {
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let spawned = std::thread::Builder::new().name("desktop".to_owned()).spawn(move || {
            if let Some(news) = work()
                && sender.send(news).is_ok()
            {
                wake();
            }
        });
        if let Err(error) = spawned {
            log::error!("no thread for a dialog: {error}");
        }
    }
}

impl Host for Desktop {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(shell::utc_offset)
    }

    fn scan_sources(&self) -> Vec<ScanFrom> {
        vec![ScanFrom::Camera, ScanFrom::File, ScanFrom::Clipboard, ScanFrom::Screen]
    }

    fn source(&mut self, from: ScanFrom) -> Option<Source> {
        match from {
            ScanFrom::Camera => Some(Source::Camera(None)),
            ScanFrom::Clipboard => Some(Source::Clipboard),
            ScanFrom::Screen => Some(Source::Screen),
            ScanFrom::File => {
                self.aside(|| {
                    rfd::FileDialog::new()
                        .set_title("A picture with the code")
                        .add_filter("Pictures", &["png", "jpg", "jpeg", "webp", "gif", "bmp"])
                        .pick_file()
                        .map(HostNews::Picture)
                });
                None
            }
        }
    }

    fn clipboard_text(&mut self) -> Option<String> {
        arboard::Clipboard::new().and_then(|mut clipboard| clipboard.get_text()).ok()
    }

    fn save_png(&mut self, name: &str, png: Vec<u8>) {
        let name = picture_name(name);
        self.aside(move || {
            let path = rfd::FileDialog::new()
                .set_title("Save the code as a picture")
                .add_filter("PNG", &["png"])
                .set_file_name(&name)
                .save_file()?;
            Some(write(&path, &png))
        });
    }

    fn poll(&mut self) -> Option<HostNews> {
        self.news.try_recv().ok()
    }

    fn save_state(&mut self, json: &str) {
        self.state_file.write(json);
    }
}

fn write(path: &Path, png: &[u8]) -> HostNews {
    match std::fs::write(path, png) {
        Ok(()) => HostNews::Saved(path.to_path_buf()),
        Err(error) => HostNews::Failed(format!("The picture could not be saved: {error}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::icon;

    #[test]
    fn icon_is_a_square_picture() {
        let icon = icon();
        assert_eq!((icon.width, icon.height), (256, 256));
    }
}
