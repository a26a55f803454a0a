//! Which row is the last of its key.

use std::collections::HashMap;

use crate::map::row::Rows;
use crate::map::row_key::RowKey;

/// Which row is the last of its key.
pub(crate) enum Latest<'r, 'e> {
    Known(HashMap<&'r RowKey<'e>, usize>, &'r Rows<'e>),
    /// Only the target can compare the keys: the last row of all is the last of its key.
    Unknown(Option<usize>),
}

impl<'r, 'e> Latest<'r, 'e> {
    pub(crate) fn of(rows: &'r Rows<'e>, order: &[usize]) -> Self {
        let keyed = order.iter().filter_map(|&row| Some((rows.key(row)?, row)));
        Self::Known(keyed.collect(), rows)
    }

    pub(crate) fn unknown(order: &[usize]) -> Self {
        Self::Unknown(order.last().copied())
    }

    /// Whether writing this row last keeps the order of its key.
    pub(crate) fn is(&self, row: usize) -> bool {
        match self {
            Self::Known(last, rows) => rows.key(row).is_none_or(|key| last.get(key) == Some(&row)),
            Self::Unknown(last) => *last == Some(row),
        }
    }
}
