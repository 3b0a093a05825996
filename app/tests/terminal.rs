//! The program in a terminal, as somebody uses it who types and reads lines.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

/// How long any line may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program in a terminal of its own.
struct Terminal {
    child: Child,
    input: ChildStdin,
    lines: mpsc::Receiver<String>,
}

impl Terminal {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_festival"))
            .args(["--terminal", "--servers", "none", "--data"])
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        let output = child.stdout.take().expect("a pipe");
        let (sender, lines) = mpsc::sync_channel(64);
        std::thread::spawn(move || {
            let read = BufReader::new(output).lines().map_while(Result::ok);
            read.for_each(|line| drop(sender.send(line)));
        });
        Self { child, input, lines }
    }

    fn type_line(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it listens");
    }

    /// Reads up to a line that has these words.
    fn read_to(&self, words: &str) {
        let end = Instant::now() + PATIENCE;
        let mut read = String::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.unwrap_or_else(|_end| panic!("no line has \"{words}\":\n{read}"));
            if line.contains(words) {
                return;
            }
            read += &format!("{line}\n");
        }
    }

    fn quit(mut self) {
        self.type_line("/quit");
        assert!(self.child.wait().expect("it ends").success());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn options_of_a_room_are_shown_and_changed_and_stay_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(folder.path());
    terminal.read_to("You are in \"Festival\".");
    terminal.type_line("/options");
    terminal.read_to("Who comes in: whoever has an invite comes in without being asked");
    terminal.read_to("What newcomers read: newcomers can read what was written before");
    terminal.read_to("How long messages stay: messages are kept for ever");

    for (line, answer) in [
        ("/approve on", "chose that newcomers are let in one by one"),
        ("/history hidden", "chose that newcomers cannot read what was written before"),
        ("/keep 7", "chose that messages disappear after 7 days"),
        ("/keep 2", "chose that messages disappear after 2 days"),
        ("/approve off", "chose that whoever has an invite comes in without being asked"),
        ("/keep never", "/keep ever"),
    ] {
        terminal.type_line(line);
        terminal.read_to(answer);
    }
    terminal.quit();

    let mut terminal = Terminal::start(folder.path());
    terminal.read_to("--- Festival ---");
    terminal.type_line("/options");
    terminal.read_to("Who comes in: whoever has an invite comes in without being asked");
    terminal.read_to("What newcomers read: newcomers cannot read what was written before");
    terminal.read_to("How long messages stay: messages disappear after 2 days");
    terminal.type_line("/history hidden");
    terminal.read_to("So it is already.");
    terminal.type_line("/keep ever");
    terminal.read_to("chose that messages are kept for ever");
    terminal.type_line("/options");
    terminal.read_to("How long messages stay: messages are kept for ever");
    terminal.quit();
}
