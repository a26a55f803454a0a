//! Logical types, by the documentation of Kafka Connect and Debezium, with a library's calendar
//! and a library's big integers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, TimeDelta};
use num_bigint::{BigInt, BigUint, Sign};
use serde_json::value::RawValue;

use super::tree::{Miss, Tree, whole};
use crate::oracle;

/// Of a number with more digits we only want to know that it is survived.
const COMPARED_DIGITS: u32 = 3_000;
const TOO_MANY_DIGITS: u32 = 150_000;

fn short(schema: &RawValue) -> Option<String> {
    let name = oracle::member_text(schema, "name")?;
    ["org.apache.kafka.connect.data.", "io.debezium.time.", "io.debezium.data."]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .map(str::to_owned)
}

pub(super) fn is_decimal(schema: &RawValue) -> bool {
    short(schema).as_deref() == Some("Decimal")
}

fn parameter(schema: &RawValue, name: &str) -> Result<i32, Miss> {
    let text = oracle::member(schema, "parameters").and_then(|all| oracle::member_text(all, name));
    text.and_then(|text| text.parse().ok()).ok_or(Miss::Refused)
}

/// That a schema has what its logical type needs.
pub(super) fn check(schema: &RawValue, word: &str) -> Result<(), Miss> {
    match (short(schema).as_deref(), word) {
        (Some("Decimal"), "bytes") => parameter(schema, "scale").map(drop),
        (Some("Bits"), "bytes") => parameter(schema, "length").map(drop),
        _ => Ok(()),
    }
}

/// What a value of the underlying type means.
pub(super) fn mean(plain: Tree, schema: &RawValue, word: &str) -> Result<Tree, Miss> {
    let Some(short) = short(schema) else { return Ok(plain) };
    let milli = 1_000_000;
    match (short.as_str(), word, &plain) {
        ("Decimal", "bytes", Tree::Text(text)) => decimal(text, parameter(schema, "scale")?),
        ("VariableScaleDecimal", "struct", Tree::Object(parts)) => scaled(parts),
        ("Bits", "bytes", Tree::Text(text)) => bits(text, parameter(schema, "length")?),
        ("Json", "string", Tree::Text(text)) => {
            let document: &RawValue = serde_json::from_str(text).map_err(|_| Miss::Refused)?;
            Tree::of(document).ok_or(Miss::Unsure)
        }
        (name, "struct", _) if name.starts_with("geometry.") => Err(Miss::Unsure),
        (name, "int8" | "int16" | "int32" | "int64", Tree::Number(digits)) => {
            let count: i64 = whole(digits).and_then(|it| it.parse().ok()).ok_or(Miss::Refused)?;
            match name {
                "Date" => date(count),
                "Time" => time(count, milli),
                "MicroTime" => time(count, 1_000),
                "NanoTime" => time(count, 1),
                "Timestamp" => timestamp(count, milli),
                "MicroTimestamp" => timestamp(count, 1_000),
                "NanoTimestamp" => timestamp(count, 1),
                "MicroDuration" => Ok(duration(count, 1_000)),
                "NanoDuration" => Ok(duration(count, 1)),
                _ => Ok(plain),
            }
        }
        _ => Ok(plain),
    }
}

fn decimal(base64: &str, scale: i32) -> Result<Tree, Miss> {
    if scale.unsigned_abs() > TOO_MANY_DIGITS {
        return Err(Miss::Refused);
    }
    let bytes = STANDARD.decode(base64).map_err(|_| Miss::Refused)?;
    if scale.unsigned_abs() > COMPARED_DIGITS || bytes.len() > COMPARED_DIGITS as usize {
        return Err(Miss::Unsure);
    }
    let number = BigInt::from_signed_bytes_be(&bytes);
    let power = BigInt::from(10).pow(scale.unsigned_abs());
    let Ok(places @ 1..) = usize::try_from(scale) else {
        return Ok(Tree::Number((number * power).to_string()));
    };
    let sign = if number.sign() == Sign::Minus { "-" } else { "" };
    let magnitude = BigInt::from(number.magnitude().clone());
    let (whole, rest) = (&magnitude / &power, &magnitude % &power);
    let rest = rest.to_string();
    let zeros = "0".repeat(places - rest.len());
    Ok(Tree::Number(format!("{sign}{whole}.{zeros}{rest}")))
}

