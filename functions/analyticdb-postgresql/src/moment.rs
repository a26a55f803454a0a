//! Dates and times from ISO 8601 text and from epoch milliseconds, as the server counts them:
//! days and microseconds since 2000-01-01. Text that is not plainly a moment is refused, and so
//! is whatever the column could not keep.

use crate::number::{self, Why};

const DAY: i64 = 86_400_000_000;
const EPOCH_DAYS: i64 = 10_957; // from 1970-01-01 to 2000-01-01
const NOT_A_DATE: Why = "the text is not an ISO 8601 date";
const NOT_A_TIME: Why = "the text is not an ISO 8601 time";

/// Days since 2000-01-01. A time of day is accepted only if it is midnight.
pub(crate) fn date(text: &str) -> Result<i32, Why> {
    if let Some(infinity) = infinity(text) {
        return Ok(if infinity { i32::MAX } else { i32::MIN });
    }
    let moment = Moment::parse(text)?;
    match moment {
        Moment { micros: 0, zone: None | Some(0), .. } => Ok(moment.days as i32),
        _ => Err("it would lose the time of day"),
    }
}

/// Microseconds since midnight.
pub(crate) fn time(text: &str, modifier: i32) -> Result<i64, Why> {
    let mut rest = text.trim_ascii().as_bytes();
    let micros = clock(&mut rest)?;
    if !rest.is_empty() {
        return Err(NOT_A_TIME);
    }
    precise(micros, modifier)
}

/// Microseconds since 2000-01-01 of a wall clock. An offset other than UTC would be lost.
pub(crate) fn timestamp(text: &str, modifier: i32) -> Result<i64, Why> {
    if let Some(infinity) = infinity(text) {
        return Ok(if infinity { i64::MAX } else { i64::MIN });
    }
    let moment = Moment::parse(text)?;
    match moment.zone {
        None | Some(0) => precise(moment.days * DAY + moment.micros, modifier),
        Some(_) => Err("it would lose the offset from UTC"),
    }
}

/// Microseconds since 2000-01-01 UTC. Text without an offset is UTC.
pub(crate) fn timestamptz(text: &str, modifier: i32) -> Result<i64, Why> {
    if let Some(infinity) = infinity(text) {
        return Ok(if infinity { i64::MAX } else { i64::MIN });
    }
    let moment = Moment::parse(text)?;
    let offset = moment.zone.unwrap_or(0) * 60_000_000;
    precise(moment.days * DAY + moment.micros - offset, modifier)
}

/// Microseconds since 2000-01-01 from milliseconds since 1970-01-01, both UTC.
pub(crate) fn from_epoch_millis(digits: &str, modifier: i32) -> Result<i64, Why> {
    let micros = number::scaled(digits, 3)?;
    let since_2000 = micros.checked_sub(EPOCH_DAYS * DAY);
    // The server's range of timestamps: 4713 BC to 294276 AD.
    const EARLIEST: i64 = -211_813_488_000_000_000;
    const LATEST: i64 = 9_223_371_331_200_000_000;
    match since_2000 {
        Some(micros) if (EARLIEST..LATEST).contains(&micros) => precise(micros, modifier),
        _ => Err("out of range"),
    }
}

/// Refuses what `timestamp(p)` or `time(p)` would round away.
fn precise(micros: i64, modifier: i32) -> Result<i64, Why> {
    let step = match u32::try_from(modifier) {
        Ok(digits @ 0..6) => 10_i64.pow(6 - digits),
        _ => 1,
    };
    if micros % step == 0 {
        Ok(micros)
    } else {
        Err("it would lose fractions of a second beyond the column's precision")
    }
}

fn infinity(text: &str) -> Option<bool> {
    match text.trim_ascii() {
        text if text.eq_ignore_ascii_case("infinity") => Some(true),
        text if text.eq_ignore_ascii_case("-infinity") => Some(false),
        _ => None,
    }
}

struct Moment {
    /// Since 2000-01-01.
    days: i64,
    /// Since midnight.
    micros: i64,
    /// Minutes east of UTC.
    zone: Option<i64>,
}

