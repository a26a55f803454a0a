//! Parts of a JSON value that both languages read alike.

use std::collections::HashSet;

use sluice_bridge::json::Scanner;
use sluice_bridge::json::value::Value;
use sluice_bridge::values::{binary, number};

use crate::digits;
use crate::refusal::Refusal;

/// How deep a value may be nested: as deep as the decoders read.
pub(crate) const MOST_DEEP: usize = 64;
/// The reason for a value that is nested deeper.
pub(crate) const TOO_DEEP: &str = "it is nested more than 64 levels deep";

/// The one value of a text.
///
/// # Errors
/// The text is not UTF-8, or not one JSON value.
pub(crate) fn whole(json: &[u8]) -> Result<Value<'_>, Refusal> {
    let text = std::str::from_utf8(json)
        .map_err(|wrong| format!("it is not UTF-8 text (at byte {})", wrong.valid_up_to()));
    let text = text.map_err(Refusal::new)?;
    let mut scanner = Scanner::new(text);
    let value = scanner.value().and_then(|value| scanner.end().map(|()| value));
    value.map_err(|wrong| {
        Refusal::new(format!("it is not JSON: {} (at byte {})", wrong.what, wrong.at))
    })
}

/// That a value is of another type than the schema says.
pub(crate) fn mismatch<T>(value: Value<'_>, expected: &str) -> Result<T, Refusal> {
    Err(Refusal::new(format!("a JSON {} is not {expected}", value.kind())))
}

/// The characters of a string.
///
/// # Errors
/// It is none, or has a lone surrogate.
pub(crate) fn text(value: Value<'_>, expected: &str) -> Result<String, Refusal> {
    match value {
        Value::Text(raw) => raw.to_text().map_err(|wrong| wrong.what.into()),
        other => mismatch(other, expected),
    }
}

/// The bytes of a string in base64, the form in which the decoders write bytes.
///
/// # Errors
/// It is no such string.
pub(crate) fn bytes(value: Value<'_>) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    binary::base64(&text(value, "bytes, which are text in base64")?, &mut bytes)?;
    Ok(bytes)
}

/// Bytes from their characters, the form of the defaults in schemas of Avro.
///
/// # Errors
/// It is no text, or has a character that is no byte.
pub(crate) fn characters(value: Value<'_>) -> Result<Vec<u8>, Refusal> {
    let text = text(value, "bytes")?;
    let bytes = text.chars().map(|character| u8::try_from(u32::from(character)));
    bytes.collect::<Result<_, _>>().map_err(|_| "a character of the default is not a byte".into())
}

/// An integer of any width. With `or_text` its digits may be a string, as ProtoJSON has them.
///
/// # Errors
/// It is none, or out of range.
pub(crate) fn integer<N: std::str::FromStr>(
    value: Value<'_>,
    or_text: bool,
    expected: &str,
) -> Result<N, Refusal> {
    match value {
        Value::Number(digits) => number::integer(digits).map_err(Refusal::from),
        Value::Text(_) if or_text => {
            number::integer_text(&text(value, expected)?).map_err(Refusal::from)
        }
        other => mismatch(other, expected),
    }
}

/// A float that keeps every digit: a number, or the name of one that is none.
///
/// # Errors
/// It is none, or has more digits than such a float.
pub(crate) fn float<F: digits::Float>(value: Value<'_>) -> Result<F, Refusal> {
    match value {
        Value::Number(written) => digits::float(written).map_err(Refusal::from),
        Value::Text(raw) => match raw.as_written() {
            name @ ("NaN" | "Infinity" | "-Infinity") => Ok(number::float(name)?),
            _ => Err("the text is neither NaN nor Infinity nor -Infinity".into()),
        },
        other => mismatch(other, "a float"),
    }
}

/// A number, or the text of one: the decoders write decimals as numbers, and other tools as text.
///
/// # Errors
/// It is none.
pub(crate) fn decimal_text(value: Value<'_>) -> Result<String, Refusal> {
    match value {
        Value::Number(digits) => Ok(digits.to_owned()),
        Value::Text(_) => text(value, "a decimal"),
        other => mismatch(other, "a decimal"),
    }
}

/// The members of an object by their names, in their order.
///
/// # Errors
/// It is none, or has a name twice: the first value would be lost.
pub(crate) fn members<'v>(
    value: Value<'v>,
    expected: &str,
) -> Result<Vec<(String, Value<'v>)>, Refusal> {
    if !matches!(value, Value::Object(_)) {
        return mismatch(value, expected);
    }
    let mut names = HashSet::new();
    let mut members = Vec::new();
    for (name, inner) in value.members() {
        let name = name.to_text().map_err(|wrong| Refusal::new(wrong.what))?;
        if !names.insert(name.clone()) {
            return Err(Refusal::from("it is there twice").in_member(&name));
        }
        members.push((name, inner));
    }
    Ok(members)
}
