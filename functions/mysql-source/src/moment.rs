//! Moments of the server as microseconds since 1970, and back, and a session's offset from UTC.

use mysql_async::Value;
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::values::calendar;
use sluice_source::model::position::Micros;

/// `db.timezone`
pub(crate) const DB_TIMEZONE: Opt = Opt::new(
    "db.timezone",
    "The zone in which the server writes DATETIME columns, if one of them is `timestamp.column.name`: `UTC`, or an offset such as `+08:00`. A TIMESTAMP column does not need it. There are no names of zones, because clocks that are set back would repeat an hour.",
)
.or("UTC");

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Reads `db.timezone` in microseconds east of UTC, noting a problem.
pub(crate) fn offset(settings: &mut Settings) -> i64 {
    let given = settings.text(&DB_TIMEZONE).unwrap_or_default().to_owned();
    parse_offset(&given).unwrap_or_else(|| {
        let name = DB_TIMEZONE.name;
        settings.problem(format!("{name} must be UTC or an offset such as +08:00, not `{given}`"));
        0
    })
}

fn parse_offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("utc") || text == "Z" {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let number = |text: &str, most: i64| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number: &i64| is_number && *number <= most)
    };
    Some(sign * (number(hours, 14)? * 3_600 + number(minutes, 59)? * 60) * SECOND)
}

/// `+08:00`.
pub(crate) fn offset_text(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / (60 * SECOND);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// What a DATE, DATETIME or TIMESTAMP shows; `None` of a zero date and of a day that no calendar has.
pub(crate) fn micros(value: &Value) -> Option<Micros> {
    let Value::Date(year, month, day, hour, minute, second, micro) = *value else { return None };
    let days = calendar::days(i64::from(year), i64::from(month), i64::from(day))?;
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    (year > 0).then(|| days * DAY + seconds * SECOND + i64::from(micro))
}

/// The reverse of [`micros`], for the years that the server knows; moments outside become the nearest that it does.
pub(crate) fn value(micros: Micros) -> Value {
    // 0001-01-01 and the last microsecond of 9999.
    let micros = micros.clamp(-62_135_596_800 * SECOND, 253_402_300_799 * SECOND + 999_999);
    let (year, month, day) = calendar::civil(micros.div_euclid(DAY));
    let rest = micros.rem_euclid(DAY);
    let (seconds, micro) = (rest / SECOND, rest % SECOND);
    let small = |number: i64| u8::try_from(number).unwrap_or(0);
    Value::Date(
        u16::try_from(year).unwrap_or(0),
        small(month),
        small(day),
        small(seconds / 3_600),
        small(seconds / 60 % 60),
        small(seconds % 60),
        u32::try_from(micro).unwrap_or(0),
    )
}

/// Cut to so many digits of a second, towards the past.
pub(crate) fn cut(micros: Micros, digits: u32) -> Micros {
    let unit = 10i64.pow(6 - digits.min(6));
    micros.div_euclid(unit) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back() {
        for micros in [0, -1, 1_795_990_084_374_322, -62_135_596_800_000_000] {
            assert_eq!(super::micros(&value(micros)), Some(micros), "{micros}");
        }
        assert_eq!(value(-1), Value::Date(1969, 12, 31, 23, 59, 59, 999_999));
        assert_eq!(micros(&Value::Date(0, 0, 0, 0, 0, 0, 0)), None);
        assert_eq!(micros(&Value::Date(2026, 0, 15, 0, 0, 0, 0)), None);
        assert_eq!(value(i64::MIN), Value::Date(1, 1, 1, 0, 0, 0, 0));
    }

    #[test]
    fn a_bound_is_cut_towards_the_past() {
        assert_eq!(cut(1_999_999, 0), 1_000_000);
        assert_eq!(cut(-1, 3), -1_000);
        assert_eq!(cut(7, 6), 7);
    }

    #[test]
    fn offsets_are_read() {
        let hour = 3_600 * SECOND;
        for (text, offset) in [("utc", 0), ("+08:00", 8 * hour), ("-03:30", -7 * hour / 2)] {
            assert_eq!(parse_offset(text), Some(offset), "{text}");
        }
        assert_eq!(offset_text(-7 * hour / 2), "-03:30");
        for wrong in ["", "Europe/Berlin", "8", "+8:00", "+15:00", "+08:60", "+-1:00"] {
            assert_eq!(parse_offset(wrong), None, "{wrong}");
        }
    }
}
