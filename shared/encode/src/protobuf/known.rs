//! Messages with a meaning of their own: moments, wrappers, JSON values, decimals.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value as Written};
use sluice_bridge::json::value::Value;
use sluice_bridge::values::calendar;
use sluice_bridge::values::number::Plain;

use crate::digits::unscaled;
use crate::json::{decimal_text, text};
use crate::moment::{self, SECOND};
use crate::refusal::Refusal;

/// The first and the last second of the years 1 to 9999, as `timestamp.proto` says.
const SECONDS: std::ops::RangeInclusive<i128> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years, as `duration.proto` says.
const MOST_SECONDS: i128 = 315_576_000_000;

/// How a value becomes a message with a meaning of its own.
pub(super) enum Known {
    /// This is the message.
    Whole(DynamicMessage),
    /// It is the value of this field.
    In(FieldDescriptor),
}

/// Whether a message has a meaning of its own.
pub(super) fn is_known(of: &MessageDescriptor) -> bool {
    matches!(
        of.full_name(),
        "google.type.Date" | "google.type.TimeOfDay" | "confluent.type.Decimal"
    ) || matches!(of.package_name(), "google.protobuf") && of.full_name() != "google.protobuf.Empty"
}

/// Reads a value of such a message. `None` for any other, and for an object that has the fields of
/// the message.
///
/// # Errors
/// It is no such value, or does not fit.
pub(super) fn read(of: &MessageDescriptor, value: Value<'_>) -> Result<Option<Known>, Refusal> {
    let in_field = |number| Ok(of.get_field(number).map(Known::In));
    let numbers = match (of.full_name(), value) {
        ("google.protobuf.Struct" | "google.protobuf.ListValue", _) => return in_field(1),
        ("google.protobuf.Value", _) => {
            return in_field(match value {
                Value::Null => 1,
                Value::Number(_) => 2,
                Value::Text(_) => 3,
                Value::Bool(_) => 4,
                Value::Object(_) => 5,
                Value::Array(_) => 6,
            });
        }
        (name, _) if name.starts_with("google.protobuf.") && name.ends_with("Value") => {
            return in_field(1);
        }
        (_, Value::Object(_)) => return Ok(None),
        ("google.protobuf.Timestamp", _) => timestamp(&text(value, "a moment")?)?,
        ("google.protobuf.Duration", _) => duration(&text(value, "a duration")?)?,
        ("google.type.Date", _) => date(&text(value, "a day")?)?,
        ("google.type.TimeOfDay", _) => time_of_day(&text(value, "a time")?)?,
        ("google.protobuf.FieldMask", _) => return mask(of, &text(value, "paths")?).map(Some),
        ("confluent.type.Decimal", _) => return decimal(of, &decimal_text(value)?).map(Some),
        _ => return Ok(None),
    };
    let mut message = DynamicMessage::new(of.clone());
    for (field, number) in of.fields().zip(numbers) {
        let number = match field.kind() {
            Kind::Int64 => Written::I64(number),
            _ => Written::I32(i32::try_from(number).map_err(|_| "out of range")?),
        };
        message.set_field(&field, number);
    }
    Ok(Some(Known::Whole(message)))
}

/// Seconds and nanoseconds after them.
fn timestamp(text: &str) -> Result<Vec<i64>, Refusal> {
    let nanos = moment::timestamp(text, false)?;
    let (seconds, nanos) = (nanos.div_euclid(SECOND), nanos.rem_euclid(SECOND));
    if !SECONDS.contains(&seconds) {
        return Err("the moment is not in the years 1 to 9999".into());
    }
    Ok(vec![seconds as i64, nanos as i64])
}

/// Seconds and nanoseconds of one sign, from ISO 8601 or ProtoJSON's `-3.5s`.
fn duration(text: &str) -> Result<Vec<i64>, Refusal> {
    let iso = match text.strip_suffix('s') {
        Some(seconds) => format!("PT{seconds}S"),
        None => text.to_owned(),
    };
    let duration = moment::duration(&iso)?;
    let nanos = duration.nanos + duration.days * 86_400 * SECOND;
    if duration.months != 0 || (nanos / SECOND).abs() > MOST_SECONDS {
        return Err("the duration has months, or is out of range".into());
    }
    Ok(vec![(nanos / SECOND) as i64, (nanos % SECOND) as i64])
}

fn date(text: &str) -> Result<Vec<i64>, Refusal> {
    let (year, month, day) = calendar::civil(moment::day(text)?);
    match year {
        1..=9999 => Ok(vec![year, month, day]),
        _ => Err("the day is not in the years 1 to 9999".into()),
    }
}

fn time_of_day(text: &str) -> Result<Vec<i64>, Refusal> {
    let nanos = moment::time(text)?;
    let seconds = nanos / SECOND;
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60, nanos % SECOND];
    Ok(parts.map(|part| part as i64).into())
}

/// The paths, with commas between them.
fn mask(of: &MessageDescriptor, paths: &str) -> Result<Known, Refusal> {
    let paths = paths.split(',').filter(|path| !path.is_empty());
    let paths = paths.map(|path| Written::String(path.to_owned())).collect();
    let mut message = DynamicMessage::new(of.clone());
    message.set_field_by_number(1, Written::List(paths));
    Ok(Known::Whole(message))
}

/// The unscaled integer, how many digits it has, and how many of them are after the point.
fn decimal(of: &MessageDescriptor, text: &str) -> Result<Known, Refusal> {
    let places = Plain::parse(text).ok_or("it is no decimal")?;
    let (scale, digits) = (places.after.len(), places.before.len() + places.after.len());
    let number = |number: usize| u32::try_from(number).map_err(|_| Refusal::from("out of range"));
    let mut message = DynamicMessage::new(of.clone());
    message.set_field_by_number(1, Written::Bytes(unscaled(text, scale, None)?.into()));
    message.set_field_by_number(2, Written::U32(number(digits.max(1))?));
    message.set_field_by_number(3, Written::I32(number(scale)?.cast_signed()));
    Ok(Known::Whole(message))
}
