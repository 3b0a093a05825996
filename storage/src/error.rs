//! The one place where what redb reports becomes a [`StoreError`], and where its panics end.

use std::{
    io::{self, ErrorKind},
    panic::{AssertUnwindSafe, catch_unwind},
};

use engine::StoreError;

/// What a failure inside redb means for the person.
pub(crate) fn from_redb(error: impl Into<redb::Error>) -> StoreError {
    use redb::Error;
    match error.into() {
        Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => StoreError::InUse,
        Error::Corrupted(what) => corrupt(what),
        Error::UpgradeRequired(format) => {
            corrupt(format!("its file layout {format} is older than any this app has written"))
        }
        Error::Io(error) => from_io(error),
        error @ (Error::TableTypeMismatch { .. }
        | Error::TableIsMultimap(_)
        | Error::TableIsNotMultimap(_)
        | Error::TypeDefinitionChanged { .. }
        | Error::TableDoesNotExist(_)) => {
            corrupt(format!("a table is missing or not ours: {error}"))
        }
        error => StoreError::Unavailable(Box::new(error)),
    }
}

/// What a failure of the file itself means: content that cannot be right is damage, all else may
/// pass.
pub(crate) fn from_io(error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::InvalidData => {
            corrupt(format!("the file is not a database of this app ({error})"))
        }
        ErrorKind::UnexpectedEof => corrupt("the file ends too early"),
        _ => StoreError::Unavailable(Box::new(error)),
    }
}

/// The file contradicts itself; `what` completes "the database is damaged: ...".
pub(crate) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}

/// Does `work` on the database. redb trusts a file that was closed cleanly and may panic where
/// someone else has changed it since: that is damage to report, not a reason to die.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(corrupt("its pages contradict each other")))
}
