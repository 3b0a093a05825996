//! What drawing costs: the whole app on a room of very many messages, without a window; and how
//! soon a real window shows something.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use app::{
    backend::{Backend, LinkInfo, Notice, RelayedLinks, TestScope, Whereabouts},
    chat_app::ChatApp,
    host::{Host, HostNews},
    scan::Source,
    ui::{action::ScanFrom, state::UiState},
};
use egui::{Context, Event as Input, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2, vec2};
use engine::{
    Body, Command as Wish, Event, Member, MemberIndex, Message, PeerId, Position, RoomId,
    RoomOptions, RoomSummary, Timestamp,
};
use serde_json::{Value, json};
use transport::servers::Servers;

use crate::{
    percentile,
    process::{rss_mb, thread_time},
};

const MESSAGES: usize = 100_000;
/// With `quick`, a tenth: to see that it runs, not how fast.
const QUICK_MESSAGES: usize = 10_000;
const FRAMES: usize = 2_000;
const QUICK_FRAMES: usize = 200;
/// The window, in points.
const SIZE: Vec2 = vec2(900.0, 640.0);
/// Points scrolled per frame: fast, as one does to get somewhere.
const SCROLL: f32 = 400.0;
/// Frames in one direction before scrolling back.
const SWEEP: usize = 150;
const FRAME_SECS: f64 = 1.0 / 60.0;
/// How long the app is watched doing nothing, in seconds.
const IDLE_SECS: f64 = 600.0;
/// How often the real window is opened.
const OPENINGS: usize = 5;
/// A window that shows nothing for so long never will.
const PATIENCE: Duration = Duration::from_secs(20);

const ROOM: RoomId = RoomId::from_bytes([7; 16]);
const ME: PeerId = PeerId::from_bytes([1; 32]);
const NOW: u64 = 1_795_458_600_000;

/// Measures drawing; `window` makes the command that opens a real
/// window with its data in a folder, if that is wanted.
pub(crate) fn run(quick: bool, window: Option<&dyn Fn(&Path) -> Command>) -> Value {
    let (messages, frames) =
        if quick { (QUICK_MESSAGES, QUICK_FRAMES) } else { (MESSAGES, FRAMES) };
    let mut screen = Screen::new(messages);
    let open = screen.open();
    let scrolled = screen.scroll(frames);
    let resized = screen.resize(frames / 4);
    let idle_frames = screen.idle();
    let rss_mb = rss_mb("self");
    let shown = window.and_then(|window| first_frame(window, if quick { 1 } else { OPENINGS }));
    json!({
        "messages": messages,
        "frame_p50_ms": percent_of(&scrolled, 50),
        "frame_p99_ms": percent_of(&scrolled, 99),
        "resize_p99_ms": percent_of(&resized, 99),
        "open_room_ms": millis(open),
        "first_frame_ms": shown.map(|(after, _)| millis(after)),
        "idle_frames": idle_frames,
        "rss_mb": rss_mb,
        "window_rss_mb": shown.map(|(_, rss_mb)| rss_mb),
    })
}

/// The figures as a table.
pub(crate) fn table(figures: &Value) -> String {
    let line = |key: &str, what: &str| {
        let value = figures.get(key).filter(|value| !value.is_null());
        let value = value.map_or_else(|| "not measured".to_owned(), Value::to_string);
        format!("{what:<58}{value:>14}\n")
    };
    [
        line("messages", "messages in the room"),
        line("frame_p50_ms", "scrolling, layout and tessellation of a frame, p50 CPU ms"),
        line("frame_p99_ms", "  p99 ms"),
        line("resize_p99_ms", "resizing, p99 CPU ms"),
        line("open_room_ms", "opening the room with all of them loaded, CPU ms"),
        line("first_frame_ms", "start of the process to its first frame on a screen, ms"),
        line("idle_frames", "frames drawn in ten minutes of nothing"),
        line("rss_mb", "memory without a window, MB"),
        line("window_rss_mb", "memory of the process with a window, MB"),
    ]
    .concat()
}

/// The app as if it had a window.
struct Screen {
    ctx: Context,
    app: ChatApp,
    size: Vec2,
    time: f64,
    /// How soon egui wants to draw again.
    again: Duration,
}

impl Screen {
    fn new(messages: usize) -> Self {
        let backend = Box::new(Script::new(corpus(messages)));
        let app = ChatApp::new(backend, UiState::default(), Box::new(Nowhere));
        let ctx = Context::default();
        let mut screen = Self { ctx, app, size: SIZE, time: 0.0, again: Duration::MAX };
        for _ in 0..5 {
            screen.frame(Vec::new());
        }
        screen
    }

