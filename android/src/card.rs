//! The port to Android's Wi-Fi: what is asked of `Wifi` in Java, in which order, and what its answers mean.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use jni::{
    Env, JavaVM, jni_sig, jni_str,
    objects::{JObject, JString, JValue},
    refs::Global,
    strings::JNIStr,
    sys::{jint, jlong},
};
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};
use transport::wifi::{Credentials, Look, Part, WifiError, WifiPort, WifiState, Work};

use crate::wifi::{Open, Outcome, forget, next_outcome};

/// How long Android may take to make a Wi-Fi Direct group: two or three seconds are usual. Then there is another way.
const DIRECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long joining may take where Android asks nobody, and the network before is left meanwhile.
const JOIN_TIMEOUT: Duration = Duration::from_secs(45);

/// How long Android may take to end something.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// How long Android may take to be back in the network before, and how often that is looked at.
const RETURN_TIMEOUT: Duration = Duration::from_secs(30);
const RETURN_LOOK: Duration = Duration::from_millis(500);

/// What a network is called whose name Android does not tell without knowing where the phone is.
const NAMELESS: &str = "this Wi-Fi";

/// The outcomes in `Wifi.java`, and the bits there that say how things are.
const DONE: jint = 0;
const DENIED: jint = 1;
const NOT_JOINED: jint = 3;
const DECLINED: jint = 4;
const REFUSED: jint = 5;
const NOT_FOUND: jint = 6;
const IS_THERE: jint = 1;
const IS_ON: jint = 2;
const MAY_MAKE: jint = 4;
const IN_GROUP: jint = 8;
const ON_WIFI: jint = 16;
const HAS_DIRECT: jint = 32;
const KEEPS_BY_HOTSPOT: jint = 64;
const KEEPS_BY_JOINING: jint = 128;
const ASKS: jint = 256;

/// The Wi-Fi card of a phone.
#[derive(Debug)]
pub(crate) struct Card {
    number: jlong,
    java: Java,
    attempt: jlong,
    /// How things were when they were looked at last.
    bits: jint,
    network: Option<String>,
    /// The network that was left, and is to be there again.
    left: Option<String>,
}

/// Java's side, which is made when it is first wanted.
#[derive(Clone)]
struct Java {
    machine: JavaVM,
    open: Arc<Open>,
    object: Arc<OnceLock<Global<JObject<'static>>>>,
    number: jlong,
}

impl std::fmt::Debug for Java {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Java").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Java {
    /// Asks it something, on a thread that may wait.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Env<'_>, &JObject<'_>) -> jni::errors::Result<T> + Send + 'static,
    ) -> Result<T, WifiError> {
        let this = self.clone();
        let asked = spawn_blocking(move || {
            this.machine.attach_current_thread(|env| {
                if this.object.get().is_none() {
                    let _ = this.object.set((this.open)(env, this.number)?);
                }
                let object = this.object.get().ok_or(jni::errors::Error::NullPtr("Wifi"))?;
                question(env, object.as_ref())
            })
        });
        match asked.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(WifiError::Failed(error.to_string())),
            Err(_cut_short) => Err(WifiError::CalledOff),
        }
    }
}

