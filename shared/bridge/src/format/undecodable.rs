//! Why a payload is not what its schema says: the place and the reason, never a value.

use crate::format::wire::WireError;

/// The deepest nesting of a payload. JSON text, which nested values become, goes to 128.
pub(crate) const MOST_DEEP: usize = 64;
/// The reason for a deeper one.
pub(crate) const TOO_DEEP: &str = "it is nested more than 64 levels deep";

/// Why a payload cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undecodable {
    /// The path of the value: `.street`, `[3]`; empty for the whole.
    pub(crate) path: String,
    /// The byte of the payload at which it shows.
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

impl From<WireError> for Undecodable {
    fn from(WireError { at, what }: WireError) -> Self {
        Self { path: String::new(), at, what }
    }
}

impl Undecodable {
    /// The same with the name of a field at the start of its path.
    #[cold]
    pub(crate) fn in_field(self, name: &str) -> Self {
        Self { path: format!(".{name}{}", self.path), ..self }
    }

    /// The same with the place of an item at the start of its path.
    #[cold]
    pub(crate) fn in_item(self, nth: usize) -> Self {
        Self { path: format!("[{nth}]{}", self.path), ..self }
    }
}
