//! Reads ISO 8601 text: days, times of day, offsets. `calendar` writes counts of them as text.
//! Nothing here knows columns.

use crate::values::calendar;
use crate::values::number::Reason;

/// A day in microseconds.
pub const DAY: i64 = 86_400_000_000;
/// The reason for text that is not a time of day.
pub const NOT_A_TIME: Reason = "it is not an ISO 8601 time";
const BEFORE_CHRIST: &[u8] = b" BC";
const NOT_A_DATE: Reason = "the text is not an ISO 8601 date";

/// A day and a time, read from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Since 1970-01-01.
    pub days: i64,
    /// Microseconds since midnight; 24 hours for the end of a day.
    pub micros: i64,
    /// Minutes east of UTC, if the text has an offset.
    pub zone: Option<i64>,
}

impl Moment {
    /// `YYYY-MM-DD`, then perhaps `Z`, or `T` or a space, a time of day, and `Z` or an offset. A
    /// year has at least four digits. With a sign it is a year of ISO 8601, where 1 BC is 0;
    /// without a sign a year before 1 has ` BC` at the end of the text.
    ///
    /// # Errors
    /// The text is not such a moment, or there is no such day or time.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let mut rest = text.trim_ascii().as_bytes();
        let is_negative = after(&mut rest, b'-').is_some();
        let is_signed = is_negative || after(&mut rest, b'+').is_some();
        let year = year(&mut rest).ok_or(NOT_A_DATE)?;
        let month = after(&mut rest, b'-').and_then(|()| digits(&mut rest, 2)).ok_or(NOT_A_DATE)?;
        let day = after(&mut rest, b'-').and_then(|()| digits(&mut rest, 2)).ok_or(NOT_A_DATE)?;
        let (mut micros, mut zone) = (0, None);
        if let [b'T' | b't' | b' ', b'0'..=b'9', ..] = rest {
            rest = &rest[1..];
            micros = clock(&mut rest)?;
            zone = offset(&mut rest)?;
        } else if let [b'Z' | b'z'] = rest {
            (rest, zone) = (&[], Some(0));
        }
        let astronomical = match rest {
            [] if is_negative => -year,
            [] => year,
            // There is no year 0: 1 BC is the one before 1.
            era if era.eq_ignore_ascii_case(BEFORE_CHRIST) && !is_signed => 1 - year,
            _ => return Err(NOT_A_DATE),
        };
        let days = calendar::days(astronomical, month, day).filter(|_| year > 0 || is_signed);
        Ok(Self { days: days.ok_or("there is no such day")?, micros, zone })
    }
}

/// Four digits, or up to seven.
fn year(rest: &mut &[u8]) -> Option<i64> {
    let more = rest.get(4..7)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits(rest, 4 + more)
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`, in microseconds; `24:00:00` is the end of the day. An
/// hour may have one digit, as the targets themselves read it. A leap second is refused: targets move it into the next minute.
///
/// # Errors
/// The text is not a time of day.
pub fn clock(rest: &mut &[u8]) -> Result<i64, Reason> {
    let places = if matches!(rest, [_, b':', ..]) { 1 } else { 2 };
    let hour = digits(rest, places).ok_or(NOT_A_TIME)?;
    let minute = after(rest, b':').and_then(|()| digits(rest, 2)).ok_or(NOT_A_TIME)?;
    let (mut second, mut fraction) = (0, 0);
    if after(rest, b':').is_some() {
        second = digits(rest, 2).ok_or(NOT_A_TIME)?;
        fraction = fraction_of_second(rest)?;
    }
    let micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction;
    if minute > 59 || second > 59 || micros > DAY {
        return Err("there is no such time of day");
    }
    Ok(micros)
}

/// A point and digits, in microseconds; 0 without a point.
///
/// # Errors
/// No digit follows the point, or one below a microsecond.
pub fn fraction_of_second(rest: &mut &[u8]) -> Result<i64, Reason> {
    if after(rest, b'.').is_none() {
        return Ok(0);
    }
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

/// `Z`, `±HH`, `±HHMM` or `±HH:MM`, in minutes; nothing at the end.
///
/// # Errors
/// Something else is there.
pub fn offset(rest: &mut &[u8]) -> Result<Option<i64>, Reason> {
    const NOT_AN_OFFSET: Reason = "the text is not an ISO 8601 offset from UTC";
    let sign = match *rest {
        [] => return Ok(None),
        era if era.eq_ignore_ascii_case(BEFORE_CHRIST) => return Ok(None),
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
    let minutes = match (after(rest, b':'), *rest) {
        (None, [] | [b' ', ..]) => 0,
        _ => digits(rest, 2).ok_or(NOT_AN_OFFSET)?,
    };
    // No zone was ever further from UTC.
    if hours > 15 || minutes > 59 {
        return Err(NOT_AN_OFFSET);
    }
    Ok(Some(sign * (hours * 60 + minutes)))
}

/// Reads `length` digits; `None` if there are other characters.
#[inline]
pub fn digits(rest: &mut &[u8], length: usize) -> Option<i64> {
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

/// Checks that microseconds need at most `places` decimal places of a second.
///
/// # Errors
/// They need more.
#[inline]
pub fn precise(micros: i64, places: u32) -> Result<i64, Reason> {
    if places >= 6 || micros % 10_i64.pow(6 - places) == 0 {
        Ok(micros)
    } else {
        Err("it would lose fractions of a second beyond the column's precision")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let moment = |days, micros, zone| Ok(Moment { days, micros, zone });
        assert_eq!(Moment::parse("1970-01-02"), moment(1, 0, None));
        assert_eq!(Moment::parse(" 1969-12-31T00:00:01Z"), moment(-1, 1_000_000, Some(0)));
        assert_eq!(Moment::parse("2024-02-29 24:00"), moment(19_782, DAY, None));
        assert_eq!(Moment::parse("1970-01-01t00:00:00.5-0530"), moment(0, 500_000, Some(-330)));
        assert_eq!(Moment::parse("1970-01-01 8:00"), moment(0, DAY / 3, None));
        for text in ["8", "8:0", ":00", "123:00", "+8:00", "8:60"] {
            assert!(clock(&mut text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(Moment::parse("0001-01-01 BC"), Moment::parse("+0000-01-01"));
        for text in ["2023-02-29", "2024-13-01", "yesterday", "2024-01-01T25:00", "2024-1-1", ""] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
        for text in ["2024-01-01T10:00:60", "2024-01-01T10:00+16", "0000-01-01", "+2024-01-01 BC"] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn fractions_are_kept_or_refused() {
        assert_eq!(precise(120_000, 2), Ok(120_000));
        assert!(precise(123_000, 2).is_err() && precise(1, 0).is_err());
        assert_eq!(precise(-1, 6), Ok(-1));
        assert!(Moment::parse("2024-01-01T00:00:00.0000001").unwrap_err().contains("microsecond"));
    }
}
