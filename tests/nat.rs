//! Two devices meet whatever networks they are in: real processes in a small internet of network namespaces.

#![cfg(target_os = "linux")]

use std::{
    error::Error,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use app::cli::process::{Device, text};
use lab::{Fault, Host, Internet, Kind, Network, Services};
use serde_json::{Value, json};

type Wrong = Box<dyn Error + Send + Sync>;

const DELAY: Duration = Duration::from_millis(50);

/// An internet with all its servers, and a folder.
struct World {
    internet: Arc<Internet>,
    services: Services,
    dir: tempfile::TempDir,
}

impl World {
    fn new(relays: u8) -> Self {
        lab::become_root();
        let internet = Arc::new(Internet::new(DELAY).expect("an internet"));
        let services = Services::start(&internet, &festival(), relays).expect("servers");
        Self { internet, services, dir: tempfile::tempdir().expect("a folder") }
    }

    fn network(&self, kind: Kind) -> Network {
        Network::new(&self.internet, kind).expect("a network")
    }

    fn device(&self, host: &Host, name: &str, servers: &Path) -> Result<Device, Wrong> {
        let program = self.services.festival(host.machine());
        Ok(Device::start_with_servers(program, &self.dir.path().join(name), servers)?)
    }

    /// One shows a code, the other scans it and says something: the way their link goes.
    fn meet(&self, networks: [&Network; 2], servers: &Path) -> Result<String, Wrong> {
        self.meet_with(networks, [servers; 2])
    }

    /// The same, each with servers of their own.
    fn meet_with(&self, networks: [&Network; 2], servers: [&Path; 2]) -> Result<String, Wrong> {
        let [at_home, away] = networks;
        let (home, away) = (Host::new(at_home)?, Host::new(away)?);
        let mut host = self.device(&home, "host", servers[0])?;
        let (room, invite) = host.create_room("Ada", "Campsite")?;
        let mut guest = self.device(&away, "guest", servers[1])?;
        guest.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
        guest.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
        guest.wait_for("room_joined", |_| true)?;
        guest.send(&json!({"cmd": "send", "room": room, "text": "hello"}))?;
        host.wait_for_text("hello")?;
        guest.wait_for("received", |_| true)?;
        host.send(&json!({"cmd": "links"}))?;
        let (_, links) = host.wait_for("links", |_| true)?;
        let links = links.get("links").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_open = |link: &&Value| link.get("closed").is_some_and(Value::is_null);
        let paths = links.iter().filter(is_open).map(|link| text(link, "/path"));
        Ok(paths.min().unwrap_or_default())
    }
}

/// The same servers but for those of TURN, in a file in `dir`.
fn without_turn(servers: &Path, dir: &Path) -> PathBuf {
    let json = std::fs::read(servers).expect("a file");
    let mut servers: Value = serde_json::from_slice(&json).expect("JSON");
    servers.as_object_mut().expect("keys and values").remove("turn");
    let file = dir.join("without-turn.json");
    std::fs::write(&file, servers.to_string()).expect("written");
    file
}

/// The program, built beside this test by `tests/run.sh`.
fn festival() -> Vec<OsString> {
    let test = std::env::current_exe().expect("a test knows its file");
    let program = test.parent().and_then(Path::parent).map(|dir| dir.join("festival"));
    let program = program.expect("tests lie in a folder of the target folder");
    assert!(program.exists(), "{} is missing: run tests/run.sh", program.display());
    vec![program.into()]
}

/// Two people in separate networks of these kinds meet; the way their link goes.
fn meet(a: Kind, b: Kind) -> String {
    let world = World::new(2);
    let networks = [world.network(a), world.network(b)];
    let servers = world.services.list();
    world.meet([&networks[0], &networks[1]], &servers).expect("they meet")
}

#[test]
fn two_home_routers_are_crossed_directly() {
    assert_eq!(meet(Kind::PortRestricted, Kind::PortRestricted), "direct");
}

#[test]
fn symmetric_nat_and_a_home_router_need_a_relay() {
    assert_eq!(meet(Kind::PortRestricted, Kind::Symmetric), "relayed");
}

#[test]
fn networks_that_let_out_nothing_but_tcp_to_port_443_are_left_through_turn_over_tls() {
    let world = World::new(2);
    let networks = [(); 2].map(|()| world.network(Kind::Only443));
    let path = world.meet([&networks[0], &networks[1]], &world.services.list()).expect("they meet");
    assert_eq!(path, "relayed");
    // By a stream from one address on the server to another, which each end has taken over.
    let log = world.services.coturn().log();
    assert!(log.matches("CONNECTION_BIND processed, success").count() >= 2, "{log}");
}

#[test]
fn who_has_no_turn_server_comes_by_a_stream_to_that_of_whom_they_call() {
    let world = World::new(2);
    let networks = [(); 2].map(|()| world.network(Kind::Symmetric));
    let all = world.services.list();
    let few = without_turn(&all, world.dir.path());
    let path = world.meet_with([&networks[0], &networks[1]], [&all, &few]).expect("they meet");
    assert_eq!(path, "relayed");
    let log = world.services.coturn().log();
    assert!(log.contains("CONNECTION_BIND processed, success"), "{log}");
}

#[test]
fn devices_without_a_common_ip_version_meet_through_a_relay() {
    assert_eq!(meet(Kind::Ipv6Only, Kind::PortRestricted), "relayed");
}

#[test]
fn two_devices_on_one_network_meet_while_all_servers_are_down() {
    let mut world = World::new(2);
    let servers = world.services.list();
    for relay in 0..2 {
        world.services.stop_relay(relay);
    }
    let network = world.network(Kind::PortRestricted);
    let path = world.meet([&network, &network], &servers).expect("they meet");
    assert_eq!(path, "direct");
}

/// Two people meet although one of three relays has this fault.
fn meet_despite(fault: Fault) {
    let mut world = World::new(3);
    let servers = world.services.list();
    world.services.start_relay(0, Some(fault)).expect("a relay");
    let networks = [(); 2].map(|()| world.network(Kind::PortRestricted));
    let path = world.meet([&networks[0], &networks[1]], &servers).expect("they meet");
    assert_eq!(path, "direct", "with a relay that {fault:?}");
}

#[test]
fn slow_relay_keeps_nobody_apart() {
    meet_despite(Fault::Slow);
}

#[test]
fn relay_that_drops_what_it_took_keeps_nobody_apart() {
    meet_despite(Fault::Drops);
}

#[test]
fn relay_that_repeats_and_reorders_keeps_nobody_apart() {
    meet_despite(Fault::Replays);
    meet_despite(Fault::Reorders);
}

#[test]
fn relay_that_forges_keeps_nobody_apart() {
    meet_despite(Fault::Forges);
}

#[test]
fn full_relay_keeps_nobody_apart() {
    meet_despite(Fault::Full);
}