/// What Java is told to do: the name of a method, and what it is about.
#[derive(Debug)]
enum Deed {
    Enter(&'static JNIStr, Credentials),
    Plain(&'static JNIStr),
}

impl Deed {
    fn direct(credentials: &Credentials) -> Self {
        Self::Enter(jni_str!("makeDirect"), credentials.clone())
    }

    fn join(credentials: &Credentials) -> Self {
        Self::Enter(jni_str!("join"), credentials.clone())
    }

    fn tell(
        self,
        env: &mut Env<'_>,
        java: &JObject<'_>,
        attempt: jlong,
    ) -> jni::errors::Result<()> {
        let attempt = JValue::Long(attempt);
        match self {
            Self::Enter(name, credentials) => {
                let ssid = JString::new(env, credentials.ssid())?;
                let passphrase = JString::new(env, credentials.passphrase())?;
                let args = [attempt, JValue::Object(&ssid), JValue::Object(&passphrase)];
                let signature = jni_sig!("(JLjava/lang/String;Ljava/lang/String;)V");
                env.call_method(java, name, signature, &args)?;
            }
            Self::Plain(name) => {
                env.call_method(java, name, jni_sig!("(J)V"), &[attempt])?;
            }
        }
        Ok(())
    }
}

impl Card {
    pub(crate) fn new(number: jlong, machine: JavaVM, open: Arc<Open>) -> Self {
        let java = Java { machine, open, object: Arc::default(), number };
        Self { number, java, attempt: 0, bits: 0, network: None, left: None }
    }

    fn has(&self, bit: jint) -> bool {
        self.bits & bit != 0
    }

    async fn find_state(&mut self) -> Result<Look, WifiError> {
        let (bits, network) = self
            .java
            .ask(|env, java| {
                let bits = env.call_method(java, jni_str!("look"), jni_sig!("()I"), &[])?.i()?;
                if bits & ON_WIFI == 0 {
                    return Ok((bits, None));
                }
                let signature = jni_sig!("()Ljava/lang/String;");
                let name = env.call_method(java, jni_str!("network"), signature, &[])?.l()?;
                let name = env.cast_local::<JString<'_>>(name)?.try_to_string(env)?;
                Ok((bits, Some(name)))
            })
            .await?;
        let network = network.map(|name| if name.is_empty() { NAMELESS.to_owned() } else { name });
        (self.bits, self.network) = (bits, network.clone());
        let state = match (self.has(IS_THERE), self.has(IS_ON)) {
            (false, _) => WifiState::Missing,
            (true, false) => WifiState::Off,
            (true, true) => WifiState::Ready,
        };
        let can_make = state == WifiState::Ready;
        Ok(Look { state, network, can_make, is_in_group: self.has(IN_GROUP) })
    }

    /// Has Java do it, and waits for what comes of it.
    async fn attempt(&mut self, deed: Deed) -> Result<Outcome, WifiError> {
        self.attempt = self.attempt.saturating_add(1);
        let attempt = self.attempt;
        let outcome = next_outcome(self.number, attempt);
        self.java.ask(move |env, java| deed.tell(env, java, attempt)).await?;
        outcome.await.map_err(|_gone| WifiError::CalledOff)
    }

    async fn make_any(&mut self, wanted: &Credentials) -> Result<Credentials, WifiError> {
        if !self.has(MAY_MAKE) {
            return Err(WifiError::NotAllowed);
        }
        self.left = self.network.clone().filter(|_| self.would_leave(Part::Made));
        if self.has(HAS_DIRECT) {
            let wanted = for_direct(wanted);
            let making = timeout(DIRECT_TIMEOUT, self.attempt(Deed::direct(&wanted))).await;
            let made = making.unwrap_or(Err(WifiError::TimedOut));
            let why = match made {
                Ok(Outcome { kind: DONE, .. }) => return Ok(wanted),
                Ok(Outcome { kind: DENIED, .. }) => return Err(WifiError::NotAllowed),
                Ok(Outcome { reason, .. }) => not_made(reason),
                Err(why) => why,
            };
            log::info!("Wi-Fi: no Wi-Fi Direct group: {why}");
            // Nobody was asked whether the network in use may be left.
            if self.has(ON_WIFI) && !self.has(KEEPS_BY_HOTSPOT) {
                return Err(why);
            }
            self.end().await?;
        }
        let made = self.attempt(Deed::Plain(jni_str!("makeHotspot"))).await?;
        match (made.kind, made.credentials) {
            (DONE, Some(credentials)) => Ok(credentials),
            (DONE, None) => Err(WifiError::CannotMake),
            // What the person has to allow was seen to be allowed.
            (DENIED, _) => Err(WifiError::LocationOff),
            _ => Err(not_made(made.reason)),
        }
    }

    async fn join_one(&mut self, credentials: &Credentials) -> Result<(), WifiError> {
        self.left = self.network.clone().filter(|_| self.would_leave(Part::Joined));
        let asks = self.has(ASKS);
        let joining = self.attempt(Deed::join(credentials));
        let joined = if asks {
            // As long as the person may take to answer; that is bounded by whoever waits for this.
            joining.await?
        } else {
            let not_joined = |_elapsed| WifiError::NotJoined(credentials.ssid().to_owned());
            timeout(JOIN_TIMEOUT, joining).await.map_err(not_joined)??
        };
        not_joined(&joined, credentials.ssid()).map_or(Ok(()), Err)
    }

    /// Ends what was begun; Android may go on with what it does not answer.
    async fn end(&mut self) -> Result<(), WifiError> {
        let ended = timeout(END_TIMEOUT, self.attempt(Deed::Plain(jni_str!("leave")))).await;
        ended.unwrap_or(Err(WifiError::TimedOut)).map(|_done| ())
    }

    /// Waits until the phone is back in the network that it was in before.
    async fn go_back(&mut self) -> Result<(), WifiError> {
        self.end().await?;
        let Some(before) = self.left.take() else { return Ok(()) };
        let back = async {
            while self.find_state().await.is_ok_and(|look| look.network.is_none()) {
                sleep(RETURN_LOOK).await;
            }
        };
        timeout(RETURN_TIMEOUT, back).await.map_err(|_elapsed| WifiError::NotRestored(before))
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        forget(self.number);
    }
}

impl WifiPort for Card {
    fn look(&mut self) -> Work<'_, Look> {
        Box::pin(async {
            let found = self.find_state().await;
            found.unwrap_or_else(|why| {
                log::warn!("Wi-Fi: {why}");
                Look::without(WifiState::Silent)
            })
        })
    }

    fn make<'a>(
        &'a mut self,
        credentials: &'a Credentials,
    ) -> Work<'a, Result<Credentials, WifiError>> {
        Box::pin(self.make_any(credentials))
    }

    fn join<'a>(&'a mut self, credentials: &'a Credentials) -> Work<'a, Result<(), WifiError>> {
        Box::pin(self.join_one(credentials))
    }

    fn leave(&mut self) -> Work<'_, Result<(), WifiError>> {
        Box::pin(self.go_back())
    }

    fn would_leave(&self, part: Part) -> bool {
        !match part {
            Part::Made => self.has(HAS_DIRECT | KEEPS_BY_HOTSPOT),
            Part::Joined => self.has(KEEPS_BY_JOINING),
        }
    }
}

