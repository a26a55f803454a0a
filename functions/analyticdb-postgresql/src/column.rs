//! What is known of a table and its columns when a batch is encoded. Plain data: the catalog
//! fills it in.

use tokio_postgres::types::Type;

/// How much text a column holds before the server would cut it, partly in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    Characters(usize),
    Bytes(usize),
}

/// A table as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) columns: Vec<ColumnType>,
    /// Whether COPY may write to it: not to a view, nor past rules and row-level security.
    pub(crate) takes_copy: bool,
    /// Whether ON CONFLICT may be said of it, where the server knows that.
    pub(crate) takes_on_conflict: bool,
    /// Whether temporary tables may be made.
    pub(crate) may_stage: bool,
}

/// A column as this connector needs it.
#[derive(Debug, Clone)]
pub(crate) struct ColumnType {
    pub(crate) name: String,
    pub(crate) codec: Codec,
    /// The type modifier: precision and scale, or digits of a second; −1 without one.
    pub(crate) modifier: i32,
    /// How much text it holds.
    pub(crate) limit: Limit,
    /// The type as the server spells it, for people.
    pub(crate) shown: String,
    /// The type of an element and of the array that carries the column as a parameter.
    pub(crate) element: Type,
    pub(crate) array: Type,
    /// The type text must be cast to, where the server would not do it by itself.
    pub(crate) cast: Option<String>,
    /// Whether the server's numeric has infinities.
    pub(crate) has_infinity: bool,
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
        self.cast.is_some() || matches!(self.codec, Codec::Json | Codec::Jsonb)
    }
}

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    Numeric,
    /// Text, and whatever else is its text in binary too: varchar, char, name, citext, enums.
    Text,
    Bytea,
    Uuid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Json,
    Jsonb,
    /// Any other type: its text goes through the server's own input function.
    Input,
}
