//! Plays inside of the machine: two devices without any network meet over Bluetooth.
//!
//! `bluetooth-guest FESTIVAL` ends with a failure where a promise is not kept.

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use app::cli::process::{Device, text};
use serde_json::{Value, json};

/// The addresses of the two controllers, as `btvirt` gives them.
const CONTROLLERS: [(&str, &str); 2] =
    [("hci0", "00:AA:01:00:00:00"), ("hci1", "00:AA:01:01:00:01")];

/// The emulated machine is slow, and slower beside other work.
const PATIENCE: Duration = Duration::from_secs(150);

/// Messages each way in one go.
const MESSAGES: usize = 10;

type Wrong = Box<dyn Error>;

fn main() -> ExitCode {
    let Some(festival) = std::env::args_os().nth(1) else { return ExitCode::FAILURE };
    match story(&PathBuf::from(festival)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("{err}");
            ExitCode::FAILURE
        }
    }
}

struct Phone {
    program: PathBuf,
    controller: usize,
    name: &'static str,
    device: Device,
}

impl Phone {
    fn start(program: &Path, controller: usize, name: &'static str) -> Result<Self, Wrong> {
        let device = Self::launch(program, controller, name)?;
        Ok(Self { program: program.to_owned(), controller, name, device })
    }

    fn launch(program: &Path, controller: usize, name: &str) -> Result<Device, Wrong> {
        let (_, address) = CONTROLLERS.get(controller).ok_or("no such controller")?;
        let log = std::fs::File::create(format!("/run/out/{name}.log"))?;
        let mut command = Command::new(program);
        command.env("FESTIVAL_LOG", "warn,transport=debug,app=debug").stderr(log);
        let data = Path::new("/run/phones").join(name);
        Ok(Device::start_over_bluetooth(command, &data, address, PATIENCE)?)
    }

    /// A power cut, and the next start.
    fn restart(&mut self) -> Result<(), Wrong> {
        self.device.end();
        self.device = Self::launch(&self.program, self.controller, self.name)?;
        Ok(())
    }

    fn say(&mut self, room: &str, text: &str) -> Result<(), Wrong> {
        Ok(self.device.send(&json!({"cmd": "send", "room": room, "text": text}))?)
    }
}

/// Says how far the story is.
fn tell(since: Instant, what: &str) {
    eprintln!("  {:>6.1} s: {what}", since.elapsed().as_secs_f64());
}

fn story(festival: &Path) -> Result<(), Wrong> {
    let since = Instant::now();
    let mut host = Phone::start(festival, 0, "Ada")?;
    let (room, invite) = host.device.create_room("Ada", "Campsite")?;
    tell(since, &format!("the host shows {invite}"));
    let mut guest = Phone::start(festival, 1, "Ben")?;
    guest.device.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
    let asked = Instant::now();
    guest.device.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    guest.device.wait_for("room_joined", |_| true)?;
    println!("figure join_ms {}", asked.elapsed().as_millis());
    tell(since, "joined over Bluetooth");

    let mut said = Vec::new();
    both_ways(&room, "first", &mut host, &mut guest, &mut said)?;
    tell(since, "messages went both ways");
    is_over_bluetooth(&mut guest)?;
    let trip = Instant::now();
    guest.say(&room, "one more")?;
    said.push("one more".to_owned());
    host.device.wait_for_text("one more")?;
    println!("figure message_ms {}", trip.elapsed().as_millis());

    // The guest's Bluetooth goes off: both write, and both have it once it is back.
    switch(1, false)?;
    host.say(&room, "are you there")?;
    guest.say(&room, "no signal")?;
    said.extend(["are you there", "no signal"].map(str::to_owned));
    switch(1, true)?;
    host.device.wait_for_text("no signal")?;
    guest.device.wait_for_text("are you there")?;
    tell(since, "met again after Bluetooth was off");

    guest.restart()?;
    both_ways(&room, "after the guest was killed", &mut host, &mut guest, &mut said)?;
    tell(since, "met again after the guest was killed");

    host.restart()?;
    both_ways(&room, "after the host was killed", &mut host, &mut guest, &mut said)?;
    tell(since, "met again after the host was killed");

    said.sort();
    for phone in [&mut host, &mut guest] {
        let texts = history(phone, &room)?;
        if texts != said {
            return Err(format!("{} holds {texts:?}, not {said:?}", phone.name).into());
        }
    }
    tell(since, "both hold the same, each message once");
    Ok(())
}

/// Both say many things, and hear all that the other said.
fn both_ways(
    room: &str,
    what: &str,
    host: &mut Phone,
    guest: &mut Phone,
    said: &mut Vec<String>,
) -> Result<(), Wrong> {
    let by = |phone: &Phone| -> Vec<String> {
        (0..MESSAGES).map(|number| format!("{} {what} {number}", phone.name)).collect()
    };
    let (hosts, guests) = (by(host), by(guest));
    for (from_host, from_guest) in hosts.iter().zip(&guests) {
        host.say(room, from_host)?;
        guest.say(room, from_guest)?;
    }
    for (from_host, from_guest) in hosts.iter().zip(&guests) {
        guest.device.wait_for_text(from_host)?;
        host.device.wait_for_text(from_guest)?;
    }
    said.extend(hosts);
    said.extend(guests);
    Ok(())
}

/// Every text a device holds, in order.
fn history(phone: &mut Phone, room: &str) -> Result<Vec<String>, Wrong> {
    phone.device.send(&json!({"cmd": "page", "room": room, "limit": 100}))?;
    let (_, page) = phone.device.wait_for("page", |_| true)?;
    let messages = page.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
    let written = messages.iter().filter(|message| text(message, "/kind") == "text");
    let mut texts: Vec<_> = written.map(|message| text(message, "/text")).collect();
    texts.sort();
    Ok(texts)
}

fn is_over_bluetooth(phone: &mut Phone) -> Result<(), Wrong> {
    phone.device.send(&json!({"cmd": "links"}))?;
    let (_, links) = phone.device.wait_for("links", |_| true)?;
    let links = links.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
    let kinds: Vec<_> = links.iter().map(|link| text(link, "/kind")).collect();
    let is_only = !kinds.is_empty() && kinds.iter().all(|kind| kind == "ble");
    if is_only { Ok(()) } else { Err(format!("links are {links:?}").into()) }
}

/// Switches Bluetooth off or on, as a person does. Taking the controller away beneath the service
/// (`hciconfig down`) was seen to bring down the kernel (6.1) where EATT is on.
fn switch(number: usize, on: bool) -> Result<(), Wrong> {
    let (name, _) = CONTROLLERS.get(number).ok_or("no such controller")?;
    let status = Command::new("dbus-send")
        .args(["--system", "--print-reply", "--reply-timeout=60000", "--dest=org.bluez"])
        .arg(format!("/org/bluez/{name}"))
        .args(["org.freedesktop.DBus.Properties.Set", "string:org.bluez.Adapter1"])
        .args(["string:Powered", &format!("variant:boolean:{on}")])
        .stdout(std::process::Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("{name} does not switch to {on}").into()) }
}
