//! Which texts of a column are equal to the server, as far as this is known without a query: for ASCII in the
//! common collations, and for any text in binary collations. All else is left to the server, because
//! languages have digraphs (`ch`, `aa`) and variants of letters, and control characters are ignored.

/// How a collation compares text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparison {
    knows: KnownTexts,
    /// Whether `a` and `A` are equal.
    folds_case: bool,
    /// Whether trailing blanks are ignored: "Trailing Space Handling in Comparisons" of the manual.
    pads: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KnownTexts {
    Nothing,
    Ascii,
    Everything,
}

/// Character sets into which Unicode text converts one to one. In others, several characters may become one.
const UNICODE: [&str; 7] = ["utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32"];
/// The rest of a collation's name, after a Unicode character set, for collations without language rules.
const OF_NO_LANGUAGE: [&str; 9] = [
    "general_ci",
    "unicode_ci",
    "unicode_520_ci",
    "0900_ai_ci",
    "0900_as_ci",
    "0900_as_cs",
    "uca1400_ai_ci",
    "uca1400_as_ci",
    "uca1400_as_cs",
];
const OTHERS: [&str; 4] =
    ["latin1_swedish_ci", "latin1_general_ci", "latin1_general_cs", "ascii_general_ci"];

impl Comparison {
    /// From `COLLATION_NAME`.
    pub(crate) fn of(collation: &str) -> Self {
        let pads = !collation.contains("nopad") && !collation.contains("_0900_");
        let plain = collation.replace("_nopad", "");
        let (charset, rest) = plain.split_once('_').unwrap_or_default();
        let is_unicode = UNICODE.contains(&charset);
        let knows = match rest {
            "bin" | "0900_bin" if is_unicode => KnownTexts::Everything,
            // `swe7` has letters in place of some ASCII characters.
            "bin" if charset != "swe7" => KnownTexts::Ascii,
            _ if is_unicode && OF_NO_LANGUAGE.contains(&rest) => KnownTexts::Ascii,
            _ if OTHERS.contains(&plain.as_str()) => KnownTexts::Ascii,
            _ => KnownTexts::Nothing,
        };
        Self { knows, folds_case: rest.ends_with("_ci"), pads }
    }

    /// Whether [`Comparison::part`] is the same for all texts that are equal to this one.
    pub(crate) fn knows(self, text: &str) -> bool {
        match self.knows {
            KnownTexts::Nothing => false,
            KnownTexts::Ascii => text.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            KnownTexts::Everything => true,
        }
    }

    /// The part of a text that is compared, and whether its case is ignored.
    pub(crate) fn compared_part(self, text: &str) -> (&str, bool) {
        (if self.pads { text.trim_end_matches(' ') } else { text }, self.folds_case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collations_are_known_by_name() {
        for (collation, text, part) in [
            ("utf8mb4_general_ci", "aB  ", ("aB", true)),
            ("utf8mb4_0900_ai_ci", "aB  ", ("aB  ", true)),
            ("utf8mb4_0900_as_cs", "aB ", ("aB ", false)),
            ("utf8mb4_uca1400_ai_ci", "a ", ("a", true)),
            ("utf8mb4_uca1400_nopad_as_ci", "a ", ("a ", true)),
            ("utf8mb4_bin", "é\t ", ("é\t", false)),
            ("utf8mb4_0900_bin", "é ", ("é ", false)),
            ("utf8mb3_nopad_bin", "é ", ("é ", false)),
            ("latin1_swedish_ci", "a ", ("a", true)),
            ("sjis_bin", "a ", ("a", false)),
        ] {
            let comparison = Comparison::of(collation);
            assert!(comparison.knows(text), "{collation}");
            assert_eq!(comparison.compared_part(text), part, "{collation}");
        }
        for (collation, text) in [
            ("utf8mb4_general_ci", "é"),
            ("utf8mb4_0900_ai_ci", "a\t"),
            ("sjis_bin", "é"),
            ("utf8mb4_czech_ci", "a"),
            ("utf8mb4_es_trad_0900_ai_ci", "a"),
            ("latin1_danish_ci", "a"),
            ("swe7_bin", "a"),
            ("", "a"),
        ] {
            assert!(!Comparison::of(collation).knows(text), "{collation}");
        }
    }
}
