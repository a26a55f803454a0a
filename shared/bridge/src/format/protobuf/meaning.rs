//! What the numbers of well-known messages mean, as text: moments, durations, days, times of day.
//!
//! Ranges: the comments of `google/protobuf/timestamp.proto` and `duration.proto`, and of
//! `google/type/date.proto` and `timeofday.proto`.

use crate::values::calendar::{self, Unit};
use crate::values::short::Short;

/// The first and the last second of the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years.
const MOST_SECONDS: u64 = 315_576_000_000;
const NANOS: i64 = 1_000_000_000;

/// Seconds since 1970, and nanoseconds after them.
///
/// # Errors
/// They are out of range.
#[inline]
pub(super) fn timestamp(seconds: i64, nanos: i64) -> Result<Short, &'static str> {
    if !SECONDS.contains(&seconds) || !(0..NANOS).contains(&nanos) {
        return Err("a timestamp is out of range");
    }
    Ok(calendar::instant(seconds, nanos))
}

/// Seconds and nanoseconds of one sign.
///
/// # Errors
/// They are out of range, or have two signs.
pub(super) fn duration(seconds: i64, nanos: i64) -> Result<Short, &'static str> {
    let is_one_sign = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
    if seconds.unsigned_abs() > MOST_SECONDS
        || nanos.unsigned_abs() >= 1_000_000_000
        || !is_one_sign
    {
        return Err("a duration is out of range");
    }
    Ok(calendar::span(seconds < 0 || nanos < 0, seconds.abs(), nanos.abs()))
}

/// A day of the calendar. One without a year, a month or a day is none.
///
/// # Errors
/// There is no such day.
pub(super) fn date(year: i64, month: i64, day: i64) -> Result<Short, &'static str> {
    let days = calendar::days(year, month, day).filter(|_| (1..=9999).contains(&year));
    days.map(calendar::date).ok_or("a date is not a day of the calendar")
}

/// A time of a day, up to `24:00:00`.
///
/// # Errors
/// There is no such time.
pub(super) fn time_of_day(
    [hours, minutes, seconds, nanos]: [i64; 4],
) -> Result<Short, &'static str> {
    let is_valid = (0..=24).contains(&hours)
        && (0..60).contains(&minutes)
        && (0..60).contains(&seconds)
        && (0..NANOS).contains(&nanos);
    let count = || ((hours * 60 + minutes) * 60 + seconds) * NANOS + nanos;
    if !is_valid || count() > 86_400 * NANOS {
        return Err("a time is not one of a day");
    }
    Ok(calendar::time(count(), Unit::Nanos))
}