/// The same with a name as Wi-Fi Direct wants it, and as short as an address of an invite.
fn for_direct(wanted: &Credentials) -> Credentials {
    let name = wanted.ssid().rsplit('-').next().unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(4).collect();
    let name = if name.len() < 2 { "Fe" } else { &name };
    let named = Credentials::new(format!("DIRECT-{name}-FC"), wanted.passphrase());
    named.unwrap_or_else(|| wanted.clone())
}

fn not_made(reason: jint) -> WifiError {
    WifiError::NotMade(u32::try_from(reason).unwrap_or_default())
}

/// Why there is no network, if that is so.
fn not_joined(outcome: &Outcome, ssid: &str) -> Option<WifiError> {
    let ssid = ssid.to_owned();
    Some(match outcome.kind {
        DONE => return None,
        DENIED => WifiError::Denied,
        NOT_JOINED => WifiError::NotJoined(ssid),
        DECLINED => WifiError::Declined(ssid),
        REFUSED => WifiError::Refused,
        NOT_FOUND => WifiError::NotFound(ssid),
        _ => WifiError::Failed(format!("the network was not joined (reason {})", outcome.reason)),
    })
}

#[cfg(test)]
mod tests {
    use transport::wifi::Credentials;

    use super::for_direct;

    #[test]
    fn name_of_a_group_is_as_wifi_direct_wants_it_and_fits_into_one_address_of_an_invite() {
        let wanted = Credentials::new("Festival-K7QM", "abcdefgh23456789").expect("allowed");
        let named = for_direct(&wanted);
        assert_eq!((named.ssid(), named.passphrase()), ("DIRECT-K7QM-FC", "abcdefgh23456789"));
        assert_eq!(named.encode().len(), 32);

        for odd in ["ä", "-", "x-"] {
            let odd = Credentials::new(odd, "abcdefgh23456789").expect("allowed");
            assert_eq!(for_direct(&odd).ssid(), "DIRECT-Fe-FC");
        }
    }
}
