//! Why a value cannot be written, where several types say the same.

use sluice_bridge::number::Why;

/// A value of another kind than the type's.
pub(crate) const WRONG_KIND: Why = "it cannot hold this kind of value";

/// A character that no text of the server may hold.
pub(crate) const NUL: Why = "it cannot hold a NUL character";
