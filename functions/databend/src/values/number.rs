//! Numbers as the server stores them without a loss. It would round a decimal, and an integer with digits after the
//! point.

use sluice_bridge::values::number::{Plain, Reason, SPACES};
use sluice_sql::append::display;
pub(super) use sluice_sql::number::whole;
use sluice_sql::number::{self, finite, reason_for};

/// Appends a decimal without an exponent, of at most `precision` digits, `scale` of them after the point.
pub(super) fn decimal(
    text: &str,
    precision: usize,
    scale: usize,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let digits = text.trim_matches(SPACES);
    let plain = Plain::parse(digits).ok_or_else(|| reason_for(digits, "out of range"))?;
    let after = plain.after.trim_end_matches('0');
    if after.len() > scale {
        return Err("the number has more digits after the point than the column's scale");
    }
    if plain.before.len() > precision.saturating_sub(scale) {
        return Err("out of range");
    }
    if plain.negative {
        out.push(b'-');
    }
    out.extend(if plain.before.is_empty() { "0" } else { &plain.before }.as_bytes());
    if !after.is_empty() {
        out.push(b'.');
        out.extend(after.as_bytes());
    }
    Ok(())
}

/// Appends a number for 64 bits, in its own notation.
pub(super) fn double(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    let digits = text.trim_matches(SPACES);
    finite(digits)?;
    out.extend(digits.as_bytes());
    Ok(())
}

/// Appends a number rounded to 32 bits, as the column would store it.
pub(super) fn single(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    let narrow = number::single(text)?;
    display(format_args!("{narrow:?}"), out);
    Ok(())
}

/// Appends the members of a set of integers, `1,2,3`. The server reads none without members.
pub(super) fn bitmap(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    for (index, member) in text.split(',').enumerate() {
        if index > 0 {
            out.push(b',');
        }
        whole(member.trim(), 0, u64::MAX, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sluice_bridge::values::number::NOT_A_NUMBER;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> Result<(), Reason>) -> Result<String, Reason> {
        let mut out = Vec::new();
        write(&mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn whole_numbers_of_every_notation() {
        let tiny = |text| written(|out| whole(text, -128, 127, out));
        for (given, stored) in
            [("7", "7"), ("-0", "0"), ("7.0", "7"), ("1e2", "100"), (" +007\n", "7")]
        {
            assert_eq!(tiny(given).as_deref(), Ok(stored), "{given}");
        }
        for wrong in ["128", "-129", "1e400"] {
            assert_eq!(tiny(wrong), Err("out of range"), "{wrong}");
        }
        assert_eq!(tiny("x"), Err(NOT_A_NUMBER));
        let large = written(|out| whole("18446744073709551615", 0, u64::MAX, out));
        assert_eq!(large.as_deref(), Ok("18446744073709551615"));
    }

    #[test]
    fn decimals_keep_every_digit_or_are_refused() {
        let of = |text, precision, scale| written(|out| decimal(text, precision, scale, out));
        let most = "9".repeat(76);
        assert_eq!(of(&most, 76, 0).as_deref(), Ok(&*most));
        assert_eq!(of("-.50", 5, 2).as_deref(), Ok("-0.5"));
        assert_eq!(of("12e-1", 5, 2).as_deref(), Ok("1.2"));
        assert!(of("1.239", 5, 2).unwrap_err().contains("scale"));
        assert_eq!(of("1000", 5, 2), Err("out of range"));
        assert_eq!(of("NaN", 5, 2), Err(NOT_A_NUMBER));
    }

    #[test]
    fn members_of_a_bitmap() {
        let of = |text| written(|out| bitmap(text, out));
        assert_eq!(of("1, 2,18446744073709551615").as_deref(), Ok("1,2,18446744073709551615"));
        assert!(of("").is_err() && of("1,").is_err() && of("-1").is_err() && of("x").is_err());
    }

    #[test]
    fn floats_of_both_widths() {
        assert_eq!(written(|out| single("0.1", out)).as_deref(), Ok("0.1"));
        assert_eq!(written(|out| single("1e39", out)), Err("out of range"));
        assert!(written(|out| single("1e-60", out)).unwrap_err().contains("zero"));
        assert_eq!(written(|out| double(" 1E5 ", out)).as_deref(), Ok("1E5"));
        assert!(written(|out| double("Infinity", out)).unwrap_err().contains("infinity"));
    }
}
