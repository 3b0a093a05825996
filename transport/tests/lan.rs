//! Devices on real networks: each in a network namespace of its own, with a cable to one switch.
//! Needs the right to make namespaces.

#![cfg(target_os = "linux")]

use std::{
    fs::File,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    os::fd::AsFd as _,
    process::{Command, id},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use simple_dns::{
    CLASS, Name, Packet, ResourceRecord,
    rdata::{A, RData, SRV, TXT},
};
use socket2::SockRef;
use tokio::{sync::oneshot, time::timeout};
use transport::{
    Callee, DialKey,
    lan::{Lan, LanReport, places},
};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(25);

/// As often as somebody is dialed who is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Runs `ip` with these words.
fn ip(words: &str) {
    let out = Command::new("ip").args(words.split_whitespace()).output();
    let out = out.expect("`ip` is installed: iproute2");
    let why = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "`ip {words}` needs root: {why}");
}

/// A switch and those on it; all is gone when dropped.
struct Network {
    prefix: String,
    devices: Mutex<Vec<&'static str>>,
}

impl Network {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("fc{}-{}", id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let network = Self { prefix, devices: Mutex::default() };
        network.add_namespace("hub");
        network.within("hub", "link add switch type bridge");
        network.within("hub", "link set switch up");
        network
    }

    fn add_namespace(&self, name: &'static str) {
        ip(&format!("netns add {}-{name}", self.prefix));
        self.devices.lock().expect("no panic").push(name);
    }

    /// Runs `ip` inside of a device.
    fn within(&self, name: &str, words: &str) {
        ip(&format!("-n {}-{name} {words}", self.prefix));
    }

    /// Plugs a device in, with these addresses.
    fn add(&self, name: &'static str, addrs: &[&str]) {
        self.add_namespace(name);
        let peer = format!("peer name {name} netns {}-hub", self.prefix);
        self.within(name, &format!("link add lan0 type veth {peer}"));
        self.within("hub", &format!("link set {name} master switch up"));
        self.within(name, "link set lo up");
        self.within(name, "link set lan0 up");
        for addr in addrs {
            self.give(name, addr);
        }
    }

    fn give(&self, name: &str, addr: &str) {
        // Without `nodad` an address of IPv6 cannot be used for a second or two.
        let nodad = if addr.contains(':') { "nodad" } else { "" };
        self.within(name, &format!("addr add {addr} dev lan0 {nodad}"));
    }

    /// Starts discovery on a device, which announces `names` with `port`.
    fn start(&self, name: &str, port: u16, loopback: bool, names: &[(DialKey, Callee)]) -> Device {
        let path = format!("/run/netns/{}-{name}", self.prefix);
        let (ready, started) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let names = names.to_vec();
        let thread = std::thread::spawn(move || {
            enter(&path);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let lan = Arc::new(Lan::start(port, loopback).expect("inside a runtime"));
                lan.announce(&names);
                ready.send(Arc::clone(&lan)).expect("somebody waits");
                let _ = stopped.await;
            });
        });
        let lan = started.recv().expect("started");
        Device { lan, stop: Some(stop), thread: Some(thread) }
    }

    /// Where a device is, seen from itself.
    fn places(&self, name: &str) -> Vec<IpAddr> {
        let path = format!("/run/netns/{}-{name}", self.prefix);
        let look = std::thread::spawn(move || {
            enter(&path);
            places()
        });
        look.join().expect("no panic").into_iter().map(|place| place.ip).collect()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in self.devices.lock().expect("no panic").iter() {
            let namespace = format!("{}-{name}", self.prefix);
            let _ = Command::new("ip").args(["netns", "delete", &namespace]).output();
        }
    }
}

/// Moves this thread into a namespace: what it opens from now on is there.
fn enter(path: &str) {
    let namespace = File::open(path).expect("the namespace");
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
        .expect("the right to enter it");
}

/// Announcements of devices that are not there, as fast as the network takes them, until dropped.
struct Flood {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<u64>>,
}

