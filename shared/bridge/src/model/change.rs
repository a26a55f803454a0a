//! What a table or a column that is not there yet should be, as far as records tell: what they
//! declare where they come with a schema, else what their values are.

use crate::model::table::TableName;

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

impl Holds {
    fn is_number(self) -> bool {
        matches!(self, Holds::Integers | Holds::Decimals | Holds::Floats)
    }

    /// What takes the values of both without loss.
    pub(crate) fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
        Some(match (one, other) {
            (one, other) if one == other => one,
            (Holds::Documents, _) | (_, Holds::Documents) => Holds::Documents,
            (one, other) if one.is_number() && other.is_number() => Holds::Decimals,
            _ => Holds::Text,
        })
    }
}
