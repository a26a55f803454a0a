//! Reading ISO 8601 text: days, times of day, offsets. What a column makes of them is not known
//! here.

use crate::number::Why;

/// A day in microseconds.
pub(crate) const DAY: i64 = 86_400_000_000;
/// From 1970-01-01 to the server's own epoch, 2000-01-01.
pub(crate) const EPOCH_DAYS: i64 = 10_957;
pub(crate) const NOT_A_TIME: Why = "the text is not an ISO 8601 time";
const BEFORE_CHRIST: &[u8] = b" BC";
const NOT_A_DATE: Why = "the text is not an ISO 8601 date";

/// What a text says of a day and a time.
pub(crate) struct Moment {
    /// Since 2000-01-01.
    pub(crate) days: i64,
    /// Since midnight.
    pub(crate) micros: i64,
    /// Minutes east of UTC.
    pub(crate) zone: Option<i64>,
}

impl Moment {
    /// `YYYY-MM-DD`, then perhaps `Z`, or `T` or a space, a time of day, and `Z` or an offset. A year has
    /// four digits at least; one with a sign is ISO 8601's, where 1 BC is 0, one without is the
    /// server's, which has ` BC` at the end.
    pub(crate) fn parse(text: &str) -> Result<Self, Why> {
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
        let days = days_since_2000(astronomical, month, day).filter(|_| year > 0 || is_signed);
        Ok(Self { days: days.ok_or("there is no such day")?, micros, zone })
    }
}

/// Four digits, or up to seven.
fn year(rest: &mut &[u8]) -> Option<i64> {
    let more = rest.get(4..7)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits(rest, 4 + more)
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`; `24:00:00` is the end of the day. A leap second
/// is refused: the server would move it into the next minute.
pub(crate) fn clock(rest: &mut &[u8]) -> Result<i64, Why> {
    let hour = digits(rest, 2).ok_or(NOT_A_TIME)?;
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

/// A point and digits, in microseconds; nothing where there is no point.
pub(crate) fn fraction_of_second(rest: &mut &[u8]) -> Result<i64, Why> {
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

/// `Z`, `±HH`, `±HHMM` or `±HH:MM`, in minutes.
pub(crate) fn offset(rest: &mut &[u8]) -> Result<Option<i64>, Why> {
    const NOT_AN_OFFSET: Why = "the text is not an ISO 8601 offset from UTC";
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
    // The server's own bound on offsets.
    if hours > 15 || minutes > 59 {
        return Err(NOT_AN_OFFSET);
    }
    Ok(Some(sign * (hours * 60 + minutes)))
}

pub(crate) fn digits(rest: &mut &[u8], length: usize) -> Option<i64> {
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
    if day < 1 || day > length {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468 - EPOCH_DAYS)
}
