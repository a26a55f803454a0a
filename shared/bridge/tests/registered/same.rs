//! Whether a row is what the second reader says. It writes some values in another way: decimals and
//! 64 bits as text, moments with zeros at their end, durations and unions in forms of its own.

use serde_json::{Number, Value};
use sluice_bridge::json::scanner::Scanner;
use sluice_bridge::json::value::Value as Scanned;

/// Compares what a column has with what a vector says.
pub(crate) fn check(id: &str, vector: &Value, row: &str) -> Result<(), String> {
    // A tombstone, or what stands for one.
    if vector["bytes"].is_null() || vector["exactText"] == "null" {
        return if row == "filtered" { Ok(()) } else { Err(row.to_owned()) };
    }
    serde_json::from_str::<serde::de::IgnoredAny>(row).map_err(|why| format!("{why}: {row}"))?;
    let ours = with_digits(Scanner::new(row).value().map_err(|wrong| wrong.what)?);
    if let Some(text) = vector["exactText"].as_str() {
        let exact = with_digits(Scanner::new(text).value().map_err(|wrong| wrong.what)?);
        return if exact == ours { Ok(()) } else { Err(format!("\n {exact}\n {row}")) };
    }
    let exact = &vector["exact"];
    let is_union = id.starts_with("avro-unions");
    if is_same(exact, &ours, is_union) { Ok(()) } else { Err(format!("\n {exact}\n {row}")) }
}

/// What stands before the digits of a number, so that none of them is lost.
const DIGITS: char = '#';

fn with_digits(value: Scanned<'_>) -> Value {
    match value {
        Scanned::Null => Value::Null,
        Scanned::Bool(truth) => Value::Bool(truth),
        Scanned::Number(digits) => Value::String(format!("{DIGITS}{digits}")),
        Scanned::Text(raw) => Value::String(raw.to_text().unwrap()),
        Scanned::Object(text) => {
            let (mut scanner, mut object) = (Scanner::new(text), serde_json::Map::new());
            let mut members = scanner.object().unwrap();
            while let Some(key) = members.key(&mut scanner).unwrap() {
                object.insert(key.to_text().unwrap(), with_digits(scanner.value().unwrap()));
            }
            Value::Object(object)
        }
        Scanned::Array(text) => {
            let (mut scanner, mut array) = (Scanner::new(text), Vec::new());
            let mut items = scanner.array().unwrap();
            while items.more(&mut scanner).unwrap() {
                array.push(with_digits(scanner.value().unwrap()));
            }
            Value::Array(array)
        }
    }
}

fn is_same(exact: &Value, ours: &Value, is_union: bool) -> bool {
    match (exact, ours) {
        (Value::Object(exact), _)
            if is_union && exact.len() == 1 && is_same_branch(exact, ours) =>
        {
            true
        }
        // The second reader knew a type that is not in the schema: here its bytes are kept.
        (Value::Object(exact), Value::Object(ours))
            if exact.contains_key("@type") && ours["@type"] == exact["@type"] =>
        {
            ours.len() == 2 && ours["value"].is_string()
        }
        (Value::Object(exact), Value::Object(ours)) => {
            let (mut names, mut others): (Vec<_>, Vec<_>) =
                (exact.keys().collect(), ours.keys().collect());
            names.sort();
            others.sort();
            names == others
                && exact.iter().all(|(name, value)| is_same(value, &ours[name], is_union))
        }
        (Value::Array(exact), Value::Array(ours)) => {
            exact.len() == ours.len()
                && exact.iter().zip(ours).all(|(one, other)| is_same(one, other, is_union))
        }
        (Value::Number(one), Value::String(other)) => match other.strip_prefix(DIGITS) {
            Some(digits) => number(one) == number(&digits.parse().unwrap()),
            None => is_same_count(one, other),
        },
        (Value::String(one), Value::String(other)) if other.starts_with(DIGITS) => {
            *one == other[DIGITS.len_utf8()..]
        }
        (Value::String(one), Value::String(other)) => is_same_text(one, other),
        (Value::Object(parts), Value::String(text)) => is_same_moment(parts, text),
        (one, other) => one == other,
    }
}

