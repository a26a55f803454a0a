//! Options.

use std::fmt::Write;

use fastrand::Rng;

use super::one;
use crate::options::SECRET;

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
