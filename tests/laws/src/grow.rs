//! Texts grown from a seed that are mostly what a law expects, oddities included: what
//! [`crate::bend`] then damages.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;

use crate::config::SECRET;
use crate::mapping::{CHOOSERS, COLUMNS};

const SPACES: [&str; 6] = ["", "", "", " ", "\n\t", "\r "];
const NUMBERS: [&str; 16] = [
    "0",
    "-0",
    "1",
    "-1",
    "255",
    "256",
    "-128",
    "-129",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1e2",
    "1.50",
    "-1.7E-308",
    "123456789012345678901234567890.10",
];
const STRINGS: [&str; 14] = [
    "",
    "a",
    "id",
    "n",
    "\\\"",
    "\\\\",
    "\\/",
    "\\u0041",
    "\\ud83d\\ude00",
    "\\ud800",
    "ö",
    "😀",
    "\\u0000",
    "null",
];

fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// A JSON text.
#[must_use]
pub fn json(rng: &mut Rng) -> Vec<u8> {
    let mut text = String::new();
    let depth = rng.u8(..6);
    value(rng, &mut text, depth, &STRINGS);
    text.into_bytes()
}

fn value(rng: &mut Rng, out: &mut String, depth: u8, names: &[&str]) {
    out.push_str(one(rng, &SPACES));
    match rng.u8(..if depth == 0 { 5 } else { 9 }) {
        0 => out.push_str("null"),
        1 => out.push_str(if rng.bool() { "true" } else { "false" }),
        2 => out.push_str(one(rng, &NUMBERS)),
        3 | 4 => string(rng, out),
        5 | 6 => {
            let items = rng.u8(..4);
            list(out, '[', ']', items, |out| value(rng, out, depth - 1, names));
        }
        _ => object(rng, out, depth - 1, names),
    }
    out.push_str(one(rng, &SPACES));
}

fn object(rng: &mut Rng, out: &mut String, depth: u8, names: &[&str]) {
    let members = rng.u8(..6);
    list(out, '{', '}', members, |out| {
        let (name, space) = (one(rng, names), one(rng, &SPACES));
        write!(out, "\"{name}\"{space}:").expect("text takes text");
        value(rng, out, depth, names);
    });
}

fn list(out: &mut String, open: char, close: char, items: u8, mut item: impl FnMut(&mut String)) {
    out.push(open);
    for index in 0..items {
        out.push_str(if index > 0 { "," } else { "" });
        item(out);
    }
    out.push(close);
}

