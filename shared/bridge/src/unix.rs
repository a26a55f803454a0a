//! What a number stands for where a column holds a moment. Values are converted by the sinks, so
//! each reads the option itself.

use crate::number::{self, Why};
use crate::options::{Opt, Settings};

/// `unix.precision`
pub const UNIX_PRECISION: Opt = Opt::new(
    "unix.precision",
    "What a JSON number in a column of dates or times counts since 1970 (UTC), or since midnight where the column is a time of day: `seconds`, `milliseconds`, `microseconds` or `nanoseconds`. Not set, it is milliseconds, and a change event without a schema is refused: nothing tells what its numbers count.",
);

/// What a JSON number counts where a column holds moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnixPrecision {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl UnixPrecision {
    /// Reads the option, noting a problem.
    pub fn from_settings(settings: &mut Settings) -> Self {
        if settings.given(&UNIX_PRECISION).is_none() {
            return Self::Milliseconds;
        }
        settings.choice(
            &UNIX_PRECISION,
            &[
                ("seconds", Self::Seconds),
                ("milliseconds", Self::Milliseconds),
                ("microseconds", Self::Microseconds),
                ("nanoseconds", Self::Nanoseconds),
            ],
        )
    }

    /// The decimal places of a second that a whole number counts.
    #[must_use]
    pub fn places(self) -> u8 {
        match self {
            Self::Seconds => 0,
            Self::Milliseconds => 3,
            Self::Microseconds => 6,
            Self::Nanoseconds => 9,
        }
    }
}

/// Microseconds, of a number that counts ten to the power of −`places` seconds.
///
/// # Errors
/// It has finer digits, or is out of range.
pub fn micros(digits: &str, places: u8) -> Result<i64, Why> {
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
