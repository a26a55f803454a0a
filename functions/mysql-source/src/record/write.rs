//! One value as JSON.

use std::io::Write as _;

use bytes::{BufMut, BytesMut};
use mysql_async::Value;
use serde::de::IgnoredAny;

use super::form::{Count, Form, Unit};
use super::style::ZeroDates;
use super::{geometry, unscaled};
use crate::moment;

/// Why a value cannot be written. It has no value of the row.
pub(super) type Why = &'static str;

pub(super) const NOT_BOOLEAN: Why = "it is neither 0 nor 1";
pub(super) const NOT_A_DAY: Why = "it is a date that is not in the calendar";
pub(super) const NOT_UTF8: Why = "it is not UTF-8";
/// A field of a schema does not take it.
pub(super) const NO_PLACE: Why = "its field in the schema has no place for it";
pub(super) const UNEXPECTED: Why = "the server sends it in a form that its type does not have";

/// Writes a value.
///
/// # Errors
/// It cannot be written without changing it.
pub(super) fn value(
    value: &Value,
    form: Form,
    zero_dates: ZeroDates,
    out: &mut BytesMut,
) -> Result<(), Why> {
    match (form, value) {
        (_, Value::NULL) => out.put_slice(b"null"),
        (Form::Year, Value::Int(0) | Value::UInt(0)) => out.put_slice(br#""0000""#),
        (Form::Number | Form::Year, _) => return number(value, out),
        (Form::Boolean, Value::Int(0)) => out.put_slice(b"false"),
        (Form::Boolean, Value::Int(1)) => out.put_slice(b"true"),
        (Form::Boolean, Value::Int(_)) => return Err(NOT_BOOLEAN),
        (Form::Bits, Value::Bytes(bits)) => {
            let _ = write!(out.writer(), "{}", self::bits(bits));
        }
        (
            Form::Date | Form::DateTime(_) | Form::Timestamp(_) | Form::Days | Form::Count(_),
            Value::Date(..),
        ) => return date(value, form, zero_dates, out),
        (Form::Time(digits), Value::Time(..)) => span(value, digits, out),
        (Form::Text | Form::Document, Value::Bytes(bytes)) => return text(bytes, out),
        (Form::Json, Value::Bytes(document)) => {
            match serde_json::from_slice::<IgnoredAny>(document) {
                Ok(_) => out.put_slice(document),
                // MariaDB's own check takes some text that is no JSON.
                Err(_) => return text(document, out),
            }
        }
        (Form::Bytes, Value::Bytes(bytes)) => geometry::base64(bytes, out),
        (Form::Geometry, Value::Bytes(geometry)) => {
            return geometry::ewkb(geometry, out).ok_or(UNEXPECTED);
        }
        (Form::Vector, Value::Bytes(vector)) => return floats(vector, out),
        _ => return declared(value, form, out),
    }
    Ok(())
}

/// What only an envelope has.
fn declared(value: &Value, form: Form, out: &mut BytesMut) -> Result<(), Why> {
    match (form, value) {
        (Form::Unscaled(scale), _) => geometry::base64(&unscaled(value, scale)?, out),
        (Form::Flag, Value::Bytes(bits)) => {
            let is_set = bits.iter().any(|byte| *byte != 0);
            out.put_slice(if is_set { b"true" } else { b"false" });
        }
        (Form::BitBytes, Value::Bytes(bits)) => {
            let lowest_first: Vec<u8> = bits.iter().rev().copied().collect();
            geometry::base64(&lowest_first, out);
        }
        (Form::Micros, Value::Time(..)) => {
            let _ = write!(out.writer(), "{}", span_micros(value).ok_or(UNEXPECTED)?);
        }
        (Form::Wkb, Value::Bytes(geometry)) => {
            return geometry::wkb(geometry, out).ok_or(UNEXPECTED);
        }
        _ => return Err(UNEXPECTED),
    }
    Ok(())
}

/// The bytes of a decimal's digits, so many of them behind the point. A server may send fewer than it has declared: of
/// `IF(a, b, 1)` it sends `1`, whatever the type of `b` is.
pub(super) fn unscaled(value: &Value, scale: u8) -> Result<Vec<u8>, Why> {
    let bytes = |decimal: &[u8]| unscaled::bytes(decimal, scale.into());
    let bytes = match value {
        Value::Bytes(decimal) => bytes(decimal),
        Value::Int(number) => bytes(number.to_string().as_bytes()),
        Value::UInt(number) => bytes(number.to_string().as_bytes()),
        _ => None,
    };
    bytes.ok_or(UNEXPECTED)
}

/// The number of bits, 64 at most, the first byte the highest.
pub(super) fn bits(bits: &[u8]) -> u64 {
    bits.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A span in microseconds; `None` if the value is none.
pub(super) fn span_micros(value: &Value) -> Option<i64> {
    let Value::Time(is_negative, days, hours, minutes, seconds, micros) = *value else {
        return None;
    };
    let hours = i64::from(days) * 24 + i64::from(hours);
    let seconds = (hours * 60 + i64::from(minutes)) * 60 + i64::from(seconds);
    let size = seconds * 1_000_000 + i64::from(micros);
    Some(if is_negative { -size } else { size })
}

fn number(value: &Value, out: &mut BytesMut) -> Result<(), Why> {
    let written = match value {
        Value::Int(number) => serde_json::to_writer(out.writer(), number),
        Value::UInt(number) => serde_json::to_writer(out.writer(), number),
        // The fewest digits that read back as the same number.
        Value::Float(number) if number.is_finite() => serde_json::to_writer(out.writer(), number),
        Value::Double(number) if number.is_finite() => serde_json::to_writer(out.writer(), number),
        Value::Bytes(decimal) => return decimal_number(decimal, out),
        _ => return Err(UNEXPECTED),
    };
    written.map_err(|_| UNEXPECTED)
}

/// A DECIMAL's own digits. With ZEROFILL the server puts zeros before them, which JSON does not allow.
fn decimal_number(decimal: &[u8], out: &mut BytesMut) -> Result<(), Why> {
    let (sign, digits) = match decimal {
        [b'-', digits @ ..] => (&b"-"[..], digits),
        digits => (&b""[..], digits),
    };
    let is_known = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if digits.is_empty() || !digits.iter().all(is_known) {
        return Err(UNEXPECTED);
    }
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    let first = match digits.get(zeros) {
        Some(b'.') | None => zeros.saturating_sub(1),
        Some(_) => zeros,
    };
    out.put_slice(sign);
    out.put_slice(&digits[first..]);
    Ok(())
}

fn date(value: &Value, form: Form, zero_dates: ZeroDates, out: &mut BytesMut) -> Result<(), Why> {
    let Value::Date(year, month, day, hour, minute, second, micros) = *value else {
        return Err(UNEXPECTED);
    };
    let moment = moment::micros(value);
    match (form, moment, zero_dates) {
        (_, None, ZeroDates::Null) => {
            out.put_slice(b"null");
            return Ok(());
        }
        (_, None, ZeroDates::Error) | (Form::Days | Form::Count(_), None, _) => {
            return Err(NOT_A_DAY);
        }
        (Form::Days, Some(moment), _) => {
            let _ = write!(out.writer(), "{}", days(moment));
            return Ok(());
        }
        (Form::Count(how), Some(moment), _) => return count(moment, how, out),
        _ => {}
    }
    let _ = write!(out.writer(), "\"{year:04}-{month:02}-{day:02}");
    if let Form::DateTime(digits) | Form::Timestamp(digits) = form {
        let _ = write!(out.writer(), "T{hour:02}:{minute:02}:{second:02}");
        fraction(micros, digits, out);
        // The zero of a TIMESTAMP is no moment in any zone.
        if matches!(form, Form::Timestamp(_)) && moment.is_some() {
            out.put_u8(b'Z');
        }
    }
    out.put_u8(b'"');
    Ok(())
}

/// Days since 1970, from microseconds.
pub(super) fn days(micros: i64) -> i64 {
    micros.div_euclid(86_400_000_000)
}

/// A moment in microseconds of its wall clock as a count.
///
/// # Errors
/// It has no such count.
pub(super) fn counted(moment: i64, how: Count) -> Result<i64, Why> {
    let micros = moment - how.zone;
    match how.unit {
        // The column has no more digits than that.
        Unit::Millis => Ok(micros.div_euclid(1_000)),
        Unit::Micros => Ok(micros),
        Unit::Nanos => micros.checked_mul(1_000).ok_or("its nanoseconds do not fit into 64 bits"),
    }
}

fn count(moment: i64, how: Count, out: &mut BytesMut) -> Result<(), Why> {
    let count = counted(moment, how)?;
    let quote = if how.quoted { "\"" } else { "" };
    let _ = write!(out.writer(), "{quote}{count}{quote}");
    Ok(())
}

/// The server counts days beside hours.
fn span(value: &Value, digits: u8, out: &mut BytesMut) {
    let Value::Time(is_negative, days, hours, minutes, seconds, micros) = *value else { return };
    let sign = if is_negative { "-" } else { "" };
    let hours = u64::from(days) * 24 + u64::from(hours);
    let _ = write!(out.writer(), "\"{sign}{hours:02}:{minutes:02}:{seconds:02}");
    fraction(micros, digits, out);
    out.put_u8(b'"');
}

fn fraction(micros: u32, digits: u8, out: &mut BytesMut) {
    if digits > 0 {
        let cut = micros / 10u32.pow(6 - u32::from(digits.min(6)));
        let _ = write!(out.writer(), ".{cut:0width$}", width = usize::from(digits.min(6)));
        // Nanoseconds, of which the server has none.
        out.put_bytes(b'0', usize::from(digits.saturating_sub(6)));
    }
}

fn text(bytes: &[u8], out: &mut BytesMut) -> Result<(), Why> {
    let text = std::str::from_utf8(bytes).map_err(|_| NOT_UTF8)?;
    serde_json::to_writer(out.writer(), text).map_err(|_| UNEXPECTED)
}

fn floats(vector: &[u8], out: &mut BytesMut) -> Result<(), Why> {
    let (floats, rest) = vector.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(UNEXPECTED);
    }
    let mut separator = b'[';
    for float in floats {
        out.put_u8(std::mem::replace(&mut separator, b','));
        number(&Value::Float(f32::from_le_bytes(*float)), out)?;
    }
    if floats.is_empty() {
        out.put_u8(b'[');
    }
    out.put_u8(b']');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(form: Form, value: &Value) -> String {
        let mut out = BytesMut::new();
        match super::value(value, form, ZeroDates::Text, &mut out) {
            Ok(()) => String::from_utf8(out.to_vec()).expect("text"),
            Err(why) => format!("refused: {why}"),
        }
    }

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.as_bytes().to_vec())
    }

    #[test]
    fn digits_stay_as_they_are() {
        for (decimal, number) in [
            ("12.340", "12.340"),
            ("-0.50", "-0.50"),
            ("000012.3", "12.3"),
            ("0000.00", "0.00"),
            ("00", "0"),
        ] {
            assert_eq!(told(Form::Number, &bytes(decimal)), number);
        }
        assert_eq!(told(Form::Number, &Value::Float(1.234_567_9)), "1.2345679");
        assert_eq!(told(Form::Number, &Value::UInt(u64::MAX)), "18446744073709551615");
        assert!(told(Form::Number, &bytes("1e5")).starts_with("refused"));
        assert!(told(Form::Number, &Value::Double(f64::NAN)).starts_with("refused"));
    }

    #[test]
    fn a_document_that_is_none_is_text() {
        assert_eq!(told(Form::Json, &bytes("{\"a\": 1.0}")), "{\"a\": 1.0}");
        assert_eq!(told(Form::Json, &bytes("{'a'}")), "\"{'a'}\"");
        assert!(
            told(Form::Text, &Value::Bytes(vec![0xff])).starts_with("refused: it is not UTF-8")
        );
    }
}
