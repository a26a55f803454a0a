//! The description of a table that is needed to write rows. Plain data: the catalog fills it in.

use sluice_bridge::model::failure::Cause;

use crate::types::column::ColumnType;

/// A table as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Vec<ColumnType>,
    /// Whether each column may be null.
    pub(crate) nullable: Vec<bool>,
    /// The columns of each unique index on whole columns, including the primary key.
    pub(crate) unique: Vec<Vec<usize>>,
    /// Whether there are other unique indexes: on expressions or prefixes.
    pub(crate) has_partial_unique: bool,
    /// The storage engine in the server's words; `None` for a view.
    pub(crate) engine: Option<String>,
    /// Whether a failed statement and a rollback undo everything.
    pub(crate) transactional: bool,
    /// Whether the server stores something else in place of a null in each column: the next AUTO_INCREMENT
    /// number, or the current time.
    pub(crate) replaces_null: Vec<bool>,
    /// Whether the server generates numbers for rows.
    pub(crate) generates_numbers: bool,
    /// Why the table may have columns that this user does not see; `None` if the user sees all.
    pub(crate) hides: Option<Cause>,
    /// Whether the table has triggers.
    pub(crate) has_triggers: bool,
}

impl Shape {
    /// Whether a unique index has exactly these columns.
    pub(crate) fn is_unique(&self, key: &[usize]) -> bool {
        self.unique.iter().any(|columns| is_same(columns, key))
    }

    /// Whether a row can violate a unique index on other columns than these.
    pub(crate) fn has_other_unique(&self, key: &[usize]) -> bool {
        self.has_partial_unique || self.unique.iter().any(|columns| !is_same(columns, key))
    }

    pub(crate) fn is_view(&self) -> bool {
        self.engine.is_none()
    }
}

fn is_same(one: &[usize], other: &[usize]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}
