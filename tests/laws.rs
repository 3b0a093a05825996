//! The project's own laws, where a tool can check them: who may depend on whom, and what the source
//! may look like. The reasons are in `app/docs/architecture.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What stands in the project's folder for people to see. Everything else has its place in one of these.
const TOP_LEVEL: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "android",
    "app",
    "ios",
    "storage",
    "tests",
    "transport",
];

/// What stands there for tools, which look for it there.
const TOP_LEVEL_HIDDEN: [&str; 11] = [
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".config",
    ".deny.toml",
    ".git",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".rustfmt.toml",
    ".typos.toml",
];

/// Clocks, chance, sockets, files and faces: nothing of it may be reached from the engine, by whichever
/// crate. Last words of names: `rustls` and `tokio-rustls` are both `rustls`.
const NOT_IN_THE_ENGINE: [&str; 14] = [
    "chrono",
    "eframe",
    "egui",
    "getrandom",
    "mio",
    "rand",
    "redb",
    "rtc",
    "rustls",
    "socket2",
    "time",
    "tokio",
    "webrtc",
    "winit",
];

/// The same for the standard library's own means, by the words that name them.
const NOT_SAID_IN_THE_ENGINE: [&str; 12] = [
    "Instant",
    "OsRng",
    "SystemTime",
    "TcpListener",
    "TcpStream",
    "ToSocketAddrs",
    "UdpSocket",
    "from_entropy",
    "std::env",
    "std::fs",
    "std::process",
    "std::thread",
];

/// Longer files are worth splitting, and `every_file_is_short_enough_to_read` says which ones they are.
const LONG_FILE_LINES: usize = 400;
/// No file may be longer.
const MAX_FILE_LINES: usize = 600;

#[test]
fn engine_reaches_no_clock_chance_thread_socket_or_file_through_other_crates() {
    let tree = cargo(&["tree", "-p", "engine", "-e", "normal", "--prefix", "none", "-f", "{p}"]);
    let crates: BTreeSet<&str> = tree.lines().filter_map(|l| l.split(' ').next()).collect();
    assert!(crates.contains("snow"), "not the engine's tree: {crates:?}");

    let guilty: Vec<_> = crates
        .iter()
        .filter(|krate| NOT_IN_THE_ENGINE.iter().any(|n| krate.rsplit('-').next() == Some(n)))
        .collect();

    assert_eq!(guilty, [&""; 0], "ask `cargo tree -p engine -e normal -i <name>` who brings it");
}

#[test]
fn engine_says_no_word_for_a_clock_chance_thread_socket_or_file() {
    let guilty = code_with("app/engine/src", |line| {
        NOT_SAID_IN_THE_ENGINE.iter().any(|word| has_word(line, word))
    });

    assert_eq!(guilty, [""; 0], "the engine is given these as arguments");
}

#[test]
fn layers_depend_only_on_the_layers_below_them() {
    let allowed = [
        ("engine", vec![]),
        ("qr", vec![]),
        ("relay", vec![]),
        ("transport", vec![]),
        ("storage", vec!["engine"]),
        ("app", vec!["engine", "qr", "relay", "storage", "transport"]),
        ("android", vec!["app", "engine", "qr", "transport"]),
    ];

    for (krate, below) in allowed {
        let ours = own_dependencies(krate);
        let more: Vec<_> = ours.iter().filter(|name| !below.contains(&name.as_str())).collect();
        assert_eq!(more, [&""; 0], "{krate} depends on them");
    }
}

#[test]
fn only_the_desktop_host_knows_eframe() {
    let guilty = code_with("app/src", |line| has_word(line, "eframe"));

    let guilty: Vec<_> =
        guilty.into_iter().filter(|place| !place.starts_with("app/src/desktop")).collect();
    assert_eq!(guilty, [""; 0], "other hosts, the phones', draw the same `App` without it");
}

#[test]
fn top_level_holds_what_it_should_and_nothing_else() {
    let allowed: BTreeSet<_> = TOP_LEVEL.iter().chain(&TOP_LEVEL_HIDDEN).collect();

    let more: Vec<_> = entries(root())
        .into_iter()
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| !allowed.contains(&name.as_str()) && !is_ignored(name))
        .collect();

    assert_eq!(more, [""; 0]);
}

