//! Values that a change event does not contain: Debezium sends a placeholder instead.

use super::{UPSERT, bare, with};
use crate::{check, value};

/// Every form that the default placeholder comes in.
const PLACEHOLDERS: &[&str] = &[
    r#""__debezium_unavailable_value""#,
    r#""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#,
    r#""5f5f646562657a69756d5f756e617661696c61626c655f76616c7565""#,
    r#""{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}""#,
    r#"{"__debezium_unavailable_value":"__debezium_unavailable_value"}"#,
    r#"["__debezium_unavailable_value"]"#,
    r#"["X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="]"#,
    r#"["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]"#,
    "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
    r#"{"wkb":"AQEAACDmEAAAAAAA/IPXl8EAAAD8g9eXwQ==","srid":4326}"#,
    r#"{"x":-9.9999999E7,"y":-9.9999999E7,"wkb":"AQEAAAAAAAD8g9eXwQAAAPyD15fB","srid":null}"#,
];

#[test]
fn a_value_that_was_not_sent_is_absent_in_every_format() {
    for placeholder in PLACEHOLDERS {
        let row = format!(r#"{{"id":1,"c":{placeholder},"n":2}}"#);
        let enveloped = format!(r#"{{"schema":null,"payload":{row}}}"#);
        let event = bare(&row);
        for (format, text) in [
            ("auto", &row),
            ("json", &row),
            ("debezium", &row),
            ("json-envelope", &enveloped),
            ("auto", &event),
        ] {
            let format = [("value.format", format)];
            let options = with(UPSERT, &format);
            let record = value(text).key(r#"{"id":1}"#);
            check(&options, "*id c n", record.clone(), "id=1 n=2");
            let mapped = with(&options, &[("fields.mapping", "c:d")]);
            check(&mapped, "*id d n", record.clone(), "id=1 n=2");
            let gathered = with(&options, &[("fields.unknown", "column:rest")]);
            check(&gathered, "*id n rest", record, "id=1 n=2");
        }
        let whole = format!("{{\"c\":{placeholder}}}");
        let nested = format!(r#"{{"id":1,"a":{whole},"n":2}}"#);
        let flat = [("flatten.delimiter", "_")];
        check(&flat, "id a_c n", value(&nested), "id=1 n=2");
        check(
            &[("fields.mapping", "$.a.c:p")],
            "id p n a",
            value(&nested),
            &format!("id=1 n=2 a={whole}"),
        );
        let kept = [("unavailable.value.placeholder", "none"), ("value.format", "debezium")];
        assert_ne!(crate::outcome(&kept, "id c n", value(&row)), "id=1 n=2");
    }
    // With a schema, whatever it declares.
    let schema = r#"{"type":"struct","name":"srv.public.t.Value","fields":[{"type":"int32","field":"id"},{"type":"string","optional":true,"name":"io.debezium.data.Json","field":"doc"},{"type":"bytes","optional":true,"field":"bin"},{"type":"array","items":{"type":"int32"},"optional":true,"field":"list"}]}"#;
    let row = format!(
        r#"{{"id":1,"doc":{},"bin":{},"list":{}}}"#,
        PLACEHOLDERS[0], PLACEHOLDERS[1], PLACEHOLDERS[8]
    );
    let text = format!(r#"{{"schema":{schema},"payload":{row}}}"#);
    let columns = "*id doc:documents bin:bytes list:numbers[]";
    check(UPSERT, columns, value(&text).key(r#"{"id":1}"#), "id=1");
    let plain = value("__debezium_unavailable_value");
    let text = [("value.format", "string")];
    check(&text, "value", plain, "value='__debezium_unavailable_value'");
    check(
        &[],
        "c",
        value(r#"{"c":"not __debezium_unavailable_value"}"#),
        "c='not __debezium_unavailable_value'",
    );
}

#[test]
fn the_placeholder_can_be_another() {
    let named = |name| [("unavailable.value.placeholder", name)];
    let odd = named("n/a \"ü\"");
    check(&odd, "c n", value(r#"{"c":"n/a \"ü\"","n":1}"#), "n=1");
    check(&odd, "c n", value(r#"{"c":"bi9hICLDvCI=","n":1}"#), "n=1");
    check(&odd, "c n", value(r#"{"c":["n/a \"ü\""],"n":1}"#), "n=1");
    check(
        &odd,
        "c",
        value(r#"{"c":"__debezium_unavailable_value"}"#),
        "c='__debezium_unavailable_value'",
    );
    let octets = named("hex:00ff");
    check(&octets, "c n", value(r#"{"c":"AP8=","n":1}"#), "n=1");
    check(&octets, "c n", value(r#"{"c":[0,-1],"n":1}"#), "n=1");
}
