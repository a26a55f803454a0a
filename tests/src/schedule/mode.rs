//! How the function of a schedule writes.

/// What the function does with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A row for every record; the table knows no key.
    Insert,
    /// The last value of a key; tombstones are filtered.
    Upsert,
    /// The same; tombstones delete.
    UpsertAndDelete,
}
