//! Between one link's ends and the driver.

use std::sync::{Arc, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::driver::Order;
use crate::{Link, LinkFailure};

/// Carries the frames of one link between the app and the driver, until either hangs up.
pub(super) async fn carry(
    id: u64,
    link: Link,
    mut frames: mpsc::Receiver<Vec<u8>>,
    room: Arc<Notify>,
    orders: mpsc::Sender<Order>,
) {
    let stats = Arc::clone(&link.stats);
    let (to_app, mut from_app) = link.split();
    let outward = async {
        while let Some(frame) = from_app.recv().await {
            if orders.send(Order::Send(id, frame)).await.is_err() {
                return;
            }
            room.notified().await;
        }
    };
    let inward = async {
        while let Some(frame) = frames.recv().await {
            let len = frame.len();
            if to_app.send(frame).await.is_err() {
                break;
            }
            let _ = orders.send(Order::Consumed(id, len)).await;
        }
    };
    tokio::select! {
        () = outward => {
            let mut stats = stats.lock().unwrap_or_else(PoisonError::into_inner);
            stats.closed.get_or_insert(LinkFailure::HungUp);
        }
        () = inward => {}
    }
    let _ = orders.send(Order::Close(id)).await;
}
