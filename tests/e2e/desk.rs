//! A display with two windows side by side, eyes (a screenshot, read by tesseract) and hands
//! (xdotool).

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long anything may take to show: a busy machine draws in software and reads letters slowly.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window's inside, in pixels.
const WIDTH: u32 = 780;
const HEIGHT: u32 = 880;
/// Where the right window begins.
const RIGHT: u32 = 800;

/// Which half of the screen a window has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Left,
    Right,
}

impl Half {
    fn x(self) -> u32 {
        match self {
            Self::Left => 0,
            Self::Right => RIGHT,
        }
    }
}

/// A running app and its window.
pub(crate) struct Window {
    process: Child,
    id: String,
    half: Half,
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A word on the screen, in pixels of the screen.
#[derive(Debug, Clone)]
struct Word {
    text: String,
    line: (u32, u32, u32),
    center: (u32, u32),
}

/// A display of its own.
pub(crate) struct Desk {
    server: Child,
    display: String,
    data: tempfile::TempDir,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which tests/run.sh installs");
        let mut number = String::new();
        let output = server.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut number).expect("the display's number");
        let display = format!(":{}", number.trim());
        Self { server, display, data: tempfile::tempdir().expect("a folder") }
    }

    /// Starts the app with the data of `person`, and moves its window to a half of the screen.
    pub(crate) fn open(&mut self, person: &str, half: Half) -> Window {
        let process = Command::new(festival())
            .args(["--loopback", "--servers", "none", "--data"])
            .arg(self.data.path().join(person))
            .env("DISPLAY", &self.display)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .spawn()
            .expect("the app starts");
        let pid = process.id().to_string();
        let id = self.wait(&format!("a window of {person}"), |desk| {
            let found = desk.hand(&["search", "--onlyvisible", "--pid", &pid]);
            found.lines().last().map(str::to_owned)
        });
        let (width, height) = (WIDTH.to_string(), HEIGHT.to_string());
        self.hand(&["windowsize", "--sync", &id, &width, &height]);
        self.hand(&["windowmove", &id, &half.x().to_string(), "0"]);
        Window { process, id, half }
    }

    /// Ends the app without warning.
    pub(crate) fn kill(&self, window: Window) {
        drop(window);
    }

    /// Types a line and presses Enter.
    pub(crate) fn type_into(&self, window: &Window, line: &str) {
        self.hand(&["windowfocus", "--sync", &window.id]);
        self.hand(&["type", "--delay", "40", line]);
        self.hand(&["key", "Return"]);
    }

    pub(crate) fn press(&self, window: &Window, key: &str) {
        self.hand(&["windowfocus", "--sync", &window.id]);
        self.hand(&["key", key]);
    }

    /// Clicks on words in a window.
    pub(crate) fn click(&self, window: &Window, words: &str) {
        let (x, y) = self.wait(words, |desk| desk.find(window.half, words));
        self.hand(&["windowfocus", "--sync", &window.id]);
        self.hand(&["mousemove", "--sync", &x.to_string(), &y.to_string(), "click", "1"]);
    }

    /// Waits until words can be read in a half of the screen.
    pub(crate) fn wait_for(&self, half: Half, words: &str) {
        self.wait(&format!("\"{words}\" at the {half:?}"), |desk| desk.find(half, words));
    }

    fn wait<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            if Instant::now() > deadline {
                let path = std::env::temp_dir().join("festival-e2e.png");
                std::fs::write(&path, self.screenshot()).expect("a picture");
                panic!("{what} did not show; see {}", path.display());
            }
        }
    }

    fn hand(&self, args: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(args)
            .env("DISPLAY", &self.display)
            .output()
            .expect("xdotool, which tests/run.sh installs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn screenshot(&self) -> Vec<u8> {
        let output = Command::new("import")
            .args(["-silent", "-window", "root", "png:-"])
            .env("DISPLAY", &self.display)
            .output()
            .expect("ImageMagick, which tests/run.sh installs");
        output.stdout
    }

    /// Where words stand next to each other: the middle of the first one.
    fn find(&self, half: Half, words: &str) -> Option<(u32, u32)> {
        let wanted: Vec<&str> = words.split(' ').collect();
        let seen = self.read(half);
        let starts = seen.windows(wanted.len()).find(|window| {
            let line = window.first().map(|word| word.line);
            window.iter().zip(&wanted).all(|(w, wanted)| is_like(&w.text, wanted))
                && window.iter().all(|word| Some(word.line) == line)
        });
        starts.and_then(<[Word]>::first).map(|word| word.center)
    }

    /// Every word in a half of the screen.
    fn read(&self, half: Half) -> Vec<Word> {
        const SCALE: u32 = 2;
        let dir = tempfile::tempdir().expect("a folder");
        let (shot, page) = (dir.path().join("shot.png"), dir.path().join("page.png"));
        std::fs::write(&shot, self.screenshot()).expect("a picture");
        let crop = format!("{WIDTH}x{HEIGHT}+{}+0", half.x());
        let status = Command::new("convert")
            .arg(&shot)
            .args(["-crop", &crop, "+repage", "-colorspace", "Gray"])
            .args(["-resize", &format!("{}%", SCALE * 100)])
            .arg(&page)
            .status()
            .expect("ImageMagick, which tests/run.sh installs");
        assert!(status.success(), "ImageMagick could not cut the picture");
        let output = Command::new("tesseract")
            .arg(&page)
            .args(["-", "--psm", "11", "-l", "eng", "tsv"])
            .env("OMP_THREAD_LIMIT", "1")
            .output()
            .expect("tesseract, which tests/run.sh installs");
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        table.lines().filter_map(|row| word(row, half.x(), SCALE)).collect()
    }
}

/// A row of tesseract's table: level, page, block, paragraph, line, word, left, top, width,
/// height, confidence, text.
fn word(row: &str, x: u32, scale: u32) -> Option<Word> {
    let cells: Vec<&str> = row.split('\t').collect();
    let number = |at: usize| cells.get(at)?.parse::<u32>().ok();
    let text = cells.get(11)?.trim();
    if text.is_empty() {
        return None;
    }
    let middle = |start: u32, len: u32| (start + len / 2) / scale;
    Some(Word {
        text: text.to_owned(),
        line: (number(2)?, number(3)?, number(4)?),
        center: (x + middle(number(6)?, number(8)?), middle(number(7)?, number(9)?)),
    })
}

/// Whether a word read is the word wanted, but for what surrounds it.
fn is_like(read: &str, wanted: &str) -> bool {
    read.trim_matches(|c: char| !c.is_alphanumeric()) == wanted
}

/// The program, built beside this test by `tests/run.sh`.
fn festival() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its file");
    let name = format!("festival{}", std::env::consts::EXE_SUFFIX);
    let program = test.parent().and_then(|deps| deps.parent()).map(|dir| dir.join(name));
    let program = program.expect("tests lie in a folder of the target folder");
    assert!(program.exists(), "{} is missing: run tests/run.sh", program.display());
    program
}
