//! A device in a process of its own, spoken to in JSON lines: for the demo, tests and
//! measurements.

use std::{
    ffi::OsStr,
    fmt,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Events read ahead of whoever waits for one.
const MAX_UNREAD: usize = 4_096;

/// How long any single thing may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `festival headless`; killed without warning when dropped.
#[derive(Debug)]
pub struct Device {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<(Instant, Value)>,
    patience: Duration,
    /// Every event so far, oldest first.
    pub events: Vec<Value>,
}

impl Device {
    /// Starts `program headless --data data_dir --loopback` and waits until it is awake. `program`
    /// is `festival`, or what runs it.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if it cannot be started or does not wake.
    pub fn start(program: Command, data_dir: &Path) -> Result<Self, DeviceError> {
        let args = ["--loopback", "--servers=none", "--bluetooth=none"].map(OsStr::new);
        Self::launch(program, data_dir, &args, PATIENCE)
    }

    /// Starts `program headless --data data_dir --servers servers` and waits until it is awake.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if it cannot be started or does not wake.
    pub fn start_with_servers(
        program: Command,
        data_dir: &Path,
        servers: &Path,
    ) -> Result<Self, DeviceError> {
        let args = ["--bluetooth=none".as_ref(), "--servers".as_ref(), servers.as_os_str()];
        Self::launch(program, data_dir, &args, PATIENCE)
    }

    /// Starts `program headless --data data_dir --bluetooth adapter` and waits until it is awake;
    /// whatever it is asked for later may take as long as `patience`.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if it cannot be started or does not wake.
    pub fn start_over_bluetooth(
        program: Command,
        data_dir: &Path,
        (adapter, options): (&str, &[&str]),
        patience: Duration,
    ) -> Result<Self, DeviceError> {
        let args = ["--servers=none", "--bluetooth", adapter];
        let args: Vec<_> = args.iter().chain(options).map(OsStr::new).collect();
        Self::launch(program, data_dir, &args, patience)
    }

    fn launch(
        mut program: Command,
        data_dir: &Path,
        args: &[&OsStr],
        patience: Duration,
    ) -> Result<Self, DeviceError> {
        let mut child = program
            .arg("headless")
            .args(args)
            .arg("--data")
            .arg(data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|err| DeviceError(format!("{program:?} did not start: {err}")))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(DeviceError("the device has no pipes".to_owned()));
        };
        // A device nobody listens to waits: its events lie in the pipe.
        let (sender, lines) = mpsc::sync_channel(MAX_UNREAD);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(|_not_json| json!(line));
                if sender.send((Instant::now(), value)).is_err() {
                    return;
                }
            }
        });
        let mut device = Self { child, input, lines, patience, events: Vec::new() };
        device.wait_for("started", |_| true)?;
        Ok(device)
    }

    /// Sends a command.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if the device is gone.
    pub fn send(&mut self, command: &Value) -> Result<(), DeviceError> {
        writeln!(self.input, "{command}")
            .and_then(|()| self.input.flush())
            .map_err(|err| DeviceError(format!("the device does not listen: {err}")))
    }

    /// Waits for the next event of this name that satisfies `is_it`; gives it and the moment it
    /// was read.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if it does not come within 30 s, or what it was started with.
    pub fn wait_for(
        &mut self,
        name: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<(Instant, Value), DeviceError> {
        let deadline = Instant::now() + self.patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (at, event) = self.lines.recv_timeout(left).map_err(|_timeout| {
                let last = self.events.last().map(ToString::to_string).unwrap_or_default();
                DeviceError(format!("no \"{name}\" came; the last event was {last}"))
            })?;
            self.events.push(event.clone());
            if event.get("event").and_then(Value::as_str) == Some(name) && is_it(&event) {
                return Ok((at, event));
            }
        }
    }

    /// Takes in every event that comes until then.
    pub fn take_in_until(&mut self, deadline: Instant) {
        let left = || deadline.saturating_duration_since(Instant::now());
        while let Ok((_, event)) = self.lines.recv_timeout(left()) {
            self.events.push(event);
        }
    }

    /// Names the person, begins a room, and gives the room's id and its invite.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if that does not happen.
    pub fn create_room(
        &mut self,
        person: &str,
        room: &str,
    ) -> Result<(String, String), DeviceError> {
        self.send(&json!({"cmd": "set_name", "name": person}))?;
        self.send(&json!({"cmd": "create_room", "name": room}))?;
        let (_, joined) = self.wait_for("room_joined", |_| true)?;
        let has_addrs = |event: &Value| text(event, "/invite").len() > SHORTEST_USEFUL_INVITE;
        let (_, ready) = self.wait_for("invite_ready", has_addrs)?;
        Ok((text(&joined, "/room/id"), text(&ready, "/invite")))
    }

    /// Waits for a message with this text.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if it does not come.
    pub fn wait_for_text(&mut self, said: &str) -> Result<Instant, DeviceError> {
        self.wait_for("message", |event| text(event, "/message/text") == said).map(|(at, _)| at)
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends the process at once, as a power cut would (SIGKILL on unix).
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks the device to stop, and waits until it has.
    ///
    /// # Errors
    ///
    /// [`DeviceError`] if it is gone already or ends badly.
    pub fn quit(mut self) -> Result<(), DeviceError> {
        self.send(&json!({"cmd": "quit"}))?;
        let status = self.child.wait().map_err(|err| DeviceError(err.to_string()))?;
        if status.success() { Ok(()) } else { Err(DeviceError(format!("it ended with {status}"))) }
    }

    /// Ends the process at once, as [`kill`](Self::kill) does; nothing can be asked of it any more.
    pub fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.end();
    }
}

/// An invite without addresses has 62 characters; one with any has more.
pub const SHORTEST_USEFUL_INVITE: usize = 62;

/// The string at a JSON pointer, empty if there is none.
pub fn text(event: &Value, pointer: &str) -> String {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Why a device did not do what was expected of it.
#[derive(Debug)]
pub struct DeviceError(String);

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DeviceError {}
