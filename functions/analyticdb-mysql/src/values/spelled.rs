//! What an encoded value is, and what is said of one that cannot be encoded at all.

use sluice_bridge::number::Why;

/// What is said of a value of another kind than the column's.
pub(crate) const WRONG_KIND: Why = "it cannot hold this kind of value";

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
