//! Which field of a schema a column is: Kafka Connect's types, and Debezium's where Connect's own would lose digits or
//! bits (times, bits, documents, geometries).

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};
use sluice_source::encoding::{Field, Kind};

use super::form::{Count, Form, Shape, Unit, is_decimal, scale};

/// The field of a column. `gives_null` says that a date which is not in the calendar becomes null.
pub(super) fn field(column: &Column, form: Form, shape: Shape, gives_null: bool) -> Field {
    let may_be_null = !column.flags().contains(ColumnFlags::NOT_NULL_FLAG);
    Field {
        name: column.name_str().into_owned(),
        kind: kind(column, form, shape),
        is_optional: may_be_null || gives_null && form.is_date(),
    }
}

fn kind(column: &Column, form: Form, shape: Shape) -> Kind {
    match form {
        Form::Unscaled(_) => decimal(column),
        Form::Bits => Kind::Unsigned,
        Form::Number if is_decimal(column) && shape == Shape::Protobuf => Kind::Unsigned,
        // `decimal.format=NUMERIC` changes the value alone.
        Form::Number if is_decimal(column) => decimal(column),
        Form::Number => number(column),
        Form::Boolean | Form::Flag => Kind::Boolean,
        Form::Days => Kind::Date,
        Form::Micros => Kind::MicroTime,
        Form::Count(Count { quoted: true, .. }) => Kind::Text,
        Form::Count(Count { is_logical: false, .. }) => Kind::Int64,
        Form::Count(Count { unit: Unit::Millis, .. }) => Kind::Timestamp,
        Form::Count(_) => Kind::MicroTimestamp,
        Form::Document => Kind::Json,
        Form::Bytes => Kind::Bytes,
        Form::BitBytes => Kind::Bits(column.column_length()),
        Form::Wkb => Kind::Geometry,
        // A list of Protobuf cannot be null.
        Form::Vector if shape == Shape::Protobuf => Kind::Text,
        Form::Vector => Kind::Floats,
        _ => Kind::Text,
    }
}

/// The next wider one if it is unsigned.
fn number(column: &Column) -> Kind {
    let is_unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY if is_unsigned => Kind::Int16,
        ColumnType::MYSQL_TYPE_TINY => Kind::Int8,
        ColumnType::MYSQL_TYPE_SHORT if !is_unsigned => Kind::Int16,
        ColumnType::MYSQL_TYPE_LONG if is_unsigned => Kind::Int64,
        ColumnType::MYSQL_TYPE_SHORT
        | ColumnType::MYSQL_TYPE_INT24
        | ColumnType::MYSQL_TYPE_LONG
        | ColumnType::MYSQL_TYPE_YEAR => Kind::Int32,
        ColumnType::MYSQL_TYPE_FLOAT => Kind::Float,
        ColumnType::MYSQL_TYPE_DOUBLE => Kind::Double,
        _ => Kind::Int64,
    }
}

/// The digits of a DECIMAL: its length on a screen without sign and point.
fn decimal(column: &Column) -> Kind {
    if column.column_type() == ColumnType::MYSQL_TYPE_LONGLONG {
        return Kind::Decimal { precision: 20, scale: 0 };
    }
    let scale = u32::from(scale(column));
    let is_signed = !column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let marks = u32::from(scale > 0) + u32::from(is_signed);
    Kind::Decimal { precision: column.column_length().saturating_sub(marks), scale }
}
