//! The definition of a table or a column that does not exist yet, as records show it: from the
//! types that their schema declares, or else from their values.

use crate::model::table::TableName;

/// What a column holds. A target has one type for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
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
    /// Days; only if declared, like the next two.
    Dates,
    /// Times of day.
    Times,
    /// Moments.
    Timestamps,
    /// JSON documents, or values of different kinds.
    Documents,
}

/// The size of a column, if a schema declares it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// As large as the target's type allows.
    #[default]
    Most,
    /// Signed integers with this many bits.
    Bits(u32),
    /// Text with at most this many characters.
    Characters(u32),
    /// Decimals with a limited number of digits.
    Digits {
        /// All digits.
        precision: u32,
        /// The digits after the point; not more than all.
        scale: u32,
    },
}

/// The default of a column: a constant that a schema declares.
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

/// A column to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewColumn {
    /// Its name, spelled as records spell it.
    pub name: String,
    /// What it holds. It may be null unless it belongs to the key.
    pub kind: ColumnKind,
    /// Its size.
    pub size: Size,
    /// Its default, if the schema declares a constant one.
    pub default: Option<Constant>,
}

/// What must be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaChange {
    /// A table.
    Table {
        /// Its name.
        name: TableName,
        /// Its columns, in order.
        columns: Vec<NewColumn>,
        /// Indexes of the primary key's columns; empty without one.
        key: Vec<usize>,
    },
    /// Columns of an existing table; all of them may be null.
    Columns {
        /// The table.
        table: TableName,
        /// The columns.
        columns: Vec<NewColumn>,
    },
}

impl SchemaChange {
    /// The table that is created or changed.
    #[must_use]
    pub fn table(&self) -> &TableName {
        match self {
            Self::Table { name, .. } => name,
            Self::Columns { table, .. } => table,
        }
    }
}

impl ColumnKind {
    pub(crate) fn is_number(self) -> bool {
        matches!(self, ColumnKind::Integers | ColumnKind::Decimals | ColumnKind::Floats)
    }

    /// What holds the values of both without a loss.
    pub(crate) fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
        Some(match (one, other) {
            (one, other) if one == other => one,
            (ColumnKind::Documents, _) | (_, ColumnKind::Documents) => ColumnKind::Documents,
            (one, other) if one.is_number() && other.is_number() => ColumnKind::Decimals,
            _ => ColumnKind::Text,
        })
    }
}
