//! The input for deciding how a column's values are encoded: the catalog's description of the type, and
//! settings of the session. Plain data.

use crate::types::zone::SessionClock;

/// The catalog's description of a column's type (`information_schema.COLUMNS`, "The INFORMATION_SCHEMA
/// COLUMNS Table" of the manual).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CatalogType<'a> {
    /// `DATA_TYPE`: `int`, `varchar`, `datetime` …
    pub(crate) data_type: &'a str,
    /// `COLUMN_TYPE`: `int(10) unsigned`, `enum('a','b')` …
    pub(crate) column_type: &'a str,
    /// `CHARACTER_MAXIMUM_LENGTH`: characters for text, bytes for binary types.
    pub(crate) characters: Option<u64>,
    /// `CHARACTER_OCTET_LENGTH`.
    pub(crate) octets: Option<u64>,
    /// `NUMERIC_PRECISION`; for BIT the number of bits.
    pub(crate) precision: Option<u64>,
    /// `NUMERIC_SCALE`.
    pub(crate) scale: Option<u64>,
    /// `DATETIME_PRECISION`: decimal places of a second.
    pub(crate) places: Option<u64>,
    /// `CHARACTER_SET_NAME`; `None` for types that are not text.
    pub(crate) charset: Option<&'a str>,
    /// `COLLATION_NAME`.
    pub(crate) collation: Option<&'a str>,
    /// `SRS_ID`: the spatial reference system that MySQL 8 and 9 require in the column. Other servers do not
    /// have it.
    pub(crate) srid: Option<u32>,
    /// Whether the latitude comes before the longitude in this system.
    pub(crate) latitude_first: bool,
    /// Whether the server is MariaDB, which stores NULL for a collection within a collection.
    pub(crate) is_mariadb: bool,
    /// Whether the server has the `axis-order` option, as MySQL 8 and 9 do.
    pub(crate) has_axis_order: bool,
    /// Whether a check constraint of the column uses `json_valid`, which is how MariaDB implements `JSON`.
    pub(crate) is_json_text: bool,
}

/// The session's settings for converting values.
#[derive(Debug, Clone)]
pub(crate) struct ConversionSettings {
    /// The decimal places of a second in a JSON number: `unix.precision`.
    pub(crate) unix_places: u8,
    /// `db.timezone` and the session's offset.
    pub(crate) clock: SessionClock,
}
