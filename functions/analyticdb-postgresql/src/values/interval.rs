//! Reads intervals from ISO 8601 durations and from the server's text: months, days and microseconds, which
//! the server stores separately. Only seconds may have a fraction, because a fraction of a month is
//! ambiguous.
//!
//! Formats: `interval_recv`, `intervaltypmodin` and `DecodeInterval` in the server's
//! `timestamp.c` and `datetime.c`.

use sluice_bridge::values::moment::{digits, fraction_of_second};
use sluice_bridge::values::number::Reason;
use sluice_sql::append::clock;

use crate::values::moment;

const NOT_AN_INTERVAL: Reason =
    "the text is neither an ISO 8601 duration nor an interval such as 1 day 02:03:04";
const OUT_OF_RANGE: Reason = "out of range";
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Before PostgreSQL 15, the hours in text are 32-bit integers.
const MAX_MICROS: i64 = i32::MAX as i64 * HOUR;

/// Appends an interval's payload. `infinity` says whether the server's type has infinity, as from PostgreSQL
/// 17 on.
pub(crate) fn write(
    text: &str,
    modifier: i32,
    infinity: bool,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let interval = read(text.trim_ascii(), modifier, infinity)?;
    out.extend(interval.micros.to_be_bytes());
    out.extend(interval.days.to_be_bytes());
    out.extend(interval.months.to_be_bytes());
    Ok(())
}

/// Appends an interval as text that all servers read in the same way.
pub(crate) fn write_text(
    text: &str,
    modifier: i32,
    infinity: bool,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let interval = read(text.trim_ascii(), modifier, infinity)?;
    if interval.is_infinite() {
        out.extend(if interval.days > 0 { "infinity" } else { "-infinity" }.as_bytes());
        return Ok(());
    }
    let Interval { months, days, micros, .. } = interval;
    let sign = if micros < 0 { '-' } else { '+' };
    out.extend(format!("{months} mons {days} days {sign}").as_bytes());
    clock(micros.abs(), out);
    Ok(())
}

fn read(text: &str, modifier: i32, infinity: bool) -> Result<Interval, Reason> {
    let interval = match text.strip_prefix('P') {
        Some(duration) => iso(duration)?,
        None => match text.to_ascii_lowercase().as_str() {
            "infinity" | "+infinity" if infinity => return Ok(Interval::GREATEST),
            "-infinity" if infinity => return Ok(Interval::LEAST),
            "infinity" | "+infinity" | "-infinity" => {
                return Err("the server's interval type has no infinity");
            }
            lower => words(lower)?,
        },
    };
    // The minimum of `i64` has no positive counterpart.
    if interval.micros.unsigned_abs() > MAX_MICROS.unsigned_abs() {
        return Err(OUT_OF_RANGE);
    }
    interval.check(modifier)?;
    Ok(interval)
}

/// Reads the text after the `P`: `1Y2M3W4DT5H6M7.8S`.
fn iso(duration: &str) -> Result<Interval, Reason> {
    let (date, time) = match duration.split_once('T') {
        Some((_, "")) => return Err(NOT_AN_INTERVAL),
        Some(parts) => parts,
        None => (duration, ""),
    };
    let mut interval = Interval::default();
    let units: [(_, &[(u8, Unit)]); 2] = [
        (date, &[(b'Y', Unit::Year), (b'M', Unit::Month), (b'W', Unit::Week), (b'D', Unit::Day)]),
        (time, &[(b'H', Unit::Hour), (b'M', Unit::Minute), (b'S', Unit::Second)]),
    ];
    for (mut rest, units) in units {
        while let Some(end) = rest.find(|letter: char| letter.is_ascii_alphabetic()) {
            let unit = units.iter().find(|(letter, _)| *letter == rest.as_bytes()[end]);
            interval.add(&rest[..end], unit.ok_or(NOT_AN_INTERVAL)?.1)?;
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            return Err(NOT_AN_INTERVAL);
        }
    }
    if interval.seen == 0 { Err(NOT_AN_INTERVAL) } else { Ok(interval) }
}

/// Reads `@ 1 year 2 mons -3 days 04:05:06.7 ago`, with each part at most once.
fn words(text: &str) -> Result<Interval, Reason> {
    let mut interval = Interval::default();
    let mut words = text.split_ascii_whitespace().peekable();
    words.next_if_eq(&"@");
    while let Some(word) = words.next() {
        if word == "ago" && words.peek().is_none() && interval.seen != 0 {
            return interval.negated().ok_or(OUT_OF_RANGE);
        }
        if word.contains(':') {
            interval.clock(word)?;
            continue;
        }
        let end = word.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(word.len());
        let (amount, glued) = word.split_at(end);
        let unit = if glued.is_empty() { words.next().unwrap_or_default() } else { glued };
        interval.add(amount, named(unit)?)?;
    }
    if interval.seen == 0 { Err(NOT_AN_INTERVAL) } else { Ok(interval) }
}

