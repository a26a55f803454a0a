//! Logical types: what their values mean, and how they are written so that every target can read
//! them. A moment becomes ISO 8601 text, a decimal its digits.
//!
//! Names: `org.apache.kafka.connect.data`, `io.debezium.time` and `io.debezium.data`, as "Data
//! types" on the pages of Debezium's connectors gives them. A type that is not known here is read
//! as its base type: `io.debezium.data.Uuid` as text, `io.debezium.time.Year` as an integer.

use bumpalo::Bump;

use crate::format::bit_text::{bits, extended_binary};
use crate::json::scanner::Scanner;
use crate::json::syntax::TOO_DEEP;
use crate::json::value::Value;
use crate::model::cell::{Cell, Code};
use crate::values::calendar::{self, Unit};
use crate::values::decimal;
use crate::values::number::Reason;
use crate::values::short::Short;

/// A type that gives another one a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logical {
    /// Bytes: an unscaled integer, big-endian.
    Decimal {
        scale: i32,
    },
    /// A struct of a scale and an unscaled integer.
    ScaledDecimal,
    /// Days since 1970, or ISO 8601 text. The next two may be ISO 8601 text too.
    Date,
    /// A count since midnight.
    Time(Unit),
    /// A count since 1970 in UTC.
    Timestamp(Unit),
    Duration(Unit),
    /// A JSON document in a string.
    Document,
    /// ISO 8601 text with an offset.
    Moment,
    /// Bytes, little-endian, with this many bits.
    Bits {
        length: usize,
    },
    /// A struct of well-known binary and a spatial reference.
    Geometry,
}

/// The base type of a logical type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    Integer,
    Text,
    Bytes,
    Struct,
    /// No logical type has it as its base.
    Other,
}

/// Infinity as the Java driver of Debezium's source returns it, in milliseconds
/// (`PGStatement.DATE_POSITIVE_INFINITY`).
const INFINITY: i64 = 9_223_372_036_825_200_000;
const MINUS_INFINITY: i64 = -9_223_372_036_832_400_000;
/// The text that Debezium writes for these with `time.precision.mode=isostring`.
const ISO_INFINITY: &str = "+294247-01-10T04:00:25.2Z";
const ISO_MINUS_INFINITY: &str = "-290308-12-21T19:59:27.6Z";

impl Logical {
    /// The logical type that a schema names, if it has the right base type.
    ///
    /// # Errors
    /// A parameter is missing or not valid, and values cannot be read without it.
    pub(crate) fn parse(schema: Value<'_>, base: Base) -> Result<Option<Self>, String> {
        let Some(name) = schema.member("name").and_then(Value::to_text) else { return Ok(None) };
        Self::named(&name, schema.member("parameters"), base)
    }

    /// The same by its name and an object of parameters.
    ///
    /// # Errors
    /// As [`Logical::parse`].
    pub(crate) fn named(
        name: &str,
        parameters: Option<Value<'_>>,
        base: Base,
    ) -> Result<Option<Self>, String> {
        let parameter = |parameter: &str| {
            let given = parameters.and_then(|all| all.member(parameter));
            given.and_then(Value::to_text).ok_or(format!("{name} has no parameter `{parameter}`"))
        };
        let number = |text: String| {
            text.parse().map_err(|_| format!("{name} has a parameter that is not a valid integer"))
        };
        let short = name
            .strip_prefix("org.apache.kafka.connect.data.")
            .or_else(|| name.strip_prefix("io.debezium.time."))
            .or_else(|| name.strip_prefix("io.debezium.data."));
        Ok(match (short.unwrap_or_default(), base) {
            ("Decimal", Base::Bytes) => {
                Some(Logical::Decimal { scale: number(parameter("scale")?)? })
            }
            ("VariableScaleDecimal", Base::Struct) => Some(Logical::ScaledDecimal),
            ("Date", Base::Integer) => Some(Logical::Date),
            ("Time", Base::Integer) => Some(Logical::Time(Unit::Millis)),
            ("MicroTime", Base::Integer) => Some(Logical::Time(Unit::Micros)),
            ("NanoTime", Base::Integer) => Some(Logical::Time(Unit::Nanos)),
            ("Timestamp", Base::Integer) => Some(Logical::Timestamp(Unit::Millis)),
            ("MicroTimestamp", Base::Integer) => Some(Logical::Timestamp(Unit::Micros)),
            ("NanoTimestamp", Base::Integer) => Some(Logical::Timestamp(Unit::Nanos)),
            ("MicroDuration", Base::Integer) => Some(Logical::Duration(Unit::Micros)),
            ("NanoDuration", Base::Integer) => Some(Logical::Duration(Unit::Nanos)),
            ("IsoDate", Base::Text) => Some(Logical::Date),
            ("IsoTime", Base::Text) => Some(Logical::Time(Unit::Micros)),
            ("IsoTimestamp", Base::Text) => Some(Logical::Timestamp(Unit::Micros)),
            ("ZonedTimestamp", Base::Text) => Some(Logical::Moment),
            ("Json", Base::Text) => Some(Logical::Document),
            ("Bits", Base::Bytes) => Some(Logical::Bits {
                length: number(parameter("length")?)?.unsigned_abs() as usize,
            }),
            ("geometry.Geometry" | "geometry.Geography" | "geometry.Point", Base::Struct) => {
                Some(Logical::Geometry)
            }
            _ => None,
        })
    }

