//! Numbers in PostgreSQL's binary form, from their digits. What would lose a digit is refused.
//!
//! Formats: `numeric_recv` in the server's `numeric.c`; integers and floats are big-endian.

use std::borrow::Cow;

/// The server's limits on a numeric: digits before and after the point (`NUMERIC` in "Numeric
/// Types" of the manual).
const MOST_BEFORE: usize = 131_072;
const MOST_AFTER: usize = 16_383;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const POSITIVE_INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// A refusal, in words.
pub(crate) type Why = &'static str;

const NOT_A_NUMBER: Why = "the text is not a number";

/// A JSON number as an integer; `1.0` and `1e3` are integers, `1.9` is none.
pub(crate) fn integer(digits: &str) -> Result<i64, Why> {
    match digits.parse() {
        Ok(number) => Ok(number),
        Err(_) => scaled(digits, 0),
    }
}

/// A JSON number times ten to the power of `places`, which must leave an integer.
pub(crate) fn scaled(digits: &str, places: u8) -> Result<i64, Why> {
    let times = 10_i64.checked_pow(places.into());
    if let (Ok(whole), Some(times)) = (digits.parse::<i64>(), times) {
        return whole.checked_mul(times).ok_or("out of range");
    }
    let places = usize::from(places);
    let plain = Plain::parse(digits).ok_or("out of range")?;
    let (kept, lost) = plain.after.split_at(places.min(plain.after.len()));
    if lost.bytes().any(|digit| digit != b'0') {
        return Err("it would lose digits after the point");
    }
    if plain.before.len() > 20 {
        return Err("out of range");
    }
    let sign = if plain.negative { "-" } else { "" };
    format!("{sign}0{}{kept:0<places$}", plain.before).parse().map_err(|_| "out of range")
}

/// A number or its text as money: in its smallest unit, of which ten to the power of `places`
/// make a whole one. `$1,234.56` is no number: what it says is a matter of the locale.
pub(crate) fn money(text: &str, places: u8) -> Result<i64, Why> {
    let digits = text.trim_matches(SPACES);
    if !digits.bytes().any(|byte| byte.is_ascii_digit()) || digits.parse::<f64>().is_err() {
        return Err(NOT_A_NUMBER);
    }
    scaled(digits, places)
}

/// Text as an integer, by the server's own rule: spaces around, a sign, digits.
pub(crate) fn integer_text(text: &str) -> Result<i64, Why> {
    let digits = text.trim_matches(SPACES);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the text is not an integer");
    }
    digits.parse().map_err(|_| "out of range")
}

/// What the server skips around a number.
pub(crate) const SPACES: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// A number or its text as a float of either width.
pub(crate) fn float<F>(text: &str) -> Result<F, Why>
where
    F: std::str::FromStr + Into<f64> + Copy,
{
    let text = text.trim_matches(SPACES);
    let number: F = text.parse().map_err(|_| NOT_A_NUMBER)?;
    let wide: f64 = number.into();
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let not_zero = mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    match () {
        () if wide.is_infinite() && has_digits => Err("out of range"),
        () if wide == 0.0 && not_zero => Err("so small that it would become zero"),
        () => Ok(number),
    }
}

/// Appends a numeric's payload. `modifier` is the column's (`numeric(p,s)`), −1 without one;
/// `infinity` tells whether the server has one, as it does from PostgreSQL 14 on.
pub(crate) fn numeric(
    text: &str,
    modifier: i32,
    infinity: bool,
    out: &mut Vec<u8>,
) -> Result<(), Why> {
    let Some(plain) = Plain::parse(text.trim_matches(SPACES)) else {
        return special(text.trim_matches(SPACES), infinity, out);
    };
    if let Some(declared) = Declared::new(modifier) {
        declared.check(&plain)?;
    }
    if plain.before.len() > MOST_BEFORE || plain.after.len() > MOST_AFTER {
        return Err("out of range");
    }
    write(&plain, out);
    Ok(())
}

