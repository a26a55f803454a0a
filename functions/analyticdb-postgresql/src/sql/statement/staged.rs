//! The SQL of the ways that lead over a temporary table.

use sluice_bridge::model::operation::Operation;

use super::{STAGE, Statement, join};

impl Statement<'_, '_> {
    /// A temporary table with the batch's columns: no modifiers, which would round or cut.
    pub(crate) fn create_stage(&self) -> String {
        let columns = self.batch.columns.iter().enumerate();
        let columns =
            columns.map(|(place, &column)| format!("c{place} {}", self.types[column].staged));
        // Distributed as its table is, it is merged where its rows are.
        let by = if self.profile.distributed {
            let key = self.places_of_key().map(|(place, _)| format!("c{place}"));
            format!(" DISTRIBUTED BY ({})", join(key))
        } else {
            String::new()
        };
        format!("CREATE TEMPORARY TABLE {STAGE} ({}) ON COMMIT DROP{by}", join(columns))
    }

    /// `COPY` into it.
    pub(crate) fn copy_to_stage(&self) -> String {
        format!("COPY pg_temp.{STAGE} FROM STDIN (FORMAT binary)")
    }

    /// The upsert from it, and its end.
    pub(crate) fn merge_stage(&self) -> String {
        let stage = format!("pg_temp.{STAGE} AS s");
        let merge = if self.profile.on_conflict {
            format!("{}{}{}", self.insert_from(&stage), self.order(), self.on_conflict())
        } else {
            let update = match self.set() {
                Some(set) => format!("{set} FROM {stage} WHERE {}; ", self.same_key()),
                None => String::new(),
            };
            // Nobody else writes meanwhile.
            let (table, same_key) = (self.table(), self.same_key());
            let is_new = format!("NOT EXISTS (SELECT FROM {table} AS t WHERE {same_key})");
            format!("{update}{} WHERE {is_new}", self.insert_from(&stage))
        };
        format!("{merge}; DROP TABLE pg_temp.{STAGE}")
    }

    /// Two invocations that meet the same keys lock their rows in the same order, unless the rows have
    /// an order of their own.
    fn order(&self) -> String {
        if self.batch.sorted || self.batch.in_order {
            return String::new();
        }
        let key = self.places_of_key().map(|(place, _)| format!("s.c{place}"));
        format!(" ORDER BY {}", join(key))
    }

    /// What writes rows of the temporary table, as `lines` of a block.
    pub(crate) fn write_lines(&self) -> String {
        self.write_from("pg_catalog.unnest(lines) AS s")
    }

    /// The same for one of them, as `line` of a block.
    pub(crate) fn write_line(&self) -> String {
        let parts = (0..self.batch.columns.len()).map(|place| format!("line.c{place} AS c{place}"));
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
