//! A described table, as this connector needs it. Plain data: the catalog fills it in.

use crate::types::column::Column;

/// The columns of a table, in the server's order.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Vec<Column>,
}
