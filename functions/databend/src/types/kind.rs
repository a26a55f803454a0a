//! What a type holds, and so how its values are written.

use sluice_bridge::model::table::Takes;

/// What a type holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    /// An integer between these two.
    Integer {
        min: i64,
        max: u64,
    },
    Decimal {
        precision: u32,
        scale: u32,
    },
    /// 32 bits of floating point.
    Single,
    /// 64 bits of floating point.
    Double,
    Text,
    Binary,
    Date,
    /// A moment, in microseconds.
    Timestamp,
    /// A moment with the offset it was given with.
    ZonedTimestamp,
    Variant,
    Array(Box<Kind>),
    /// Its keys and its values.
    Map(Box<Kind>, Box<Kind>),
    Tuple(Vec<Kind>),
    /// Within one of the others: it may be null.
    Nullable(Box<Kind>),
    /// This number of 32-bit floats.
    Vector(u32),
    Geometry,
    Geography,
    Bitmap,
    Interval,
    /// Any other type. It is written as text, which the server reads.
    Other,
}

impl Kind {
    /// Whether only the server knows if it takes a value.
    pub(crate) fn is_judged_by_server(&self) -> bool {
        match self {
            Self::Geometry | Self::Geography | Self::Interval | Self::Other => true,
            Self::Tuple(fields) => fields.iter().any(Self::is_judged_by_server),
            Self::Nullable(kind) => kind.is_judged_by_server(),
            _ => false,
        }
    }

    /// Whether its texts have no comma, quote or line break, and none is empty.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Boolean
                | Self::Integer { .. }
                | Self::Decimal { .. }
                | Self::Single
                | Self::Double
                | Self::Date
                | Self::Timestamp
                | Self::ZonedTimestamp
        )
    }

    /// Whether its values are written as JSON.
    pub(crate) fn is_json(&self) -> bool {
        matches!(
            self,
            Self::Variant | Self::Array(_) | Self::Map(..) | Self::Tuple(_) | Self::Vector(_)
        )
    }

    /// Whether a moment with an offset is in it.
    pub(crate) fn has_zone(&self) -> bool {
        match self {
            Self::ZonedTimestamp => true,
            Self::Array(kind) | Self::Nullable(kind) | Self::Map(_, kind) => kind.has_zone(),
            Self::Tuple(fields) => fields.iter().any(Self::has_zone),
            _ => false,
        }
    }

    /// Whether the server can read a value of this kind, which may have others inside, from JSON.
    pub(crate) fn is_writable(&self) -> bool {
        match self {
            Self::Array(item) => item.is_cast_from_json(),
            Self::Map(key, value) => **key == Self::Text && value.is_cast_from_json(),
            Self::Tuple(fields) => fields.iter().all(Self::is_writable),
            Self::Nullable(kind) => kind.is_writable(),
            _ => true,
        }
    }

    /// Whether the server casts an item of a JSON document to it.
    fn is_cast_from_json(&self) -> bool {
        match self {
            Self::Array(_) | Self::Map(..) => self.is_writable(),
            Self::Nullable(kind) => kind.is_cast_from_json(),
            Self::Tuple(_) | Self::Vector(_) | Self::Binary | Self::Bitmap => false,
            kind => !kind.is_judged_by_server(),
        }
    }

    /// The type in SQL; `None` for one that this connector does not know.
    pub(crate) fn sql(&self) -> Option<String> {
        let named = match self {
            Self::Boolean => "BOOLEAN",
            Self::Integer { min: 0, max } => return Some(format!("{} UNSIGNED", integer(*max))),
            Self::Integer { max, .. } => integer(max * 2 + 1),
            Self::Single => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Text => "VARCHAR",
            Self::Binary => "BINARY",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP",
            Self::ZonedTimestamp => "TIMESTAMP_TZ",
            Self::Variant => "VARIANT",
            Self::Geometry => "GEOMETRY",
            Self::Geography => "GEOGRAPHY",
            Self::Bitmap => "BITMAP",
            Self::Interval => "INTERVAL",
            Self::Decimal { precision, scale } => {
                return Some(format!("DECIMAL({precision}, {scale})"));
            }
            Self::Array(item) => return Some(format!("ARRAY({})", item.inner_sql()?)),
            Self::Map(key, value) => {
                return Some(format!("MAP({}, {})", key.sql()?, value.inner_sql()?));
            }
            Self::Vector(length) => return Some(format!("VECTOR({length})")),
            Self::Tuple(_) | Self::Nullable(_) | Self::Other => return None,
        };
        Some(named.to_owned())
    }

    fn inner_sql(&self) -> Option<String> {
        match self {
            Self::Nullable(kind) => Some(format!("{} NULL", kind.sql()?)),
            kind => Some(format!("{} NOT NULL", kind.sql()?)),
        }
    }

    /// What kind of values a column takes, and whether it is an array of these.
    pub(crate) fn takes(&self) -> (Takes, bool) {
        let takes = match self {
            Self::Array(item) => return (item.takes().0, true),
            Self::Integer { .. } | Self::Decimal { .. } | Self::Single | Self::Double => {
                Takes::Numbers
            }
            Self::Text => Takes::Text,
            Self::Binary => Takes::Bytes,
            Self::Date | Self::Timestamp | Self::ZonedTimestamp => Takes::Moments,
            Self::Variant | Self::Map(..) | Self::Tuple(_) => Takes::Documents,
            Self::Nullable(kind) => return kind.takes(),
            Self::Geometry | Self::Geography => Takes::Geometries,
            _ => Takes::Any,
        };
        (takes, false)
    }
}

/// The name of the integers with this largest value without a sign.
fn integer(max: u64) -> &'static str {
    match max {
        0xff => "TINYINT",
        0xffff => "SMALLINT",
        0xffff_ffff => "INT",
        _ => "BIGINT",
    }
}
