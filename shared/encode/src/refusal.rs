//! Why a value cannot be written with a schema, and where it stands.

use std::borrow::Cow;
use std::fmt;

/// A reason, and the place in the JSON. Displays as `$.a[2]: it is …`. It contains no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The members and items from the value to its part, such as `.a[2]`.
    path: String,
    what: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self { path: String::new(), what: what.into() }
    }

    /// The same, seen from the object that has the part as a member.
    pub(crate) fn in_member(self, name: &str) -> Self {
        Self { path: format!(".{name}{}", self.path), ..self }
    }

    /// The same, seen from the array that has the part as an item.
    pub(crate) fn in_item(self, nth: usize) -> Self {
        Self { path: format!("[{nth}]{}", self.path), ..self }
    }
}

impl From<&'static str> for Refusal {
    fn from(what: &'static str) -> Self {
        Self::new(what)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}: {}", self.path, self.what)
    }
}

impl std::error::Error for Refusal {}