    /// Whether decoders write its values as the text or the digits that they mean.
    pub(crate) fn is_text(self) -> bool {
        match self {
            Logical::Decimal { .. }
            | Logical::Date
            | Logical::Time(_)
            | Logical::Timestamp(_)
            | Logical::Duration(_)
            | Logical::Moment => true,
            Logical::ScaledDecimal
            | Logical::Document
            | Logical::Bits { .. }
            | Logical::Geometry => false,
        }
    }

    /// Its name in an error.
    pub(crate) fn shown(self) -> String {
        match self {
            Logical::Decimal { scale } => format!("decimal of scale {scale}"),
            Logical::ScaledDecimal => "decimal".to_owned(),
            Logical::Date => "date".to_owned(),
            Logical::Time(_) => "time".to_owned(),
            Logical::Timestamp(_) => "timestamp".to_owned(),
            Logical::Moment => "timestamp".to_owned(),
            Logical::Duration(_) => "duration".to_owned(),
            Logical::Document => "json".to_owned(),
            Logical::Bits { length } => format!("{length} bits"),
            Logical::Geometry => "geometry".to_owned(),
        }
    }

    /// A count of days or of parts of a second as text.
    ///
    /// # Errors
    /// It is out of range, or this type is not one of counts.
    #[inline]
    pub(crate) fn text_of(self, count: i64) -> Result<Short, Reason> {
        Ok(match self {
            // The number must be an int32, whatever its JSON type: no calendar goes further.
            Logical::Date => match i32::try_from(count) {
                Ok(days) => calendar::date(days.into()),
                Err(_) => return Err("it is out of range"),
            },
            Logical::Time(unit) => calendar::time(count, unit),
            Logical::Timestamp(unit) => match infinite(count, unit) {
                Some(infinity) => Short::of(infinity),
                None => calendar::timestamp(count, unit),
            },
            Logical::Duration(unit) => calendar::duration(count, unit),
            _ => return Err("it is not a count"),
        })
    }

