//! Text as JSON, and between the quotes of a field of CSV.

use sluice_bridge::model::cell::Cell;

/// Appends text as a JSON string.
#[inline]
pub(super) fn json_text(text: &str, out: &mut Vec<u8>) {
    Cell::Text(text).write_json(&mut |piece| out.extend(piece.as_bytes()));
}

/// Doubles the quotes of what was appended from a place on.
pub(super) fn double_quotes(out: &mut Vec<u8>, start: usize) {
    let quotes = out[start..].iter().filter(|byte| **byte == b'"').count();
    let mut from = out.len();
    let mut to = from + quotes;
    out.resize(to, 0);
    // From the end on, until no quote is in front any more.
    while to > from {
        (from, to) = (from - 1, to - 1);
        out[to] = out[from];
        if out[from] == b'"' {
            to -= 1;
            out[to] = b'"';
        }
    }
}
