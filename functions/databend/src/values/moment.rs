//! Dates and moments from ISO 8601 text and from numbers. Text without an offset is UTC. The server moves a moment
//! outside its range to the range's end without saying so.

use std::ops::Range;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::calendar::civil;
use sluice_bridge::values::epoch;
use sluice_bridge::values::moment::{DAY, Moment};
use sluice_bridge::values::number::Reason;
use sluice_sql::append::{clock, day, display};
use sluice_sql::cells::{MILLIS, WRONG_KIND};

/// The server's years 1 to 9999 ("Date & Time" of the SQL reference), in days since 1970.
const DAYS: Range<i64> = -719_162..2_932_897;
/// The last moment that the server reads is 9999-12-30 21:59:59.999999, as seen in 1.2.895: its library for times has no
/// later one. In microseconds since 1970.
const MOMENTS: Range<i64> = DAYS.start * DAY..253_402_207_200_000_000;
const MINUTE: i64 = 60_000_000;
/// The largest offset that the server reads, in minutes.
const FARTHEST: i64 = 14 * 60;
const OUT_OF_RANGE: Reason = "out of range";

/// Microseconds since 1970 in UTC, and the offset in minutes that a text names.
fn instant(cell: Cell<'_>, unix_places: u8) -> Result<(i64, Option<i64>), Reason> {
    let moment = match cell {
        Cell::Text(text) => Moment::parse(text)?,
        Cell::Number(digits) => return Ok((epoch::micros(digits, unix_places)?, None)),
        Cell::Millis(digits) => return Ok((epoch::micros(digits, MILLIS)?, None)),
        _ => return Err(WRONG_KIND),
    };
    let midnight = moment.days.checked_mul(DAY).ok_or(OUT_OF_RANGE)?;
    let wall = midnight.checked_add(moment.micros).ok_or(OUT_OF_RANGE)?;
    let east = moment.zone.unwrap_or(0) * MINUTE;
    Ok((wall.checked_sub(east).ok_or(OUT_OF_RANGE)?, moment.zone))
}

/// Appends a `DATE`. The time of day must be midnight in UTC.
pub(super) fn date(cell: Cell<'_>, unix_places: u8, out: &mut Vec<u8>) -> Result<(), Reason> {
    let (micros, _) = instant(cell, unix_places)?;
    if micros % DAY != 0 {
        return Err("the value has a time of day, which the column does not store");
    }
    if !DAYS.contains(&(micros / DAY)) {
        return Err(OUT_OF_RANGE);
    }
    day(civil(micros / DAY), out);
    Ok(())
}

/// Appends a `TIMESTAMP`, with the offset of UTC: the server would read a text without one in the session's zone.
#[inline]
pub(super) fn timestamp(cell: Cell<'_>, unix_places: u8, out: &mut Vec<u8>) -> Result<(), Reason> {
    let (micros, _) = instant(cell, unix_places)?;
    if !MOMENTS.contains(&micros) {
        return Err(OUT_OF_RANGE);
    }
    wall(micros, out)?;
    out.extend(b"+00:00");
    Ok(())
}

/// Appends a `TIMESTAMP_TZ`, which keeps the offset.
pub(super) fn zoned(cell: Cell<'_>, unix_places: u8, out: &mut Vec<u8>) -> Result<(), Reason> {
    let (micros, zone) = instant(cell, unix_places)?;
    let minutes = zone.unwrap_or(0);
    if minutes.abs() > FARTHEST {
        return Err("the offset is beyond 14:00");
    }
    // The moment itself must be in the range, and so must its wall clock, which the server reads first.
    let local = micros.checked_add(minutes * MINUTE).ok_or(OUT_OF_RANGE)?;
    if !MOMENTS.contains(&micros) || !MOMENTS.contains(&local) {
        return Err(OUT_OF_RANGE);
    }
    wall(local, out)?;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    display(format_args!(" {sign}{hours:02}{rest:02}"), out);
    Ok(())
}

#[inline]
fn wall(micros: i64, out: &mut Vec<u8>) -> Result<(), Reason> {
    let days = micros.div_euclid(DAY);
    if !DAYS.contains(&days) {
        return Err(OUT_OF_RANGE);
    }
    day(civil(days), out);
    out.push(b' ');
    clock(micros.rem_euclid(DAY), out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Write = fn(Cell<'_>, u8, &mut Vec<u8>) -> Result<(), Reason>;

    fn written(write: Write, cell: Cell<'_>) -> Result<String, Reason> {
        let mut out = Vec::new();
        write(cell, 3, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn moments_are_in_utc() {
        for (cell, expected) in [
            (Cell::Text("2026-01-02T03:04:05.678901Z"), "2026-01-02 03:04:05.678901+00:00"),
            (Cell::Text("2026-01-02T03:04:05+02:00"), "2026-01-02 01:04:05+00:00"),
            (Cell::Text("2026-01-02"), "2026-01-02 00:00:00+00:00"),
            (Cell::Number("-1"), "1969-12-31 23:59:59.999000+00:00"),
            (Cell::Text("9999-12-30T21:59:59.999999"), "9999-12-30 21:59:59.999999+00:00"),
        ] {
            assert_eq!(written(timestamp, cell).as_deref(), Ok(expected), "{cell:?}");
        }
        for wrong in ["10000-01-01", "9999-12-30T22:00:00Z", "0001-01-01T00:00+01", "x"] {
            assert!(written(timestamp, Cell::Text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_offset_is_kept_where_the_column_keeps_it() {
        let kept = written(zoned, Cell::Text("2026-01-02T03:04:05-05:30"));
        assert_eq!(kept.as_deref(), Ok("2026-01-02 03:04:05 -0530"));
        assert_eq!(written(zoned, Cell::Number("0")).as_deref(), Ok("1970-01-01 00:00:00 +0000"));
        for kept in
            ["2026-01-02T03:04:05+14:00", "2026-01-02T03:04:05-14:00", "9999-12-30T21:59:59Z"]
        {
            assert!(written(zoned, Cell::Text(kept)).is_ok(), "{kept}");
        }
        for (wrong, why) in [
            ("0001-01-01T00:00+01", OUT_OF_RANGE),
            ("9999-12-31T00:00:00+14:00", OUT_OF_RANGE),
            ("9999-12-30T22:30:00+01:00", OUT_OF_RANGE),
            ("2026-01-02T03:04:05+14:01", "the offset is beyond 14:00"),
            ("2026-01-02T03:04:05-15:00", "the offset is beyond 14:00"),
        ] {
            assert_eq!(written(zoned, Cell::Text(wrong)), Err(why), "{wrong}");
        }
    }

    #[test]
    fn a_date_has_no_time() {
        assert_eq!(written(date, Cell::Text("1969-12-31")).as_deref(), Ok("1969-12-31"));
        assert_eq!(written(date, Cell::Number("-86400000")).as_deref(), Ok("1969-12-31"));
        assert!(written(date, Cell::Text("2026-01-02T03:00:00Z")).is_err());
    }
}