    /// Converts a value into a cell. The value was checked to be of the base type.
    ///
    /// # Errors
    /// The value has no meaning in this type.
    pub(crate) fn cell<'e>(self, cell: Cell<'e>, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
        let text = |text: &str| Cell::Coded(Code::Moment, arena.alloc_str(text));
        Ok(match self {
            // `decimal.format=NUMERIC` sends the digits themselves.
            Logical::Decimal { .. } if matches!(cell, Cell::Number(_)) => cell,
            Logical::Moment => cell,
            Logical::Decimal { scale } => {
                Cell::Number(arena.alloc_str(&decimal::from_bytes(&bytes(cell)?, scale)?))
            }
            Logical::ScaledDecimal => {
                let (scale, value) = (member(cell, "scale")?, member(cell, "value")?);
                let scale = i32::try_from(integer(Cell::from_json(scale, arena)?)?);
                let value = bytes(Cell::from_json(value, arena)?)?;
                let digits =
                    decimal::from_bytes(&value, scale.map_err(|_| "its scale is out of range")?)?;
                Cell::Number(arena.alloc_str(&digits))
            }
            Logical::Date | Logical::Time(_) if matches!(cell, Cell::Text(_)) => day_or_clock(cell),
            Logical::Timestamp(_) if matches!(cell, Cell::Text(_)) => moment(cell),
            Logical::Duration(_) if matches!(cell, Cell::Text(_)) => cell,
            Logical::Date | Logical::Time(_) | Logical::Timestamp(_) | Logical::Duration(_) => {
                text(&self.text_of(integer(cell)?)?)
            }
            Logical::Document => document(cell)?,
            Logical::Bits { length } => {
                Cell::Coded(Code::Bits, arena.alloc_str(&bits(&bytes(cell)?, length)?))
            }
            Logical::Geometry => geometry(cell, arena)?,
        })
    }
}

/// Converts an object with well-known binary, as base64, and perhaps a spatial reference.
///
/// # Errors
/// It is not such an object.
pub(crate) fn geometry<'e>(cell: Cell<'e>, arena: &'e Bump) -> Result<Cell<'e>, Reason> {
    let binary = bytes(Cell::from_json(member(cell, "wkb")?, arena)?)?;
    let reference = match member(cell, "srid") {
        Ok(Value::Null) | Err(_) => None,
        Ok(srid) => Some(integer(Cell::from_json(srid, arena)?)?),
    };
    let binary = extended_binary(&binary, reference)?;
    Ok(Cell::Coded(Code::Geometry, arena.alloc_str(&binary)))
}

/// Infinity in Debezium's counts: Debezium reads the driver's milliseconds as microseconds.
fn infinite(count: i64, unit: Unit) -> Option<&'static str> {
    match (unit, count) {
        (Unit::Nanos, _) => None,
        (_, INFINITY) => Some("infinity"),
        (_, MINUS_INFINITY) => Some("-infinity"),
        (Unit::Millis, count) if count == INFINITY / 1000 => Some("infinity"),
        (Unit::Millis, count) if count == MINUS_INFINITY / 1000 => Some("-infinity"),
        _ => None,
    }
}

/// Removes the `Z` that Debezium adds to a day or a time without a zone.
fn day_or_clock(cell: Cell<'_>) -> Cell<'_> {
    let text = cell.as_text().unwrap_or_default();
    Cell::Text(text.strip_suffix('Z').unwrap_or(text))
}

fn moment(cell: Cell<'_>) -> Cell<'_> {
    match cell {
        Cell::Text(ISO_INFINITY) => Cell::Text("infinity"),
        Cell::Text(ISO_MINUS_INFINITY) => Cell::Text("-infinity"),
        other => other,
    }
}

fn integer(cell: Cell<'_>) -> Result<i64, Reason> {
    match cell {
        Cell::Number(digits) => decimal::integer(digits).ok_or("it is out of range"),
        _ => Err("it is not a number"),
    }
}

fn bytes(cell: Cell<'_>) -> Result<Vec<u8>, Reason> {
    let text =
        cell.as_text().filter(|_| matches!(cell, Cell::Text(_))).ok_or("it is not base64")?;
    base64_simd::STANDARD.decode_to_vec(text).map_err(|_| "it is not base64")
}

fn member<'e>(cell: Cell<'e>, name: &str) -> Result<Value<'e>, Reason> {
    let object = match cell {
        Cell::Json(text) => Value::Object(text),
        _ => Value::Null,
    };
    object.member(name).ok_or("a member of it is missing")
}

fn document(cell: Cell<'_>) -> Result<Cell<'_>, Reason> {
    let text = cell.as_text().unwrap_or_default();
    let mut scanner = Scanner::new(text);
    match scanner.value().and_then(|_| scanner.end()) {
        Ok(()) => Ok(Cell::Json(text)),
        Err(wrong) if wrong.what == TOO_DEEP => Err("the text is nested more than 128 levels deep"),
        Err(_) => Err("the text is not JSON"),
    }
}
