//! JSON strings: where one ends, and what its escapes mean.

use bumpalo::Bump;

use crate::json::syntax::Syntax;

/// The inside of a JSON string, without its quotes and not yet unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'e> {
    text: &'e str,
    /// How many escapes it has. It is one machine word wide, because values like these are copied
    /// often, and a value with padding is copied more slowly.
    escapes: usize,
}

impl<'e> Raw<'e> {
    /// Text without escapes; a backslash is a plain character.
    #[must_use]
    pub fn plain(text: &'e str) -> Self {
        Self { text, escapes: 0 }
    }

    /// The string's characters; copied into the arena only if it holds an escape.
    ///
    /// # Errors
    /// A lone surrogate (`"\ud800"`), which is not a character.
    #[inline(always)]
    pub fn unescape(self, arena: &'e Bump) -> Result<&'e str, Syntax> {
        if self.escapes == 0 { Ok(self.text) } else { self.unescape_into(arena) }
    }

    #[inline(never)]
    fn unescape_into(self, arena: &'e Bump) -> Result<&'e str, Syntax> {
        let room = arena.alloc_slice_fill_copy(self.text.len(), 0);
        let length = unescape(self.text, room)?;
        Ok(text_of(&room[..length]))
    }

    /// The same as an owned string, for callers without an arena.
    ///
    /// # Errors
    /// A lone surrogate.
    pub fn to_text(self) -> Result<String, Syntax> {
        if self.escapes == 0 { Ok(self.text.to_owned()) } else { unescaped(self.text) }
    }

    /// Checks that it is valid text.
    ///
    /// # Errors
    /// A lone surrogate.
    pub(crate) fn check(self) -> Result<(), Syntax> {
        if self.escapes == 0 { Ok(()) } else { unescaped(self.text).map(drop) }
    }

    /// Whether it spells these characters.
    pub(crate) fn is(self, text: &str) -> bool {
        match self.escapes {
            0 => self.text == text,
            _ => unescaped(self.text).is_ok_and(|own| own == text),
        }
    }

    /// As it is written between the quotes.
    #[must_use]
    pub fn as_written(self) -> &'e str {
        self.text
    }
}

/// Reads the string whose opening quote is before `at`; also returns where it ends.
///
/// # Errors
/// A raw control character, a malformed escape, no end.
#[inline(always)]
pub(crate) fn read(text: &str, at: usize) -> Result<(Raw<'_>, usize), Syntax> {
    let end = plain_until(text.as_bytes(), at);
    if text.as_bytes().get(end) == Some(&b'"') {
        return Ok((Raw { text: &text[at..end], escapes: 0 }, end + 1));
    }
    read_escaped(text, at, end)
}

/// The same, but returns only where the string ends.
///
/// # Errors
/// As [`read`].
#[inline(always)]
pub(crate) fn pass(text: &str, at: usize) -> Result<usize, Syntax> {
    let end = plain_until(text.as_bytes(), at);
    if text.as_bytes().get(end) == Some(&b'"') {
        return Ok(end + 1);
    }
    read_escaped(text, at, end).map(|(_, end)| end)
}

/// The same if the byte at `end` is neither a plain character nor the closing quote.
#[inline(never)]
fn read_escaped(text: &str, at: usize, mut end: usize) -> Result<(Raw<'_>, usize), Syntax> {
    let bytes = text.as_bytes();
    let mut escapes = 0;
    loop {
        let what = match bytes.get(end) {
            Some(b'"') => return Ok((Raw { text: &text[at..end], escapes }, end + 1)),
            Some(b'\\') => match escape_length(&bytes[end..]) {
                Some(length) => {
                    escapes += 1;
                    end = plain_until(bytes, end + length);
                    continue;
                }
                None => "a string has an invalid escape sequence",
            },
            Some(_) => "a string has a control character that is not escaped",
            None => "the text ends inside a string",
        };
        return Err(Syntax { at: end, what });
    }
}

fn escape_length(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => bytes.get(2..6)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// The index of the first quote, backslash or control character from `at` on, eight bytes at
/// a time. The lowest flagged byte of a word is always a true hit, so a false one above it
/// does no harm.
#[inline(always)]
fn plain_until(bytes: &[u8], mut at: usize) -> usize {
    let equals = |word: u64, byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference
    };
    while let Some(eight) = bytes[at..].first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let hits = (equals(word, b'"') | equals(word, b'\\') | control) & HIGHS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| *byte >= 0x20 && *byte != b'"' && *byte != b'\\') {
        at += 1;
    }
    at
}

