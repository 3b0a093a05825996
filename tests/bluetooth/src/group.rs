//! Two devices in a network that keeps them apart make one of their own, and are back in the other one afterwards.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use app::cli::process::{Device, text};
use serde_json::{Value, json};

use crate::{
    phone::Wrong,
    system::{System, forget_card, is_card_managed, within},
};

/// The network that both are in at first; see `vm/wifi.sh`.
const BEFORE: &str = "Camp WiFi";

/// The emulated machine is slow, and slower beside other work.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked whether something is so.
const LOOK: Duration = Duration::from_millis(500);

/// `festival headless` in a place with a Wi-Fi card and a system of its own.
struct Camper {
    place: &'static str,
    system: System,
    device: Device,
}

/// # Errors
///
/// Where a promise is not kept: which.
pub(crate) fn play(festival: &Path, system: System) -> Result<(), Wrong> {
    let since = Instant::now();
    let tell = |what: &str| eprintln!("  {:>6.1} s: {what}", since.elapsed().as_secs_f64());
    let mut host = Camper::start(festival, "ada", system)?;
    let mut guest = Camper::start(festival, "ben", system)?;
    host.is_before()?;
    guest.is_before()?;
    let (room, invite) = host.device.create_room("Ada", "Campsite")?;
    tell("both are in the network that keeps them apart");

    host.asks_first(&json!({"cmd": "make_group"}))?;
    let made = Instant::now();
    host.does(&json!({"cmd": "make_group", "may_leave_network": true}), "group_made")?;
    eprintln!("figure make_group_ms {}", made.elapsed().as_millis());
    let ssid = host.group()?;
    if !host.code().starts_with(&format!("WIFI:T:WPA;S:{ssid};P:")) {
        return Err(format!("a camera cannot read {}", host.code()).into());
    }
    tell(&format!("there is a group, {ssid}"));

    let invite = host.invite_to_group(&room, &invite)?;
    guest.device.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
    guest.asks_first(&json!({"cmd": "join_group", "invite": invite}))?;
    if system == System::NetworkManager {
        guest.is_refused("WIFI:T:WPA;S:Festival-NONE;P:nobody has it;;", "was not found")?;
    }
    guest.is_refused(
        &format!("WIFI:T:WPA;S:{ssid};P:not the password;;"),
        "does not accept the password",
    )?;
    tell("the guest was told why it could not join, and is where it was");

    let joined = Instant::now();
    let join = json!({"cmd": "join_group", "invite": invite, "may_leave_network": true});
    guest.does(&join, "group_joined")?;
    eprintln!("figure join_group_ms {}", joined.elapsed().as_millis());
    guest.device.wait_for("room_joined", |_| true)?;
    eprintln!("figure join_room_ms {}", joined.elapsed().as_millis());
    tell("one text let the guest into the network and the room");
    talk([&mut host, &mut guest], &room, "first")?;
    guest.is_linked_within_group()?;
    tell("they talk, over the group and nothing else");

    if system == System::NetworkManager {
        guest.is_killed(festival)?;
        tell("the guest's program was killed, and its system went back by itself");
        guest.does(&join, "group_joined")?;
        talk([&mut host, &mut guest], &room, "second")?;
        guest.is_linked_within_group()?;
        tell("it came again, and they talk");
    }

    for camper in [&mut guest, &mut host] {
        let left = Instant::now();
        camper.does(&json!({"cmd": "leave_group"}), "group_left")?;
        eprintln!("figure leave_group_ms {}", left.elapsed().as_millis());
        camper.is_back()?;
        camper.is_before()?;
    }
    tell("both are where they were before");
    if system == System::Supplicant {
        host.does(&json!({"cmd": "make_group", "may_leave_network": true}), "group_made")?;
        forget_card(guest.place)?;
        let invite = host.invite_to_group(&room, &invite)?;
        guest.does(&json!({"cmd": "join_group", "invite": invite}), "group_joined")?;
        talk([&mut host, &mut guest], &room, "third")?;
        guest.does(&json!({"cmd": "leave_group"}), "group_left")?;
        if is_card_managed(guest.place) {
            return Err("the card that nobody used is still in use".into());
        }
        tell("a card that nobody used was taken for it, and given back");
        host.is_killed(festival)?;
        tell("the host's program was killed, and took its group back when it was there again");
    }
    Ok(())
}

/// Each hears from the other.
fn talk([host, guest]: [&mut Camper; 2], room: &str, what: &str) -> Result<(), Wrong> {
    let (by_host, by_guest) = (format!("{what} by Ada"), format!("{what} by Ben"));
    host.device.send(&json!({"cmd": "send", "room": room, "text": by_host}))?;
    guest.device.wait_for_text(&by_host)?;
    guest.device.send(&json!({"cmd": "send", "room": room, "text": by_guest}))?;
    host.device.wait_for_text(&by_guest)?;
    Ok(())
}

impl Camper {
    fn start(program: &Path, place: &'static str, system: System) -> Result<Self, Wrong> {
        Ok(Self { place, system, device: launch(program, place)? })
    }

    /// Its program ends without a word, and begins again; its system goes back by itself, or with the program's help.
    fn is_killed(&mut self, program: &Path) -> Result<(), Wrong> {
        self.device.end();
        if self.system == System::NetworkManager {
            self.is_back()?;
        }
        self.device = launch(program, self.place)?;
        self.wifi()?;
        self.is_back()?;
        self.is_before()
    }

