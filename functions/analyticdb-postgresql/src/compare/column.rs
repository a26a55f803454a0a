//! How a column is read for a comparison: in binary if the client can decode it, otherwise as the server's
//! text.

use sluice_bridge::compare::Class;
use tokio_postgres::types::Type;

use crate::sql::quote::quote;
use crate::types::column::ColumnType;
use crate::types::form::Codec;

/// The format of a value's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireFormat {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Decimal,
    Text,
    Bytes,
    Uuid,
    Date,
    Time,
    Timetz,
    Moment,
    Interval,
    Json,
    Bits,
    /// An address; a prefix length that covers the whole address is left out.
    Address,
    /// The server's own text.
    Words,
}

/// How a column is read.
#[derive(Debug, Clone)]
pub(super) struct ColumnReader {
    pub(super) name: String,
    /// The type in the server's words.
    pub(super) shown: String,
    pub(super) class: Class,
    pub(super) format: WireFormat,
    /// The SQL after the column in a SELECT.
    cast: &'static str,
    /// The SQL before the column.
    before: &'static str,
}

impl ColumnReader {
    pub(super) fn of(column: &ColumnType) -> Self {
        let (format, class, before, cast) = match column.form.codec {
            Codec::Bool => (WireFormat::Bool, Class::Boolean, "", ""),
            Codec::Int2 => (WireFormat::Int2, Class::Number, "", ""),
            Codec::Int4 => (WireFormat::Int4, Class::Number, "", ""),
            Codec::Int8 => (WireFormat::Int8, Class::Number, "", ""),
            Codec::Oid => (WireFormat::Oid, Class::Number, "", ""),
            Codec::Float4 => (WireFormat::Float4, Class::Float, "", ""),
            Codec::Float8 => (WireFormat::Float8, Class::Float, "", ""),
            Codec::Numeric => (WireFormat::Decimal, Class::Number, "", "::text"),
            Codec::Money => (WireFormat::Decimal, Class::Number, "", "::numeric::text"),
            Codec::Text if column.element == Type::BPCHAR => {
                (WireFormat::Text, Class::Char, "", "::text")
            }
            Codec::Text => (WireFormat::Text, Class::Text, "", "::text"),
            Codec::Bytea => (WireFormat::Bytes, Class::Bytes, "", ""),
            Codec::Uuid => (WireFormat::Uuid, Class::Uuid, "", ""),
            Codec::Date => (WireFormat::Date, Class::Date, "", ""),
            Codec::Time => (WireFormat::Time, Class::Time, "", ""),
            Codec::Timetz => (WireFormat::Timetz, Class::Time, "", ""),
            Codec::Timestamp | Codec::Timestamptz => (WireFormat::Moment, Class::Moment, "", ""),
            Codec::Interval => (WireFormat::Interval, Class::Interval, "", ""),
            Codec::Inet => (WireFormat::Address, Class::Text, "", "::text"),
            Codec::Cidr | Codec::Macaddr | Codec::Macaddr8 => {
                (WireFormat::Text, Class::Text, "", "::text")
            }
            Codec::Json | Codec::Jsonb => (WireFormat::Json, Class::Json, "", "::text"),
            Codec::Array => (WireFormat::Json, Class::Array, "pg_catalog.to_json(", ")::text"),
            Codec::Hstore => (WireFormat::Json, Class::Json, "pg_catalog.to_json(", ")::text"),
            Codec::Bits { .. } => (WireFormat::Bits, Class::Bits, "", "::text"),
            Codec::Point | Codec::Range(_) | Codec::Input => {
                (WireFormat::Words, Class::Other, "", "::text")
            }
        };
        let (name, shown) = (column.name.clone(), column.shown.clone());
        Self { name, shown, class, format, cast, before }
    }

    /// The expression in the SELECT list.
    pub(super) fn expression(&self) -> String {
        format!("{}{}{}", self.before, quote(&self.name), self.cast)
    }

    /// An expression that casts a text to the column's type.
    pub(super) fn parameter(&self, text: &str) -> String {
        format!("{text}::{}", self.shown)
    }

    /// The server's notation for the canonical text of a value.
    pub(super) fn text(&self, canonical: &str) -> String {
        match self.format {
            WireFormat::Bytes => format!("\\x{canonical}"),
            _ => canonical.to_owned(),
        }
    }
}
