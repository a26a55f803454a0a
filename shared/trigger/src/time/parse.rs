//! Parses a point in time.

/// A number from here on is milliseconds: as seconds it would be the year 5138.
const MILLIS_FROM: f64 = 1.0e11;

/// The last millisecond of the year 9999, which is the last year of RFC 3339. Without this limit,
/// microseconds would be read as milliseconds of a future time, and all records would be skipped.
const LAST_MILLIS: f64 = 253_402_300_799_999.0;

/// Parses an RFC 3339 time (`2026-11-20T10:15:30Z`, with any offset), Unix seconds as in Lambda's
/// `StartingPositionTimestamp`, or Unix milliseconds. Returns milliseconds since 1970.
///
/// # Errors
///
/// A sentence, if the text has none of these formats or the time is before 1970.
pub fn parse_time(text: &str) -> Result<i64, String> {
    parse_micros(text).map(|micros| micros / 1_000)
}

/// The same in microseconds since 1970, the smallest unit of a timestamp column.
///
/// # Errors
///
/// As of [`parse_time`].
pub fn parse_micros(text: &str) -> Result<i64, String> {
    let wrong = || {
        "must be a time such as 2026-11-20T10:15:30Z or 2026-11-20T11:15:30+01:00, or Unix \
         seconds or milliseconds"
            .to_owned()
    };
    let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite());
    if let Some(number) = number {
        let millis = if number < MILLIS_FROM { number * 1000.0 } else { number };
        return if (0.0..=LAST_MILLIS).contains(&millis) {
            Ok(millis as i64 * 1_000)
        } else {
            Err(wrong())
        };
    }
    let (local, offset) = offset(text).ok_or_else(wrong)?;
    let time = humantime::parse_rfc3339(&format!("{local}Z")).map_err(|_| wrong())?;
    let since_1970 = time.duration_since(std::time::UNIX_EPOCH).map_err(|_| wrong())?;
    let micros = i64::try_from(since_1970.as_micros()).map_err(|_| wrong())? - offset * 1_000;
    if micros >= 0 { Ok(micros) } else { Err(wrong()) }
}

/// Splits the text into the time without its offset, and the offset in milliseconds.
fn offset(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return Some((local, 0));
    }
    let (local, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let (hours, minutes) = offset.split_once(':')?;
    let digits = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() == 2);
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let millis = (i64::from(hours) * 60 + i64::from(minutes)) * 60_000;
    match sign {
        _ if hours > 23 || minutes > 59 => None,
        "+" => Some((local, millis)),
        "-" => Some((local, -millis)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, millis) in [
            ("2026-11-20T10:15:30Z", 1_795_169_730_000),
            ("2026-11-20T10:15:30.250Z", 1_795_169_730_250),
            ("2026-11-20T11:15:30+01:00", 1_795_169_730_000),
            ("2026-11-20T05:45:30-04:30", 1_795_169_730_000),
            ("1795169730", 1_795_169_730_000),
            ("1795169730.25", 1_795_169_730_250),
            ("1795169730000", 1_795_169_730_000),
            ("0", 0),
        ] {
            assert_eq!(parse_time(text), Ok(millis), "{text}");
        }
        assert_eq!(parse_micros("2026-11-20T10:15:30.250001Z"), Ok(1_795_169_730_250_001));
        assert_eq!(parse_micros("1795169730000"), Ok(1_795_169_730_000_000));
        for wrong in [
            "",
            "now",
            "2026-11-20",
            "2026-11-20T10:15:30",
            "-5",
            "1e300",
            "1795169730000000",
            "NaN",
            "ä+01:00",
            "2026-11-20T10:15:30+25:00",
            "1969-12-31T23:59:59Z",
            "2026-11-20T10:15:30+1:000",
        ] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
