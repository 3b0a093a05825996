//! All of it but Windows: through the transport, as the app uses it, and through the thread's own loop.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    task::LocalSet,
    time::{Instant, sleep, timeout},
};

use super::{
    super::{Happening, drive, inbox::MAX_WAITING},
    fake::{Air, Fake},
};
use crate::{
    Addr, AddrKind, Callee, DialKey, Link, Transport as _,
    ble::{
        Adapter, Advert, BleTransport, RadioCommand, RadioEnd, RadioEvent, RadioState,
        radio::{Contact, Side},
    },
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);

/// Reads as much as this.
async fn read(link: &mut Link, len: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < len {
        all.extend(link.recv().await.expect("open"));
    }
    all
}

#[tokio::test]
async fn two_of_them_find_each_other_and_carry_a_hundred_kilobytes_each_way() {
    let [host_air, guest_air] = Air::new();
    let [host, guest] = [BleTransport::new(Adapter::None), BleTransport::new(Adapter::None)];
    let ((incoming, mut links), (unused, _links)) = (mpsc::channel(1), mpsc::channel(1));
    let listener = host.listen_with(incoming, |end| drive::start::<Fake>(host_air, end));
    let listener = listener.expect("a runtime");
    let kept = guest.listen_with(unused, |end| drive::start::<Fake>(guest_air, end));
    listener.admit(KEY, HOST);
    let mut state = guest.shared.state.subscribe();
    state.wait_for(|state| *state == RadioState::Ready).await.expect("a driver");
    let addr = Addr { kind: AddrKind::Ble, bytes: Vec::new() };

    let mut called = guest.dial(&[addr], KEY, HOST).await.expect("a host");
    let mut answered = links.recv().await.expect("a guest");
    let frames: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; 1_000]).collect();
    for frame in &frames {
        let (one, other) = tokio::join!(called.send(frame.clone()), answered.send(frame.clone()));
        one.and(other).expect("open");
    }

    let (one, other) = tokio::join!(read(&mut called, 100_000), read(&mut answered, 100_000));
    assert!(one == frames.concat() && other == frames.concat());
    drop(kept);
}

/// Plays with the first of two radios: what it tells, what it is told, and what is behind it. How long it took until the
/// radio had ended.
async fn play<F: Future<Output = ()>>(
    change: impl FnOnce(&Air),
    story: impl FnOnce(mpsc::Receiver<RadioEvent>, mpsc::Sender<RadioCommand>, Air) -> F,
) -> Duration {
    let ([air, _other], began) = (Air::new(), Instant::now());
    change(&air);
    let ((events, told), (orders, commands)) = (mpsc::channel(64), mpsc::channel(64));
    let end = RadioEnd { events, commands };
    let radio = drive::supervise::<Fake>(air.clone(), end);
    let all = async {
        let story = story(told, orders, air);
        // Once the story is told nothing more is ordered, and the radio ends.
        tokio::join!(radio, story);
    };
    let all = LocalSet::new().run_until(timeout(Duration::from_secs(600), all)).await;
    all.expect("the radio ends with its transport");
    began.elapsed()
}

fn state(state: RadioState) -> Option<RadioEvent> {
    Some(RadioEvent::State(state))
}

#[tokio::test(start_paused = true)]
async fn adapter_that_is_switched_off_is_told_at_once_and_used_anew_when_it_is_on_again() {
    let story = async |mut told: mpsc::Receiver<_>, orders: mpsc::Sender<_>, air: Air| {
        assert_eq!(told.recv().await, state(RadioState::Ready));
        air.with(|end| end.state = RadioState::Off);
        air.tell(Happening::State(RadioState::Off));
        assert_eq!(told.recv().await, state(RadioState::Off));
        sleep(10 * drive::LOOK_AGAIN).await;
        assert!(told.is_empty(), "it is said once");

        air.with(|end| end.state = RadioState::Ready);
        assert_eq!(told.recv().await, state(RadioState::Ready));
        let advert = Advert { token: [3; 8], every: Duration::from_millis(500) };
        orders.send(RadioCommand::Advertise(Some(advert))).await.expect("it obeys");
        sleep(Duration::from_secs(1)).await;
        assert_eq!(air.with(|end| end.shown), Some([3; 8]));
    };
    play(|_| {}, story).await;
}

#[tokio::test(start_paused = true)]
async fn adapter_that_is_pulled_out_without_a_word_is_noticed() {
    let story = async |mut told: mpsc::Receiver<_>, _orders: mpsc::Sender<_>, air: Air| {
        assert_eq!(told.recv().await, state(RadioState::Ready));
        air.with(|end| end.state = RadioState::Missing);
        assert_eq!(told.recv().await, state(RadioState::Missing));
    };
    play(|_| {}, story).await;
}

#[tokio::test(start_paused = true)]
async fn system_that_fails_inside_or_never_answers_counts_as_missing_and_is_tried_again() {
    let panics = |air: &Air| air.with(|end| end.panics = true);
    let hangs = |air: &Air| air.with(|end| end.hangs = true);
    for change in [&panics as &dyn Fn(&Air), &hangs] {
        let story = async |mut told: mpsc::Receiver<_>, _orders: mpsc::Sender<_>, air: Air| {
            assert_eq!(told.recv().await, state(RadioState::Missing));
            air.with(|end| end.hangs = false);
            assert_eq!(told.recv().await, state(RadioState::Ready));
        };
        play(change, story).await;
    }
}

#[tokio::test(start_paused = true)]
async fn transport_that_ends_while_the_system_never_answers_is_not_held_up() {
    let story = async |told: mpsc::Receiver<_>, orders: mpsc::Sender<_>, _air: Air| {
        drop(orders);
        assert!(told.is_empty());
    };
    let took = play(|air| air.with(|end| end.hangs = true), story).await;
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn flood_of_packets_fills_no_memory_and_hides_nothing_that_matters() {
    let story = async |mut told: mpsc::Receiver<_>, _orders: mpsc::Sender<_>, air: Air| {
        assert_eq!(told.recv().await, state(RadioState::Ready));
        let inbox = air.with(|end| end.inbox.clone()).expect("it is ready");
        let device = air.device();
        for _ in 0..100_000 {
            let bytes = vec![0; 100];
            inbox.mention(Happening::Written { device, max_packet: 100, bytes });
        }
        air.tell(Happening::State(RadioState::Off));

        let mut packets = 0;
        while let Some(RadioEvent::Packet { contact, .. }) = told.recv().await {
            assert_eq!(contact, Contact { device, side: Side::Peripheral });
            packets += 1;
        }
        assert!((1..MAX_WAITING).contains(&packets), "{packets} packets, and then that it is off");
    };
    play(|_| {}, story).await;
}

#[tokio::test(start_paused = true)]
async fn more_news_than_can_be_kept_begins_anew_rather_than_losing_some() {
    let story = async |mut told: mpsc::Receiver<_>, _orders: mpsc::Sender<_>, air: Air| {
        assert_eq!(told.recv().await, state(RadioState::Ready));
        for _ in 0..=MAX_WAITING {
            air.tell(Happening::Subscribed(Vec::new()));
        }
        assert_eq!(told.recv().await, state(RadioState::Missing));
        assert_eq!(told.recv().await, state(RadioState::Ready));
    };
    play(|_| {}, story).await;
}
