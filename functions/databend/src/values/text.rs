//! Text as JSON.

use sluice_bridge::model::cell::Cell;

/// Appends text as a JSON string.
#[inline]
pub(super) fn json_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    escape(text, out);
    out.push(b'"');
}

/// Appends what is between the quotes of a JSON string.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let must_escape = |byte: u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    if !text.bytes().any(must_escape) {
        out.extend(text.as_bytes());
        return;
    }
    let mut quoted = Vec::new();
    Cell::Text(text).write_json(&mut |piece| quoted.extend(piece.as_bytes()));
    out.extend(&quoted[1..quoted.len() - 1]);
}
