//! Counts of days and of fractions of a second as ISO 8601 text, the one form that every target
//! reads, and as a day of the calendar.

use crate::values::digits;
use crate::values::short::Short;

/// The unit of a count: ten to the power of −3, −6 or −9 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum Unit {
    Millis,
    Micros,
    Nanos,
}

impl Unit {
    /// A count as whole seconds, rounded down, and the nanoseconds above them.
    fn split(self, count: i64) -> (i64, i64) {
        // A division by a constant takes a fraction of the time of another one.
        match self {
            Unit::Millis => split::<1_000>(count),
            Unit::Micros => split::<1_000_000>(count),
            Unit::Nanos => split::<1_000_000_000>(count),
        }
    }

    /// The same without the sign: rounded down, −90.5 s are −91 s and half a second.
    fn split_size(self, count: i64) -> (i64, i64) {
        match (count < 0, self.split(count)) {
            (false, parts) => parts,
            (true, (seconds, 0)) => (-seconds, 0),
            (true, (seconds, nanos)) => (-(seconds + 1), 1_000_000_000 - nanos),
        }
    }
}

#[inline]
fn split<const PER_SECOND: i64>(count: i64) -> (i64, i64) {
    let nanos = count.rem_euclid(PER_SECOND) * (1_000_000_000 / PER_SECOND);
    (count.div_euclid(PER_SECOND), nanos)
}

const DAY: i64 = 86_400;

/// Year, month and day of the Gregorian calendar, from days since 1970-01-01; the year before 1
/// is 0 (Howard Hinnant's `civil_from_days`).
#[must_use]
pub fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    // Within an era 32 bits are enough.
    let day_of_era = days.rem_euclid(146_097) as u32;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = i64::from(year_of_era) + era * 400 + i64::from(month <= 2);
    (year, month.into(), day.into())
}

/// The reverse of [`civil`] (Howard Hinnant's `days_from_civil`); `None` if there is no such day.
#[must_use]
pub fn days(year: i64, month: i64, day: i64) -> Option<i64> {
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
    Some(era * 146_097 + day_of_era - 719_468)
}

/// `2026-11-20`, from days since 1970-01-01. A year with more or less than four digits has a sign
/// (the expanded representation of ISO 8601, year 0 being 1 BC).
pub(crate) fn date(days: i64) -> Short {
    let mut text = Short::new();
    write_date(days, &mut text);
    text
}

fn write_date(days: i64, text: &mut Short) {
    let (year, month, day) = civil(days);
    match year {
        0..=9999 => {
            text.two(year / 100);
            text.two(year % 100);
        }
        _ => text.push(&format!("{year:+05}")),
    }
    text.byte(b'-');
    text.two(month);
    text.byte(b'-');
    text.two(day);
}

/// `10:15:30.5`, from a count since midnight. Some columns of times hold more than a day, or
/// negative times: `-30:00:00`.
pub(crate) fn time(count: i64, unit: Unit) -> Short {
    let (seconds, nanos) = unit.split_size(count);
    let mut text = Short::of(if count < 0 { "-" } else { "" });
    write_clock(seconds, nanos, &mut text);
    text
}

/// `2026-11-20T10:15:30.5Z`, from a count since 1970-01-01 UTC.
pub(crate) fn timestamp(count: i64, unit: Unit) -> Short {
    let (seconds, nanos) = unit.split(count);
    instant(seconds, nanos)
}

/// The same from seconds, and the nanoseconds after them.
pub(crate) fn instant(seconds: i64, nanos: i64) -> Short {
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    if (0..=9999).contains(&year) {
        let day = [year / 100, year % 100, month, day].map(|part| part as u32);
        return usual(day, seconds.rem_euclid(DAY) as u32, nanos as u32);
    }
    let mut text = Short::new();
    write_date(seconds.div_euclid(DAY), &mut text);
    text.byte(b'T');
    write_clock(seconds.rem_euclid(DAY), nanos, &mut text);
    text.byte(b'Z');
    text
}

