//! The constraints of the tables in memory that depend on other rows: unique values, and references
//! to the key `id` of a table. A reference is checked with each row. A delete of a row to which
//! others of its table refer is refused, or deletes them too if the reference says `ON DELETE
//! CASCADE`.

use sluice_bridge::model::failure::{Cause, Conflict};

use super::TextRow;
use super::storage::{Applied, Finds, Storage};

fn conflict(conflict: Conflict, message: String) -> Cause {
    let code = match conflict {
        Conflict::Duplicate => "unique",
        Conflict::Reference => "reference",
    };
    Cause { conflict: Some(conflict), code: Some(code.into()), ..Cause::new(message) }
}

impl Storage {
    /// Checks a row that will be written against the other rows.
    pub(super) fn compare(
        &self,
        key: &TextRow,
        row: &TextRow,
        finds: Finds<'_>,
    ) -> Result<(), Cause> {
        for (index, column) in self.spec.columns.iter().enumerate() {
            let Some(value) = &row[index] else { continue };
            let mut others = self.rows.iter().filter(|(other, _)| *other != key);
            if column.unique && others.any(|(_, other)| other[index] == row[index]) {
                let message = format!("column \"{}\" has this value in another row", column.name);
                return Err(conflict(Conflict::Duplicate, message));
            }
            let Some((table, _)) = &column.refers else { continue };
            let own = *table == self.spec.name;
            let is_there = match own {
                true => self.rows.keys().chain([key]).any(|key| key[0].as_ref() == Some(value)),
                false => finds(table, value),
            };
            if !is_there {
                let message = format!("column \"{}\" refers to no row", column.name);
                return Err(conflict(Conflict::Reference, message));
            }
        }
        Ok(())
    }

    /// Deletes a row, and the rows that must be deleted with it.
    pub(super) fn delete(&mut self, key: &TextRow) -> Result<Vec<Applied>, Cause> {
        let Some(before) = self.rows.get(key).cloned() else { return Ok(Vec::new()) };
        let refers = |row: &TextRow| {
            let columns = self.spec.columns.iter().zip(row);
            let own = columns.filter(|(column, cell)| {
                column.refers.as_ref().is_some_and(|(table, _)| *table == self.spec.name)
                    && **cell == key[0]
            });
            own.map(|(column, _)| column.refers.as_ref().map_or("", |(_, words)| words)).next()
        };
        let children = self.rows.iter().filter(|(other, _)| *other != key);
        let children: Vec<(TextRow, &str)> =
            children.filter_map(|(other, row)| Some((other.clone(), refers(row)?))).collect();
        if children.iter().any(|(_, words)| !words.contains("CASCADE")) {
            let message = "another row still refers to the row".to_owned();
            return Err(conflict(Conflict::Reference, message));
        }
        self.rows.remove(key);
        let mut applied = vec![Applied { key: key.clone(), before: Some(before), after: None }];
        for (child, _) in children {
            applied.extend(self.delete(&child)?);
        }
        Ok(applied)
    }

    /// Whether a delete may delete other rows too.
    pub(super) fn cascades(&self) -> bool {
        let refers = self.spec.columns.iter().filter_map(|column| column.refers.as_ref());
        refers.into_iter().any(|(_, words)| words.contains("CASCADE"))
    }
}
