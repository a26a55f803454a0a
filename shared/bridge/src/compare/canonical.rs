//! The canonical text of a value: equal values have equal texts, whichever database stores them.
//!
//! | class | text |
//! |---|---|
//! | number, boolean | `-12.5`; true is `1` |
//! | float | the shortest decimal that reads back as the same float |
//! | text, char | as it is; a char without blanks at its end |
//! | bytes | hexadecimal digits |
//! | uuid | `0189f0c4-…`, lower case |
//! | date, time, moment | `2026-11-20`, `10:15:30.5`, `2026-11-20T10:15:30.5Z` |
//! | interval | `P14M3DT-90.5S`: months, days, seconds |
//! | json, array | no white space, members sorted by name |
//! | bits | `0101` |

use std::io::Write;

use crate::compare::class::{Class, Tolerance};
use crate::compare::{document, number};
use crate::values::binary;
use crate::values::calendar::{self, Unit};
use crate::values::moment::{self, DAY, Moment};

/// A value as a connector has read it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'v> {
    /// An integer.
    Integer(i128),
    /// A boolean.
    Boolean(bool),
    /// A float of 32 bits.
    Single(f32),
    /// A float of 64 bits.
    Double(f64),
    /// A decimal in any spelling.
    Decimal(&'v str),
    /// Text.
    Text(&'v str),
    /// Bytes.
    Bytes(&'v [u8]),
    /// The bytes of a UUID.
    Uuid([u8; 16]),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 1970-01-01, in UTC where a zone is known.
    Moment(i64),
    /// An interval whose parts are kept apart.
    Interval {
        /// Whole months.
        months: i64,
        /// Days on top of them.
        days: i64,
        /// Microseconds on top of both.
        micros: i64,
    },
    /// A JSON document.
    Json(&'v str),
    /// `0` and `1`.
    Bits(&'v str),
    /// A special value, as the database spells it: `infinity`, `0000-00-00`.
    Words(&'v str),
}

/// Appends the canonical text of a value that is compared as `class`. A value that is not of that
/// class keeps its own text.
pub fn write(item: Item<'_>, class: Class, tolerance: Tolerance, out: &mut Vec<u8>) {
    let written = match class {
        Class::Number => write_number(item, out),
        Class::Boolean => write_boolean(item, out),
        Class::Float => match tolerance.float_digits {
            Some(digits) => write_rounded(item, digits, out),
            None => write_number(item, out),
        },
        Class::Text | Class::Char => write_text(item, class, tolerance, out),
        Class::Bytes => write_bytes(item, out),
        Class::Uuid => write_uuid(item, out),
        Class::Date | Class::Moment | Class::Time => write_time(item, class, tolerance, out),
        Class::Json | Class::Array => match item {
            Item::Json(text) | Item::Text(text) => document::write(text, out).is_ok(),
            _ => false,
        },
        Class::Interval | Class::Bits | Class::Other => false,
    };
    if !written {
        write_plain(item, out);
    }
}

/// The text of a value without a class.
fn write_plain(item: Item<'_>, out: &mut Vec<u8>) {
    match item {
        Item::Integer(integer) => number::write_integer(integer, out),
        Item::Boolean(truth) => out.push(if truth { b'1' } else { b'0' }),
        Item::Single(float) => number::write_float(float, out),
        Item::Double(float) => number::write_float(float, out),
        Item::Decimal(text) => {
            if !number::write_decimal(text, out) {
                out.extend(text.as_bytes());
            }
        }
        Item::Text(text) | Item::Bits(text) | Item::Words(text) => out.extend(text.as_bytes()),
        Item::Json(text) => {
            if document::write(text, out).is_err() {
                out.extend(text.as_bytes());
            }
        }
        Item::Bytes(bytes) => binary::write_hexadecimal(bytes, out),
        Item::Uuid(bytes) => binary::write_uuid(bytes, out),
        Item::Date(days) => out.extend(calendar::date(days).as_bytes()),
        Item::Time(micros) => out.extend(calendar::time(micros, Unit::Micros).as_bytes()),
        Item::Moment(micros) => out.extend(calendar::timestamp(micros, Unit::Micros).as_bytes()),
        Item::Interval { months, days, micros } => {
            let time = calendar::duration(micros, Unit::Micros);
            let time = time.trim_start_matches('P');
            write!(out, "P{months}M{days}D{time}").expect("memory takes everything");
        }
    }
}

fn write_number(item: Item<'_>, out: &mut Vec<u8>) -> bool {
    match item {
        Item::Text(text) => number::write_decimal(text.trim(), out),
        Item::Bits(bits) => match u128::from_str_radix(bits, 2) {
            Ok(integer) => {
                write!(out, "{integer}").expect("memory takes everything");
                true
            }
            Err(_) => false,
        },
        _ => false,
    }
}

fn write_boolean(item: Item<'_>, out: &mut Vec<u8>) -> bool {
    let Item::Text(text) = item else { return write_number(item, out) };
    let truth = match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" => b'1',
        "f" | "false" => b'0',
        _ => return write_number(item, out),
    };
    out.push(truth);
    true
}

fn write_rounded(item: Item<'_>, digits: u32, out: &mut Vec<u8>) -> bool {
    let float = match item {
        Item::Single(float) => Some(f64::from(float)),
        Item::Double(float) => Some(float),
        Item::Integer(integer) => Some(integer as f64),
        Item::Boolean(truth) => Some(f64::from(u8::from(truth))),
        Item::Decimal(text) | Item::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    float.inspect(|float| number::write_rounded(*float, digits, out)).is_some()
}

fn write_text(item: Item<'_>, class: Class, tolerance: Tolerance, out: &mut Vec<u8>) -> bool {
    let Item::Text(text) = item else { return false };
    let cuts = class == Class::Char || tolerance.blanks;
    let text = if cuts { text.trim_end_matches(' ') } else { text };
    out.extend(text.as_bytes());
    true
}

fn write_bytes(item: Item<'_>, out: &mut Vec<u8>) -> bool {
    let Item::Text(text) = item else { return false };
    binary::write_hexadecimal(text.as_bytes(), out);
    true
}

fn write_uuid(item: Item<'_>, out: &mut Vec<u8>) -> bool {
    let bytes = match item {
        Item::Text(text) => binary::uuid(text.trim()).ok(),
        Item::Bytes(bytes) => bytes.try_into().ok(),
        _ => None,
    };
    bytes.inspect(|bytes| binary::write_uuid(*bytes, out)).is_some()
}

/// Writes days and times that come as text, that must be cut off, or that are compared as another
/// class.
fn write_time(item: Item<'_>, class: Class, tolerance: Tolerance, out: &mut Vec<u8>) -> bool {
    let cut = |micros: i64| match tolerance.time_digits {
        Some(digits) if digits < 6 => {
            let unit = 10_i64.pow(6 - digits);
            // A length of time is cut towards zero, also below zero.
            if class == Class::Time { micros / unit * unit } else { micros.div_euclid(unit) * unit }
        }
        _ => micros,
    };
    let read = match (class, item) {
        (Class::Moment, Item::Moment(micros)) => Some(Item::Moment(cut(micros))),
        (Class::Moment, Item::Date(days)) => days.checked_mul(DAY).map(Item::Moment),
        (Class::Moment, Item::Text(text)) => read_moment(text).map(|at| Item::Moment(cut(at))),
        (Class::Time, Item::Time(micros)) => Some(Item::Time(cut(micros))),
        (Class::Time, Item::Text(text)) => read_clock(text).map(|at| Item::Time(cut(at))),
        (Class::Date, Item::Text(text)) => read_moment(text)
            .filter(|micros| micros.rem_euclid(DAY) == 0)
            .map(|micros| Item::Date(micros.div_euclid(DAY))),
        _ => None,
    };
    read.inspect(|item| write_plain(*item, out)).is_some()
}

fn read_moment(text: &str) -> Option<i64> {
    let Moment { days, micros, zone } = Moment::parse(text.trim()).ok()?;
    let east = zone.unwrap_or(0).checked_mul(60_000_000)?;
    days.checked_mul(DAY)?.checked_add(micros)?.checked_sub(east)
}

fn read_clock(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut rest = unsigned.as_bytes();
    let micros = moment::clock(&mut rest).ok()?;
    rest.is_empty().then_some(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests;
