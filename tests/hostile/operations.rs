//! What went wrong where others ran such systems: relays and edges that were trusted, and clients
//! that became the attack.

use std::{net::SocketAddr, time::Duration};

use engine::{Store as _, StoredOp};
use relay::{Rate, Relay, RelayConfig};
use tests::{Name, World};
use tokio::time::timeout;
use transport::{
    nostr::{EventBuilder, Filter, Keys, Kind, PublishError, RelayPool, RelayUrl, Tag},
    tls::client_config,
};

use super::{MINUTE, assert_talk, camp_in};

fn camp_with_relay(guests: &[Name]) -> World {
    let mut world = World::default();
    world.add_relay();
    camp_in(world, guests)
}

/// The operations of `author` on the disk of `at`, in order.
fn log_of(world: &World, at: Name, author: Name) -> Vec<Vec<u8>> {
    let (room, author) = (world.room(at), world.me(author));
    let members = world.disk(at).members(room).expect("readable");
    let index = members.iter().position(|member| member.id == author).expect("known");
    let is_theirs = |op: &StoredOp| op.position.author.0 as usize == index;
    let mut ops = world.disk(at).page_before(room, None, usize::MAX).expect("readable");
    ops.retain(is_theirs);
    ops.sort_by_key(|op| op.position.seq);
    ops.into_iter().map(|op| op.bytes).collect()
}

/// A web edge took signatures off, so that whoever was behind it had to believe it (PeddleNet).
#[test]
fn message_is_the_same_to_the_byte_and_still_proves_itself_however_it_came() {
    let mut world = camp_with_relay(&["bob", "carol", "dave"]);
    let names = ["alice", "bob", "carol", "dave"];
    for (at, a) in names.iter().enumerate() {
        for b in &names[at + 1..] {
            world.part(a, b);
        }
    }
    world.say("alice", "from the first");
    // From hand to hand, each starting anew in between, and for the last one by way of a relay.
    for (from, to) in [("alice", "bob"), ("bob", "carol")] {
        world.reunite(from, to);
        world.meet();
        world.part(from, to);
        world.reboot(to);
    }
    world.pass(10 * MINUTE);
    world.reboot("dave");
    world.settle();
    world.add("erin");
    for name in names {
        world.part("erin", name);
    }
    world.reunite("erin", "dave");
    world.scan("erin", "dave");
    world.meet();

    let written = log_of(&world, "alice", "alice");
    assert!(written.len() >= 3, "{}", written.len());
    for name in ["bob", "carol", "dave", "erin"] {
        assert_eq!(log_of(&world, name, "alice"), written, "{name}");
        assert_eq!(world.texts(name), ["from the first"], "{name}");
    }
    assert!(written.iter().all(|op| engine::fuzzing::is_signed_op(op)));
}

/// A server that was started anew parted those who had been together (PeddleNet). Here it is nobody's
/// business who is there.
#[test]
fn relay_that_goes_away_and_comes_back_parts_nobody() {
    let mut world = camp_with_relay(&["bob", "carol"]);
    let present = world.peers("alice");
    assert_eq!(present.len(), 2);
    for is_down in [true, false, true, false] {
        world.relay(0).is_down = is_down;
        world.relay(0).packs.clear();
        world.pass(30 * MINUTE);
        assert_eq!(world.peers("alice"), present);
        assert_talk(&mut world, "alice", "bob");
        assert_talk(&mut world, "bob", "carol");
    }
}

/// The same with a real relay: whoever listened there is heard again once it is back.
#[tokio::test]
async fn relay_that_was_started_anew_passes_on_to_those_who_were_listening() {
    let relay = Relay::start(RelayConfig::new(loopback(0))).await.expect("a port");
    let (addr, url) = (relay.local_addr(), url_of(&relay));
    let (here, there) = (pool(), pool());
    let topic = Filter::new().kind(KIND).hashtag("tents");
    let mut subscription = here.subscribe(std::slice::from_ref(&url), &topic);
    say(&there, &url, "before").await.expect("taken");

    relay.stop().await;
    let _relay = Relay::start(RelayConfig::new(addr)).await.expect("the same port");

    let mut tries = 0;
    let heard = async {
        loop {
            tries += 1;
            let said = format!("try {tries}");
            let _ = say(&there, &url, &said).await;
            let next = timeout(Duration::from_millis(500), subscription.recv()).await;
            if let Ok(Some((_, event))) = next
                && event.content.starts_with("try")
            {
                return;
            }
        }
    };
    timeout(Duration::from_secs(60), heard).await.expect("heard again");
}

