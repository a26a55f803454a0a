//! What is read, and what is known of it.

use sluice_source::source::Table;

use crate::record::Hints;

/// A table, a view or a query that is read.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) from: From,
    pub(crate) table: Table,
    /// The columns of the primary key, in its order.
    pub(crate) key: Vec<String>,
    /// The column of ids, where one orders the rows.
    pub(crate) id: Option<String>,
    pub(crate) time: Option<TimeColumns>,
    /// Whether the server counts the ids.
    pub(crate) is_counted: bool,
    /// Whether an index begins with the column that orders the rows; `None` if that is not known.
    pub(crate) has_index: Option<bool>,
    /// The tables of which a transaction may change what is read, with their databases: the table itself, or those
    /// behind a view or a query, once the server has told them.
    pub(crate) watched: Vec<(String, String)>,
    pub(crate) hints: Hints,
    /// Whether a lock on it was waited for since the catalog told of it: its columns may have changed meanwhile.
    pub(crate) is_old: bool,
    /// What a person should know.
    pub(crate) warnings: Vec<String>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// A table or a view.
    Table {
        schema: String,
        name: String,
        is_view: bool,
    },
    Query(String),
}

/// The columns of timestamps. The first that is not NULL counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeColumns {
    pub(crate) columns: Vec<TimeColumn>,
    /// Whether each of them may be NULL.
    pub(crate) is_nullable: bool,
}

/// A column of timestamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeColumn {
    pub(crate) name: String,
    /// Digits of a second.
    pub(crate) digits: u32,
    /// Whether it is a DATETIME, which knows no zone.
    pub(crate) is_wall_clock: bool,
}

impl Described {
    /// What stands behind FROM.
    pub(crate) fn sql(&self) -> String {
        match &self.from {
            From::Table { schema, name, .. } => format!("{}.{}", quote(schema), quote(name)),
            // On a line of its own, because the query may end with a comment.
            From::Query(query) => format!("({query}\n) AS `query`"),
        }
    }

    /// The names of a table or a view; `None` of a query.
    pub(crate) fn names(&self) -> Option<(&str, &str)> {
        match &self.from {
            From::Table { schema, name, .. } => Some((schema, name)),
            From::Query(_) => None,
        }
    }

    /// Whether its timestamps know no zone.
    pub(crate) fn is_wall_clock(&self) -> bool {
        self.time.as_ref().is_some_and(|time| time.columns.iter().any(|one| one.is_wall_clock))
    }
}

impl TimeColumns {
    /// The moment of a row in SQL.
    pub(crate) fn sql(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quote(&column.name)).collect();
        match names.as_slice() {
            [one] => one.clone(),
            _ => format!("COALESCE({})", names.join(", ")),
        }
    }

    /// The fewest digits of a second that one of them has.
    pub(crate) fn digits(&self) -> u32 {
        self.columns.iter().map(|column| column.digits).min().unwrap_or(6)
    }
}

/// A name in SQL.
pub(crate) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
