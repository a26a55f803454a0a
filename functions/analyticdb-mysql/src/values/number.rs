//! Numbers as text that the server does not round.

use sluice_bridge::values::number::{Plain, Reason, SPACES};
use sluice_sql::append::display;
pub(crate) use sluice_sql::number::whole;
use sluice_sql::number::{self, finite, reason_for};

use crate::types::digits::{BEYOND_SCALE, DecimalLimits};

/// Appends a decimal without an exponent and with at most the column's digits.
pub(crate) fn decimal(text: &str, limits: DecimalLimits, out: &mut Vec<u8>) -> Result<(), Reason> {
    let digits = text.trim_matches(SPACES);
    let plain = Plain::parse(digits).ok_or_else(|| reason_for(digits, "out of range"))?;
    limits.check(&plain)?;
    if plain.negative {
        out.push(b'-');
    }
    out.extend(if plain.before.is_empty() { "0" } else { &plain.before }.as_bytes());
    let kept = &plain.after[..limits.after.min(plain.after.len())];
    if !kept.is_empty() {
        out.push(b'.');
        out.extend(kept.as_bytes());
    }
    Ok(())
}

/// Appends a number for a `DOUBLE`, in its own notation.
pub(crate) fn double(
    text: &str,
    limits: Option<DecimalLimits>,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let digits = text.trim_matches(SPACES);
    let number = finite(digits)?;
    let Some(limits) = limits else {
        out.extend(digits.as_bytes());
        return Ok(());
    };
    let (kept, value) = limits.round(number)?;
    if value != number {
        return Err(BEYOND_SCALE);
    }
    out.extend(kept.as_bytes());
    Ok(())
}

/// Appends a number rounded to a `FLOAT`. Otherwise the server would use a DOUBLE in a comparison.
pub(crate) fn single(
    text: &str,
    limits: Option<DecimalLimits>,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let narrow = number::single(text)?;
    let Some(limits) = limits else {
        display(format_args!("{:e}", f64::from(narrow)), out);
        return Ok(());
    };
    // A float that was converted to a double has additional digits. Only the float in the column matters.
    let (kept, value) = limits.round(f64::from(narrow))?;
    if value as f32 != narrow {
        return Err(BEYOND_SCALE);
    }
    out.extend(kept.as_bytes());
    Ok(())
}

/// The number from a text of bits, the highest bit first. It must not have more than `length` bits.
pub(crate) fn of_bits(text: &str, length: u32) -> Result<u64, Reason> {
    let digits = text.trim_start_matches('0');
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
        return Err("the text is not a bit string such as 101");
    }
    if digits.len() > length as usize {
        return Err("the value has more bits than the column");
    }
    Ok(digits.bytes().fold(0, |number, bit| number << 1 | u64::from(bit == b'1')))
}

