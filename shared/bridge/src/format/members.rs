//! A field of a record that was written with a schema, as it goes to a column: no text is around it.
//! Its declared type is kept elsewhere.

use base64_simd::AsOut;
use bumpalo::Bump;

use crate::json::scanner::Scanner;
use crate::json::string::Raw;
use crate::json::value::Value;
use crate::values::digits;

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

impl Member<'_> {
    /// A field of Protobuf that is null.
    pub(crate) fn null(field: usize) -> Self {
        Self { field, ty: field, value: Value::Null }
    }
}

/// Text as a value.
#[inline]
pub(crate) fn text(text: &str) -> Value<'_> {
    Value::Text(Raw::plain(text))
}

/// Bytes as base64, written straight into the arena.
pub(crate) fn base64<'e>(bytes: &[u8], arena: &'e Bump) -> &'e str {
    const CODE: base64_simd::Base64 = base64_simd::STANDARD;
    let room = arena.alloc_slice_fill_copy(CODE.encoded_length(bytes.len()), 0);
    CODE.encode_as_str(bytes, room.as_out())
}

/// A number as a value.
#[inline]
pub(crate) fn integer(number: i64, arena: &Bump) -> Value<'_> {
    digits::of_integer(number, |digits| Value::Number(arena.alloc_str(digits)))
}

/// The same without a sign.
#[inline]
pub(crate) fn unsigned(number: u64, arena: &Bump) -> Value<'_> {
    digits::of_unsigned(number, |digits| Value::Number(arena.alloc_str(digits)))
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
    fn bytes_are_base64() {
        let arena = Bump::new();
        assert_eq!(base64(&[0, 255], &arena), "AP8=");
        assert_eq!(base64(&[], &arena), "");
    }

    #[test]
    fn numbers_are_their_digits() {
        let arena = Bump::new();
        assert_eq!(integer(i64::MIN, &arena), Value::Number("-9223372036854775808"));
    }
}
