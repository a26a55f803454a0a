//! Dates, times and timestamps from ISO 8601 text and from numbers. Text without an offset is a local time of
//! `db.timezone`. A number, and text with an offset, is an instant.

use std::ops::Range;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::calendar::civil;
use sluice_bridge::values::epoch;
use sluice_bridge::values::moment::{DAY, Moment, NOT_A_TIME, digits, fraction_of_second, precise};
use sluice_bridge::values::number::Reason;
use sluice_sql::append::{clock, day};
use sluice_sql::cells::{MILLIS, WRONG_KIND};

use crate::types::form::Form;

/// The server's years 1 to 9999 ("Date and Time Data Types" of the manual), in days since 1970. The year 0 is
/// not valid in a strict mode.
const DAYS: Range<i64> = -719_162..2_932_897;
/// The same range in microseconds.
const WALLS: Range<i64> = DAYS.start * DAY..DAYS.end * DAY;
/// 838:59:59.999999, in microseconds. Some servers have 838:59:59.000000 as the maximum.
const MAX_TIME: i64 = 839 * HOUR - 1;
const HOUR: i64 = 60 * MINUTE;
const MINUTE: i64 = 60 * SECOND;
const SECOND: i64 = 1_000_000;
const OUT_OF_RANGE: Reason = "out of range";

/// A time from a record: an instant, or a local time.
#[derive(Clone, Copy)]
enum TimeValue {
    Instant(i64),
    Wall(i64),
}

#[inline]
fn time_value(cell: Cell<'_>, form: &Form) -> Result<TimeValue, Reason> {
    match cell {
        Cell::Text(text) => time_value_of_text(Moment::parse(text)?),
        Cell::Number(digits) => epoch::micros(digits, form.unix_places).map(TimeValue::Instant),
        Cell::Millis(digits) => epoch::micros(digits, MILLIS).map(TimeValue::Instant),
        _ => Err(WRONG_KIND),
    }
}

#[inline]
fn time_value_of_text(moment: Moment) -> Result<TimeValue, Reason> {
    let midnight = moment.days.checked_mul(DAY);
    let wall = midnight.and_then(|midnight| midnight.checked_add(moment.micros));
    let wall = wall.ok_or(OUT_OF_RANGE)?;
    Ok(match moment.zone {
        None => TimeValue::Wall(wall),
        Some(minutes) => {
            TimeValue::Instant(wall.checked_sub(minutes * MINUTE).ok_or(OUT_OF_RANGE)?)
        }
    })
}

/// The local time of `db.timezone`.
#[inline]
fn wall(time_value: TimeValue, form: &Form) -> Result<i64, Reason> {
    match time_value {
        TimeValue::Wall(wall) => Ok(wall),
        TimeValue::Instant(instant) => form.clock.zone.wall(instant),
    }
}

/// Appends a `DATE`. The time of day must be midnight.
pub(crate) fn date(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    const LOSES: Reason = "the value has a time of day, which the column does not store";
    let time_value = match cell {
        Cell::Text(text) => match Moment::parse(text)? {
            // 24:00 is a time of the same day.
            moment if moment.micros == DAY => return Err(LOSES),
            moment => time_value_of_text(moment)?,
        },
        other => time_value(other, form)?,
    };
    let wall = wall(time_value, form)?;
    if wall % DAY != 0 {
        return Err(LOSES);
    }
    if !WALLS.contains(&wall) {
        return Err(OUT_OF_RANGE);
    }
    day(civil(wall / DAY), out);
    Ok(())
}

/// Appends a `DATETIME`.
#[inline]
pub(crate) fn datetime(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    write_moment(wall(time_value(cell, form)?, form)?, form, out)
}

