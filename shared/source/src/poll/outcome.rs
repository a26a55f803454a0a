//! What an invocation did, table by table.

use crate::error::{Next, SourceError};

/// What became of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableOutcome {
    /// Its name with the database.
    pub table: String,
    /// Its topic.
    pub topic: String,
    /// Rows that are committed to Kafka.
    pub rows: u64,
    /// Those of them that could not be written as a record and became letters.
    pub letters: u64,
    /// Ids or microseconds that lie ahead of the last row read.
    pub behind: Option<u64>,
    /// Who reading waits for.
    pub waits_for: Option<String>,
    /// Why it is no longer read.
    pub error: Option<SourceError>,
}

impl TableOutcome {
    /// Of a table that was not read at all. One that waits for a lock has not failed.
    #[must_use]
    pub(crate) fn failed(table: String, topic: String, error: SourceError) -> Self {
        let (rows, letters, behind) = (0, 0, None);
        let (waits_for, error) = match error.next {
            Next::Wait => (Some(error.message), None),
            _ => (None, Some(error)),
        };
        Self { table, topic, rows, letters, behind, waits_for, error }
    }
}

/// What an invocation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Each table.
    pub tables: Vec<TableOutcome>,
    /// Whether nothing was new at the end; otherwise the time was up.
    pub is_done: bool,
}

impl Outcome {
    /// Rows that are committed to Kafka.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The same with the rows that an earlier part of the same invocation has committed.
    #[must_use]
    pub fn after(mut self, earlier: &Self) -> Self {
        for before in &earlier.tables {
            match self.tables.iter_mut().find(|table| table.table == before.table) {
                Some(table) => {
                    table.rows += before.rows;
                    table.letters += before.letters;
                }
                None => self.tables.push(before.clone()),
            }
        }
        self
    }

    /// The errors of tables, as one; `None` without any.
    #[must_use]
    pub fn error(&self) -> Option<SourceError> {
        let told: Vec<_> = self
            .tables
            .iter()
            .filter_map(|table| Some(table.error.clone()?.of_table(&table.table).message))
            .collect();
        (!told.is_empty()).then(|| SourceError::stop(told.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(tables: &[(&str, u64, u64)]) -> Outcome {
        let table = |(name, rows, letters): &(&str, u64, u64)| TableOutcome {
            table: (*name).to_owned(),
            topic: String::new(),
            rows: *rows,
            letters: *letters,
            behind: None,
            waits_for: None,
            error: None,
        };
        Outcome { tables: tables.iter().map(table).collect(), is_done: true }
    }

    #[test]
    fn rows_of_an_earlier_part_are_counted_once() {
        let earlier = outcome(&[("a", 3, 1), ("gone", 2, 0)]);
        let told = outcome(&[("a", 4, 0), ("b", 1, 0)]).after(&earlier);
        assert_eq!(told, outcome(&[("a", 7, 1), ("b", 1, 0), ("gone", 2, 0)]));
        assert_eq!(told.rows(), 10);
    }
}
