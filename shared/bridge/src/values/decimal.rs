//! Integers and decimals between their digits and the bytes of Connect's `Decimal`.

use crate::values::number::Reason;
use crate::values::short::Short;

/// More digits than any target keeps; a scale of two thousand millions is an attack.
const MOST_DIGITS: usize = 150_000;
/// The bytes of a number with this many digits.
const MOST_BYTES: usize = 62_500;

/// A JSON number as an integer; `7.0` is an integer, `7.5` and `7e2` are not.
pub(crate) fn integer(digits: &str) -> Option<i64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok())?
}

/// The digits of an unscaled integer in two's complement, big-endian, with the point `scale`
/// places from its end (`java.math.BigDecimal`).
pub(crate) fn from_bytes(bytes: &[u8], scale: i32) -> Result<String, Reason> {
    with_text(bytes, scale, str::to_owned)
}

/// The same, passed on. Nearly all need no memory.
#[inline]
pub(crate) fn with_text<R>(
    bytes: &[u8],
    scale: i32,
    take: impl FnOnce(&str) -> R,
) -> Result<R, Reason> {
    match short(bytes, scale) {
        Some(text) => Ok(take(&text)),
        None => long(bytes, scale).map(|text| take(&text)),
    }
}

/// One of at most 128 bits and 38 places.
#[inline]
fn short(bytes: &[u8], scale: i32) -> Option<Short> {
    const MOST_PLACES: usize = 38;
    let scale = usize::try_from(scale).ok().filter(|scale| *scale <= MOST_PLACES)?;
    if bytes.len() > 16 {
        return None;
    }
    let is_negative = bytes.first().is_some_and(|byte| byte >> 7 == 1);
    let start = if is_negative { -1 } else { 0 };
    let mut buffer = itoa::Buffer::new();
    // Most fit into a machine word.
    let digits = match bytes.len() {
        0..=8 => {
            let number = bytes.iter().fold(start, |number: i64, it| number << 8 | i64::from(*it));
            buffer.format(number.unsigned_abs())
        }
        _ => {
            let start = i128::from(start);
            let number = bytes.iter().fold(start, |number, it| number << 8 | i128::from(*it));
            buffer.format(number.unsigned_abs())
        }
    };
    let mut text = Short::of(if is_negative { "-" } else { "" });
    let zeros = (scale + 1).saturating_sub(digits.len());
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
    match (scale, zeros) {
        (0, _) => text.push(digits),
        (_, 0) => {
            text.push(whole);
            text.byte(b'.');
            text.push(fraction);
        }
        (_, zeros) => {
            text.push("0.");
            (1..zeros).for_each(|_| text.byte(b'0'));
            text.push(fraction);
        }
    }
    Some(text)
}

fn long(bytes: &[u8], scale: i32) -> Result<String, Reason> {
    if bytes.len() > MOST_BYTES || scale.unsigned_abs() as usize > MOST_DIGITS {
        return Err("it has too many digits");
    }
    let (negative, digits) = unscaled(bytes);
    let sign = if negative { "-" } else { "" };
    Ok(match usize::try_from(scale) {
        Ok(0) if negative => sign.to_owned() + &digits,
        Ok(0) => digits,
        Ok(scale) => {
            let zeros = (scale + 1).saturating_sub(digits.len());
            let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
            let mut text = String::with_capacity(digits.len() + zeros + 2);
            text.push_str(sign);
            match zeros {
                0 => text.extend([whole, "."]),
                zeros => text.extend(["0.", &"0".repeat(zeros - 1)]),
            }
            text.push_str(fraction);
            text
        }
        Err(_) if digits == "0" => digits,
        Err(_) => format!("{sign}{digits}{}", "0".repeat(scale.unsigned_abs() as usize)),
    })
}

/// Eighteen digits, as many as leave room in 64 bits.
const BASE: u64 = 1_000_000_000_000_000_000;
/// 2^96 / [`BASE`].
const RECIPROCAL: u128 = (1 << 96) / BASE as u128;