/// Public relays were brought down by the clients of one library, which announced themselves without
/// end, whether they were connected or not (Trystero, issue 192: 4,000 events a second).
#[test]
fn friends_who_are_linked_leave_relays_alone() {
    let mut world = camp_with_relay(&["bob", "carol"]);
    world.say("alice", "good night");
    world.pass(10 * MINUTE);
    let (left, wanted) = (world.tries(), ["alice", "bob", "carol"].map(|name| world.wanted(name)));
    assert_eq!(wanted, [0; 3], "nobody is called");

    world.pass(24 * 60 * MINUTE);

    let packs = world.tries() - left;
    assert!(packs <= 2, "{packs} packs in a day: a new key, and a welcome that has it");
}

/// The same day after day, with the key that changes by itself: what is in the mailbox stays there, and
/// is not left anew in another.
#[test]
fn key_that_changes_daily_costs_relays_no_more_than_what_is_new() {
    let mut world = camp_with_relay(&["bob", "carol"]);
    world.say("alice", "good night");
    world.pass(10 * MINUTE);
    for day in 1..=5 {
        let left = world.tries();
        world.say("alice", "good night");
        world.pass(24 * 60 * MINUTE);

        // What was said, the new key, and a welcome that has it.
        let packs = world.tries() - left;
        assert!((2..=3).contains(&packs), "{packs} packs on day {day}");
    }
}

/// However much is said, a device leaves a pack every few seconds at the most.
#[test]
fn busy_room_leaves_few_packs_at_its_relay() {
    let mut world = camp_with_relay(&["bob"]);
    world.pass(10 * MINUTE);
    let before = world.tries();

    for n in 0..3_600 {
        world.say(if n % 2 == 0 { "alice" } else { "bob" }, "and another thing");
        world.pass(Duration::from_secs(1));
    }

    // One of each author in 15 s, and the keeper's for those who may have no relay.
    let left = world.tries() - before;
    assert!((1..=2 * 240 + 60).contains(&left), "{left} packs in an hour");
}

/// And a relay that asks to be left in peace is.
#[tokio::test]
async fn relay_that_says_it_is_too_much_is_sent_nothing_for_a_while() {
    let mut config = RelayConfig::new(loopback(0));
    config.limits.events_per_connection = Rate { per_second: 0, burst: 3 };
    let relay = Relay::start(config).await.expect("a port");
    let (url, pool) = (url_of(&relay), pool());

    let mut refused = 0;
    while refused == 0 {
        refused += usize::from(say(&pool, &url, "an offer").await.is_err());
    }
    let sent = || pool.report()[0].bytes_sent;
    let before = sent();
    for _ in 0..100 {
        let answer = say(&pool, &url, "an offer").await;
        assert!(matches!(answer, Err(PublishError::Refused(_))), "{answer:?}");
    }

    assert!(sent() - before < 1_000, "{} bytes", sent() - before);
}

/// What the program is built with is reached over TLS only.
#[test]
fn relays_that_come_with_the_program_are_not_spoken_to_in_clear() {
    let shipped = transport::servers::SHIPPED_RELAYS.iter().filter(|text| !text.is_empty());
    let urls: Vec<RelayUrl> = shipped.map(|text| text.parse().expect("a relay")).collect();

    assert!(!urls.is_empty());
    assert!(urls.iter().all(RelayUrl::is_tls));
    let bare: RelayUrl = "relay.example".parse().expect("a relay");
    assert!(bare.is_tls(), "nor those of which nobody says how");
}

const KIND: Kind = Kind::Custom(20_420);

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn url_of(relay: &Relay) -> RelayUrl {
    relay.url().parse().expect("a relay")
}

fn pool() -> RelayPool {
    RelayPool::new(client_config(None).expect("a configuration"))
}

async fn say(pool: &RelayPool, at: &RelayUrl, content: &str) -> Result<(), PublishError> {
    let event = EventBuilder::new(KIND, content).tags([Tag::hashtag("tents")]);
    let event = event.sign_with_keys(&Keys::generate()).expect("signed");
    pool.publish_at(at, event).await
}
