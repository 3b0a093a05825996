//! What goes to other apps and comes from them.

use std::fs;

use app::host::{HostNews, Sharing as _};

use super::{Phone, call, invite};

const LINK: &str = "FESTIVAL:LINK";
const PICTURE: &str = "content://chat.festival.pictures/Invite%20to%20Camp.png";

#[test]
fn invite_is_shared_as_a_link_and_a_picture_that_the_other_app_may_read() {
    let mut phone = Phone::with_api("34");
    phone.services.share("Invite to Old", "old", b"old".to_vec());
    phone.services.share("Invite to Camp", LINK, b"a picture".to_vec());

    let sent = format!("image/png | Invite to Camp | {LINK} | {PICTURE} | may read");
    assert_eq!(call("shared", &[]), sent);
    assert_eq!(call("read", &[PICTURE, "r"]), "a picture image/png [Invite to Camp.png, 9]");
    let old = "content://chat.festival.pictures/Invite%20to%20Old.png";
    assert_eq!(call("read", &[old, "r"]), "nothing", "what was shared before is gone");
}

#[test]
fn other_apps_read_what_is_shared_and_nothing_else_and_write_nothing() {
    let mut phone = Phone::with_api("34");
    phone.services.share("Invite to Camp", LINK, b"a picture".to_vec());
    fs::write(phone.cache().join("secret"), "a secret").expect("a file");
    fs::create_dir(phone.cache().join("shared/more")).expect("a folder");
    fs::write(phone.cache().join("shared/more/secret"), "a secret").expect("a file");

    for path in [
        "../secret",
        "..%2Fsecret",
        "%2E%2E%2Fsecret",
        "more/secret",
        "more%2Fsecret",
        "more",
        "..",
        ".",
        "",
        "Invite%20to%20Camp.png/..%2F..%2Fsecret",
    ] {
        let uri = format!("content://chat.festival.pictures/{path}");
        assert_eq!(call("read", &[&uri, "r"]), "nothing", "{uri}");
    }
    for mode in ["w", "rw", "rwt", "wa", ""] {
        assert_eq!(call("read", &[PICTURE, mode]), "nothing", "{mode}");
    }
}

#[test]
fn invite_in_a_text_that_another_app_shares_is_followed() {
    let phone = Phone::with_api("34");
    let link = invite();
    call("send", &[&format!("Come along!\n\"{link}\".\nBea")]);
    match phone.news() {
        HostNews::Link(found) => assert_eq!(found, link),
        other => panic!("{other:?}"),
    }

    call("send", &["https://example.org"]);
    match phone.news() {
        HostNews::Failed(why) => assert_eq!(why, "What was shared holds no invite."),
        other => panic!("{other:?}"),
    }
}

#[test]
fn chosen_picture_is_copied_to_be_read() {
    let phone = Phone::with_api("34");
    call("put", &["content://photos/1", "a photo"]);
    phone.services.pick();
    call("choose", &["content://photos/1"]);

    match phone.news() {
        HostNews::Picture(path) => assert_eq!(fs::read(path).expect("a copy"), b"a photo"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn picture_that_never_ends_fills_no_phone() {
    let phone = Phone::with_api("34");
    call("putEndless", &["content://photos/2"]);
    phone.services.pick();
    call("choose", &["content://photos/2"]);

    match phone.news() {
        HostNews::Failed(why) => {
            assert_eq!(why, "The picture could not be read: it is too large.");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read_dir(phone.cache()).expect("a folder").count(), 0, "nothing is left of it");
}

#[test]
fn code_is_saved_where_the_person_says() {
    let phone = Phone::with_api("34");
    phone.services.save("Camp", b"a picture");
    call("chooseNothing", &[]);
    phone.services.save("Camp", b"a picture");
    call("choose", &["content://files/1"]);

    match phone.news() {
        HostNews::Saved(name) => assert_eq!(name.to_str(), Some("Invite to Camp.png")),
        other => panic!("{other:?}"),
    }
    assert_eq!(call("written", &["content://files/1"]), "a picture");
}

#[test]
fn phone_without_an_app_for_it_says_so() {
    let phone = Phone::with_api("34");
    call("loseApps", &[]);
    phone.services.pick();

    match phone.news() {
        HostNews::Failed(why) => assert_eq!(why, "This phone has no app to choose pictures with."),
        other => panic!("{other:?}"),
    }
}
