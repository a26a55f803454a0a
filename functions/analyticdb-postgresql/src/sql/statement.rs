//! The SQL for rows. Every name is quoted. Every value is a parameter or COPY data.

mod staged;

use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::batch::Batch;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::connection::profile::Profile;
use crate::fault;
use crate::sql::quote::{quote, quote_table};
use crate::types::column::ColumnType;

/// The temporary table of a batch. It is dropped before the next batch.
pub(crate) const STAGE: &str = "sluice_stage";

/// A batch, its table's columns and its server's capabilities. A statement is built from these.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a, 'e> {
    pub(crate) batch: Batch<'a, 'e>,
    pub(crate) types: &'a [ColumnType],
    pub(crate) profile: Profile,
    /// In a dry run, the values for columns that would otherwise use a sequence.
    pub(crate) filled: Option<&'a FilledColumns>,
}

/// Columns that a batch leaves out and an insert adds, with the expression for the row `s.place`.
#[derive(Debug, Default)]
pub(crate) struct FilledColumns(pub(crate) Vec<(usize, String)>);

impl Statement<'_, '_> {
    /// `COPY table (columns) FROM STDIN` in binary format.
    pub(crate) fn copy(&self) -> String {
        format!(
            "COPY {} ({}) FROM STDIN (FORMAT binary)",
            quote_table(&self.batch.table.name),
            self.names(self.batch.columns)
        )
    }

