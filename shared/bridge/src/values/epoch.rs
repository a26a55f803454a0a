//! Numbers that count parts of a second.

use crate::values::number::{self, Reason};

/// Converts a number in units of ten to the power of −`places` seconds to microseconds.
///
/// # Errors
/// It has digits below a microsecond, or is out of range.
pub fn micros(digits: &str, places: u8) -> Result<i64, Reason> {
    match 6_u8.checked_sub(places) {
        Some(missing) => number::scaled(digits, missing),
        None => match number::scaled(digits, 0)? {
            nanos if nanos % 1000 == 0 => Ok(nanos / 1000),
            _ => Err("it would lose digits below a microsecond"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_parts_of_a_second() {
        assert_eq!(micros("-1.5", 0), Ok(-1_500_000));
        assert_eq!(micros("1767225600123.456", 3), Ok(1_767_225_600_123_456));
        assert_eq!(micros("7000", 9), Ok(7));
        assert!(micros("7001", 9).is_err() && micros("0.0001", 3).is_err());
    }
}
