//! The radio of Android, which `Bluetooth.java` drives, behind the port of the crate `transport`. What it is told goes down
//! on a thread of the radio's own; what happens comes up on threads of the system's.
#![allow(unsafe_code)] // names that Java looks for

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jni::{
    Env, EnvUnowned, JavaVM,
    errors::LogErrorAndDefault,
    objects::{JByteArray, JClass, JObject},
    refs::Global,
    sys::{jboolean, jint, jlong},
};
use tokio::sync::{Notify, mpsc};
use transport::ble::{
    Contact, Device, ForeignRadio, MAX_PACKET_LEN, RadioEvent, RadioState, Side, Token,
};

use crate::radio;

/// Makes Java's side of a radio, a `chat.festival.Bluetooth`, which is known by this number.
pub type Open =
    dyn Fn(&mut Env<'_>, jlong) -> jni::errors::Result<Global<JObject<'static>>> + Send + Sync;

/// Radios that are driven, by their numbers.
static RADIOS: Mutex<BTreeMap<jlong, Heard>> = Mutex::new(BTreeMap::new());

/// What hears of a radio.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) events: mpsc::Sender<RadioEvent>,
    /// Something changed that Java's side is to look into.
    pub(crate) changed: Arc<Notify>,
}

/// A radio on this Java machine.
pub fn on(machine: JavaVM, open: Arc<Open>) -> ForeignRadio {
    ForeignRadio::new(move |end| radio::start(machine.clone(), Arc::clone(&open), end))
}

/// Has every radio look whether it can be used: something was allowed that was not, or the other way round.
pub fn look_again() {
    for heard in radios().values() {
        heard.changed.notify_one();
    }
}

pub(crate) fn radios() -> MutexGuard<'static, BTreeMap<jlong, Heard>> {
    RADIOS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn heard(radio: jlong) -> Option<Heard> {
    radios().get(&radio).cloned()
}

/// Tells what must not be lost. The transport always reads on, so this waits for a moment at most.
fn tell(radio: jlong, event: RadioEvent) {
    if let Some(heard) = heard(radio) {
        let _ = heard.events.blocking_send(event);
    }
}

/// Tells what is lost if the transport cannot keep up, as on the air: nobody near can fill the memory.
fn mention(radio: jlong, event: RadioEvent) {
    if let Some(heard) = heard(radio) {
        let _ = heard.events.try_send(event);
    }
}

/// The device with this number: its address.
pub(crate) fn device(number: jlong) -> Device {
    let [_, _, address @ ..] = number.to_be_bytes();
    Device::from_address(address)
}

fn contact(number: jlong, is_central: jboolean) -> Contact {
    let side = if is_central { Side::Central } else { Side::Peripheral };
    Contact { device: device(number), side }
}

/// The state with this number in `Bluetooth.java`.
fn state(number: jint) -> RadioState {
    match number {
        1 => RadioState::Ready,
        2 => RadioState::Off,
        3 => RadioState::Missing,
        4 => RadioState::Denied,
        5 => RadioState::Unsupported,
        _ => RadioState::Starting,
    }
}

/// Called by `Bluetooth`: whether it can be used.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onState(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    radio: jlong,
    number: jint,
) {
    let state = state(number);
    log::info!("Bluetooth: {state:?}");
    tell(radio, RadioEvent::State(state));
}

/// Called by `Bluetooth` when a device was heard.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onHeard(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    radio: jlong,
    number: jlong,
    token: jlong,
) {
    let token: Token = token.to_be_bytes();
    mention(radio, RadioEvent::Heard { device: device(number), token });
}

/// Called by `Bluetooth` when a connection is there that was asked for.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onConnected(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    radio: jlong,
    number: jlong,
    max_packet: jint,
) {
    let max_packet = usize::try_from(max_packet).unwrap_or_default();
    tell(radio, RadioEvent::Connected { device: device(number), max_packet });
}

/// Called by `Bluetooth` when a connection that was asked for could not be had.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onConnectFailed(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    radio: jlong,
    number: jlong,
) {
    tell(radio, RadioEvent::ConnectFailed(device(number)));
}

/// Called by `Bluetooth` when a packet arrived.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onPacket<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    radio: jlong,
    number: jlong,
    is_central: jboolean,
    max_packet: jint,
    packet: JByteArray<'a>,
) {
    let outcome = env.with_env(|env| {
        // Longer than any packet: it is none.
        if packet.len(env)? > MAX_PACKET_LEN {
            return Ok(());
        }
        let bytes = env.convert_byte_array(&packet)?;
        let contact = contact(number, is_central);
        let max_packet = usize::try_from(max_packet).unwrap_or_default();
        mention(radio, RadioEvent::Packet { contact, max_packet, bytes });
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}

/// Called by `Bluetooth` when a connection is over.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onDisconnected(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    radio: jlong,
    number: jlong,
    is_central: jboolean,
) {
    tell(radio, RadioEvent::Disconnected(contact(number, is_central)));
}

/// Called by `Bluetooth` when something changed that it is to look into.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Bluetooth_onChange(
    _env: EnvUnowned<'_>,
    _class: JClass<'_>,
    radio: jlong,
) {
    if let Some(heard) = heard(radio) {
        heard.changed.notify_one();
    }
}
