//! What a table or a column that is not there yet should be, as far as records tell: what they
//! declare where they come with a schema, else what their values are.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::decimal;
use crate::declared::Typed;
use crate::limit::Limit;
use crate::logical::Logical;
use crate::refusal::shown;
use crate::schema::{Declared, Kind};
use crate::table::{Column, TableName};
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

/// What the target says of names, and what is known of columns that it refused to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'l> {
    /// Whether a column can have a name.
    pub(crate) takes: fn(&str) -> bool,
    /// What is the same for all names of one column.
    pub(crate) one: fn(&str) -> Cow<'_, str>,
    /// How many more columns the table can get.
    pub(crate) room: usize,
    pub(crate) limit: &'l Limit,
}

/// What the records of a batch say of columns, in the order they first speak of them.
#[derive(Debug)]
pub(crate) struct Findings<'l> {
    found: Vec<(String, Option<Holds>)>,
    /// Where a column was found, by its name in lower case, and by the target's one name.
    places: HashMap<String, usize>,
    names: Names<'l>,
    /// The columns that are there, by their one name.
    known: HashMap<String, String>,
    /// Whether values are noted, or nulls only.
    takes_values: bool,
    /// Where the first column stands that the current record is the first to speak of.
    begin: usize,
    /// How the current record spells the columns that it speaks of, by their one name.
    spelled: HashMap<String, String>,
}

impl<'l> Findings<'l> {
    /// None yet, of a table with these columns. Where `takes_values` is not set only nulls are noted,
    /// which need no column.
    pub(crate) fn new(names: Names<'l>, known: &[Column], takes_values: bool) -> Self {
        let one = |column: &Column| ((names.one)(&column.name).into_owned(), column.name.clone());
        Self {
            found: Vec::new(),
            places: HashMap::new(),
            names,
            known: known.iter().map(one).collect(),
            takes_values,
            begin: 0,
            spelled: HashMap::new(),
        }
    }

    /// The next record begins.
    pub(crate) fn begin_record(&mut self) {
        self.begin = self.found.len();
        self.spelled.clear();
    }

    /// Forgets the columns that no record spoke of before the current one, which is refused.
    pub(crate) fn forget_record(&mut self) {
        self.found.truncate(self.begin);
        self.places.retain(|_, place| *place < self.begin);
    }

    /// Notes a value for a column; `false` where it cannot have one of that name. Two names that
    /// differ in case only are one.
    ///
    /// # Errors
    /// Why the column cannot be made.
    pub(crate) fn note(&mut self, name: &str, typed: Typed<'_, '_>) -> Result<bool, String> {
        let takes = self.takes_values || typed.value == Value::Null;
        if !takes || !(self.names.takes)(name) {
            return Ok(false);
        }
        let holds = Holds::of(typed).filter(|_| self.takes_values);
        let one = (self.names.one)(name).into_owned();
        if let Some(other) = self.known.get(&one).or_else(|| self.spelled.get(&one))
            && *other != *name
        {
            let other = shown(other);
            return Err(format!("the target takes it for the same column as `{other}`"));
        }
        let place = self.place(name);
        let is_new = place.is_none_or(|place| self.found[place].1.is_none());
        if is_new
            && holds.is_some()
            && let Some(why) = self.refuses(name)
        {
            return Err(why);
        }
        self.spelled.insert(one, name.to_owned());
        self.add(name, holds);
        Ok(true)
    }

    /// Why the target cannot make a column besides those that are asked for.
    fn refuses(&self, name: &str) -> Option<String> {
        let others = || self.columns().count();
        if self.names.room < self.found.len() + 1 && self.names.room <= others() {
            return Some("the table can have no more columns".to_owned());
        }
        self.names.limit.refuses(name, others)
    }

    /// Notes what a column holds, if anything told.
    pub(crate) fn add(&mut self, name: &str, holds: Option<Holds>) {
        if let Some(place) = self.place(name) {
            self.found[place].1 = Holds::both(self.found[place].1, holds);
            return;
        }
        let place = self.found.len();
        self.found.push((name.to_owned(), holds));
        self.places.insert(name.to_lowercase(), place);
        self.places.entry((self.names.one)(name).into_owned()).or_insert(place);
    }

    /// Notes what the mapping sends to a column that is there.
    pub(crate) fn add_mapped(&mut self, name: &str, typed: Typed<'_, '_>) {
        if self.takes_values || typed.value == Value::Null {
            self.add(name, Holds::of(typed).filter(|_| self.takes_values));
        }
    }

    /// Where a column was found, in its own spelling or another.
    fn place(&self, name: &str) -> Option<usize> {
        let place = self.places.get(&name.to_lowercase());
        place.or_else(|| self.places.get(&*(self.names.one)(name))).copied()
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
