//! A letter for a table of the target. What it says is decided elsewhere.

use crate::event::record::Record;

/// A record that is not written, and why.
#[derive(Debug, Clone)]
pub struct TableLetter<'e> {
    /// The record as it was.
    pub record: Record<'e>,
    /// The columns with the reason, by name.
    pub reasons: Vec<(&'static str, String)>,
}
