//! Numbers as text that a server neither rounds nor cuts, whatever notation they were sent in.

use sluice_bridge::values::number::{NOT_A_NUMBER, Reason, SPACES, float, integer};

use crate::append::display;

/// Appends an integer between two bounds. Text is read like a number.
///
/// # Errors
/// The text is not an integer, or is out of these bounds.
#[inline]
pub fn whole(text: &str, min: i64, max: u64, out: &mut Vec<u8>) -> Result<(), Reason> {
    // Already in the shortest form: no leading zero and no plus sign.
    let is_plain = matches!(text.as_bytes(), [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] | b"0");
    match text.parse::<i64>() {
        Ok(number) if is_plain && number >= min && (number < 0 || number.unsigned_abs() <= max) => {
            out.extend(text.as_bytes());
            Ok(())
        }
        _ => normalized_integer(text, min, max, out),
    }
}

/// The same for large numbers and other notations.
#[inline(never)]
fn normalized_integer(text: &str, min: i64, max: u64, out: &mut Vec<u8>) -> Result<(), Reason> {
    let digits = text.trim_matches(SPACES);
    let number: i128 = integer(digits).map_err(|why| reason_for(digits, why))?;
    if number < min.into() || number > max.into() {
        return Err("out of range");
    }
    display(number, out);
    Ok(())
}

/// The reason why digits cannot be read; a different reason if the text is not a number at all.
#[must_use]
pub fn reason_for(digits: &str, why: Reason) -> Reason {
    let has_digit = digits.bytes().any(|byte| byte.is_ascii_digit());
    if has_digit && digits.parse::<f64>().is_ok() { why } else { NOT_A_NUMBER }
}

/// A number of 64 bits.
///
/// # Errors
/// The text is not a number, or not a finite one.
pub fn finite(digits: &str) -> Result<f64, Reason> {
    let number: f64 = float(digits)?;
    if number.is_finite() { Ok(number) } else { Err("the column does not accept NaN or infinity") }
}

/// A number rounded to 32 bits, as a column of that width stores it.
///
/// # Errors
/// As [`finite`]; or it is too large for 32 bits, or so small that nothing would be left of it.
pub fn single(text: &str) -> Result<f32, Reason> {
    let wide = finite(text.trim_matches(SPACES))?;
    let narrow = wide as f32;
    if narrow.is_infinite() {
        return Err("out of range");
    }
    if narrow == 0.0 && wide != 0.0 {
        return Err("the number is so small that it would become zero");
    }
    Ok(narrow)
}
