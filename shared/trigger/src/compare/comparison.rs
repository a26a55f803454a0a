//! What is compared, and how.

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

/// How far a comparison goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// To the number of rows.
    Counts,
    /// To the checksums of buckets.
    Checksums,
    /// To the rows that differ.
    Rows,
}

/// What is compared, and how.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The table that is copied.
    pub source: Table,
    /// Its copy.
    pub copy: Table,
    /// The columns, by the source's names; empty means all that both have.
    pub columns: Vec<String>,
    /// Columns that are left out, by either name.
    pub exclude: Vec<String>,
    /// Columns that have another name in the copy.
    pub renamed: Vec<(String, String)>,
    /// The columns that tell rows apart, by the source's names; empty means the primary key.
    pub key: Vec<String>,
    /// How far it goes.
    pub depth: Depth,
    /// The most rows that are told.
    pub limit: usize,
    /// Whether values are told, and not only columns.
    pub values: bool,
    /// How long to wait before rows that differ are looked at again.
    pub recheck: Option<Duration>,
    /// How often they are looked at again.
    pub rechecks: u32,
    /// Decimal places of a second that count.
    pub time_digits: Option<u32>,
    /// Significant digits of floats that count.
    pub float_digits: Option<u32>,
    /// Whether blanks at the end of text do not count.
    pub ignore_blanks: bool,
}
