//! What the system tells, passed on to what decides; and the way to its queue.
#![allow(unsafe_code)] // a class that CoreBluetooth calls

use std::{
    cell::RefCell,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use objc2::{
    AnyThread as _, DefinedClass as _, Message as _, define_class, msg_send,
    rc::Retained,
    runtime::{AnyObject, NSObject, NSObjectProtocol, ProtocolObject},
};
use objc2_core_bluetooth::{
    CBATTError, CBATTRequest, CBCentral, CBCentralManager, CBCentralManagerDelegate,
    CBCentralManagerRestoredStatePeripheralsKey, CBCharacteristic, CBPeripheral,
    CBPeripheralDelegate, CBPeripheralManager, CBPeripheralManagerDelegate, CBService,
};
use objc2_foundation::{NSArray, NSDictionary, NSError, NSNumber, NSString};
use tokio::sync::{mpsc, watch};

use super::{
    super::{MAX_CENTRALS, radio::AppleRadio, system::Report},
    objects::{self, Found, Objects},
    read::{
        attribute_uuid, cb_uuid, device, elements, is_ours, max_update, max_write, power, tokens,
    },
};
use crate::ble::{RadioCommand, RadioEvent, RadioState, TO_CENTRAL, TO_PERIPHERAL};

/// How things are, for who waits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Status {
    /// When something is to be caught up on.
    pub(super) due: Option<Instant>,
    /// Something failed inside.
    pub(super) is_over: bool,
}

/// What happened.
pub(super) enum Told {
    Report(Report),
    /// Something about a device that is to be kept.
    Peripheral(Retained<CBPeripheral>, Report),
    /// Something about a central that is to be kept.
    Central(Retained<CBCentral>, Report),
    /// What was found on a device.
    Found(Retained<CBPeripheral>, Option<Found>),
    Command(RadioCommand),
    Late,
}

pub(super) struct Ivars {
    radio: RefCell<Option<AppleRadio<Objects>>>,
    told: RefCell<VecDeque<Told>>,
    events: mpsc::Sender<RadioEvent>,
    status: watch::Sender<Status>,
    started: Instant,
}

