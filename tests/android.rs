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

#[test]
fn java_calls_nothing_that_the_library_has_not_and_the_other_way_round() {
    let java = read("android/java/chat/festival/MainActivity.java");
    let rust = read("android/src/activity.rs");

    let wanted = between(&java, "native void ", &['(']);
    assert!(!wanted.is_empty(), "Java wants nothing of the library");
    assert_eq!(wanted, between(&rust, "fn Java_chat_festival_MainActivity_", &['<', '(']));

    for name in between(&rust, "jni_str!(\"", &['"']) {
        assert!(java.contains(&format!(" {name}(")), "Java has no method {name}");
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
