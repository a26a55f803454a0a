//! The maximum length of text in a column. If only blanks are too much, the server cuts them without an
//! error, also in strict mode.

/// A column's maximum length and its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextLimit {
    pub(crate) max: u64,
    pub(crate) unit: LengthUnit,
}

/// The unit of a length. The length of text in bytes depends on its character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthUnit {
    /// Characters.
    Characters,
    /// Bytes of UTF-8, which are sent as they are.
    Utf8,
    /// Bytes of UTF-16.
    Utf16,
    /// Bytes of UTF-32.
    Utf32,
    /// Bytes of a character set with one byte for ASCII and up to four for other characters.
    Mixed,
}

impl LengthUnit {
    /// The unit of the TEXT types, from `CHARACTER_SET_NAME`.
    pub(crate) fn of(charset: &str) -> Self {
        match charset {
            "utf8mb4" | "utf8mb3" | "utf8" => LengthUnit::Utf8,
            "ucs2" | "utf16" | "utf16le" => LengthUnit::Utf16,
            "utf32" => LengthUnit::Utf32,
            "big5" | "gbk" | "gb2312" | "gb18030" | "sjis" | "cp932" | "euckr" | "ujis"
            | "eucjpms" => LengthUnit::Mixed,
            // All other character sets have one byte per character.
            _ => LengthUnit::Characters,
        }
    }
}

impl TextLimit {
    /// Whether text is too long, unless the server itself reports that.
    #[inline]
    pub(crate) fn is_exceeded(self, text: &str) -> bool {
        let most_for_a_byte = match self.unit {
            LengthUnit::Characters | LengthUnit::Utf8 => 1,
            LengthUnit::Utf16 | LengthUnit::Mixed => 2,
            LengthUnit::Utf32 => 4,
        };
        (text.len() as u64).saturating_mul(most_for_a_byte) > self.max
            && self.length(text) > self.max
    }

    fn length(self, text: &str) -> u64 {
        let characters = || text.chars().count() as u64;
        match self.unit {
            LengthUnit::Utf8 => text.len() as u64,
            LengthUnit::Characters => characters(),
            LengthUnit::Utf16 => 2 * text.encode_utf16().count() as u64,
            LengthUnit::Utf32 => 4 * characters(),
            // Only trailing blanks would be cut without an error.
            LengthUnit::Mixed if !text.ends_with(' ') => 0,
            LengthUnit::Mixed => {
                let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
                ascii + 4 * (characters() - ascii)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_long_as_its_character_set_makes_it() {
        let holds = |charset, max, text| {
            !TextLimit { max, unit: LengthUnit::of(charset) }.is_exceeded(text)
        };
        assert!(holds("utf8mb4", 4, "aé ") && !holds("utf8mb4", 3, "aé "));
        assert!(holds("latin1", 3, "aé ") && !holds("latin1", 2, "aé "));
        assert!(holds("utf16", 4, "𝄞") && !holds("utf16", 3, "𝄞"));
        assert!(holds("utf32", 4, "a") && !holds("utf32", 3, "a"));
        assert!(holds("gbk", 2, "ab€") && !holds("gbk", 2, "ab "));
        let characters = TextLimit { max: 3, unit: LengthUnit::Characters };
        assert!(!characters.is_exceeded("𝄞𝄞𝄞") && characters.is_exceeded("abc "));
    }
}
