//! Encodes numbers in PostgreSQL's binary form, from their digits. A number that would lose a digit is
//! refused.
//!
//! Formats: `numeric_recv` in the server's `numeric.c`; integers and floats are big-endian.

use sluice_bridge::values::number::{NOT_A_NUMBER, Plain, Reason, SPACES, scaled};

/// The server's limits of a numeric: digits before and after the decimal point (`NUMERIC` in "Numeric Types"
/// of the manual).
const MAX_BEFORE: usize = 131_072;
const MAX_AFTER: usize = 16_383;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const POSITIVE_INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// Reads money, in the currency's smallest unit, which has `places` decimal places. `$1,234.56` is refused,
/// because its meaning depends on the locale.
pub(crate) fn money(text: &str, places: u8) -> Result<i64, Reason> {
    let digits = text.trim_matches(SPACES);
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) || digits.parse::<f64>().is_err() {
        return Err(NOT_A_NUMBER);
    }
    scaled(digits, places)
}

/// Appends a numeric's payload. `modifier` is the column's (`numeric(p,s)`), −1 without one. `infinity` says
/// whether the server's type has infinity, as from PostgreSQL 14 on.
pub(crate) fn numeric(
    text: &str,
    modifier: i32,
    infinity: bool,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let Some(plain) = Plain::parse(text.trim_matches(SPACES)) else {
        return special(text.trim_matches(SPACES), infinity, out);
    };
    if let Some(limits) = DecimalLimits::new(modifier) {
        limits.check(&plain)?;
    }
    if plain.before.len() > MAX_BEFORE || plain.after.len() > MAX_AFTER {
        return Err("out of range");
    }
    write(&plain, out);
    Ok(())
}

fn special(text: &str, infinity: bool, out: &mut Vec<u8>) -> Result<(), Reason> {
    let sign = match text.to_ascii_lowercase().as_str() {
        "nan" => NAN,
        "infinity" | "+infinity" | "inf" | "+inf" => POSITIVE_INFINITY,
        "-infinity" | "-inf" => NEGATIVE_INFINITY,
        // A number with more digits than are examined.
        digits if digits.parse::<f64>().is_ok() => return Err("out of range"),
        _ => return Err(NOT_A_NUMBER),
    };
    if sign != NAN && !infinity {
        return Err("the server's numeric type has no infinity");
    }
    header(0, 0, sign, 0, out);
    Ok(())
}

fn header(digits: u16, weight: i16, sign: u16, scale: u16, out: &mut Vec<u8>) {
    out.extend(digits.to_be_bytes());
    out.extend(weight.to_be_bytes());
    out.extend(sign.to_be_bytes());
    out.extend(scale.to_be_bytes());
}

/// Appends groups of four digits, counted from the decimal point in both directions.
fn write(plain: &Plain<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    header(0, 0, 0, 0, out);
    let mut weight = 0;
    let mut groups: u16 = 0;
    let mut significant = 0;
    let mut push = |group: u16, position: i32, out: &mut Vec<u8>| {
        if groups == 0 && group == 0 {
            return;
        }
        if groups == 0 {
            weight = position;
        }
        out.extend(group.to_be_bytes());
        groups += 1;
        if group != 0 {
            significant = groups;
        }
    };
    let before = plain.before.as_bytes();
    let first = before.len() % 4;
    let mut position = before.len().div_ceil(4) as i32 - 1;
    let (head, tail) = before.split_at(first);
    for group in std::iter::once(head).filter(|head| !head.is_empty()).chain(tail.chunks(4)) {
        push(group.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')), position, out);
        position -= 1;
    }
    position = -1;
    for group in plain.after.as_bytes().chunks(4) {
        let digit = |index: usize| u16::from(group.get(index).map_or(0, |digit| digit - b'0'));
        push((0..4).fold(0, |sum, index| sum * 10 + digit(index)), position, out);
        position -= 1;
    }
    out.truncate(start + 8 + 2 * usize::from(significant));
    let sign = if plain.negative && significant > 0 { NEGATIVE } else { 0 };
    let mut head = Vec::with_capacity(8);
    let weight = if significant > 0 { weight } else { 0 };
    header(significant, weight as i16, sign, plain.after.len() as u16, &mut head);
    out[start..start + 8].copy_from_slice(&head);
}

/// `numeric(precision, scale)`, packed as in `numerictypmodin`.
struct DecimalLimits {
    precision: i32,
    scale: i32,
}

impl DecimalLimits {
    fn new(modifier: i32) -> Option<Self> {
        let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
        // Scales are signed 11-bit numbers since PostgreSQL 15.
        let scale = ((packed & 0x7ff) ^ 1024) - 1024;
        Some(Self { precision: (packed >> 16) & 0xffff, scale })
    }

    fn check(&self, plain: &Plain<'_>) -> Result<(), Reason> {
        let not_zero = |digits: &str| digits.bytes().any(|digit| digit != b'0');
        let kept = usize::try_from(self.scale).unwrap_or(0).min(plain.after.len());
        let dropped_before = usize::try_from(-self.scale).unwrap_or(0).min(plain.before.len());
        let loses = not_zero(&plain.after[kept..])
            || not_zero(&plain.before[plain.before.len() - dropped_before..]);
        if loses {
            return Err(
                "the number has more digits after the decimal point than the column's scale",
            );
        }
        let room = usize::try_from(self.precision - self.scale).unwrap_or(0);
        let leading_zeros = plain.after.bytes().take_while(|digit| *digit == b'0').count();
        let too_long = plain.before.len() > room
            // The maximum of numeric(3,5) is 0.00999.
            || (self.scale > self.precision
                && not_zero(&plain.after)
                && (leading_zeros as i32) < self.scale - self.precision);
        if too_long { Err("out of range") } else { Ok(()) }
    }
}
