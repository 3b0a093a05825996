//! A device with a controller of its own.

use std::{
    collections::BTreeSet,
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use app::cli::process::{Device, SHORTEST_USEFUL_INVITE, text};
use serde_json::{Value, json};

use crate::machine::ON_BY_ITSELF;

/// The addresses of the controllers, as `btvirt` gives them.
const CONTROLLERS: [(&str, &str); 3] =
    [("hci0", "00:AA:01:00:00:00"), ("hci1", "00:AA:01:01:00:01"), ("hci2", "00:AA:01:02:00:02")];

/// The emulated machine is slow, and slower beside other work; and strangers who both seek nobody hear each other by
/// chance, since each listens for 0.6 s of 15.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often it is looked whether something is so.
const LOOK: Duration = Duration::from_millis(200);

/// Messages in one page of the history.
const PAGE: usize = 200;

/// What went wrong.
pub(crate) type Wrong = Box<dyn Error>;

/// `festival headless` on one controller.
pub(crate) struct Phone {
    program: PathBuf,
    controller: usize,
    /// The network namespace it lives in, if not the machine's.
    place: Option<&'static str>,
    /// What it is started with besides.
    options: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) device: Device,
}

impl Phone {
    pub(crate) fn start(
        program: &Path,
        (controller, place): (usize, Option<&'static str>),
        name: &'static str,
    ) -> Result<Self, Wrong> {
        Self::start_with(program, (controller, place), name, &[])
    }

    pub(crate) fn start_with(
        program: &Path,
        (controller, place): (usize, Option<&'static str>),
        name: &'static str,
        options: &'static [&'static str],
    ) -> Result<Self, Wrong> {
        let device = launch(program, (controller, place), name, options)?;
        let program = program.to_owned();
        let mut phone = Self { program, controller, place, options, name, device };
        phone.until("Bluetooth is not ready", |phone| {
            Ok(text(&phone.radio()?, "/state") == "ready")
        })?;
        Ok(phone)
    }

    /// Looks again and again until it is so.
    fn until(
        &mut self,
        otherwise: &str,
        is_so: impl Fn(&mut Self) -> Result<bool, Wrong>,
    ) -> Result<(), Wrong> {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self)? {
            if Instant::now() > deadline {
                return Err(format!("{}: {otherwise}", self.name).into());
            }
            self.device.take_in_until(Instant::now() + LOOK);
        }
        Ok(())
    }

    /// Joins by an invite, under its name.
    pub(crate) fn join(&mut self, invite: &str) -> Result<(), Wrong> {
        self.device.send(&json!({"cmd": "set_name", "name": self.name}))?;
        self.device.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
        self.device.wait_for("room_joined", |_| true)?;
        Ok(())
    }

    /// An invite by which whoever is near can join.
    pub(crate) fn show_invite(&mut self, room: &str) -> Result<String, Wrong> {
        self.device.send(&json!({"cmd": "show_invite", "room": room}))?;
        let has_addrs = |event: &Value| text(event, "/invite").len() > SHORTEST_USEFUL_INVITE;
        let (_, ready) = self.device.wait_for("invite_ready", has_addrs)?;
        Ok(text(&ready, "/invite"))
    }

    /// A power cut, and the next start.
    pub(crate) fn restart(&mut self) -> Result<(), Wrong> {
        self.device.end();
        let seat = (self.controller, self.place);
        self.device = launch(&self.program, seat, self.name, self.options)?;
        Ok(())
    }

    pub(crate) fn say(&mut self, room: &str, said: &str) -> Result<(), Wrong> {
        Ok(self.device.send(&json!({"cmd": "send", "room": room, "text": said}))?)
    }

    /// Waits until a text is on its disk, whoever wrote it.
    pub(crate) fn has(&mut self, said: &str) -> Result<(), Wrong> {
        let is_it = |event: &Value| text(event, "/message/text") == said;
        if !self.device.events.iter().any(is_it) {
            self.device.wait_for_text(said)?;
        }
        Ok(())
    }

    /// Every text it holds, sorted.
    pub(crate) fn history(&mut self, room: &str) -> Result<Vec<String>, Wrong> {
        let (mut texts, mut before) = (Vec::new(), Value::Null);
        loop {
            let ask = json!({"cmd": "page", "room": room, "before": before, "limit": PAGE});
            self.device.send(&ask)?;
            let (_, page) = self.device.wait_for("page", |_| true)?;
            let all = page.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
            let written = all.iter().filter(|message| text(message, "/kind") == "text");
            texts.extend(written.map(|message| text(message, "/text")));
            before =
                all.first().and_then(|first| first.get("position")).cloned().unwrap_or_default();
            if before.is_null() || page.get("is_start") == Some(&Value::Bool(true)) {
                break;
            }
        }
        texts.sort();
        Ok(texts)
    }

    /// Waits until so many meetings with strangers are over in which something came.
    pub(crate) fn has_met(&mut self, count: usize) -> Result<(), Wrong> {
        self.until("it met no stranger", |phone| {
            let links = phone.links()?;
            let is_met = |link: &&Value| {
                let is = |name: &str| link.get(name).is_some_and(|value| *value != json!(false));
                is("stranger") && !text(link, "/closed").is_empty() && is_more(link, 2_000)
            };
            Ok(links.iter().filter(is_met).count() >= count)
        })
    }

