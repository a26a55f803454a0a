//! Why a value is not what it should be.

use crate::format::schema::Declared;
use crate::json::value::Value;
use crate::values::number::Reason;

/// Why a value is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotConvertible {
    /// A string that is not valid text.
    Text(Reason),
    /// A value that is not of its declared type.
    Declared(Mismatch),
}

/// A value that is not of its declared type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// Its path below the value: `.street`, `[3]`; empty for the value itself.
    pub(crate) path: String,
    pub(crate) expected: String,
    pub(crate) given: &'static str,
    pub(crate) why: Reason,
}

impl From<Mismatch> for NotConvertible {
    fn from(mismatch: Mismatch) -> Self {
        NotConvertible::Declared(mismatch)
    }
}

impl Mismatch {
    /// A string that is not valid text.
    pub(crate) fn text(why: Reason) -> Self {
        Self { path: String::new(), expected: "string".to_owned(), given: "string", why }
    }

    /// The same mismatch with one step more at the start of its path.
    pub(crate) fn below(self, step: &str) -> Self {
        Self { path: format!("{step}{}", self.path), ..self }
    }
}

pub(crate) fn mismatch(value: Value<'_>, declared: &Declared, why: Reason) -> Mismatch {
    Mismatch { path: String::new(), expected: declared.shown(), given: value.kind(), why }
}
