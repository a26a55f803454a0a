//! Bytes from their text, in the server's own form too.

use sluice_bridge::values::binary::{base64, hexadecimal};
use sluice_bridge::values::number::Reason;

/// Appends a `bytea`: base64 as everywhere in JSON, or the server's own `\x…`.
pub(crate) fn read(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    match text.strip_prefix("\\x") {
        Some(hex) => hexadecimal(hex.as_bytes(), out),
        None => base64(text, out),
    }
}
