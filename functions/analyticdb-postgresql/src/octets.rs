//! Bytes from their text: `bytea` and UUIDs.

use crate::number::Why;

/// Appends a `bytea`: base64 as everywhere in JSON, or the server's own `\x…`.
pub(crate) fn read(text: &str, out: &mut Vec<u8>) -> Result<(), Why> {
    if let Some(hex) = text.strip_prefix("\\x") {
        return hexadecimal(hex.as_bytes(), out).ok_or("the text is not hexadecimal");
    }
    base64_simd::STANDARD.decode_append(text.as_bytes(), out).map_err(|_| "the text is not base64")
}

/// Appends a UUID: with hyphens or without, in braces or not.
pub(crate) fn uuid(text: &str, out: &mut Vec<u8>) -> Result<(), Why> {
    const WHY: Why = "the text is not a UUID";
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let hyphens_fit = match inside.len() {
        32 => !inside.contains('-'),
        36 => [8, 13, 18, 23].iter().all(|&place| inside.as_bytes()[place] == b'-'),
        _ => false,
    };
    let hex: Vec<u8> = inside.bytes().filter(|byte| *byte != b'-').collect();
    if !hyphens_fit || hex.len() != 32 {
        return Err(WHY);
    }
    hexadecimal(&hex, out).ok_or(WHY)
}

/// Appends the bytes that pairs of digits stand for.
pub(crate) fn hexadecimal(hex: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if !hex.len().is_multiple_of(2) || !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    out.extend(
        hex.chunks(2).filter_map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)),
    );
    Some(())
}
