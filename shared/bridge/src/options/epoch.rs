//! The unit of a number in a column of dates or times. The sinks convert values, so each sink reads
//! the option itself.

use crate::options::settings::{Opt, Settings};

/// `unix.precision`
pub const UNIX_PRECISION: Opt = Opt::new(
    "unix.precision",
    "The unit of a JSON number in a column of dates or times: `seconds`, `milliseconds`, `microseconds` or `nanoseconds` since 1970 (UTC), or since midnight if the column is a time of day. If it is not set, the unit is milliseconds, and such a number in a change event without a schema is refused, because its unit is unknown.",
);

/// The unit of a JSON number in a column of dates or times.
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

    /// The decimal places of a second in this unit.
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
