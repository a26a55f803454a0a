//! JSON text that a decoder writes. Values are written with their meaning: a decimal as its digits,
//! bytes as base64, a moment as ISO 8601 text.

use crate::json::write::write_string;
use crate::values::digits;

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

    #[inline]
    pub(crate) fn integer(&mut self, number: i64) {
        digits::of_integer(number, |digits| self.text.push_str(digits));
    }

    #[inline]
    pub(crate) fn unsigned(&mut self, number: u64) {
        digits::of_unsigned(number, |digits| self.text.push_str(digits));
    }

    #[inline]
    pub(crate) fn truth(&mut self, truth: bool) {
        self.text.push_str(if truth { "true" } else { "false" });
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(text, &mut |piece| self.text.push_str(piece));
    }

    pub(crate) fn base64(&mut self, bytes: &[u8]) {
        self.text.push('"');
        base64_simd::STANDARD.encode_append(bytes, &mut self.text);
        self.text.push('"');
    }

    /// A number, or the name of what is not finite, as text.
    pub(crate) fn float(&mut self, number: f64) {
        digits::of_float(number, |text| self.number_or_name(number.is_finite(), text));
    }

    /// The same for 32 bits.
    pub(crate) fn float32(&mut self, number: f32) {
        digits::of_float32(number, |text| self.number_or_name(number.is_finite(), text));
    }

    fn number_or_name(&mut self, is_number: bool, text: &str) {
        match is_number {
            true => self.raw(text),
            false => self.string(text),
        }
    }
}

/// A name and a colon, as they begin a member of an object.
pub(crate) fn label(name: &str) -> Box<str> {
    let mut label = String::new();
    write_string(name, &mut |piece| label.push_str(piece));
    label.push(':');
    label.into()
}
