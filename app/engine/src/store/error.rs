//! What can be wrong with the memory.

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file contradicts itself; only a restore from peers helps.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// Another process has it open.
    #[error("the database is in use by another running copy of the app")]
    InUse,
    /// A newer version of the app wrote it.
    #[error(
        "the database was written by a newer version of the app (format {found}, this one reads up to {known})"
    )]
    TooNew {
        /// The format found.
        found: u32,
        /// The newest format this program knows.
        known: u32,
    },
    /// The disk failed or is full.
    #[error("the database cannot be read or written")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