/// The sign and the digits, by long division in the other direction: every four bytes shift
/// what there is and are added. That takes the square of the length, which is why the length
/// has a limit and a step no division.
fn unscaled(bytes: &[u8]) -> (bool, String) {
    let negative = bytes.first().is_some_and(|byte| byte >> 7 == 1);
    // Nearly all fit into a machine word.
    if bytes.len() <= 8 {
        let start = if negative { -1 } else { 0 };
        let number = bytes.iter().fold(start, |number: i64, byte| number << 8 | i64::from(*byte));
        return (negative, number.unsigned_abs().to_string());
    }
    let mut magnitude = vec![if negative { 0xff } else { 0 }; bytes.len().wrapping_neg() % 4];
    magnitude.extend(bytes);
    if negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            (*byte, carry) = (!*byte).overflowing_add(carry.into());
        }
    }
    let mut limbs: Vec<u64> = vec![0];
    for word in magnitude.chunks(4) {
        let mut carry = word.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        for limb in &mut limbs {
            (*limb, carry) = shift(*limb, carry);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut digits = limbs.pop().unwrap_or_default().to_string();
    digits.extend(limbs.iter().rev().map(|limb| format!("{limb:018}")));
    (negative, digits)
}

/// `limb` · 2^32 + `carry`, as its last eighteen digits and those above them. Multiplied by the
/// reciprocal, the quotient is at most two too small, and the rest still fits.
fn shift(limb: u64, carry: u64) -> (u64, u64) {
    let mut quotient = ((u128::from(limb) * RECIPROCAL) >> 64) as u64;
    let mut rest = (limb << 32).wrapping_add(carry).wrapping_sub(quotient.wrapping_mul(BASE));
    while rest >= BASE {
        rest -= BASE;
        quotient += 1;
    }
    (rest, quotient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        assert_eq!(integer("-7"), Some(-7));
        assert_eq!(integer("7.00"), Some(7));
        assert_eq!(integer("-0.0"), Some(0));
        assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
        for none in ["7.5", "7e2", "9223372036854775808", "-9223372036854775809"] {
            assert_eq!(integer(none), None, "{none}");
        }
    }

    #[test]
    fn every_small_integer_comes_back() {
        for number in (-70_000..70_000_i64).step_by(7).chain([i64::MIN, i64::MAX, -1, 0, 128]) {
            assert_eq!(from_bytes(&number.to_be_bytes(), 0).unwrap(), number.to_string());
        }
    }

    #[test]
    fn short_ones_are_what_long_ones_are() {
        let mut bytes = Vec::new();
        for length in 0..17_u8 {
            for first in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                for scale in [0, 1, 2, 9, 20, 38] {
                    if let Some(place) = bytes.first_mut() {
                        *place = first;
                    }
                    let short = short(&bytes, scale).unwrap();
                    assert_eq!(&*short, long(&bytes, scale).unwrap(), "{bytes:?} {scale}");
                }
            }
            bytes.push(length.wrapping_mul(151));
        }
        assert!(short(&[1; 17], 0).is_none() && short(&[1], 39).is_none());
    }

    #[test]
    fn long_ones_are_what_division_makes_of_them() {
        let mut bytes = vec![0x12, 0x34];
        for length in 3..120_u8 {
            bytes.push(length.wrapping_mul(151));
            let (digits, mut rest) = (from_bytes(&bytes, 0).unwrap(), bytes.clone());
            for digit in digits.bytes().rev() {
                let mut carry = 0_u32;
                for byte in &mut rest {
                    let all = carry << 8 | u32::from(*byte);
                    (*byte, carry) = ((all / 10) as u8, all % 10);
                }
                assert_eq!(u32::from(digit - b'0'), carry, "{digits}");
            }
            assert!(rest.iter().all(|byte| *byte == 0), "{digits}");
        }
    }

    #[test]
    fn points_are_placed() {
        assert_eq!(from_bytes(&[0x04, 0xd2], 2).unwrap(), "12.34");
        assert_eq!(from_bytes(&[0xfb, 0x2e], 2).unwrap(), "-12.34");
        assert_eq!(from_bytes(&[5], 3).unwrap(), "0.005");
        assert_eq!(from_bytes(&[], 2).unwrap(), "0.00");
        assert_eq!(from_bytes(&[5], -3).unwrap(), "5000");
        assert_eq!(from_bytes(&[0x80], 0).unwrap(), "-128");
        assert_eq!(
            from_bytes(&[0x7f; 20], 5).unwrap(),
            "7278851291804889043602665637449723274364840.50815"
        );
        let smallest = from_bytes(&[1], MOST_DIGITS as i32).unwrap();
        assert!(smallest.starts_with("0.000") && smallest.len() == MOST_DIGITS + 2);
        assert!(from_bytes(&[1], i32::MAX).is_err());
        assert!(from_bytes(&vec![1; MOST_BYTES + 1], 0).is_err());
    }
}