    /// Is told that the network would be left, and still is in it.
    fn asks_first(&mut self, wish: &Value) -> Result<(), Wrong> {
        let told = self.does(wish, "would_leave")?;
        if text(&told, "/network") != BEFORE {
            return Err(format!("it would leave {told}").into());
        }
        self.is_before()
    }

    /// Cannot join by this code, is told so, and is back where it was.
    fn is_refused(&mut self, code: &str, why: &str) -> Result<(), Wrong> {
        let join = json!({"cmd": "join_group", "code": code, "may_leave_network": true});
        let told = self.does(&join, "wifi_failed")?;
        if !text(&told, "/why").contains(why) {
            return Err(format!("{told} instead of \"{why}\"").into());
        }
        self.is_back()?;
        self.is_before()
    }

    /// Wishes for something, and gets this event.
    fn does(&mut self, wish: &Value, event: &str) -> Result<Value, Wrong> {
        self.device.send(wish)?;
        let names = [event, "wifi_failed", "would_leave"];
        let deadline = Instant::now() + PATIENCE;
        let first = self.device.events.len();
        while Instant::now() < deadline {
            self.device.take_in_until(Instant::now() + LOOK);
            let news = self.device.events.get(first..).unwrap_or_default();
            let is_one = |told: &&Value| names.contains(&text(told, "/event").as_str());
            if let Some(told) = news.iter().find(is_one) {
                let is_it = text(told, "/event") == event;
                return if is_it { Ok(told.clone()) } else { Err(told.to_string().into()) };
            }
        }
        Err(format!("{}: no {event} came", self.place).into())
    }

    fn wifi(&mut self) -> Result<Value, Wrong> {
        self.does(&json!({"cmd": "wifi"}), "wifi")
    }

    /// The name of the group it is in.
    fn group(&mut self) -> Result<String, Wrong> {
        let told = self.wifi()?;
        let ssid = text(&told, "/group/ssid");
        let is_active = self.system.networks(self.place, true)?.contains(&ssid);
        if ssid.is_empty() || !is_active { Err(told.to_string().into()) } else { Ok(ssid) }
    }

    /// It is in the first network, and could make a group.
    fn is_before(&mut self) -> Result<(), Wrong> {
        let told = self.wifi()?;
        let expected = json!({
            "event": "wifi", "state": "ready", "network": BEFORE, "can_make": true, "group": null,
        });
        if told == expected { Ok(()) } else { Err(format!("{told}, not {expected}").into()) }
    }

    /// Its system is in the first network again, and knows of no group.
    fn is_back(&mut self) -> Result<(), Wrong> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let networks = |are_active| self.system.networks(self.place, are_active);
            let (active, all) = (networks(true)?, networks(false)?);
            let is_left = !all.iter().any(|name| name.starts_with("Festival-"));
            if is_left && active.iter().any(|name| name == BEFORE) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{}: in {active:?} of {all:?}", self.place).into());
            }
            self.device.take_in_until(Instant::now() + LOOK);
        }
    }

    /// The code for cameras.
    fn code(&self) -> String {
        let made = self.device.events.iter().rfind(|event| text(event, "/event") == "group_made");
        made.map(|made| text(made, "/code")).unwrap_or_default()
    }

    /// An invite to the room by way of the group; `before` is one from before it.
    fn invite_to_group(&mut self, room: &str, before: &str) -> Result<String, Wrong> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.device.send(&json!({"cmd": "show_invite", "room": room}))?;
            let (_, ready) = self.device.wait_for("invite_ready", |_| true)?;
            let with = text(&ready, "/with_network");
            // What a device gives itself stays the same.
            let is_new = text(&ready, "/invite") != before || self.system == System::Supplicant;
            if is_new && !with.is_empty() {
                return Ok(with);
            }
            if Instant::now() > deadline {
                return Err(format!("no invite to the group: {ready}").into());
            }
            self.device.take_in_until(Instant::now() + LOOK);
        }
    }

    /// Its links with members are direct ones, to an address of the group.
    fn is_linked_within_group(&mut self) -> Result<(), Wrong> {
        self.device.send(&json!({"cmd": "links"}))?;
        let (_, told) = self.device.wait_for("links", |_| true)?;
        let links = told.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_used = |link: &&Value| link.get("closed").is_none_or(Value::is_null);
        let used: Vec<_> = links.iter().filter(is_used).collect();
        let is_ours = |link: &&Value| {
            text(link, "/kind") == "webrtc"
                && text(link, "/path") == "direct"
                && text(link, "/remote").starts_with(self.system.addresses())
        };
        if !used.is_empty() && used.iter().all(is_ours) {
            Ok(())
        } else {
            Err(told.to_string().into())
        }
    }
}

fn launch(program: &Path, place: &str) -> Result<Device, Wrong> {
    let log = File::options().create(true).append(true).open(format!("/run/out/{place}.log"))?;
    let mut command = within(place, program);
    command.env("FESTIVAL_LOG", "warn,transport=debug,app=debug").stderr(log);
    Ok(Device::start_over_bluetooth(
        command,
        &Path::new("/run/phones").join(place),
        ("none", &[]),
        PATIENCE,
    )?)
}
