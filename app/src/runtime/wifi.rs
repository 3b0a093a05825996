//! Wi-Fi without a router: what the person wants of it, and what an invite carries for it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use engine::{Command, Input, Invite, MAX_ADDR_LEN, MAX_ADDRS, RoomId};
use transport::wifi::{Credentials, WifiError};

use super::{Runtime, Shared};
use crate::backend::{Notice, WifiNews, WifiWish};

/// What lets into the group that this device made. Only in invites that are shown: whoever is linked already is handed
/// it by the engine, which keeps no address of this kind.
const TAG_WIFI: u8 = 6;

impl Runtime {
    /// Does it, and tells what came of it with a [`Notice::Wifi`]. A later wish calls off what an earlier one began
    /// and has not finished.
    pub(super) fn wish_of_wifi(&mut self, wish: WifiWish) {
        let Some(tokio) = &self.tokio else { return };
        let (shared, wifi) = (self.shared.clone(), self.wifi.clone());
        let is_offered = Arc::clone(&self.is_network_offered);
        let looks = matches!(wish, WifiWish::Look);
        let task = tokio.spawn(async move {
            let news = match wish {
                WifiWish::Look => {
                    let status = wifi.status().await;
                    if status.group.is_none() {
                        shared.withdraw(&is_offered).await;
                    }
                    WifiNews::Status(status)
                }
                WifiWish::Make { room, may_leave } => match wifi.make(may_leave).await {
                    Ok(credentials) => {
                        // What this device gives itself may be the same in it as in the one before.
                        (shared.surroundings.network_changed)();
                        if let Some(room) = room {
                            is_offered.store(true, Ordering::SeqCst);
                            shared.offer(room, &credentials).await;
                        }
                        WifiNews::Made(credentials)
                    }
                    Err(err) => failed(err),
                },
                WifiWish::Join { credentials, invite, may_leave } => {
                    let joined = wifi.join(credentials.clone(), may_leave).await;
                    if joined.is_ok() {
                        // The addresses of the new network count from now on.
                        (shared.surroundings.network_changed)();
                    }
                    if let (Ok(()), Some(invite)) = (&joined, invite) {
                        let invite = without_network(invite);
                        shared.obey(Command::AcceptInvite { invite }).await;
                    }
                    joined.map_or_else(failed, |()| WifiNews::Joined(credentials))
                }
                WifiWish::Leave => {
                    // Before the way to those who were told of it may be gone.
                    shared.withdraw(&is_offered).await;
                    match wifi.leave().await {
                        Ok(()) => WifiNews::Left,
                        Err(err) => failed(err),
                    }
                }
            };
            shared.notices.push(vec![Notice::Wifi(news)]);
        });
        if !looks && let Some(before) = self.wifi_task.replace(task) {
            before.abort();
        }
    }
}

impl Shared {
    /// Hands members of this room what lets in.
    async fn offer(&self, room: RoomId, credentials: &Credentials) {
        let access = credentials.encode();
        self.obey(Command::OfferNetwork { room, access }).await;
    }

    /// Tells whoever was handed a network that it is gone.
    async fn withdraw(&self, is_offered: &AtomicBool) {
        if let Some(command) = withdrawal(is_offered) {
            self.obey(command).await;
        }
    }

    /// Has the engine obey, unless it has stopped.
    async fn obey(&self, command: Command) {
        let _stopped = self.inbox.send(Input::Command(command)).await;
    }
}

/// What is said when a group has ended: once, if anything was said of it.
fn withdrawal(is_offered: &AtomicBool) -> Option<Command> {
    is_offered.swap(false, Ordering::SeqCst).then_some(Command::WithdrawNetwork)
}

fn failed(err: WifiError) -> WifiNews {
    match err {
        WifiError::WouldLeave(network) => WifiNews::WouldLeave(network),
        other => WifiNews::Failed(other.to_string()),
    }
}

/// An invite that lets into the network first. Credentials that are too long for one address are in several.
pub(crate) fn with_network(invite: &Invite, credentials: &Credentials) -> Invite {
    let bytes = credentials.encode();
    let parts = bytes.chunks(MAX_ADDR_LEN);
    let mut invite = without_network(invite.clone());
    // The last addresses are relays', which are of least use without a network.
    invite.addrs.truncate(MAX_ADDRS.saturating_sub(parts.len()));
    invite.addrs.extend(parts.map(|part| engine::Addr { tag: TAG_WIFI, bytes: part.to_vec() }));
    invite
}

