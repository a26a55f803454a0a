//! The settings of a comparison.

use std::time::Duration;

use crate::function::FunctionConfig;

/// One table and the function that can read it.
#[derive(Debug, Clone)]
pub struct Table {
    /// The function.
    pub function: FunctionConfig,
    /// `table` or `schema.table`.
    pub name: String,
}

/// How detailed a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Only the numbers of rows.
    Counts,
    /// Also the checksums of buckets.
    Checksums,
    /// Also the rows that differ.
    Rows,
}

/// The settings of a comparison.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The table that is copied.
    pub source: Table,
    /// Its copy.
    pub copy: Table,
    /// The columns, by their names in the source; empty means all columns of both tables.
    pub columns: Vec<String>,
    /// Columns that are left out, by their name in the source or the copy.
    pub exclude: Vec<String>,
    /// Columns that have a different name in the copy.
    pub renamed: Vec<(String, String)>,
    /// The columns that identify a row, by their names in the source; empty means the primary key.
    pub key: Vec<String>,
    /// How detailed the comparison is.
    pub depth: Depth,
    /// The maximum number of rows to list.
    pub limit: usize,
    /// Whether to report values, not only columns.
    pub values: bool,
    /// How long to wait before rows that differ are compared again.
    pub recheck: Option<Duration>,
    /// How often they are compared again.
    pub rechecks: u32,
    /// The decimal places of a second that are compared.
    pub time_digits: Option<u32>,
    /// The significant digits of floats that are compared.
    pub float_digits: Option<u32>,
    /// Whether blanks at the end of text are ignored.
    pub ignore_blanks: bool,
}