    /// The statements before the batch. If an upsert cannot wait for a row that another session is inserting,
    /// the table is locked, so that only one session writes.
    pub(crate) fn with_lock(&self, savepoint: &str) -> String {
        match self.batch.operation {
            Operation::Upsert | Operation::Delete if !self.profile.on_conflict => {
                format!("{savepoint}; LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.table())
            }
            _ => savepoint.to_owned(),
        }
    }

    /// Whether an upsert may use a temporary table.
    pub(crate) fn may_be_staged(&self) -> bool {
        !self.profile.on_conflict || !self.leaves_out_required()
    }

    /// Classifies an error of the merge or of the statement with arrays.
    pub(crate) fn classify(&self, error: &Error) -> SinkError {
        let is_ours = |error: &DbError| {
            *error.code() == SqlState::INVALID_COLUMN_REFERENCE && error.where_().is_none()
        };
        if error.as_db_error().is_some_and(is_ours) {
            let (table, key) = (&self.batch.table.name, self.names(self.batch.key));
            let SinkError { fault, cause } = fault::classify(error);
            let message = format!(
                "table {table} has no primary key or unique index on exactly ({key}): create one, or set pk.fields to the columns of an existing one"
            );
            return SinkError { fault, cause: Cause { message: message.into(), ..cause } };
        }
        let is_read = |&column: &usize| !self.types[column].has_binary_form();
        if self.batch.columns.iter().any(is_read) {
            fault::classify_input(error)
        } else {
            fault::classify(error)
        }
    }

    /// The statement that takes one array for each column.
    pub(crate) fn arrays(&self) -> String {
        match self.batch.operation {
            Operation::Insert => self.insert(""),
            Operation::Upsert if self.takes_two_statements() => self.update(&self.source()),
            Operation::Upsert if self.leaves_out_required() => self.update_then_insert(),
            Operation::Upsert => self.insert(&self.on_conflict()),
            Operation::Update => self.update(&self.source()),
            Operation::Delete => {
                format!(
                    "DELETE FROM {} AS t USING {} WHERE {}",
                    self.table(),
                    self.source(),
                    self.key_condition()
                )
            }
        }
    }

    /// A query that reads one value of a row as the batch's statement does, from an array of one element.
    pub(crate) fn read_one_value(&self, position: usize) -> String {
        let value = self.value(position);
        format!("SELECT pg_catalog.count({value}) FROM pg_catalog.unnest($1) AS s(c{position})")
    }

    /// Whether [`Statement::arrays`] returns the ordinal of each row that it found.
    pub(crate) fn returns_found(&self) -> bool {
        self.batch.operation == Operation::Update || self.takes_two_statements()
    }

    /// The second statement of an upsert in two statements, for the rows that were not found.
    pub(crate) fn insert_missing(&self) -> Option<String> {
        let conflict = || match self.profile.on_conflict {
            true => self.on_conflict(),
            false => String::new(),
        };
        self.takes_two_statements().then(|| self.insert(&conflict()))
    }

    fn takes_two_statements(&self) -> bool {
        let Profile { on_conflict, writes_twice, .. } = self.profile;
        self.batch.operation == Operation::Upsert
            && (!on_conflict || !writes_twice && self.leaves_out_required())
    }

    fn insert(&self, conflict: &str) -> String {
        if self.batch.columns.is_empty() {
            // Records without a column become rows of defaults.
            let rows = self.batch.len();
            return format!(
                "INSERT INTO {} SELECT FROM pg_catalog.generate_series(1, {rows})",
                self.table()
            );
        }
        format!("{}{conflict}", self.insert_from(&self.source()))
    }

    fn insert_from(&self, source: &str) -> String {
        let filled = self.filled.iter().flat_map(|FilledColumns(columns)| columns);
        let name = |column: usize| quote(&self.types[column].name);
        let names = filled.clone().map(|(column, _)| format!(", {}", name(*column)));
        let values = filled.map(|(_, value)| format!(", {value}"));
        format!(
            "INSERT INTO {} ({}{}) {}SELECT {}{} FROM {source}",
            self.target(),
            self.names(self.batch.columns),
            names.collect::<String>(),
            self.overriding(),
            self.values(),
            values.collect::<String>(),
        )
    }

    /// The table to insert into. Its name must not hide the `excluded` rows of ON CONFLICT.
    fn target(&self) -> String {
        let hides = self.batch.table.name.name == "excluded" && self.profile.on_conflict;
        if hides { format!("{} AS t", self.table()) } else { self.table() }
    }

    /// An update that returns the ordinal of each row that it found. A row that has only a key is selected
    /// instead.
    fn update(&self, source: &str) -> String {
        let key_condition = self.key_condition();
        match self.set() {
            Some(set) => format!("{set} FROM {source} WHERE {key_condition} RETURNING s.place"),
            None => {
                format!(
                    "SELECT s.place FROM {} AS t JOIN {source} ON {key_condition}",
                    self.table()
                )
            }
        }
    }

    /// `UPDATE table SET …`, if there is a column to set.
    fn set(&self) -> Option<String> {
        let set = self.updated_columns().map(|(position, column)| {
            format!("{} = {}", quote(&self.types[column].name), self.value(position))
        });
        let set = join(set);
        (!set.is_empty()).then(|| format!("UPDATE {} AS t SET {set}", self.table()))
    }

    /// `INSERT … ON CONFLICT` checks NOT NULL before it looks for the conflict. A record without such a
    /// column could not update an existing row.
    fn update_then_insert(&self) -> String {
        format!(
            "WITH s AS (SELECT * FROM {}), found AS ({}) {} WHERE s.place NOT IN (SELECT place FROM found){}",
            self.source(),
            self.update("s"),
            self.insert_from("s"),
            self.on_conflict(),
        )
    }

    fn leaves_out_required(&self) -> bool {
        let absent = |index: &usize| !self.batch.columns.contains(index);
        (0..self.types.len()).filter(absent).any(|index| self.types[index].required)
    }

    fn on_conflict(&self) -> String {
        let key = self.names(self.batch.key);
        if self.updated_columns().next().is_none() {
            return format!(" ON CONFLICT ({key}) DO NOTHING");
        }
        let set = self.updated_columns().map(|(_, column)| {
            let name = quote(&self.types[column].name);
            format!("{name} = EXCLUDED.{name}")
        });
        format!(" ON CONFLICT ({key}) DO UPDATE SET {}", join(set))
    }

    /// The columns that an update changes, with their index in the batch: no column of the key, and no
    /// identity column that only the server may set.
    fn updated_columns(&self) -> impl Iterator<Item = (usize, usize)> {
        let columns = self.batch.columns.iter().copied().enumerate();
        columns.filter(|(_, column)| {
            !self.batch.key.contains(column) && !self.types[*column].identity_always
        })
    }

    fn key_condition(&self) -> String {
        let equal = |(position, column): (usize, usize)| {
            let ColumnType { name, is_builtin, .. } = &self.types[column];
            let equals = if *is_builtin { "OPERATOR(pg_catalog.=)" } else { "=" };
            format!("t.{} {equals} {}", quote(name), self.value(position))
        };
        self.key_positions().map(equal).collect::<Vec<_>>().join(" AND ")
    }

    fn key_positions(&self) -> impl Iterator<Item = (usize, usize)> {
        let columns = self.batch.columns.iter().copied().enumerate();
        columns.filter(|(_, column)| self.batch.key.contains(column))
    }

    /// `unnest($1, …) WITH ORDINALITY AS s(c0, …, place)`. With several arguments, the parser itself resolves
    /// `unnest` to the server's own function.
    fn source(&self) -> String {
        let count = self.batch.columns.len();
        let parameters = join((1..=count).map(|number| format!("${number}")));
        let names = (0..count).map(|position| format!("c{position}")).chain(["place".to_owned()]);
        let unnest = if count == 1 { "pg_catalog.unnest" } else { "unnest" };
        format!("{unnest}({parameters}) WITH ORDINALITY AS s({})", join(names))
    }

    fn values(&self) -> String {
        join((0..self.batch.columns.len()).map(|position| self.value(position)))
    }

    fn value(&self, position: usize) -> String {
        match &self.types[self.batch.columns[position]].cast {
            Some(cast) => format!("s.c{position}::{cast}"),
            None => format!("s.c{position}"),
        }
    }

    fn overriding(&self) -> &'static str {
        let filled = self.filled.iter().flat_map(|FilledColumns(columns)| columns);
        let mut columns = self.batch.columns.iter().chain(filled.map(|(column, _)| column));
        let always = columns.any(|&column| self.types[column].identity_always);
        if always { "OVERRIDING SYSTEM VALUE " } else { "" }
    }

    fn table(&self) -> String {
        quote_table(&self.batch.table.name)
    }

    fn names(&self, columns: &[usize]) -> String {
        join(columns.iter().map(|&column| quote(&self.types[column].name)))
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
