//! `fields.mapping`: every kind of source.

use crate::{check, record, value};

#[track_caller]
fn source(mapping: &str, record: sluice_testkit::RecordBuilder, expected: &str) {
    let options = [("fields.mapping", mapping), ("fields.unknown", "ignore")];
    check(&options, "x y", record, expected);
}

#[test]
fn paths_into_the_value() {
    let record = || value(r#"{"a":{"b":[{"c":7},"last"],"n":null},"a.b":"dotted","$z":true}"#);
    source("$.a.b[0].c:x", record(), "x=7");
    source("$.a.b[1]:x,$.a.b[0]:y", record(), r#"x='last' y={"c":7}"#);
    source("$.a.n:x", record(), "x=null");
    source("$.a.b[2]:x,$.a.missing:y", record(), "");
    source("$.c.d:x", value(r#"{"c":{"d":1,"d":2}}"#), "x=2");
    source(r"a\.b:x,\$z:y", record(), "x='dotted' y=true");
    source("a.b:x", record(), "x='dotted'");
}

#[test]
fn the_whole_value() {
    source("$:x", value(r#"{"a":1}"#), r#"x={"a":1}"#);
    source("$:x,a:y", value(r#"{"a":1}"#), r#"x={"a":1} y=1"#);
    source("$:x", value("[1,2]"), "x=[1,2]");
    source("$:x", value("7"), "x=7");
    source("$:x", value("null"), "x=null");
    source("$:x", value("nil"), "refused: Value: the value is not JSON");
}

#[test]
fn the_key_and_parts_of_it() {
    let put = |key: &str| value("{}").key(key);
    source("$key:x", put("abc"), "x='abc'");
    source("$key:x", put("\"a b\""), "x='a b'");
    source("$key:x,$key.a.b:y", put(r#"{"a":{"b":1}}"#), r#"x={"a":{"b":1}} y=1"#);
    source("$key.a:x", put("abc"), "");
    source("$key:x", value("{}"), "x=null");
    source("$key:x", put(""), "x=''");
}

#[test]
fn headers_by_name_the_last_wins() {
    let headers = || {
        let record = value("{}").header("h", Some(b"first")).header("other", Some(b"o"));
        record.header("h", Some("lást".as_bytes())).header("n", None).header("e", Some(b""))
    };
    source("$header.h:x,$header.other:y", headers(), "x='lást' y='o'");
    source("$header.n:x,$header.e:y", headers(), "x=null y=''");
    source("$header.missing:x", headers(), "");
    source("$header.missing:x", value("{}").null_headers(), "");
    let bytes = value("{}").header("h", Some(&[0xff]));
    source("$header.h:x", bytes, "refused: Mapping: the header `h` is not UTF-8 text");
    source(r"$header.a.b\:c:x", value("{}").header("a.b:c", Some(b"1")), "x='1'");
}

#[test]
fn coordinates() {
    source("$topic:x,$partition:y", value("{}"), "x='t' y=3");
    source("$offset:x,$timestamp:y", value("{}"), "x=42 y=1767225600123");
    source("$timestamp:x", value("{}").timestamp(-1), "x=null");
}

#[test]
fn a_part_leaves_the_rest_where_it_was() {
    let options = [("fields.mapping", "$.a.b:x")];
    check(&options, "a x", value(r#"{"a":{"b":1,"c":2}}"#), r#"a={"b":1,"c":2} x=1"#);
}

/// Nor does it keep the rest from being flattened.
#[test]
fn a_part_leaves_the_rest_to_be_flattened() {
    let options = [("fields.mapping", "$.a.b:x"), ("flatten.delimiter", "_")];
    let row = crate::outcome(&options, "a_b a_c x", value(r#"{"a":{"b":1,"c":2}}"#));
    assert!(row.ends_with("a_c=2 x=1"), "`c` is lost: {row}");
}

#[test]
fn a_tombstone_has_no_value_to_map() {
    source("$topic:x", record(), "filtered");
}
