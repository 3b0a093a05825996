//! What the parts of the Android app must agree on, where no compiler sees both. Whether the app is made, signed and works
//! is checked by `android/test.sh`, a stage of `.ci/run`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project")
}

fn read(path: &str) -> String {
    let path: PathBuf = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// What stands in `text` between `before` and the next `after`, each time.
fn between(text: &str, before: &str, after: &[char]) -> BTreeSet<String> {
    let found = text.split(before).skip(1).filter_map(|rest| rest.split_once(after));
    found.map(|(between, _)| between.to_owned()).collect()
}

/// Every file with this ending in a folder: its name without that, and what stands in it.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of sources");
    let names =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    let named = |name: String| {
        Some((name.strip_suffix(ending)?.to_owned(), read(&format!("{folder}/{name}"))))
    };
    names.filter_map(named).collect()
}

/// The native methods of a class, by the names of the functions that Java looks for.
fn wanted_by(class: &str, java: &str) -> Vec<String> {
    let declared = java.lines().filter_map(|line| line.split_once(" native "));
    let declared = declared.filter(|(before, _)| !before.contains('*'));
    let names = declared.filter_map(|(_, rest)| rest.split_once('(')?.0.rsplit(' ').next());
    names.map(|name| format!("{class}_{name}")).collect()
}

#[test]
fn java_calls_nothing_that_the_library_has_not_and_the_other_way_round() {
    let java = files("android/java/chat/festival", ".java");
    let rust: String = files("android/src", ".rs").into_iter().map(|(_, text)| text).collect();

    let wanted: BTreeSet<String> =
        java.iter().flat_map(|(class, text)| wanted_by(class, text)).collect();
    assert!(!wanted.is_empty(), "Java wants nothing of the library");
    assert_eq!(wanted, between(&rust, "fn Java_chat_festival_", &['<', '(']));

    for name in between(&rust, "jni_str!(\"", &['"']) {
        let is_there = match name.strip_prefix("chat/festival/") {
            Some(class) => java.iter().any(|(name, _)| name == class),
            None => java.iter().any(|(_, text)| text.contains(&format!(" {name}("))),
        };
        assert!(is_there, "Java has no {name}");
    }
}

#[test]
fn android_asks_for_no_more_than_its_page_says_it_does() {
    let manifest = read("android/AndroidManifest.xml");
    let page = read("android/README.md");

    let asked = between(&manifest, "<uses-permission android:name=\"android.permission.", &['"']);
    let said = between(&page, "\n| `", &['`']);

    assert!(!asked.is_empty(), "a chat app without the right to use the network");
    assert_eq!(asked, said, "the rights in the manifest, and those in android/README.md");
}

#[test]
fn library_has_one_name_in_the_manifest_in_java_and_in_the_apk() {
    let library = "festival_android";
    assert!(read("android/Cargo.toml").contains(&format!("name = \"{library}\"")));
    let loads = format!("System.loadLibrary(\"{library}\")");
    assert!(read("android/java/chat/festival/MainActivity.java").contains(&loads));
    let names = format!("android:name=\"android.app.lib_name\" android:value=\"{library}\"");
    assert!(read("android/AndroidManifest.xml").contains(&names));
    assert!(read("android/pack.py").contains(&format!("\"lib/arm64-v8a/lib{library}.so\"")));
}
