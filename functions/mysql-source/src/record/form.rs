//! What a column's values become, known from what the server tells of a result.

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};
use sluice_bridge::options::{Opt, Settings};

/// `zero.dates`
pub(crate) const ZERO_DATES: Opt = Opt::new(
    "zero.dates",
    "What becomes of a date that no calendar has, such as `0000-00-00` or `2026-00-15`: `text` tells it as it is, `null` as null.",
)
.or("text");

/// What becomes of a date that no calendar has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZeroDates {
    Text,
    Null,
}

impl ZeroDates {
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        settings.choice(&ZERO_DATES, &[("text", Self::Text), ("null", Self::Null)])
    }
}

/// What a column's values become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number; DECIMAL comes as its text.
    Number,
    /// The number of the bits.
    Bits,
    /// A number, but `0000`.
    Year,
    Date,
    /// A wall clock, with so many digits of a second.
    DateTime(u8),
    /// The same, in UTC.
    Timestamp(u8),
    /// A span, with so many digits of a second.
    Time(u8),
    Text,
    /// Base64.
    Bytes,
    /// The document itself.
    Json,
    /// EWKB in hexadecimal digits.
    Geometry,
    /// An array of numbers.
    Vector,
}

/// The character set of bytes ("Character Sets" in the manual's protocol chapter).
const BINARY: u16 = 63;

impl Form {
    pub(crate) fn of(column: &Column) -> Self {
        use ColumnType as Type;
        let digits = column.decimals().min(6);
        match column.column_type() {
            Type::MYSQL_TYPE_DECIMAL
            | Type::MYSQL_TYPE_NEWDECIMAL
            | Type::MYSQL_TYPE_TINY
            | Type::MYSQL_TYPE_SHORT
            | Type::MYSQL_TYPE_INT24
            | Type::MYSQL_TYPE_LONG
            | Type::MYSQL_TYPE_LONGLONG
            | Type::MYSQL_TYPE_FLOAT
            | Type::MYSQL_TYPE_DOUBLE => Form::Number,
            Type::MYSQL_TYPE_YEAR => Form::Year,
            Type::MYSQL_TYPE_BIT => Form::Bits,
            Type::MYSQL_TYPE_DATE | Type::MYSQL_TYPE_NEWDATE => Form::Date,
            Type::MYSQL_TYPE_DATETIME | Type::MYSQL_TYPE_DATETIME2 => Form::DateTime(digits),
            Type::MYSQL_TYPE_TIMESTAMP | Type::MYSQL_TYPE_TIMESTAMP2 => Form::Timestamp(digits),
            Type::MYSQL_TYPE_TIME | Type::MYSQL_TYPE_TIME2 => Form::Time(digits),
            Type::MYSQL_TYPE_JSON => Form::Json,
            Type::MYSQL_TYPE_GEOMETRY => Form::Geometry,
            Type::MYSQL_TYPE_VECTOR => Form::Vector,
            // A label, whatever its character set.
            _ if column.flags().intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG) => {
                Form::Text
            }
            _ if column.character_set() == BINARY => Form::Bytes,
            _ => Form::Text,
        }
    }
}
