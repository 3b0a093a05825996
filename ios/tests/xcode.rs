//! What Xcode is given, as far as it can be read where there is no Xcode: the header says what the library exports, the
//! host calls what the header declares, and the files that Apple's tools read are well-formed and say what is asked for.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use roxmltree::{Document, ParsingOptions};
use tree_sitter::{Node, Parser};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join(folder)).expect("is there");
    let paths = folder.map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Functions by name: what they take, and what they return, as the other language would say it.
type Functions = BTreeMap<String, (Vec<String>, String)>;

/// A type of C in the words of Rust.
fn of_c(declared: &str) -> String {
    let known = [
        ("FestivalSession *", "*mut FestivalSession"),
        ("char **", "*mut *mut c_char"),
        ("const char *", "*const c_char"),
        ("char *", "*mut c_char"),
        ("const uint8_t *", "*const u8"),
        ("void *", "*mut c_void"),
        ("FestivalHost ", "FestivalHost"),
        ("FestivalFrame ", "FestivalFrame"),
        ("bool ", "bool"),
        ("float ", "f32"),
        ("size_t ", "usize"),
        ("uint8_t ", "u8"),
        ("uint64_t ", "u64"),
        ("void ", ""),
    ];
    let known = known.iter().find(|(c, _rust)| declared.starts_with(c));
    known.unwrap_or_else(|| panic!("what is {declared}?")).1.to_owned()
}

fn declared() -> Functions {
    let header = read("include/festival.h");
    let lines = header.lines().filter(|line| line.contains("festival_") && line.ends_with(");"));
    let functions = lines.map(|line| {
        let (start, arguments) = line.split_once('(').expect("a function");
        let at = start.find("festival_").expect("a name");
        let arguments = arguments.trim_end_matches(");").split(", ").map(of_c).collect();
        (start[at..].to_owned(), (arguments, of_c(&start[..at])))
    });
    functions.collect()
}

fn exported() -> Functions {
    let source = read("src/abi.rs");
    let functions = source.split("#[unsafe(no_mangle)]").skip(1).map(|function| {
        let (_, signature) = function.split_once("fn ").expect("a function");
        let (name, rest) = signature.split_once('(').expect("arguments");
        let (arguments, rest) = rest.split_once(')').expect("their end");
        let arguments = arguments.split(',').filter_map(|one| one.split_once(':'));
        let arguments = arguments.map(|(_name, kind)| kind.trim().to_owned()).collect();
        let result = rest.split('{').next().unwrap_or_default().trim();
        (name.to_owned(), (arguments, result.trim_start_matches("-> ").to_owned()))
    });
    functions.collect()
}

#[test]
fn header_declares_what_the_library_exports() {
    let (declared, exported) = (declared(), exported());

    assert!(declared.len() > 10, "{declared:?}");
    assert_eq!(declared, exported);
}

#[test]
fn callbacks_are_the_same_on_both_sides() {
    let fields = |text: &str, start: &str, name: fn(&str) -> Option<&str>| -> Vec<String> {
        let (_, rest) = text.split_once(start).expect("declared");
        let (inside, _) = rest.split_once("\n}").expect("its end");
        inside.lines().filter_map(name).map(str::to_owned).collect()
    };

    let c = fields(&read("include/festival.h"), "typedef struct FestivalHost {", |line| {
        let line = line.trim();
        let name = line.split_once("(*").and_then(|(_, rest)| rest.split_once(')'));
        name.map(|(name, _)| name).or_else(|| line.strip_prefix("void *")?.strip_suffix(';'))
    });
    let rust = fields(&read("src/calls.rs"), "pub struct FestivalHost {", |line| {
        line.trim().strip_prefix("pub ")?.split(':').next()
    });

    assert!(c.len() > 5, "{c:?}");
    assert_eq!(c, rust);
}

fn walk<'a>(node: Node<'a>, visit: &mut impl FnMut(Node<'a>)) {
    visit(node);
    for at in 0..node.child_count() {
        if let Some(child) = node.child(u32::try_from(at).expect("few")) {
            walk(child, visit);
        }
    }
}

#[test]
fn swift_can_be_parsed_and_calls_functions_of_the_header_only() {
    let declared = declared();
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_swift::LANGUAGE.into()).expect("a grammar");
    let mut called = Vec::new();
    for file in files("FestivalChat", ".swift") {
        let text = read(&file);
        let tree = parser.parse(&text, None).expect("parsed");
        walk(tree.root_node(), &mut |node| {
            let at = node.start_position();
            assert!(!node.is_error() && !node.is_missing(), "{}:{}", file.display(), at.row + 1);
            let word = &text[node.byte_range()];
            if node.kind() == "simple_identifier" && word.starts_with("festival_") {
                assert!(declared.contains_key(word), "{}:{}: {word}", file.display(), at.row + 1);
                called.push(word.to_owned());
            }
        });
    }

    let unused: Vec<_> = declared.keys().filter(|name| !called.contains(name)).collect();
    assert_eq!(unused, [""; 0], "nobody calls them");
}

