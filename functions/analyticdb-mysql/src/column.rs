//! What is known of a table's columns when a batch is encoded. Plain data: the catalog fills it in.

/// What the catalog says of a column's type (`information_schema.COLUMNS`, "The INFORMATION_SCHEMA
/// COLUMNS Table" of the manual).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Described<'a> {
    /// `DATA_TYPE`: `int`, `varchar`, `datetime` …
    pub(crate) data_type: &'a str,
    /// `COLUMN_TYPE`: `int(10) unsigned`, `enum('a','b')` …
    pub(crate) column_type: &'a str,
    /// `CHARACTER_MAXIMUM_LENGTH`, in characters for text and in bytes for bytes.
    pub(crate) characters: Option<u64>,
    /// `CHARACTER_OCTET_LENGTH`.
    pub(crate) octets: Option<u64>,
    /// `NUMERIC_PRECISION`, of a BIT its bits.
    pub(crate) precision: Option<u64>,
    /// `NUMERIC_SCALE`.
    pub(crate) scale: Option<u64>,
    /// `DATETIME_PRECISION`: decimal places of a second.
    pub(crate) places: Option<u64>,
    /// `CHARACTER_SET_NAME`; none for what is no text.
    pub(crate) charset: Option<&'a str>,
    /// `COLLATION_NAME`.
    pub(crate) collation: Option<&'a str>,
    pub(crate) srid: Option<u32>,
    pub(crate) latitude_first: bool,
    /// Whether a check of the column says `json_valid`: what MariaDB makes of `JSON`.
    pub(crate) is_json_text: bool,
}

/// A column as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct ColumnType {
    pub(crate) name: String,
    /// The type as the server spells it, for people.
    pub(crate) shown: String,
    /// Whether leaving it out of an insert is an error.
    pub(crate) required: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) unix_places: u8,
    pub(crate) clock: crate::zone::Clock,
}
impl ColumnType {
    pub(crate) fn of(name: &str, described: Described<'_>, required: bool, _: &Terms) -> Self {
        Self { name: name.to_owned(), shown: described.column_type.to_owned(), required }
    }
    pub(crate) fn around(&self) -> (&'static str, &str) {
        ("", "")
    }
}
