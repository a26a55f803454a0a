//! The options that say how values are written.

use sluice_bridge::options::{Opt, Settings};
use sluice_source::options::formats::{Format, Formats};

/// `zero.dates`
pub(crate) const ZERO_DATES: Opt = Opt::new(
    "zero.dates",
    "What becomes of a date that is not in the calendar, such as `0000-00-00` or `2026-00-15`: `text` writes it as it is, `null` writes null, `error` is a row that cannot be written (`errors.tolerance`). Where a date is a number, with a declared type or by `timestamp.granularity`, `text` is `error`.",
)
.or("text");
/// `tinyint1.as.boolean`
pub(crate) const TINYINT1: Opt = Opt::new(
    "tinyint1.as.boolean",
    "Whether TINYINT(1) is written as `true` or `false`. A value other than 0 and 1 is then a row that cannot be written (`errors.tolerance`).",
)
.or("false");
/// `timestamp.granularity`
pub(crate) const GRANULARITY: Opt = Opt::new(
    "timestamp.granularity",
    "How DATETIME and TIMESTAMP are written. `connect_logical`: as text in `json`; in the other formats as Connect's `Timestamp` up to 3 digits of a second, and as Debezium's `MicroTimestamp` above, so that no digit is lost; in `protobuf` always as `google.protobuf.Timestamp`. `micros_long`, `nanos_long`: as a count since 1970; `micros_string`, `nanos_string`: the same as text; `micros_iso_datetime_string`, `nanos_iso_datetime_string`: as text with 6 or 9 digits of a second and without a zone. Counts of a DATETIME read it in the zone of `db.timezone`.",
)
.or("connect_logical");
/// `decimal.format`
pub(crate) const DECIMAL_FORMAT: Opt = Opt::new(
    "decimal.format",
    "How `json-envelope` and `json-schema` hold DECIMAL and BIGINT UNSIGNED: `BASE64`, Kafka Connect's default, or `NUMERIC`, as a number. In `json` they are always numbers.",
)
.or("BASE64");

/// What becomes of a date that is not in the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ZeroDates {
    Text,
    Null,
    Error,
}

/// How a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Granularity {
    /// As the format does.
    Logical,
    /// As a count, perhaps as text.
    Count { nanos: bool, quoted: bool },
    /// As text with so many digits of a second.
    Iso(u8),
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) key: Format,
    pub(crate) value: Format,
    /// Whether a schema may have other names than the table and its columns.
    pub(crate) scrubs: bool,
    pub(crate) zero_dates: ZeroDates,
    pub(crate) has_booleans: bool,
    pub(crate) granularity: Granularity,
    /// Whether an envelope, or a value with a JSON Schema, holds decimals as numbers.
    pub(crate) has_numeric: bool,
    /// The zone of a DATETIME, in microseconds east of UTC.
    pub(crate) zone: i64,
}

impl Style {
    /// Reads the options and notes every problem. `zone` is that of `db.timezone`.
    pub(crate) fn from_settings(settings: &mut Settings, formats: Formats, zone: i64) -> Self {
        use Granularity::{Count, Iso, Logical};
        let granularities = [
            ("connect_logical", Logical),
            ("micros_long", Count { nanos: false, quoted: false }),
            ("micros_string", Count { nanos: false, quoted: true }),
            ("micros_iso_datetime_string", Iso(6)),
            ("nanos_long", Count { nanos: true, quoted: false }),
            ("nanos_string", Count { nanos: true, quoted: true }),
            ("nanos_iso_datetime_string", Iso(9)),
        ];
        let zero_dates =
            [("text", ZeroDates::Text), ("null", ZeroDates::Null), ("error", ZeroDates::Error)];
        Self {
            key: formats.key,
            value: formats.value,
            scrubs: formats.scrubs,
            zero_dates: settings.choice(&ZERO_DATES, &zero_dates),
            has_booleans: settings.flag(&TINYINT1),
            granularity: settings.choice(&GRANULARITY, &granularities),
            has_numeric: settings.choice(&DECIMAL_FORMAT, &[("BASE64", false), ("NUMERIC", true)]),
            zone,
        }
    }
}
