//! What a number stands for where a column holds a moment. Values are converted by the sinks, so
//! each reads the option itself.

use crate::options::settings::{Opt, Settings};

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
