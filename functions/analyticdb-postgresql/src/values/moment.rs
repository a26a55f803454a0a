//! Reads dates, times and timestamps from ISO 8601 text and from numbers, and converts them to the server's
//! units: days and microseconds since 2000-01-01. Other text is refused, and so is a value that the column
//! could not store.

use std::ops::Range;

use sluice_bridge::values::calendar::civil;
use sluice_bridge::values::epoch::micros;
use sluice_bridge::values::moment::{self, DAY, Moment, NOT_A_TIME, clock, offset};
use sluice_bridge::values::number::Reason;
use sluice_sql::append;

/// From 1970-01-01 to the server's own epoch, 2000-01-01.
const EPOCH_DAYS: i64 = 10_957;

/// The server's range of timestamps: 4713 BC to 294276 AD ("Date/Time Types" of the manual).
const TIMESTAMPS: Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;
/// The server's range of dates: to 5874897 AD.
const DATES: Range<i64> = -2_451_545..2_145_031_949;

/// Days since 2000-01-01. The time of day must be midnight.
pub(crate) fn date(text: &str) -> Result<i32, Reason> {
    if let Some(infinity) = infinity(text) {
        return Ok(if infinity { i32::MAX } else { i32::MIN });
    }
    let Moment { days, micros: 0, zone: None | Some(0) } = Moment::parse(text)? else {
        return Err("the value has a time of day, which the column does not store");
    };
    match days - EPOCH_DAYS {
        days if DATES.contains(&days) => Ok(days as i32),
        _ => Err("out of range"),
    }
}

/// Days since 2000-01-01, from a number that counts since 1970-01-01 UTC.
pub(crate) fn unix_date(digits: &str, places: u8) -> Result<i32, Reason> {
    let micros = unix(digits, places, -1)?;
    if micros % DAY == 0 {
        Ok((micros / DAY) as i32)
    } else {
        Err("the value has a time of day, which the column does not store")
    }
}

/// Microseconds since midnight. An offset other than `Z` is refused.
pub(crate) fn time(text: &str, modifier: i32) -> Result<i64, Reason> {
    let text = text.trim_ascii();
    if is_elapsed(text) {
        return Err(NO_SUCH_TIME);
    }
    let mut rest = text.as_bytes();
    let micros = clock(&mut rest)?;
    if !matches!(rest, [] | [b'Z' | b'z']) {
        return Err(NOT_A_TIME);
    }
    precise(micros, modifier)
}

/// Microseconds since midnight, from a number in the unit that `places` says.
pub(crate) fn unix_time(digits: &str, places: u8, modifier: i32) -> Result<i64, Reason> {
    match micros(digits, places)? {
        micros @ 0..=DAY => precise(micros, modifier),
        _ => Err(NO_SUCH_TIME),
    }
}

const NO_SUCH_TIME: Reason = "there is no such time of day";

/// Whether text is a time that only other databases have: negative, or with three digits of hours.
fn is_elapsed(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let hours = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let is_other = unsigned.len() < text.len() || hours > 2;
    is_other && (2..=3).contains(&hours) && unsigned.as_bytes().get(hours) == Some(&b':')
}

/// A time of day and its offset in the format of `timetz_recv`: microseconds since midnight, then seconds
/// west of UTC. Text without an offset is UTC.
pub(crate) fn timetz(text: &str, modifier: i32) -> Result<[u8; 12], Reason> {
    let mut rest = text.trim_ascii().as_bytes();
    let micros = clock(&mut rest)?;
    let minutes_east = offset(&mut rest)?.unwrap_or(0);
    if !rest.is_empty() {
        return Err(NOT_A_TIME);
    }
    let mut payload = [0; 12];
    payload[..8].copy_from_slice(&precise(micros, modifier)?.to_be_bytes());
    payload[8..].copy_from_slice(&((minutes_east * -60) as i32).to_be_bytes());
    Ok(payload)
}

/// Microseconds since 2000-01-01 of a local time. An offset other than UTC is refused.
pub(crate) fn timestamp(text: &str, modifier: i32) -> Result<i64, Reason> {
    if let Some(infinity) = infinity(text) {
        return Ok(if infinity { i64::MAX } else { i64::MIN });
    }
    let moment = Moment::parse(text)?;
    match moment.zone {
        None | Some(0) => since_2000(&moment, modifier),
        Some(_) => Err("the value has an offset from UTC, which the column does not store"),
    }
}

/// Microseconds since 2000-01-01 UTC. Text without an offset is UTC.
pub(crate) fn timestamptz(text: &str, modifier: i32) -> Result<i64, Reason> {
    if let Some(infinity) = infinity(text) {
        return Ok(if infinity { i64::MAX } else { i64::MIN });
    }
    since_2000(&Moment::parse(text)?, modifier)
}

fn since_2000(moment: &Moment, modifier: i32) -> Result<i64, Reason> {
    let in_day = moment.micros - moment.zone.unwrap_or(0) * 60_000_000;
    let days = moment.days - EPOCH_DAYS;
    let micros = days.checked_mul(DAY).and_then(|midnight| midnight.checked_add(in_day));
    in_range(micros, modifier)
}

/// Microseconds since 2000-01-01 UTC, from a number that counts since 1970-01-01 UTC. The number has `places`
/// decimal places of a second.
pub(crate) fn unix(digits: &str, places: u8, modifier: i32) -> Result<i64, Reason> {
    in_range(micros(digits, places)?.checked_sub(EPOCH_DAYS * DAY), modifier)
}

fn in_range(micros: Option<i64>, modifier: i32) -> Result<i64, Reason> {
    let micros = micros.filter(|micros| TIMESTAMPS.contains(micros)).ok_or("out of range")?;
    precise(micros, modifier)
}

/// Refuses what `timestamp(p)` or `time(p)` would round.
pub(crate) fn precise(micros: i64, modifier: i32) -> Result<i64, Reason> {
    moment::precise(micros, u32::try_from(modifier).unwrap_or(6))
}

fn infinity(text: &str) -> Option<bool> {
    match text.trim_ascii() {
        text if text.eq_ignore_ascii_case("infinity") => Some(true),
        text if text.eq_ignore_ascii_case("-infinity") => Some(false),
        _ => None,
    }
}

/// A date in the server's text form.
pub(crate) fn write_date(days: i32, out: &mut Vec<u8>) {
    match days {
        i32::MAX => out.extend(b"infinity"),
        i32::MIN => out.extend(b"-infinity"),
        _ => write_moment(days.into(), None, "", out),
    }
}

/// A timestamp in the server's text form. `zone` is `+00` or empty.
pub(crate) fn write_timestamp(micros: i64, zone: &str, out: &mut Vec<u8>) {
    match micros {
        i64::MAX => out.extend(b"infinity"),
        i64::MIN => out.extend(b"-infinity"),
        _ => write_moment(micros.div_euclid(DAY), Some(micros.rem_euclid(DAY)), zone, out),
    }
}

fn write_moment(days: i64, clock: Option<i64>, zone: &str, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days + EPOCH_DAYS);
    let (shown, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    append::day((shown, month, day), out);
    if let Some(micros) = clock {
        out.push(b' ');
        append::clock(micros, out);
    }
    out.extend(zone.as_bytes());
    out.extend(era.as_bytes());
}

/// An offset in minutes east of UTC, in the server's text form.
pub(crate) fn write_offset(minutes: i64, out: &mut Vec<u8>) {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    out.extend(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).as_bytes());
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
        assert_eq!(unix("946684800000", 3, -1), Ok(0));
        assert_eq!(unix("946684799999.999", 3, -1), Ok(-1));
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
