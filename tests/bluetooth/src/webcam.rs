//! A USB camera that is a program: the kernel reaches it through a socket (USB/IP) and drives it with the driver of
//! every real webcam.

pub(crate) mod descriptors;

use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    net::Shutdown,
    os::{fd::AsRawFd as _, unix::net::UnixStream},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use crate::phone::Wrong;

/// Where the kernel takes in devices.
const ATTACH: &str = "/sys/devices/platform/vhci_hcd.0/attach";

/// Bytes of each message's head.
const HEAD_LEN: usize = 48;

/// From picture to picture: an emulated machine has other things to do as well.
const PAUSE: Duration = Duration::from_millis(100);

/// How long it may take until somebody looks.
const PATIENCE: Duration = Duration::from_secs(30);

/// From look to look whether the system knows the camera.
const GLANCE: Duration = Duration::from_millis(50);

/// The answer to a request that the camera does not know: `-EPIPE`, a stall.
const STALL: i32 = -32;

/// The answer to a request that was called off: `-ECONNRESET`.
const CALLED_OFF: i32 = -104;

/// A camera that is plugged in; dropping it pulls the plug.
pub(crate) struct Webcam {
    bus: Arc<Bus>,
}

/// What the camera's two threads share.
struct Bus {
    line: Mutex<Line>,
    changed: Condvar,
}

/// The cable, and what is asked for through it.
struct Line {
    socket: UnixStream,
    /// Requests for parts of pictures: number and most bytes.
    asked: VecDeque<(u32, usize)>,
    picture: Arc<Vec<u8>>,
    /// How much of the picture was sent.
    sent: usize,
    /// Changes from picture to picture.
    parity: u8,
    first: Option<Instant>,
    is_closed: bool,
}

/// A request of the kernel.
struct Request {
    number: u32,
    is_in: bool,
    endpoint: u32,
    len: usize,
    setup: [u8; 8],
}

impl Webcam {
    /// Plugs a camera into that socket, which sees this picture.
    pub(crate) fn plug_in(port: u8, picture: Vec<u8>) -> Result<Self, Wrong> {
        let (socket, kernels) = UnixStream::pair()?;
        let mut reading = socket.try_clone()?;
        let line = Line {
            socket,
            asked: VecDeque::new(),
            picture: Arc::new(picture),
            sent: 0,
            parity: 0,
            first: None,
            is_closed: false,
        };
        let bus = Arc::new(Bus { line: Mutex::new(line), changed: Condvar::new() });
        let (reader, sender) = (Arc::clone(&bus), Arc::clone(&bus));
        thread::spawn(move || {
            while let Some(Ok(())) = hear(&mut reading).map(|heard| reader.answer(heard)) {}
            reader.close();
        });
        thread::spawn(move || sender.stream());
        // The port, the socket, a number for the device, and its speed: high.
        std::fs::write(ATTACH, format!("{port} {} 65538 3", kernels.as_raw_fd()))?;
        let camera = Self { bus };
        camera.wait_until_known(port)?;
        Ok(camera)
    }

    /// Waits until the system has made a device of it.
    fn wait_until_known(&self, port: u8) -> Result<(), Wrong> {
        let folder = format!("/sys/bus/usb/devices/1-{}:1.0/video4linux", port + 1);
        let deadline = Instant::now() + PATIENCE;
        let is_there = || {
            let mut devices = std::fs::read_dir(&folder).ok()?.flatten();
            devices.find(|device| Path::new("/dev").join(device.file_name()).exists())
        };
        let mut line = self.bus.line();
        while is_there().is_none() {
            if line.is_closed || Instant::now() > deadline {
                return Err(format!("the camera is not in {folder}").into());
            }
            let waited = self.bus.changed.wait_timeout(line, GLANCE);
            line = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Waits until the first picture is on its way; gives the moment.
    pub(crate) fn wait_until_seen(&self) -> Result<Instant, Wrong> {
        let is_unseen = |line: &mut Line| line.first.is_none();
        let waited = self.bus.changed.wait_timeout_while(self.bus.line(), PATIENCE, is_unseen);
        let (line, _) = waited.unwrap_or_else(PoisonError::into_inner);
        line.first.ok_or_else(|| "nobody looked through the camera".into())
    }
}

impl Drop for Webcam {
    fn drop(&mut self) {
        self.bus.close();
    }
}

/// What comes through the cable.
enum Heard {
    Request(Request),
    /// The request of the second number is called off by that of the first.
    CallOff(u32, u32),
}

/// The next message; none once the plug was pulled.
fn hear(socket: &mut UnixStream) -> Option<Heard> {
    let mut head = [0; HEAD_LEN];
    socket.read_exact(&mut head).ok()?;
    let word = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
    };
    if word(0) == 2 {
        return Some(Heard::CallOff(word(4), word(20)));
    }
    let len = usize::try_from(word(24)).ok()?;
    let is_in = word(12) == 1;
    if !is_in {
        // What is asked for is known: there is one format.
        std::io::copy(&mut socket.take(len as u64), &mut std::io::sink()).ok()?;
    }
    let setup = head.last_chunk().copied().unwrap_or_default();
    Some(Heard::Request(Request { number: word(4), is_in, endpoint: word(16), len, setup }))
}

impl Bus {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        let mut line = self.line();
        line.is_closed = true;
        let _ = line.socket.shutdown(Shutdown::Both);
        self.changed.notify_all();
    }

