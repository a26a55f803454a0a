//! What the rules may ask about a time-series table: which points are the same, and whether a record's values make
//! one.

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::shape::{ColumnShape, TableShape};
use sluice_bridge::options::epoch::UnixPrecision;

use crate::types::column_type::ColumnType;
use crate::types::series_limits::{check_measurement, check_source, check_tag_value};
use crate::values::convert::{MISSING, attribute};
use crate::values::shape::MOST_REMEMBERED;
use crate::values::time;

/// What a column is in a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Measurement,
    Source,
    Tag,
    /// Numbers have this unit.
    Time(UnixPrecision),
    Field(ColumnType),
}

/// A column of a time-series table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeriesColumn {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The name of the field, or why there can be none of this name.
    pub(crate) field: Result<String, &'static str>,
}

/// Where a text of a point is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Topic,
    Text(String),
    Column(usize),
}

/// A described table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeriesShape {
    pub(crate) columns: Vec<SeriesColumn>,
    pub(crate) measurement: Place,
    pub(crate) source: Place,
    /// By the names of the tags, sorted.
    pub(crate) tags: Vec<(String, Place)>,
    /// The column of the time.
    pub(crate) time: usize,
    pub(crate) unit: UnixPrecision,
    /// How many columns the options name. Those after them were learned from records.
    pub(crate) defined: usize,
}

impl SeriesColumn {
    /// Why the column cannot hold a cell.
    pub(crate) fn mismatch(&self, cell: Cell<'_>, why: &str) -> Cause {
        Cause::mismatch(&self.name, self.type_name(), cell.kind(), why)
    }
}

impl ColumnShape for SeriesColumn {
    fn type_name(&self) -> &str {
        match self.role {
            Role::Measurement => "the measurement",
            Role::Source => "the data source",
            Role::Tag => "a tag",
            Role::Time(_) => "the time",
            Role::Field(kind) => kind.name(),
        }
    }

    /// A point without a tag is the same as another one without it, so a null has a text too.
    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str> {
        let text = cell.as_text().unwrap_or_default();
        match self.role {
            Role::Time(unit) => {
                let micros = time::micros(cell, unit);
                Some(micros.map_or(text, |micros| arena.alloc_str(&micros.to_string())))
            }
            _ => Some(text),
        }
    }

    fn can_compare_key(&self, _: Cell<'_>) -> bool {
        true
    }

    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
        let checked = match (self.role, cell.as_text()) {
            (Role::Time(unit), _) => time::micros(cell, unit).map(drop),
            (Role::Measurement, None) => Err(MISSING),
            (Role::Source | Role::Tag | Role::Field(_), None) => Ok(()),
            (Role::Measurement, Some(text)) => check_measurement(text),
            (Role::Source, Some(text)) => check_source(text),
            (Role::Tag, Some(text)) => check_tag_value(text),
            (Role::Field(kind), Some(_)) => match &self.field {
                Ok(_) => attribute(kind, cell, scratch).map(drop),
                Err(why) => Err(*why),
            },
        };
        checked.map_err(|why| self.mismatch(cell, why))
    }
}

impl TableShape for SeriesShape {
    fn column(&self, column: usize) -> Option<&dyn ColumnShape> {
        self.columns.get(column).map(|column| column as &dyn ColumnShape)
    }

    fn columns_left(&self) -> usize {
        MOST_REMEMBERED.saturating_sub(self.columns.len())
    }

    fn is_open(&self) -> bool {
        true
    }

    fn is_learned(&self, column: usize) -> bool {
        column >= self.defined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(role: Role) -> SeriesColumn {
        SeriesColumn { name: "c".to_owned(), role, field: Ok("c".to_owned()) }
    }

    #[test]
    fn spellings_of_one_point() {
        let arena = Bump::new();
        let time = column(Role::Time(UnixPrecision::Seconds));
        for cell in [
            Cell::Number("1"),
            Cell::Number("1.0"),
            Cell::Text("1"),
            Cell::Millis("1000"),
            Cell::Text("1970-01-01T01:00:01+01:00"),
        ] {
            assert_eq!(time.key_text(cell, &arena), Some("1000000"), "{cell:?}");
        }
        assert_eq!(time.key_text(Cell::Text("x"), &arena), Some("x"));
        let tag = column(Role::Tag);
        assert_eq!(tag.key_text(Cell::Null, &arena), tag.key_text(Cell::Absent, &arena));
        assert_eq!(tag.key_text(Cell::Number("01"), &arena), Some("01"));
    }

    #[test]
    fn each_part_of_a_point_is_checked() {
        let seconds = Role::Time(UnixPrecision::Seconds);
        let field = Role::Field(ColumnType::Integer);
        for (role, good, bad) in [
            (Role::Measurement, Cell::Text("cpu"), Cell::Text("a b")),
            (Role::Measurement, Cell::Number("1"), Cell::Null),
            (Role::Source, Cell::Null, Cell::Text(&"a".repeat(257))),
            (Role::Tag, Cell::Bool(true), Cell::Json("{\"a\":1}")),
            (seconds, Cell::Number("1"), Cell::Null),
            (field, Cell::Null, Cell::Text("x")),
        ] {
            let column = column(role);
            assert_eq!(column.check(good, &mut Vec::new()), Ok(()), "{role:?}");
            let cause = column.check(bad, &mut Vec::new()).unwrap_err();
            assert_eq!(cause.column.as_deref(), Some("c"), "{role:?}");
        }
        let unnamed = SeriesColumn { field: Err("no name"), ..column(field) };
        assert!(unnamed.check(Cell::Null, &mut Vec::new()).is_ok());
        let cause = unnamed.check(Cell::Number("1"), &mut Vec::new()).unwrap_err();
        assert!(cause.message.contains("no name"), "{cause}");
    }
}
