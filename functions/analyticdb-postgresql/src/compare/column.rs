//! How a column is read for a comparison: in binary if the client can decode it, otherwise as the server's
//! text.

use sluice_bridge::compare::Class;
use tokio_postgres::types::Type;

use crate::sql::quote::quote;
use crate::types::column::ColumnType;
use crate::types::form::Codec;

/// The format of a value's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
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
pub(super) struct Reader {
    pub(super) name: String,
    /// The type in the server's words.
    pub(super) shown: String,
    pub(super) class: Class,
    pub(super) way: Way,
    /// The SQL after the column in a SELECT.
    cast: &'static str,
    /// The SQL before the column.
    before: &'static str,
}

impl Reader {
    pub(super) fn of(column: &ColumnType) -> Self {
        let (way, class, before, cast) = match column.form.codec {
            Codec::Bool => (Way::Bool, Class::Boolean, "", ""),
            Codec::Int2 => (Way::Int2, Class::Number, "", ""),
            Codec::Int4 => (Way::Int4, Class::Number, "", ""),
            Codec::Int8 => (Way::Int8, Class::Number, "", ""),
            Codec::Oid => (Way::Oid, Class::Number, "", ""),
            Codec::Float4 => (Way::Float4, Class::Float, "", ""),
            Codec::Float8 => (Way::Float8, Class::Float, "", ""),
            Codec::Numeric => (Way::Decimal, Class::Number, "", "::text"),
            Codec::Money => (Way::Decimal, Class::Number, "", "::numeric::text"),
            Codec::Text if column.element == Type::BPCHAR => (Way::Text, Class::Char, "", "::text"),
            Codec::Text => (Way::Text, Class::Text, "", "::text"),
            Codec::Bytea => (Way::Bytes, Class::Bytes, "", ""),
            Codec::Uuid => (Way::Uuid, Class::Uuid, "", ""),
            Codec::Date => (Way::Date, Class::Date, "", ""),
            Codec::Time => (Way::Time, Class::Time, "", ""),
            Codec::Timetz => (Way::Timetz, Class::Time, "", ""),
            Codec::Timestamp | Codec::Timestamptz => (Way::Moment, Class::Moment, "", ""),
            Codec::Interval => (Way::Interval, Class::Interval, "", ""),
            Codec::Inet => (Way::Address, Class::Text, "", "::text"),
            Codec::Cidr | Codec::Macaddr | Codec::Macaddr8 => {
                (Way::Text, Class::Text, "", "::text")
            }
            Codec::Json | Codec::Jsonb => (Way::Json, Class::Json, "", "::text"),
            Codec::Array => (Way::Json, Class::Array, "pg_catalog.to_json(", ")::text"),
            Codec::Hstore => (Way::Json, Class::Json, "pg_catalog.to_json(", ")::text"),
            Codec::Bits => (Way::Bits, Class::Bits, "", "::text"),
            Codec::Point | Codec::Range(_) | Codec::Input => {
                (Way::Words, Class::Other, "", "::text")
            }
        };
        let (name, shown) = (column.name.clone(), column.shown.clone());
        Self { name, shown, class, way, cast, before }
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
    pub(super) fn spell(&self, canonical: &str) -> String {
        match self.way {
            Way::Bytes => format!("\\x{canonical}"),
            _ => canonical.to_owned(),
        }
    }
}
