//! Lambda's events.

use std::fmt::Write;

use fastrand::Rng;

use super::{NUMBERS, SPACES, STRINGS, base64, list, members, one, value};

/// An event of Lambda's, now and then with a member that is no such thing.
#[must_use]
pub fn event(rng: &mut Rng) -> Vec<u8> {
    let mut out = String::from("{\"eventSource\":\"aws:kafka\",");
    if rng.bool() {
        out.push_str("\"bootstrapServers\":\"b-1:9092,b-2:9092\",");
    }
    out.push_str("\"records\":");
    let partitions = rng.u8(..5);
    list(&mut out, '{', '}', partitions, |out| {
        write!(out, "\"t-{}\":", rng.u8(..3)).expect("text takes text");
        let records = rng.u8(..4);
        list(out, '[', ']', records, |out| record(rng, out));
    });
    out.push('}');
    out.into_bytes()
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
        "timestampType",
        "topic",
    ];
    members(rng, out, MEMBERS, |rng, out, name| {
        write!(out, "\"{name}\":").expect("text takes text");
        if rng.u8(..60) == 0 {
            return value(rng, out, 2, &STRINGS);
        }
        match name {
            "topic" => out.push_str(one(rng, &["\"t\"", "\"t-0\"", "\"\\u0074\"", "\"ö\""])),
            "key" | "value" => bytes(rng, out),
            "headers" => headers(rng, out),
            "timestampType" => out.push_str("\"CREATE_TIME\""),
            "partition" => write!(out, "{}", rng.u8(..4)).expect("text takes text"),
            _ if rng.u8(..20) > 0 => write!(out, "{}", rng.u32(..)).expect("text takes text"),
            _ => out.push_str(one(rng, &NUMBERS)),
        }
    });
}

fn bytes(rng: &mut Rng, out: &mut String) {
    if rng.u8(..8) == 0 {
        return out.push_str("null");
    }
    base64(rng, out);
}

fn headers(rng: &mut Rng, out: &mut String) {
    const NAMES: [&str; 6] =
        ["a", "ö", "\\u0041", "__connect.errors.topic", "__sluice.errors.column", "__connect.x"];
    if rng.u8(..8) == 0 {
        return out.push_str("null");
    }
    let count = rng.u8(..4);
    list(out, '[', ']', count, |out| {
        let names = rng.u8(1..3);
        list(out, '{', '}', names, |out| {
            write!(out, "\"{}\":", one(rng, &NAMES)).expect("text takes text");
            if rng.u8(..6) == 0 {
                return out.push_str("null");
            }
            let length = rng.u8(..6);
            list(out, '[', ']', length, |out| {
                // Now and then one that is no byte.
                let byte = if rng.u16(..400) == 0 { 256 } else { rng.i16(-128..256) };
                write!(out, "{}{byte}", one(rng, &SPACES)).expect("text takes text");
            });
        });
    });
}
