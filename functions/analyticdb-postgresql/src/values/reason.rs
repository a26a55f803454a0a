//! Why a text cannot be written, where several types say the same.

use sluice_bridge::values::number::Reason;

/// A character that no text of the server may hold.
pub(crate) const NUL: Reason = "it cannot hold a NUL character";
