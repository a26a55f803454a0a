//! What has to be known to tell how a column's values are written: what the catalog says of its type,
//! and what holds for the session. Plain data.

use crate::types::zone::Clock;

/// What the catalog says of a column's type (`information_schema.COLUMNS`, "The INFORMATION_SCHEMA
/// COLUMNS Table" of the manual).
#[derive(Debug, Clone, Copy, Default)]
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
    /// `SRS_ID`: the spatial reference system that MySQL 8 and 9 hold a geometry to. Other servers
    /// have no such column.
    pub(crate) srid: Option<u32>,
    /// Whether that system counts a latitude before a longitude.
    pub(crate) latitude_first: bool,
    /// Whether the server makes NULL of a collection within a collection, as MariaDB does.
    pub(crate) is_flat: bool,
    /// Whether the server knows which axis of a reference comes first, as MySQL 8 and 9 do.
    pub(crate) knows_axes: bool,
    /// Whether a check of the column says `json_valid`: what MariaDB makes of `JSON`.
    pub(crate) is_json_text: bool,
}

/// What the forms of a session depend on.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    /// Decimal places of a second that a JSON number counts: `unix.precision`.
    pub(crate) unix_places: u8,
    /// `db.timezone`, and the session's offset.
    pub(crate) clock: Clock,
}
