//! One value for a schema of Avro or Protobuf, from its cell.

use std::borrow::Cow;

use bytes::BytesMut;
use mysql_async::Value;
use sluice_source::encoding::{Datum, Kind};

use super::form::{Count, Form};
use super::style::ZeroDates;
use super::write::{self, NOT_A_DAY, NOT_UTF8, UNEXPECTED, Why};
use crate::moment;

/// What is written for a value in a field of this kind.
///
/// # Errors
/// It cannot be written without changing it.
pub(super) fn of(
    value: &Value,
    form: Form,
    kind: Kind,
    zero_dates: ZeroDates,
) -> Result<Datum<'_>, Why> {
    Ok(match (form, value) {
        (_, Value::NULL) => Datum::Null,
        (Form::Number, _) => return number(value),
        (Form::Boolean, Value::Int(number @ (0 | 1))) => Datum::Boolean(*number == 1),
        (Form::Boolean, Value::Int(_)) => return Err(write::NOT_BOOLEAN),
        (Form::Flag, Value::Bytes(bits)) => Datum::Boolean(bits.iter().any(|byte| *byte != 0)),
        (Form::Bits, Value::Bytes(bits)) => Datum::Unsigned(write::bits(bits)),
        (Form::BitBytes, Value::Bytes(bits)) => owned(bits.iter().rev().copied().collect()),
        (Form::Unscaled(scale), _) => owned(write::unscaled(value, scale)?),
        (Form::Days | Form::Count(_), Value::Date(..)) => {
            return match (moment::micros(value), zero_dates) {
                (Some(micros), _) => counted(micros, form),
                (None, ZeroDates::Null) => Ok(Datum::Null),
                (None, _) => Err(NOT_A_DAY),
            };
        }
        (Form::Micros, Value::Time(..)) => Datum::Int(write::span_micros(value).ok_or(UNEXPECTED)?),
        (Form::Text | Form::Document, Value::Bytes(bytes)) => {
            Datum::Text(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| NOT_UTF8)?))
        }
        (Form::Bytes, Value::Bytes(bytes)) => Datum::Bytes(Cow::Borrowed(bytes)),
        (Form::Wkb, Value::Bytes(geometry)) => {
            let (srid, wkb) = geometry.split_first_chunk::<4>().ok_or(UNEXPECTED)?;
            Datum::Geometry { srid: u32::from_le_bytes(*srid), wkb }
        }
        (Form::Vector, Value::Bytes(floats)) if kind == Kind::Floats && floats.len() % 4 == 0 => {
            Datum::Floats(floats)
        }
        _ => return text(value, form, zero_dates),
    })
}

fn number(value: &Value) -> Result<Datum<'_>, Why> {
    Ok(match value {
        Value::Int(number) => Datum::Int(*number),
        Value::UInt(number) => match i64::try_from(*number) {
            Ok(number) => Datum::Int(number),
            Err(_) => Datum::Unsigned(*number),
        },
        Value::Float(number) => Datum::Float(*number),
        Value::Double(number) => Datum::Double(*number),
        _ => return Err(UNEXPECTED),
    })
}

fn owned(bytes: Vec<u8>) -> Datum<'static> {
    Datum::Bytes(Cow::Owned(bytes))
}

/// A moment in microseconds of its wall clock as a count.
fn counted(micros: i64, form: Form) -> Result<Datum<'static>, Why> {
    let Form::Count(how) = form else { return Ok(Datum::Int(write::days(micros))) };
    let count = write::counted(micros, how)?;
    Ok(match how {
        Count { quoted: true, .. } => Datum::Text(Cow::Owned(count.to_string())),
        _ => Datum::Int(count),
    })
}

/// What is text there as in JSON: moments and spans as ISO 8601 has them, or an array.
fn text(value: &Value, form: Form, zero_dates: ZeroDates) -> Result<Datum<'static>, Why> {
    let is_text =
        matches!(form, Form::DateTime(_) | Form::Timestamp(_) | Form::Time(_) | Form::Vector);
    if !is_text {
        return Err(UNEXPECTED);
    }
    let mut out = BytesMut::new();
    write::value(value, form, zero_dates, &mut out)?;
    if &out[..] == b"null" {
        return Ok(Datum::Null);
    }
    let text = std::str::from_utf8(&out).map_err(|_| UNEXPECTED)?;
    Ok(Datum::Text(Cow::Owned(text.trim_matches('"').to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(form: Form, kind: Kind, value: &Value) -> Result<Datum<'_>, Why> {
        of(value, form, kind, ZeroDates::Null)
    }

    #[test]
    fn values_keep_every_digit_and_bit() {
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        let text = |text: &'static str| Ok(Datum::Text(Cow::Borrowed(text)));
        let most = Value::UInt(u64::MAX);
        assert_eq!(told(Form::Number, Kind::Unsigned, &most), Ok(Datum::Unsigned(u64::MAX)));
        let expected = owned(vec![0, 255, 255, 255, 255, 255, 255, 255, 255]);
        let decimal = Kind::Decimal { precision: 20, scale: 0 };
        assert_eq!(told(Form::Unscaled(0), decimal, &most), Ok(expected));
        assert_eq!(
            told(Form::Unscaled(2), decimal, &bytes(b"-12.34")),
            Ok(owned(vec![0xfb, 0x2e]))
        );
        assert_eq!(told(Form::Bits, Kind::Unsigned, &bytes(&[1, 2])), Ok(Datum::Unsigned(258)));
        assert_eq!(told(Form::BitBytes, Kind::Bits(12), &bytes(&[1, 2])), Ok(owned(vec![2, 1])));
        let span = Value::Time(true, 34, 22, 59, 59, 0);
        assert_eq!(told(Form::Micros, Kind::MicroTime, &span), Ok(Datum::Int(-3_020_399_000_000)));
        assert_eq!(told(Form::Time(0), Kind::Text, &span), text("-838:59:59"));
        let vector = bytes(&1f32.to_le_bytes());
        assert_eq!(told(Form::Vector, Kind::Text, &vector), text("[1.0]"));
        assert_eq!(told(Form::Vector, Kind::Floats, &vector), Ok(Datum::Floats(&[0, 0, 128, 63])));
        let place = bytes(&[0xe6, 0x10, 0, 0, 7]);
        let geometry = Datum::Geometry { srid: 4326, wkb: &[7] };
        assert_eq!(told(Form::Wkb, Kind::Geometry, &place), Ok(geometry));
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let zero = Value::Date(0, 0, 0, 0, 0, 0, 0);
        assert_eq!(told(Form::Days, Kind::Date, &zero), Ok(Datum::Null));
        assert_eq!(of(&zero, Form::Days, Kind::Date, ZeroDates::Text), Err(NOT_A_DAY));
        assert_eq!(told(Form::Boolean, Kind::Boolean, &Value::Int(2)), Err(write::NOT_BOOLEAN));
        assert_eq!(told(Form::Text, Kind::Text, &Value::Bytes(vec![0xff])), Err(NOT_UTF8));
        assert_eq!(told(Form::Text, Kind::Text, &Value::Int(1)), Err(UNEXPECTED));
    }
}
