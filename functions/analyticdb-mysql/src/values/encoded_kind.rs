//! The kind of an encoded value.

/// The kind of an encoded cell's bytes. A literal is quoted according to it; a parameter is sent as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncodedKind {
    /// NULL: no bytes.
    Null,
    /// A number: digits, a sign, a point.
    Number,
    /// Text, as UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// SQL that this connector generates.
    Sql,
}
