//! Writes text as JSON.

/// Passes text to `out` as a JSON string, in pieces.
pub(crate) fn write_string(text: &str, out: &mut impl FnMut(&str)) {
    const DIGITS: &str = "0123456789abcdef";
    let must_escape = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let mut rest = text;
    out("\"");
    while let Some(place) = rest.as_bytes().iter().position(must_escape) {
        out(&rest[..place]);
        match rest.as_bytes()[place] {
            b'"' => out("\\\""),
            b'\\' => out("\\\\"),
            control => {
                let (high, low) = (usize::from(control >> 4), usize::from(control & 15));
                out("\\u00");
                out(&DIGITS[high..=high]);
                out(&DIGITS[low..=low]);
            }
        }
        rest = &rest[place + 1..];
    }
    out(rest);
    out("\"");
}
