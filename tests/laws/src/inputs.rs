//! Inputs made from a seed: texts that are mostly what a law expects, oddities included, and
//! [`damage`] to them.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;

mod damage;
mod declared;
mod event;
mod function_compute;
mod options;
mod record;
mod registered;

pub use damage::damage;
pub use declared::{decimal, envelope};
pub use event::event;
pub use function_compute::function_compute;
pub use options::{options, sources, url};
pub use record::{auto, mapping};
pub use registered::{avro, frame, protobuf};

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

/// The members of a record: mostly the first eight once; else any of them, in any order.
fn members(
    rng: &mut Rng,
    out: &mut String,
    names: [&str; 9],
    mut member: impl FnMut(&mut Rng, &mut String, &str),
) {
    let orderly = rng.u8(..30) > 0;
    let count = if orderly { 8 } else { rng.u8(..12) };
    let mut next = 0;
    list(out, '{', '}', count, |out| {
        let name = names[if orderly { next } else { rng.usize(..names.len()) }];
        next += 1;
        member(rng, out, name);
    });
}

/// Some bytes in base64.
fn base64(rng: &mut Rng, out: &mut String) {
    let bytes: Vec<u8> = (0..rng.usize(..20)).map(|_| rng.u8(..)).collect();
    let text = STANDARD.encode(bytes);
    let text = if rng.u8(..8) == 0 { text.replace('/', "\\/") } else { text };
    write!(out, "\"{text}\"").expect("text takes text");
}
