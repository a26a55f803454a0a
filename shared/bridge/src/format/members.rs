//! A field of a record that was written with a schema, as it goes to a column: no text is around it.
//! Its declared type is kept elsewhere.

use bumpalo::Bump;

use crate::json::scanner::Scanner;
use crate::json::string::Raw;
use crate::json::value::Value;

/// One field that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'e> {
    /// Its index among the fields of the schema.
    pub(crate) field: usize,
    /// What finds its declared type: for Avro a type, of a union that of the branch; for Protobuf
    /// the field.
    pub(crate) ty: usize,
    pub(crate) value: Value<'e>,
}

/// Text as a value.
#[inline]
pub(crate) fn text(text: &str) -> Value<'_> {
    Value::Text(Raw::plain(text))
}

/// Bytes as a value: base64.
pub(crate) fn base64<'e>(bytes: &[u8], arena: &'e Bump) -> Value<'e> {
    text(arena.alloc_str(&base64_simd::STANDARD.encode_to_string(bytes)))
}

/// A number as a value.
#[inline]
pub(crate) fn integer(number: i64, arena: &Bump) -> Value<'_> {
    digits(number < 0, number.unsigned_abs(), arena)
}

/// The digits of a number, and a minus before them.
#[inline]
pub(crate) fn digits(is_negative: bool, mut number: u64, arena: &Bump) -> Value<'_> {
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    // Twenty digits are only those of a number without a sign.
    if is_negative {
        at -= 1;
        buffer[at] = b'-';
    }
    // Digits are ASCII.
    let text = std::str::from_utf8(&buffer[at..]).unwrap_or_default();
    Value::Number(arena.alloc_str(text))
}

/// JSON text as a value.
pub(crate) fn json<'e>(text: &str, arena: &'e Bump) -> Value<'e> {
    let json = arena.alloc_str(text);
    match json.as_bytes().first() {
        Some(b'{') => Value::Object(json),
        Some(b'[') => Value::Array(json),
        // A decoder wrote it.
        _ => Scanner::new(json).value().unwrap_or(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_their_digits() {
        let arena = Bump::new();
        for number in [0, 7, -7, i64::MAX, i64::MIN] {
            assert_eq!(integer(number, &arena), Value::Number(&number.to_string()));
        }
        assert_eq!(digits(false, u64::MAX, &arena), Value::Number("18446744073709551615"));
    }
}
