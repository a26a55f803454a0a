//! Options for what records do not say about their values.

use crate::options::epoch::UNIX_PRECISION;
use crate::options::placeholder::Placeholder;
use crate::options::settings::{Opt, Settings};

/// `json.text.columns`
pub const JSON_TEXT_COLUMNS: Opt = Opt::new(
    "json.text.columns",
    "Columns of JSON documents, comma-separated, `*` for all of them, whose text is the document itself: MariaDB's JSON through Debezium, the JSON of a change event without a schema, an outbox's payload. If text in such a column is not JSON, the record is refused. In other columns of JSON documents a text is a JSON string; in a change event without a schema it is refused unless this option is set, `none` included.",
);
/// `decimal.handling.mode`
pub const DECIMAL_HANDLING: Opt = Opt::new(
    "decimal.handling.mode",
    "How Debezium sends decimals (its option of the same name), for change events without a schema. `precise`: as base64, so a text that may be base64 is refused in a column of numbers; `string`, `double`: text is digits.",
)
.or("precise");
/// `binary.handling.mode`
pub const BINARY_HANDLING: Opt = Opt::new(
    "binary.handling.mode",
    "How Debezium sends bytes (its option of the same name). `bytes`: as bytes, so a column of bytes refuses what a schema declares as a string; `base64`, `base64-url-safe`, `hex`: as text in that code, for strings that a schema declares and for change events without a schema.",
)
.or("bytes");

/// How bytes are written in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteText {
    /// Not at all: a declared string is not bytes.
    Undeclared,
    Base64,
    Base64UrlSafe,
    Hex,
}

/// The columns whose text is a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonText {
    /// The option is not set.
    Unset,
    /// The text of these columns, in lower case.
    Of(Vec<String>),
    All,
}

/// What the options say about values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The placeholder for a value that was not sent.
    pub(crate) placeholder: Placeholder,
    pub(crate) json_text: JsonText,
    /// Whether text in a column of numbers is digits, even where it may be base64.
    pub(crate) text_is_digits: bool,
    pub(crate) bytes: ByteText,
    /// Whether `unix.precision` is set.
    pub(crate) knows_unix: bool,
}

impl Reading {
    /// Reads the options, and notes every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let names = settings.list(&JSON_TEXT_COLUMNS);
        let json_text = match names.as_slice() {
            [] => JsonText::Unset,
            [all] if all == "*" => JsonText::All,
            [none] if none == "none" => JsonText::Of(Vec::new()),
            names => JsonText::Of(names.iter().map(|name| name.to_lowercase()).collect()),
        };
        Self {
            placeholder: Placeholder::from_settings(settings),
            json_text,
            text_is_digits: settings.choice(
                &DECIMAL_HANDLING,
                &[("precise", false), ("string", true), ("double", true)],
            ),
            bytes: settings.choice(
                &BINARY_HANDLING,
                &[
                    ("bytes", ByteText::Undeclared),
                    ("base64", ByteText::Base64),
                    ("base64-url-safe", ByteText::Base64UrlSafe),
                    ("hex", ByteText::Hex),
                ],
            ),
            knows_unix: settings.given(&UNIX_PRECISION).is_some(),
        }
    }

    /// Whether text for a column of documents is the document.
    pub(crate) fn is_document(&self, column: &str) -> bool {
        match &self.json_text {
            JsonText::Unset => false,
            JsonText::All => true,
            JsonText::Of(names) => names.contains(&column.to_lowercase()),
        }
    }

    /// The same, where the column is named.
    pub(crate) fn names_document(&self, column: &str) -> bool {
        matches!(self.json_text, JsonText::Of(_)) && self.is_document(column)
    }
}
