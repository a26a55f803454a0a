//! The digits of a decimal as Java's `BigInteger` writes its bytes: two's complement, the highest byte first, as few as
//! possible.

/// The bytes of a decimal with `scale` digits behind the point; `None` if the text is no decimal, or has more of them that
/// are not zero.
pub(super) fn bytes(decimal: &[u8], scale: usize) -> Option<Vec<u8>> {
    let (is_negative, digits) = match decimal {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let point = digits.iter().position(|byte| *byte == b'.').unwrap_or(digits.len());
    let (whole, fraction) = (&digits[..point], digits.get(point + 1..).unwrap_or_default());
    let (fraction, beyond) = fraction.split_at(fraction.len().min(scale));
    if beyond.iter().any(|byte| *byte != b'0') {
        return None;
    }
    let zeros = std::iter::repeat_n(&b'0', scale - fraction.len());
    // The lowest byte first, and above it always one that is free for the sign.
    let mut number: Vec<u8> = vec![0];
    for byte in whole.iter().chain(fraction).chain(zeros) {
        let mut carry = u16::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        for place in &mut number {
            let all = u16::from(*place) * 10 + carry;
            let [high, low] = all.to_be_bytes();
            (*place, carry) = (low, u16::from(high));
        }
        if carry > 0 {
            number.push(carry.to_le_bytes()[0]);
        }
        if number.last().is_some_and(|highest| *highest >= 0x80) {
            number.push(0);
        }
    }
    if is_negative {
        negate(&mut number);
    }
    while let [.., below, highest] = number.as_slice()
        && (*highest == 0 && *below < 0x80 || *highest == 0xff && *below >= 0x80)
    {
        number.pop();
    }
    number.reverse();
    (!digits.is_empty()).then_some(number)
}

/// The lowest byte first.
fn negate(number: &mut [u8]) {
    let mut carry = true;
    for byte in number {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_java() {
        for (decimal, scale, expected) in [
            ("0", 0, &[0][..]),
            ("-0.00", 2, &[0]),
            ("127", 0, &[0x7f]),
            ("128", 0, &[0, 0x80]),
            ("-128", 0, &[0x80]),
            ("-129", 0, &[0xff, 0x7f]),
            ("12.34", 2, &[0x04, 0xd2]),
            ("-12.34", 2, &[0xfb, 0x2e]),
            ("1", 2, &[100]),
            ("1.5", 3, &[0x05, 0xdc]),
            ("1.500", 1, &[15]),
            ("18446744073709551615", 0, &[0, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            assert_eq!(bytes(decimal.as_bytes(), scale).as_deref(), Some(expected), "{decimal}");
        }
        for (not_a_decimal, scale) in [("1e5", 0), ("-", 0), ("1.55", 1), ("1.2.3", 3)] {
            assert_eq!(bytes(not_a_decimal.as_bytes(), scale), None, "{not_a_decimal}");
        }
    }

    #[test]
    fn small_ones_are_those_of_a_machine() {
        for number in (-70_000_i64..70_000).step_by(7) {
            let shown = bytes(number.to_string().as_bytes(), 0).unwrap();
            let sign = if number < 0 { 0xff } else { 0 };
            let mut wide = [sign; 8];
            wide[8 - shown.len()..].copy_from_slice(&shown);
            assert_eq!(i64::from_be_bytes(wide), number);
        }
    }
}
