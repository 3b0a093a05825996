//! Binding sockets to one of several networks, where the system does not do that by itself.

use std::{fmt, net::IpAddr, sync::Arc};

use socket2::{SockRef, Socket};
use tokio::sync::Notify;

/// Binds sockets to a network of devices that leads nowhere else. Android sends nothing there but what is bound to it,
/// and everything else into the network that leads to the internet.
#[derive(Clone)]
pub struct SocketBinder {
    bind: Arc<Bind>,
    changed: Arc<Notify>,
}

type Bind = dyn Fn(&Socket, &[IpAddr]) + Send + Sync;

impl SocketBinder {
    /// `bind` is given a socket, and the addresses it is to reach, or none if that may be anybody's. It binds the
    /// socket to the network, if there is one and that fits, and else to none. It is called again with the sockets that
    /// others dial whenever `changed` is told that the network is another one.
    pub fn new(
        changed: Arc<Notify>,
        bind: impl Fn(&Socket, &[IpAddr]) + Send + Sync + 'static,
    ) -> Self {
        Self { bind: Arc::new(bind), changed }
    }

    /// Waits until the network is another one.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    pub(crate) fn bind<'s>(&self, socket: impl Into<SockRef<'s>>, to: &[IpAddr]) {
        (self.bind)(&socket.into(), to);
    }
}

impl fmt::Debug for SocketBinder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketBinder")
    }
}
