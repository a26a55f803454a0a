//! Arrays in the server's own text form, JSON arrays, and hstore.

use super::super::extend;
use super::{check, check_as};
use crate::support::on_stage;

/// Braces and elements, most of them in order.
fn nested(element: &str) -> Vec<String> {
    let list = format!("{element}(,{element}){{0,3}}");
    vec![
        format!("\\{{{list}\\}}"),
        format!(" ?\\{{ ?{element} ?(, ?{element} ?){{0,2}}\\}} ?"),
        format!("\\{{\\{{{element},{element}\\}},\\{{{element},{element}\\}}\\}}"),
        format!("\\{{\\{{{list}\\}}(,\\{{{list}\\}}){{0,2}}\\}}"),
        format!("[{{}},]{{0,2}}\\{{[{{}},]{{0,2}}{list}[{{}},]{{0,2}}\\}}"),
    ]
}

fn check_array(name: &str, declared: &str, element: &str) {
    let patterns = nested(element);
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    check(&format!("array_{name}"), declared, &patterns);
}

#[test]
fn arrays_as_the_server_writes_them() {
    check_array("int", "int[]", "(-?[0-9]{1,3}|NULL|null|\"[0-9]\"|\"NULL\"|[0-9]{10})");
    check_array("text", "text[]", "([a-z \\\\]{0,3}|\"[a-z ,{}\\\\]{0,4}\"|NULL|nul)");
    check_array("bool", "bool[]", "(t|f|true|FALSE|on|1|\"yes\"|NULL)");
    check_array(
        "float8",
        "float8[]",
        "(-?[0-9]{1,3}(\\.[0-9]{1,9})?(e-?[0-9]{1,3})?|NaN|-inf|NULL)",
    );
    check_array(
        "float4",
        "float4[]",
        "(-?[0-9]{1,3}(\\.[0-9]{1,9})?(e-?[0-9]{1,2})?|NaN|-inf|NULL)",
    );
    check_array("bytea", "bytea[]", "(\"\\\\\\\\x([0-9a-f]{2}){0,3}\"|NULL)");
    check_array(
        "date",
        "date[]",
        "([12][0-9]{3}-0[1-9]-[0-3][0-9]|\"00[0-9]{2}-01-01 BC\"|infinity|NULL)",
    );
    check_array("time", "time[]", "([0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?|NULL)");
    check_array(
        "timetz",
        "timetz[]",
        "([0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?[+-](0[0-9]|1[0-7]):?[0-5][0-9]|NULL)",
    );
    let moment = "(\"?[0-9]{4}-0[1-9]-[0-2][0-9][T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?( BC)?\"?|NULL)";
    check_array("timestamp", "timestamp[]", moment);
    check_array("timestamptz", "timestamptz[]", moment);
    check_array(
        "interval",
        "interval[]",
        "(-?[0-9]{1,3} (mons?|days|hour|s)|P[0-9]Y-?[0-9]DT-?[0-9]{1,3}S|NULL)",
    );
    check_array("uuid", "uuid[]", "([0-9a-f]{32}|NULL)");
    check_array("inet", "inet[]", "((1[0-9]?\\.){3}[0-9]{1,3}(/[0-9]{1,2})?|::[0-9a-f]{1,4}|NULL)");
    check_array("macaddr", "macaddr[]", "([0-9a-f]{12}|NULL)");
    check_array("oid", "oid[]", "([0-9]{1,11}|NULL)");
}

/// What the column rounds is no longer what was given: such a text must have been refused.
#[test]
fn arrays_with_modifiers() {
    for (name, base, modifier, element) in [
        ("numeric", "numeric", "(5,2)", "(-?[0-9]{1,4}(\\.[0-9]{1,3})?|NaN|NULL)"),
        ("varchar", "varchar", "(3)", "([a-z]{1,4}|\"[a-z ]{0,4}\"|NULL)"),
        ("time", "time", "(2)", "([01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?|NULL)"),
        ("interval", "interval", "(1)", "([0-9]{1,2}(\\.[0-9]{1,2})? s|NULL)"),
    ] {
        let patterns = nested(element);
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let declared = format!("{base}{modifier}[]");
        let exact = format!("CASE WHEN $1::{declared} = $1::{base}[] THEN $1::{declared} END");
        check_as(&format!("array_{name}_cut"), &declared, &exact, &patterns, |text| {
            serde_json::Value::from(text).to_string()
        });
    }
}

/// A JSON array means what the same array in braces means.
#[test]
fn json_arrays() {
    let number = "(-?(0|[1-9][0-9]{0,9})|null)";
    let word = "(\"[a-zü ,{}]{0,4}\"|null)";
    let decimal = "(-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,4})?([eE]-?[0-9])?|null)";
    for (name, declared, element) in [
        ("int", "int[]", number),
        ("text", "text[]", word),
        ("numeric", "numeric[]", decimal),
        ("float4", "float4[]", decimal),
        ("float8", "float8[]", decimal),
    ] {
        let list = format!("{element}(, ?{element}){{0,3}}");
        let patterns = [
            format!("\\[{list}\\]"),
            format!("\\[\\[{element},{element}\\],\\[{element},{element}\\]\\]"),
            format!("\\[\\[{list}\\](,\\[{list}\\]){{0,2}}\\]"),
            format!("\\[\\[\\[{element}\\],\\[{element}\\]\\](,\\[{list}\\])?\\]"),
        ];
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let braces = format!("translate($1, ''[]'', ''{{}}'')::{declared}");
        check_as(&format!("json_array_{name}"), declared, &braces, &patterns, str::to_owned);
    }
}

#[test]
fn hstores() {
    on_stage("differential_hstore_extension", async |stage| {
        extend(stage, "hstore").await;
    });
    let word = "([a-z]{1,2}|\"[a-z \\\\,=>]{0,3}\"|NULL|[a-z=>\\\\]{1,2})";
    let pair = format!(" ?{word} ?=> ?{word} ?");
    let pairs = format!("({pair}(,{pair}){{0,3}})?,?");
    check("hstore", "hstore", &[&pairs]);
    let object = "\\{(\"[a-z]{0,2}\":(\"[a-z ,=>]{0,3}\"|-?[1-9][0-9]{0,2}|true|null)(,\"[a-b]\":(\"[a-z]\"|null|1)){0,3})?\\}";
    let built = "(SELECT coalesce(hstore(array_agg(key), array_agg(value)), '''') FROM json_each_text($1::jsonb::json))";
    check_as("hstore_objects", "hstore", built, &[object], str::to_owned);
}
