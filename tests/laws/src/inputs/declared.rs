//! Kafka Connect's envelopes: values that mostly are what their schemas declare.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;

use super::{NUMBERS, one};

const COUNTS: &[&str] = &[
    "0",
    "-1",
    "1",
    "-719162",
    "2932896",
    "-719529",
    "2932897",
    "86399999",
    "86400000",
    "86400001",
    "86400000000",
    "86399999999999",
    "86400000000000",
    "1700000000123",
    "-90500000",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036825200000",
    "-9223372036832400000",
    "7.0",
    "7.5",
];
const BASE64: &[&str] =
    &["\"\"", "\"AQ==\"", "\"/w==\"", "\"AAE=\"", "\"AQ\"", "\"+/8=\"", "\"\\u0041Q==\""];
const TEXTS: &[&str] =
    &["\"\"", "\"a\"", "\"ö\\n\"", "\"\\u0000\"", "\"NaN\"", "\"\\ud83d\\ude00\""];

/// The members of a schema, and what its values may be.
const SCALARS: [(&str, &[&str]); 27] = [
    (r#""type":"boolean""#, &["true", "false"]),
    (r#""type":"int8""#, &["0", "-128", "127", "128", "-129", "1.0", "1.5", "1e2"]),
    (r#""type":"int16""#, &["0", "-32768", "32767", "32768", "-0"]),
    (r#""type":"int32""#, &["0", "2147483647", "2147483648", "-2147483649"]),
    (r#""type":"int64""#, COUNTS),
    (r#""type":"float""#, &["1.5", "3.5e38", "-0", "\"NaN\"", "1e-60"]),
    (r#""type":"double""#, &["1e308", "1e309", "\"-Infinity\"", "\"inf\"", "0.10"]),
    (r#""type":"string""#, TEXTS),
    (r#""type":"string","name":"io.debezium.data.Uuid""#, TEXTS),
    (r#""type":"bytes""#, BASE64),
    (r#""type":"int32","name":"org.apache.kafka.connect.data.Date""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.Date""#, COUNTS),
    (r#""type":"int32","name":"org.apache.kafka.connect.data.Time""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.MicroTime""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.NanoTime""#, COUNTS),
    (r#""type":"int64","name":"org.apache.kafka.connect.data.Timestamp""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.MicroTimestamp""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.NanoTimestamp""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.MicroDuration""#, COUNTS),
    (r#""type":"int64","name":"io.debezium.time.NanoDuration""#, COUNTS),
    (r#""type":"string","name":"io.debezium.time.ZonedTimestamp""#, &["\"2026-11-20T10:15:30Z\""]),
    (
        r#""type":"string","name":"io.debezium.data.Json""#,
        &[r#""{\"a\":[1,null]}""#, "\"1 2\"", "\"[\"", "\"null\""],
    ),
    (r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"9"}"#, BASE64),
    (r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"0"}"#, BASE64),
    (r#""type":"bytes","name":"io.debezium.data.Bits""#, BASE64),
    (
        r#""type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":3}"#,
        BASE64,
    ),
    (r#""type":"uint8""#, &["1"]),
];
const SCALED: &str = r#""type":"struct","name":"io.debezium.data.VariableScaleDecimal","fields":[{"field":"scale","type":"int32"},{"field":"value","type":"bytes"}]"#;
const GEOMETRY: &str = r#""type":"struct","name":"io.debezium.data.geometry.Geometry","fields":[{"field":"wkb","type":"bytes"},{"field":"srid","type":"int32","optional":true}]"#;

/// An envelope with a struct in it.
#[must_use]
pub fn envelope(rng: &mut Rng) -> Vec<u8> {
    let names = ["id", "n", "a", "doc", "value", "zzz", "b"];
    let (schema, payload) = record(rng, &names, 2);
    // Now and then a default, or two members of the envelope in the other order.
    match rng.u8(..12) {
        0 => format!("{{\"payload\":{payload},\"schema\":{{{schema}}}}}"),
        1 => format!("{{\"schema\": null, \"payload\" :{payload}}}"),
        2 => format!("{{\"schema\":{{{schema},\"optional\":true}},\"payload\":null}}"),
        _ => format!("{{\"schema\":{{{schema}}},\"payload\":{payload}}}"),
    }
    .into_bytes()
}

/// A scale in four bytes, then the unscaled integer.
#[must_use]
pub fn decimal(rng: &mut Rng) -> Vec<u8> {
    let scale = match rng.u8(..8) {
        0 => rng.i32(..),
        1 => rng.i32(-200..0),
        _ => rng.i32(0..60),
    };
    let length = if rng.u8(..40) == 0 { rng.usize(..600) } else { rng.usize(..24) };
    let filled = rng.u8(..4);
    let byte = |_| match filled {
        0 => 0xff,
        1 => 0,
        _ => rng.u8(..),
    };
    scale.to_be_bytes().into_iter().chain((0..length).map(byte)).collect()
}

/// The members of a struct's schema, and a struct.
fn record(rng: &mut Rng, names: &[&str], depth: u8) -> (String, String) {
    let (mut fields, mut members) = (Vec::new(), Vec::new());
    for name in names.iter().filter(|_| rng.bool()).collect::<Vec<_>>() {
        let (schema, value) = declared(rng, depth);
        fields.push(format!("{{\"field\":\"{name}\",{schema}}}"));
        if rng.u8(..20) > 0 {
            members.push(format!("\"{name}\":{value}"));
        }
    }
    if rng.u8(..8) == 0 {
        members.push("\"undeclared\":[1]".to_owned());
    }
    let schema = format!("\"type\":\"struct\",\"fields\":[{}]", fields.join(","));
    (schema, format!("{{{}}}", members.join(",")))
}

/// The members of a schema, and a value.
fn declared(rng: &mut Rng, depth: u8) -> (String, String) {
    let nests = depth > 0 && rng.u8(..4) == 0;
    let (mut schema, value) = if nests { nested(rng, depth - 1) } else { scalar(rng) };
    if rng.u8(..3) == 0 {
        schema.push_str(one(rng, &[",\"optional\":true", ",\"optional\":false"]));
    }
    if rng.u8(..5) == 0 {
        schema.push_str(&format!(",\"default\":{value}"));
    }
    let value = match rng.u8(..50) {
        0 | 1 => "null".to_owned(),
        2 => one(rng, &NUMBERS).to_owned(),
        3 => one(rng, &["true", "\"x\"", "[]", "{}"]).to_owned(),
        _ => value,
    };
    (schema, value)
}

fn scalar(rng: &mut Rng) -> (String, String) {
    if rng.u8(..6) == 0 {
        let scale = rng.i32(-3..12);
        let schema = format!(
            "\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{{\"scale\":\"{scale}\"}}"
        );
        return (schema, base64(rng));
    }
    // What is no schema spoils the whole record: seldom.
    let count = if rng.u8(..60) == 0 { SCALARS.len() } else { SCALARS.len() - 3 };
    let (schema, values) = SCALARS[rng.usize(..count)];
    (schema.to_owned(), one(rng, values).to_owned())
}

fn nested(rng: &mut Rng, depth: u8) -> (String, String) {
    let (inner, value) = declared(rng, depth);
    match rng.u8(..6) {
        0 => (SCALED.to_owned(), format!("{{\"scale\":{},\"value\":{}}}", rng.i8(..), base64(rng))),
        1 => (GEOMETRY.to_owned(), format!("{{\"wkb\":{}}}", base64(rng))),
        2 => {
            let keys = r#"{"type":"string"}"#;
            let schema = format!("\"type\":\"map\",\"keys\":{keys},\"values\":{{{inner}}}");
            (schema, format!("{{\"k\":{value},\"\":{value}}}"))
        }
        3 => {
            let keys = r#"{"type":"int8"}"#;
            let schema = format!("\"type\":\"map\",\"keys\":{keys},\"values\":{{{inner}}}");
            (schema, format!("[[1,{value}],[2,{value}]]"))
        }
        4 => record(rng, &["x", "y"], depth),
        _ => (format!("\"type\":\"array\",\"items\":{{{inner}}}"), format!("[{value},{value}]")),
    }
}

fn base64(rng: &mut Rng) -> String {
    let bytes: Vec<u8> = (0..rng.usize(..20)).map(|_| rng.u8(..)).collect();
    format!("\"{}\"", STANDARD.encode(bytes))
}