/// Appends a `TIMESTAMP` in the session's time zone.
#[inline]
pub(crate) fn timestamp(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    let instant = match time_value(cell, form)? {
        TimeValue::Instant(instant) => instant,
        TimeValue::Wall(wall) => form.clock.zone.instant(wall)?,
    };
    // The instant 0 is the zero date. The server knows its own maximum.
    if instant <= 0 {
        return Err(OUT_OF_RANGE);
    }
    write_moment(form.clock.to_session_time(instant)?, form, out)
}

/// Appends a `TIME`, which may be negative or longer than a day. An offset other than `Z` is refused.
pub(crate) fn time(cell: Cell<'_>, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    let micros = match cell {
        Cell::Text(text) => elapsed(text.trim_ascii())?,
        Cell::Number(digits) => epoch::micros(digits, form.unix_places)?,
        _ => return Err(WRONG_KIND),
    };
    if !(-MAX_TIME..=MAX_TIME).contains(&micros) {
        return Err("there is no such time");
    }
    let micros = precise(micros, form.places)?;
    if micros < 0 {
        out.push(b'-');
    }
    clock(micros.abs(), out);
    Ok(())
}

/// `-HHH:MM:SS.ffffff`. The sign, all digits of the hours but one, and the part after the minutes are
/// optional, as they are for the server.
fn elapsed(text: &str) -> Result<i64, Reason> {
    let unsigned = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let length = unsigned.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = unsigned;
    let hours =
        digits(&mut rest, length).filter(|_| (1..=3).contains(&length)).ok_or(NOT_A_TIME)?;
    let mut sexagesimal = || match rest {
        [b':', tail @ ..] => {
            rest = tail;
            digits(&mut rest, 2).ok_or(NOT_A_TIME).map(Some)
        }
        _ => Ok(None),
    };
    let minutes = sexagesimal()?.ok_or(NOT_A_TIME)?;
    let seconds = sexagesimal()?;
    let fraction = if seconds.is_some() { fraction_of_second(&mut rest)? } else { 0 };
    if !matches!(rest, [] | [b'Z' | b'z']) {
        return Err(NOT_A_TIME);
    }
    let seconds = seconds.unwrap_or(0);
    if minutes > 59 || seconds > 59 {
        return Err("there is no such time");
    }
    let micros = hours * HOUR + minutes * MINUTE + seconds * SECOND + fraction;
    Ok(if text.starts_with('-') { -micros } else { micros })
}

