//! The description of a table and its columns that is needed to encode a batch. Plain data: the catalog fills
//! it in.

use tokio_postgres::types::Type;

use sluice_bridge::model::table::Takes;

use crate::types::form::{Codec, Form};

/// `MaxHeapAttributeNumber`, which includes dropped columns.
pub(crate) const MAX_COLUMNS: usize = 1_600;

/// A table as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Vec<ColumnType>,
    /// How many columns the table has ever had, up to [`MAX_COLUMNS`].
    pub(crate) used_columns: usize,
    /// Whether COPY may write to the table: not if it is a view or has rules or row-level security.
    pub(crate) takes_copy: bool,
    /// Whether the server has ON CONFLICT and the table accepts it.
    pub(crate) takes_on_conflict: bool,
    /// Whether the user may create temporary tables.
    pub(crate) may_stage: bool,
}

/// A column as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct ColumnType {
    pub(crate) name: String,
    pub(crate) form: Form,
    /// The elements of an array.
    pub(crate) elements: Option<Elements>,
    /// The type in the server's words, for messages.
    pub(crate) shown: String,
    /// The type of an element and of the array that is sent as the column's parameter.
    pub(crate) element: Type,
    pub(crate) array: Type,
    /// The type of its column in a temporary table, without a modifier, which would round or cut values.
    pub(crate) staged: String,
    /// The type to which text must be cast, if the server does not do so itself.
    pub(crate) cast: Option<String>,
    /// Whether the type is one of the server's own, whose operators are in `pg_catalog`.
    pub(crate) is_builtin: bool,
    /// Whether equal texts are identical, which a nondeterministic collation does not guarantee.
    pub(crate) is_deterministic: bool,
    /// Whether it is a `citext`.
    pub(crate) ignores_case: bool,
    /// Whether an insert must have a value for the column.
    pub(crate) required: bool,
    /// `GENERATED ALWAYS AS IDENTITY`: an insert needs OVERRIDING SYSTEM VALUE.
    pub(crate) identity_always: bool,
}

impl ColumnType {
    /// Whether the server may still refuse an encoded value.
    pub(crate) fn is_checked_by_server(&self) -> bool {
        self.cast.is_some() || matches!(self.form.codec, Codec::Json | Codec::Jsonb)
    }

    /// The kind of values that the column, or its elements, accept.
    pub(crate) fn takes(&self) -> Takes {
        let codec = self.elements.as_ref().map_or(self.form.codec, |it| it.form.codec);
        match codec {
            Codec::Bytea => Takes::Bytes,
            Codec::Bits { varying: false } => Takes::Bits,
            Codec::Bits { varying: true } => Takes::VaryingBits,
            Codec::Int2 | Codec::Int4 | Codec::Int8 | Codec::Oid => Takes::Numbers,
            Codec::Float4 | Codec::Float8 | Codec::Numeric | Codec::Money => Takes::Numbers,
            Codec::Date | Codec::Time | Codec::Timetz => Takes::Moments,
            Codec::Timestamp | Codec::Timestamptz => Takes::Moments,
            Codec::Json | Codec::Jsonb => Takes::Documents,
            Codec::Point => Takes::Geometries,
            // Types of PostGIS.
            Codec::Input if self.is_geometry() => Takes::Geometries,
            _ => Takes::Text,
        }
    }

    fn is_geometry(&self) -> bool {
        let name = self.shown.split(['(', '[']).next().unwrap_or_default();
        ["geometry", "geography"].contains(&name.rsplit('.').next().unwrap_or_default())
    }

    /// Whether COPY can send the column: not if the server must read its values from text.
    pub(crate) fn has_binary_form(&self) -> bool {
        match &self.elements {
            Some(elements) => elements.form.codec.is_binary(),
            None => self.form.codec.is_binary(),
        }
    }
}

/// The elements of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elements {
    pub(crate) form: Form,
    /// The type's object identifier; for a domain the domain's own.
    pub(crate) oid: u32,
    /// The delimiter of elements in text: a comma, except for `box`.
    pub(crate) delimiter: u8,
}
