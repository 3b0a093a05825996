//! Wi-Fi without a router: what the person wants of it, and what an invite carries for it.

use engine::{Command, Input, Invite, MAX_ADDRS};
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
        let looks = matches!(wish, WifiWish::Look);
        let task = tokio.spawn(async move {
            let news = match wish {
                WifiWish::Look => {
                    let status = wifi.status().await;
                    if status.group.is_none() {
                        shared.obey(Command::WithdrawNetwork).await;
                    }
                    WifiNews::Status(status)
                }
                WifiWish::Make { room, may_leave } => match wifi.make(may_leave).await {
                    Ok(credentials) => {
                        // What this device gives itself may be the same in it as in the one before.
                        (shared.surroundings.network_changed)();
                        if let Some(room) = room {
                            let access = credentials.encode();
                            shared.obey(Command::OfferNetwork { room, access }).await;
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
                    shared.obey(Command::WithdrawNetwork).await;
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
    /// Has the engine obey, unless it has stopped.
    async fn obey(&self, command: Command) {
        let _stopped = self.inbox.send(Input::Command(command)).await;
    }
}

fn failed(err: WifiError) -> WifiNews {
    match err {
        WifiError::WouldLeave(network) => WifiNews::WouldLeave(network),
        other => WifiNews::Failed(other.to_string()),
    }
}

/// An invite that lets into the network first. `None` if its credentials are too long for one.
pub(crate) fn with_network(invite: &Invite, credentials: &Credentials) -> Option<Invite> {
    let bytes = credentials.encode();
    if bytes.len() > engine::MAX_ADDR_LEN {
        return None;
    }
    let mut invite = without_network(invite.clone());
    // The last addresses are relays', which are of least use without a network.
    invite.addrs.truncate(MAX_ADDRS.saturating_sub(1));
    invite.addrs.push(engine::Addr { tag: TAG_WIFI, bytes });
    Some(invite)
}

/// What lets into the network that an invite is for, if it is for one.
pub(crate) fn network_of(invite: &Invite) -> Option<Credentials> {
    let addr = invite.addrs.iter().find(|addr| addr.tag == TAG_WIFI)?;
    Credentials::decode(&addr.bytes)
}

/// The invite as the engine is to keep it.
pub(super) fn without_network(mut invite: Invite) -> Invite {
    invite.addrs.retain(|addr| addr.tag != TAG_WIFI);
    invite
}

#[cfg(test)]
mod tests {
    use engine::{Addr, Invite, MAX_ADDRS};
    use transport::wifi::Credentials;

    use super::{TAG_WIFI, network_of, with_network, without_network};

    fn invite(addrs: usize) -> Invite {
        let addr = Addr { tag: 1, bytes: vec![192, 168, 1, 20, 0x1f, 0x90] };
        Invite { secret: [7; 16], host: [9; 16], expires_at: None, addrs: vec![addr; addrs] }
    }

    #[test]
    fn invite_carries_a_network_through_its_text_and_is_without_it_as_it_was() {
        let credentials = Credentials::random();
        let with = with_network(&invite(2), &credentials).expect("they are short");

        let read = Invite::parse(&with.to_text()).expect("an invite");

        assert_eq!(network_of(&read), Some(credentials));
        assert_eq!(without_network(read), invite(2));
        assert_eq!(network_of(&invite(2)), None);
    }

    #[test]
    fn invite_with_all_the_addresses_it_may_have_still_carries_a_network() {
        let credentials = Credentials::random();
        let with = with_network(&invite(MAX_ADDRS), &credentials).expect("they are short");
        let read = Invite::parse(&with.to_text()).expect("an invite");

        assert_eq!(network_of(&read), Some(credentials));
    }

    #[test]
    fn network_that_nobody_could_have_written_is_none() {
        for bytes in [vec![], vec![0; 32], vec![255; 32], vec![1, b'a', 3, b'b', b'c', b'd']] {
            let mut invite = invite(1);
            invite.addrs.push(Addr { tag: TAG_WIFI, bytes });
            assert_eq!(network_of(&invite), None);
        }
        let long = Credentials::new("a".repeat(32), "b".repeat(63)).expect("allowed");
        assert_eq!(with_network(&invite(1), &long), None);
    }
}
