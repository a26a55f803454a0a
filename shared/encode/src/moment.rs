//! Moments, days, times and durations from ISO 8601 text, to the nanosecond.

use sluice_bridge::values::moment::{Moment, NOT_A_TIME, clock};
use sluice_bridge::values::number::{self, Plain, Reason};

/// A second in nanoseconds.
pub(crate) const SECOND: i128 = 1_000_000_000;
const DAY_SECONDS: i128 = 86_400;
const NOT_A_DURATION: Reason = "the text is not an ISO 8601 duration";

/// Days since 1970-01-01.
///
/// # Errors
/// The text is not a day alone.
pub(crate) fn day(text: &str) -> Result<i64, Reason> {
    match Moment::parse(text)? {
        Moment { days, micros: 0, zone: None } if !text.contains(':') => Ok(days),
        _ => Err("a day has a time"),
    }
}

/// Nanoseconds since midnight.
///
/// # Errors
/// The text is not a time of day alone.
pub(crate) fn time(text: &str) -> Result<i128, Reason> {
    let (text, nanos) = split(text)?;
    let mut rest = text.as_bytes();
    let micros = clock(&mut rest)?;
    if rest.is_empty() { Ok(i128::from(micros) * 1000 + nanos) } else { Err(NOT_A_TIME) }
}

/// Nanoseconds since 1970-01-01 in UTC, for a moment with a zone, or in no zone if it `is_local`.
///
/// # Errors
/// The text is no moment, or one of the other kind.
pub(crate) fn timestamp(text: &str, is_local: bool) -> Result<i128, Reason> {
    let (text, nanos) = split(text)?;
    let moment = Moment::parse(&text)?;
    let minutes = match (moment.zone, is_local) {
        (Some(minutes), false) => minutes,
        (None, true) => 0,
        (None, false) => return Err("the moment has no zone: add Z or an offset from UTC"),
        (Some(_), true) => return Err("the moment has a zone, and its type has none"),
    };
    let seconds = i128::from(moment.days) * DAY_SECONDS - i128::from(minutes) * 60;
    Ok(seconds * SECOND + i128::from(moment.micros) * 1000 + nanos)
}

/// Takes the digits below a microsecond out of a text, which is then one that [`Moment`] reads.
fn split(text: &str) -> Result<(String, i128), Reason> {
    let Some((before, fraction)) = text.split_once('.') else { return Ok((text.to_owned(), 0)) };
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if length <= 6 {
        return Ok((text.to_owned(), 0));
    }
    let (micros, rest) = fraction.split_at(6);
    let (below, tail) = rest.split_at(length - 6);
    let nanos = number::scaled(&format!("0.{below}"), 3);
    let nanos = nanos.map_err(|_| "it would lose digits below a nanosecond")?;
    Ok((format!("{before}.{micros}{tail}"), nanos.into()))
}

/// A count of `nanos` in units of so many nanoseconds.
///
/// # Errors
/// A part of a unit would be lost, or there are too many.
pub(crate) fn count(nanos: i128, unit: i128) -> Result<i64, Reason> {
    if nanos % unit != 0 {
        return Err("it has digits below the unit of its type");
    }
    i64::try_from(nanos / unit).map_err(|_| "out of range")
}

/// Months, days and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Duration {
    pub(crate) months: i128,
    pub(crate) days: i128,
    pub(crate) nanos: i128,
}

/// Reads `P1Y2M3DT4H5M6.7S`: years are months, weeks are days, the rest are nanoseconds. A sign
/// before the P or before a number is one of what follows it.
///
/// # Errors
/// The text is none, or has digits below a nanosecond.
pub(crate) fn duration(text: &str) -> Result<Duration, Reason> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let rest = rest.strip_prefix('P').ok_or(NOT_A_DURATION)?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    if (date.is_empty() && time.is_empty()) || rest.ends_with('T') {
        return Err(NOT_A_DURATION);
    }
    let mut sum = Duration::default();
    for (letter, value) in parts(date, "YMWD")? {
        let (count, times) = match letter {
            'Y' => (&mut sum.months, 12),
            'M' => (&mut sum.months, 1),
            'W' => (&mut sum.days, 7),
            _ => (&mut sum.days, 1),
        };
        *count += scaled(value, 0)? * times;
    }
    for (letter, value) in parts(time, "HMS")? {
        let seconds = match letter {
            'H' => 3600,
            'M' => 60,
            _ => 1,
        };
        sum.nanos += scaled(value, 9)? * seconds;
    }
    Ok(Duration { months: sum.months * sign, days: sum.days * sign, nanos: sum.nanos * sign })
}