#[inline]
fn write_moment(wall: i64, form: &Form, out: &mut Vec<u8>) -> Result<(), Reason> {
    if !WALLS.contains(&wall) {
        return Err(OUT_OF_RANGE);
    }
    let wall = precise(wall, form.places)?;
    day(civil(wall.div_euclid(DAY)), out);
    out.push(b' ');
    clock(wall.rem_euclid(DAY), out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::catalog_type::CatalogType;
    use crate::types::column::ColumnType;
    use crate::types::column::tests::conversion;
    use crate::values::encode::encode;

    fn written(data_type: &str, places: u64, zone: &str, cell: Cell<'_>) -> Result<String, String> {
        let catalog_type =
            CatalogType { data_type, places: Some(places), ..CatalogType::default() };
        let column = ColumnType::of("c", catalog_type, false, &conversion(zone));
        let mut out = Vec::new();
        encode(cell, &column, &mut out).map_err(|cause| cause.message.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn wall_clocks() {
        let text = |text| written("datetime", 6, "UTC", Cell::Text(text)).unwrap();
        assert_eq!(text("2026-01-02T03:04:05.678901Z"), "2026-01-02 03:04:05.678901");
        assert_eq!(text("2026-01-02 03:04"), "2026-01-02 03:04:00");
        assert_eq!(text("2026-01-01T24:00:00"), "2026-01-02 00:00:00");
        assert_eq!(text("0001-01-01"), "0001-01-01 00:00:00");
        assert_eq!(text("9999-12-31T23:59:59.999999"), "9999-12-31 23:59:59.999999");
        assert_eq!(text("2026-01-02T03:04:05+02:00"), "2026-01-02 01:04:05");
        for wrong in ["0001-01-01T00:00+01", "10000-01-01", "-0001-01-01", "9999999-01-01", "x"] {
            assert!(written("datetime", 6, "UTC", Cell::Text(wrong)).is_err(), "{wrong}");
        }
        let finer = written("datetime", 3, "UTC", Cell::Text("2026-01-02T03:04:05.6789"));
        assert!(finer.unwrap_err().contains("precision"));
    }

    #[test]
    fn instants_become_the_wall_clock_of_the_zone() {
        let datetime = |cell| written("datetime", 6, "Europe/Berlin", cell).unwrap();
        assert_eq!(datetime(Cell::Number("0")), "1970-01-01 01:00:00");
        assert_eq!(datetime(Cell::Millis("-0.5")), "1970-01-01 00:59:59.999500");
        assert_eq!(datetime(Cell::Text("2026-07-01T00:00:00Z")), "2026-07-01 02:00:00");
        assert_eq!(datetime(Cell::Text("2026-07-01T00:00:00")), "2026-07-01 00:00:00");
        // A local time is not converted.
        assert_eq!(datetime(Cell::Text("2026-03-29T02:30:00")), "2026-03-29 02:30:00");
    }

    #[test]
    fn timestamps_are_told_in_the_offset_of_the_session() {
        let told = |cell| written("timestamp", 6, "Europe/Berlin", cell);
        assert_eq!(told(Cell::Number("1")).unwrap(), "1970-01-01 02:00:00.001000");
        // In winter, the local time in Berlin is an hour less than the session's.
        assert_eq!(told(Cell::Text("2026-01-01T12:00:00")).unwrap(), "2026-01-01 13:00:00");
        assert_eq!(told(Cell::Text("2026-07-01T12:00:00")).unwrap(), "2026-07-01 12:00:00");
        assert_eq!(told(Cell::Text("2026-01-01T12:00:00+01:00")).unwrap(), "2026-01-01 13:00:00");
        assert!(told(Cell::Text("2026-03-29T02:30:00")).unwrap_err().contains("skips"));
        assert!(told(Cell::Text("2026-10-25T02:30:00")).unwrap_err().contains("twice"));
        assert!(told(Cell::Number("0")).unwrap_err().contains("out of range"));
        assert!(told(Cell::Bool(true)).unwrap_err().contains("kind"));
    }

    #[test]
    fn dates_and_times() {
        let date = |zone, cell| written("date", 0, zone, cell);
        assert_eq!(date("UTC", Cell::Text("2026-01-02")).unwrap(), "2026-01-02");
        assert_eq!(date("UTC", Cell::Number("1767225600000")).unwrap(), "2026-01-01");
        assert_eq!(date("+08:00", Cell::Number("1767196800000")).unwrap(), "2026-01-01");
        for (zone, text) in [("UTC", "2026-01-02T00:00:01"), ("+08:00", "2026-01-02Z")] {
            assert!(date(zone, Cell::Text(text)).unwrap_err().contains("time of day"));
        }
        assert!(date("UTC", Cell::Text("2026-01-01T24:00:00")).is_err());
        let time = |text| written("time", 6, "UTC", Cell::Text(text));
        assert_eq!(time("10:15").unwrap(), "10:15:00");
        assert_eq!(time("-838:59:59.5Z").unwrap(), "-838:59:59.500000");
        assert_eq!(time("100:00:00").unwrap(), "100:00:00");
        assert_eq!(written("time", 6, "UTC", Cell::Number("-1")).unwrap(), "-00:00:00.001000");
        assert_eq!(time("8:00").unwrap(), "08:00:00");
        assert_eq!(time("-8:05:06.5").unwrap(), "-08:05:06.500000");
        for wrong in [
            "839:00:00",
            ":00",
            "1000:00",
            "8:0",
            "8:",
            "10",
            "10:60",
            "10:00:60",
            "10:00+01",
            "+10:00",
            "10:0",
        ] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