define_class!(
    // SAFETY: NSObject asks nothing of those that inherit from it, and there is no `Drop`.
    #[unsafe(super(NSObject))]
    #[name = "FestivalBluetooth"]
    #[ivars = Ivars]
    pub(super) struct Delegate;

    // SAFETY: it asks nothing.
    unsafe impl NSObjectProtocol for Delegate {}

    // SAFETY: the signatures are those of the protocol.
    unsafe impl CBCentralManagerDelegate for Delegate {
        #[unsafe(method(centralManagerDidUpdateState:))]
        fn central_state(&self, central: &CBCentralManager) {
            self.tell(Told::Report(Report::Central(power(central))));
        }

        #[unsafe(method(centralManager:willRestoreState:))]
        fn central_restored(&self, _: &CBCentralManager, kept: &NSDictionary<NSString, AnyObject>) {
            // SAFETY: the system's own key.
            let peripherals =
                kept.objectForKey(unsafe { CBCentralManagerRestoredStatePeripheralsKey });
            for peripheral in elements::<CBPeripheral>(peripherals).take(MAX_CENTRALS) {
                let restored = Report::Restored(vec![device(&peripheral)]);
                self.tell(Told::Peripheral(peripheral, restored));
            }
        }

        #[unsafe(method(centralManager:didDiscoverPeripheral:advertisementData:RSSI:))]
        fn heard(
            &self,
            _: &CBCentralManager,
            peripheral: &CBPeripheral,
            shown: &NSDictionary<NSString, AnyObject>,
            _: &NSNumber,
        ) {
            for token in tokens(shown) {
                let heard = Report::Heard(device(peripheral), token);
                self.tell(Told::Peripheral(peripheral.retain(), heard));
            }
        }

        #[unsafe(method(centralManager:didConnectPeripheral:))]
        fn connected(&self, _: &CBCentralManager, peripheral: &CBPeripheral) {
            objects::watch(peripheral, ProtocolObject::from_ref(self));
            self.tell(Told::Report(Report::Connected(device(peripheral))));
        }

        #[unsafe(method(centralManager:didFailToConnectPeripheral:error:))]
        fn failed(&self, _: &CBCentralManager, peripheral: &CBPeripheral, _: Option<&NSError>) {
            self.tell(Told::Report(Report::Lost(device(peripheral))));
        }

        #[unsafe(method(centralManager:didDisconnectPeripheral:error:))]
        fn lost(&self, _: &CBCentralManager, peripheral: &CBPeripheral, _: Option<&NSError>) {
            self.tell(Told::Report(Report::Lost(device(peripheral))));
        }
    }

    // SAFETY: the signatures are those of the protocol.
    unsafe impl CBPeripheralDelegate for Delegate {
        #[unsafe(method(peripheral:didDiscoverServices:))]
        fn services(&self, peripheral: &CBPeripheral, _: Option<&NSError>) {
            // SAFETY: it was looked for.
            let services = unsafe { peripheral.services() };
            let service = services.and_then(|all| all.iter().find(is_ours));
            let Some(service) = service else {
                return self.tell(Told::Found(peripheral.retain(), None));
            };
            let wanted = NSArray::from_retained_slice(&[TO_PERIPHERAL, TO_CENTRAL].map(cb_uuid));
            // SAFETY: the service was found on this peripheral.
            unsafe { peripheral.discoverCharacteristics_forService(Some(&wanted), &service) };
        }

        #[unsafe(method(peripheral:didDiscoverCharacteristicsForService:error:))]
        fn characteristics(
            &self,
            peripheral: &CBPeripheral,
            service: &CBService,
            _: Option<&NSError>,
        ) {
            // SAFETY: they were looked for.
            let all = unsafe { service.characteristics() };
            let found = all.and_then(|all| objects::found(&all));
            self.tell(Told::Found(peripheral.retain(), found));
        }

        #[unsafe(method(peripheral:didModifyServices:))]
        fn modified(&self, peripheral: &CBPeripheral, gone: &NSArray<CBService>) {
            if gone.iter().any(|service| is_ours(&service)) {
                self.tell(Told::Found(peripheral.retain(), None));
            }
        }

        #[unsafe(method(peripheral:didUpdateNotificationStateForCharacteristic:error:))]
        fn subscribed(
            &self,
            peripheral: &CBPeripheral,
            to_central: &CBCharacteristic,
            error: Option<&NSError>,
        ) {
            // SAFETY: it takes nothing.
            let is_on = error.is_none() && unsafe { to_central.isNotifying() };
            let max_write = is_on.then(|| max_write(peripheral));
            self.tell(Told::Report(Report::Subscribed(device(peripheral), max_write)));
        }

        #[unsafe(method(peripheral:didUpdateValueForCharacteristic:error:))]
        fn notified(
            &self,
            peripheral: &CBPeripheral,
            to_central: &CBCharacteristic,
            error: Option<&NSError>,
        ) {
            // SAFETY: it takes nothing.
            let value = unsafe { to_central.value() };
            let is_packet = error.is_none() && attribute_uuid(to_central) == Some(TO_CENTRAL);
            if let Some(value) = value.filter(|_| is_packet) {
                let (from, max) = (device(peripheral), max_write(peripheral));
                self.tell(Told::Report(Report::Notified(from, max, value.to_vec())));
            }
        }

        #[unsafe(method(peripheralIsReadyToSendWriteWithoutResponse:))]
        fn writable(&self, peripheral: &CBPeripheral) {
            self.tell(Told::Report(Report::Writable(device(peripheral))));
        }
    }

    // SAFETY: the signatures are those of the protocol.
    unsafe impl CBPeripheralManagerDelegate for Delegate {
        #[unsafe(method(peripheralManagerDidUpdateState:))]
        fn peripheral_state(&self, peripheral: &CBPeripheralManager) {
            self.tell(Told::Report(Report::Peripheral(power(peripheral))));
        }

        #[unsafe(method(peripheralManager:willRestoreState:))]
        fn peripheral_restored(
            &self,
            _: &CBPeripheralManager,
            _: &NSDictionary<NSString, AnyObject>,
        ) {
            // The service is published anew, which takes the place of the one that was kept.
        }

        #[unsafe(method(peripheralManager:didAddService:error:))]
        fn published(&self, _: &CBPeripheralManager, _: &CBService, error: Option<&NSError>) {
            self.tell(Told::Report(Report::Published(error.is_none())));
        }

        #[unsafe(method(peripheralManagerDidStartAdvertising:error:))]
        fn advertised(&self, _: &CBPeripheralManager, error: Option<&NSError>) {
            self.tell(Told::Report(Report::Advertised(error.is_none())));
        }

        #[unsafe(method(peripheralManager:central:didSubscribeToCharacteristic:))]
        fn joined(&self, _: &CBPeripheralManager, central: &CBCentral, _: &CBCharacteristic) {
            let joined = Report::Joined(device(central), max_update(central));
            self.tell(Told::Central(central.retain(), joined));
        }

        #[unsafe(method(peripheralManager:central:didUnsubscribeFromCharacteristic:))]
        fn left(&self, _: &CBPeripheralManager, central: &CBCentral, _: &CBCharacteristic) {
            self.tell(Told::Report(Report::Left(device(central))));
        }

        #[unsafe(method(peripheralManager:didReceiveWriteRequests:))]
        fn written(&self, peripheral: &CBPeripheralManager, requests: &NSArray<CBATTRequest>) {
            for request in requests {
                self.tell_written(&request);
            }
            if let Some(first) = requests.firstObject() {
                // SAFETY: the system asks for one answer to all of them.
                unsafe { peripheral.respondToRequest_withResult(&first, CBATTError::Success) };
            }
        }

        #[unsafe(method(peripheralManagerIsReadyToUpdateSubscribers:))]
        fn updatable(&self, _: &CBPeripheralManager) {
            self.tell(Told::Report(Report::Updatable));
        }
    }
);

