//! The type of a column.

use sluice_bridge::model::change::ColumnKind;
use sluice_bridge::model::table::Takes;

use crate::wire::message::{KEY_BINARY, KEY_INTEGER, KEY_STRING};

/// The type of a column, of a key or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnType {
    /// Each value has its own type, that of the record's value.
    Any,
    String,
    Integer,
    Double,
    Boolean,
    Binary,
    /// A key that the service numbers.
    AutoIncrement,
}

const NAMES: [(&str, ColumnType); 5] = [
    ("string", ColumnType::String),
    ("integer", ColumnType::Integer),
    ("double", ColumnType::Double),
    ("boolean", ColumnType::Boolean),
    ("binary", ColumnType::Binary),
];

impl ColumnType {
    /// The type of this name; `None` if no option can name it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "of any type",
            Self::AutoIncrement => "numbered by the service",
            _ => NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name),
        }
    }

    /// The type of a key, by its number in `PrimaryKeyType`.
    pub(crate) fn of_key(number: i32) -> Option<Self> {
        match number {
            KEY_INTEGER => Some(Self::Integer),
            KEY_STRING => Some(Self::String),
            KEY_BINARY => Some(Self::Binary),
            _ => None,
        }
    }

    /// The type of a defined column, by its number in `DefinedColumnType`.
    pub(crate) fn of_defined(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::Integer),
            2 => Some(Self::Double),
            3 => Some(Self::Boolean),
            4 => Some(Self::String),
            7 => Some(Self::Binary),
            _ => None,
        }
    }

    /// The number of a new key's type in `PrimaryKeyType`, for a column that holds this; `None` if no key does.
    pub(crate) fn new_key(holds: ColumnKind) -> Option<i32> {
        match holds {
            ColumnKind::Integers => Some(KEY_INTEGER),
            ColumnKind::Text => Some(KEY_STRING),
            ColumnKind::Bytes => Some(KEY_BINARY),
            _ => None,
        }
    }

    /// What kind of values the rules convert for it.
    pub(crate) fn takes(self) -> Takes {
        match self {
            Self::Any => Takes::Own,
            Self::Boolean => Takes::Any,
            Self::String => Takes::Text,
            Self::Integer | Self::Double | Self::AutoIncrement => Takes::Numbers,
            Self::Binary => Takes::Bytes,
        }
    }
}
