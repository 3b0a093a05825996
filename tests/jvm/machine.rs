//! The Java machine, in the process of the test.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use jni::{Env, InitArgsBuilder, JNIVersion, JavaVM};

/// Java that is compiled: the app's own, Android's as far as there is something in its place, and what drives both.
const SOURCES: [&str; 3] = ["android/java", "tests/jvm/fakes", "tests/jvm/java"];

/// Does something in Java, on this thread.
///
/// # Panics
///
/// If there is no Java machine, or if Java throws what is not caught: what it was is on standard error.
pub(crate) fn java<T>(work: impl FnOnce(&mut Env<'_>) -> jni::errors::Result<T>) -> T {
    static MACHINE: OnceLock<JavaVM> = OnceLock::new();
    let machine = MACHINE.get_or_init(|| start(&compile()));
    let result = machine.attach_current_thread(|env| {
        let result = work(env);
        if env.exception_check() {
            env.exception_describe();
            env.exception_clear();
        }
        result
    });
    result.expect("Java does what it is told")
}

fn start(classes: &Path) -> JavaVM {
    let path = classes.to_str().expect("a folder whose name is text");
    let args = InitArgsBuilder::new()
        .version(JNIVersion::V1_8)
        .option(format!("-Djava.class.path={path}"))
        .option(format!("-Djava.library.path={path}"))
        .option("-Xcheck:jni")
        // A machine that lives for a second: it starts quickly, and has few threads.
        .option("-XX:+UseSerialGC")
        .option("-XX:TieredStopAtLevel=1")
        .build()
        .expect("options");
    JavaVM::new(args).expect("a Java machine: is there a JDK?")
}

/// The folder of the classes. They are compiled once for each state of their sources, whoever comes first.
fn compile() -> PathBuf {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project");
    let mut sources = Vec::new();
    for folder in SOURCES {
        collect(&root.join(folder), &mut sources);
    }
    sources.sort();
    let mut state = blake3::Hasher::new();
    for source in &sources {
        state.update(source.to_string_lossy().as_bytes());
        state.update(&fs::read(source).expect("a source"));
    }
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jvm");
    let classes = all.join(state.finalize().to_hex().as_str());
    if !classes.is_dir() {
        fs::create_dir_all(&all).expect("a folder");
        let fresh = tempfile::tempdir_in(&all).expect("a folder");
        run(Command::new("javac")
            .args(["--release", "8", "-encoding", "UTF-8", "-Xlint:-options", "-d"])
            .arg(fresh.path())
            .args(&sources));
        // The activity loads its library by name. What it has of functions is registered by each test.
        run(Command::new("cc")
            .args(["-shared", "-x", "c", "/dev/null", "-o"])
            .arg(fresh.path().join("libfestival_android.so")));
        // Where another test was faster, its classes are the same.
        if fs::rename(fresh.path(), &classes).is_ok() {
            let _moved = fresh.keep();
        }
    }
    classes
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "java") {
            sources.push(path);
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|err| panic!("{command:?}: {err}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