fn named(unit: &str) -> Result<Unit, Reason> {
    Ok(match unit {
        "year" | "years" | "yr" | "yrs" | "y" => Unit::Year,
        "month" | "months" | "mon" | "mons" => Unit::Month,
        "week" | "weeks" | "w" => Unit::Week,
        "day" | "days" | "d" => Unit::Day,
        "hour" | "hours" | "hr" | "hrs" | "h" => Unit::Hour,
        "minute" | "minutes" | "min" | "mins" | "m" => Unit::Minute,
        "second" | "seconds" | "sec" | "secs" | "s" => Unit::Second,
        _ => return Err(NOT_AN_INTERVAL),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Interval {
    months: i32,
    days: i32,
    micros: i64,
    /// A bit for each unit so far. A unit must not occur twice.
    seen: u8,
}

impl Interval {
    const GREATEST: Self = Self { months: i32::MAX, days: i32::MAX, micros: i64::MAX, seen: 0 };
    const LEAST: Self = Self { months: i32::MIN, days: i32::MIN, micros: i64::MIN, seen: 0 };

    fn is_infinite(&self) -> bool {
        [Self::GREATEST, Self::LEAST].contains(self)
    }

    fn add(&mut self, amount: &str, unit: Unit) -> Result<(), Reason> {
        let unsigned = amount.strip_prefix(['+', '-']).unwrap_or(amount);
        let sign = if amount.starts_with('-') { -1 } else { 1 };
        let (whole, fraction) = seconds(unsigned)?;
        if unit != Unit::Second && unsigned.contains('.') {
            return Err("only seconds may have a fraction");
        }
        let part = |units: i64| units.checked_mul(sign * whole);
        match unit {
            Unit::Year => self.months(part(12)),
            Unit::Month => self.months(part(1)),
            Unit::Week => self.days(part(7)),
            Unit::Day => self.days(part(1)),
            Unit::Hour => self.micros(part(HOUR)),
            Unit::Minute => self.micros(part(MINUTE)),
            // The server computes with floats and would lose digits of larger numbers.
            Unit::Second if fraction != 0 && whole > i32::MAX.into() => None,
            Unit::Second => self.micros(part(SECOND).map(|micros| micros + sign * fraction)),
        }
        .ok_or(OUT_OF_RANGE)?;
        self.mark_seen(1 << unit as u8)
    }

    /// `±HH:MM:SS.ffffff`
    fn clock(&mut self, text: &str) -> Result<(), Reason> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let mut parts = unsigned.split(':');
        let (Some(hours), Some(minutes @ [_, _]), Some(rest @ [_, _, ..]), None) = (
            parts.next(),
            parts.next().map(str::as_bytes),
            parts.next().map(str::as_bytes),
            parts.next(),
        ) else {
            return Err(NOT_AN_INTERVAL);
        };
        let (hours, none) = seconds(hours)?;
        let minutes = digits(&mut &*minutes, 2).ok_or(NOT_AN_INTERVAL)?;
        let (second, fraction) = seconds(std::str::from_utf8(rest).unwrap_or_default())?;
        if none != 0 || minutes > 59 || second > 59 || hours > i32::MAX.into() {
            return Err(NOT_AN_INTERVAL);
        }
        let micros = hours * HOUR + minutes * MINUTE + second * SECOND + fraction;
        self.micros(Some(sign * micros)).ok_or(OUT_OF_RANGE)?;
        self.mark_seen(1 << Unit::Hour as u8 | 1 << Unit::Minute as u8 | 1 << Unit::Second as u8)
    }

    fn months(&mut self, more: Option<i64>) -> Option<()> {
        self.months = self.months.checked_add(more?.try_into().ok()?)?;
        Some(())
    }

    fn days(&mut self, more: Option<i64>) -> Option<()> {
        self.days = self.days.checked_add(more?.try_into().ok()?)?;
        Some(())
    }

    fn micros(&mut self, more: Option<i64>) -> Option<()> {
        self.micros = self.micros.checked_add(more?)?;
        Some(())
    }

    fn mark_seen(&mut self, units: u8) -> Result<(), Reason> {
        if self.seen & units != 0 {
            return Err("a unit occurs twice");
        }
        self.seen |= units;
        Ok(())
    }

    fn negated(self) -> Option<Self> {
        let Self { months, days, micros, seen } = self;
        Some(Self {
            months: months.checked_neg()?,
            days: days.checked_neg()?,
            micros: micros.checked_neg()?,
            seen,
        })
    }

    /// Refuses values that a column such as `interval day to minute` or `interval(3)` would cut.
    fn check(&self, modifier: i32) -> Result<(), Reason> {
        const FULL: i32 = 0xffff;
        if modifier < 0 {
            return Ok(());
        }
        if modifier & FULL != FULL {
            moment::precise(self.micros, modifier & FULL)?;
        }
        let holds = |bit: i32| modifier >> 16 & 1 << bit != 0;
        let (month, year, day, hour, minute, second) = (1, 2, 3, 10, 11, 12);
        let kept = match () {
            () if holds(second) => true,
            () if holds(minute) => self.micros % MINUTE == 0,
            () if holds(hour) => self.micros % HOUR == 0,
            () if holds(day) => self.micros == 0,
            () if holds(month) => (self.days, self.micros) == (0, 0),
            () if holds(year) => (self.months % 12, self.days, self.micros) == (0, 0, 0),
            () => true,
        };
        if kept {
            Ok(())
        } else {
            Err("the value has units that the column's fields do not include")
        }
    }
}

/// Reads digits and an optional fraction of six digits. Returns an integer and millionths.
fn seconds(text: &str) -> Result<(i64, i64), Reason> {
    let mut rest = text.as_bytes();
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = match length {
        0 => return Err(NOT_AN_INTERVAL),
        1..=18 => digits(&mut rest, length).ok_or(NOT_AN_INTERVAL)?,
        _ => return Err(OUT_OF_RANGE),
    };
    let fraction = fraction_of_second(&mut rest)?;
    if rest.is_empty() { Ok((whole, fraction)) } else { Err(NOT_AN_INTERVAL) }
}
