//! A reason that several types share.

use sluice_bridge::values::number::Reason;

/// The reason for text with a NUL character, which the server cannot store.
pub(crate) const NUL: Reason = "the column does not accept a NUL character";
