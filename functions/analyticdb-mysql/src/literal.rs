//! Encoded values as a statement takes them: written out in SQL, or as parameters beside it.

use mysql_async::Value;

use crate::encode::Spelled;

/// How text is written in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// A backslash escapes what follows it.
    Backslash,
    /// It is a character like any other (`NO_BACKSLASH_ESCAPES`).
    None,
}

/// Appends a value as SQL.
pub(crate) fn write(spelled: Spelled, bytes: &[u8], escapes: Escapes, out: &mut Vec<u8>) {
    match spelled {
        Spelled::Null => out.extend(b"NULL"),
        Spelled::Number => out.extend(bytes),
        Spelled::Bytes => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.extend(b"x'");
            for byte in bytes {
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                out.extend([DIGITS[high], DIGITS[low]]);
            }
            out.push(b'\'');
        }
        Spelled::Text => {
            out.push(b'\'');
            let mut rest = bytes;
            while let Some(place) = memchr::memchr2(b'\'', b'\\', rest) {
                out.extend(&rest[..=place]);
                if rest[place] == b'\'' || escapes == Escapes::Backslash {
                    out.push(rest[place]);
                }
                rest = &rest[place + 1..];
            }
            out.extend(rest);
            out.push(b'\'');
        }
    }
}

/// The same as a parameter, which is a string whatever the column's type: the server reads it as
/// it would read the text.
pub(crate) fn parameter(spelled: Spelled, bytes: &[u8]) -> Value {
    match spelled {
        Spelled::Null => Value::NULL,
        Spelled::Number | Spelled::Text | Spelled::Bytes => Value::Bytes(bytes.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_quotes() {
        let text = |escapes| {
            let mut out = Vec::new();
            write(Spelled::Text, b"it's \\ a '\\'", escapes, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(Escapes::Backslash), r"'it''s \\ a ''\\'''");
        assert_eq!(text(Escapes::None), r"'it''s \ a ''\'''");
    }

    #[test]
    fn bytes_are_digits() {
        let mut out = Vec::new();
        write(Spelled::Bytes, &[0, 0x27, 0xff], Escapes::Backslash, &mut out);
        assert_eq!(out, b"x'0027ff'");
    }
}
