//! Erasing what was forgotten. redb only ever writes to pages that are free and forgets the old
//! ones, so keys and names of a room that is gone would stay in the file until chance has their
//! pages used again. Here every free page is used once, for nothing.

use engine::StoreError;
use redb::{Database, ReadableDatabase, TableDefinition, TableError};

use crate::{
    error::from_redb,
    tables::{META, UNCLEAN},
};

/// Holds nothing, while it fills free pages.
const BLANKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("blanks");

/// Whether free pages of `database` may hold what was forgotten.
pub(crate) fn is_unclean(database: &Database) -> Result<bool, StoreError> {
    let transaction = database.begin_read().map_err(from_redb)?;
    match transaction.open_table(META) {
        Ok(meta) => Ok(meta.get(UNCLEAN).map_err(from_redb)?.is_some()),
        Err(TableError::TableDoesNotExist(_)) => Ok(false),
        Err(error) => Err(from_redb(error)),
    }
}

/// Overwrites every free page, however far an earlier try came.
pub(crate) fn scrub(database: &mut Database) -> Result<(), StoreError> {
    // Pages that were in use until the last commit are free only now; and the fewer there are, the
    // less there is to fill.
    database.compact().map_err(from_redb)?;
    fill(database)?;
    let transaction = database.begin_write().map_err(from_redb)?;
    transaction.delete_table(BLANKS).map_err(from_redb)?;
    transaction.open_table(META).map_err(from_redb)?.remove(UNCLEAN).map_err(from_redb)?;
    transaction.commit().map_err(from_redb)?;
    database.compact().map_err(from_redb)?;
    Ok(())
}

fn fill(database: &Database) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(from_redb)?;
    transaction.delete_table(BLANKS).map_err(from_redb)?;
    let stats = transaction.stats().map_err(from_redb)?;
    let page = stats.page_size();
    // Free pages, and what is free in others: so at least as many as there are.
    let count = stats.fragmented_bytes() / u64::try_from(page).unwrap_or(u64::MAX).max(1);
    // No two of them fit one page.
    let blank = vec![0; page / 4 * 3];
    let mut blanks = transaction.open_table(BLANKS).map_err(from_redb)?;
    for n in 0..count {
        blanks.insert(n, blank.as_slice()).map_err(from_redb)?;
    }
    drop(blanks);
    transaction.commit().map_err(from_redb)
}
