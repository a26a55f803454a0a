//! What is wrong with a JSON text.

/// Where the text stops being JSON, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    /// Byte offset in the text; unknown (0) for an escape found later.
    pub at: usize,
    /// What was expected or found there.
    pub what: &'static str,
}

/// What is found where a text is nested deeper than the scanner goes.
pub(crate) const TOO_DEEP: &str = "nested more than 128 levels deep";
