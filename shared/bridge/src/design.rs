//! What a table or a column that is not there yet should be, as far as records tell: what they
//! declare where they come with a schema, else what their values are.

mod declared;

use std::collections::HashMap;

use crate::decimal;
use crate::declared::Typed;
use crate::reading::Reading;
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

/// How much a column holds, where a schema declares it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// As much as the target's type for it can.
    #[default]
    Most,
    /// Integers of so many bits, with a sign.
    Bits(u32),
    /// Text of so many characters at most.
    Characters(u32),
    /// Decimals of so many digits, so many of them behind the point.
    Digits {
        /// All digits.
        precision: u32,
        /// Those behind the point; not more than all.
        scale: u32,
    },
}

/// What a column holds where a row does not say: a constant that a schema declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// True or false.
    Bool(bool),
    /// A number, as its digits.
    Number(Box<str>),
    /// Text, or what the target reads from text: a moment in ISO 8601, a document.
    Text(Box<str>),
    /// Bytes, as base64.
    Bytes(Box<str>),
}

/// A column to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewColumn {
    /// Its name, spelled as records spell it.
    pub name: String,
    /// What it holds. Null too, unless it is of the key.
    pub holds: Holds,
    /// How much of it.
    pub size: Size,
    /// Its default, if the schema declares a constant one.
    pub default: Option<Constant>,
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
    found: Vec<Found>,
    /// Where each name stands, in every spelling that was met.
    places: HashMap<Box<str>, usize>,
    takes_name: fn(&str) -> bool,
    /// Whether values are noted, or nulls only.
    takes_values: bool,
}

#[derive(Debug)]
struct Found {
    name: String,
    folded: String,
    holds: Option<Holds>,
    size: Size,
    default: Option<Constant>,
}

impl Findings {
    /// None yet; `takes_name` tells what the target would take for a column's name. Where
    /// `takes_values` is not set only nulls are noted, which need no column.
    pub(crate) fn new(takes_name: fn(&str) -> bool, takes_values: bool) -> Self {
        Self { found: Vec::new(), places: HashMap::new(), takes_name, takes_values }
    }

    /// Notes a value for a column, unless it cannot have that name. Two names that differ in
    /// case only are one.
    pub(crate) fn note(&mut self, name: &str, typed: Typed<'_, '_>) -> bool {
        let takes = (self.takes_name)(name) && (self.takes_values || typed.value == Value::Null);
        if takes && !self.takes_values {
            self.add(name, None);
        } else if takes {
            let size = typed.declared.map_or(Size::Most, declared::size);
            let default = || typed.declared.and_then(declared::default);
            self.insert(name, Holds::of(typed), size, default);
        }
        takes
    }

    /// Notes what a column holds, if anything told.
    pub(crate) fn add(&mut self, name: &str, holds: Option<Holds>) {
        self.insert(name, holds, Size::Most, || None);
    }

    fn insert(
        &mut self,
        name: &str,
        holds: Option<Holds>,
        size: Size,
        default: impl FnOnce() -> Option<Constant>,
    ) {
        let known = self.place(name);
        let Some(known) = known else {
            let (name, folded, default) = (name.to_owned(), name.to_lowercase(), default());
            self.places.insert(name.as_str().into(), self.found.len());
            return self.found.push(Found { name, folded, holds, size, default });
        };
        let known = &mut self.found[known];
        match (known.holds, holds) {
            (_, None) => {}
            (None, Some(_)) => (known.holds, known.size, known.default) = (holds, size, default()),
            (Some(_), Some(_)) if known.holds == holds && known.size == size => {}
            (Some(_), Some(_)) => {
                let both = Holds::both(known.holds, holds);
                known.default = known.default.take().filter(|_| known.holds == both);
                (known.holds, known.size) = (both, Size::Most);
            }
        }
    }

    /// Where a name stands; the spelling is remembered.
    fn place(&mut self, name: &str) -> Option<usize> {
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        let folded = name.to_lowercase();
        let place = self.found.iter().position(|known| known.folded == folded)?;
        self.places.insert(name.into(), place);
        Some(place)
    }

    /// What a column holds, if a value told.
    pub(crate) fn holds(&self, name: &str) -> Option<Holds> {
        self.found.iter().find(|known| known.name == name).and_then(|known| known.holds)
    }

    /// The columns of which a value told more than null. Text for a column that `reading` names as
    /// one of documents is a document.
    pub(crate) fn columns(&self, reading: &Reading) -> impl Iterator<Item = NewColumn> {
        self.found.iter().filter_map(|found| {
            let is_document =
                found.holds == Some(Holds::Text) && reading.names_document(&found.name);
            let (name, default) = (found.name.clone(), found.default.clone());
            Some(match is_document {
                true => {
                    NewColumn { name, holds: Holds::Documents, size: Size::Most, default: None }
                }
                false => NewColumn { name, holds: found.holds?, size: found.size, default },
            })
        })
    }
}

impl Holds {
    /// What a value asks for; nothing where it is null and says no more.
    pub(crate) fn of(typed: Typed<'_, '_>) -> Option<Self> {
        match (typed.declared, typed.value) {
            (Some(declared), _) => Some(declared::holds(declared)),
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
