//! What is in the file, where clients cannot see it.

use nostr::{Event, EventBuilder, Keys, Kind, Tag};
use redb::{ReadableDatabase as _, ReadableTableMetadata as _};
use tokio::sync::mpsc;

use super::{
    Kept, Store, now,
    tables::{BY_AUTHOR, BY_EXPIRY, BY_TAG, BY_TIME, EVENTS, TOTAL, USAGE},
};
use crate::limits::Limits;

fn store(change: impl FnOnce(&mut Limits)) -> Store {
    let mut limits = Limits::default();
    change(&mut limits);
    Store::open(None, &limits, mpsc::channel(1).0).expect("a database in memory")
}

fn mail(keys: &Keys, content: &str) -> Event {
    let tags = [["x", "camp"], ["y", "1"], ["x", "camp"]];
    EventBuilder::new(Kind::from(1_420), content)
        .tags(tags.map(|tag| Tag::parse(tag).expect("a tag")))
        .sign_with_keys(keys)
        .expect("signed")
}

async fn keep(store: &Store, event: &Event, expires: u64) -> Kept {
    let json = serde_json::to_string(event).expect("JSON");
    store.keep(event, &json, expires).await
}

/// The number of rows of each table, and the total.
fn rows(store: &Store) -> ([u64; 6], (u64, u64)) {
    let transaction = store.inner.database.begin_read().expect("readable");
    let total = transaction.open_table(TOTAL).expect("a table");
    let total = total.get(()).expect("readable").map_or((0, 0), |row| row.value());
    let lens = [
        transaction.open_table(EVENTS).expect("a table").len(),
        transaction.open_table(BY_TIME).expect("a table").len(),
        transaction.open_table(BY_TAG).expect("a table").len(),
        transaction.open_table(BY_AUTHOR).expect("a table").len(),
        transaction.open_table(BY_EXPIRY).expect("a table").len(),
        transaction.open_table(USAGE).expect("a table").len(),
    ];
    (lens.map(|len| len.expect("readable")), total)
}

#[tokio::test]
async fn what_has_expired_makes_room_and_leaves_nothing_behind() {
    let store = store(|limits| limits.storage.total_bytes = 2_000);
    let (ada, ben) = (Keys::generate(), Keys::generate());
    let content = "x".repeat(800);
    let (old, new) = (mail(&ada, &content), mail(&ben, &content));
    assert_eq!(keep(&store, &old, now() - 1).await, Kept::New);

    assert_eq!(keep(&store, &new, now() + 1_000).await, Kept::New);

    let (lens, (events, bytes)) = rows(&store);
    assert_eq!(lens, [1, 1, 2, 1, 1, 1]);
    assert!(events == 1 && (1_000..2_000).contains(&bytes), "{events} events, {bytes} bytes");
    let full = keep(&store, &mail(&ada, &content), now() + 1_000).await;
    assert!(matches!(full, Kept::Full(_)), "{full:?}");
}

#[tokio::test]
async fn what_has_expired_is_not_found_before_it_is_deleted() {
    let store = store(|_| ());
    let old = mail(&Keys::generate(), "");
    assert_eq!(keep(&store, &old, now()).await, Kept::New);

    for filter in [
        "{}".to_owned(),
        r##"{"#x":["camp"]}"##.to_owned(),
        r##"{"#x":["camp"],"#y":["1"]}"##.to_owned(),
        format!(r#"{{"authors":["{}"]}}"#, old.pubkey),
        format!(r#"{{"ids":["{}"]}}"#, old.id),
    ] {
        let found = store.find(serde_json::from_str(&filter).expect("a filter"), 10).await;
        assert_eq!(found.expect("readable").found, [], "{filter}");
    }
    assert_eq!(store.load(vec![old.id], 1_000).await, Ok((1, vec![])));
}

#[tokio::test]
async fn a_question_that_needs_too_much_reading_says_so() {
    let store = store(|limits| limits.storage.scan = 10);
    let keys = Keys::generate();
    for n in 0..20 {
        keep(&store, &mail(&keys, &n.to_string()), now() + 1_000).await;
    }
    let ask = |filter: &str| store.find(serde_json::from_str(filter).expect("a filter"), 100);

    assert!(!ask(r#"{"kinds":[1]}"#).await.expect("readable").is_whole);
    assert!(ask(r##"{"#x":["beach"]}"##).await.expect("readable").is_whole);
}
