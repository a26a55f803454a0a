//! Bytes from their text.

use crate::values::number::Reason;
use crate::values::short::Short;

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

/// Appends the bytes of standard base64 with padding.
///
/// # Errors
/// The text is not base64; nothing was appended.
#[inline]
pub fn base64(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    match base64_simd::STANDARD.decode_append(text.as_bytes(), out) {
        Ok(_) => Ok(()),
        Err(_) => Err("the text is not base64"),
    }
}

/// The sixteen bytes of a UUID: with hyphens or without, in braces or not.
///
/// # Errors
/// The text is not a UUID.
pub fn uuid(text: &str) -> Result<[u8; 16], Reason> {
    const WHY: Reason = "the text is not a UUID";
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let hyphens_fit = match inside.len() {
        32 => true,
        36 => [8, 13, 18, 23].iter().all(|&place| inside.as_bytes()[place] == b'-'),
        _ => false,
    };
    let mut digits = inside.bytes().filter(|byte| inside.len() == 32 || *byte != b'-');
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        let pair = digits.next().and_then(digit).zip(digits.next().and_then(digit));
        let (high, low) = pair.ok_or(WHY)?;
        *byte = high << 4 | low;
    }
    if hyphens_fit && digits.next().is_none() { Ok(bytes) } else { Err(WHY) }
}

/// Appends the bytes of hexadecimal digits.
///
/// # Errors
/// There is another character, or an odd number of digits; nothing was appended.
pub fn hexadecimal(hex: &[u8], out: &mut Vec<u8>) -> Result<(), Reason> {
    if !hex.len().is_multiple_of(2) || !hex.iter().all(u8::is_ascii_hexdigit) {
        return Err("the text is not hexadecimal");
    }
    out.extend(hex.chunks(2).filter_map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)));
    Ok(())
}

/// The bytes of bits that are written as `0` and `1` with the first bit last: the first eight bits
/// are the first byte, as Java's `BitSet.toByteArray` has them, and as many bytes as all bits need.
pub(crate) fn of_bits(bits: &str) -> Vec<u8> {
    let digits: Vec<u8> = bits.bytes().rev().collect();
    let byte = |eight: &[u8]| {
        eight.iter().enumerate().fold(0, |sum, (place, bit)| sum | (bit & 1) << place)
    };
    digits.chunks(8).map(byte).collect()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// Appends two digits for each byte.
#[inline]
pub fn write_hexadecimal(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |half: u8| HEXADECIMAL[usize::from(half)];
    let digits = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    out.extend(bytes.iter().flat_map(digits));
}

/// Two digits for each byte.
#[must_use]
pub fn to_hexadecimal(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(2 * bytes.len());
    write_hexadecimal(bytes, &mut digits);
    digits.into_iter().map(char::from).collect()
}

/// A UUID with hyphens, in lower case.
pub(crate) fn uuid_text(bytes: [u8; 16]) -> Short {
    let mut text = Short::new();
    for (place, byte) in bytes.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.byte(b'-');
        }
        text.byte(HEXADECIMAL[usize::from(byte >> 4)]);
        text.byte(HEXADECIMAL[usize::from(byte & 15)]);
    }
    text
}

/// Appends a UUID with hyphens, in lower case.
pub fn write_uuid(bytes: [u8; 16], out: &mut Vec<u8>) {
    out.extend(uuid_text(bytes).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_text() {
        let mut out = Vec::new();
        base64("AP8=", &mut out).unwrap();
        hexadecimal(b"0aFF", &mut out).unwrap();
        assert_eq!(out, [0, 0xff, 0x0a, 0xff]);
        for wrong in ["AP8", "AP8=\n", "%"] {
            assert!(base64(wrong, &mut out).is_err(), "{wrong}");
        }
        for wrong in ["0", "0g", "+1"] {
            assert!(hexadecimal(wrong.as_bytes(), &mut out).is_err(), "{wrong}");
        }
        assert_eq!(out.len(), 4);
    }

    #[test]
    fn uuids() {
        let bytes = uuid("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        assert_eq!(bytes[..3], [0, 0x11, 0x22]);
        assert_eq!(uuid("{00112233445566778899AABBCCDDEEFF}"), Ok(bytes));
        assert_eq!(&*uuid_text(bytes), "00112233-4455-6677-8899-aabbccddeeff");
        for wrong in [
            "",
            "0011223344556677-8899-aabbccddeeff--",
            "00112233445566778899aabbccddee-f",
            "00112233-4455-6677-8899-aabbccddee-f",
            "00112233-4455-6677-8899-aabbccddeefff",
        ] {
            assert!(uuid(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_are_two_digits_each() {
        let mut out = b"> ".to_vec();
        write_hexadecimal(&[0, 0x0a, 0xff], &mut out);
        assert_eq!(out, b"> 000aff");
        assert_eq!(to_hexadecimal(b"a'"), "6127");
    }
}
