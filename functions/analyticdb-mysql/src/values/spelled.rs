//! What an encoded value is.

/// What the bytes of an encoded cell are. A statement quotes them accordingly; a parameter takes
/// them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelled {
    /// NULL: no bytes.
    Null,
    /// A number: digits, a sign, a point.
    Number,
    /// Text, as UTF-8.
    Text,
    /// Bytes.
    Bytes,
    /// SQL of our own making.
    Sql,
}
