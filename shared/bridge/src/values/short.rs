//! A short text on the stack: digits, days and moments are written into it, so that a value of a
//! record needs no memory of its own before it goes into the arena.

use std::ops::Deref;

/// No text of a moment, a duration, a UUID or a decimal of 128 bits is longer.
const MOST_BYTES: usize = 64;

/// Text of ASCII characters, at most 64 of them. What does not fit is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short {
    bytes: [u8; MOST_BYTES],
    length: usize,
}

impl Short {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; MOST_BYTES], length: 0 }
    }

    pub(crate) fn of(text: &str) -> Self {
        let mut short = Self::new();
        short.push(text);
        short
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, text: &str) {
        let end = self.length + text.len();
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(text.as_bytes());
            self.length = end;
        }
    }

    /// Two digits: a timestamp has seven such pairs.
    #[inline]
    pub(crate) fn two(&mut self, number: i64) {
        let digit = |number: i64| b'0' + (number % 10) as u8;
        if let Some([high, low]) =
            self.bytes.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut)
        {
            (*high, *low) = (digit(number / 10), digit(number));
            self.length += 2;
        }
    }

    /// Without these bytes at its end.
    #[inline]
    pub(crate) fn without(mut self, last: u8) -> Self {
        while self.bytes[..self.length].last() == Some(&last) {
            self.length -= 1;
        }
        self
    }
}

impl Deref for Short {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_was_written() {
        let mut short = Short::of("a");
        short.two(7);
        short.byte(b'0');
        short.push("bc");
        assert_eq!(&*short, "a070bc");
        assert_eq!(&*Short::of("1.500").without(b'0'), "1.5");
        assert_eq!(&*Short::of("00").without(b'0'), "");
        // Nothing writes so much; it would not be cut inside a character.
        let mut full = Short::of(&"x".repeat(63));
        full.push("yz");
        full.two(1);
        full.byte(b'z');
        full.byte(b'z');
        assert_eq!(&*full, format!("{}z", "x".repeat(63)));
    }
}
