//! What is known of a table and its columns when a batch is encoded. Plain data: the catalog
//! fills it in.

use tokio_postgres::types::Type;

use sluice_bridge::model::table::Takes;

use crate::types::form::{Codec, Form};

/// `MaxHeapAttributeNumber`, columns that were dropped included.
pub(crate) const MOST_COLUMNS: usize = 1_600;

/// A table as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Vec<ColumnType>,
    /// How many columns it has ever had, up to [`MOST_COLUMNS`].
    pub(crate) taken: usize,
    /// Whether COPY may write to it: not to a view, nor past rules and row-level security.
    pub(crate) takes_copy: bool,
    /// Whether the server knows ON CONFLICT, and takes it for this table.
    pub(crate) takes_on_conflict: bool,
    /// Whether temporary tables may be made.
    pub(crate) may_stage: bool,
}

/// A column as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct ColumnType {
    pub(crate) name: String,
    pub(crate) form: Form,
    /// What an array is made of.
    pub(crate) elements: Option<Elements>,
    /// The type as the server spells it, for people.
    pub(crate) shown: String,
    /// The type of an element and of the array that carries the column as a parameter.
    pub(crate) element: Type,
    pub(crate) array: Type,
    /// The type of its column in a temporary table: no modifier, which would round or cut.
    pub(crate) staged: String,
    /// The type text must be cast to, where the server would not do it by itself.
    pub(crate) cast: Option<String>,
    /// Whether the type is one of the server's own, whose operators are in `pg_catalog`.
    pub(crate) is_servers_own: bool,
    /// Whether equal text has but one form, which a collation may not require.
    pub(crate) is_deterministic: bool,
    /// Whether it is a `citext`.
    pub(crate) ignores_case: bool,
    /// Whether leaving it out of an insert is an error.
    pub(crate) required: bool,
    /// `GENERATED ALWAYS AS IDENTITY`: an insert has to insist.
    pub(crate) identity_always: bool,
}

impl ColumnType {
    /// Whether the server may still refuse what was encoded.
    pub(crate) fn is_judged_by_server(&self) -> bool {
        self.cast.is_some() || matches!(self.form.codec, Codec::Json | Codec::Jsonb)
    }

    /// What kind of values it takes, or its elements do.
    pub(crate) fn takes(&self) -> Takes {
        let codec = self.elements.as_ref().map_or(self.form.codec, |it| it.form.codec);
        match codec {
            Codec::Bytea => Takes::Bytes,
            Codec::Bits => Takes::Bits,
            Codec::Int2 | Codec::Int4 | Codec::Int8 | Codec::Oid => Takes::Numbers,
            Codec::Float4 | Codec::Float8 | Codec::Numeric | Codec::Money => Takes::Numbers,
            Codec::Date | Codec::Time | Codec::Timetz => Takes::Moments,
            Codec::Timestamp | Codec::Timestamptz => Takes::Moments,
            Codec::Json | Codec::Jsonb => Takes::Documents,
            Codec::Point => Takes::Geometries,
            // PostGIS's.
            Codec::Input if self.is_geometry() => Takes::Geometries,
            _ => Takes::Text,
        }
    }

    fn is_geometry(&self) -> bool {
        let name = self.shown.split(['(', '[']).next().unwrap_or_default();
        ["geometry", "geography"].contains(&name.rsplit('.').next().unwrap_or_default())
    }

    /// Whether COPY can carry it: not what the server has to read from text.
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
    /// The type's object identifier, a domain's own.
    pub(crate) oid: u32,
    /// What stands between two elements in text: a comma, save for `box`.
    pub(crate) delimiter: u8,
}