#[test]
fn every_crate_has_the_workspace_lints() {
    for manifest in files("", "Cargo.toml") {
        let text = read(&manifest);
        let is_own_workspace = text.contains("[workspace]");
        assert!(
            is_own_workspace || text.contains("[lints]\nworkspace = true"),
            "{} lacks `[lints] workspace = true`",
            manifest.display()
        );
    }
}

#[test]
fn every_file_is_short_enough_to_read() {
    let mut too_long = Vec::new();
    for file in files("", ".rs") {
        let lines = read(&file).lines().count();
        if lines > MAX_FILE_LINES {
            too_long.push(format!("{}: {lines} lines", file.display()));
        } else if lines > LONG_FILE_LINES {
            eprintln!("{}: {lines} lines, worth splitting", file.display());
        }
    }

    assert_eq!(too_long, [""; 0]);
}

#[test]
fn nothing_is_left_to_do_without_an_issue() {
    // In two pieces, or this file would be its own first finding.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME")];

    let mut guilty = Vec::new();
    for kind in [".rs", ".md", ".toml", ".sh"] {
        guilty.extend(lines_with("", kind, |line| {
            words.iter().any(|word| has_word(line, word) && !line.contains(&format!("{word} (#")))
        }));
    }

    assert_eq!(guilty, [""; 0], "write `{} (#7): what`, with the issue's number", words[0]);
}

#[test]
fn no_type_has_a_name_that_says_nothing() {
    let guilty = code_with("", |line| {
        ["struct ", "enum ", "trait "].iter().any(|kind| {
            line.split_once(kind).is_some_and(|(_, rest)| {
                let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
                ["Manager", "Service", "Helper", "Coordinator", "Util", "Utils"]
                    .iter()
                    .any(|empty| name.ends_with(empty))
            })
        })
    });

    assert_eq!(guilty, [""; 0], "name it after what it is or decides");
}

/// `file:line: text` of every line of Rust under `folder` that is not a comment and for which `is_guilty`
/// holds.
fn code_with(folder: &str, is_guilty: impl Fn(&str) -> bool) -> Vec<String> {
    lines_with(folder, ".rs", |line| !line.trim_start().starts_with("//") && is_guilty(line))
}

/// The same for every line of the files whose names end in `kind`.
fn lines_with(folder: &str, kind: &str, is_guilty: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(folder, kind) {
        for (number, line) in read(&file).lines().enumerate() {
            if is_guilty(line) {
                let name = file.strip_prefix(root()).expect("it was found below the root");
                found.push(format!("{}:{}: {}", name.display(), number + 1, line.trim()));
            }
        }
    }
    found
}

/// Whether `word` stands in `line` on its own, not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

/// The names of the project's own crates that `krate` depends on, tests aside.
fn own_dependencies(krate: &str) -> BTreeSet<String> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version=1"]))
            .expect("cargo writes JSON");
    let packages =
        metadata.get("packages").and_then(Value::as_array).expect("metadata lists the packages");
    let package = packages.iter().find(|p| p["name"] == krate);
    package.unwrap_or_else(|| panic!("no crate {krate}"))["dependencies"]
        .as_array()
        .expect("a package lists its dependencies")
        .iter()
        .filter(|d| d["kind"] != "dev" && d["path"].is_string())
        .filter_map(|d| d["name"].as_str().map(str::to_owned))
        .collect()
}

fn cargo(args: &[&str]) -> String {
    let run = Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo built this test, so it is there");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("cargo writes UTF-8")
}

/// Whether git leaves the top-level entry `name` alone.
fn is_ignored(name: &str) -> bool {
    read(&root().join(".gitignore")).lines().any(|line| line.trim_matches('/') == name)
}

/// Every file under `folder` whose name ends in `end`, build folders aside, in a fixed order.
fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if path.is_file() && name.ends_with(end) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|reason| panic!("{}: {reason}", folder.display()))
        .map(|entry| entry.expect("the folder can be read").path());
    entries.collect()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|reason| panic!("{}: {reason}", file.display()))
}

/// The project's folder: this file is in `tests`, right below it.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests is a folder of the project")
}
