//! Networks behind routers, and the devices in them.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use crate::{Internet, Kind, Namespace, internet::PortId};

/// The inner network of every home; all homes use the same addresses, as they do.
const HOME: &str = "192.168.1";
/// The inner network of a carrier.
const CARRIER: &str = "100.64.0";
/// The last number in the address of the first device in a network.
const FIRST_HOST: u16 = 10;

/// A network of one kind, with its routers. It vanishes when dropped, whoever is in it.
#[derive(Debug)]
pub struct Network {
    kind: Kind,
    number: u8,
    internet: Arc<Internet>,
    port: PortId,
    /// The router that devices are connected to.
    home: Namespace,
    /// Between that and the internet, for [`Kind::Double`].
    _carrier: Option<Namespace>,
    hosts: AtomicU16,
}

impl Network {
    /// A new network of this kind.
    ///
    /// # Errors
    ///
    /// If the kernel lacks something or rights are missing.
    pub fn new(internet: &Arc<Internet>, kind: Kind) -> io::Result<Self> {
        let number = internet.take_number()?;
        let mut addrs = Vec::<IpAddr>::new();
        addrs.extend(kind.has_ipv4().then(|| IpAddr::from(Ipv4Addr::new(198, 51, 100, number))));
        let prefix = kind.has_ipv6().then(|| prefix(number));
        addrs.extend(prefix.map(|_| IpAddr::from(router6(number))));

        let outer = Namespace::new()?;
        let port = internet.connect(&outer, &addrs, prefix)?;
        let outer_kind = if kind == Kind::Double { Kind::PortRestricted } else { kind };
        let (home, carrier) = if kind == Kind::Double {
            make_router(&outer, outer_kind, CARRIER, number)?;
            let home = Namespace::new()?;
            plug(&outer, &home, "wan", "home")?;
            home.ip(&format!(
                "addr add {CARRIER}.2/24 dev wan\nroute add default via {CARRIER}.1\n"
            ))?;
            make_router(&home, Kind::PortRestricted, HOME, number)?;
            (home, Some(outer))
        } else {
            make_router(&outer, outer_kind, HOME, number)?;
            (outer, None)
        };
        let internet = Arc::clone(internet);
        let hosts = AtomicU16::new(FIRST_HOST);
        Ok(Self { kind, number, internet, port, home, _carrier: carrier, hosts })
    }

    /// What kind it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The router that devices are connected to.
    pub fn router(&self) -> &Namespace {
        &self.home
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.internet.disconnect(self.port);
        self.internet.give_back(self.number);
    }
}

/// A device: at home in one network at a time.
#[derive(Debug)]
pub struct Host {
    machine: Namespace,
    /// The last number of its address.
    number: AtomicU16,
}

impl Host {
    /// A device in this network.
    ///
    /// # Errors
    ///
    /// If the kernel lacks something or rights are missing.
    pub fn new(network: &Network) -> io::Result<Self> {
        let host = Self { machine: Namespace::new()?, number: AtomicU16::new(0) };
        host.join(network)?;
        Ok(host)
    }

    /// Its namespace.
    pub fn machine(&self) -> &Namespace {
        &self.machine
    }

    /// Its IPv4 address in its network, where that has IPv4.
    pub fn addr(&self) -> IpAddr {
        let number = u8::try_from(self.number.load(Ordering::Relaxed)).unwrap_or_default();
        Ipv4Addr::new(192, 168, 1, number).into()
    }

    /// Takes the device out of its network into another, while its programs go on: the interface goes, and one with
    /// other addresses comes.
    ///
    /// # Errors
    ///
    /// If the kernel refuses.
    pub fn move_to(&self, network: &Network) -> io::Result<()> {
        self.leave()?;
        self.join(network)
    }

    /// Takes the device out of its network.
    ///
    /// # Errors
    ///
    /// If it is in none.
    pub fn leave(&self) -> io::Result<()> {
        self.machine.ip("link del eth0\n")
    }

