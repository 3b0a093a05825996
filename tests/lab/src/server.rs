//! A machine with public addresses, and the program on it.

use std::{
    io::{self, BufRead as _, BufReader},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    process::{Child, Command, Stdio},
};

use crate::Namespace;

/// A program that runs on a machine of its own; both end when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    machine: Namespace,
    process: Child,
}

impl Server {
    pub(crate) fn new(machine: Namespace, process: Child) -> Self {
        Self { machine, process }
    }

    pub(crate) fn machine(&self) -> &Namespace {
        &self.machine
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Both public addresses of the server with this number.
pub(crate) fn addrs(number: u8) -> [IpAddr; 2] {
    let v4 = Ipv4Addr::new(203, 0, 113, number).into();
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into()).into();
    [v4, v6]
}

/// Starts a program, and waits until it has written a line with this word; gives that line, too.
pub(crate) fn start(mut command: Command, word: &str) -> io::Result<(Child, String)> {
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let output = process.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
    let mut lines = BufReader::new(output).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.contains(word) {
            // What else it says is read, so that it never waits for a reader.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok((process, line));
        }
    }
    let _ = process.kill();
    Err(io::Error::other(format!("{command:?} ended with {:?}", process.wait()?)))
}
