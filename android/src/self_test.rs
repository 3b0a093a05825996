//! Two devices that meet in one process, each with a database and a WebRTC socket of its own: whether the engine,
//! the storage and the transport do on this processor what they do elsewhere. Run by `android/self_test.sh`.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use app::{
    backend::{Backend as _, Notice},
    runtime::{Config, Runtime, StartError},
};
use engine::{Body, Command, Event, Invite, MAX_PAGE_LEN, RoomId};
use transport::{ble::Adapter, servers::Servers};

/// How long any single thing may take: the processor may be an emulated one.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tells what holds on standard output; 0 if everything does.
pub(crate) fn run() -> i32 {
    app::logbook::start();
    let folder = std::env::temp_dir().join(format!("festival-self-test-{}", std::process::id()));
    let outcome = unwind().and_then(|()| meet(&folder));
    let _ = std::fs::remove_dir_all(&folder);
    match outcome {
        Ok(()) => 0,
        Err(why) => {
            tell(format_args!("FAILED: {why}"));
            1
        }
    }
}

fn unwind() -> Result<(), Failure> {
    match std::panic::catch_unwind(|| std::panic::panic_any("on purpose")) {
        Ok(()) => Err(Failure::Story("a panic did not unwind")),
        Err(_) => {
            tell(format_args!("a panic unwinds and is caught"));
            Ok(())
        }
    }
}

fn meet(folder: &Path) -> Result<(), Failure> {
    let mut ada = Device::start(folder.join("ada"))?;
    let mut ben = Device::start(folder.join("ben"))?;
    ada.runtime.send(Command::SetName { name: "Ada".to_owned() });
    ben.runtime.send(Command::SetName { name: "Ben".to_owned() });
    ada.runtime.send(Command::CreateRoom { name: "Campsite".to_owned() });
    let (room, invite) = ada.invite()?;
    tell(format_args!("a room is created and kept"));
    let scanned = Instant::now();
    ben.runtime.send(Command::AcceptInvite { invite });
    ben.wait("to be in the room", |event| matches!(event, Event::RoomJoined { .. }).then_some(()))?;
    let took = scanned.elapsed().as_millis();
    tell(format_args!("its invite leads there over WebRTC, in {took} ms"));
    ben.say(room, "Hi Ada, I am in!");
    ada.hear("Hi Ada, I am in!")?;
    ada.say(room, "Welcome, Ben!");
    ben.hear("Welcome, Ben!")?;
    tell(format_args!("messages arrive both ways"));
    let folder = ben.folder.clone();
    drop((ada, ben));
    let mut ben = Device::start(folder)?;
    let texts = ben.page(room)?;
    if texts != ["Hi Ada, I am in!", "Welcome, Ben!"] {
        return Err(Failure::Story("the history is another one after a restart"));
    }
    tell(format_args!("they are in the database after a restart"));
    Ok(())
}

/// One device.
struct Device {
    runtime: Runtime,
    folder: PathBuf,
    news: mpsc::Receiver<()>,
}

impl Device {
    fn start(folder: PathBuf) -> Result<Self, Failure> {
        let (wake, news) = mpsc::sync_channel(1);
        let config = Config {
            loopback: true,
            servers: Some(Servers::none()),
            bluetooth: Adapter::None,
            ..Config::usual(folder.clone())
        };
        // A full channel means that there is something to look at already.
        let wake = Arc::new(move || {
            let _ = wake.try_send(());
        });
        let runtime = Runtime::start(&config, wake)?;
        Ok(Self { runtime, folder, news })
    }

    fn say(&mut self, room: RoomId, text: &str) {
        self.runtime.send(Command::SendText { room, text: text.to_owned() });
    }

    fn invite(&mut self) -> Result<(RoomId, Invite), Failure> {
        self.wait("an invite", |event| match event {
            Event::InviteReady { room, invite } => Some((room, invite)),
            _ => None,
        })
    }

    fn hear(&mut self, text: &'static str) -> Result<(), Failure> {
        self.wait(text, |event| match event {
            Event::MessageAdded { message, .. } => {
                (message.body == Body::Text(text.to_owned())).then_some(())
            }
            _ => None,
        })
    }

    /// What was said last, oldest first.
    fn page(&mut self, room: RoomId) -> Result<Vec<String>, Failure> {
        self.runtime.send(Command::LoadPage { room, before: None, limit: MAX_PAGE_LEN });
        let messages = self.wait("a page of history", |event| match event {
            Event::PageLoaded { messages, .. } => Some(messages),
            _ => None,
        })?;
        let text = |body| match body {
            Body::Text(text) => Some(text),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(|message| text(message.body)).collect())
    }

    fn wait<T>(
        &mut self,
        what: &'static str,
        mut is_it: impl FnMut(Event) -> Option<T>,
    ) -> Result<T, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            while let Some(notice) = self.runtime.poll() {
                match notice {
                    Notice::Event(event) => {
                        if let Some(found) = is_it(event) {
                            return Ok(found);
                        }
                    }
                    Notice::Stopped(why) => return Err(Failure::Stopped(why)),
                    Notice::Overflow | Notice::Wifi(_) => {}
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if self.news.recv_timeout(left).is_err() {
                return Err(Failure::Missing(what));
            }
        }
    }
}

/// Whoever runs this reads it; a phone's person never does.
#[expect(clippy::print_stdout, reason = "this is what the test says")]
fn tell(what: fmt::Arguments<'_>) {
    println!("{what}");
}

/// Why the test did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("{0}")]
    Story(&'static str),
    #[error("{0} did not come")]
    Missing(&'static str),
    #[error("the engine stopped: {0}")]
    Stopped(String),
}