/// One of a year of four digits: century and year of it, month, day; seconds of the day; nanoseconds.
fn usual([century, year, month, day]: [u32; 4], seconds: u32, nanos: u32) -> Short {
    let mut text = Short::of("0000-00-00T00:00:00");
    text.put_two(0, century);
    text.put_two(2, year);
    text.put_two(5, month);
    text.put_two(8, day);
    text.put_two(11, seconds / 3600);
    text.put_two(14, seconds / 60 % 60);
    text.put_two(17, seconds % 60);
    if nanos > 0 {
        // Most have milliseconds at most.
        let (millis, rest) = (nanos / 1_000_000, nanos % 1_000_000);
        text.push(".000");
        text.put_two(20, millis / 10);
        text.put_two(21, millis % 100);
        if rest > 0 {
            text.push("000000");
            text.put_two(23, rest / 10_000);
            text.put_two(25, rest / 100 % 100);
            text.put_two(27, rest % 100);
        }
        text.trim(b'0');
    }
    text.byte(b'Z');
    text
}

/// `PT-90.5S`, from a count.
pub(crate) fn duration(count: i64, unit: Unit) -> Short {
    let (seconds, nanos) = unit.split_size(count);
    span(count < 0, seconds, nanos)
}

/// The same from seconds and nanoseconds without a sign.
pub(crate) fn span(is_negative: bool, seconds: i64, nanos: i64) -> Short {
    let mut text = Short::of(if is_negative { "PT-" } else { "PT" });
    digits::of_integer(seconds, |digits| text.push(digits));
    write_fraction(nanos, &mut text);
    text.byte(b'S');
    text
}

fn write_clock(seconds: i64, nanos: i64, text: &mut Short) {
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hour {
        0..100 => text.two(hour),
        _ => digits::of_integer(hour, |digits| text.push(digits)),
    }
    text.byte(b':');
    text.two(minute);
    text.byte(b':');
    text.two(second);
    write_fraction(nanos, text);
}

/// `.5`, or nothing for zero.
fn write_fraction(nanos: i64, text: &mut Short) {
    if nanos == 0 {
        return;
    }
    text.byte(b'.');
    text.two(nanos / 10_000_000);
    text.two(nanos / 100_000 % 100);
    text.two(nanos / 1_000 % 100);
    text.two(nanos / 10 % 100);
    text.byte(b'0' + (nanos % 10) as u8);
    text.trim(b'0');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_782, "2024-02-29"),
            (2_932_896, "9999-12-31"),
            (2_932_897, "+10000-01-01"),
            (-719_162, "0001-01-01"),
            (-719_529, "-0001-12-31"),
        ] {
            assert_eq!(&*date(days), text);
        }
    }

    #[test]
    fn days_come_back() {
        for count in (-1_000_000..3_000_000).step_by(97) {
            let (year, month, day) = civil(count);
            assert_eq!(days(year, month, day), Some(count));
        }
        for (year, month, day) in [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 0, 1)] {
            assert_eq!(days(year, month, day), None);
        }
    }

    #[test]
    fn counts() {
        assert_eq!(&*time(0, Unit::Millis), "00:00:00");
        assert_eq!(&*time(86_399_999_999, Unit::Micros), "23:59:59.999999");
        assert_eq!(&*time(86_400_000, Unit::Millis), "24:00:00");
        assert_eq!(&*time(-1, Unit::Nanos), "-00:00:00.000000001");
        assert_eq!(&*time(-3_020_399_000_001, Unit::Micros), "-838:59:59.000001");
        assert_eq!(&*timestamp(-1, Unit::Nanos), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(&*timestamp(1_700_000_000_120, Unit::Millis), "2023-11-14T22:13:20.12Z");
        assert_eq!(&*duration(-90_500_000, Unit::Micros), "PT-90.5S");
        assert_eq!(&*duration(-1_000, Unit::Millis), "PT-1S");
        assert_eq!(&*duration(1_500, Unit::Millis), "PT1.5S");
    }
}
