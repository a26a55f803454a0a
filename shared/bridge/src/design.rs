//! What a table or a column that is not there yet should be, as far as records tell: what they
//! declare where they come with a schema, else what their values are.

use crate::decimal;
use crate::declared::Typed;
use crate::logical::Logical;
use crate::schema::{Declared, Kind};
use crate::table::TableName;
use crate::value::Value;

/// What a column holds. A target has a type of its own for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// True or false.
    Booleans,
    /// Integers of 64 bits.
    Integers,
    /// Numbers of any length, exactly.
    Decimals,
    /// Binary floating point of 64 bits; only where declared, for it does not keep every digit.
    Floats,
    /// Text.
    Text,
    /// Bytes, as base64.
    Bytes,
    /// Days; only where declared, as are the two after it.
    Dates,
    /// Times of day.
    Times,
    /// Moments.
    Timestamps,
    /// JSON documents, or values of different kinds.
    Documents,
}

/// A column to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewColumn {
    /// Its name, spelled as records spell it.
    pub name: String,
    /// What it holds. Null too, unless it is of the key.
    pub holds: Holds,
}

/// What is to be made, by whoever first misses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A table.
    Table {
        /// Its name.
        name: TableName,
        /// Its columns, in order.
        columns: Vec<NewColumn>,
        /// Indexes of the primary key's columns; empty without one.
        key: Vec<usize>,
    },
    /// Columns, all of which may be null, of a table that is there.
    Columns {
        /// The table.
        table: TableName,
        /// The columns.
        columns: Vec<NewColumn>,
    },
}

/// What the records of a batch say of columns, in the order they first speak of them.
#[derive(Debug)]
pub(crate) struct Findings {
    found: Vec<(String, Option<Holds>)>,
    /// How many of them are columns that the table has not.
    fresh: usize,
    /// How many of those it can get.
    room: usize,
    takes_name: fn(&str) -> bool,
    /// Whether values are noted, or nulls only.
    takes_values: bool,
}

impl Findings {
    /// None yet; `takes_name` tells what the target would take for a column's name, and `room` how
    /// many columns the table can get. Where `takes_values` is not set only nulls are noted, which
    /// need no column.
    pub(crate) fn new(takes_name: fn(&str) -> bool, takes_values: bool, room: usize) -> Self {
        Self { found: Vec::new(), fresh: 0, room, takes_name, takes_values }
    }

    /// Notes a value for a column that the table has not; `false` where it cannot get that column.
    pub(crate) fn find(&mut self, name: &str, typed: Typed<'_, '_>) -> bool {
        let known = self.found.len();
        if self.fresh == self.room && !self.found.iter().any(|(found, _)| found == name) {
            return false;
        }
        let noted = self.note(name, typed);
        self.fresh += self.found.len() - known;
        noted
    }

    /// How much was found so far, for [`Findings::forget`].
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.found.len(), self.fresh)
    }

    /// Forgets the columns that were found since.
    pub(crate) fn forget(&mut self, (found, fresh): (usize, usize)) {
        self.found.truncate(found);
        self.fresh = fresh;
    }

    /// Notes a value for a column, unless it cannot have that name. Two names that differ in
    /// case only are one.
    pub(crate) fn note(&mut self, name: &str, typed: Typed<'_, '_>) -> bool {
        (self.takes_name)(name) && self.note_configured(name, typed)
    }

    /// The same for a column that the configuration names: the target tells what is wrong with that
    /// name.
    pub(crate) fn note_configured(&mut self, name: &str, typed: Typed<'_, '_>) -> bool {
        let takes = self.takes_values || typed.value == Value::Null;
        if takes {
            self.add(name, Holds::of(typed).filter(|_| self.takes_values));
        }
        takes
    }

    /// Notes what a column holds, if anything told.
    pub(crate) fn add(&mut self, name: &str, holds: Option<Holds>) {
        let folded = name.to_lowercase();
        match self.found.iter_mut().find(|(known, _)| known.to_lowercase() == folded) {
            Some((_, known)) => *known = Holds::both(*known, holds),
            None => self.found.push((name.to_owned(), holds)),
        }
    }

    /// What a column holds, if a value told.
    pub(crate) fn holds(&self, name: &str) -> Option<Holds> {
        self.found.iter().find(|(known, _)| known == name).and_then(|(_, holds)| *holds)
    }

    /// The columns of which a value told more than null.
    pub(crate) fn columns(&self) -> impl Iterator<Item = NewColumn> {
        let told = |(name, holds): &(String, Option<Holds>)| {
            holds.map(|holds| NewColumn { name: name.clone(), holds })
        };
        self.found.iter().filter_map(told)
    }
}

impl Holds {
    /// What a value asks for; nothing where it is null and says no more.
    pub(crate) fn of(typed: Typed<'_, '_>) -> Option<Self> {
        match (typed.declared, typed.value) {
            (Some(declared), _) => Some(Self::declared(declared)),
            (None, Value::Null) => None,
            (None, Value::Bool(_)) => Some(Holds::Booleans),
            (None, Value::Number(digits)) if decimal::integer(digits).is_some() => {
                // `7.0` came with a point and may come with digits behind it.
                Some(if digits.contains('.') { Holds::Decimals } else { Holds::Integers })
            }
            (None, Value::Number(_)) => Some(Holds::Decimals),
            (None, Value::Text(_)) => Some(Holds::Text),
            (None, Value::Object(_) | Value::Array(_)) => Some(Holds::Documents),
        }
    }

    fn is_number(self) -> bool {
        matches!(self, Holds::Integers | Holds::Decimals | Holds::Floats)
    }

    fn declared(declared: &Declared) -> Self {
        match (declared.logical, &declared.kind) {
            (Some(Logical::Decimal { .. } | Logical::ScaledDecimal), _) => Holds::Decimals,
            (Some(Logical::Date), _) => Holds::Dates,
            (Some(Logical::Time(_)), _) => Holds::Times,
            (Some(Logical::Timestamp(_) | Logical::Moment), _) => Holds::Timestamps,
            (Some(Logical::Document), _) => Holds::Documents,
            (Some(Logical::Duration(_) | Logical::Bits { .. } | Logical::Geometry), _)
            | (None, Kind::Text) => Holds::Text,
            (None, Kind::Boolean) => Holds::Booleans,
            (None, Kind::Integer(_)) => Holds::Integers,
            (None, Kind::Float(_)) => Holds::Floats,
            (None, Kind::Bytes) => Holds::Bytes,
            (None, Kind::Array(_) | Kind::Map(..) | Kind::Struct(_)) => Holds::Documents,
        }
    }

    /// What takes the values of both without loss.
    fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
        Some(match (one, other) {
            (one, other) if one == other => one,
            (Holds::Documents, _) | (_, Holds::Documents) => Holds::Documents,
            (one, other) if one.is_number() && other.is_number() => Holds::Decimals,
            _ => Holds::Text,
        })
    }
}
