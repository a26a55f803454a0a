//! The tables and columns that the target refused to create in this invocation. The records that
//! need them become failures of their own, and the others are written.

use std::collections::HashMap;

use crate::model::change::SchemaChange;
use crate::model::failure::Cause;
use crate::model::table::TableName;

/// After this many refusals no further column of a table is requested.
const MOST: u32 = 12;

/// What is known of all tables.
#[derive(Debug, Default)]
pub(crate) struct Limits(HashMap<TableName, Limit>);

/// What is known of one table.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    /// How many columns may be requested at once, after the target refused more.
    room: Option<usize>,
    /// The names that the target refuses.
    names: Vec<String>,
    /// The target's latest message.
    why: String,
    /// Whether the table cannot be created at all.
    is_closed: bool,
    refusals: u32,
}

impl Limits {
    /// What is known of a table.
    pub(crate) fn of(&self, table: &TableName) -> &Limit {
        static NONE: Limit = Limit {
            room: None,
            names: Vec::new(),
            why: String::new(),
            is_closed: false,
            refusals: 0,
        };
        self.0.get(table).unwrap_or(&NONE)
    }

    /// Notes that something cannot be created. If the target names the column at fault, that column
    /// is not requested again. If it does not, half as many columns are requested, so that the
    /// record that needs most columns is refused first.
    pub(crate) fn learn(&mut self, missing: &SchemaChange, cause: Cause) {
        let (table, columns, is_table) = match missing {
            SchemaChange::Table { name, columns, .. } => (name, columns, true),
            SchemaChange::Columns { table, columns } => (table, columns, false),
        };
        let limit = self.0.entry(table.clone()).or_default();
        limit.refusals += 1;
        limit.why = cause.to_string();
        let named = cause.column.filter(|name| {
            columns.iter().any(|column| *column.name == **name)
                && limit.names.iter().all(|known| **known != **name)
        });
        match named {
            Some(name) if limit.refusals <= MOST => limit.names.push(name.into()),
            _ => {
                limit.is_closed = is_table && limit.room == Some(0);
                let half = columns.len().min(limit.room.unwrap_or(usize::MAX)) / 2;
                limit.room = Some(if limit.refusals > MOST { 0 } else { half });
            }
        }
    }
}

impl Limit {
    /// Why a column cannot be created in addition to this many others.
    pub(crate) fn refuses(&self, name: &str, others: impl Fn() -> usize) -> Option<String> {
        let is_refused = self.names.iter().any(|refused| refused == name)
            || self.room.is_some_and(|room| others() >= room);
        is_refused.then(|| self.why.clone())
    }

    /// Whether the table cannot be created at all.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// What the target said last, if it refused anything.
    pub(crate) fn why(&self) -> Option<&str> {
        (self.refusals > 0).then_some(&*self.why)
    }
}