/// What lets into the network that an invite is for, if it is for one.
pub(crate) fn network_of(invite: &Invite) -> Option<Credentials> {
    let parts = invite.addrs.iter().filter(|addr| addr.tag == TAG_WIFI);
    let bytes: Vec<u8> = parts.flat_map(|addr| addr.bytes.iter().copied()).collect();
    Credentials::decode(&bytes)
}

/// The invite as the engine is to keep it.
pub(super) fn without_network(mut invite: Invite) -> Invite {
    invite.addrs.retain(|addr| addr.tag != TAG_WIFI);
    invite
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, atomic::AtomicBool, mpsc};

    use engine::{Addr, Command, Invite, MAX_ADDRS};
    use transport::{
        ble::Adapter,
        wifi::{Credentials, ForeignWifi, Look, WifiError, WifiPort, WifiState, Work},
    };

    use super::{TAG_WIFI, network_of, with_network, withdrawal, without_network};
    use crate::{
        backend::{Backend as _, Notice, WifiNews, WifiWish},
        runtime::{Config, Runtime},
    };

    /// A card that was switched off.
    #[derive(Debug)]
    struct SwitchedOff;

    impl WifiPort for SwitchedOff {
        fn look(&mut self) -> Work<'_, Look> {
            Box::pin(async { Look::without(WifiState::Off) })
        }

        fn make<'a>(&'a mut self, _: &'a Credentials) -> Work<'a, Result<Credentials, WifiError>> {
            Box::pin(async { Err(WifiError::Off) })
        }

        fn join<'a>(&'a mut self, _: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
            Box::pin(async { Err(WifiError::Off) })
        }

        fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
            Box::pin(async { Ok(()) })
        }
    }

    #[test]
    fn device_uses_the_card_that_it_is_started_with() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config {
            loopback: true,
            bluetooth: Adapter::None,
            wifi: Some(ForeignWifi::new(|| Box::new(SwitchedOff))),
            ..Config::usual(folder.path().to_owned())
        };
        let (wake, woken) = mpsc::sync_channel(1);
        let wake = Arc::new(move || _ = wake.try_send(()));
        let mut runtime = Runtime::start(&config, wake).expect("it can be started");
        runtime.wifi(WifiWish::Look);
        let status = loop {
            match runtime.poll() {
                Some(Notice::Wifi(WifiNews::Status(status))) => break status,
                Some(_) => {}
                None => woken.recv().expect("it is woken"),
            }
        };
        assert_eq!(status.state, WifiState::Off);
    }

    #[test]
    fn network_that_members_were_handed_is_withdrawn_once() {
        let is_offered = AtomicBool::new(true);
        assert_eq!(withdrawal(&is_offered), Some(Command::WithdrawNetwork));
        assert_eq!(withdrawal(&is_offered), None);
    }

    fn invite(addrs: usize) -> Invite {
        let addr = Addr { tag: 1, bytes: vec![192, 168, 1, 20, 0x1f, 0x90] };
        Invite { secret: [7; 16], host: [9; 16], expires_at: None, addrs: vec![addr; addrs] }
    }

    #[test]
    fn invite_carries_a_network_through_its_text_and_is_without_it_as_it_was() {
        let credentials = Credentials::random();
        let with = with_network(&invite(2), &credentials);

        let read = Invite::parse(&with.to_text()).expect("an invite");

        assert_eq!(network_of(&read), Some(credentials));
        assert_eq!(without_network(read), invite(2));
        assert_eq!(network_of(&invite(2)), None);
    }

    #[test]
    fn invite_with_all_the_addresses_it_may_have_still_carries_a_network() {
        let long = Credentials::new("a".repeat(32), "b".repeat(63)).expect("allowed");
        let system = Credentials::new("AndroidShare_1234", "abcdefgh2345678").expect("allowed");
        for credentials in [Credentials::random(), system, long] {
            let with = with_network(&invite(MAX_ADDRS), &credentials);
            let read = Invite::parse(&with.to_text()).expect("an invite");

            assert_eq!(network_of(&read), Some(credentials));
        }
    }

    #[test]
    fn network_that_nobody_could_have_written_is_none() {
        for bytes in [vec![], vec![0; 32], vec![255; 32], vec![1, b'a', 3, b'b', b'c', b'd']] {
            let mut invite = invite(1);
            invite.addrs.push(Addr { tag: TAG_WIFI, bytes });
            assert_eq!(network_of(&invite), None);
        }
    }
}