    /// Draws one frame as a window would, all but the pixels; returns the processor time that took.
    fn frame(&mut self, events: Vec<Input>) -> Duration {
        self.time += FRAME_SECS;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time),
            events,
            focused: true,
            ..RawInput::default()
        };
        let (ctx, app) = (&self.ctx, &mut self.app);
        let started = thread_time();
        let mut output = ctx.run_ui(input, |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
        let shapes = std::mem::take(&mut output.shapes);
        let primitives = ctx.tessellate(shapes, output.pixels_per_point);
        let took = thread_time() - started;
        assert!(!primitives.is_empty(), "a frame shows something");
        output.textures_delta.clear();
        let delays = output.viewport_output.values().map(|viewport| viewport.repaint_delay);
        self.again = delays.min().unwrap_or(Duration::MAX);
        took
    }

    /// Presses the first room; returns what it took until its messages were drawn.
    fn open(&mut self) -> Duration {
        let pos = Pos2::new(120.0, 100.0);
        let button = |pressed| Input::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        self.frame(vec![Input::PointerMoved(pos)]);
        self.frame(vec![button(true)]);
        let mut took = self.frame(vec![button(false)]);
        while self.app.model().rooms.values().all(|room| room.messages.is_empty()) {
            took += self.frame(Vec::new());
        }
        took + self.frame(Vec::new())
    }

    /// Scrolls up and down through the messages.
    fn scroll(&mut self, frames: usize) -> Vec<Duration> {
        self.frame(vec![Input::PointerMoved(Pos2::new(600.0, 300.0))]);
        (0..frames)
            .map(|number| {
                let up = (number / SWEEP).is_multiple_of(3) || (number / SWEEP) % 3 == 1;
                let delta = vec2(0.0, if up { SCROLL } else { -SCROLL });
                self.frame(vec![Input::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    delta,
                    phase: egui::TouchPhase::Move,
                    source: egui::MouseWheelSource::Unknown,
                    modifiers: Modifiers::NONE,
                }])
            })
            .collect()
    }

    /// Draws the window narrower and wider by turns, a little every frame.
    fn resize(&mut self, frames: usize) -> Vec<Duration> {
        let took = (0..frames)
            .map(|number| {
                let step = (number % 200) as f32;
                self.size.x = SIZE.x + 3.0 * if step < 100.0 { step } else { 200.0 - step };
                self.frame(Vec::new())
            })
            .collect();
        self.size = SIZE;
        took
    }

    /// Draws only when egui asks for it; returns how often that is while nothing happens.
    fn idle(&mut self) -> usize {
        // What was going on comes to rest first: scrolling, and keeping the state of the screens.
        for _ in 0..240 {
            self.frame(Vec::new());
        }
        let end = self.time + IDLE_SECS;
        let mut frames = 0;
        while self.time + self.again.as_secs_f64() < end {
            self.time += self.again.as_secs_f64();
            self.frame(Vec::new());
            frames += 1;
        }
        frames
    }
}

/// An engine that knows one room and everything in it.
struct Script {
    messages: Vec<Message>,
    notices: VecDeque<Notice>,
}

impl Script {
    fn new(messages: Vec<Message>) -> Self {
        let member = |id, name: &str| Member {
            id,
            name: name.to_owned(),
            role: engine::Role::Member,
            holds: 0,
            has_left: false,
            person: id,
            bond: engine::Bond::None,
            last_seen: None,
            is_verified: false,
            is_blocked: false,
        };
        let people = (2..6).map(|n| member(PeerId::from_bytes([n; 32]), &format!("Person {n}")));
        let room = RoomSummary {
            id: ROOM,
            name: "Everybody".to_owned(),
            me: ME,
            members: std::iter::once(member(ME, "Me")).chain(people).collect(),
            last: messages.last().cloned(),
            unread: 0,
            uses_mailbox: true,
            options: RoomOptions::default(),
        };
        let started = Event::Started { name: Some("Me".to_owned()), rooms: vec![room] };
        Self { messages, notices: VecDeque::from([Notice::Event(started)]) }
    }
}

impl Backend for Script {
    /// Hands everything over at the first question: the most there can ever be to draw.
    fn send(&mut self, command: Wish) {
        if let Wish::LoadPage { room, before, .. } = command {
            let messages = std::mem::take(&mut self.messages);
            let page =
                Event::PageLoaded { room, before, messages, is_start: true, hides_earlier: false };
            self.notices.push_back(Notice::Event(page));
        }
    }

