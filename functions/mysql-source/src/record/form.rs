//! What a column's values become, known from what the server tells of a result, and from the options.

use std::collections::HashMap;

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};

use sluice_bridge::format::registry::SchemaKind;
use sluice_source::options::formats::Format;

use super::style::{Granularity, Style};

/// What a column's values become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A number; DECIMAL comes as its text.
    Number,
    /// TINYINT(1) as `true` or `false`.
    Boolean,
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
    /// A moment as a count.
    Count(Count),
    /// A decimal as the bytes of its digits without a point, in base64 (Connect's `Decimal`); with so many behind the point.
    Unscaled(u8),
    /// BIT(1) as `true` or `false`.
    Flag,
    /// The bytes of the bits, the lowest first, in base64 (Debezium's `Bits`).
    BitBytes,
    /// Days since 1970 (Connect's `Date`).
    Days,
    /// A span in microseconds (Debezium's `MicroTime`).
    Micros,
    /// A JSON document as text (Debezium's `Json`).
    Document,
    /// An object of WKB in base64 and the spatial reference (Debezium's `Geometry`).
    Wkb,
}

/// What the catalog knows of columns and a result does not tell, by name.
pub(crate) type Hints = HashMap<String, Form>;

/// In which shape of records a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Where its JSON says what it is.
    Plain,
    /// Where a type of Connect says it.
    Declared,
    /// Where a type of Protobuf says it: one of those that exist there.
    Protobuf,
}

impl Shape {
    pub(super) fn of(format: Format) -> Self {
        match format {
            Format::Json => Self::Plain,
            Format::Registered(SchemaKind::Protobuf) => Self::Protobuf,
            Format::Envelope | Format::Registered(_) => Self::Declared,
        }
    }
}

/// A moment as a count since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) unit: Unit,
    /// Whether the count is text.
    pub(crate) quoted: bool,
    /// Whether an envelope names a logical type for it.
    pub(crate) is_logical: bool,
    /// The zone of a wall clock, in microseconds east of UTC.
    pub(crate) zone: i64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Millis,
    Micros,
    Nanos,
}

/// The character set of bytes ("Character Sets" in the manual's protocol chapter).
const BINARY: u16 = 63;

impl Form {
    /// `hint` is what the catalog knows and the result does not tell.
    pub(super) fn of(column: &Column, hint: Option<Self>, style: &Style, format: Format) -> Self {
        let shape = Shape::of(format);
        let plain = hint.unwrap_or_else(|| Self::plain(column));
        match plain {
            Self::Number if style.has_booleans && is_tinyint1(column) => Self::Boolean,
            Self::DateTime(digits) => moment(plain, (digits, style.zone), style, shape),
            Self::Timestamp(digits) => moment(plain, (digits, 0), style, shape),
            _ => match shape {
                Shape::Plain => plain,
                // Digits are numbers only where values are JSON.
                Shape::Declared => {
                    let is_json = format != Format::Registered(SchemaKind::Avro);
                    plain.declared(column, style.has_numeric && is_json)
                }
                Shape::Protobuf => plain.in_protobuf(column),
            },
        }
    }

    /// Without any option.
    fn plain(column: &Column) -> Self {
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

    /// Where a declared type says what a value is.
    fn declared(self, column: &Column, has_numeric: bool) -> Self {
        match self {
            Self::Number if is_decimal(column) && !has_numeric => Self::Unscaled(scale(column)),
            Self::Bits if column.column_length() == 1 => Self::Flag,
            Self::Bits => Self::BitBytes,
            Self::Year => Self::Number,
            Self::Date => Self::Days,
            Self::Time(_) => Self::Micros,
            Self::Json => Self::Document,
            Self::Geometry => Self::Wkb,
            other => other,
        }
    }

    /// Protobuf has no names for the meaning of a number or of bytes, but numbers of 64 bits without a sign.
    fn in_protobuf(self, column: &Column) -> Self {
        let is_integer = column.column_type() == ColumnType::MYSQL_TYPE_LONGLONG;
        match self {
            Self::Number if is_integer => self,
            Self::Bits if column.column_length() > 1 => self,
            Self::Time(_) => self,
            other => other.declared(column, false),
        }
    }

    /// Whether a date that is not in the calendar may stand in the column.
    pub(crate) fn is_date(self) -> bool {
        matches!(
            self,
            Self::Date | Self::Days | Self::DateTime(_) | Self::Timestamp(_) | Self::Count(_)
        )
    }
}

/// How many digits of a decimal are behind the point. An integer of 64 bits without a sign has none.
pub(super) fn scale(column: &Column) -> u8 {
    match column.column_type() {
        ColumnType::MYSQL_TYPE_LONGLONG => 0,
        _ => column.decimals(),
    }
}

fn moment(plain: Form, (digits, zone): (u8, i64), style: &Style, shape: Shape) -> Form {
    match style.granularity {
        Granularity::Iso(digits) => Form::DateTime(digits),
        Granularity::Count { nanos, quoted } => {
            let unit = if nanos { Unit::Nanos } else { Unit::Micros };
            Form::Count(Count { unit, quoted, is_logical: false, zone })
        }
        Granularity::Logical if shape != Shape::Plain => {
            let unit = if digits > 3 { Unit::Micros } else { Unit::Millis };
            Form::Count(Count { unit, quoted: false, is_logical: true, zone })
        }
        Granularity::Logical => plain,
    }
}

fn is_tinyint1(column: &Column) -> bool {
    let is_unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    column.column_type() == ColumnType::MYSQL_TYPE_TINY
        && column.column_length() == 1
        && !is_unsigned
}

/// Whether a number is a `Decimal` for Connect: it has no unsigned integers, and only 64 bits.
pub(super) fn is_decimal(column: &Column) -> bool {
    match column.column_type() {
        ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => true,
        ColumnType::MYSQL_TYPE_LONGLONG => column.flags().contains(ColumnFlags::UNSIGNED_FLAG),
        _ => false,
    }
}
