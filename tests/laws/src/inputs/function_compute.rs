//! Function Compute's events.

use std::fmt::Write;

use fastrand::Rng;

use super::{NUMBERS, SPACES, STRINGS, base64, list, members, one, string, value};

/// An event of Function Compute, now and then with a member that is no such thing.
#[must_use]
pub fn function_compute(rng: &mut Rng) -> Vec<u8> {
    let mut out = String::from(one(rng, &SPACES));
    if rng.u8(..5) == 0 {
        element(rng, &mut out);
    } else {
        let elements = rng.u8(..5);
        list(&mut out, '[', ']', elements, |out| {
            out.push_str(one(rng, &SPACES));
            element(rng, out);
        });
    }
    out.push_str(one(rng, &SPACES));
    out.into_bytes()
}

fn element(rng: &mut Rng, out: &mut String) {
    if rng.u8(..60) == 0 {
        return value(rng, out, 2, &STRINGS);
    }
    let mut object = String::new();
    if rng.bool() {
        record(rng, &mut object);
    } else {
        envelope(rng, &mut object);
    }
    match rng.u8(..3) {
        0 => out.push_str(&serde_json::to_string(&object).expect("text is JSON")),
        _ => out.push_str(&object),
    }
}

fn envelope(rng: &mut Rng, out: &mut String) {
    out.push_str(
        r#"{"specversion":"1.0","type":"alikafka:Topic:Message","time":"2022-06-23T02:49:51Z""#,
    );
    for _ in 0..if rng.u8(..30) == 0 { 2 } else { 1 } {
        out.push_str(",\"data\":");
        record(rng, out);
    }
    out.push_str(if rng.u8(..10) == 0 { ",\"partition\":1}" } else { "}" });
}

fn record(rng: &mut Rng, out: &mut String) {
    const MEMBERS: [&str; 9] = [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "key",
        "value",
        "headers",
        "overflowFlag",
        "data",
    ];
    members(rng, out, MEMBERS, |rng, out, name| {
        write!(out, "\"{name}\":{}", one(rng, &SPACES)).expect("text takes text");
        if rng.u8(..80) == 0 {
            return value(rng, out, 2, &STRINGS);
        }
        match name {
            "topic" => out.push_str(one(rng, &["\"t\"", "\"t-0\"", "\"\\u0074\"", "\"ö\""])),
            "key" | "value" => content(rng, out),
            "headers" => headers(rng, out),
            "overflowFlag" => out.push_str(one(rng, &["false", "false", "false", "null", "true"])),
            "timestamp" => timestamp(rng, out),
            "partition" => write!(out, "{}", rng.u8(..4)).expect("text takes text"),
            _ if rng.u8(..20) > 0 => write!(out, "{}", rng.u32(..)).expect("text takes text"),
            _ => out.push_str(one(rng, &NUMBERS)),
        }
    });
}

fn timestamp(rng: &mut Rng, out: &mut String) {
    let digits = one(rng, &["1655952591589", "0", "-1", "+7", "9223372036854775807"]);
    match rng.u8(..3) {
        0 => write!(out, "\"{digits}\"").expect("text takes text"),
        _ => out.push_str(digits.trim_start_matches('+')),
    }
}

fn content(rng: &mut Rng, out: &mut String) {
    match rng.u8(..8) {
        0 => out.push_str("null"),
        1 => value(rng, out, 2, &STRINGS),
        2 => string(rng, out),
        3 => out.push_str(r#""{\"id\": 1,\"n\":\"ü\\u0041\"}""#),
        _ => base64(rng, out),
    }
}

fn headers(rng: &mut Rng, out: &mut String) {
    match rng.u8(..6) {
        0 => return out.push_str("null"),
        1 => return header_list(rng, out),
        _ => {}
    }
    out.push_str("{\"headers\":");
    match rng.u8(..4) {
        0 => out.push_str("[]"),
        1 => out.push_str("null"),
        _ => header_list(rng, out),
    }
    out.push_str(",\"isReadOnly\":false}");
}

fn header_list(rng: &mut Rng, out: &mut String) {
    const KEYS: [&str; 4] = ["\"a\"", "\"\\u0041\"", "\"ö\"", "null"];
    let count = rng.u8(..4);
    list(out, '[', ']', count, |out| match rng.u8(..6) {
        0 => string(rng, out),
        1 => value(rng, out, 1, &STRINGS),
        kind => {
            write!(out, "{{\"key\":{},\"value\":", one(rng, &KEYS)).expect("text takes text");
            match kind {
                2 => string(rng, out),
                3 => out.push_str("null"),
                _ => {
                    let bytes = rng.u8(..4);
                    list(out, '[', ']', bytes, |out| {
                        // Now and then one that is no byte.
                        let byte = if rng.u16(..99) == 0 { 256 } else { rng.i16(-128..256) };
                        write!(out, "{}{byte}", one(rng, &SPACES)).expect("text takes text");
                    });
                }
            }
            out.push('}');
        }
    });
}
