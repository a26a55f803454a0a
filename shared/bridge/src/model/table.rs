//! What the rules need to know of a target's table.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::model::failure::SinkError;
use crate::model::shape::TableShape;

/// A table's name, not quoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema or database, where one is named.
    pub schema: Option<String>,
    /// The table itself; dots in it belong to the name.
    pub name: String,
}

impl TableName {
    /// Reads `table` or `schema.table`.
    ///
    /// # Errors
    /// A sentence: more than one dot, an empty name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let (schema, name) = match parts.as_slice() {
            [name] => (None, *name),
            [schema, name] => (Some((*schema).to_owned()), *name),
            _ => return Err(format!("`{text}` has more than one dot; use schema.table")),
        };
        if name.is_empty() || schema.as_ref().is_some_and(String::is_empty) {
            return Err(format!("`{text}` is not a table name"));
        }
        Ok(Self { schema, name: name.to_owned() })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "\"{schema}\".\"{}\"", self.name),
            None => write!(f, "\"{}\"", self.name),
        }
    }
}

/// What kind of values a column takes. The rules use it to convert declared values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Takes {
    /// The target does not say: declared bytes stay base64.
    #[default]
    Any,
    /// Values of any type, each with its own: declared bytes come as
    /// [`Code::Bytes`](crate::model::cell::Code::Bytes).
    Own,
    /// Text, and anything else that the target reads from text.
    Text,
    /// Bytes; text there is base64.
    Bytes,
    /// Bits; text there is `0` and `1`.
    Bits,
    /// The same, of a number that differs from value to value.
    VaryingBits,
    /// Numbers; text there is digits.
    Numbers,
    /// Days, times of day and moments.
    Moments,
    /// JSON documents; text there is a JSON string.
    Documents,
    /// Points, lines and other shapes; text there may be EWKB in hexadecimal digits.
    Geometries,
}

impl Takes {
    /// Describes such a column in an error, after "is".
    #[must_use]
    pub fn shown(self) -> &'static str {
        match self {
            Takes::Any => "of an unknown type",
            Takes::Own => "of any type",
            Takes::Text => "for text",
            Takes::Bytes => "for bytes",
            Takes::Bits | Takes::VaryingBits => "for bits",
            Takes::Numbers => "for numbers",
            Takes::Moments => "for dates and times",
            Takes::Documents => "for JSON documents",
            Takes::Geometries => "for geometries",
        }
    }
}

/// What the rules need to know about a column; its type is in [`Table::shape`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column {
    /// Its exact spelling.
    pub name: String,
    /// Whether leaving it out of an insert stores something other than null: a DEFAULT, an
    /// identity, a domain's default. Where in doubt, `true`.
    pub has_default: bool,
    /// Whether the target computes it and refuses any value.
    pub generated: bool,
    /// What kind of values it takes; of an array, its items.
    pub takes: Takes,
    /// Whether it is an array of these.
    pub is_array: bool,
}

/// A table, as the target's catalog describes it.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name by which it was requested.
    pub name: TableName,
    /// Every column, in the target's order.
    pub columns: Vec<Column>,
    /// Indexes of the primary key's columns, in key order; empty without one.
    pub primary_key: Vec<usize>,
    /// Whether writing a row may do more than write it: the table has a trigger, or a delete
    /// cascades. The order of rows of different keys matters then. Where in doubt, `true`.
    pub has_side_effects: bool,
    /// What only the connector knows, such as the types of the columns.
    pub shape: Arc<dyn TableShape>,
}

impl Table {
    /// The shape as the connector's own type.
    ///
    /// # Errors
    /// `Fatal`: another connector described the table.
    pub fn shape_as<S: TableShape>(&self) -> Result<&S, SinkError> {
        let shape: &dyn Any = &*self.shape;
        shape.downcast_ref().ok_or_else(|| {
            SinkError::fatal(format!("another connector described table {}", self.name))
        })
    }
}
