//! The statements that write the rows of a batch into a table, and those that ask about them first.

use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::table::TableName;
use sluice_bridge::sink::batch::Batch;

use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::types::shape::Shape;
use crate::wire::literal::{quote, quote_table};
use crate::wire::staged::{Source, is_taken, merged, value};

/// A batch, and where the server finds its rows.
pub(crate) struct Staged<'a, 'e> {
    pub(crate) batch: Batch<'a, 'e>,
    pub(crate) shape: &'a Shape,
    pub(crate) source: Source,
}

impl Staged<'_, '_> {
    /// Each row that the server would not take: its number, and the position of the first column at fault
    /// among the batch's columns. `None` if this connector knows that it takes all.
    pub(crate) fn verdict(&self) -> Option<String> {
        let judged = self.judged();
        if judged.is_empty() {
            return None;
        }
        let whens =
            judged.iter().map(|(position, taken)| format!("WHEN NOT {taken} THEN {position}"));
        let whens = whens.collect::<Vec<_>>().join(" ");
        let all = self.taken();
        let (number, from) = (self.number(), self.source.from());
        Some(format!("SELECT {number}, CASE {whens} END {from} WHERE NOT ({all})"))
    }

    /// The numbers of the rows whose key the table does not have.
    pub(crate) fn unmatched(&self) -> String {
        format!(
            "SELECT s.n FROM ({}) AS s LEFT ANTI JOIN {} AS t ON {}",
            self.rows(&format!("{} AS n, ", self.number())),
            quote_table(&self.batch.table.name),
            self.same_key()
        )
    }

    /// Writes the rows, without those that the server would not take. `None` if there is nothing to change: an update
    /// has only the columns of its key.
    pub(crate) fn write(&self) -> Option<String> {
        match self.batch.operation {
            Operation::Insert => Some(self.append()),
            operation => self.merge(operation),
        }
    }

    /// Whether the answer to what `write` gives counts each row. It counts those that are added or changed.
    pub(crate) fn counts_each_row(&self) -> bool {
        let is_changed = |column: &usize| !self.batch.key.contains(column);
        match self.batch.operation {
            Operation::Insert | Operation::Update => true,
            Operation::Upsert => self.batch.columns.iter().any(is_changed),
            Operation::Delete => false,
        }
    }

    fn append(&self) -> String {
        let values: Vec<String> =
            self.columns().map(|(position, column)| value(column, position)).collect();
        let names = self.names(self.batch.columns);
        let condition = self.condition();
        let table = quote_table(&self.batch.table.name);
        let select = format!("SELECT {} {}{condition}", values.join(", "), self.source.from());
        format!("INSERT INTO {table} ({names}) {select}")
    }

    fn merge(&self, operation: Operation) -> Option<String> {
        let table = quote_table(&self.batch.table.name);
        let mut sql = format!(
            "MERGE INTO {table} AS t USING ({}) AS s ON {}",
            self.rows(""),
            self.same_key()
        );
        if operation == Operation::Delete {
            return Some(sql + " WHEN MATCHED THEN DELETE");
        }
        let is_changed =
            |position: &usize| !self.batch.key.contains(&self.batch.columns[*position]);
        let changes: Vec<String> = self
            .columns()
            .filter(|(position, _)| is_changed(position))
            .map(|(position, column)| {
                format!("{} = {}", quote(&column.name), merged(column, position).1)
            })
            .collect();
        if !changes.is_empty() {
            sql += &format!(" WHEN MATCHED THEN UPDATE SET {}", changes.join(", "));
        } else if operation == Operation::Update {
            return None;
        }
        if operation == Operation::Upsert {
            let values: Vec<String> =
                self.columns().map(|(position, column)| merged(column, position).1).collect();
            let names = self.names(self.batch.columns);
            sql +=
                &format!(" WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({})", values.join(", "));
        }
        Some(sql)
    }

    /// The rows that the server takes, as `c0`, `c1`, … behind other columns.
    fn rows(&self, others: &str) -> String {
        let values = self
            .columns()
            .map(|(position, column)| format!("{} AS c{position}", merged(column, position).0));
        let values = values.collect::<Vec<_>>().join(", ");
        format!("SELECT {others}{values} {}{}", self.source.from(), self.condition())
    }

    fn number(&self) -> String {
        self.source.number(self.batch.columns.len())
    }

    fn same_key(&self) -> String {
        let position = |column: &usize| self.batch.columns.iter().position(|it| it == column);
        let parts = self.batch.key.iter().filter_map(|index| {
            let column = &self.shape.columns[*index];
            let (name, value) = (quote(&column.name), merged(column, position(index)?).1);
            Some(match column.kind {
                // The server cannot compare bytes.
                Kind::Binary => format!("hex(t.{name}) = hex({value})"),
                _ => format!("t.{name} = {value}"),
            })
        });
        parts.collect::<Vec<_>>().join(" AND ")
    }

    fn condition(&self) -> String {
        let all = self.taken();
        if all.is_empty() { all } else { format!(" WHERE {all}") }
    }

    fn taken(&self) -> String {
        let judged = self.judged().into_iter().map(|(_, taken)| taken);
        judged.collect::<Vec<_>>().join(" AND ")
    }

    fn judged(&self) -> Vec<(usize, String)> {
        let judged = self
            .columns()
            .filter_map(|(position, column)| Some((position, is_taken(column, position)?)));
        judged.collect()
    }

    fn columns(&self) -> impl Iterator<Item = (usize, &Column)> {
        let columns = self.batch.columns.iter().map(|&column| &self.shape.columns[column]);
        columns.enumerate()
    }

    fn names(&self, columns: &[usize]) -> String {
        let names = columns.iter().map(|&column| quote(&self.shape.columns[column].name));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// Adds so many rows that have nothing but defaults. `None` if the server computes every column.
///
/// A statement that reads a file must name a column, and has no word for its default.
pub(crate) fn append_defaults(table: &TableName, shape: &Shape, rows: usize) -> Option<String> {
    // The last column, because the catalog does not show AUTOINCREMENT, which mostly belongs to the first one, and for
    // which DEFAULT is null.
    let column =
        shape.columns.iter().filter(|column| !column.computed).max_by_key(|it| it.has_default)?;
    let values = vec!["(DEFAULT)"; rows].join(", ");
    Some(format!("INSERT INTO {} ({}) VALUES {values}", quote_table(table), quote(&column.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_defaults_name_a_column_that_is_not_computed() {
        let column = |name: &str, has_default, computed| Column {
            has_default,
            computed,
            ..Column::sample(name, "INT")
        };
        let table = TableName { schema: None, name: "t".to_owned() };
        let sql = |columns| append_defaults(&table, &Shape { columns }, 2);
        let (a, b, c) =
            (column("a", false, false), column("b", false, false), column("c", true, true));
        assert_eq!(
            sql(vec![a.clone(), b.clone(), c.clone()]).as_deref(),
            Some("INSERT INTO \"t\" (\"b\") VALUES (DEFAULT), (DEFAULT)")
        );
        assert_eq!(
            sql(vec![column("d", true, false), a, b]).as_deref(),
            Some("INSERT INTO \"t\" (\"d\") VALUES (DEFAULT), (DEFAULT)")
        );
        assert_eq!(sql(vec![c]), None);
    }
}
