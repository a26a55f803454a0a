//! What the target does with a row.

/// What the target has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Add rows.
    Insert,
    /// Add rows, or update those whose key exists: only the batch's columns.
    Upsert,
    /// Update the rows whose key exists: only the batch's columns.
    Update,
    /// Delete the rows of these keys.
    Delete,
}
