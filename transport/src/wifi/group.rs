//! The group this device is in: made or joined on request, and never without leaving things as they were.

use std::time::Duration;

use serde::Serialize;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    Credentials,
    port::{Look, WifiError, WifiPort, WifiState},
};

/// How long a look may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// How long making or joining may take: a search of several seconds, asking the person for the system's password,
/// and what the card and the address take.
const ENTER_TIMEOUT: Duration = Duration::from_secs(120);

/// How long going back may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(60);

/// Requests that may wait, of a person's.
const MAX_ORDERS: usize = 8;

/// What this device did for the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It made the network.
    Made,
    /// It joined one.
    Joined,
}

/// The group this device is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Who made it.
    pub part: Part,
    /// What lets others in.
    pub credentials: Credentials,
}

/// How things are with Wi-Fi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WifiStatus {
    /// Whether it can be used.
    pub state: WifiState,
    /// The network that would be left for a group.
    pub network: Option<String>,
    /// Whether this device can make a group.
    pub can_make: bool,
    /// The group it is in.
    pub group: Option<Group>,
}

/// Makes and joins groups, one at a time.
///
/// When the last clone is dropped, the group is left and the network that was left for it entered again; where the
/// program ends without that, the system does it.
#[derive(Debug, Clone)]
pub struct Wifi {
    orders: mpsc::Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Look(oneshot::Sender<WifiStatus>),
    Enter { part: Part, credentials: Credentials, may_leave: bool, answer: Answer<Credentials> },
    Leave(Answer<()>),
}

type Answer<T> = oneshot::Sender<Result<T, WifiError>>;

impl Wifi {
    /// The system's own Wi-Fi, which is not touched before something is asked for. Needs a tokio runtime.
    pub fn new() -> Self {
        #[cfg(target_os = "linux")]
        let port = super::linux::LinuxPort::default();
        #[cfg(target_os = "ios")]
        let port = super::ios::HotspotPort::default();
        #[cfg(not(any(target_os = "linux", target_os = "ios")))]
        let port = super::nowhere::NoPort;
        Self::with_port(Box::new(port))
    }

    /// One that works through `port`; for platforms with one of their own, and for tests.
    pub fn with_port(port: Box<dyn WifiPort>) -> Self {
        let (orders, received) = mpsc::channel(MAX_ORDERS);
        tokio::spawn(Keeper { port, group: None }.run(received));
        Self { orders }
    }

    /// How things are.
    pub async fn status(&self) -> WifiStatus {
        let (answer, answered) = oneshot::channel();
        let _ = self.orders.send(Order::Look(answer)).await;
        answered.await.unwrap_or(WifiStatus {
            state: WifiState::Unsupported,
            network: None,
            can_make: false,
            group: None,
        })
    }

    /// Makes a group, and gives the credentials that let in. Dropping the future calls it off.
    ///
    /// # Errors
    ///
    /// [`WifiError`], whose text tells a person what to do; [`WifiError::WouldLeave`] unless `may_leave`, where a
    /// network is in use. Nothing has changed then.
    pub async fn make(&self, may_leave: bool) -> Result<Credentials, WifiError> {
        self.enter(Part::Made, Credentials::random(), may_leave).await
    }

    /// Joins the group with these credentials. Dropping the future calls it off.
    ///
    /// # Errors
    ///
    /// Like [`make`](Self::make).
    pub async fn join(&self, credentials: Credentials, may_leave: bool) -> Result<(), WifiError> {
        self.enter(Part::Joined, credentials, may_leave).await.map(|_same| ())
    }

    /// Leaves the group, if there is one, and waits until the network before it is entered again.
    ///
    /// # Errors
    ///
    /// [`WifiError::NotRestored`] or another, if not all is as it was.
    pub async fn leave(&self) -> Result<(), WifiError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Order::Leave(answer), answered).await
    }

    async fn enter(
        &self,
        part: Part,
        credentials: Credentials,
        may_leave: bool,
    ) -> Result<Credentials, WifiError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Order::Enter { part, credentials, may_leave, answer }, answered).await
    }

    async fn ask<T>(
        &self,
        order: Order,
        answered: oneshot::Receiver<Result<T, WifiError>>,
    ) -> Result<T, WifiError> {
        let _ = self.orders.send(order).await;
        answered.await.unwrap_or(Err(WifiError::CalledOff))
    }
}

/// Must be called within a tokio runtime, as [`Wifi::new`].
impl Default for Wifi {
    fn default() -> Self {
        Self::new()
    }
}

/// Holds the card; ends with the last [`Wifi`].
struct Keeper {
    port: Box<dyn WifiPort>,
    group: Option<Group>,
}

impl Keeper {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Look(answer) => {
                    let look = self.look().await;
                    let Look { state, network, can_make, .. } = look;
                    let group = self.group.clone();
                    let _ = answer.send(WifiStatus { state, network, can_make, group });
                }
                Order::Enter { part, credentials, may_leave, mut answer } => {
                    let entered = tokio::select! {
                        entered = self.enter(part, &credentials, may_leave) => entered,
                        () = answer.closed() => Err(WifiError::CalledOff),
                    };
                    let is_in = entered.is_ok();
                    if let Ok(credentials) = &entered {
                        self.group = Some(Group { part, credentials: credentials.clone() });
                    } else if self.group.is_none() {
                        // Half of it may be done.
                        let _ = self.leave().await;
                    }
                    // Whoever asked may be gone by now, and would not know that they are in a group.
                    if answer.send(entered).is_err() && is_in {
                        let _ = self.leave().await;
                    }
                }
                Order::Leave(answer) => {
                    let _ = answer.send(self.leave().await);
                }
            }
        }
        let _ = self.leave().await;
    }

    async fn look(&mut self) -> Look {
        let look = timeout(LOOK_TIMEOUT, self.port.look()).await;
        let look = look.unwrap_or_else(|_elapsed| Look::without(WifiState::Silent));
        if !look.is_in_group && look.state != WifiState::Silent {
            self.group = None;
        }
        look
    }

    async fn enter(
        &mut self,
        part: Part,
        credentials: &Credentials,
        may_leave: bool,
    ) -> Result<Credentials, WifiError> {
        let look = self.look().await;
        if self.group.is_some() {
            return Err(WifiError::InGroup);
        }
        if let Some(problem) = look.state.problem() {
            return Err(problem);
        }
        if part == Part::Made && !look.can_make {
            return Err(WifiError::CannotMake);
        }
        if let (Some(network), false) = (look.network, may_leave)
            && self.port.would_leave(part)
        {
            return Err(WifiError::WouldLeave(network));
        }
        let entered = async {
            match part {
                Part::Made => self.port.make(credentials).await,
                Part::Joined => self.port.join(credentials).await.map(|()| credentials.clone()),
            }
        };
        timeout(ENTER_TIMEOUT, entered).await.unwrap_or(Err(WifiError::TimedOut))
    }

    async fn leave(&mut self) -> Result<(), WifiError> {
        self.group = None;
        timeout(LEAVE_TIMEOUT, self.port.leave()).await.unwrap_or(Err(WifiError::TimedOut))
    }
}
