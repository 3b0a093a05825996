//! The thread on which Java's side of a radio is told what to do.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::{Duration, Instant},
};

use jni::{
    JavaVM, jni_sig, jni_str,
    objects::{JObject, JValue},
    refs::Global,
    signature::MethodSignature,
    strings::JNIStr,
    sys::jlong,
};
use tokio::sync::{Notify, mpsc};
use transport::ble::{Advert, Device, RadioCommand, RadioEnd, RadioEvent, RadioState, Side};

use crate::bluetooth::{Heard, Open, radios};

/// How often Java's side looks whether it can be used and does what it could not do before.
const LOOK: Duration = Duration::from_secs(5);

/// How long the connection itself may take: a phone that is near answers within a second or two. While
/// one hangs nobody else is connected to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// How long it may take in all until packets can be sent.
const OPEN_TIMEOUT: Duration = Duration::from_secs(23);

/// Drives a radio until nothing more is told.
pub fn start(machine: JavaVM, open: Arc<Open>, end: RadioEnd) {
    let drive = move || {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let RadioEnd { events, commands } = end;
        let changed = Arc::new(Notify::new());
        let heard = Heard { events: events.clone(), changed: Arc::clone(&changed) };
        radios().insert(number, heard);
        match machine.attach_current_thread(|env| open(env, number)) {
            Ok(java) => Radio { machine, java, due: Due::new() }.obey(commands, &changed),
            Err(error) => {
                log::error!("Bluetooth: there is no radio: {error}");
                let _ = events.blocking_send(RadioEvent::State(RadioState::Missing));
            }
        }
        radios().remove(&number);
    };
    let started = thread::Builder::new().name("festival-radio".to_owned()).spawn(drive);
    if let Err(error) = started {
        log::error!("Bluetooth: there is no thread for the radio: {error}");
    }
}

/// Java's side of a radio.
struct Radio {
    machine: JavaVM,
    java: Global<JObject<'static>>,
    due: Due,
}

enum Next {
    Command(Option<RadioCommand>),
    Look,
}

impl Radio {
    fn obey(mut self, mut commands: mpsc::Receiver<RadioCommand>, changed: &Notify) {
        loop {
            let next = async {
                tokio::select! {
                    biased;
                    command = commands.recv() => Next::Command(command),
                    () = changed.notified() => Next::Look,
                }
            };
            match wait(next, self.due.next()) {
                Some(Next::Command(Some(command))) => self.tell(command),
                Some(Next::Command(None)) => break,
                Some(Next::Look) => self.look(),
                None => self.catch_up(),
            }
        }
        self.ask(jni_str!("close"), jni_sig!("()V"), &[]);
    }

    fn tell(&mut self, command: RadioCommand) {
        match command {
            RadioCommand::Advertise(advert) => self.advertise(advert),
            RadioCommand::Scan(is_wanted) => {
                self.ask(jni_str!("scan"), jni_sig!("(Z)V"), &[JValue::Bool(is_wanted)]);
            }
            RadioCommand::Connect(device) => {
                let device = number(device);
                self.due.attempt(device);
                self.ask(jni_str!("connect"), jni_sig!("(J)V"), &[JValue::Long(device)]);
            }
            RadioCommand::Send { contact, bytes } => {
                let sent = self.machine.attach_current_thread(|env| {
                    let packet = env.byte_array_from_slice(&bytes)?;
                    let args = [
                        JValue::Long(number(contact.device)),
                        JValue::Bool(contact.side == Side::Central),
                        JValue::Object(&packet),
                    ];
                    env.call_method(&self.java, jni_str!("send"), jni_sig!("(JZ[B)V"), &args)?;
                    Ok(())
                });
                blame(sent);
            }
            RadioCommand::Disconnect(contact) => {
                let is_central = JValue::Bool(contact.side == Side::Central);
                let args = [JValue::Long(number(contact.device)), is_central];
                self.ask(jni_str!("disconnect"), jni_sig!("(JZ)V"), &args);
            }
        }
    }

