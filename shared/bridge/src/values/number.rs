//! Numbers from their digits. A conversion that would lose a digit is refused. Nothing here knows
//! columns.

use std::borrow::Cow;
use std::str::FromStr;

/// Decimals of more digits before the point fit no column of any target.
const MOST_BEFORE: usize = 131_072;

/// The reason for a refusal.
pub type Reason = &'static str;

/// The reason for text that is not a number.
pub const NOT_A_NUMBER: Reason = "the text is not a number";
const OUT_OF_RANGE: Reason = "out of range";

/// What is skipped around a number: C's `isspace`.
pub const SPACES: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// A JSON number as an integer; `1.0` and `1e3` are integers, `1.9` is not.
///
/// # Errors
/// It is not an integer, or does not fit this type.
#[inline]
pub fn integer<N: FromStr>(digits: &str) -> Result<N, Reason> {
    match digits.parse() {
        Ok(number) => Ok(number),
        Err(_) => moved(digits, 0),
    }
}

/// A JSON number times ten to the power of `places`, which must leave an integer.
///
/// # Errors
/// The result is not an integer of 64 bits.
pub fn scaled(digits: &str, places: u8) -> Result<i64, Reason> {
    let times = 10_i64.checked_pow(places.into());
    if let (Ok(whole), Some(times)) = (digits.parse::<i64>(), times) {
        return whole.checked_mul(times).ok_or(OUT_OF_RANGE);
    }
    moved(digits, places.into())
}

/// The same for every notation.
fn moved<N: FromStr>(digits: &str, places: usize) -> Result<N, Reason> {
    let plain = Plain::parse(digits).ok_or(OUT_OF_RANGE)?;
    let (kept, lost) = plain.after.split_at(places.min(plain.after.len()));
    if lost.bytes().any(|digit| digit != b'0') {
        return Err("it would lose digits after the point");
    }
    if plain.before.len() > 20 {
        return Err(OUT_OF_RANGE);
    }
    // An unsigned integer takes no sign, not even that of a zero.
    let is_zero = [&*plain.before, kept].iter().all(|part| part.bytes().all(|byte| byte == b'0'));
    let sign = if plain.negative && !is_zero { "-" } else { "" };
    format!("{sign}0{}{kept:0<places$}", plain.before).parse().map_err(|_| OUT_OF_RANGE)
}

/// Text as an integer: spaces around, a sign, digits, and nothing else.
///
/// # Errors
/// It is not an integer, or does not fit this type.
#[inline]
pub fn integer_text<N: FromStr>(text: &str) -> Result<N, Reason> {
    let digits = text.trim_matches(SPACES);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the text is not an integer");
    }
    digits.parse().map_err(|_| OUT_OF_RANGE)
}

/// A number or its text as a float of either width; also `NaN` and the infinities.
///
/// # Errors
/// It is not a number, too large, or so small that it would become zero.
pub fn float<F>(text: &str) -> Result<F, Reason>
where
    F: FromStr + Into<f64> + Copy,
{
    let text = text.trim_matches(SPACES);
    let number: F = text.parse().map_err(|_| NOT_A_NUMBER)?;
    let wide: f64 = number.into();
    let has_digits = || text.bytes().any(|byte| byte.is_ascii_digit());
    let mantissa = || text.split(['e', 'E']).next().unwrap_or_default();
    let not_zero = || mantissa().bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    match () {
        () if wide.is_infinite() && has_digits() => Err(OUT_OF_RANGE),
        () if wide == 0.0 && not_zero() => Err("it is so small that it would become zero"),
        () => Ok(number),
    }
}

/// The canonical text of a number, to compare keys; `None` if it is not a number.
#[must_use]
pub fn canonical(text: &str) -> Option<String> {
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

/// Whether [`canonical`] has nothing to do, as with nearly every key that is an integer.
#[must_use]
#[inline]
pub fn is_plain_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    matches!(digits, [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit)) || text == "0"
}

/// A decimal without exponent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain<'t> {
    /// Whether it has a minus, even if it is zero.
    pub negative: bool,
    /// The digits before the point, without leading zeros; empty for a number below one.
    pub before: Cow<'t, str>,
    /// The digits after it, as many as were given.
    pub after: Cow<'t, str>,
}