impl Delegate {
    pub(super) fn new(
        events: mpsc::Sender<RadioEvent>,
        status: watch::Sender<Status>,
    ) -> Retained<Self> {
        let ivars = Ivars {
            radio: RefCell::default(),
            told: RefCell::default(),
            events,
            status,
            started: Instant::now(),
        };
        let this = Self::alloc().set_ivars(ivars);
        // SAFETY: the signature of NSObject's `init`.
        unsafe { msg_send![super(this), init] }
    }

    fn tell_written(&self, request: &CBATTRequest) {
        // SAFETY: they take nothing.
        let (central, to, offset, value) = unsafe {
            (request.central(), request.characteristic(), request.offset(), request.value())
        };
        let is_packet = offset == 0 && attribute_uuid(&to) == Some(TO_PERIPHERAL);
        if let Some(value) = value.filter(|_| is_packet) {
            let (from, max) = (device(&central), max_update(&central));
            self.tell(Told::Report(Report::Written(from, max, value.to_vec())));
        }
    }

    /// Begins to ask `objects` for what is needed.
    pub(super) fn begin(&self, objects: Objects) {
        self.ivars().radio.replace(Some(AppleRadio::new(objects)));
    }

    /// Ends everything.
    pub(super) fn stop(&self) {
        let radio = self.ivars().radio.try_borrow_mut();
        if let Some(mut radio) = radio.ok().and_then(|mut radio| radio.take()) {
            radio.stop();
        }
    }

    /// Takes something in, on the queue; also if the system says it while it is asked for something.
    pub(super) fn tell(&self, told: Told) {
        self.ivars().told.borrow_mut().push_back(told);
        let Ok(mut radio) = self.ivars().radio.try_borrow_mut() else { return };
        // Nothing may unwind into the system.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.work(radio.as_mut())));
        if outcome.is_err() {
            log::error!("Bluetooth failed inside");
            *radio = None;
            self.ivars().told.borrow_mut().clear();
            let _ = self.ivars().events.try_send(RadioEvent::State(RadioState::Missing));
            self.ivars().status.send_modify(|status| status.is_over = true);
        }
    }

    fn work(&self, radio: Option<&mut AppleRadio<Objects>>) {
        let ivars = self.ivars();
        let Some(radio) = radio else { return ivars.told.borrow_mut().clear() };
        loop {
            let Some(told) = ivars.told.borrow_mut().pop_front() else { break };
            take_in(radio, told, ivars.started.elapsed());
            while let Some(event) = radio.poll() {
                self.pass_on(event);
            }
        }
        let due = radio.deadline().and_then(|due| ivars.started.checked_add(due));
        ivars.status.send_if_modified(|status| std::mem::replace(&mut status.due, due) != due);
    }

    /// Tells what must not be lost, for which the transport always has room in a moment; and what may be lost as on the air,
    /// so that nobody near can fill the memory.
    fn pass_on(&self, event: RadioEvent) {
        let events = &self.ivars().events;
        if matches!(event, RadioEvent::Heard { .. } | RadioEvent::Packet { .. }) {
            let _ = events.try_send(event);
        } else {
            let _ = events.blocking_send(event);
        }
    }
}

fn take_in(radio: &mut AppleRadio<Objects>, told: Told, now: std::time::Duration) {
    match told {
        Told::Report(report) => radio.report(now, report),
        Told::Peripheral(peripheral, report) => {
            radio.system().keep(peripheral);
            radio.report(now, report);
        }
        Told::Central(central, report) => {
            radio.system().centrals.insert(device(&central), central);
            radio.report(now, report);
        }
        Told::Found(peripheral, found) => {
            let device = device(&peripheral);
            let is_there = radio.system().find(device, found);
            radio.report(now, Report::Discovered(device, is_there));
        }
        Told::Command(command) => radio.obey(now, command),
        Told::Late => radio.timeout(now),
    }
}