    fn answer(&self, heard: Heard) -> std::io::Result<()> {
        let mut line = self.line();
        match heard {
            Heard::Request(request) if request.endpoint != 0 => {
                line.asked.push_back((request.number, request.len));
                self.changed.notify_all();
                Ok(())
            }
            Heard::Request(request) => {
                if is_agreed(&request.setup) {
                    line.sent = 0;
                    line.parity ^= 1;
                }
                match control(&request.setup) {
                    Some(mut data) => {
                        data.truncate(if request.is_in { request.len } else { 0 });
                        let taken = if request.is_in { data.len() } else { request.len };
                        line.reply(request.number, 0, taken, &data)
                    }
                    None => line.reply(request.number, STALL, 0, &[]),
                }
            }
            Heard::CallOff(number, other) => {
                let before = line.asked.len();
                line.asked.retain(|(asked, _)| *asked != other);
                let status = if line.asked.len() < before { CALLED_OFF } else { 0 };
                line.write(4, number, status, 0, &[])
            }
        }
    }

    /// Sends picture after picture, as long as somebody asks.
    fn stream(&self) {
        let mut line = self.line();
        loop {
            let idle = |line: &mut Line| line.asked.is_empty() && !line.is_closed;
            let waited = self.changed.wait_while(line, idle);
            line = waited.unwrap_or_else(PoisonError::into_inner);
            if line.is_closed {
                return;
            }
            if line.send_part().is_err() {
                return;
            }
            self.changed.notify_all();
            if line.sent == 0 {
                let idle = |line: &mut Line| !line.is_closed;
                let waited = self.changed.wait_timeout_while(line, PAUSE, idle);
                line = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

impl Line {
    /// Answers the oldest request with the next part of the picture.
    fn send_part(&mut self) -> std::io::Result<()> {
        let Some((number, len)) = self.asked.pop_front() else { return Ok(()) };
        self.first.get_or_insert_with(Instant::now);
        let picture = Arc::clone(&self.picture);
        let rest = picture.get(self.sent..).unwrap_or_default();
        let part = rest.get(..len.min(descriptors::PAYLOAD_LEN).saturating_sub(2)).unwrap_or(rest);
        let is_last = part.len() == rest.len();
        // A head of two bytes: whose part it is, and whether it is the last.
        let head = [2, 0x80 | self.parity | u8::from(is_last) << 1];
        let data = [&head, part].concat();
        self.sent += part.len();
        if is_last {
            self.sent = 0;
            self.parity ^= 1;
        }
        self.reply(number, 0, data.len(), &data)
    }

    fn reply(&mut self, number: u32, status: i32, len: usize, data: &[u8]) -> std::io::Result<()> {
        self.write(3, number, status, len, data)
    }

    fn write(
        &mut self,
        kind: u32,
        number: u32,
        status: i32,
        len: usize,
        data: &[u8],
    ) -> std::io::Result<()> {
        let len = u32::try_from(len).unwrap_or_default();
        let mut message = Vec::with_capacity(HEAD_LEN + data.len());
        for word in [kind, number, 0, 0, 0, status.cast_unsigned(), len] {
            message.extend(word.to_be_bytes());
        }
        message.resize(HEAD_LEN, 0);
        message.extend(data);
        self.socket.write_all(&message)
    }
}

/// Whether a request settles on the format, after which pictures begin anew.
fn is_agreed(setup: &[u8; 8]) -> bool {
    matches!(setup, [0x21, 1, 0, 2, 1, ..])
}

/// What the camera answers to a request; nothing to those it does not know.
fn control(setup: &[u8; 8]) -> Option<Vec<u8>> {
    match *setup {
        [0x80, 6, _, 1, ..] => Some(descriptors::DEVICE.to_vec()),
        [0x80, 6, _, 2, ..] => Some(descriptors::configuration()),
        [0x80, 6, number, 3, ..] => Some(descriptors::string(number)),
        // The status, of which there is nothing to tell.
        [kind, 0, ..] if kind & 0x80 != 0 => Some(vec![0, 0]),
        // The settings, and the endpoint freed: nothing to do.
        [kind, 1 | 9 | 11, ..] if kind & 0xE0 == 0 => Some(Vec::new()),
        // The format: set, and asked for; how long it is, and that it can be both.
        [0x21, 1, 0, 1 | 2, 1, ..] => Some(Vec::new()),
        [0xA1, 0x81..=0x83 | 0x87, 0, 1 | 2, 1, ..] => Some(descriptors::agreement()),
        [0xA1, 0x85, 0, 1 | 2, 1, ..] => Some(vec![26, 0]),
        [0xA1, 0x86, 0, 1 | 2, 1, ..] => Some(vec![3]),
        _ => None,
    }
}