    fn poll(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    fn links(&self) -> Vec<LinkInfo> {
        Vec::new()
    }

    fn log_tail(&self) -> Vec<String> {
        Vec::new()
    }

    fn now_millis(&self) -> u64 {
        NOW
    }

    fn whereabouts(&self) -> Whereabouts {
        Whereabouts::default()
    }

    fn set_servers(&mut self, _servers: Servers) -> Result<(), String> {
        Ok(())
    }

    fn set_relayed_links(&mut self, _relayed: RelayedLinks) -> Result<(), String> {
        Ok(())
    }

    fn start_self_test(&mut self, _scope: TestScope, _servers: Servers) {}
}

/// A device with nothing around it.
struct Nowhere;

impl Host for Nowhere {
    fn utc_offset(&self) -> Box<dyn Fn(Timestamp) -> i32> {
        Box::new(|_at| 3_600)
    }

    fn scan_sources(&self) -> Vec<ScanFrom> {
        Vec::new()
    }

    fn source(&mut self, _from: ScanFrom) -> Option<Source> {
        None
    }

    fn clipboard_text(&mut self) -> Option<String> {
        None
    }

    fn save_png(&mut self, _name: &str, _png: Vec<u8>) {}

    fn poll(&mut self) -> Option<HostNews> {
        None
    }

    fn save_state(&mut self, _json: &str) {}
}

/// Messages of any length, most of them short, the same in every run.
fn corpus(count: usize) -> Vec<Message> {
    const WORDS: [&str; 16] = [
        "hello",
        "the",
        "meeting",
        "is",
        "at",
        "three",
        "ok",
        "see",
        "you",
        "there",
        "tomorrow",
        "attachment",
        "maybe",
        "https://example.org/a/very/long/path/that/does/not/break",
        "I",
        "thanks",
    ];
    // xorshift64: any fixed sequence will do.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    (1..=count as u64)
        .map(|seq| {
            let len = match next(100) {
                0..50 => 1 + next(6),
                50..90 => 6 + next(25),
                _ => 30 + next(90),
            };
            let mut text = String::new();
            for number in 0..len {
                if number > 0 {
                    text.push(if next(25) == 0 { '\n' } else { ' ' });
                }
                let word = usize::try_from(next(16)).ok().and_then(|index| WORDS.get(index));
                text.push_str(word.copied().unwrap_or_default());
            }
            let author = PeerId::from_bytes([u8::try_from(1 + next(5)).unwrap_or(1); 32]);
            Message {
                position: Position { hlc: seq, author: MemberIndex(0), seq },
                author,
                sent_at: Timestamp(NOW - (count as u64 - seq) * 90_000),
                body: Body::Text(text),
            }
        })
        .collect()
}

/// Opens a real window on a screen of its own, several times; returns the median of the time from
/// the start of the process to its first frame, and the memory it took. `None` without Xvfb.
fn first_frame(window: &dyn Fn(&Path) -> Command, openings: usize) -> Option<(Duration, f64)> {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut number = String::new();
    let read = server.stdout.take().map(|out| BufReader::new(out).read_line(&mut number));
    let display = format!(":{}", number.trim());
    let mut shown: Vec<(Duration, f64)> = Vec::new();
    let data = tempfile::tempdir().ok();
    if let (Some(Ok(1..)), Some(data)) = (read, data) {
        shown.extend((0..openings).filter_map(|_| one_first_frame(window(data.path()), &display)));
    }
    stop(&mut server);
    shown.sort_by_key(|(after, _)| *after);
    shown.get(shown.len() / 2).copied()
}

fn one_first_frame(mut window: Command, display: &str) -> Option<(Duration, f64)> {
    let started = Instant::now();
    let mut child = window
        .env("DISPLAY", display)
        .env_remove("WAYLAND_DISPLAY")
        .env("FESTIVAL_LOG", "app=info")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let lines = child.stderr.take().map(|err| BufReader::new(err).lines())?;
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line.contains("first frame presented") && sender.send(Instant::now()).is_err() {
                break;
            }
        }
    });
    let shown = receiver.recv_timeout(PATIENCE).ok();
    let rss_mb = rss_mb(&child.id().to_string());
    stop(&mut child);
    Some((shown? - started, rss_mb.unwrap_or_default()))
}

fn stop(child: &mut Child) {
    // Nothing depends on how it ends.
    let _ = child.kill();
    let _ = child.wait();
}

fn percent_of(times: &[Duration], percent: usize) -> f64 {
    percentile(&times.iter().map(|time| millis(*time)).collect::<Vec<_>>(), percent)
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