fn string(rng: &mut Rng, out: &mut String) {
    out.push('"');
    for _ in 0..rng.u8(..4) {
        out.push_str(one(rng, &STRINGS));
    }
    out.push('"');
}

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
    // Mostly all of them once; else any of them, in any order.
    let orderly = rng.u8(..30) > 0;
    let members = if orderly { 8 } else { rng.u8(..12) };
    let mut next = 0;
    list(out, '{', '}', members, |out| {
        let name = MEMBERS[if orderly { next } else { rng.usize(..MEMBERS.len()) }];
        next += 1;
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
    let bytes: Vec<u8> = (0..rng.usize(..20)).map(|_| rng.u8(..)).collect();
    let text = STANDARD.encode(bytes);
    let text = if rng.u8(..8) == 0 { text.replace('/', "\\/") } else { text };
    write!(out, "\"{text}\"").expect("text takes text");
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

/// Options for the mapping, a key and a value, as [`crate::mapping::holds`] takes them.
#[must_use]
pub fn mapping(rng: &mut Rng) -> Vec<u8> {
    const NAMES: [&str; 16] = [
        "id", "n", "a", "b", "x", "y", "c", "doc", "b_x", "value", "ID", "Id", "i\\u0064",
        "payload", "schema", "zzz",
    ];
    const ENVELOPES: [&str; 5] = [
        r#"{"schema":{"type":"struct","fields":[{"field":"id","type":"int32"},{"field":"n","type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}]},"payload":{"id":1,"n":"AQ=="}}"#,
        r#"{"before":null,"after":{"id":1,"n":2},"source":{"db":"d"},"op":"c","ts_ms":1}"#,
        r#"{"before":{"id":1},"after":null,"op":"d"}"#,
        r#"{"id":1,"__op":"u","__deleted":"false","doc":"__debezium_unavailable_value"}"#,
        r#"{"schema":{"type":"struct","fields":[{"field":"a","type":"int64","name":"org.apache.kafka.connect.data.Timestamp","optional":true,"default":0}]},"payload":{"a":null}}"#,
    ];
    let plain = rng.u8(..3) == 0;
    let mut data: Vec<u8> = (0..CHOOSERS).map(|_| if plain { 0 } else { rng.u8(..60) }).collect();
    if rng.bool() {
        data.extend(one(rng, &["1", "{\"id\":7}", "\"k\"", "null", "", "\u{f6}", "[1]"]).bytes());
        data.push(0);
    }
    let columns = rng.bool();
    let mut text = String::new();
    match rng.u8(..8) {
        0 => value(rng, &mut text, 3, &NAMES),
        1 | 2 => text.push_str(one(rng, &ENVELOPES)),
        _ if columns => object(rng, &mut text, 3, &COLUMNS),
        _ => object(rng, &mut text, 3, &NAMES),
    }
    data.extend(text.bytes());
    data
}

/// The option `fields.mapping`.
#[must_use]
pub fn sources(rng: &mut Rng) -> Vec<u8> {
    const PARTS: [&str; 24] = [
        "id",
        ":",
        ",",
        "$",
        ".",
        "[0]",
        "[",
        "]",
        "\\",
        "$key",
        "$header.",
        "$topic",
        "$offset",
        "$partition",
        "$timestamp",
        " ",
        "ö",
        "\\:",
        "\\.",
        "a:b",
        "$.a.b:c",
        "$key.x:k",
        "$header.h:h",
        "[18446744073709551615]",
    ];
    (0..rng.u8(..12)).flat_map(|_| one(rng, &PARTS).bytes()).collect()
}

/// Lines of options.
#[must_use]
pub fn options(rng: &mut Rng) -> Vec<u8> {
    const VALUES: [&str; 18] = [
        "",
        "true",
        "false",
        "all",
        "none",
        "upsert",
        "record_key",
        "record_value",
        "kafka",
        "id",
        "a,b",
        "-1",
        "99999999999999999999",
        "debezium",
        "column:",
        "${topic}",
        "a.b.c",
        SECRET,
    ];
    let known = sluice_runtime::connector_options::<analyticdb_postgresql::PostgresSink>();
    let mut out = String::new();
    for _ in 0..rng.u8(..10) {
        let option = known[rng.usize(..known.len())].name;
        let value = match (option, rng.u8(..4)) {
            ("connection.url", 1..) => String::from_utf8(url(rng)).unwrap_or_default(),
            ("fields.mapping", 1..) => String::from_utf8(sources(rng)).unwrap_or_default(),
            _ => one(rng, &VALUES).to_owned(),
        };
        writeln!(out, "{option}={value}").expect("text takes text");
    }
    out.into_bytes()
}

/// An address of a database.
#[must_use]
pub fn url(rng: &mut Rng) -> Vec<u8> {
    let mut out =
        one(rng, &["postgresql://", "postgres://", "jdbc:postgresql://", "jdbc:", ""]).to_owned();
    let credentials = format!("user:{SECRET}@");
    out.push_str(one(rng, &[&credentials, "user@", ":@", "us%C3%B6r:p%40ss@", ""]));
    out.push_str(one(rng, &["h", "h:5432", "h1:1,h2:2", "[::1]:5432", "h:99999", "%2Ftmp", ""]));
    out.push_str(one(rng, &["/db", "/", "", "/d%62", "/%zz"]));
    for index in 0..rng.u8(..4) {
        out.push(if index == 0 { '?' } else { '&' });
        out.push_str(one(
            rng,
            &[
                "sslmode=require",
                "sslmode=verify-full",
                "sslmode=odd",
                "sslrootcert=/a%20b",
                "currentSchema=s,t",
                "options=-c%20x=y",
                "user=u",
                "prepareThreshold=0",
                "=",
                "connect_timeout=x",
                "port=0",
                "ö=ä",
                "ssl=true",
            ],
        ));
    }
    out.into_bytes()
}
