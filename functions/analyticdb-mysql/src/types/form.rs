//! How the values of a type are encoded, and the properties of the type that this needs.

use crate::types::catalog_type::{CatalogType, ConversionSettings};
use crate::types::collation::Comparison;
use crate::types::digits::DecimalLimits;
use crate::types::enum_labels;
use crate::types::spatial_reference::SpatialReference;
use crate::types::text_limit::{LengthUnit, TextLimit};
use crate::types::zone::SessionClock;

/// How the values of a column are encoded.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) codec: Codec,
    /// Which texts are equal.
    pub(crate) comparison: Comparison,
    /// Whether the column drops trailing blanks.
    pub(crate) is_char: bool,
    /// The decimal places of a second in the type.
    pub(crate) places: u32,
    /// The decimal places of a second in a JSON number.
    pub(crate) unix_places: u8,
    pub(crate) clock: SessionClock,
}

/// The encoding of a type's values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Codec {
    /// An integer between these two.
    Integer {
        min: i64,
        max: u64,
    },
    /// The same for `TINYINT(1)`, which is the server's boolean type.
    Bool {
        min: i64,
        max: u64,
    },
    Decimal(DecimalLimits),
    /// `FLOAT`, and the digits of a `FLOAT(M,D)`.
    Float(Option<DecimalLimits>),
    Double(Option<DecimalLimits>),
    /// This number of bits.
    Bits(u32),
    Year,
    Text(TextLimit),
    /// `BINARY(n)`, which is padded with zeros.
    Binary(u64),
    /// Any other binary type, and its maximum length in bytes.
    Bytes(u64),
    Date,
    Time,
    Datetime,
    Timestamp,
    Enum(Vec<String>),
    Set(Vec<String>),
    Json,
    Geometry(SpatialReference),
    Vector,
    Uuid,
    Inet4,
    Inet6,
    /// Any other type: sent as text, which the server checks.
    Other,
}

impl Form {
    pub(crate) fn of(catalog_type: CatalogType<'_>, conversion: &ConversionSettings) -> Self {
        Self {
            codec: codec(catalog_type),
            comparison: Comparison::of(catalog_type.collation.unwrap_or_default()),
            is_char: catalog_type.data_type.eq_ignore_ascii_case("char"),
            places: catalog_type.places.unwrap_or(0) as u32,
            unix_places: conversion.unix_places,
            clock: conversion.clock.clone(),
        }
    }
}

fn codec(catalog_type: CatalogType<'_>) -> Codec {
    let declared = catalog_type.column_type.to_ascii_lowercase();
    let is_unsigned = declared.contains("unsigned") || declared.contains("zerofill");
    let integer = |bits: u32| Codec::Integer {
        min: if is_unsigned { 0 } else { i64::MIN >> (64 - bits) },
        max: u64::MAX >> (64 - bits + u32::from(!is_unsigned)),
    };
    let limits = || DecimalLimits::of(catalog_type.precision, catalog_type.scale, is_unsigned);
    match catalog_type.data_type.to_ascii_lowercase().as_str() {
        "tinyint" => match integer(8) {
            Codec::Integer { min, max } if declared.starts_with("tinyint(1)") => {
                Codec::Bool { min, max }
            }
            other => other,
        },
        "bool" | "boolean" => Codec::Bool { min: 0, max: 1 },
        "smallint" => integer(16),
        "mediumint" => integer(24),
        "int" | "integer" => integer(32),
        "bigint" => integer(64),
        "decimal" | "numeric" => limits().map_or(Codec::Other, Codec::Decimal),
        "float" => Codec::Float(limits().filter(|_| declared.contains(','))),
        "double" | "real" => Codec::Double(limits().filter(|_| declared.contains(','))),
        "bit" => Codec::Bits(catalog_type.precision.unwrap_or(1).clamp(1, 64) as u32),
        "year" => Codec::Year,
        "date" => Codec::Date,
        "time" => Codec::Time,
        "datetime" => Codec::Datetime,
        "timestamp" => Codec::Timestamp,
        "binary" => Codec::Binary(catalog_type.octets.unwrap_or(1)),
        "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            Codec::Bytes(catalog_type.octets.unwrap_or(u64::MAX))
        }
        "enum" => Codec::Enum(enum_labels::parse(catalog_type.column_type)),
        "set" => Codec::Set(enum_labels::parse(catalog_type.column_type)),
        "json" => Codec::Json,
        "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometry" | "geomcollection" | "geometrycollection" => {
            Codec::Geometry(SpatialReference::of(catalog_type))
        }
        "vector" => Codec::Vector,
        "uuid" => Codec::Uuid,
        "inet4" => Codec::Inet4,
        "inet6" => Codec::Inet6,
        text => match catalog_type.charset {
            Some(_) if catalog_type.is_json_text => Codec::Json,
            Some(charset) => Codec::Text(length(text, charset, catalog_type)),
            None => Codec::Other,
        },
    }
}

/// CHAR and VARCHAR have a length in characters, the TEXT types in bytes.
fn length(data_type: &str, charset: &str, catalog_type: CatalogType<'_>) -> TextLimit {
    match (data_type, catalog_type.characters, catalog_type.octets) {
        ("char" | "varchar", Some(max), _) => TextLimit { max, unit: LengthUnit::Characters },
        (_, _, Some(max)) => TextLimit { max, unit: LengthUnit::of(charset) },
        _ => TextLimit { max: u64::MAX, unit: LengthUnit::Characters },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data_type: &str, column_type: &str) -> Codec {
        codec(CatalogType { data_type, column_type, ..CatalogType::default() })
    }

    #[test]
    fn integers_have_bounds() {
        let bounds = |data_type, column_type| match of(data_type, column_type) {
            Codec::Integer { min, max } => (min, max),
            other => panic!("{other:?}"),
        };
        assert_eq!(bounds("tinyint", "tinyint(4)"), (-128, 127));
        assert_eq!(bounds("mediumint", "mediumint"), (-8_388_608, 8_388_607));
        assert_eq!(bounds("int", "int unsigned"), (0, u32::MAX.into()));
        assert_eq!(bounds("bigint", "bigint(20)"), (i64::MIN, i64::MAX as u64));
        assert_eq!(bounds("bigint", "bigint(20) unsigned zerofill"), (0, u64::MAX));
        assert_eq!(of("tinyint", "tinyint(1)"), Codec::Bool { min: -128, max: 127 });
    }

    #[test]
    fn json_is_text_with_a_check() {
        let (charset, data_type) = (Some("utf8mb4"), "longtext");
        let text = CatalogType { data_type, charset, octets: Some(9), ..CatalogType::default() };
        assert!(matches!(codec(text), Codec::Text(TextLimit { max: 9, unit: LengthUnit::Utf8 })));
        assert_eq!(codec(CatalogType { is_json_text: true, ..text }), Codec::Json);
        assert_eq!(of("sys_refcursor", "sys_refcursor"), Codec::Other);
    }
}