impl Flood {
    fn start(network: &Network, name: &str, from: Ipv4Addr) -> Self {
        let path = format!("/run/netns/{}-{name}", network.prefix);
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            enter(&path);
            let socket = UdpSocket::bind(SocketAddr::from((from, 5353))).expect("a free port");
            SockRef::from(&socket).set_multicast_if_v4(&from).expect("its interface");
            let mut said = 0;
            while !ends.load(Ordering::Relaxed) {
                said += 1;
                let message = false_announcement(said);
                socket.send_to(&message, "224.0.0.251:5353").expect("sent");
            }
            said
        });
        Self { is_over, thread: Some(thread) }
    }

    /// Ends it; how much was said.
    fn end(mut self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().expect("runs").join().expect("no panic")
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// The announcement of a device of its own for each number, to be believed for a century.
fn false_announcement(number: u64) -> Vec<u8> {
    let label = format!("{number:032x}");
    let (instance, host) = (format!("{label}._festival._udp.local"), format!("{label}.local"));
    let (instance, host) =
        (Name::new(&instance).expect("a name"), Name::new(&host).expect("a name"));
    let tokens = number.to_be_bytes().repeat(16);
    let text = TXT::new().with_attribute("t0", Some(&tokens)).expect("fits");
    let service = SRV { priority: 0, weight: 0, port: 9, target: host.clone() };
    let mut packet = Packet::new_reply(0);
    for (name, rdata) in [
        (instance.clone(), RData::SRV(service)),
        (instance, RData::TXT(text)),
        (host, RData::A(A { address: 0x0a02_0000 | (number as u32 & 0xffff) })),
    ] {
        packet.answers.push(ResourceRecord::new(name, CLASS::IN, u32::MAX, rdata));
    }
    packet.build_bytes_vec_compressed().expect("fits")
}

/// Discovery in a thread of its own.
struct Device {
    lan: Arc<Lan>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Device {
    /// Waits until it knows of as much as `is_it` says.
    fn notices(&self, is_it: impl Fn(&LanReport) -> bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut changed = self.lan.changed();
        let look = async {
            while !is_it(&self.lan.report()) {
                changed.changed().await.expect("running");
            }
        };
        let noticed = runtime.expect("a runtime").block_on(async { timeout(PATIENCE, look).await });
        assert!(noticed.is_ok(), "not noticed in time: {:?}", self.lan.report());
    }

    /// Waits until it knows `name` to be where `is_it` says.
    fn finds(&self, name: &(DialKey, Callee), is_it: impl Fn(&SocketAddr) -> bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let mut changed = self.lan.changed();
        let look = async {
            while !self.lan.find(&name.0, &name.1).iter().any(&is_it) {
                // Whoever looks for somebody looks again, and so asks again.
                let _ = timeout(LOOK_AGAIN, changed.changed()).await;
            }
        };
        let found = runtime.expect("a runtime").block_on(async { timeout(PATIENCE, look).await });
        let at = self.lan.find(&name.0, &name.1);
        assert!(found.is_ok(), "not found in time; known at {at:?}, {:?}", self.lan.report());
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A name for one person.
fn name(n: u8) -> (DialKey, Callee) {
    (DialKey::from_bytes([n; 32]), Callee::from_bytes([n; 16]))
}

fn at(text: &str) -> impl Fn(&SocketAddr) -> bool {
    let addr: SocketAddr = text.parse().expect("an address");
    move |found| *found == addr
}

#[test]
fn devices_on_one_network_find_each_other_and_strangers_find_nobody() {
    let network = Network::new();
    network.add("alice", &["10.1.0.1/24", "fd00::1/64"]);
    network.add("bob", &["10.1.0.2/24", "fd00::2/64"]);
    let alice = network.start("alice", 4001, false, &[name(1)]);
    let bob = network.start("bob", 4002, false, &[name(2)]);

    bob.finds(&name(1), at("10.1.0.1:4001"));
    bob.finds(&name(1), at("[fd00::1]:4001"));
    alice.finds(&name(2), at("10.1.0.2:4002"));
    let stranger = name(3);
    assert!(alice.lan.find(&stranger.0, &stranger.1).is_empty());
}

#[test]
fn devices_find_each_other_where_only_ipv6_is_spoken() {
    let network = Network::new();
    network.add("alice", &["fd00::1/64"]);
    network.add("bob", &["fd00::2/64"]);
    let _alice = network.start("alice", 4001, false, &[name(1)]);
    let bob = network.start("bob", 4002, false, &[]);

    bob.finds(&name(1), at("[fd00::1]:4001"));
}

#[test]
fn device_whose_address_changes_is_found_at_the_new_one() {
    let network = Network::new();
    network.add("alice", &["10.1.0.1/24"]);
    network.add("bob", &["10.1.0.2/24"]);
    let alice = network.start("alice", 4001, false, &[name(1)]);
    let bob = network.start("bob", 4002, false, &[]);
    bob.finds(&name(1), at("10.1.0.1:4001"));
    let before = network.places("alice");

    network.within("alice", "addr del 10.1.0.1/24 dev lan0");
    network.give("alice", "10.1.0.77/24");
    assert_ne!(network.places("alice"), before, "which is how the app notices");
    alice.lan.network_changed();

    bob.finds(&name(1), at("10.1.0.77:4001"));
}

#[test]
fn device_without_a_network_waits_for_one() {
    let network = Network::new();
    network.add("alice", &[]);
    network.add("bob", &["10.1.0.2/24"]);
    network.within("alice", "addr flush dev lan0");
    let alice = network.start("alice", 4001, false, &[name(1)]);
    let bob = network.start("bob", 4002, false, &[name(2)]);
    assert!(alice.lan.find(&name(2).0, &name(2).1).is_empty());
    assert_eq!(alice.lan.report().networks, 0);

    network.give("alice", "10.1.0.1/24");
    alice.lan.network_changed();

    bob.finds(&name(1), at("10.1.0.1:4001"));
    alice.finds(&name(2), at("10.1.0.2:4002"));
}

#[test]
fn loopback_device_is_found_on_its_machine_and_says_nothing_on_the_network() {
    let network = Network::new();
    network.add("alice", &["10.1.0.1/24"]);
    network.add("bob", &["10.1.0.2/24"]);
    network.add("carol", &["10.1.0.3/24"]);
    let alice = network.start("alice", 4001, false, &[]);
    let _shy = network.start("bob", 4002, true, &[name(2)]);
    let same_machine = network.start("bob", 4003, true, &[]);
    same_machine.finds(&name(2), at("127.0.0.1:4002"));
    let _carol = network.start("carol", 4004, false, &[name(4)]);

    alice.finds(&name(4), at("10.1.0.3:4004"));

    assert_eq!(alice.lan.report().devices, 1, "carol alone");
}

#[test]
fn friend_is_found_through_a_flood_which_costs_no_memory() {
    let network = Network::new();
    network.add("alice", &["10.1.0.1/24"]);
    network.add("bob", &["10.1.0.2/24"]);
    network.add("mallory", &["10.1.0.3/24"]);
    let bob = network.start("bob", 4002, false, &[]);
    let flood = Flood::start(&network, "mallory", [10, 1, 0, 3].into());
    // The most that is remembered.
    bob.notices(|report| report.devices == 256);
    let _alice = network.start("alice", 4001, false, &[name(1)]);

    bob.finds(&name(1), at("10.1.0.1:4001"));

    assert_eq!(bob.lan.report().devices, 256);
    let said = flood.end();
    assert!(said > 1_000, "{said}");
}
