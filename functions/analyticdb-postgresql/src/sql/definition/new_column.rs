//! The type and the default of a new column.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::change::{ColumnKind, Constant, NewColumn, Size};
use sluice_bridge::values::binary::base64;
use sluice_bridge::values::binary::to_hexadecimal;
use tokio_postgres::types::Type;

use crate::sql::quote::quote;
use crate::types::form::{CatalogType, ConversionSettings, Form};
use crate::values::payload;

/// `MaxAttrSize`: the longest `varchar(n)`.
const MAX_VARCHAR: u32 = 10_485_760;
/// `NUMERIC_MAX_PRECISION`.
const MAX_DIGITS: u32 = 1000;

/// A column's name and type.
pub(super) fn declaration(column: &NewColumn) -> String {
    let ty = match (column.kind, column.size) {
        (ColumnKind::Integers, Size::Bits(0..=16)) => "smallint",
        (ColumnKind::Integers, Size::Bits(17..=32)) => "integer",
        (ColumnKind::Decimals, Size::Digits { precision: precision @ 1..=MAX_DIGITS, scale }) => {
            return format!("{} numeric({precision},{scale})", quote(&column.name));
        }
        (ColumnKind::Text, Size::Characters(max @ 1..=MAX_VARCHAR)) => {
            return format!("{} varchar({max})", quote(&column.name));
        }
        (ColumnKind::Booleans, _) => "boolean",
        (ColumnKind::Integers, _) => "bigint",
        (ColumnKind::Decimals, _) => "numeric",
        (ColumnKind::Floats, _) => "double precision",
        (ColumnKind::Text, _) => "text",
        (ColumnKind::Bytes, _) => "bytea",
        (ColumnKind::Dates, _) => "date",
        (ColumnKind::Times, _) => "time",
        (ColumnKind::Timestamps, _) => "timestamptz",
        (ColumnKind::Documents, _) => "jsonb",
    };
    format!("{} {ty}", quote(&column.name))
}

/// ` DEFAULT …`, or nothing if there is no default or the column does not accept it.
pub(super) fn default(column: &NewColumn) -> String {
    let Some(constant) = &column.default else { return String::new() };
    let (cell, text) = match constant {
        Constant::Bool(truth) => (Cell::Bool(*truth), truth.to_string()),
        Constant::Number(digits) => (Cell::Number(digits), digits.to_string()),
        Constant::Text(text) if column.kind == ColumnKind::Documents => {
            (Cell::Json(text), text.to_string())
        }
        Constant::Text(text) => (Cell::Text(text), text.to_string()),
        Constant::Bytes(text) => {
            let mut bytes = Vec::new();
            if base64(text, &mut bytes).is_err() {
                return String::new();
            }
            let digits = to_hexadecimal(&bytes);
            return format!(" DEFAULT E'\\\\x{digits}'");
        }
    };
    let fits = !text.contains('\0') && payload::field(cell, &form(column), &mut Vec::new()).is_ok();
    // A backslash is doubled, which is correct for both values of `standard_conforming_strings`.
    let quoted = text.replace('\\', "\\\\").replace('\'', "''");
    if fits { format!(" DEFAULT E'{quoted}'") } else { String::new() }
}

/// How values of the column are encoded.
fn form(column: &NewColumn) -> Form {
    // The modifier is packed as in `varchartypmodin` and `numerictypmodin`.
    const HEAD: i32 = 4;
    let (ty, modifier) = match (column.kind, column.size) {
        (ColumnKind::Booleans, _) => (Type::BOOL, -1),
        (ColumnKind::Integers, Size::Bits(0..=16)) => (Type::INT2, -1),
        (ColumnKind::Integers, Size::Bits(17..=32)) => (Type::INT4, -1),
        (ColumnKind::Integers, _) => (Type::INT8, -1),
        (ColumnKind::Decimals, Size::Digits { precision: precision @ 1..=MAX_DIGITS, scale }) => {
            (Type::NUMERIC, (precision << 16 | scale) as i32 + HEAD)
        }
        (ColumnKind::Decimals, _) => (Type::NUMERIC, -1),
        (ColumnKind::Floats, _) => (Type::FLOAT8, -1),
        (ColumnKind::Text, Size::Characters(max @ 1..=MAX_VARCHAR)) => {
            (Type::VARCHAR, max as i32 + HEAD)
        }
        (ColumnKind::Text, _) => (Type::TEXT, -1),
        (ColumnKind::Bytes, _) => (Type::BYTEA, -1),
        (ColumnKind::Dates, _) => (Type::DATE, -1),
        (ColumnKind::Times, _) => (Type::TIME, -1),
        (ColumnKind::Timestamps, _) => (Type::TIMESTAMPTZ, -1),
        (ColumnKind::Documents, _) => (Type::JSONB, -1),
    };
    let conversion = ConversionSettings { version: 0, money_places: 0, unix_places: 0 };
    Form::of(CatalogType { oid: ty.oid(), modifier, kind: "b", name: ty.name() }, conversion)
}
