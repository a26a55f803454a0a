//! Numbers as the service has them: integers of 64 bits, and doubles.

use sluice_bridge::values::number::{canonical, float, integer, integer_text};

use crate::wire::plain_buffer::Value;

/// The reason for a refusal.
pub(super) type Reason = &'static str;

const NO_INTEGER: Reason = "it is not an integer of 64 bits";
const LOSES_DIGITS: Reason = "as a double it would lose digits: declare the column as string";

/// A JSON number for a column without a type: an integer, unless it has a point or an exponent.
pub(super) fn any(digits: &str) -> Result<Value<'static>, Reason> {
    if digits.contains(['.', 'e', 'E']) {
        return double(digits).map(Value::Double);
    }
    let number = digits.parse().map_err(|_| {
        "an integer has at most 64 bits: declare the column as string, or as double if that loses nothing"
    });
    number.map(Value::Integer)
}

/// A number for a column of integers; `7.0` and `7e2` are integers.
pub(super) fn whole(digits: &str) -> Result<i64, Reason> {
    integer(digits).map_err(|_| NO_INTEGER)
}

/// The same from text.
pub(super) fn whole_text(text: &str) -> Result<i64, Reason> {
    integer_text(text).map_err(|_| NO_INTEGER)
}

/// A number, or its text, as a double that has the same digits: `0.1` stays `0.1`.
pub(super) fn double(digits: &str) -> Result<f64, Reason> {
    let number: f64 = float(digits)?;
    if !number.is_finite() {
        return Err("it is not a finite number");
    }
    // 15 digits always survive (IEEE 754), and most numbers have no more.
    let is_short = digits.len() <= 15 && !digits.contains(['e', 'E']);
    if is_short || canonical(digits) == canonical(&number.to_string()) {
        Ok(number)
    } else {
        Err(LOSES_DIGITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_type() {
        for (digits, value) in [
            ("7", Value::Integer(7)),
            ("-9223372036854775808", Value::Integer(i64::MIN)),
            ("7.0", Value::Double(7.0)),
            ("1e2", Value::Double(100.0)),
            ("-0.1", Value::Double(-0.1)),
            ("1.7976931348623157e308", Value::Double(f64::MAX)),
            ("0.30000000000000004", Value::Double(0.300_000_000_000_000_04)),
        ] {
            assert_eq!(any(digits), Ok(value), "{digits}");
        }
        assert!(any("9223372036854775808").unwrap_err().contains("64 bits"));
        for digits in ["0.1234567890123456789", "9007199254740993.0", "1.00000000000000005e0"] {
            assert_eq!(any(digits), Err(LOSES_DIGITS), "{digits}");
        }
        assert!(any("1e400").is_err() && any("1e-400").is_err());
    }

    #[test]
    fn integers_and_doubles() {
        assert_eq!((whole("7.0"), whole("7e2"), whole_text(" -7 ")), (Ok(7), Ok(700), Ok(-7)));
        assert_eq!((whole("7.5"), whole_text("no number")), (Err(NO_INTEGER), Err(NO_INTEGER)));
        assert_eq!(double("9007199254740993"), Err(LOSES_DIGITS));
        assert_eq!(double("9007199254740992"), Ok(9_007_199_254_740_992.0));
        assert!(double("NaN").is_err() && double("x").is_err());
    }
}
