//! What a network does to UDP, found out as RFC 5780 says: by asking a STUN server with two addresses and two ports
//! what it sees, and from where its answers come through.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use crate::{Filtering, Namespace, Nat};

const MAGIC: u32 = 0x2112_a442;
const BINDING_REQUEST: u16 = 0x0001;
const CHANGE_REQUEST: u16 = 0x0003;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// Flags of a change request.
const CHANGE_ADDRESS: u32 = 4;
const CHANGE_PORT: u32 = 2;

/// How often it is asked, and how long waited for each answer.
const TRIES: u8 = 3;
const PATIENCE: Duration = Duration::from_millis(300);

/// A STUN server's addresses and ports; every combination of them is one of its sockets.
#[derive(Debug, Clone, Copy)]
pub struct StunServer {
    /// Its two addresses.
    pub addrs: [IpAddr; 2],
    /// Its two ports.
    pub ports: [u16; 2],
}

/// What the network of a machine does to UDP, or `None` if nothing comes back at all.
///
/// # Errors
///
/// If the machine has no addresses of the server's family.
pub fn behavior(machine: &Namespace, server: StunServer) -> io::Result<Option<Nat>> {
    machine.enter(|| {
        let [first, second] = server.addrs.map(|addr| SocketAddr::new(addr, server.ports[0]));
        let other_port = SocketAddr::new(server.addrs[0], server.ports[1]);
        let socket = open(first)?;
        let Some(mapped) = ask(&socket, first, 0)? else { return Ok(None) };
        let is_same = |to| io::Result::Ok(ask(&socket, to, 0)? == Some(mapped));
        let is_mapping_independent = is_same(second)? && is_same(other_port)?;
        // A port that has only ever written to one socket of the server's.
        let fresh = open(first)?;
        ask(&fresh, first, 0)?;
        let filtering = if ask(&fresh, first, CHANGE_ADDRESS | CHANGE_PORT)?.is_some() {
            Filtering::Open
        } else if ask(&fresh, first, CHANGE_PORT)?.is_some() {
            Filtering::Address
        } else {
            Filtering::AddressAndPort
        };
        Ok(Some(Nat { is_mapping_independent, filtering }))
    })
}

/// The address at which a STUN server sees this socket, if an answer comes.
///
/// # Errors
///
/// If nothing can be sent there.
pub fn public_addr(socket: &UdpSocket, server: SocketAddr) -> io::Result<Option<SocketAddr>> {
    ask(socket, server, 0)
}

/// A port from which the server can be asked.
fn open(server: SocketAddr) -> io::Result<UdpSocket> {
    if server.is_ipv4() {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
    } else {
        UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))
    }
}

/// The address the server sees us at, if an answer comes; `change` says from where it shall come.
pub(crate) fn ask(
    socket: &UdpSocket,
    server: SocketAddr,
    change: u32,
) -> io::Result<Option<SocketAddr>> {
    for round in 0..TRIES {
        let id = [round, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
        let mut request = Vec::new();
        request.extend(BINDING_REQUEST.to_be_bytes());
        request.extend(if change == 0 { 0_u16 } else { 8 }.to_be_bytes());
        request.extend(MAGIC.to_be_bytes());
        request.extend(id);
        if change != 0 {
            request.extend(CHANGE_REQUEST.to_be_bytes());
            request.extend(4_u16.to_be_bytes());
            request.extend(change.to_be_bytes());
        }
        socket.send_to(&request, server)?;
        let deadline = Instant::now() + PATIENCE;
        let mut answer = [0; 1_500];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            socket.set_read_timeout(Some(left))?;
            // An answer that is late, or an error that a router reported, is none.
            let Ok((len, from)) = socket.recv_from(&mut answer) else { continue };
            let is_from_wanted = (from.ip() != server.ip()) == (change & CHANGE_ADDRESS != 0)
                && (from.port() != server.port()) == (change & CHANGE_PORT != 0);
            // An earlier try's answer that took its time is as good.
            if is_from_wanted && answer[8] <= round && answer[9..20] == id[1..] {
                return Ok(mapped(&answer[..len]));
            }
        }
    }
    Ok(None)
}

/// The address inside of an answer.
fn mapped(answer: &[u8]) -> Option<SocketAddr> {
    let mut rest = answer.get(20..)?;
    loop {
        let kind = u16::from_be_bytes(*rest.first_chunk()?);
        let len = usize::from(u16::from_be_bytes(*rest.get(2..)?.first_chunk()?));
        let value = rest.get(4..)?.get(..len)?;
        if kind == XOR_MAPPED_ADDRESS {
            let port = u16::from_be_bytes(*value.get(2..)?.first_chunk()?) ^ 0x2112;
            // What follows the length in the header is the key.
            let bytes = value.get(4..)?.iter().zip(answer.get(4..20)?).map(|(a, b)| a ^ b);
            let bytes: Vec<u8> = bytes.collect();
            let addr = match bytes.len() {
                4 => IpAddr::from(*bytes.first_chunk::<4>()?),
                _ => IpAddr::from(*bytes.first_chunk::<16>()?),
            };
            return Some(SocketAddr::new(addr, port));
        }
        rest = rest.get(4 + len.next_multiple_of(4)..)?;
    }
}
