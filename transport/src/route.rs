//! Which way datagrams and streams leave this device.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use crate::{SocketBinder, interface::is_down};

/// The beginning of a way: what is open on it is lost once the same way begins elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    ip: IpAddr,
    /// The number of the interface: a new one means a new interface, whatever its address.
    interface: Option<u32>,
}

/// The way to `remote`, as the system would take it now with a socket that `binder` has bound.
///
/// # Errors
///
/// If there is none.
pub(crate) fn to(remote: SocketAddr, binder: Option<&SocketBinder>) -> io::Result<Route> {
    let ip = source(remote, binder)?;
    let interfaces = if_addrs::get_if_addrs()?;
    let interface = interfaces.iter().find(|interface| interface.ip() == ip);
    // The system goes on sending into a cable that was pulled out.
    if interface.is_some_and(is_down) {
        return Err(io::ErrorKind::NetworkUnreachable.into());
    }
    Ok(Route { ip, interface: interface.and_then(|interface| interface.index) })
}

/// The address this device would send to `remote` from.
///
/// # Errors
///
/// If there is no way there.
pub(crate) fn source(remote: SocketAddr, binder: Option<&SocketBinder>) -> io::Result<IpAddr> {
    let any = match remote {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    // Sends nothing: the system only looks up the route.
    let socket = UdpSocket::bind((any, 0))?;
    if let Some(binder) = binder {
        binder.bind(&socket, &[remote.ip()]);
    }
    socket.connect(remote)?;
    Ok(socket.local_addr()?.ip())
}
