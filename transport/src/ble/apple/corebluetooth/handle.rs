//! The way to the queue on which `CoreBluetooth` is used.
#![allow(unsafe_code)] // what may not change threads is brought to one

use dispatch2::{DispatchQueue, DispatchRetained};
use objc2::{AnyThread as _, rc::Retained, runtime::ProtocolObject};
use objc2_core_bluetooth::{
    CBCentralManager, CBCentralManagerOptionRestoreIdentifierKey, CBPeripheralManager,
    CBPeripheralManagerOptionRestoreIdentifierKey,
};
use objc2_foundation::NSString;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    delegate::{Delegate, Status, Told},
    objects::{self, Objects},
};
use crate::ble::{RadioCommand, RadioEvent};

/// Something that is used on the managers' queue alone.
struct OnQueue<T>(T);

// SAFETY: what is inside is reached by `take` only, which is called in closures that the serial queue runs one after the
// other; elsewhere it is moved.
unsafe impl<T> Send for OnQueue<T> {}

impl<T> OnQueue<T> {
    fn take(self) -> T {
        self.0
    }
}

/// The way to the queue.
pub(super) struct Handle {
    queue: DispatchRetained<DispatchQueue>,
    delegate: OnQueue<Retained<Delegate>>,
}

// SAFETY: the queue may be used from any thread, and of the delegate others only take references, which the system counts
// safely, to bring them to the queue.
unsafe impl Sync for Handle {}

impl Handle {
    /// Begins; what happens is told by `events`.
    pub(super) fn open(events: mpsc::Sender<RadioEvent>) -> (Self, watch::Receiver<Status>) {
        let (sender, status) = watch::channel(Status::default());
        let delegate = OnQueue(Delegate::new(events, sender));
        let handle = Self { queue: DispatchQueue::new("chat.festival.bluetooth", None), delegate };
        let queue = handle.queue.clone();
        handle.bring(move |delegate| {
            let objects = managers(&delegate, &queue);
            delegate.begin(objects);
        });
        (handle, status)
    }

    /// Does what the transport says; done when it is asked for.
    pub(super) async fn obey(&self, command: RadioCommand) {
        self.pass(Some(command)).await;
    }

    /// Does what is due by now.
    pub(super) async fn catch_up(&self) {
        self.pass(None).await;
    }

    async fn pass(&self, command: Option<RadioCommand>) {
        let (done, is_done) = oneshot::channel();
        self.bring(move |delegate| {
            delegate.tell(command.map_or(Told::Late, Told::Command));
            let _ = done.send(());
        });
        let _ = is_done.await;
    }

    /// Ends everything.
    pub(super) fn close(self) {
        self.bring(|delegate| delegate.stop());
    }

    fn bring(&self, work: impl FnOnce(Retained<Delegate>) + Send + 'static) {
        let delegate = OnQueue(self.delegate.0.clone());
        self.queue.exec_async(move || work(delegate.take()));
    }
}

/// Both managers. On iOS the system starts the app again for what happens to their connections.
fn managers(delegate: &Delegate, queue: &DispatchQueue) -> Objects {
    let restore = |key: &'static NSString, name| {
        let name = NSString::from_str(name);
        cfg!(target_os = "ios").then(|| objects::options(key, &name))
    };
    // SAFETY: the keys and their values are those that the system documents; it holds the delegate weakly.
    unsafe {
        let how = restore(CBCentralManagerOptionRestoreIdentifierKey, "chat.festival.central");
        let central = CBCentralManager::initWithDelegate_queue_options(
            CBCentralManager::alloc(),
            Some(ProtocolObject::from_ref(delegate)),
            Some(queue),
            how.as_deref(),
        );
        let how =
            restore(CBPeripheralManagerOptionRestoreIdentifierKey, "chat.festival.peripheral");
        let peripheral = CBPeripheralManager::initWithDelegate_queue_options(
            CBPeripheralManager::alloc(),
            Some(ProtocolObject::from_ref(delegate)),
            Some(queue),
            how.as_deref(),
        );
        let (known, centrals) = Default::default();
        Objects { central, peripheral, to_central: None, known, centrals }
    }
}
