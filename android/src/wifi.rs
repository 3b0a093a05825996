//! The Wi-Fi of Android, which `Wifi.java` drives, behind the port of the crate `transport`. What it is told goes down on
//! threads of tokio's for that, since Android may take its time; what happens comes up on threads of the system's.
#![allow(unsafe_code)] // names that Java looks for

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use jni::{
    Env, EnvUnowned, JavaVM,
    errors::LogErrorAndDefault,
    objects::{JClass, JObject, JString},
    refs::Global,
    sys::{jint, jlong},
};
use tokio::sync::{Notify, oneshot};
use transport::{
    SocketBinder,
    wifi::{Credentials, ForeignWifi},
};

use crate::{
    card::Card,
    steering::{Network, Steer, Steering},
};

/// Makes Java's side of a card, a `chat.festival.Wifi`, which is known by this number.
pub type Open =
    dyn Fn(&mut Env<'_>, jlong) -> jni::errors::Result<Global<JObject<'static>>> + Send + Sync;

/// Cards that are driven, by their numbers.
static CARDS: Mutex<BTreeMap<jlong, Heard>> = Mutex::new(BTreeMap::new());

/// What hears of a card.
#[derive(Debug)]
struct Heard {
    steering: Arc<Steering>,
    /// What was begun last, by its number, and who waits for what comes of it.
    waits: Option<(jlong, oneshot::Sender<Outcome>)>,
}

/// What came of something that Java was told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) kind: jint,
    /// Android's number for why.
    pub(crate) reason: jint,
    /// What lets into a network that was made.
    pub(crate) credentials: Option<Credentials>,
}

/// The card on this Java machine, and what has sockets leave by the network that was joined with it, by way of `steer`.
pub fn on(machine: JavaVM, open: Arc<Open>, steer: Arc<Steer>) -> (ForeignWifi, SocketBinder) {
    let changed = Arc::new(Notify::new());
    let steering = Arc::new(Steering::new(steer, Arc::clone(&changed)));
    let steers = Arc::clone(&steering);
    let binder = SocketBinder::new(changed, move |socket, to| steers.bind(socket, to));
    let wifi = ForeignWifi::new(move || {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        cards().insert(number, Heard { steering: Arc::clone(&steering), waits: None });
        Box::new(Card::new(number, machine.clone(), Arc::clone(&open)))
    });
    (wifi, binder)
}

fn cards() -> MutexGuard<'static, BTreeMap<jlong, Heard>> {
    CARDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What comes of the next thing that is begun, under this number; whoever waited before waits no more.
pub(crate) fn next_outcome(card: jlong, attempt: jlong) -> oneshot::Receiver<Outcome> {
    let (tell, told) = oneshot::channel();
    if let Some(heard) = cards().get_mut(&card) {
        heard.waits = Some((attempt, tell));
    }
    told
}

/// Nothing is to be heard of that card any more.
pub(crate) fn forget(card: jlong) {
    if let Some(heard) = cards().remove(&card) {
        heard.steering.follow(Network::default());
    }
}

/// A text of Java's, if there is one.
fn text(env: &mut Env<'_>, text: &JString<'_>) -> jni::errors::Result<Option<String>> {
    if text.is_null() {
        return Ok(None);
    }
    text.try_to_string(env).map(Some)
}

/// Called by `Wifi` with what came of an attempt, and with the name and passphrase of a network that was made.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Wifi_onOutcome<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    card: jlong,
    attempt: jlong,
    kind: jint,
    reason: jint,
    ssid: JString<'a>,
    passphrase: JString<'a>,
) {
    let outcome = env.with_env(|env| {
        let made = text(env, &ssid)?.zip(text(env, &passphrase)?);
        let credentials = made.and_then(|(ssid, passphrase)| Credentials::new(ssid, passphrase));
        let waits = cards()
            .get_mut(&card)
            .and_then(|heard| heard.waits.take_if(|(waits_for, _)| *waits_for == attempt));
        if let Some((_, tell)) = waits {
            let _ = tell.send(Outcome { kind, reason, credentials });
        }
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}

/// Called by `Wifi` with the network that was joined, and its addresses; with 0 when there is none any more.
#[unsafe(no_mangle)]
pub extern "system" fn Java_chat_festival_Wifi_onNetwork<'a>(
    mut env: EnvUnowned<'a>,
    _class: JClass<'a>,
    card: jlong,
    handle: jlong,
    addresses: JString<'a>,
) {
    let outcome = env.with_env(|env| {
        let addresses = text(env, &addresses)?.unwrap_or_default();
        let steering = cards().get(&card).map(|heard| Arc::clone(&heard.steering));
        if let Some(steering) = steering {
            steering.follow(Network::read(handle, &addresses));
        }
        jni::errors::Result::Ok(())
    });
    outcome.resolve::<LogErrorAndDefault>();
}
