//! Percent-encoding in URLs.

/// Decodes a percent-encoded text.
///
/// # Errors
/// The end of a sentence that starts with the option's name. It never contains a part of the text.
pub fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digit = |index: usize| char::from(*tail.get(index)?).to_digit(16);
        let byte = digit(0).zip(digit(1)).map(|(high, low)| (high << 4 | low) as u8);
        bytes.push(
            byte.ok_or("has a % that is not followed by two hexadecimal digits: write it as %25")?,
        );
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| "has percent-encoded bytes that are not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_two_digits() {
        assert_eq!(decode("a%20b%C3%a9+").as_deref(), Ok("a b\u{e9}+"));
        for wrong in ["%+1", "%1", "%", "%0x", "%-1", "%%41", "%c3"] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }
}
