//! Envelopes and change events that somebody made to break us: the right cell or a refusal, and
//! never a time that grows with the square of what was sent.

use std::time::{Duration, Instant};

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_testkit::{EventBuilder, invocation};

use crate::{Options, cells, check, outcome, table, value};

const ENVELOPE: Options<'_> = &[("value.format", "json-envelope")];

/// A struct of these fields, each `"field":…,"type":…` without its braces, and a payload.
fn envelope(fields: &[String], payload: &str) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("{{{field}}}")).collect();
    format!(
        r#"{{"schema":{{"type":"struct","fields":[{}]}},"payload":{payload}}}"#,
        fields.join(",")
    )
}

fn field(name: &str, rest: &str) -> String {
    format!(r#""field":"{name}",{rest}"#)
}

/// What records become that one mapper reads, one after the other.
fn rows(columns: &str, values: &[String]) -> Vec<String> {
    let (rules, table, arena) = (invocation::rules(&[]), table(columns), Bump::new());
    let body = EventBuilder::msk().values("t", 0, values).build();
    let event = Event::decode(&body, &arena).unwrap();
    let mut mapper = Mapper::new(&rules, &table).unwrap();
    let row = |record| {
        let mut row = vec![Cell::Absent; table.columns.len()];
        assert_eq!(mapper.map(record, &arena, &mut row), Ok(Fate::Put));
        cells(&table, &row)
    };
    event.records.iter().map(row).collect()
}

#[test]
fn a_schema_is_never_taken_for_another() {
    let day = r#""type":"int32","name":"org.apache.kafka.connect.data.Date""#;
    let one = envelope(&[field("a", day)], r#"{"a":0}"#);
    let spaced = one.replace(',', " , ").replace('{', "{ ");
    let longer = one.replace("}]}", r#"}],"name":"t"}"#);
    let other = one.replace("data.Date", "data.Dat");
    let reversed =
        r#"{"payload":{"a":1},"schema":{"type":"struct","fields":[{"field":"a","type":"int8"}]}}"#;
    let all = [one, spaced, longer, other, reversed.to_owned()];
    let expected = ["a='1970-01-01'", "a='1970-01-01'", "a='1970-01-01'", "a=0", "a=1"];
    for shift in 0..all.len() {
        let at = |n: usize| (n * (shift + 1) + n / 7) % all.len();
        let values: Vec<String> = (0..100).map(|n| all[at(n)].clone()).collect();
        let expected: Vec<&str> = (0..100).map(|n| expected[at(n)]).collect();
        assert_eq!(rows("a", &values), expected);
    }
    let many = |n: usize| {
        let scale = format!(
            r#""type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{{"scale":"{}"}}"#,
            n % 100
        );
        envelope(&[field("a", &scale)], r#"{"a":"AQ=="}"#)
    };
    let decimal = |n: usize| match n % 100 {
        0 => "a=1".to_owned(),
        scale => format!("a=0.{}1", "0".repeat(scale - 1)),
    };
    let values: Vec<String> = (0..300).map(many).collect();
    assert_eq!(rows("a", &values), (0..300).map(decimal).collect::<Vec<_>>());
}

#[test]
fn schemas_that_are_none_are_refused() {
    let refused = |schema: &str, why: &str| {
        let text = format!(r#"{{"schema":{schema},"payload":{{}}}}"#);
        check(ENVELOPE, "a", value(&text), &format!("refused: Value: the value: {why}"));
    };
    refused(r#"{"type":"struct"}"#, "the type struct has no `fields`");
    refused(r#"{"type":"struct","fields":{}}"#, "the type struct has no `fields`");
    refused(r#"{"type":"struct","fields":[5]}"#, "a field has no name");
    refused(
        r#"{"type":"struct","fields":[{"field":"a"}]}"#,
        "field `a`: a schema has no valid `type`",
    );
    refused(r#"{"type":"array"}"#, "the type array has no `items`");
    refused(r#"{"type":"map","keys":{"type":"int8"}}"#, "the type map has no `values`");
    refused(
        r#"{"type":"struct","fields":[{"field":"a","type":"int8"},{"field":"\u0061","type":"int8"}]}"#,
        "a struct has two fields with the same name",
    );
    refused("[]", "a schema has no valid `type`");
    refused("5", "a schema has no valid `type`");
}

#[test]
fn defaults_are_held_to_their_types() {
    let default = |default: &str, expected: &str| {
        let schema = format!(r#""type":"int8","default":{default}"#);
        let text = envelope(&[field("a", &schema)], "{}");
        check(ENVELOPE, "a", value(&text), expected);
        let text = envelope(&[field("a", &schema)], r#"{"a":null}"#);
        check(ENVELOPE, "a", value(&text), expected);
    };
    default("7", "a=7");
    let refused = "refused: Value: the field `a` of the value is declared as int8";
    for wrong in ["300", "\"x\"", "{}", "[null]", "\"\\ud800\""] {
        default(wrong, refused);
    }
}

#[test]
fn equal_keys_and_odd_names_find_their_place() {
    let int = r#""type":"int8","optional":true"#;
    let names = [r#"a.b"#, r#"\"q\""#, "", "ü", r#"\u0061"#, "payload", "schema"];
    let fields: Vec<String> = names.iter().map(|name| field(name, int)).collect();
    let members: Vec<String> =
        names.iter().enumerate().map(|(n, name)| format!(r#""{name}":{n}"#)).collect();
    let text = envelope(&fields, &format!("{{{}}}", members.join(",")));
    let ignoring = [("fields.unknown", "ignore"), ("value.format", "json-envelope")];
    check(&ignoring, "a.b \"q\" ü a", value(&text), "a.b=0 \"q\"=1 ü=3 a=4");
    check(&ignoring, "payload schema", value(&text), "payload=5 schema=6");
    let twice = envelope(&[field("a", int)], r#"{"a":1,"a":200,"\u0061":3}"#);
    check(ENVELOPE, "a", value(&twice), "refused: Value: the field `a` of the value is declared");
    let twice = envelope(&[field("a", int)], r#"{"a":1,"a":2,"\u0061":3}"#);
    check(ENVELOPE, "a", value(&twice), "a=3");
    let image = r#"{"op":"c","after":{"a":1},"source":{},"after":{"a":2},"op":"u"}"#;
    check(&[], "a", value(image), "a=2");
}

/// Linear, these take a moment; were any of it quadratic, minutes.
#[test]
fn long_values_take_no_longer_than_they_must() {
    const MANY: usize = 60_000;
    let names: Vec<String> = (0..MANY).map(|n| format!("field{n}")).collect();
    let int = r#""type":"int32","optional":true"#;
    let fields: Vec<String> = names.iter().map(|name| field(name, int)).collect();
    let members: Vec<String> = names.iter().rev().map(|name| format!(r#""{name}":1"#)).collect();
    let object = format!("{{{}}}", members.join(","));
    let nested = format!(r#""type":"struct","fields":[{{{}}}]"#, fields.join("},{"));
    let equal = format!("{{{}}}", vec![r#""a":1"#; MANY].join(","));
    let images = format!(r#"{{"op":"c","source":{{}}{}}}"#, r#","after":{"a":1}"#.repeat(MANY));
    let deep = format!(r#"{}1{}"#, r#"{"payload":"#.repeat(MANY), "}".repeat(MANY));
    let ignoring = [("fields.unknown", "ignore")];
    for (text, column, expected) in [
        (envelope(&fields, &object), "field7", "field7=1"),
        (envelope(&fields, "{}"), "field7", ""),
        (envelope(&[field("b", &nested)], &format!(r#"{{"b":{object}}}"#)), "a", ""),
        (envelope(&[field("a", int)], &equal), "a", "a=1"),
        (images, "a", "a=1"),
        (deep, "a", "refused: Value: the value is nested more than 128 levels deep (at byte "),
    ] {
        let start = Instant::now();
        check(&ignoring, column, value(&text), expected);
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(20), "{taken:?}: {}", &text[..60]);
    }
}

#[test]
fn long_decimals_have_an_end() {
    let of = |length: usize, scale: i64| {
        let schema = format!(
            r#""type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{{"scale":"{scale}"}}"#
        );
        let bytes = base64_simd::STANDARD.encode_to_string(vec![0x77; length]);
        outcome(
            &[],
            "a",
            value(&envelope(&[field("a", &schema)], &format!(r#"{{"a":"{bytes}"}}"#))),
        )
    };
    let refused = "refused: Value: the field `a` of the value is declared as decimal of scale";
    assert_eq!(of(20_000, 0).len(), "a=".len() + 48_165);
    assert!(of(1_000_000, 0).starts_with(refused));
    assert!(of(1, 2_000_000_000).starts_with(refused));
    assert!(of(1, -2_000_000_000).starts_with(refused));
    assert!(of(1, 3_000_000_000).starts_with("refused: Value: the value: field `a`:"));
}