    fn advertise(&self, advert: Option<Advert>) {
        let (token, every) = advert.map_or_else(Default::default, |advert| {
            (jlong::from_be_bytes(advert.token), advert.every.as_millis())
        });
        let every = i32::try_from(every).unwrap_or(i32::MAX);
        let args = [JValue::Bool(advert.is_some()), JValue::Long(token), JValue::Int(every)];
        self.ask(jni_str!("advertise"), jni_sig!("(ZJI)V"), &args);
    }

    fn look(&mut self) {
        self.due.look = Instant::now() + LOOK;
        self.ask(jni_str!("look"), jni_sig!("()V"), &[]);
    }

    /// Does what is due by now.
    fn catch_up(&mut self) {
        let now = Instant::now();
        while let Some((device, is_all_due)) = self.due.overdue(now) {
            let args = [JValue::Long(device), JValue::Bool(is_all_due)];
            self.ask(jni_str!("overdue"), jni_sig!("(JZ)V"), &args);
        }
        if self.due.look <= now {
            self.look();
        }
    }

    fn ask(&self, name: &JNIStr, signature: MethodSignature<'_, '_>, args: &[JValue<'_>]) {
        let asked = self.machine.attach_current_thread(|env| {
            env.call_method(&self.java, name, signature, args)?;
            Ok(())
        });
        blame(asked);
    }
}

/// Java catches what the system throws, so this is only ever a mistake between Java and here.
fn blame(asked: jni::errors::Result<()>) {
    if let Err(error) = asked {
        log::error!("Bluetooth: {error}");
    }
}

/// The number by which Java knows a device: its address.
fn number(device: Device) -> jlong {
    let [a, b, c, d, e, f] = device.address().unwrap_or_default();
    jlong::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// What is due later.
#[derive(Debug)]
struct Due {
    look: Instant,
    /// When an attempt to connect is to have come how far. There is one at a time.
    steps: Vec<(Instant, jlong, bool)>,
}

impl Due {
    fn new() -> Self {
        Self { look: Instant::now(), steps: Vec::new() }
    }

    fn next(&self) -> Instant {
        self.steps.iter().map(|(at, ..)| *at).fold(self.look, Instant::min)
    }

    /// An attempt to connect begins.
    fn attempt(&mut self, device: jlong) {
        let now = Instant::now();
        self.steps =
            vec![(now + CONNECT_TIMEOUT, device, false), (now + OPEN_TIMEOUT, device, true)];
    }

    /// An attempt that is to have come further by now, and whether it is to be at its end.
    fn overdue(&mut self, now: Instant) -> Option<(jlong, bool)> {
        let place = self.steps.iter().position(|(at, ..)| *at <= now)?;
        let (_, device, is_all_due) = self.steps.remove(place);
        Some((device, is_all_due))
    }
}

/// Waits on this thread, which belongs to no runtime, until something comes or this moment.
fn wait<T>(coming: impl Future<Output = T>, until: Instant) -> Option<T> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut coming = pin!(coming);
    loop {
        if let Poll::Ready(came) = coming.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(came);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::{CONNECT_TIMEOUT, Due, OPEN_TIMEOUT, number};
    use std::time::Instant;
    use transport::ble::Device;

    #[test]
    fn attempt_that_hangs_is_given_up_first_if_it_is_not_connected_and_then_in_any_case() {
        let mut due = Due::new();
        due.attempt(7);
        let now = Instant::now();

        assert_eq!(due.overdue(now), None);
        assert_eq!(due.overdue(now + CONNECT_TIMEOUT), Some((7, false)));
        assert_eq!(due.overdue(now + CONNECT_TIMEOUT), None);
        assert_eq!(due.overdue(now + OPEN_TIMEOUT), Some((7, true)));
        assert_eq!(due.overdue(now + OPEN_TIMEOUT), None);
    }

    #[test]
    fn device_has_one_number_in_both_directions() {
        let device = Device::from_address([0xfe, 1, 2, 3, 4, 0x80]);
        assert_eq!(crate::bluetooth::device(number(device)), device);
    }
}