impl<'t> Plain<'t> {
    /// A sign, digits, perhaps with a point, perhaps an exponent. `None` if it is not a number, or
    /// has so many digits that no column could hold it.
    #[must_use]
    #[inline]
    pub fn parse(text: &'t str) -> Option<Self> {
        Self::usual(text).or_else(|| Self::any(text))
    }

    /// Digits, and perhaps a point between them: nearly all numbers, in one pass.
    #[inline]
    fn usual(text: &'t str) -> Option<Self> {
        let is_other = |byte: u8| !byte.is_ascii_digit();
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let point = unsigned.bytes().position(is_other).unwrap_or(unsigned.len());
        let (before, rest) = unsigned.split_at(point);
        let after = if rest.is_empty() { rest } else { rest.strip_prefix('.')? };
        if before.is_empty() || after.bytes().any(is_other) {
            return None;
        }
        let before = Cow::Borrowed(before.trim_start_matches('0'));
        Some(Self { negative: unsigned.len() < text.len(), before, after: Cow::Borrowed(after) })
    }

    /// The same in every notation.
    fn any(text: &'t str) -> Option<Self> {
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

    /// Moves the point; `None` if no column could hold the result.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (digits, number) in [("7", 7), ("-7.0", -7), ("7e2", 700), ("1200e-2", 12), ("-0", 0)] {
            assert_eq!(integer(digits), Ok(number), "{digits}");
        }
        assert_eq!(integer("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(integer("1.8446744073709551615e19"), Ok(u64::MAX));
        assert_eq!(integer("-0.0"), Ok(0_u64));
        assert_eq!(integer::<u64>("-1"), Err(OUT_OF_RANGE));
        assert_eq!(integer::<u64>("18446744073709551616"), Err(OUT_OF_RANGE));
        assert_eq!(integer::<i64>("1e400"), Err(OUT_OF_RANGE));
        assert!(integer::<i64>("1.9").unwrap_err().contains("digits after the point"));
        assert_eq!(integer_text(" +07\n"), Ok(7));
        assert!(integer_text::<i64>("7.0").is_err() && integer_text::<i64>("").is_err());
    }

    #[test]
    fn points_move() {
        assert_eq!(scaled("1.5", 3), Ok(1500));
        assert_eq!(scaled("-0.001", 3), Ok(-1));
        assert!(scaled("0.0001", 3).is_err());
        assert_eq!(scaled("9223372036854775807", 1), Err(OUT_OF_RANGE));
    }

    #[test]
    fn one_spelling_of_each() {
        for (text, one) in
            [("007.50", "7.5"), ("-0.0", "0"), ("1e3", "1000"), ("12e-3", ".012"), ("+1", "1")]
        {
            assert_eq!(canonical(text).as_deref(), Some(one), "{text}");
        }
        assert_eq!(canonical("x"), None);
        assert!(is_plain_integer("-10") && is_plain_integer("0"));
        assert!(!is_plain_integer("-0") && !is_plain_integer("01") && !is_plain_integer("1.0"));
    }

    #[test]
    fn usual_numbers_are_read_as_all_are() {
        for text in ["7", "-0.50", "00", "-007.", "123456789.125", "9".repeat(40).as_str()] {
            assert_eq!(Plain::usual(text), Plain::any(text), "{text}");
            assert!(Plain::usual(text).is_some(), "{text}");
        }
        for text in ["", "-", ".5", "+1", "1e3", "1.2.3", "1-", "--1", "1.-2", "٣"] {
            assert_eq!(Plain::usual(text), None, "{text}");
        }
    }

    #[test]
    fn floats() {
        assert_eq!(float::<f32>("0.1"), Ok(0.1));
        assert!(float::<f64>("NaN").unwrap().is_nan());
        assert_eq!(float::<f32>("1e39"), Err(OUT_OF_RANGE));
        assert!(float::<f64>("1e-400").unwrap_err().contains("zero"));
        assert_eq!(float::<f64>("0e-400"), Ok(0.0));
    }
}
