//! The version of a row's cells, if records have one.

use jiff::Timestamp;
use sluice_bridge::model::cell::Cell;

use crate::values::number::{self, Reason};
use crate::values::shape::VersionRange;

/// A cell as a version, in milliseconds since 1970; `None` if the record has none. `now` is the time at the
/// service.
///
/// # Errors
/// It is no such number, or the service would refuse it: a version is at least `now` minus the table's
/// deviation and minus its time to live, and at most `now` plus the deviation ("Data versions and TTL").
pub(crate) fn version(
    cell: Cell<'_>,
    range: VersionRange,
    now: Timestamp,
) -> Result<Option<i64>, Reason> {
    let version = match cell {
        Cell::Absent | Cell::Null => return Ok(None),
        Cell::Number(digits) | Cell::Millis(digits) => number::whole(digits)?,
        Cell::Text(text) => number::whole_text(text)?,
        _ => return Err("it is not a number of milliseconds"),
    };
    let (now, deviation) = (now.as_millisecond(), range.deviation.saturating_mul(1000));
    let oldest = range.time_to_live.map_or(deviation, |it| deviation.min(it.saturating_mul(1000)));
    if version < now.saturating_sub(oldest) {
        return Err(
            "the version is too old for the table: raise its deviation, or write without versions",
        );
    }
    if version >= now.saturating_add(deviation) {
        return Err("the version is too far in the future for the table");
    }
    Ok(Some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_a_range() {
        let now = Timestamp::from_millisecond(1_000_000_000).unwrap();
        let range = VersionRange { time_to_live: None, deviation: 100 };
        let short = VersionRange { time_to_live: Some(50), ..range };
        let one = |digits, range| version(Cell::Number(digits), range, now);
        assert_eq!(one("999900000", range), Ok(Some(999_900_000)));
        assert!(one("999899999", range).unwrap_err().contains("too old"));
        assert!(one("999949999", short).unwrap_err().contains("too old"));
        assert_eq!(one("1000099999", short), Ok(Some(1_000_099_999)));
        assert!(one("1000100000", range).unwrap_err().contains("future"));
        assert_eq!(version(Cell::Null, range, now), Ok(None));
        assert_eq!(version(Cell::Text("1000000000"), range, now), Ok(Some(1_000_000_000)));
        assert!(version(Cell::Bool(true), range, now).is_err());
    }
}
