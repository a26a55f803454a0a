//! The time of a point.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::options::epoch::UnixPrecision;
use sluice_bridge::values::epoch;
use sluice_bridge::values::moment::{DAY, Moment};

use crate::values::convert::MISSING;
use crate::values::number::Reason;

/// A minute in microseconds.
const MINUTE: i64 = 60_000_000;
/// The decimal places of a second in milliseconds.
const MILLIS: u8 = 3;

/// A cell as a time in microseconds since 1970 (UTC). Digits have the unit, also in text; other text is ISO 8601.
///
/// # Errors
/// It is no time, or none that the service takes: it has no digits below a microsecond, and nothing before 1970.
pub(crate) fn micros(cell: Cell<'_>, unit: UnixPrecision) -> Result<i64, Reason> {
    let micros = match cell {
        Cell::Absent | Cell::Null => return Err(MISSING),
        Cell::Number(digits) => epoch::micros(digits, unit.places())?,
        Cell::Millis(digits) => epoch::micros(digits, MILLIS)?,
        Cell::Text(text) if is_number(text) => epoch::micros(text, unit.places())?,
        Cell::Text(text) => of_text(text)?,
        _ => return Err("it is not a time"),
    };
    if micros < 0 {
        return Err("the service takes no time before 1970");
    }
    Ok(micros)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn of_text(text: &str) -> Result<i64, Reason> {
    let moment = Moment::parse(text)?;
    let zone = moment.zone.ok_or("the time has no offset from UTC")?;
    let day = moment.days.checked_mul(DAY).ok_or("the time is out of range")?;
    day.checked_add(moment.micros - zone * MINUTE).ok_or("the time is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_the_time() {
        for (unit, digits) in [
            (UnixPrecision::Seconds, "1700000000.5"),
            (UnixPrecision::Milliseconds, "1700000000500"),
            (UnixPrecision::Microseconds, "1700000000500000"),
            (UnixPrecision::Nanoseconds, "1700000000500000000"),
        ] {
            for cell in [Cell::Number(digits), Cell::Text(digits)] {
                assert_eq!(micros(cell, unit), Ok(1_700_000_000_500_000), "{unit:?}");
            }
            assert_eq!(micros(Cell::Millis("1700000000500"), unit), Ok(1_700_000_000_500_000));
            let text = Cell::Text("2023-11-15T00:13:20.5+02:00");
            assert_eq!(micros(text, unit), Ok(1_700_000_000_500_000));
        }
        assert_eq!(micros(Cell::Number("0"), UnixPrecision::Seconds), Ok(0));
    }

    #[test]
    fn what_is_no_time() {
        for (cell, why) in [
            (Cell::Null, "null or missing"),
            (Cell::Bool(true), "not a time"),
            (Cell::Text("yesterday"), "not an ISO 8601"),
            (Cell::Text(""), "not an ISO 8601"),
            (Cell::Text("2023-11-14T22:13:20"), "no offset"),
            (Cell::Text("9999999-01-01T00:00:00Z"), "out of range"),
            (Cell::Number("-1000"), "before 1970"),
            (Cell::Text("1969-12-31T23:59:59Z"), "before 1970"),
            (Cell::Number("1700000000500000001"), "below a microsecond"),
        ] {
            let reason = micros(cell, UnixPrecision::Nanoseconds).unwrap_err();
            assert!(reason.contains(why), "{cell:?}: {reason}");
        }
    }
}
