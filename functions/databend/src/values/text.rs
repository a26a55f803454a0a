//! Text between quotes.

use sluice_bridge::model::cell::Cell;

/// Appends text as a JSON string.
#[inline]
pub(super) fn json_text(text: &str, out: &mut Vec<u8>) {
    Cell::Text(text).write_json(&mut |piece| out.extend(piece.as_bytes()));
}

/// Doubles some of the bytes that were appended from a place on.
pub(crate) fn double(out: &mut Vec<u8>, start: usize, is_doubled: impl Fn(u8) -> bool) {
    let more = out[start..].iter().filter(|byte| is_doubled(**byte)).count();
    let mut from = out.len();
    let mut to = from + more;
    out.resize(to, 0);
    // From the end on, until nothing in front must be doubled.
    while to > from {
        (from, to) = (from - 1, to - 1);
        out[to] = out[from];
        if is_doubled(out[from]) {
            to -= 1;
            out[to] = out[from];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_bytes_are_doubled_behind_a_place() {
        for (given, expected) in
            [("", ""), ("a", "a"), ("!", "!!"), ("a!!ü!", "a!!!!ü!!"), ("?!", "??!!")]
        {
            let mut out = b"a! ".to_vec();
            out.extend(given.as_bytes());
            double(&mut out, 3, |byte| matches!(byte, b'!' | b'?'));
            assert_eq!(String::from_utf8(out).as_deref(), Ok(&*format!("a! {expected}")));
        }
    }
}
