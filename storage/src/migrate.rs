//! The format of the database, and how an older one becomes this one.
//!
//! To change the format: raise [`FORMAT_KNOWN`], append one function to [`STEPS`] that turns the
//! format before into the new one, and add to the tests a database of the old format in literal
//! bytes.

use engine::{RoomId, StoreError};
use redb::{
    Database, ReadableDatabase, ReadableTable as _, TableDefinition, TableHandle, WriteTransaction,
};

use crate::{
    error::{corrupt, from_redb},
    keyring::Keyring,
    tables::{CONTROLS, FORMAT, HEADS, KEPT, LOG, MAILBOXES, MEMBERS, META, ROOMS, TIMELINE},
};

/// The format this program writes, and the newest it reads.
pub(crate) const FORMAT_KNOWN: u32 = 5;

/// Entry `n` turns format `n + 1` into format `n + 2`.
pub(crate) const STEPS: &[Step] = &[add_mailboxes, add_controls, seal_records, add_hosts];

/// One step from a format to the next, inside the transaction that also records the new number.
pub(crate) type Step = fn(&WriteTransaction, &mut Keyring) -> Result<(), StoreError>;

/// Format 2: mailboxes are remembered.
fn add_mailboxes(transaction: &WriteTransaction, _: &mut Keyring) -> Result<(), StoreError> {
    transaction.open_table(MAILBOXES).map_err(from_redb)?;
    transaction.open_table(KEPT).map_err(from_redb)?;
    Ok(())
}

/// Format 3: what decides who may do what is remembered besides the operations it stands in. The
/// engine reads it from those once.
fn add_controls(transaction: &WriteTransaction, _: &mut Keyring) -> Result<(), StoreError> {
    transaction.open_table(CONTROLS).map_err(from_redb)?;
    Ok(())
}

/// Format 4: what is remembered of a room lies under the room's own key.
fn seal_records(transaction: &WriteTransaction, keys: &mut Keyring) -> Result<(), StoreError> {
    seal_table(transaction, ROOMS, keys)?;
    seal_table(transaction, MEMBERS, keys)?;
    seal_table(transaction, CONTROLS, keys)?;
    seal_table(transaction, MAILBOXES, keys)
}

/// Format 5: a room's record may say who let this device in. Shorter ones are read as they are; the number
/// tells an older program that it cannot read the longer ones.
fn add_hosts(_: &WriteTransaction, _: &mut Keyring) -> Result<(), StoreError> {
    Ok(())
}

fn seal_table<const N: usize>(
    transaction: &WriteTransaction,
    definition: TableDefinition<'_, &'static [u8; N], &'static [u8]>,
    keys: &mut Keyring,
) -> Result<(), StoreError> {
    let mut table = transaction.open_table(definition).map_err(from_redb)?;
    let mut sealed = Vec::new();
    for entry in table.iter().map_err(from_redb)? {
        let (key, value) = entry.map_err(from_redb)?;
        let Some((1, text)) = value.value().split_first() else {
            return Err(corrupt("a record is of no known version"));
        };
        let key = *key.value();
        if let Some(room) = key.first_chunk() {
            keys.ensure(RoomId::from_bytes(*room))?;
        }
        sealed.push((key, keys.seal_bytes(definition.name(), &key, text.to_vec())?));
    }
    for (key, value) in sealed {
        table.insert(&key, value.as_slice()).map_err(from_redb)?;
    }
    Ok(())
}

/// The format of `database`; `None` if nothing was ever written to it.
///
/// # Errors
///
/// [`StoreError::Corrupt`] if it is not ours, [`StoreError::TooNew`] if a later version wrote it.
pub(crate) fn format(database: &Database, known: u32) -> Result<Option<u32>, StoreError> {
    let transaction = database.begin_read().map_err(from_redb)?;
    let mut tables = transaction.list_tables().map_err(from_redb)?.peekable();
    if tables.peek().is_none() {
        return Ok(None);
    }
    if !tables.any(|table| table.name() == META.name()) {
        return Err(corrupt("the file belongs to another program"));
    }
    let meta = transaction.open_table(META).map_err(from_redb)?;
    let Some(value) = meta.get(FORMAT).map_err(from_redb)? else {
        return Err(corrupt("the file belongs to another program"));
    };
    let Ok(bytes) = value.value().try_into() else {
        return Err(corrupt("its format is not a number"));
    };
    match u32::from_be_bytes(bytes) {
        0 => Err(corrupt("its format is not a number")),
        found if found > known => Err(StoreError::TooNew { found, known }),
        found => Ok(Some(found)),
    }
}

/// Brings `database`, whose format is `found`, to the format `steps` lead to: one transaction per
/// step, so that a crash leaves a format that is known.
pub(crate) fn migrate(
    database: &Database,
    found: Option<u32>,
    steps: &[Step],
    keys: &mut Keyring,
) -> Result<(), StoreError> {
    let Some(mut format) = found else {
        return create(database, keys);
    };
    let done = usize::try_from(format).unwrap_or(usize::MAX).saturating_sub(1);
    for step in steps.iter().skip(done) {
        format = format.saturating_add(1);
        log::info!("bringing the database to format {format}");
        let transaction = database.begin_write().map_err(from_redb)?;
        step(&transaction, keys)?;
        write_format(&transaction, format)?;
        transaction.commit().map_err(from_redb)?;
    }
    Ok(())
}

/// Writes the tables of a new database, all of them, so that reading need not ask whether one is
/// there.
fn create(database: &Database, keys: &mut Keyring) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(from_redb)?;
    write_format(&transaction, FORMAT_KNOWN)?;
    transaction.open_table(ROOMS).map_err(from_redb)?;
    transaction.open_table(MEMBERS).map_err(from_redb)?;
    transaction.open_table(HEADS).map_err(from_redb)?;
    transaction.open_table(TIMELINE).map_err(from_redb)?;
    transaction.open_table(LOG).map_err(from_redb)?;
    add_mailboxes(&transaction, keys)?;
    add_controls(&transaction, keys)?;
    transaction.commit().map_err(from_redb)
}

fn write_format(transaction: &WriteTransaction, format: u32) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(META).map_err(from_redb)?;
    meta.insert(FORMAT, format.to_be_bytes().as_slice()).map_err(from_redb)?;
    Ok(())
}
