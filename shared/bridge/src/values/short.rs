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
    #[inline]
    pub(crate) fn new() -> Self {
        Self { bytes: [0; MOST_BYTES], length: 0 }
    }

    #[inline]
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

    #[inline]
    fn put(&mut self, at: usize, byte: u8) {
        if let Some(place) = self.bytes.get_mut(at) {
            *place = byte;
        }
    }

    /// Two digits in the place of two characters that are there.
    #[inline]
    pub(crate) fn put_two(&mut self, at: usize, number: u32) {
        let tens = number / 10;
        self.put(at, b'0' + tens as u8);
        self.put(at + 1, b'0' + (number - 10 * tens) as u8);
    }

    /// Removes these bytes at its end.
    #[inline]
    pub(crate) fn trim(&mut self, last: u8) {
        while self.bytes[..self.length].last() == Some(&last) {
            self.length -= 1;
        }
    }

    /// The same of a copy.
    #[inline]
    pub(crate) fn without(mut self, last: u8) -> Self {
        self.trim(last);
        self
    }
}

impl Deref for Short {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        // What follows is ASCII too, and sixteen bytes at a time are checked faster than a few alone.
        let end = self.length.next_multiple_of(16).min(MOST_BYTES);
        let text = std::str::from_utf8(&self.bytes[..end]).unwrap_or_default();
        text.get(..self.length).unwrap_or_default()
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
        let mut clock = Short::of("00:00");
        clock.put_two(3, 59);
        assert_eq!(&*clock, "00:59");
        // Nothing writes so much; it would not be cut inside a character.
        let mut full = Short::of(&"x".repeat(63));
        full.push("yz");
        full.two(1);
        full.byte(b'z');
        full.byte(b'z');
        assert_eq!(&*full, format!("{}z", "x".repeat(63)));
    }
}