/// Appends a year of four digits. The server would interpret a year of two digits.
pub(crate) fn year(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    const NOT_ONE: Reason = "the value is not a year of four digits";
    if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NOT_ONE);
    }
    match text.parse::<u16>().map_err(|_| NOT_ONE)? {
        0 | 1901..=2155 => out.extend(text.as_bytes()),
        _ => return Err("out of range"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sluice_bridge::values::number::NOT_A_NUMBER;

    use super::*;

    type Write<'a> = &'a dyn Fn(&str, &mut Vec<u8>) -> Result<(), Reason>;

    fn written(write: Write<'_>, text: &str) -> Result<String, Reason> {
        let mut out = Vec::new();
        write(text, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn whole_numbers() {
        let tiny: Write = &|text, out| whole(text, -128, 127, out);
        for (given, stored) in [
            ("7", "7"),
            ("0", "0"),
            ("-0", "0"),
            ("-128", "-128"),
            ("7.0", "7"),
            ("1e2", "100"),
            (" +007\n", "7"),
        ] {
            assert_eq!(written(tiny, given).as_deref(), Ok(stored), "{given}");
        }
        for wrong in ["128", "-129", "1e400", "1e-400000", "99999999999999999999999999"] {
            assert_eq!(written(tiny, wrong), Err("out of range"), "{wrong}");
        }
        for wrong in ["", "x", "7x", "1 2", "0x10", "inf", "nan", "."] {
            assert_eq!(written(tiny, wrong), Err(NOT_A_NUMBER), "{wrong}");
        }
        assert!(written(tiny, "1.9").unwrap_err().contains("digits after the point"));
        let large: Write = &|text, out| whole(text, 0, u64::MAX, out);
        assert_eq!(written(large, "18446744073709551615").as_deref(), Ok("18446744073709551615"));
        assert_eq!(written(large, "-0").as_deref(), Ok("0"));
        assert_eq!(written(large, "18446744073709551616"), Err("out of range"));
        assert_eq!(written(large, "-1"), Err("out of range"));
    }

    #[test]
    fn decimals() {
        let limits = DecimalLimits::of(Some(5), Some(2), false).unwrap();
        let write: Write = &|text, out| decimal(text, limits, out);
        for (given, stored) in [
            ("1.20", "1.20"),
            ("1.2000", "1.20"),
            ("-.5", "-0.5"),
            ("00999.99", "999.99"),
            ("1e2", "100"),
            ("12e-1", "1.2"),
            ("0e9", "0"),
        ] {
            assert_eq!(written(write, given).as_deref(), Ok(stored), "{given}");
        }
        assert!(written(write, "1.239").unwrap_err().contains("scale"));
        for wrong in ["1000", "1e3", "1e999999"] {
            assert_eq!(written(write, wrong), Err("out of range"), "{wrong}");
        }
        for wrong in ["x", "NaN", ""] {
            assert_eq!(written(write, wrong), Err(NOT_A_NUMBER), "{wrong}");
        }
        let unsigned = DecimalLimits::of(Some(5), Some(2), true).unwrap();
        let write: Write = &|text, out| decimal(text, unsigned, out);
        assert_eq!(written(write, "-1"), Err("out of range"));
        assert_eq!(written(write, "-0.0").as_deref(), Ok("-0.0"));
    }

    #[test]
    fn floats() {
        let write: Write = &|text, out| single(text, None, out);
        assert_eq!(written(write, "0.5").as_deref(), Ok("5e-1"));
        assert_eq!(written(write, "0.1").as_deref(), Ok("1.0000000149011612e-1"));
        assert_eq!(written(write, "1e39"), Err("out of range"));
        assert!(written(write, "1e-60").unwrap_err().contains("zero"));
        let write: Write = &|text, out| double(text, None, out);
        assert_eq!(written(write, " 0.1 ").as_deref(), Ok("0.1"));
        assert!(written(write, "1e-400").unwrap_err().contains("zero"));
        assert!(written(write, "Infinity").unwrap_err().contains("infinity"));
        assert_eq!(written(write, "x"), Err(NOT_A_NUMBER));
        let limits = DecimalLimits::of(Some(5), Some(2), false);
        let write: Write = &|text, out| double(text, limits, out);
        assert_eq!(written(write, "1.25").as_deref(), Ok("1.25"));
        assert!(written(write, "1.239").is_err() && written(write, "1000").is_err());
        assert!(written(write, "1.25000001").is_err() && written(write, "999.999").is_err());
        assert_eq!(written(write, "0.100000000000000005").as_deref(), Ok("0.10"));
        let limits = DecimalLimits::of(Some(7), Some(3), false);
        let write: Write = &|text, out| single(text, limits, out);
        for (given, stored) in [
            ("1.2339999675750732", "1.234"),
            ("1234.5670166015625", "1234.567"),
            ("1.234", "1.234"),
            ("-0.10000000149011612", "-0.100"),
            ("9999.9990234375", "9999.999"),
            ("1e3", "1000.000"),
        ] {
            assert_eq!(written(write, given).as_deref(), Ok(stored), "{given}");
        }
        assert!(written(write, "1.2341").unwrap_err().contains("scale"));
        assert!(written(write, "1.2339999").unwrap_err().contains("scale"));
        assert_eq!(written(write, "10000"), Err("out of range"));
        let unsigned = DecimalLimits::of(Some(7), Some(3), true);
        let write: Write = &|text, out| single(text, unsigned, out);
        assert_eq!(written(write, "-1"), Err("out of range"));
        assert!(written(write, "-0").is_ok());
    }

    #[test]
    fn bits_and_years() {
        assert_eq!(of_bits("0101", 3), Ok(5));
        assert_eq!(of_bits(&"1".repeat(64), 64), Ok(u64::MAX));
        assert!(of_bits("1000", 3).is_err() && of_bits("5", 3).is_err() && of_bits("", 3).is_err());
        assert_eq!(written(&year, "2155").as_deref(), Ok("2155"));
        assert_eq!(written(&year, "0000").as_deref(), Ok("0000"));
        assert!(written(&year, "1900").is_err() && written(&year, "99").is_err());
    }
}