    /// Brings the device into a network; it must be in none.
    ///
    /// # Errors
    ///
    /// If the kernel refuses.
    pub fn join(&self, network: &Network) -> io::Result<()> {
        let number = network.hosts.fetch_add(1, Ordering::Relaxed);
        self.number.store(number, Ordering::Relaxed);
        let no_ipv6 = if network.kind.has_ipv6() { "0" } else { "1" };
        self.machine.set("ipv6/conf/default/disable_ipv6", no_ipv6)?;
        plug(&network.home, &self.machine, "eth0", &format!("host{number}"))?;
        let mut lines = String::new();
        if network.kind.has_ipv4() {
            lines +=
                &format!("addr add {HOME}.{number}/24 dev eth0\nroute add default via {HOME}.1\n");
        }
        if network.kind.has_ipv6() {
            let (router, addr) = (inner6(network.number, 1), inner6(network.number, number));
            lines += &format!("addr add {addr}/64 dev eth0\nroute add ::/0 via {router}\n");
        }
        self.machine.ip(&lines)
    }

    /// Bytes that went in and out so far since the device joined its network.
    pub fn bytes(&self) -> u64 {
        self.machine.bytes("eth0")
    }
}

/// A cable from a router's inner network to a machine's interface of this name.
fn plug(router: &Namespace, machine: &Namespace, interface: &str, socket: &str) -> io::Result<()> {
    let to = machine.path();
    router.ip(&format!(
        "link add {socket} type veth peer name {interface} netns {to}\n\
         link set {socket} master lan up\n"
    ))?;
    machine.ip(&format!("link set {interface} up\n"))
}

/// Makes a machine with an interface `wan` a router, whose inner network is called `lan`.
fn make_router(machine: &Namespace, kind: Kind, inner: &str, number: u8) -> io::Result<()> {
    let mut lines = "link add lan type bridge\nlink set lan up\n".to_owned();
    if kind.has_ipv4() {
        lines += &format!("addr add {inner}.1/24 dev lan\n");
        machine.set("ipv4/ip_forward", "1")?;
    }
    if kind.has_ipv6() {
        lines += &format!("addr add {}/64 dev lan\n", inner6(number, 1));
        machine.set("ipv6/conf/all/forwarding", "1")?;
    }
    machine.ip(&lines)?;
    machine.nft(&rules(kind, inner))
}

/// What makes a router one of its kind.
fn rules(kind: Kind, inner: &str) -> String {
    let only = match kind {
        Kind::UdpBlocked => "iifname lan meta l4proto udp drop",
        Kind::Only443 => "iifname lan tcp dport != 443 drop; iifname lan meta l4proto udp drop",
        _ => "",
    };
    // Both kinds pass everything on to the one device there is; one asks who was written to.
    let (remember, let_in) = match kind {
        Kind::FullCone => ("", "iifname wan meta l4proto udp accept"),
        Kind::AddressRestricted => (
            "iifname lan meta l4proto udp update @written { ip daddr . udp sport }",
            "iifname wan ip saddr . udp dport @written accept",
        ),
        _ => ("", ""),
    };
    let pass_on = if let_in.is_empty() {
        String::new()
    } else {
        format!("iifname wan meta l4proto udp dnat ip to {inner}.{FIRST_HOST}")
    };
    let how = if kind == Kind::Symmetric { "masquerade fully-random" } else { "masquerade" };
    // What comes unasked is dropped without a trace. Were it answered, or only remembered, the port would count as
    // taken when the device sends there itself, and the mapping would change.
    format!(
        "table inet filter {{
            set written {{
                type ipv4_addr . inet_service; flags dynamic, timeout; timeout 5m; size 65535
            }}
            chain input {{
                type filter hook input priority filter; policy accept;
                iifname wan meta l4proto {{ tcp, udp }} drop
            }}
            chain forward {{
                type filter hook forward priority filter; policy drop;
                {only}
                {remember}
                iifname lan accept
                ct state established,related accept
                {let_in}
            }}
        }}
        table ip nat {{
            chain before {{
                type nat hook prerouting priority dstnat;
                {pass_on}
            }}
            chain after {{
                type nat hook postrouting priority srcnat;
                oifname wan {how}
            }}
        }}\n"
    )
}

/// The first half of all IPv6 addresses in a network.
fn prefix(number: u8) -> [u8; 8] {
    [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, number]
}

fn inner6(number: u8, host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 1, number.into(), 0, 0, 0, host)
}

fn router6(number: u8) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 2, number.into(), 0, 0, 0, 1)
}