fn special(text: &str, infinity: bool, out: &mut Vec<u8>) -> Result<(), Why> {
    let sign = match text.to_ascii_lowercase().as_str() {
        "nan" => NAN,
        "infinity" | "+infinity" | "inf" | "+inf" => POSITIVE_INFINITY,
        "-infinity" | "-inf" => NEGATIVE_INFINITY,
        // Digits that are too many to be looked at.
        digits if digits.parse::<f64>().is_ok() => return Err("out of range"),
        _ => return Err(NOT_A_NUMBER),
    };
    if sign != NAN && !infinity {
        return Err("this server's numeric has no infinity");
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

/// Writes groups of four digits, counted from the point in both directions.
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

/// The one way to write a number down, for telling keys apart; `None` if it is none.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let plain = Plain::parse(text.trim_matches(SPACES))?;
    let after = plain.after.trim_end_matches('0');
    let zero = plain.before.is_empty() && after.is_empty();
    let sign = if plain.negative && !zero { "-" } else { "" };
    Some(match (zero, after) {
        (true, _) => "0".to_owned(),
        (false, "") => format!("{sign}{}", plain.before),
        (false, after) => format!("{sign}{}.{after}", plain.before),
    })
}

/// A decimal without exponent: the digits before the point, no zero leading, and after it.
struct Plain<'t> {
    negative: bool,
    before: Cow<'t, str>,
    after: Cow<'t, str>,
}

impl<'t> Plain<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let negative = text.starts_with('-');
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(before) || !all_digits(after) || (before.is_empty() && after.is_empty()) {
            return None;
        }
        let (before, after) = (Cow::Borrowed(before), Cow::Borrowed(after));
        let plain = Self { negative, before, after }.shift(exponent)?;
        Some(plain.without_leading_zeros())
    }

    /// Moves the point; `None` where no column could hold the result.
    fn shift(self, exponent: i32) -> Option<Self> {
        if exponent == 0 {
            return Some(self);
        }
        let distance = exponent.unsigned_abs() as usize;
        if distance > MOST_BEFORE {
            return None;
        }
        let digits = format!("{}{}", self.before, self.after);
        let point = if exponent > 0 { self.before.len() + distance } else { self.before.len() };
        let (digits, point) = match exponent {
            1.. => (format!("{digits}{}", "0".repeat(point.saturating_sub(digits.len()))), point),
            _ => {
                let lead = distance.saturating_sub(self.before.len());
                (format!("{}{digits}", "0".repeat(lead)), (point + lead) - distance)
            }
        };
        let (before, after) = digits.split_at(point);
        Some(Self {
            negative: self.negative,
            before: Cow::Owned(before.to_owned()),
            after: Cow::Owned(after.to_owned()),
        })
    }

    fn without_leading_zeros(self) -> Self {
        let before = match self.before {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('0')),
            Cow::Owned(text) => Cow::Owned(text.trim_start_matches('0').to_owned()),
        };
        Self { before, ..self }
    }
}

/// `numeric(precision, scale)`, packed as in `numerictypmodin`.
struct Declared {
    precision: i32,
    scale: i32,
}

impl Declared {
    fn new(modifier: i32) -> Option<Self> {
        let packed = modifier.checked_sub(4).filter(|packed| *packed >= 0)?;
        // Scales are signed 11-bit numbers since PostgreSQL 15.
        let scale = ((packed & 0x7ff) ^ 1024) - 1024;
        Some(Self { precision: (packed >> 16) & 0xffff, scale })
    }

    fn check(&self, plain: &Plain<'_>) -> Result<(), Why> {
        let not_zero = |digits: &str| digits.bytes().any(|digit| digit != b'0');
        let kept = usize::try_from(self.scale).unwrap_or(0).min(plain.after.len());
        let dropped_before = usize::try_from(-self.scale).unwrap_or(0).min(plain.before.len());
        let loses = not_zero(&plain.after[kept..])
            || not_zero(&plain.before[plain.before.len() - dropped_before..]);
        if loses {
            return Err("it would lose digits beyond the column's scale");
        }
        let room = usize::try_from(self.precision - self.scale).unwrap_or(0);
        let leading_zeros = plain.after.bytes().take_while(|digit| *digit == b'0').count();
        let too_long = plain.before.len() > room
            // numeric(3,5) holds 0.00999 and no more.
            || (self.scale > self.precision
                && not_zero(&plain.after)
                && (leading_zeros as i32) < self.scale - self.precision);
        if too_long { Err("out of range") } else { Ok(()) }
    }
}