const LONE: Syntax = Syntax { at: 0, what: "a string has a lone surrogate" };

fn unescaped(text: &str) -> Result<String, Syntax> {
    let mut room = vec![0; text.len()];
    let length = unescape(text, &mut room)?;
    Ok(text_of(&room[..length]).to_owned())
}

/// Pieces of text and whole characters, which are text.
fn text_of(written: &[u8]) -> &str {
    let text = simdutf8::basic::from_utf8(written);
    debug_assert!(text.is_ok());
    text.unwrap_or_default()
}

/// Replaces the escapes of a string whose escapes were checked while it was read. Returns how much of
/// `room` it took, which is as large as the text: an escape is never shorter than what it stands for.
fn unescape(text: &str, room: &mut [u8]) -> Result<usize, Syntax> {
    let bytes = text.as_bytes();
    let (mut at, mut to) = (0, 0);
    loop {
        // Values within an event have an escape every few bytes, so that calls would be most of the work.
        while let (Some(eight), Some(place)) =
            (bytes[at..].first_chunk::<8>(), room[to..].first_chunk_mut::<8>())
        {
            *place = *eight;
            let difference = u64::from_le_bytes(*eight) ^ (ONES * u64::from(b'\\'));
            let hits = difference.wrapping_sub(ONES) & !difference & HIGHS;
            let plain = if hits == 0 { 8 } else { (hits.trailing_zeros() / 8) as usize };
            (at, to) = (at + plain, to + plain);
            if hits != 0 {
                break;
            }
        }
        while let Some(&byte) = bytes.get(at).filter(|byte| **byte != b'\\') {
            room[to] = byte;
            (at, to) = (at + 1, to + 1);
        }
        if at == bytes.len() {
            return Ok(to);
        }
        let (character, length) = escape(&text[at..]).ok_or(LONE)?;
        to += character.encode_utf8(&mut room[to..]).len();
        at += length;
    }
}

/// The character that an escape at the beginning of a text stands for, and the escape's length; `None` for a
/// lone surrogate.
#[inline]
fn escape(text: &str) -> Option<(char, usize)> {
    let letter = text.as_bytes()[1];
    let short = match letter {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return long(text),
        same => char::from(same),
    };
    Some((short, 2))
}

/// The same of an escape with digits, or of two that are one character.
fn long(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u32::from_str_radix(text.get(at..at + 4)?, 16).ok();
    let high = unit(2)?;
    if !(0xD800..0xDC00).contains(&high) {
        return char::from_u32(high).map(|character| (character, 6));
    }
    let low = if text.get(6..8) == Some("\\u") { unit(8)? } else { return None };
    let low = low.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + ((high - 0xD800) << 10) + low).map(|character| (character, 12))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::json::scanner::Scanner;

    #[test]
    fn a_lone_surrogate_is_no_text() {
        for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800x""#] {
            let raw = Scanner::new(text).string().unwrap();
            assert!(raw.to_text().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn strings_come_back(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            let raw = Scanner::new(&written).string().unwrap();
            prop_assert_eq!(raw.to_text().unwrap(), text.as_str());
            let ascii: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let quoted = format!("\"{ascii}\"");
            let raw = Scanner::new(&quoted).string().unwrap();
            prop_assert_eq!(raw.to_text().unwrap(), text.as_str());
        }
    }
}
