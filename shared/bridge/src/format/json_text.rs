//! JSON text that a decoder writes. Values are written with their meaning: a decimal as its digits,
//! bytes as base64, a moment as ISO 8601 text.

use std::fmt::{self, Write};

use crate::json::write::write_string;

/// The longest text that one payload may become, larger than any event. A few bytes can stand for
/// much text: the names of fields are in the schema.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The reason for a longer one.
pub(crate) const TOO_LONG: &str = "it becomes more than 16 MiB of text";

/// Text that grows.
#[derive(Debug, Default)]
pub(crate) struct JsonText {
    pub(crate) text: String,
}

impl JsonText {
    /// Whether it is within the limit.
    #[inline]
    pub(crate) fn fits(&self) -> bool {
        self.text.len() <= MOST_BYTES
    }

    #[inline]
    pub(crate) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A number, or what writes itself as JSON in another way.
    #[inline]
    pub(crate) fn number(&mut self, number: impl fmt::Display) {
        // A `String` takes everything.
        let _ = write!(self.text, "{number}");
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(text, &mut |piece| self.text.push_str(piece));
    }

    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        self.text.push('"');
        base64_simd::STANDARD.encode_append(bytes, &mut self.text);
        self.text.push('"');
    }

    /// The shortest digits that are read as the same number; what is not a number as Jackson
    /// writes it.
    pub(crate) fn float(&mut self, number: f64) {
        match word(number) {
            Some(word) => self.string(word),
            None => _ = write!(self.text, "{number:?}"),
        }
    }

    /// The same for 32 bits, whose shortest digits are others.
    pub(crate) fn float32(&mut self, number: f32) {
        match word(number.into()) {
            Some(word) => self.string(word),
            None => _ = write!(self.text, "{number:?}"),
        }
    }
}

/// The name of what is not a finite number.
pub(crate) fn word(number: f64) -> Option<&'static str> {
    match number {
        number if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// A name and a colon, as they begin a member of an object.
pub(crate) fn label(name: &str) -> Box<str> {
    let mut label = String::new();
    write_string(name, &mut |piece| label.push_str(piece));
    label.push(':');
    label.into()
}
