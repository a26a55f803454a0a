//! The schema of an envelope, as Kafka Connect's `JsonConverter` writes it.
//!
//! Types: those of Confluent's JDBC source, and Debezium's where Connect's own would lose digits or bits (times, bits,
//! documents, geometries).

use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};
use serde_json::{Map, Value, json};

use super::form::{Count, Form, Unit, is_decimal};

/// A column of an envelope.
pub(super) struct Field<'a> {
    pub(super) column: &'a Column,
    pub(super) form: Form,
    /// Whether a null may stand there although the column is NOT NULL.
    pub(super) is_optional: bool,
}

/// What stands before a payload. `name` is that of the table; a key has none.
pub(super) fn opening<'a>(fields: impl Iterator<Item = Field<'a>>, name: Option<&str>) -> Vec<u8> {
    let fields: Vec<Value> = fields.map(|field| schema(&field)).collect();
    let mut schema = json!({ "type": "struct", "fields": fields, "optional": false });
    if let Some(name) = name {
        schema["name"] = name.into();
    }
    format!("{{\"schema\":{schema},\"payload\":").into_bytes()
}

fn schema(field: &Field<'_>) -> Value {
    let Field { column, form, is_optional } = *field;
    let is_null = !column.flags().contains(ColumnFlags::NOT_NULL_FLAG) || is_optional;
    let (kind, name) = kind(column, form);
    let mut schema = Map::new();
    schema.insert("type".to_owned(), kind.into());
    schema.insert("optional".to_owned(), is_null.into());
    if let Some(name) = name {
        schema.insert("name".to_owned(), name.into());
        schema.insert("version".to_owned(), 1.into());
    }
    let parameters = match form {
        _ if name == Some(DECIMAL) => Some(decimal(column)),
        Form::BitBytes => Some(json!({ "length": column.column_length().to_string() })),
        _ => None,
    };
    schema.extend(parameters.map(|parameters| ("parameters".to_owned(), parameters)));
    match form {
        Form::Vector => {
            schema.insert("items".to_owned(), json!({ "type": "float", "optional": false }));
        }
        Form::Wkb => {
            let wkb = json!({ "type": "bytes", "optional": false, "field": "wkb" });
            let srid = json!({ "type": "int32", "optional": true, "field": "srid" });
            schema.insert("fields".to_owned(), json!([wkb, srid]));
        }
        _ => {}
    }
    schema.insert("field".to_owned(), column.name_str().into());
    schema.into()
}

const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";

/// Connect's type, and the logical type.
fn kind(column: &Column, form: Form) -> (&'static str, Option<&'static str>) {
    match form {
        Form::Unscaled => ("bytes", Some(DECIMAL)),
        // `decimal.format=NUMERIC` changes the value alone.
        Form::Number if is_decimal(column) => ("bytes", Some(DECIMAL)),
        Form::Number => (number(column), None),
        Form::Boolean | Form::Flag => ("boolean", None),
        Form::Days => ("int32", Some("org.apache.kafka.connect.data.Date")),
        Form::Micros => ("int64", Some("io.debezium.time.MicroTime")),
        Form::Count(Count { quoted: true, .. }) => ("string", None),
        Form::Count(Count { is_logical: false, .. }) => ("int64", None),
        Form::Count(Count { unit: Unit::Millis, .. }) => {
            ("int64", Some("org.apache.kafka.connect.data.Timestamp"))
        }
        Form::Count(_) => ("int64", Some("io.debezium.time.MicroTimestamp")),
        Form::Document => ("string", Some("io.debezium.data.Json")),
        Form::Bytes => ("bytes", None),
        Form::BitBytes => ("bytes", Some("io.debezium.data.Bits")),
        Form::Wkb => ("struct", Some("io.debezium.data.geometry.Geometry")),
        Form::Vector => ("array", None),
        _ => ("string", None),
    }
}

/// The next wider one if it is unsigned.
fn number(column: &Column) -> &'static str {
    let is_unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TINY if is_unsigned => "int16",
        ColumnType::MYSQL_TYPE_TINY => "int8",
        ColumnType::MYSQL_TYPE_SHORT if !is_unsigned => "int16",
        ColumnType::MYSQL_TYPE_LONG if is_unsigned => "int64",
        ColumnType::MYSQL_TYPE_SHORT
        | ColumnType::MYSQL_TYPE_INT24
        | ColumnType::MYSQL_TYPE_LONG
        | ColumnType::MYSQL_TYPE_YEAR => "int32",
        ColumnType::MYSQL_TYPE_FLOAT => "float",
        ColumnType::MYSQL_TYPE_DOUBLE => "double",
        _ => "int64",
    }
}

/// The digits of a DECIMAL: its length on a screen without sign and point.
fn decimal(column: &Column) -> Value {
    if column.column_type() == ColumnType::MYSQL_TYPE_LONGLONG {
        return json!({ "scale": "0", "connect.decimal.precision": "20" });
    }
    let scale = column.decimals();
    let is_signed = !column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let marks = u32::from(scale > 0) + u32::from(is_signed);
    let precision = column.column_length().saturating_sub(marks);
    json!({ "scale": scale.to_string(), "connect.decimal.precision": precision.to_string() })
}
