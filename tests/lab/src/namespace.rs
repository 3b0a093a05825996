//! Network namespaces without names.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Write as _},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::process::CommandExt as _,
    },
    process::{Command, Stdio},
    thread,
};

use nix::{
    sched::{CloneFlags, setns, unshare},
    unistd::Uid,
};

/// Set in a process that [`become_root`] started.
const INSIDE: &str = "FESTIVAL_LAB_INSIDE";

/// Makes sure that this process may make namespaces: where it is not root, it is started again as root of a user
/// namespace of its own, and this call does not return.
///
/// # Panics
///
/// If neither is possible, with what to do about it.
pub fn become_root() {
    if Uid::effective().is_root() {
        return;
    }
    assert!(
        env::var_os(INSIDE).is_none(),
        "the lab needs root, or a kernel that lets a user be root in a namespace of their own"
    );
    let program = env::current_exe().expect("a program knows its file");
    let why = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "--net", "--"])
        .arg(program)
        .args(env::args_os().skip(1))
        .env(INSIDE, "yes")
        .exec();
    panic!("the lab needs root, or `unshare --user` (util-linux): {why}");
}

/// A machine of the lab: a network namespace. It ends with the last process in it.
#[derive(Debug)]
pub struct Namespace {
    handle: OwnedFd,
}

impl Namespace {
    /// A machine with nothing but its own loopback.
    ///
    /// # Errors
    ///
    /// If the kernel refuses, usually for want of rights.
    pub fn new() -> io::Result<Self> {
        let make = || -> io::Result<OwnedFd> {
            unshare(CloneFlags::CLONE_NEWNET)?;
            Ok(File::open("/proc/thread-self/ns/net")?.into())
        };
        // In a thread of its own, since a thread that left its namespace does not come back.
        let handle = thread::scope(|scope| scope.spawn(make).join().expect("no panic"))?;
        let namespace = Self { handle };
        // An address counts at once: nobody else could have it.
        namespace.set("ipv6/conf/default/accept_dad", "0")?;
        namespace.set("ipv6/conf/all/accept_dad", "0")?;
        namespace.ip("link set lo up\n")?;
        Ok(namespace)
    }

    /// Does something inside: sockets opened there stay there.
    pub fn enter<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let inside = scope.spawn(|| {
                setns(&self.handle, CloneFlags::CLONE_NEWNET).expect("it is a namespace");
                act()
            });
            inside.join().unwrap_or_else(|why| std::panic::resume_unwind(why))
        })
    }

    /// Does something inside in a thread that nobody waits for.
    ///
    /// # Errors
    ///
    /// If there are too many open files.
    pub fn spawn(&self, act: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
        let handle = self.handle.try_clone()?;
        Ok(thread::spawn(move || {
            setns(&handle, CloneFlags::CLONE_NEWNET).expect("it is a namespace");
            act();
        }))
    }

    /// Where other programs find it.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.handle.as_raw_fd())
    }

    /// What starts a program inside; its process id is the program's own.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.path())).arg("--").arg(program);
        command
    }

    /// Runs lines of `ip`, stopping at the first that fails.
    ///
    /// # Errors
    ///
    /// If one does.
    pub fn ip(&self, lines: &str) -> io::Result<()> {
        let mut command = self.command("ip");
        feed(command.args(["-batch", "-"]), lines)
    }

    /// Loads rules of `nft`.
    ///
    /// # Errors
    ///
    /// If there is something wrong with them, or nftables is missing.
    pub fn nft(&self, rules: &str) -> io::Result<()> {
        let mut command = self.command("nft");
        feed(command.args(["-f", "-"]), rules)
    }

    /// Sets one of the kernel's switches, by its path below `/proc/sys/net`.
    ///
    /// # Errors
    ///
    /// If there is no such switch.
    pub fn set(&self, switch: &str, to: &str) -> io::Result<()> {
        self.enter(|| fs::write(format!("/proc/sys/net/{switch}"), to))
            .map_err(|err| io::Error::new(err.kind(), format!("{switch}: {err}")))
    }

    /// Bytes that went through an interface inside, both ways together.
    pub fn bytes(&self, interface: &str) -> u64 {
        let table = self.enter(|| fs::read_to_string("/proc/thread-self/net/dev"));
        let table = table.unwrap_or_default();
        let line = table.lines().find_map(|line| line.trim().strip_prefix(interface));
        let numbers = line.and_then(|rest| rest.strip_prefix(':')).unwrap_or_default();
        let number = |at| numbers.split_whitespace().nth(at).and_then(|n| n.parse::<u64>().ok());
        // The first counter counts what was received, the ninth what was sent.
        number(0).unwrap_or_default().saturating_add(number(8).unwrap_or_default())
    }
}

/// Runs a command with this as its input.
fn feed(command: &mut Command, input: &str) -> io::Result<()> {
    let mut child =
        command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|err| {
            io::Error::new(err.kind(), format!("{:?} did not start: {err}", command.get_program()))
        })?;
    child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()))?;
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{command:?} failed: {why}\nof:\n{input}")))
}