/// `{"int":7}` for 7.
fn is_same_branch(exact: &serde_json::Map<String, Value>, ours: &Value) -> bool {
    exact.values().all(|value| is_same(value, ours, true))
}

/// Digits as they are, floats as the number they are.
fn number(number: &Number) -> String {
    let text = number.to_string();
    match text.contains(['.', 'e', 'E']) {
        true => format!("{:e}", text.parse::<f64>().unwrap_or(f64::NAN)),
        false => text,
    }
}

fn is_same_text(one: &str, other: &str) -> bool {
    let name = |text: &str| match text {
        "nan" => "NaN".to_owned(),
        "inf" => "Infinity".to_owned(),
        "-inf" => "-Infinity".to_owned(),
        text => text.to_owned(),
    };
    let short = |text: &str| {
        let (text, zone) = text.strip_suffix('Z').map_or((text, ""), |text| (text, "Z"));
        match text.split_once('.') {
            Some((whole, fraction)) if text.contains(':') => {
                format!("{whole}.{}{zone}", fraction.trim_end_matches('0'))
            }
            _ => format!("{text}{zone}"),
        }
        .replace(".Z", "Z")
        .trim_end_matches('.')
        .to_owned()
    };
    name(one) == other || short(one) == short(other) || is_same_duration(one, other)
}

/// Microseconds since 1970, as Debezium counts them.
fn is_same_count(count: &Number, text: &str) -> bool {
    let micros = seconds_of(text).map(|seconds| seconds * 1_000_000 + nanos_of(text) / 1000);
    text.contains('T') && count.as_i64() == micros
}

/// `-3.500s` for `PT-3.5S`, and twelve bytes as base64 for `P1M2DT0.003S`.
fn is_same_duration(one: &str, other: &str) -> bool {
    if let (Some(seconds), Some(iso)) = (one.strip_suffix('s'), other.strip_prefix("PT")) {
        return seconds.parse::<f64>().ok() == iso.trim_end_matches('S').parse::<f64>().ok();
    }
    let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(one) else { return false };
    let Ok(twelve) = <[u8; 12]>::try_from(bytes.as_slice()) else { return false };
    let part = |at: usize| u32::from_le_bytes(twelve[at..at + 4].try_into().unwrap());
    let seconds = f64::from(part(8)) / 1000.0;
    other == format!("P{}M{}DT{seconds}S", part(0), part(4))
}

/// Days, times of day and nanoseconds, which the second reader keeps in their parts.
fn is_same_moment(parts: &serde_json::Map<String, Value>, text: &str) -> bool {
    let part = |name: &str| parts.get(name).and_then(Value::as_i64).unwrap_or_default();
    if parts.keys().eq(["nanos"].iter()) {
        let (seconds, nanos) =
            (part("nanos").div_euclid(1_000_000_000), part("nanos").rem_euclid(1_000_000_000));
        let whole = i64::from(text.contains('T'));
        return whole == 1 && seconds_of(text) == Some(seconds) && nanos_of(text) == nanos;
    }
    if parts.contains_key("year") {
        return text == format!("{:04}-{:02}-{:02}", part("year"), part("month"), part("day"));
    }
    let time = format!("{:02}:{:02}:{:02}", part("hours"), part("minutes"), part("seconds"));
    text.starts_with(&time) && nanos_of(text) == part("nanos")
}

fn nanos_of(text: &str) -> i64 {
    let fraction = text.trim_end_matches('Z').split_once('.').map_or("0", |(_, fraction)| fraction);
    format!("{fraction:0<9}").parse().unwrap()
}

/// Whole seconds since 1970 of a moment in UTC.
fn seconds_of(text: &str) -> Option<i64> {
    let moment = sluice_bridge::values::moment::Moment::parse(text.split('.').next()?).ok()?;
    Some(moment.days * 86_400 + moment.micros / 1_000_000)
}
