//! Logical types: as the decoders write them, or the number that is encoded.

use sluice_bridge::json::value::Value;
use sluice_bridge::values::binary;

use crate::digits;
use crate::json::{decimal_text, integer, mismatch, text};
use crate::moment::{self, SECOND};
use crate::refusal::Refusal;

const MILLIS: i128 = SECOND / 1_000;
const MICROS: i128 = SECOND / 1_000_000;
const NANOS: i128 = 1;

/// A unit of a moment or of a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    fn nanos(self) -> i128 {
        match self {
            Unit::Millis => MILLIS,
            Unit::Micros => MICROS,
            Unit::Nanos => NANOS,
        }
    }
}

/// Days since 1970-01-01.
///
/// # Errors
/// It is neither a day nor a number of days.
pub(super) fn date(value: Value<'_>) -> Result<i32, Refusal> {
    match value {
        Value::Text(_) => {
            let days = moment::day(&text(value, "a day")?)?;
            i32::try_from(days).map_err(|_| "out of range".into())
        }
        _ => integer(value, false, "a day"),
    }
}

/// A time of day in its unit.
///
/// # Errors
/// It is neither a time nor a number of units.
pub(super) fn time(value: Value<'_>, unit: Unit) -> Result<i64, Refusal> {
    match value {
        Value::Text(_) => {
            let nanos = moment::time(&text(value, "a time")?)?;
            moment::count(nanos, unit.nanos()).map_err(Refusal::from)
        }
        _ => integer(value, false, "a time"),
    }
}

/// A moment in its unit.
///
/// # Errors
/// It is neither a moment, with a zone unless it `is_local`, nor a number of units.
pub(super) fn timestamp(value: Value<'_>, unit: Unit, is_local: bool) -> Result<i64, Refusal> {
    match value {
        Value::Text(_) => {
            let nanos = moment::timestamp(&text(value, "a moment")?, is_local)?;
            moment::count(nanos, unit.nanos()).map_err(Refusal::from)
        }
        _ => integer(value, false, "a moment"),
    }
}

/// Months, days and milliseconds, each of 32 bits without a sign.
///
/// # Errors
/// It is no duration, or one of them does not fit.
pub(super) fn duration(value: Value<'_>) -> Result<[u8; 12], Refusal> {
    if !matches!(value, Value::Text(_)) {
        return mismatch(value, "a duration");
    }
    let duration = moment::duration(&text(value, "a duration")?)?;
    if duration.nanos % MILLIS != 0 {
        return Err("it has digits below a millisecond".into());
    }
    let mut bytes = [0; 12];
    let parts = [duration.months, duration.days, duration.nanos / MILLIS];
    for (place, part) in bytes.chunks_exact_mut(4).zip(parts) {
        let part = u32::try_from(part).map_err(|_| "a part of the duration is out of range")?;
        place.copy_from_slice(&part.to_le_bytes());
    }
    Ok(bytes)
}

/// The unscaled bytes of a decimal.
///
/// # Errors
/// It is none, or does not fit.
pub(super) fn decimal(
    value: Value<'_>,
    scale: usize,
    precision: usize,
) -> Result<Vec<u8>, Refusal> {
    let decimal = decimal_text(value)?;
    digits::unscaled(&decimal, scale, Some(precision)).map_err(Refusal::from)
}

/// A UUID and its text.
///
/// # Errors
/// It is none.
pub(super) fn uuid(value: Value<'_>) -> Result<([u8; 16], String), Refusal> {
    let text = text(value, "a UUID")?;
    Ok((binary::uuid(&text)?, text))
}
