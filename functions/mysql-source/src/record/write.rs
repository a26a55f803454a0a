//! One value as JSON.

use std::io::Write as _;

use base64_simd::STANDARD;
use bytes::{BufMut, BytesMut};
use mysql_async::Value;
use serde::de::IgnoredAny;

use super::form::{Form, ZeroDates};
use crate::moment;

/// Why a value cannot be told.
type Why = &'static str;

const UNEXPECTED: Why = "the server sends it in a form that its type does not have";

/// Writes a value.
///
/// # Errors
/// It cannot be told without bending it.
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
        (Form::Bits, Value::Bytes(bits)) => {
            // Of 64 bits at most, the first byte the highest.
            let bits = bits.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
            let _ = write!(out.writer(), "{bits}");
        }
        (Form::Date | Form::DateTime(_) | Form::Timestamp(_), Value::Date(..)) => {
            date(value, form, zero_dates, out);
        }
        (Form::Time(digits), Value::Time(..)) => span(value, digits, out),
        (Form::Text, Value::Bytes(bytes)) => return text(bytes, out),
        (Form::Json, Value::Bytes(document)) => {
            match serde_json::from_slice::<IgnoredAny>(document) {
                Ok(_) => out.put_slice(document),
                // MariaDB's own check takes some text that is no JSON.
                Err(_) => return text(document, out),
            }
        }
        (Form::Bytes, Value::Bytes(bytes)) => {
            out.put_u8(b'"');
            out.put_slice(STANDARD.encode_to_string(bytes).as_bytes());
            out.put_u8(b'"');
        }
        (Form::Geometry, Value::Bytes(geometry)) => return ewkb(geometry, out),
        (Form::Vector, Value::Bytes(vector)) => return floats(vector, out),
        _ => return Err(UNEXPECTED),
    }
    Ok(())
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

fn date(value: &Value, form: Form, zero_dates: ZeroDates, out: &mut BytesMut) {
    let Value::Date(year, month, day, hour, minute, second, micros) = *value else { return };
    let is_real = moment::micros(value).is_some();
    if !is_real && zero_dates == ZeroDates::Null {
        out.put_slice(b"null");
        return;
    }
    let _ = write!(out.writer(), "\"{year:04}-{month:02}-{day:02}");
    if let Form::DateTime(digits) | Form::Timestamp(digits) = form {
        let _ = write!(out.writer(), "T{hour:02}:{minute:02}:{second:02}");
        fraction(micros, digits, out);
        // The zero of a TIMESTAMP is no moment in any zone.
        if matches!(form, Form::Timestamp(_)) && is_real {
            out.put_u8(b'Z');
        }
    }
    out.put_u8(b'"');
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
    }
}

fn text(bytes: &[u8], out: &mut BytesMut) -> Result<(), Why> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8")?;
    serde_json::to_writer(out.writer(), text).map_err(|_| UNEXPECTED)
}

/// The server sends the spatial reference (4 bytes, little endian) and WKB; EWKB has it behind the type, if it is not
/// 0 ("Internal Geometry Storage Format" of the manual; PostGIS's `ST_AsEWKB`).
fn ewkb(geometry: &[u8], out: &mut BytesMut) -> Result<(), Why> {
    const HAS_SRID: u32 = 0x2000_0000;
    let (srid, rest) = geometry.split_first_chunk::<4>().ok_or(UNEXPECTED)?;
    let (order, rest) = rest.split_first_chunk::<1>().ok_or(UNEXPECTED)?;
    let (kind, rest) = rest.split_first_chunk::<4>().ok_or(UNEXPECTED)?;
    if *order != [1] {
        return Err(UNEXPECTED);
    }
    out.put_u8(b'"');
    hex(order, out);
    if *srid == [0; 4] {
        hex(kind, out);
    } else {
        hex(&(u32::from_le_bytes(*kind) | HAS_SRID).to_le_bytes(), out);
        hex(srid, out);
    }
    hex(rest, out);
    out.put_u8(b'"');
    Ok(())
}

fn hex(bytes: &[u8], out: &mut BytesMut) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.put_u8(DIGITS[usize::from(byte >> 4)]);
        out.put_u8(DIGITS[usize::from(byte & 15)]);
    }
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
        assert!(told(Form::Text, &Value::Bytes(vec![0xff])).starts_with("refused: it is no UTF-8"));
    }

    #[test]
    fn a_geometry_has_its_reference_behind_its_type() {
        let point = |srid: u32| {
            let mut point = srid.to_le_bytes().to_vec();
            point.extend([1, 1, 0, 0, 0]);
            point.extend(1f64.to_le_bytes());
            point.extend(2f64.to_le_bytes());
            Value::Bytes(point)
        };
        let place = "000000000000f03f0000000000000040";
        assert_eq!(told(Form::Geometry, &point(0)), format!("\"0101000000{place}\""));
        assert_eq!(told(Form::Geometry, &point(4326)), format!("\"0101000020e6100000{place}\""));
        assert!(told(Form::Geometry, &bytes("short")).starts_with("refused"));
    }
}