impl Moment {
    /// `YYYY-MM-DD`, then perhaps `T` or a space, a time of day, and `Z` or an offset.
    fn parse(text: &str) -> Result<Self, Why> {
        let mut rest = text.trim_ascii().as_bytes();
        let year = digits(&mut rest, 4).ok_or(NOT_A_DATE)?;
        let month = after(&mut rest, b'-').and_then(|()| digits(&mut rest, 2)).ok_or(NOT_A_DATE)?;
        let day = after(&mut rest, b'-').and_then(|()| digits(&mut rest, 2)).ok_or(NOT_A_DATE)?;
        let days = days_since_2000(year, month, day).ok_or("there is no such day")?;
        let (mut micros, mut zone) = (0, None);
        if let [b'T' | b't' | b' ', tail @ ..] = rest {
            rest = tail;
            micros = clock(&mut rest)?;
            zone = offset(&mut rest)?;
        }
        if rest.is_empty() { Ok(Self { days, micros, zone }) } else { Err(NOT_A_DATE) }
    }
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
fn clock(rest: &mut &[u8]) -> Result<i64, Why> {
    let hour = digits(rest, 2).ok_or(NOT_A_TIME)?;
    let minute = after(rest, b':').and_then(|()| digits(rest, 2)).ok_or(NOT_A_TIME)?;
    let (mut second, mut fraction) = (0, 0);
    if after(rest, b':').is_some() {
        second = digits(rest, 2).ok_or(NOT_A_TIME)?;
        if let [b'.', tail @ ..] = *rest {
            *rest = tail;
            fraction = micros(rest)?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err("there is no such time of day");
    }
    Ok(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
}

fn micros(rest: &mut &[u8]) -> Result<i64, Why> {
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (fraction, tail) = rest.split_at(length);
    *rest = tail;
    if fraction.is_empty() {
        return Err(NOT_A_TIME);
    }
    if fraction.iter().skip(6).any(|digit| *digit != b'0') {
        return Err("it would lose digits below a microsecond");
    }
    let padded = fraction.iter().chain(std::iter::repeat(&b'0')).take(6);
    Ok(padded.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

/// `Z`, `±HH`, `±HHMM` or `±HH:MM`, in minutes.
fn offset(rest: &mut &[u8]) -> Result<Option<i64>, Why> {
    const NOT_AN_OFFSET: Why = "the text is not an ISO 8601 offset from UTC";
    let sign = match *rest {
        [] => return Ok(None),
        [b'Z' | b'z', tail @ ..] => {
            *rest = tail;
            return Ok(Some(0));
        }
        [b'+', tail @ ..] => {
            *rest = tail;
            1
        }
        [b'-', tail @ ..] => {
            *rest = tail;
            -1
        }
        _ => return Err(NOT_AN_OFFSET),
    };
    let hours = digits(rest, 2).ok_or(NOT_AN_OFFSET)?;
    let colon = after(rest, b':').is_some();
    let minutes =
        if rest.is_empty() && !colon { 0 } else { digits(rest, 2).ok_or(NOT_AN_OFFSET)? };
    // The server's own bound on offsets.
    if hours > 15 || minutes > 59 {
        return Err(NOT_AN_OFFSET);
    }
    Ok(Some(sign * (hours * 60 + minutes)))
}

fn digits(rest: &mut &[u8], length: usize) -> Option<i64> {
    let (digits, tail) = rest.split_at_checked(length)?;
    let number = digits.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
    })?;
    *rest = tail;
    Some(number)
}

fn after(rest: &mut &[u8], byte: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[byte])?;
    Some(())
}

/// Howard Hinnant's `days_from_civil`, moved to the server's epoch.
fn days_since_2000(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day < 1 || day > length || year < 1 {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468 - EPOCH_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        assert_eq!(date("2000-01-01"), Ok(0));
        assert_eq!(date("1999-12-31T00:00:00Z"), Ok(-1));
        assert_eq!(date("2024-02-29"), Ok(8825));
        assert_eq!(timestamptz("2000-01-01T02:00:00.5+02:00", -1), Ok(500_000));
        assert_eq!(timestamp("2000-01-02 00:00:01", -1), Ok(DAY + 1_000_000));
        assert_eq!(from_epoch_millis("946684800000", -1), Ok(0));
        assert_eq!(from_epoch_millis("946684799999.999", -1), Ok(-1));
        assert_eq!(time("23:59:59.999999", -1), Ok(DAY - 1));
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        for text in ["2023-02-29", "2024-13-01", "yesterday", "2024-01-01T25:00", "2024-1-1", ""] {
            assert!(timestamp(text, -1).is_err(), "{text}");
        }
        assert!(timestamp("2024-01-01T00:00:00+02:00", -1).unwrap_err().contains("offset"));
        assert!(timestamp("2024-01-01T00:00:00.0000001", -1).unwrap_err().contains("microsecond"));
        assert!(timestamp("2024-01-01T00:00:00.5", 0).unwrap_err().contains("precision"));
        assert!(date("2024-01-01T10:00:00").unwrap_err().contains("time of day"));
    }
}