/// Keys of a property list, with the text beside each.
fn properties(list: &Path) -> BTreeMap<String, String> {
    let text = read(list);
    // Each names the form it has.
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text, options);
    let document = document.unwrap_or_else(|error| panic!("{}: {error}", list.display()));
    let dict = document.root_element().first_element_child().expect("one value");
    assert!(dict.has_tag_name("dict"), "{}", list.display());
    let inside: Vec<_> = dict.children().filter(|node| node.is_element()).collect();
    let pairs = inside.chunks(2).map(|pair| {
        let [key, value] = pair else { panic!("{}: a key without a value", list.display()) };
        assert!(key.has_tag_name("key") && !value.has_tag_name("key"), "{}", list.display());
        (key.text().unwrap_or_default().to_owned(), value.text().unwrap_or_default().to_owned())
    });
    pairs.collect()
}

#[test]
fn property_lists_are_well_formed_and_say_why_the_person_is_asked() {
    let mut lists = files("FestivalChat", ".plist");
    lists.extend(files("FestivalChat", ".entitlements"));
    lists.extend(files("FestivalChat", ".xcprivacy"));
    lists.extend(files(".", ".plist"));
    for list in lists {
        assert!(!properties(&list).is_empty(), "{}", list.display());
    }
    let info = properties(&root().join("FestivalChat/Info.plist"));
    let asked = [
        "NSBluetoothAlwaysUsageDescription",
        "NSCameraUsageDescription",
        "NSLocalNetworkUsageDescription",
    ];
    for key in asked {
        let why = info.get(key).map_or("", String::as_str);
        assert!(why.len() > 20, "{key}: {why:?}");
    }
    assert!(info.contains_key("UIApplicationSceneManifest"), "the system asks for scenes");
}

/// Without the modes the system ends a program that wants its connections kept, and without the entitlements nothing joins
/// a network.
#[test]
fn app_may_do_what_the_library_does_over_bluetooth_and_wifi() {
    let info = read("FestivalChat/Info.plist");
    for mode in ["bluetooth-central", "bluetooth-peripheral"] {
        assert!(info.contains(&format!("<string>{mode}</string>")), "{mode}");
    }
    let may = properties(&root().join("FestivalChat/FestivalChat.entitlements"));
    for end in ["HotspotConfiguration", "wifi-info"] {
        assert!(may.contains_key(&format!("com.apple.developer.networking.{end}")), "{end}");
    }
}

#[test]
fn frameworks_that_the_library_takes_something_from_are_linked_with_the_app() {
    let (project, symbols) = (read("project.yml"), read("symbols.txt"));
    let names = symbols.lines().filter_map(|line| line.split_once(' ')).map(|(name, _)| name);
    let frameworks = names.filter(|name| !name.starts_with(['#', 'l'])).chain(["NetworkExtension"]);
    // What UIKit brings.
    let brought = ["CoreFoundation", "Foundation"];
    for name in frameworks.filter(|name| !brought.contains(name)) {
        assert!(project.contains(&format!("- sdk: {name}.framework")), "{name}");
    }
}

#[test]
fn permissions_have_the_same_numbers_on_both_sides() {
    let header = read("include/festival.h");
    let source = read("src/phone.rs");
    for (declared, used) in
        [("Camera", "CAMERA"), ("Notifications", "NOTIFICATIONS"), ("Nearby", "NEARBY")]
    {
        let number = source
            .split_once(&format!("const {used}: u8 = "))
            .and_then(|(_, rest)| rest.split_once(';'));
        let (number, _) = number.expect("a number");
        assert!(
            header.contains(&format!("FestivalPermission{declared} = {number},")),
            "{declared}"
        );
    }
}

#[test]
fn every_file_that_the_project_names_is_there() {
    let project = read("project.yml");
    let names = [
        "FestivalChat/Info.plist",
        "FestivalChat/FestivalChat.entitlements",
        "FestivalChat/BridgingHeader.h",
        "build-rust.sh",
    ];
    for name in names {
        assert!(project.contains(name), "{name} is not named");
        assert!(root().join(name).is_file(), "{name} is not there");
    }
    let icon = root().join("FestivalChat/Assets.xcassets/AppIcon.appiconset/icon.png");
    let icon = fs::read(icon).expect("an icon");
    // Width and height in a PNG's first chunk.
    assert_eq!(icon.get(16..24), Some([0, 0, 4, 0, 0, 0, 4, 0].as_slice()), "1024 by 1024");
}
