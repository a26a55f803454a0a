//! How long a refusal that may pass gives its batch back.

use std::time::Duration;

use crate::options::settings::{Opt, Settings};

/// `errors.retry.timeout`
pub const ERRORS_RETRY_TIMEOUT: Opt = Opt::new("errors.retry.timeout", "With `errors.tolerance=all`: how long, in milliseconds, a row is retried if it refers to a row that does not exist yet, or has a unique value that another row still has. Meanwhile its batch is given back; after this time the record becomes a letter. `0` makes it a letter at once, `-1` never. The time starts at the first refusal that the function's process sees.").or("5000");

/// How long a refusal may last, from the options; `None` without a limit.
pub(crate) fn timeout(settings: &mut Settings) -> Option<Duration> {
    let millis: i64 =
        settings.parsed(&ERRORS_RETRY_TIMEOUT, "a whole number of milliseconds, or -1");
    if millis < -1 {
        settings.problem(format!("{} must be at least -1", ERRORS_RETRY_TIMEOUT.name));
    }
    u64::try_from(millis).ok().map(Duration::from_millis)
}
