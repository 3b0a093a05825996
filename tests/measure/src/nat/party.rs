//! A device of the lab: a process in a network of its own.

use std::{
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use app::cli::process::{Device, text};
use lab::{Host, Internet, Kind, Network, Services};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app_command;

/// How long a packet takes from anywhere to anywhere.
pub(crate) const DELAY: Duration = Duration::from_millis(50);
/// How many relays there are.
pub(crate) const RELAYS: u8 = 3;
/// How long a person takes from opening the app to a decoded code.
const AIMING: Duration = Duration::from_secs(1);

/// What may go wrong.
pub(crate) type Wrong = Box<dyn Error + Send + Sync>;

/// An internet with all its servers.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) internet: Arc<Internet>,
    pub(crate) services: Services,
    /// Where tries that succeed leave their logs, too.
    keeps: Option<PathBuf>,
}

impl World {
    pub(crate) fn new() -> Result<Self, Wrong> {
        let internet = Arc::new(Internet::new(DELAY)?);
        let command = app_command();
        let program = [command.get_program()].into_iter().chain(command.get_args());
        let program: Vec<_> = program.map(ToOwned::to_owned).collect();
        let services = Services::start(&internet, &program, RELAYS)?;
        Ok(Self { internet, services, keeps: None })
    }

    /// The same; if a folder is given, every try leaves its logs in it, and all packets are written
    /// there.
    pub(crate) fn keeping(dir: Option<&Path>) -> Result<Self, Wrong> {
        let mut world = Self::new()?;
        if let Some(dir) = dir {
            std::fs::create_dir_all(dir)?;
            world.internet.record(&dir.join("packets.pcap"))?;
            world.keeps = Some(dir.to_owned());
        }
        Ok(world)
    }

    /// A folder for one try.
    pub(crate) fn evidence(&self) -> Result<Evidence, Wrong> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("festival-lab-");
        Ok(Evidence(match &self.keeps {
            Some(dir) => builder.disable_cleanup(true).tempdir_in(dir)?,
            None => builder.tempdir()?,
        }))
    }

    pub(crate) fn network(&self, kind: Kind) -> Result<Network, Wrong> {
        Ok(Network::new(&self.internet, kind)?)
    }
}

/// Somebody with a device.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) host: Host,
    pub(crate) device: Device,
}

impl Party {
    /// Somebody new in this network, with a folder and a log below `dir`.
    pub(crate) fn new(
        world: &World,
        network: &Network,
        dir: &Path,
        name: &str,
    ) -> Result<Self, Wrong> {
        let host = Host::new(network)?;
        let mut command = world.services.festival(host.machine());
        command.stderr(File::create(dir.join(format!("{name}.log")))?);
        if std::env::var_os("FESTIVAL_LOG").is_none() {
            // The TURN client has a line for each datagram.
            let filter = "info,app=debug,transport=debug,engine=debug,\
                          stun_proto=warn,turn_client_proto=off,tracing=off";
            command.env("FESTIVAL_LOG", filter);
        }
        let list = world.services.list();
        let device = Device::start_with_servers(command, &dir.join(name), &list)?;
        Ok(Self { host, device })
    }

    /// The path of the open link, `mailbox` if there is none.
    pub(crate) fn path(&mut self) -> Result<String, Wrong> {
        self.device.send(&json!({"cmd": "links"}))?;
        let (_, event) = self.device.wait_for("links", |_| true)?;
        let links = event.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_open = |link: &&Value| {
            link.get("closed").is_some_and(Value::is_null)
                && link.get("peer").is_some_and(Value::is_string)
        };
        let open = links.iter().filter(is_open).map(|link| text(link, "/path"));
        // With two, the better one is what is used.
        Ok(open.min().unwrap_or_else(|| "mailbox".to_owned()))
    }
}

/// Two people in a room, and how long it took them.
#[derive(Debug)]
pub(crate) struct Meeting {
    pub(crate) host: Party,
    pub(crate) guest: Party,
    pub(crate) room: String,
    /// From the code decoded to the first message at the host.
    pub(crate) to_message: Duration,
    /// And to its receipt at the guest.
    pub(crate) to_receipt: Duration,
    /// What both sent and received until then.
    pub(crate) bytes: u64,
}

impl Meeting {
    /// One shows a code, the other scans it and says something.
    pub(crate) fn new(world: &World, networks: [&Network; 2], dir: &Path) -> Result<Self, Wrong> {
        let [of_host, of_guest] = networks;
        let mut host = Party::new(world, of_host, dir, "host")?;
        let (room, invite) = host.device.create_room("Ada", "Campsite")?;
        let mut guest = Party::new(world, of_guest, dir, "guest")?;
        guest.device.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
        guest.device.wait_for("name_changed", |_| true)?;
        pause(AIMING);

        let before = host.host.bytes().saturating_add(guest.host.bytes());
        let decoded = Instant::now();
        guest.device.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
        guest.device.wait_for("room_joined", |_| true)?;
        guest.device.send(&json!({"cmd": "send", "room": room, "text": "hello"}))?;
        let heard = host.device.wait_for_text("hello")?;
        let (received, _) = guest.device.wait_for("received", |_| true)?;
        let after = host.host.bytes().saturating_add(guest.host.bytes());
        Ok(Self {
            host,
            guest,
            room,
            to_message: heard.saturating_duration_since(decoded),
            to_receipt: received.saturating_duration_since(decoded),
            bytes: after.saturating_sub(before),
        })
    }
}

/// A folder for one try, which stays where it is if the try fails.
#[derive(Debug)]
pub(crate) struct Evidence(TempDir);

impl Evidence {
    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    /// Writes down how it went, for whoever looks into the folder.
    pub(crate) fn note(&self, text: &str) {
        // It is about to be deleted anyway, unless somebody asked for it.
        let _ = std::fs::write(self.dir().join("outcome"), text);
    }

    pub(crate) fn keep(self) -> PathBuf {
        self.0.keep()
    }
}

/// Lets time pass that a person needs.
pub(crate) fn pause(time: Duration) {
    let until = Instant::now() + time;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}
