//! Appends values to bytes as text: anything that implements `Display`, dates and times of day.

use std::fmt::Display;
use std::io::Write;

const SECOND: i64 = 1_000_000;

/// Appends the `Display` text of a value.
pub fn display(value: impl Display, out: &mut Vec<u8>) {
    // Writing to a vector never fails.
    write!(out, "{value}").unwrap_or_default();
}

/// Appends a date such as `2026-11-20`. The year must not be negative; it gets at least four digits.
#[inline]
pub fn day((year, month, day): (i64, i64, i64), out: &mut Vec<u8>) {
    if year > 9_999 {
        display(year, out);
    } else {
        let [hundreds, ones] = [year / 100, year % 100].map(two);
        out.extend([hundreds[0], hundreds[1], ones[0], ones[1]]);
    }
    let [month, day] = [month, day].map(two);
    out.extend([b'-', month[0], month[1], b'-', day[0], day[1]]);
}

/// Appends a number of microseconds as `10:15:30.500000`; a fraction of zero is left out. The hours may
/// exceed 23.
#[inline]
pub fn clock(micros: i64, out: &mut Vec<u8>) {
    let (seconds, fraction) = (micros / SECOND, micros % SECOND);
    let hours = seconds / 3600;
    if hours > 99 {
        display(hours / 100, out);
    }
    let [hour, minute, second] = [hours % 100, seconds / 60 % 60, seconds % 60].map(two);
    out.extend([hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1]]);
    if fraction != 0 {
        let [first, second, third] =
            [fraction / 10_000, fraction / 100 % 100, fraction % 100].map(two);
        out.extend([b'.', first[0], first[1], second[0], second[1], third[0], third[1]]);
    }
}

#[inline]
fn two(number: i64) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(append: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"> ".to_vec();
        append(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_and_times_have_all_their_digits() {
        assert_eq!(text(|out| day((1, 2, 3), out)), "> 0001-02-03");
        assert_eq!(text(|out| day((294_276, 12, 31), out)), "> 294276-12-31");
        assert_eq!(text(|out| clock(0, out)), "> 00:00:00");
        assert_eq!(text(|out| clock(86_399_000_020, out)), "> 23:59:59.000020");
        assert_eq!(text(|out| clock(838 * 3_600 * SECOND, out)), "> 838:00:00");
    }
}
