//! Two systems that hear each other and lose nothing.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use super::super::{Address, AdvertStatus, Ask, Happening, System, device, inbox::Inbox};
use crate::ble::{Device, RadioState, Token, lock};

/// The longest packet here.
pub(super) const MAX_PACKET: usize = 509;

/// What one end is like.
#[derive(Debug, Default)]
pub(super) struct Computer {
    /// What is said of Bluetooth.
    pub(super) state: RadioState,
    /// Getting ready fails inside, once.
    pub(super) panics: bool,
    /// Getting ready never ends.
    pub(super) hangs: bool,
    pub(super) inbox: Option<Inbox>,
    pub(super) shown: Option<Token>,
    pub(super) scans: bool,
    /// The connection to the other end, by its number.
    link: Option<u64>,
}

/// Both ends, and which of them it is.
#[derive(Debug, Clone)]
pub(super) struct Air(pub(super) Arc<Mutex<[Computer; 2]>>, pub(super) usize);

impl Air {
    /// Two ends whose adapters are on.
    pub(super) fn new() -> [Self; 2] {
        let on = || Computer { state: RadioState::Ready, ..Computer::default() };
        let both = Arc::new(Mutex::new([on(), on()]));
        [Self(Arc::clone(&both), 0), Self(both, 1)]
    }

    pub(super) fn with<T>(&self, change: impl FnOnce(&mut Computer) -> T) -> T {
        change(&mut lock(&self.0)[self.1])
    }

    fn other(&self) -> Self {
        Self(Arc::clone(&self.0), 1 - self.1)
    }

    fn address(&self) -> Address {
        Address { number: 0x11_0000 + self.1 as u64, is_random: Some(true) }
    }

    pub(super) fn device(&self) -> Device {
        device(self.address().number)
    }

    pub(super) fn tell(&self, happening: Happening) {
        if let Some(inbox) = self.with(|end| end.inbox.clone()) {
            inbox.tell(happening);
        }
    }

    fn mention(&self, happening: Happening) {
        if let Some(inbox) = self.with(|end| end.inbox.clone()) {
            inbox.mention(happening);
        }
    }

    /// Whoever scans hears whoever shows something.
    fn hear(&self) {
        for (hearer, shower) in [(self.clone(), self.other()), (self.other(), self.clone())] {
            let shown = shower.with(|end| end.shown);
            if let (true, Some(token)) = (hearer.with(|end| end.scans), shown) {
                hearer.mention(Happening::Heard(shower.address(), token));
            }
        }
    }
}

/// One end while it is asked.
pub(super) struct Fake(Air);

impl System for Fake {
    type Settings = Air;

    async fn begin(air: &Air, inbox: Inbox) -> Result<Self, RadioState> {
        assert!(!air.with(|end| std::mem::take(&mut end.panics)), "as was wished for");
        if air.with(|end| end.hangs) {
            pending::<()>().await;
        }
        let state = air.with(|end| end.state);
        if state != RadioState::Ready {
            return Err(state);
        }
        air.with(|end| end.inbox = Some(inbox));
        Ok(Self(air.clone()))
    }

    fn ask(&mut self, ask: Ask) {
        let Self(air) = self;
        match ask {
            Ask::Look => air.tell(Happening::State(air.with(|end| end.state))),
            Ask::Show { token, .. } => {
                air.with(|end| end.shown = Some(token));
                air.tell(Happening::Advert(AdvertStatus::Started));
                air.hear();
            }
            Ask::Hide => {
                air.with(|end| end.shown = None);
                air.tell(Happening::Advert(AdvertStatus::Stopped));
            }
            Ask::Scan(scans) => {
                air.with(|end| end.scans = scans);
                air.hear();
            }
            Ask::Open(number, address) => {
                assert_eq!(address, air.other().address());
                air.with(|end| end.link = Some(number));
                air.tell(Happening::Reached(number));
                air.other().tell(Happening::Subscribed(vec![air.device()]));
                air.tell(Happening::Opened { number, max_packet: MAX_PACKET });
            }
            Ask::Close(_) => {
                air.with(|end| end.link = None);
                air.other().tell(Happening::Subscribed(Vec::new()));
            }
            Ask::Write(number, bytes) => {
                let (device, max_packet) = (air.device(), MAX_PACKET);
                air.other().mention(Happening::Written { device, max_packet, bytes });
                air.tell(Happening::Wrote(number, true));
            }
            Ask::Notify(device, bytes) => {
                if let Some(number) = air.other().with(|end| end.link) {
                    let received = Happening::Received { number, max_packet: MAX_PACKET, bytes };
                    air.other().mention(received);
                }
                air.tell(Happening::Notified(device));
            }
        }
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let state = self.0.with(|end| end.state);
        self.0.with(|end| *end = Computer { state, ..Computer::default() });
        self.0.other().tell(Happening::Subscribed(Vec::new()));
        if let Some(number) = self.0.other().with(|end| end.link) {
            self.0.other().tell(Happening::Closed(number));
        }
    }
}
