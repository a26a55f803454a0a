//! Reads bytes from text.

use sluice_bridge::values::binary::{base64, hexadecimal};
use sluice_bridge::values::number::Reason;

/// Appends a `bytea` from base64, as is usual in JSON, or from the server's `\x…`.
pub(crate) fn read(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    match text.strip_prefix("\\x") {
        Some(hex) => hexadecimal(hex.as_bytes(), out),
        None => base64(text, out),
    }
}
