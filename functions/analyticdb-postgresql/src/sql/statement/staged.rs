//! The SQL for upserts with a temporary table.

use sluice_bridge::model::operation::Operation;

use super::{STAGE, Statement, join};

impl Statement<'_, '_> {
    /// A temporary table with the batch's columns. They have no type modifiers, which would round or cut
    /// values.
    pub(crate) fn create_stage(&self) -> String {
        let columns = self.batch.columns.iter().enumerate();
        let columns =
            columns.map(|(position, &column)| format!("c{position} {}", self.types[column].staged));
        // If it has the distribution of its table, the merge needs no transfer between segments.
        let by = if self.profile.distributed {
            let key = self.key_positions().map(|(position, _)| format!("c{position}"));
            format!(" DISTRIBUTED BY ({})", join(key))
        } else {
            String::new()
        };
        format!("CREATE TEMPORARY TABLE {STAGE} ({}) ON COMMIT DROP{by}", join(columns))
    }

    /// `COPY` into the temporary table.
    pub(crate) fn copy_to_stage(&self) -> String {
        format!("COPY pg_temp.{STAGE} FROM STDIN (FORMAT binary)")
    }

    /// The upsert from the temporary table, which is then dropped.
    pub(crate) fn merge_stage(&self) -> String {
        let stage = format!("pg_temp.{STAGE} AS s");
        let merge = if self.profile.on_conflict {
            format!("{}{}{}", self.insert_from(&stage), self.order(), self.on_conflict())
        } else {
            let update = match self.set() {
                Some(set) => format!("{set} FROM {stage} WHERE {}; ", self.key_condition()),
                None => String::new(),
            };
            // The table is locked, so no other session writes.
            let (table, key_condition) = (self.table(), self.key_condition());
            let is_new = format!("NOT EXISTS (SELECT FROM {table} AS t WHERE {key_condition})");
            format!("{update}{} WHERE {is_new}", self.insert_from(&stage))
        };
        format!("{merge}; DROP TABLE pg_temp.{STAGE}")
    }

    /// The rows are locked in the order of their keys, so that two invocations with the same keys do not
    /// deadlock, unless the order of the rows is fixed.
    fn order(&self) -> String {
        if self.batch.sorted || self.batch.in_order {
            return String::new();
        }
        let key = self.key_positions().map(|(position, _)| format!("s.c{position}"));
        format!(" ORDER BY {}", join(key))
    }

    /// Writes rows of the temporary table, which a block has as `lines`.
    pub(crate) fn write_lines(&self) -> String {
        self.write_from("pg_catalog.unnest(lines) AS s")
    }

    /// Writes one row of the temporary table, which a block has as `line`.
    pub(crate) fn write_line(&self) -> String {
        let parts = (0..self.batch.columns.len())
            .map(|position| format!("line.c{position} AS c{position}"));
        self.write_from(&format!("(SELECT {}) AS s", join(parts)))
    }

    fn write_from(&self, source: &str) -> String {
        let insert = self.insert_from(source);
        match self.batch.operation {
            Operation::Upsert => format!("{insert}{}", self.on_conflict()),
            _ => insert,
        }
    }
}
