//! A table with what was learned of it since it was opened.

use crate::catalog::Described;

/// A column as a result shows it: its name, and the numbers of its type.
pub(super) type Shown = (String, u8, u16, u16, u8);

/// A table with what was learned of it.
pub(super) struct Tracked {
    pub(super) described: Described,
    /// Whether its next id was asked for.
    pub(super) is_known: bool,
    /// The columns of the last result.
    pub(super) columns: Option<Vec<Shown>>,
}
