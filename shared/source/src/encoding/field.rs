//! What a field of a record is, in the terms of Kafka Connect and of Debezium.
//!
//! Types: `org.apache.kafka.connect.data`, and those of `io.debezium` where Connect's own would lose digits or bits.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 8 bits.
    Int8,
    /// 16 bits.
    Int16,
    /// 32 bits.
    Int32,
    /// 64 bits.
    Int64,
    /// 64 bits without a sign: only in Protobuf, for Connect has no such type.
    Unsigned,
    /// A float of 32 bits.
    Float,
    /// A float of 64 bits.
    Double,
    /// True or false.
    Boolean,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A decimal.
    Decimal {
        /// Its digits in all.
        precision: u32,
        /// Those behind the point.
        scale: u32,
    },
    /// Days since 1970.
    Date,
    /// Milliseconds since 1970.
    Timestamp,
    /// Microseconds since 1970.
    MicroTimestamp,
    /// A span in microseconds.
    MicroTime,
    /// A JSON document as text.
    Json,
    /// So many bits as bytes, the lowest first.
    Bits(u32),
    /// Well-known binary, and a spatial reference that may be null.
    Geometry,
    /// A list of floats of 32 bits.
    Floats,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name: the column's.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub is_optional: bool,
}

/// The name of Connect's decimals.
pub(super) const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";
/// The name of Debezium's geometries.
pub(super) const GEOMETRY: &str = "io.debezium.data.geometry.Geometry";

impl Kind {
    /// Connect's own type.
    pub(super) fn connect(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 | Self::Date => "int32",
            Self::Int64
            | Self::Unsigned
            | Self::Timestamp
            | Self::MicroTimestamp
            | Self::MicroTime => "int64",
            Self::Float => "float",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Text | Self::Json => "string",
            Self::Bytes | Self::Decimal { .. } | Self::Bits(_) => "bytes",
            Self::Geometry => "struct",
            Self::Floats => "array",
        }
    }

    /// The name of the logical type, whose version is always 1.
    pub(super) fn logical(self) -> Option<&'static str> {
        match self {
            Self::Decimal { .. } => Some(DECIMAL),
            Self::Date => Some("org.apache.kafka.connect.data.Date"),
            Self::Timestamp => Some("org.apache.kafka.connect.data.Timestamp"),
            Self::MicroTimestamp => Some("io.debezium.time.MicroTimestamp"),
            Self::MicroTime => Some("io.debezium.time.MicroTime"),
            Self::Json => Some("io.debezium.data.Json"),
            Self::Bits(_) => Some("io.debezium.data.Bits"),
            Self::Geometry => Some(GEOMETRY),
            _ => None,
        }
    }

    /// The parameters of the logical type.
    pub(super) fn parameters(self) -> Vec<(&'static str, String)> {
        match self {
            Self::Decimal { precision, scale } => vec![
                ("scale", scale.to_string()),
                ("connect.decimal.precision", precision.to_string()),
            ],
            Self::Bits(length) => vec![("length", length.to_string())],
            _ => Vec::new(),
        }
    }
}
