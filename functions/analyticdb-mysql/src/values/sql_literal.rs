//! Writes encoded values as SQL literals or as parameters.

use std::ops::Range;

use mysql_async::Value;
use sluice_bridge::values::binary::write_hexadecimal;

use crate::types::form::Codec;
use crate::values::encoded_kind::EncodedKind;

/// How text is escaped in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// A backslash is an escape character.
    Backslash,
    /// A backslash is an ordinary character (`NO_BACKSLASH_ESCAPES`).
    None,
}

/// Appends a value as SQL.
pub(crate) fn write(kind: EncodedKind, bytes: &[u8], escapes: Escapes, out: &mut Vec<u8>) {
    match kind {
        EncodedKind::Null => out.extend(b"NULL"),
        EncodedKind::Number | EncodedKind::Sql => out.extend(bytes),
        EncodedKind::Bytes => {
            out.extend(b"x'");
            write_hexadecimal(bytes, out);
            out.push(b'\'');
        }
        EncodedKind::Text => {
            out.push(b'\'');
            let mut rest = bytes;
            while let Some(position) = memchr::memchr2(b'\'', b'\\', rest) {
                out.extend(&rest[..=position]);
                if rest[position] == b'\'' || escapes == Escapes::Backslash {
                    out.push(rest[position]);
                }
                rest = &rest[position + 1..];
            }
            out.extend(rest);
            out.push(b'\'');
        }
    }
}

/// Text as an SQL literal.
pub(crate) fn quoted(text: &str, escapes: Escapes) -> String {
    let mut out = Vec::new();
    write(EncodedKind::Text, text.as_bytes(), escapes, &mut out);
    // Quoted text is valid UTF-8.
    String::from_utf8(out).unwrap_or_default()
}

/// A value as a parameter for a column. Integers and timestamps are sent in binary, which is shorter; all
/// others as strings, which the server reads like a literal. All parameters of a column have one type.
pub(crate) fn parameter(kind: EncodedKind, bytes: &[u8], codec: &Codec) -> Value {
    let typed = match (kind, codec) {
        (EncodedKind::Null, _) => Some(Value::NULL),
        (_, Codec::Integer { max, .. } | Codec::Bool { max, .. }) => {
            let digits = std::str::from_utf8(bytes).unwrap_or_default();
            match i64::try_from(*max) {
                Ok(_) => digits.parse().ok().map(Value::Int),
                Err(_) => digits.parse().ok().map(Value::UInt),
            }
        }
        (_, Codec::Datetime | Codec::Timestamp) => moment(bytes),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::Bytes(bytes.to_vec()))
}

/// `YYYY-MM-DD HH:MM:SS`, with six decimal places or none.
fn moment(text: &[u8]) -> Option<Value> {
    let number = |range: Range<usize>| {
        let digits = text.get(range)?;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit.wrapping_sub(b'0'))))
    };
    let part = |start| number(start..start + 2).map(|part| part as u8);
    let micros = if text.len() > 19 { number(20..26)? } else { 0 };
    let year = number(0..4)? as u16;
    Some(Value::Date(year, part(5)?, part(8)?, part(11)?, part(14)?, part(17)?, micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_quotes() {
        let text = |escapes| {
            let mut out = Vec::new();
            write(EncodedKind::Text, b"it's \\ a '\\'", escapes, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(Escapes::Backslash), r"'it''s \\ a ''\\'''");
        assert_eq!(text(Escapes::None), r"'it''s \ a ''\'''");
    }

    #[test]
    fn bytes_are_digits() {
        let mut out = Vec::new();
        write(EncodedKind::Bytes, &[0, 0x27, 0xff], Escapes::Backslash, &mut out);
        assert_eq!(out, b"x'0027ff'");
    }

    #[test]
    fn a_moment_is_sent_as_one() {
        let sent = |text: &[u8]| parameter(EncodedKind::Text, text, &Codec::Datetime);
        assert_eq!(sent(b"2026-11-21 10:15:30"), Value::Date(2026, 11, 21, 10, 15, 30, 0));
        let fine = Value::Date(999, 1, 2, 3, 4, 5, 678_900);
        assert_eq!(sent(b"0999-01-02 03:04:05.678900"), fine);
    }

    #[test]
    fn a_column_is_signed_or_not() {
        let sent = |digits: &[u8], max| {
            let codec = Codec::Integer { min: 0, max };
            parameter(EncodedKind::Number, digits, &codec)
        };
        assert_eq!(sent(b"7", 255), Value::Int(7));
        assert_eq!(sent(b"7", u64::MAX), Value::UInt(7));
        assert_eq!(sent(b"18446744073709551615", u64::MAX), Value::UInt(u64::MAX));
    }
}
