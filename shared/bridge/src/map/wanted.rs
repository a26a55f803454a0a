//! What a value or its declared type needs of a column: what it holds, its size, and its default.
//!
//! Names: `connect.decimal.precision` of Kafka Connect's `Decimal`, and what Debezium adds with
//! `column.propagate.source.type` or `datatype.propagate.source.type`.

use bumpalo::Bump;

use crate::format::convert::convert;
use crate::format::logical::Logical;
use crate::format::schema::{Declared, Kind};
use crate::format::typed::Typed;
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::model::cell::{Cell, Code};
use crate::model::change::{ColumnKind, Constant, Size};
use crate::values::decimal;

/// The source's types of text whose length counts characters.
const TEXTS: [&str; 10] = [
    "CHAR",
    "VARCHAR",
    "CHARACTER",
    "CHARACTER VARYING",
    "BPCHAR",
    "NCHAR",
    "NVARCHAR",
    "NATIONAL CHAR",
    "VARCHAR2",
    "NVARCHAR2",
];
/// The source's types of exact numbers, which may be sent as text.
const DECIMALS: [&str; 6] =
    ["DECIMAL", "DECIMAL UNSIGNED", "NUMERIC", "NUMERIC UNSIGNED", "DEC", "NUMBER"];

/// What a column for this value has to hold; `None` for a null without a declared type.
pub(crate) fn kind(typed: Typed<'_, '_>) -> Option<ColumnKind> {
    let declared = typed.declared.filter(|declared| declared.kind != Kind::Any);
    match (declared, typed.value) {
        (Some(declared), _) => Some(declared_holds(declared)),
        (None, Value::Null) => None,
        (None, Value::Bool(_)) => Some(ColumnKind::Booleans),
        (None, Value::Number(digits)) if decimal::integer(digits).is_some() => {
            // `7.0` has a point, so other values may have digits after it.
            Some(if digits.contains('.') { ColumnKind::Decimals } else { ColumnKind::Integers })
        }
        (None, Value::Number(_)) => Some(ColumnKind::Decimals),
        (None, Value::Text(_)) => Some(ColumnKind::Text),
        (None, Value::Object(_) | Value::Array(_)) => Some(ColumnKind::Documents),
    }
}

fn declared_holds(declared: &Declared) -> ColumnKind {
    match (declared.logical, &declared.kind) {
        (Some(Logical::Decimal { .. } | Logical::ScaledDecimal), _) => ColumnKind::Decimals,
        (Some(Logical::Date), _) => ColumnKind::Dates,
        (Some(Logical::Time(_)), _) => ColumnKind::Times,
        (Some(Logical::Timestamp(_) | Logical::Moment), _) => ColumnKind::Timestamps,
        (Some(Logical::Document), _) => ColumnKind::Documents,
        (None, Kind::Text) if digits(declared).is_some() => ColumnKind::Decimals,
        (Some(Logical::Duration(_) | Logical::Bits { .. } | Logical::Geometry), _)
        | (None, Kind::Text | Kind::Enum) => ColumnKind::Text,
        (None, Kind::Boolean) => ColumnKind::Booleans,
        (None, Kind::Integer(_)) => ColumnKind::Integers,
        (None, Kind::Float(_)) => ColumnKind::Floats,
        (None, Kind::Bytes) => ColumnKind::Bytes,
        (None, Kind::Array(_) | Kind::Map(..) | Kind::Struct(_) | Kind::Any) => {
            ColumnKind::Documents
        }
    }
}

pub(crate) fn size(declared: &Declared) -> Size {
    let origin = &declared.origin;
    match (declared.logical, &declared.kind) {
        (Some(Logical::Decimal { scale }), _) => match (origin.precision, u32::try_from(scale)) {
            (Some(precision), Ok(scale)) if precision > 0 && scale <= precision => {
                Size::Digits { precision, scale }
            }
            _ => Size::Most,
        },
        (None, Kind::Integer(bits @ 0..=16)) => Size::Bits(16.max(*bits)),
        (None, Kind::Integer(32)) => Size::Bits(32),
        (None, Kind::Text) => digits(declared).unwrap_or_else(|| {
            let length = origin.length.filter(|_| origin.is_one_of(&TEXTS));
            length.filter(|length| *length > 0).map_or(Size::Most, Size::Characters)
        }),
        _ => Size::Most,
    }
}

/// The size of a decimal that is sent as text.
fn digits(declared: &Declared) -> Option<Size> {
    let origin = &declared.origin;
    let precision = origin.length.filter(|precision| *precision > 0)?;
    let scale = origin.scale.unwrap_or(0);
    let is_decimal = origin.is_one_of(&DECIMALS) && scale <= precision;
    is_decimal.then_some(Size::Digits { precision, scale })
}

/// The default that a schema declares, if it is a constant of its own type. A moment of 1970-01-01
/// does not count: Debezium sends it for `DEFAULT CURRENT_TIMESTAMP` too.
pub(crate) fn default(declared: &Declared) -> Option<Constant> {
    let arena = Bump::new();
    let text = declared.default.as_deref()?;
    let value = Scanner::new(arena.alloc_str(text)).value().ok()?;
    let is_moment = matches!(
        declared.logical,
        Some(Logical::Date | Logical::Time(_) | Logical::Timestamp(_) | Logical::Moment)
    );
    Some(match convert(value, declared, &arena).ok()? {
        Cell::Bool(truth) => Constant::Bool(truth),
        Cell::Number(digits) => Constant::Number(digits.into()),
        Cell::Coded(Code::Bytes, text) => Constant::Bytes(text.into()),
        Cell::Text(text) | Cell::Coded(_, text) | Cell::Json(text) | Cell::CodedItems(_, text) => {
            let is_epoch = is_moment && text.starts_with("1970-01-01");
            Constant::Text(Some(text).filter(|_| !is_epoch)?.into())
        }
        Cell::Absent | Cell::Null | Cell::Millis(_) => return None,
    })
}
