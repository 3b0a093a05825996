//! Groups, through a card that does as it is told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Credentials, Look, Part, Wifi, WifiError, WifiPort, WifiState, Work};

/// What the card is, and what was done with it.
#[derive(Debug)]
struct Card {
    look: Look,
    outcome: Result<(), WifiError>,
    hangs: bool,
    /// What lets into networks that are made here, whatever is asked for.
    chosen: Option<Credentials>,
    /// Nothing is left for making a network.
    keeps_by_making: bool,
    done: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Fake(Arc<(Mutex<Card>, Notify)>);

impl Fake {
    fn new(network: Option<&str>) -> Self {
        let look = Look {
            state: WifiState::Ready,
            network: network.map(str::to_owned),
            can_make: true,
            is_in_group: false,
        };
        let card = Card {
            look,
            outcome: Ok(()),
            hangs: false,
            chosen: None,
            keeps_by_making: false,
            done: Vec::new(),
        };
        Self(Arc::new((Mutex::new(card), Notify::new())))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Card) -> T) -> T {
        let changed = change(&mut self.0.0.lock().expect("nobody panics"));
        self.0.1.notify_waiters();
        changed
    }

    fn done(&self) -> Vec<&'static str> {
        self.change(|card| card.done.clone())
    }

    /// Waits until the last thing done is this one.
    async fn until(&self, last: &str) {
        let waiting = async {
            loop {
                let news = self.0.1.notified();
                if self.0.0.lock().expect("nobody panics").done.last() == Some(&last) {
                    return;
                }
                news.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.expect(last);
    }

    fn enter(&self, what: &'static str) -> Work<'_, Result<(), WifiError>> {
        Box::pin(async move {
            let (outcome, hangs) = self.change(|card| {
                card.done.push(what);
                (card.outcome.clone(), card.hangs)
            });
            if hangs {
                std::future::pending::<()>().await;
            }
            self.change(|card| card.look.is_in_group = outcome.is_ok());
            outcome
        })
    }
}

impl WifiPort for Fake {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async { self.change(|card| card.look.clone()) })
    }

    fn make<'a>(
        &'a mut self,
        credentials: &'a Credentials,
    ) -> Work<'a, Result<Credentials, WifiError>> {
        Box::pin(async {
            self.enter("make").await?;
            Ok(self.change(|card| card.chosen.clone()).unwrap_or_else(|| credentials.clone()))
        })
    }

    fn join<'a>(&'a mut self, _: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
        self.enter("join")
    }

    fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
        Box::pin(async {
            self.change(|card| {
                card.look.is_in_group = false;
                card.done.push("leave");
            });
            Ok(())
        })
    }

    fn would_leave(&self, part: Part) -> bool {
        part == Part::Joined || !self.change(|card| card.keeps_by_making)
    }
}

fn wifi(fake: &Fake) -> Wifi {
    Wifi::with_port(Box::new(fake.clone()))
}

#[tokio::test]
async fn network_in_use_is_left_only_with_the_persons_word() {
    let fake = Fake::new(Some("Home"));
    let wifi = wifi(&fake);
    let would_leave = WifiError::WouldLeave("Home".to_owned());

    assert_eq!(wifi.make(false).await, Err(would_leave.clone()));
    assert_eq!(wifi.join(Credentials::random(), false).await, Err(would_leave));
    assert!(!fake.done().contains(&"make") && !fake.done().contains(&"join"));

    wifi.make(true).await.expect("it may");
    assert_eq!(fake.done().last(), Some(&"make"));
}

#[tokio::test]
async fn who_leaves_nothing_to_make_a_network_is_not_asked() {
    let fake = Fake::new(Some("Home"));
    fake.change(|card| card.keeps_by_making = true);
    let wifi = wifi(&fake);

    let joined = wifi.join(Credentials::random(), false).await;
    assert_eq!(joined, Err(WifiError::WouldLeave("Home".to_owned())));
    wifi.make(false).await.expect("nothing is left for it");
}

#[tokio::test]
async fn what_lets_in_is_what_the_system_chose() {
    let fake = Fake::new(None);
    let chosen = Credentials::new("AndroidShare_1234", "abcdefgh2345678").expect("allowed");
    fake.change(|card| card.chosen = Some(chosen.clone()));
    let wifi = wifi(&fake);

    assert_eq!(wifi.make(false).await, Ok(chosen.clone()));
    let group = wifi.status().await.group.expect("it is in one");
    assert_eq!(group.credentials, chosen);
}

#[tokio::test]
async fn group_is_known_until_it_is_left_or_lost() {
    let fake = Fake::new(None);
    let wifi = wifi(&fake);
    let credentials = wifi.make(false).await.expect("nothing is left for it");
    let group = wifi.status().await.group.expect("it is in one");
    assert_eq!((group.part, group.credentials), (Part::Made, credentials));

    assert_eq!(wifi.join(Credentials::random(), true).await, Err(WifiError::InGroup));
    assert!(wifi.status().await.group.is_some(), "what is refused changes nothing");
    wifi.leave().await.expect("it can");
    assert_eq!(wifi.status().await.group, None);

    wifi.join(Credentials::random(), false).await.expect("nothing is left for it");
    fake.change(|card| card.look.is_in_group = false);
    assert_eq!(wifi.status().await.group, None, "somebody chose another network");
}

#[tokio::test]
async fn whoever_stops_waiting_or_fails_is_where_they_were() {
    let fake = Fake::new(Some("Home"));
    let wifi = wifi(&fake);

    fake.change(|card| card.hangs = true);
    tokio::select! {
        _ = wifi.make(true) => panic!("it hangs"),
        () = fake.until("make") => {}
    }
    fake.until("leave").await;

    fake.change(|card| (card.hangs, card.outcome) = (false, Err(WifiError::Refused)));
    assert_eq!(wifi.join(Credentials::random(), true).await, Err(WifiError::Refused));
    assert_eq!(fake.done(), ["make", "leave", "join", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn card_that_hangs_is_given_up() {
    let fake = Fake::new(None);
    fake.change(|card| card.hangs = true);

    assert_eq!(wifi(&fake).make(true).await, Err(WifiError::TimedOut));
    assert_eq!(fake.done(), ["make", "leave"]);
}

#[tokio::test]
async fn last_handle_that_goes_leaves_the_group() {
    let fake = Fake::new(None);
    let wifi = wifi(&fake);
    wifi.make(true).await.expect("it can");
    let other = wifi.clone();

    drop(wifi);
    assert!(other.status().await.group.is_some());
    drop(other);
    fake.until("leave").await;
}

#[tokio::test]
async fn what_cannot_be_is_said_before_anything_is_done() {
    let fake = Fake::new(None);
    let wifi = wifi(&fake);
    for (state, why) in [
        (WifiState::Off, WifiError::Off),
        (WifiState::Missing, WifiError::Missing),
        (WifiState::Denied, WifiError::Denied),
        (WifiState::Unsupported, WifiError::Unsupported),
    ] {
        fake.change(|card| card.look.state = state);
        assert_eq!(wifi.make(true).await, Err(why));
    }
    fake.change(|card| (card.look.state, card.look.can_make) = (WifiState::Ready, false));
    assert_eq!(wifi.make(true).await, Err(WifiError::CannotMake));
    assert!(!fake.done().contains(&"make"));

    wifi.join(Credentials::random(), true).await.expect("that needs less");
}
