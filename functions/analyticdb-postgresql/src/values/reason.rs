//! Why a text cannot be written, where several types say the same.

use sluice_bridge::values::number::Why;

/// A character that no text of the server may hold.
pub(crate) const NUL: Why = "it cannot hold a NUL character";
