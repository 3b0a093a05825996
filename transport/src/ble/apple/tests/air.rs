//! Two devices of Apple's, as the app has them: transport, driver and core above what decides here, and between them a
//! system with little room that takes its time.

use tokio::sync::mpsc;

use super::{
    NOW,
    fake::{Call, Fake, On, device},
};
use crate::{
    Addr, AddrKind, Callee, DialKey, Link, Transport as _,
    ble::{
        Adapter, BleTransport, RadioEnd, RadioState,
        apple::{
            radio::AppleRadio,
            system::{Power, Report},
        },
        listed_token,
        radio::{Device, RadioCommand},
    },
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);

/// Packets for which the system has room at a time.
const ROOM: usize = 3;

/// What the system takes at once of either side.
const MAX: usize = 182;

/// Two adapters near each other. Each knows the other by one name as what it connects to, and by another as what connects
/// to it.
struct Air {
    managers: [AppleRadio<Fake>; 2],
    shown: [Option<u128>; 2],
    scans: [bool; 2],
    /// Which of them connected.
    connected: [bool; 2],
    /// What has become full on the way.
    full: [Vec<On>; 2],
}

fn as_peripheral(number: usize) -> Device {
    device(1 + u16::from(number > 0))
}

fn as_central(number: usize) -> Device {
    device(11 + u16::from(number > 0))
}

impl Air {
    fn new() -> Self {
        let managers = [0, 1].map(|_| AppleRadio::new(Fake::default()));
        let full = [Vec::new(), Vec::new()];
        Self { managers, shown: [None; 2], scans: [false; 2], connected: [false; 2], full }
    }

    fn told(&mut self, number: usize, report: Report) {
        self.managers[number].report(NOW, report);
    }

    /// Does what the adapters were asked for until they ask for nothing more.
    fn settle(&mut self) {
        loop {
            let mut is_done = true;
            for number in 0..2 {
                for call in self.managers[number].system().take() {
                    is_done = false;
                    self.answer(number, call);
                }
                let sent = std::mem::take(&mut self.managers[number].system().sent);
                is_done &= sent.is_empty();
                for (to, packet) in sent {
                    self.carry(number, to, packet);
                }
                for on in std::mem::take(&mut self.full[number]) {
                    self.managers[number].system().room.insert(on, ROOM);
                    match on {
                        On::Writes(device) => self.told(number, Report::Writable(device)),
                        On::Notices(_) => self.told(number, Report::Updatable),
                    }
                }
            }
            if is_done {
                return;
            }
        }
    }

    fn answer(&mut self, number: usize, call: Call) {
        let other = 1 - number;
        match call {
            Call::Publish => self.told(number, Report::Published(true)),
            Call::Advertise(listed) => {
                self.shown[number] = listed;
                self.told(number, Report::Advertised(true));
                self.hear(other);
            }
            Call::Scan(scans) => {
                self.scans[number] = scans;
                self.hear(number);
            }
            Call::Connect(device) => {
                self.connected[number] = true;
                self.told(number, Report::Connected(device));
            }
            Call::Discover(device) => self.told(number, Report::Discovered(device, true)),
            Call::Subscribe(device) => {
                self.told(other, Report::Joined(as_central(number), MAX));
                self.told(number, Report::Subscribed(device, Some(MAX)));
            }
            Call::Cancel(device) => {
                self.connected[number] = false;
                self.told(other, Report::Left(as_central(number)));
                self.told(number, Report::Lost(device));
            }
            Call::Forget(_) | Call::ForgetCentral(_) => {}
        }
    }

    fn hear(&mut self, number: usize) {
        let token = self.shown[1 - number].and_then(listed_token);
        if let Some(token) = token.filter(|_| self.scans[number]) {
            self.told(number, Report::Heard(as_peripheral(1 - number), token));
        }
    }

    fn carry(&mut self, number: usize, to: Device, packet: Vec<u8>) {
        let other = 1 - number;
        assert!(packet.len() <= MAX, "more than the system takes");
        if to == as_peripheral(other) {
            self.full[number].push(On::Writes(to));
            self.told(other, Report::Written(as_central(number), MAX, packet));
        } else {
            self.full[number].push(On::Notices(to));
            self.told(other, Report::Notified(as_peripheral(number), MAX, packet));
        }
    }

    async fn run(mut self, ends: [RadioEnd; 2]) {
        let [mut first, mut second] = ends;
        for number in 0..2 {
            self.told(number, Report::Central(Power::On));
            self.told(number, Report::Peripheral(Power::On));
        }
        loop {
            self.settle();
            for (radio, end) in self.managers.iter_mut().zip([&first, &second]) {
                while let Some(event) = radio.poll() {
                    let _ = end.events.send(event).await;
                }
            }
            let (number, command) = tokio::select! {
                command = first.commands.recv() => (0, command),
                command = second.commands.recv() => (1, command),
            };
            let Some(command) = command else { return };
            self.obey(number, command);
        }
    }

    fn obey(&mut self, number: usize, command: RadioCommand) {
        self.managers[number].obey(NOW, command);
    }
}

async fn exchange(from: Link, mut to: Link, len: usize) -> (Link, Link) {
    let whole: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    let sent = whole.clone();
    let sender = tokio::spawn(async move {
        for frame in sent.chunks(10_000) {
            from.send(frame.to_vec()).await.expect("an open link");
        }
        from
    });
    let mut heard = Vec::new();
    while heard.len() < whole.len() {
        heard.extend(to.recv().await.expect("an open link"));
    }
    assert!(heard == whole, "{} bytes arrived, or others", heard.len());
    (sender.await.expect("it sends"), to)
}

#[tokio::test]
async fn two_devices_of_apples_find_each_other_and_100_kb_arrive_whole_both_ways() {
    let [host, guest] = [BleTransport::new(Adapter::None), BleTransport::new(Adapter::None)];
    let ((incoming, mut links), (unused, _none)) = (mpsc::channel(1), mpsc::channel(1));
    let mut ends = Vec::new();
    let listener = host.listen_with(incoming, |end| ends.push(end)).expect("a runtime");
    let _kept = guest.listen_with(unused, |end| ends.push(end)).expect("a runtime");
    let Ok(ends) = <[RadioEnd; 2]>::try_from(ends) else { panic!("two radios") };
    tokio::spawn(Air::new().run(ends));
    listener.admit(KEY, HOST);
    let mut state = guest.shared.state.subscribe();
    state.wait_for(|state| *state == RadioState::Ready).await.expect("a driver");

    let addr = Addr { kind: AddrKind::Ble, bytes: Vec::new() };
    let called = guest.dial(&[addr], KEY, HOST).await.expect("a host");
    let answered = links.recv().await.expect("a guest");
    let (called, answered) = exchange(called, answered, 100_000).await;
    let (answered, called) = exchange(answered, called, 100_000).await;

    let longest = |link: &Link| link.stats.lock().expect("nobody panics").max_packet;
    assert_eq!((longest(&called), longest(&answered)), (Some(MAX), Some(MAX)));
}
