//! What a person installs: made by `app/package.sh` of the program that the tests run.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project")
}

/// The program, built beside this test by `tests/run.sh`.
fn festival() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its file");
    let program = test.parent().and_then(Path::parent).map(|dir| dir.join("festival"));
    program.filter(|program| program.exists()).expect("run tests/run.sh: it builds the program")
}

/// Packs a program; the files, sorted: the .tar.gz and the .deb.
fn pack(program: &Path, into: &Path) -> [PathBuf; 2] {
    let mut script = Command::new("sh");
    script.arg(root().join("app/package.sh")).arg(into).arg(program);
    // How small they are is not what is asked here.
    said(script.env("PACK_LEVEL", "1"));
    let files = fs::read_dir(into).expect("a folder").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.try_into().expect("two packages")
}

/// Packs a program for another system; what lies in the folder then.
fn pack_for(system: &str, program: &Path, into: &Path) -> PathBuf {
    let script = root().join(format!("app/package-{system}.sh"));
    said(Command::new("sh").arg(script).arg(into).arg(program));
    let mut files = fs::read_dir(into).expect("a folder").map(|file| file.expect("a file").path());
    files.next().expect("a package")
}

/// What a command says; it must succeed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|err| panic!("{command:?}: {err}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What must lie below `usr` of an installed package, or below the folder of the other one.
fn assert_works(usr: &Path) {
    let version = said(Command::new(usr.join("bin/festival")).arg("--version"));
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let entry = usr.join("share/applications/festival-chat.desktop");
    let entry = fs::read_to_string(entry).expect("an entry of the menu");
    assert!(entry.contains("\nExec=festival %u\n"), "links are not handed over: {entry}");
    assert!(entry.contains("\nMimeType=x-scheme-handler/festival;\n"), "{entry}");
    assert!(entry.contains("\nIcon=festival-chat\n"), "{entry}");
    let icon = usr.join("share/icons/hicolor/256x256/apps/festival-chat.png");
    assert_eq!(image::image_dimensions(icon).expect("a picture"), (256, 256));
}

#[test]
fn packages_install_a_program_that_starts_is_in_the_menu_and_opens_links() {
    let dir = tempfile::tempdir().expect("a folder");
    let [archive, deb] = pack(&festival(), &dir.path().join("packages"));
    let installed = dir.path().join("installed");

    said(Command::new("dpkg-deb").arg("--extract").arg(&deb).arg(&installed));
    assert_works(&installed.join("usr"));
    let needs = said(Command::new("dpkg-deb").arg("--field").arg(&deb).arg("Depends"));
    for library in ["libc6 (>=", "libdbus-1-3", "libegl1", "libxkbcommon0"] {
        assert!(needs.contains(library), "{library} is not asked for: {needs}");
    }

    let unpacked = dir.path().join("unpacked");
    fs::create_dir(&unpacked).expect("a folder");
    said(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&unpacked));
    let name = archive.file_name().and_then(|name| name.to_str()).expect("a name");
    assert_works(&unpacked.join(name.trim_end_matches(".tar.gz")));
}

#[test]
fn same_program_gives_the_same_packages() {
    let dir = tempfile::tempdir().expect("a folder");
    // Small, so that it is packed soon.
    let program = dir.path().join("program");
    fs::copy("/bin/cat", &program).expect("there is a cat");
    let first = pack(&program, &dir.path().join("first"));
    // Written anew, as by another build.
    fs::copy("/bin/cat", &program).expect("there is a cat");
    let second = pack(&program, &dir.path().join("second"));
    for (first, second) in first.iter().zip(&second) {
        assert!(
            fs::read(first).expect("a package") == fs::read(second).expect("a package"),
            "{} differs",
            first.display()
        );
    }
}

#[test]
fn windows_package_has_the_program_in_a_folder_of_its_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let zip = pack_for("windows", Path::new("/bin/cat"), &dir.path().join("first"));
    let list = said(Command::new("unzip").arg("-Z1").arg(&zip));
    let name = zip.file_stem().and_then(|name| name.to_str()).expect("a name");
    let expected = format!("{name}/\n{name}/README.md\n{name}/festival.exe\n");
    assert_eq!(list, expected);

    let again = pack_for("windows", Path::new("/bin/cat"), &dir.path().join("second"));
    assert!(fs::read(zip).expect("a package") == fs::read(again).expect("a package"));
}

/// Without the sentence that says what the camera is for, macOS ends a program that opens it; Bluetooth likewise.
#[test]
fn mac_bundle_starts_the_program_and_says_what_it_wants_the_camera_and_bluetooth_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let bundle = pack_for("macos", Path::new("/bin/cat"), &dir.path().join("packages"));
    assert_eq!(bundle.file_name().and_then(|name| name.to_str()), Some("Festival Chat.app"));
    let list = fs::read_to_string(bundle.join("Contents/Info.plist")).expect("a property list");
    let value = |key: &str| {
        let after = list.split_once(&format!("<key>{key}</key>")).map(|(_, after)| after);
        let text = after.and_then(|after| after.trim().strip_prefix("<string>"));
        text.and_then(|text| text.split_once("</string>")).map(|(text, _)| text.to_owned())
    };
    let program = value("CFBundleExecutable").expect("a program");
    assert_eq!(
        said(Command::new(bundle.join("Contents/MacOS").join(program)).arg("--version")),
        said(Command::new("/bin/cat").arg("--version"))
    );
    assert_eq!(value("CFBundleShortVersionString").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert!(value("NSCameraUsageDescription").is_some_and(|why| why.contains("scan")));
    assert!(value("NSBluetoothAlwaysUsageDescription").is_some_and(|why| why.contains("people")));
    assert!(value("NSLocalNetworkUsageDescription").is_some_and(|why| why.contains("network")));
}
