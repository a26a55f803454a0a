//! What is known of a table when rows are written to it. Plain data: the catalog fills it in.

use sluice_bridge::model::failure::Cause;

use crate::types::column::ColumnType;

/// A table as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Vec<ColumnType>,
    /// Whether each column may be null.
    pub(crate) nullable: Vec<bool>,
    /// The columns of each index that keeps whole values unique, the primary key among them.
    pub(crate) unique: Vec<Vec<usize>>,
    /// Whether there are others, of expressions or of the beginnings of values.
    pub(crate) has_odd_unique: bool,
    /// Where the rows are kept, in the server's words; nothing of a view.
    pub(crate) engine: Option<String>,
    /// Whether a statement that fails, and a transaction that is rolled back, leave no trace.
    pub(crate) transactional: bool,
    /// Whether the server puts something else in the place of a null in each column: the next
    /// number (`AUTO_INCREMENT`), or the moment at hand.
    pub(crate) fills_null: Vec<bool>,
    /// Whether the server numbers its rows.
    pub(crate) numbers_rows: bool,
    /// Why it may have columns that this user does not see, if it may.
    pub(crate) hides: Option<Cause>,
    /// Whether writing to it sets off something of somebody else's.
    pub(crate) has_triggers: bool,
}

impl Shape {
    /// Whether an index keeps these columns unique, all of them and no other.
    pub(crate) fn is_unique(&self, key: &[usize]) -> bool {
        self.unique.iter().any(|columns| is_same(columns, key))
    }

    /// Whether a row may collide with another in something else than these columns.
    pub(crate) fn has_other_unique(&self, key: &[usize]) -> bool {
        self.has_odd_unique || self.unique.iter().any(|columns| !is_same(columns, key))
    }

    pub(crate) fn is_view(&self) -> bool {
        self.engine.is_none()
    }
}

fn is_same(one: &[usize], other: &[usize]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}