fn scaled(parts: &[(String, Tree)]) -> Result<Tree, Miss> {
    let part = |name: &str| parts.iter().find(|(known, _)| known == name).map(|(_, part)| part);
    match (part("scale"), part("value")) {
        (Some(Tree::Number(scale)), Some(Tree::Text(value))) => {
            let scale = whole(scale).and_then(|scale| scale.parse().ok());
            decimal(value, scale.ok_or(Miss::Refused)?)
        }
        _ => Err(Miss::Refused),
    }
}

/// The bytes are little-endian. Debezium gives `bit varying` the length of an int32's end.
fn bits(base64: &str, length: i32) -> Result<Tree, Miss> {
    const MOST_LEFT_OUT: usize = 65_536;
    let bytes = STANDARD.decode(base64).map_err(|_| Miss::Refused)?;
    let number = BigUint::from_bytes_le(&bytes);
    let digits = if number.bits() == 0 { String::new() } else { number.to_str_radix(2) };
    let length = match length.unsigned_abs() {
        0 | 2_147_483_647 => digits.len(),
        length => length as usize,
    };
    if digits.len() > length || length > 8 * bytes.len() + MOST_LEFT_OUT {
        return Err(Miss::Refused);
    }
    Ok(Tree::Text(format!("{}{digits}", "0".repeat(length - digits.len()))))
}

fn date(days: i64) -> Result<Tree, Miss> {
    // A date is an int32 (`org.apache.kafka.connect.data.Date`), also where it travels as more.
    i32::try_from(days).map_err(|_| Miss::Refused)?;
    let date = NaiveDate::default().checked_add_signed(TimeDelta::days(days));
    date.map(|date| Tree::Text(date.to_string())).ok_or(Miss::Unsure)
}

/// Since midnight, or of no day: then more hours than that, or less than none.
fn time(count: i64, nanos: i128) -> Result<Tree, Miss> {
    let nanos = i128::from(count) * nanos;
    let (seconds, rest) = (nanos.abs() / 1_000_000_000, nanos.abs() % 1_000_000_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let sign = if nanos < 0 { "-" } else { "" };
    let clock = format!("{hours:02}:{minutes:02}:{seconds:02}");
    Ok(Tree::Text(format!("{sign}{clock}{}", fraction(rest as u32))))
}

fn timestamp(count: i64, nanos: i128) -> Result<Tree, Miss> {
    // `org.postgresql.PGStatement`, in milliseconds, which Debezium takes for microseconds.
    const INFINITE: [(i64, &str); 2] =
        [(9_223_372_036_825_200_000, "infinity"), (-9_223_372_036_832_400_000, "-infinity")];
    for (infinite, text) in INFINITE {
        let is_told = match nanos {
            1 => false,
            1_000 => count == infinite,
            _ => count == infinite || count == infinite / 1_000,
        };
        if is_told {
            return Ok(Tree::Text(text.to_owned()));
        }
    }
    let nanos = i128::from(count) * nanos;
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).map_err(|_| Miss::Unsure)?;
    let rest = u32::try_from(nanos.rem_euclid(1_000_000_000)).map_err(|_| Miss::Unsure)?;
    let moment = DateTime::from_timestamp(seconds, rest).ok_or(Miss::Unsure)?;
    let (date, time) = (moment.date_naive(), moment.format("%H:%M:%S"));
    Ok(Tree::Text(format!("{date}T{time}{}Z", fraction(rest))))
}

fn duration(count: i64, nanos: i128) -> Tree {
    let nanos = i128::from(count) * nanos;
    let sign = if nanos < 0 { "-" } else { "" };
    let (seconds, rest) = (nanos.abs() / 1_000_000_000, nanos.abs() % 1_000_000_000);
    Tree::Text(format!("PT{sign}{seconds}{}S", fraction(rest as u32)))
}

fn fraction(nanos: u32) -> String {
    let digits = format!("{nanos:09}");
    match digits.trim_end_matches('0') {
        "" => String::new(),
        digits => format!(".{digits}"),
    }
}
