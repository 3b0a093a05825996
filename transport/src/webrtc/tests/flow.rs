//! Frames, long and many, and readers that are slow.

use super::{Host, next, stats, until};
use crate::webrtc::{MAX_FRAME_LEN, flow::WINDOW};

const FRAME_LEN: usize = 64 * 1024;

#[tokio::test]
async fn longest_frame_passes_and_a_longer_one_is_refused() {
    let mut host = Host::on_loopback();
    let (dialer, mut listener) = host.linked().await;

    assert!(dialer.send(vec![2; MAX_FRAME_LEN + 1]).await.is_err());
    dialer.send(vec![1; MAX_FRAME_LEN]).await.expect("open");

    assert_eq!(next(&mut listener).await, Some(vec![1; MAX_FRAME_LEN]));
}

#[tokio::test]
async fn slow_reader_holds_the_sender_back_and_loses_nothing() {
    let mut host = Host::on_loopback();
    let (dialer, mut listener) = host.linked().await;
    // Window, and what the link's own queue takes (32 frames).
    let most_held = u64::from(WINDOW) + 32 * FRAME_LEN as u64;
    let sending = tokio::spawn(async move {
        for n in 0..1000_u64 {
            let mut frame = n.to_be_bytes().to_vec();
            frame.resize(FRAME_LEN, 0);
            dialer.send(frame).await.expect("open");
        }
        dialer
    });

    // Nobody reads until the sender has used up all it may.
    let lump = u64::from(WINDOW / 4);
    until(|| stats(&listener).bytes_received > most_held - lump - 2 * FRAME_LEN as u64).await;

    for n in 0..1000_u64 {
        let held = stats(&listener).bytes_received - n * FRAME_LEN as u64;
        assert!(held <= most_held, "{held} bytes held");
        let frame = next(&mut listener).await.expect("a frame");
        assert_eq!(frame[..8], n.to_be_bytes());
    }
    sending.await.expect("no panic");
}

#[tokio::test]
async fn both_ends_may_send_in_bulk_at_once() {
    let mut host = Host::on_loopback();
    let (dialer, listener) = host.linked().await;

    let ends = [dialer, listener].map(|link| {
        let (sender, mut receiver) = link.split();
        let sending = tokio::spawn(async move {
            for _ in 0..500 {
                sender.send(vec![1; FRAME_LEN]).await.expect("open");
            }
            sender
        });
        tokio::spawn(async move {
            for _ in 0..500 {
                assert_eq!(receiver.recv().await.map(|frame| frame.len()), Some(FRAME_LEN));
            }
            (sending.await.expect("no panic"), receiver)
        })
    });

    for end in ends {
        tokio::time::timeout(super::HANG, end).await.expect("in time").expect("no panic");
    }
}

#[tokio::test]
async fn round_trip_is_measured() {
    let mut host = Host::on_loopback();
    let (dialer, listener) = host.linked().await;

    until(|| stats(&dialer).round_trip.is_some() && stats(&listener).round_trip.is_some()).await;
}