/// The numbers of a half of a duration with the letters that follow them, which are some of
/// `letters` in their order.
fn parts<'t>(half: &'t str, letters: &str) -> Result<Vec<(char, &'t str)>, Reason> {
    let (mut parts, mut rest, mut allowed) = (Vec::new(), half, letters);
    while let Some(at) = rest.find(|character: char| character.is_ascii_uppercase()) {
        let (value, tail) = rest.split_at(at);
        let letter = char::from(tail.as_bytes()[0]);
        let place = allowed.find(letter).ok_or(NOT_A_DURATION)?;
        parts.push((letter, value));
        (rest, allowed) = (&tail[1..], &allowed[place + 1..]);
    }
    if rest.is_empty() { Ok(parts) } else { Err(NOT_A_DURATION) }
}

/// A number times ten to the power of `places`.
fn scaled(value: &str, places: usize) -> Result<i128, Reason> {
    let plain = Plain::parse(value).ok_or(NOT_A_DURATION)?;
    let (kept, lost) = plain.after.split_at(places.min(plain.after.len()));
    // Eighteen digits and nine places are far below 128 bits, also as a sum.
    if lost.bytes().any(|digit| digit != b'0') || plain.before.len() > 18 {
        return Err("a part of the duration is out of range, or has digits below its unit");
    }
    let digits = format!("0{}{kept:0<places$}", plain.before);
    let number: i128 = digits.parse().map_err(|_| NOT_A_DURATION)?;
    Ok(if plain.negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_nanoseconds() {
        assert_eq!(timestamp("1970-01-01T00:00:01.000000007Z", false), Ok(SECOND + 7));
        assert_eq!(timestamp("1969-12-31T23:59:59.5+00:00", false), Ok(-SECOND / 2));
        assert_eq!(timestamp("1970-01-01T01:00:00.1234567+01:00", false), Ok(123_456_700));
        assert_eq!(timestamp("1970-01-02 00:00", true), Ok(86_400 * SECOND));
        assert_eq!(time("12:00:00.000000001"), Ok(43_200 * SECOND + 1));
        assert_eq!((day("1970-01-11"), day("1969-12-31")), (Ok(10), Ok(-1)));
        for (text, is_local) in [
            ("1970-01-01T00:00:00", false),
            ("1970-01-01T00:00:00Z", true),
            ("1970-01-01T00:00:00.0000000001Z", false),
            ("soon", false),
        ] {
            assert!(timestamp(text, is_local).is_err(), "{text}");
        }
        assert!(day("1970-01-01T00:00:00").is_err() && day("1970-01-01Z").is_err());
        assert!(time("12:00Z").is_err() && time("12:00:60").is_err());
        assert_eq!(count(1_500_000, 1_000_000), Err("it has digits below the unit of its type"));
        assert_eq!(count(-2_000_000, 1_000_000), Ok(-2));
        assert!(count(i128::from(i64::MAX) + 1, 1).is_err());
    }

    #[test]
    fn durations_have_three_parts() {
        let read = |text| duration(text).map(|it| (it.months, it.days, it.nanos));
        assert_eq!(read("P1M2DT0.003S"), Ok((1, 2, 3_000_000)));
        assert_eq!(read("P1Y2M1W"), Ok((14, 7, 0)));
        assert_eq!(read("PT-3.5S"), Ok((0, 0, -3_500_000_000)));
        assert_eq!(read("-PT1H1M"), Ok((0, 0, -3660 * SECOND)));
        assert_eq!(read("PT315576000000S"), Ok((0, 0, 315_576_000_000 * SECOND)));
        for text in ["", "P", "PT", "P1", "1M", "PT1D", "P1DT", "P1D2M", "P1.5M", "PT0.0000000001S"]
        {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
