//! The canonical text of a number: perhaps a minus, digits without leading zeros, perhaps a point
//! and digits without zeros at the end. It never has an exponent.

use std::io::Write;

use crate::values::number::Plain;

const NAN: &[u8] = b"NaN";
const INFINITE: &[u8] = b"Infinity";

/// Appends an integer.
pub(crate) fn write_integer(integer: i128, out: &mut Vec<u8>) {
    let written = match i64::try_from(integer) {
        Ok(short) => write!(out, "{short}"),
        Err(_) => write!(out, "{integer}"),
    };
    written.expect("memory takes everything");
}

/// Appends the decimal that a text contains, in any notation. If the text is not a decimal, it
/// returns `false` and appends nothing.
pub(crate) fn write_decimal(text: &str, out: &mut Vec<u8>) -> bool {
    let Some(plain) = Plain::parse(text) else {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let negative = text.starts_with('-');
        return match unsigned.to_ascii_lowercase().as_str() {
            "nan" => append(out, false, NAN),
            "inf" | "infinity" => append(out, negative, INFINITE),
            _ => false,
        };
    };
    let after = plain.after.trim_end_matches('0');
    let is_zero = plain.before.is_empty() && after.is_empty();
    let before = if plain.before.is_empty() { "0" } else { &plain.before };
    append(out, plain.negative && !is_zero, before.as_bytes());
    if !after.is_empty() {
        out.push(b'.');
        out.extend(after.as_bytes());
    }
    true
}

/// Appends a float, as the shortest decimal that reads back as the same.
pub(crate) fn write_float(float: impl Into<f64> + std::fmt::Display + Copy, out: &mut Vec<u8>) {
    let wide: f64 = float.into();
    match () {
        () if wide.is_nan() => drop(append(out, false, NAN)),
        () if wide.is_infinite() => drop(append(out, wide < 0.0, INFINITE)),
        () if wide == 0.0 => out.push(b'0'),
        // Rust writes floats with the fewest digits and without an exponent.
        () => write!(out, "{float}").expect("memory takes everything"),
    }
}

/// Appends a number rounded to `digits` significant digits, at least one.
pub(crate) fn write_rounded(float: f64, digits: u32, out: &mut Vec<u8>) {
    if !float.is_finite() {
        return write_float(float, out);
    }
    let digits = digits.clamp(1, 17) as usize - 1;
    write_decimal(&format!("{float:.digits$e}"), out);
}

fn append(out: &mut Vec<u8>, negative: bool, text: &[u8]) -> bool {
    if negative {
        out.push(b'-');
    }
    out.extend(text);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn equal_numbers_have_one_text() {
        for (one, given) in [
            ("0", &["0", "-0", "0.000", "0e9", "-0.0"][..]),
            ("12.5", &["12.50", "012.5", "+12.5", "1.25e1", "125e-1"]),
            ("-0.012", &["-.012", "-0.0120", "-12e-3"]),
            ("1000", &["1e3", "1000.0"]),
            ("NaN", &["NaN", "nan"]),
            ("-Infinity", &["-inf", "-Infinity"]),
        ] {
            for given in given {
                assert_eq!(text(|out| assert!(write_decimal(given, out))), one, "{given}");
            }
        }
        for wrong in ["", "x", "1.2.3", "--1", "0x10"] {
            assert_eq!(text(|out| assert!(!write_decimal(wrong, out))), "", "{wrong}");
        }
        assert_eq!(text(|out| write_integer(u64::MAX.into(), out)), "18446744073709551615");
        assert_eq!(text(|out| write_integer(-7, out)), "-7");
    }

    #[test]
    fn floats_are_as_short_as_they_can_be() {
        assert_eq!(text(|out| write_float(0.1_f32, out)), "0.1");
        assert_eq!(text(|out| write_float(0.1_f64, out)), "0.1");
        assert_eq!(text(|out| write_float(-0.0_f64, out)), "0");
        assert_eq!(text(|out| write_float(1e21_f64, out)), "1000000000000000000000");
        assert_eq!(text(|out| write_float(1.5e-7_f64, out)), "0.00000015");
        assert_eq!(text(|out| write_float(f64::NEG_INFINITY, out)), "-Infinity");
        assert_eq!(text(|out| write_float(f32::NAN, out)), "NaN");
    }

    #[test]
    fn rounding_is_to_digits_that_say_something() {
        assert_eq!(text(|out| write_rounded(0.100_000_001_490_116_12, 6, out)), "0.1");
        assert_eq!(text(|out| write_rounded(1_234_567.0, 3, out)), "1230000");
        assert_eq!(text(|out| write_rounded(f64::INFINITY, 3, out)), "Infinity");
    }
}