    fn radio(&mut self) -> Result<Value, Wrong> {
        self.device.send(&json!({"cmd": "radio"}))?;
        Ok(self.device.wait_for("radio", |_| true)?.1)
    }

    fn links(&mut self) -> Result<Vec<Value>, Wrong> {
        self.device.send(&json!({"cmd": "links"}))?;
        let (_, links) = self.device.wait_for("links", |_| true)?;
        Ok(links.get("links").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// What its open links with members go over: `ble` or `webrtc`.
    pub(crate) fn ways(&mut self) -> Result<BTreeSet<String>, Wrong> {
        Ok(self.open_links()?.iter().map(|link| text(link, "/kind")).collect())
    }

    /// Its open links with members.
    fn open_links(&mut self) -> Result<Vec<Value>, Wrong> {
        let mut links = self.links()?;
        links.retain(|link| is_open(link) && !text(link, "/peer").is_empty());
        Ok(links)
    }

    /// Waits until it has no link at all, so that what it says from here on is nowhere else.
    pub(crate) fn is_linked_to_nobody(&mut self) -> Result<(), Wrong> {
        self.until("it is still linked", |phone| Ok(!phone.links()?.iter().any(is_open)))
    }

    /// Keeps its Bluetooth off until then: an adapter was seen to be on again by itself some seconds after.
    pub(crate) fn stays_off_until(&mut self, deadline: Instant) -> Result<(), Wrong> {
        while Instant::now() < deadline {
            if text(&self.radio()?, "/state") == "ready" {
                eprintln!("  {}: Bluetooth is on again, and is switched off", self.name);
                self.switch(false)?;
            }
            self.device.take_in_until(deadline.min(Instant::now() + LOOK));
        }
        Ok(())
    }

    /// Its Bluetooth is still off, so that it has heard of nothing.
    pub(crate) fn is_off(&mut self) -> Result<(), Wrong> {
        match text(&self.radio()?, "/state").as_str() {
            "ready" => Err(format!("{}: {ON_BY_ITSELF}", self.name).into()),
            _ => Ok(()),
        }
    }

    /// The longest packet that its open links with members carry.
    pub(crate) fn max_packet(&mut self) -> Result<u64, Wrong> {
        let longest = |link: &Value| link.get("max_packet").and_then(Value::as_u64);
        let lens: Vec<_> = self.open_links()?.iter().filter_map(longest).collect();
        lens.into_iter().max().ok_or_else(|| "no link says how long its packets are".into())
    }

    /// Waits until all links go this way.
    pub(crate) fn goes_by(&mut self, way: &str) -> Result<(), Wrong> {
        self.until(&format!("it does not go by {way}"), |phone| Ok(phone.ways()?.iter().eq([way])))
    }

    /// Switches its Bluetooth off or on, as a person does. Taking the controller away beneath the
    /// service (`hciconfig down`) was seen to bring down the kernel (6.1) where EATT is on.
    pub(crate) fn switch(&self, on: bool) -> Result<(), Wrong> {
        let (name, _) = CONTROLLERS.get(self.controller).ok_or("no such controller")?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let output = Command::new("dbus-send")
                .args(["--system", "--print-reply", "--reply-timeout=60000", "--dest=org.bluez"])
                .arg(format!("/org/bluez/{name}"))
                .args(["org.freedesktop.DBus.Properties.Set", "string:org.bluez.Adapter1"])
                .args(["string:Powered", &format!("variant:boolean:{on}")])
                .stdout(Stdio::null())
                .output()?;
            if output.status.success() {
                return Ok(());
            }
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            // The service still winds up what it was told before, or begins anew: a person presses again.
            let again =
                ["Error.Busy", "Error.NoReply", "Error.ServiceUnknown", "Error.UnknownObject"];
            if !again.iter().any(|again| why.contains(again)) || Instant::now() > deadline {
                return Err(format!("{name} does not switch to {on}: {why}").into());
            }
            thread::yield_now();
        }
    }
}

fn is_open(link: &Value) -> bool {
    link.get("closed").is_none_or(Value::is_null)
}

/// Whether more than so many bytes came on a link.
fn is_more(link: &Value, bytes: u64) -> bool {
    link.get("bytes_received").and_then(Value::as_u64).is_some_and(|received| received > bytes)
}

fn launch(
    program: &Path,
    (controller, place): (usize, Option<&str>),
    name: &str,
    options: &[&str],
) -> Result<Device, Wrong> {
    let (_, address) = CONTROLLERS.get(controller).ok_or("no such controller")?;
    let log = File::options().create(true).append(true).open(format!("/run/out/{name}.log"))?;
    let mut command = match place {
        Some(place) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", place]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.env("FESTIVAL_LOG", "warn,transport=debug,app=debug").stderr(log);
    let data = Path::new("/run/phones").join(name);
    Ok(Device::start_over_bluetooth(command, &data, (address, options), PATIENCE)?)
}
