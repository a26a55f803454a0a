//! The header `Retry-After`: RFC 9110, section 10.2.3.

use std::time::{Duration, SystemTime};

/// How long to wait from now on; `None` if it is neither a number of seconds nor a date. A date
/// that has passed is no time.
pub(crate) fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that is too large for us is a very long time.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn seconds_and_dates() {
        // The date of the RFC's example.
        let date = "Fri, 31 Dec 1999 23:59:59 GMT";
        let before = UNIX_EPOCH + Duration::from_secs(946_684_799 - 90);
        for (value, expected) in [
            ("120", Some(Duration::from_secs(120))),
            (" 0 ", Some(Duration::ZERO)),
            ("99999999999999999999", Some(Duration::MAX)),
            (date, Some(Duration::from_secs(90))),
            ("-1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(parse(value, before), expected, "{value}");
        }
        assert_eq!(parse(date, before + Duration::from_secs(91)), Some(Duration::ZERO));
    }
}
