//! Decimals and floats from their digits, without losing one.

use std::fmt::Display;
use std::str::FromStr;

use num_bigint::BigInt;
use sluice_bridge::values::number::{self, NOT_A_NUMBER, Plain, Reason};

/// A float of 32 or 64 bits, whose `Display` writes the shortest digits that mean it.
pub(crate) trait Float: FromStr + Display + Copy + Into<f64> {}
impl Float for f32 {}
impl Float for f64 {}

/// A number as a float.
///
/// # Errors
/// It is out of range, or the float does not have all of its digits.
pub(crate) fn float<F: Float>(digits: &str) -> Result<F, Reason> {
    let float: F = number::float(digits)?;
    match number::canonical(digits) == number::canonical(&float.to_string()) {
        true => Ok(float),
        false => Err("it has more digits than such a float has"),
    }
}

/// The unscaled integer of a decimal with `scale` places, as the shortest two's complement in
/// big-endian order.
///
/// # Errors
/// It is no number, has more places, or more digits than `precision`.
pub(crate) fn unscaled(
    decimal: &str,
    scale: usize,
    precision: Option<usize>,
) -> Result<Vec<u8>, Reason> {
    let plain = Plain::parse(decimal).ok_or(NOT_A_NUMBER)?;
    let (kept, lost) = plain.after.split_at(scale.min(plain.after.len()));
    if lost.bytes().any(|digit| digit != b'0') {
        return Err("it has more digits after the point than the scale of the schema");
    }
    let digits = format!("{}{kept:0<scale$}", plain.before);
    let digits = digits.trim_start_matches('0');
    if precision.is_some_and(|precision| digits.len() > precision) {
        return Err("it has more digits than the precision of the schema");
    }
    let digits = if digits.is_empty() { "0" } else { digits };
    let number = BigInt::from_str(digits).map_err(|_| NOT_A_NUMBER)?;
    Ok(if plain.negative { -number } else { number }.to_signed_bytes_be())
}

/// Two's complement in exactly `size` bytes.
///
/// # Errors
/// It needs more.
pub(crate) fn widened(bytes: &[u8], size: usize) -> Result<Vec<u8>, Reason> {
    let missing = size.checked_sub(bytes.len()).ok_or("it needs more bytes than the schema has")?;
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { 0xff } else { 0 };
    Ok([&vec![sign; missing][..], bytes].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_its_unscaled_integer() {
        for (text, scale, bytes) in [
            ("12.30", 2, &[0x04, 0xce][..]),
            ("-0.01", 2, &[0xff]),
            ("1e2", 1, &[0x03, 0xe8]),
            ("0", 5, &[0]),
            ("-0", 0, &[0]),
            ("1.28", 2, &[0, 0x80]),
            ("-1.28", 2, &[0x80]),
            ("7.000", 1, &[70]),
            ("18446744073709551616", 0, &[1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(unscaled(text, scale, None).as_deref(), Ok(bytes), "{text}");
        }
        assert_eq!(unscaled("99.9", 1, Some(3)).as_deref(), Ok(&[3, 0xe7][..]));
        for (text, scale, precision, why) in [
            ("0.001", 2, None, "scale"),
            ("100.0", 1, Some(3), "precision"),
            ("one", 0, None, "not a number"),
            ("", 0, None, "not a number"),
        ] {
            assert!(unscaled(text, scale, precision).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn a_fixed_decimal_keeps_its_sign() {
        assert_eq!(widened(&[0x80], 3).unwrap(), [0xff, 0xff, 0x80]);
        assert_eq!(widened(&[0x7f], 2).unwrap(), [0, 0x7f]);
        assert!(widened(&[1, 2, 3], 2).is_err());
    }

    #[test]
    fn a_float_has_all_digits_or_none() {
        assert_eq!(float::<f64>("0.1"), Ok(0.1));
        assert_eq!(float::<f32>("16777216"), Ok(16_777_216.0));
        assert_eq!(float::<f64>("1e300"), Ok(1e300));
        assert_eq!(float::<f64>("-0.0").map(f64::is_sign_negative), Ok(true));
        for more in ["16777217", "0.10000000001", "3.4028236e38"] {
            assert!(float::<f32>(more).is_err(), "{more}");
        }
        assert!(float::<f64>("9007199254740993").is_err());
        assert!(float::<f64>("1e-400").is_err());
    }
}
