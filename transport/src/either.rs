//! Two transports as one: what is fast where there is a network, and what works without.

use std::time::Duration;

use tokio::{sync::mpsc, time::sleep};

use crate::{
    Addr, Callee, DialKey, Dialing, Link, LinkTraits, Listener, Transport, TransportError,
    TransportKind,
};

/// How long the first transport has the field to itself: a link over a local network is up in
/// less, and one that is slower to come is no worse off beside a slow one.
const HEAD_START: Duration = Duration::from_secs(2);

/// Listens on both of two transports and dials with both; whichever link is up first is the one.
#[derive(Debug)]
pub struct Either<First, Second> {
    first: First,
    second: Second,
}

impl<First: Transport, Second: Transport> Either<First, Second> {
    /// Prefers `first`; `second` helps where it does not reach.
    pub fn new(first: First, second: Second) -> Self {
        Self { first, second }
    }
}

impl<First: Transport, Second: Transport> Transport for Either<First, Second> {
    /// That of the preferred one. A link says itself what it is.
    fn kind(&self) -> TransportKind {
        self.first.kind()
    }

    /// What links of either can carry.
    fn traits(&self) -> LinkTraits {
        let (first, second) = (self.first.traits(), self.second.traits());
        LinkTraits {
            max_frame_len: first.max_frame_len.min(second.max_frame_len),
            bytes_per_sec: first.bytes_per_sec,
            metered: first.metered,
        }
    }

    fn listen(&self, incoming: mpsc::Sender<Link>) -> Result<Box<dyn Listener>, TransportError> {
        let second = self.second.listen(incoming.clone())?;
        let first = self.first.listen(incoming)?;
        Ok(Box::new(EitherListener { first, second }))
    }

    fn dial(&self, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        let mut first = self.first.dial(addrs, key, callee);
        let mut second = self.second.dial(addrs, key, callee);
        Box::pin(async move {
            tokio::select! {
                link = &mut first => match link {
                    Ok(link) => return Ok(link),
                    Err(err) => return second.await.map_err(|other| worse(err, other)),
                },
                () = sleep(HEAD_START) => {}
            }
            tokio::select! {
                link = &mut first => match link {
                    Ok(link) => Ok(link),
                    Err(err) => second.await.map_err(|other| worse(err, other)),
                },
                link = &mut second => match link {
                    Ok(link) => Ok(link),
                    Err(err) => first.await.map_err(|other| worse(other, err)),
                },
            }
        })
    }

    /// Links of the second are slow, so it never replaces a link.
    fn dial_directly(&self, addrs: &[Addr], key: DialKey, callee: Callee) -> Dialing {
        self.first.dial_directly(addrs, key, callee)
    }
}

/// What to say when neither reached anybody: that somebody did not answer, if anybody was asked.
fn worse(first: TransportError, second: TransportError) -> TransportError {
    match first {
        TransportError::NoUsableAddr => second,
        first => first,
    }
}

#[derive(Debug)]
struct EitherListener {
    first: Box<dyn Listener>,
    second: Box<dyn Listener>,
}

impl Listener for EitherListener {
    /// Those of the second first: they are few and short, and must not fall off an invite's end.
    fn addrs(&self) -> Vec<Addr> {
        let mut addrs = self.second.addrs();
        addrs.extend(self.first.addrs());
        addrs
    }

    fn admit(&self, key: DialKey, callee: Callee) {
        self.first.admit(key, callee);
        self.second.admit(key, callee);
    }

    fn refuse(&self, key: &DialKey) {
        self.first.refuse(key);
        self.second.refuse(key);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::Either;
    use crate::{Callee, DialKey, Transport, TransportError, memory::MemoryHub};

    const KEY: DialKey = DialKey::from_bytes([7; 32]);
    const HOST: Callee = Callee::from_bytes([1; 16]);

    #[tokio::test]
    async fn who_is_out_of_the_reach_of_one_transport_is_reached_by_the_other() {
        let hubs = [MemoryHub::new(), MemoryHub::new(), MemoryHub::new()];
        let [first, second, nowhere] = &hubs;
        let host = Either::new(first.transport(), second.transport());
        let (incoming, mut links) = mpsc::channel(1);
        let listener = host.listen(incoming).expect("memory");
        listener.admit(KEY, HOST);
        let addrs = listener.addrs();

        for (near, far) in [(first, nowhere), (nowhere, second)] {
            let guest = Either::new(near.transport(), far.transport());
            guest.dial(&addrs, KEY, HOST).await.expect("one of them reaches it");
            links.recv().await.expect("a link");
        }

        let alone = Either::new(nowhere.transport(), nowhere.transport());
        let refused = alone.dial(&addrs, KEY, HOST).await;
        assert!(matches!(refused, Err(TransportError::Unreachable)));
    }
}
