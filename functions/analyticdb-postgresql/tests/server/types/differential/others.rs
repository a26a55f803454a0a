//! Intervals, money, object identifiers, addresses, and numbers of every `unix.precision`.

use super::{check, check_as, check_numbers};

const UNIT: &str = "(y|yrs?|years?|mons?|months?|w|weeks?|d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?|x)";

#[test]
fn intervals() {
    let clock = "[+-]?[0-9]{1,3}:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,7})?)?";
    let patterns = [
        "P(-?[0-9]{1,4}Y)?(-?[0-9]{1,3}M)?(-?[0-9]{1,3}W)?(-?[0-9]{1,3}D)?(T(-?[0-9]{1,4}H)?(-?[0-9]{1,3}M)?(-?[0-9]{1,6}(\\.[0-9]{1,7})?S)?)?".to_owned(),
        "P([0-9]{1,2}[YMWDHS]){0,3}T?([0-9.]{1,4}[YMWDHS]){0,3}".to_owned(),
        format!("(@ )?([+-]?[0-9]{{1,4}} ?{UNIT} ){{0,4}}({clock})?( ago)?"),
        format!("[+-]?[0-9]{{1,9}} years? [+-]?[0-9]{{1,9}} mons? [+-]?[0-9]{{1,9}} days? {clock}"),
        format!("[+-]?[0-9]{{1,9}}(\\.[0-9]{{1,7}})? ?{UNIT}"),
        format!("[+-]?[0-9]{{1,2}} ?{UNIT} ?[+-]?[0-9]{{1,2}} ?{UNIT}( AGO)?"),
        clock.to_owned(),
    ];
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    check("interval", "interval", &patterns);
    for (name, fields) in [
        ("tenths", "interval(1)"),
        ("minutes", "interval day to minute"),
        ("seconds", "interval minute to second(2)"),
        ("months", "interval year to month"),
        ("days", "interval day"),
    ] {
        // Read whole and then cut: the text itself means another thing in such a column.
        let exact = format!(
            "CASE WHEN $1::interval::{fields}::text = $1::interval::text THEN $1::interval END"
        );
        let patterns = [
            "P([0-9]Y)?([0-9]{1,2}M)?",
            "[0-9]{1,2} (year|mon|day|min)s?",
            "([0-9] days )?[0-9]{1,2}:[0-5][0-9]:(00|[0-5][0-9](\\.[0-9]{1,2})?)",
            patterns[0],
        ];
        check_as(&format!("interval_{name}"), fields, &exact, &patterns, |text| {
            serde_json::Value::from(text).to_string()
        });
    }
}

#[test]
fn money_and_oids() {
    let decimals = [
        "-?[0-9]{1,9}(\\.[0-9]{1,3})?",
        " ?[+-]?[0-9]{0,3}\\.?[0-9]{0,2}",
        "-?[0-9]{14,18}\\.[0-9]{2}",
        "-?[0-9]{1,3}(\\.[0-9]{1,4})?e-?[0-9]",
        "[$0-9,.]{1,5}",
    ];
    let exact = "CASE WHEN $1::numeric = round($1::numeric, 2) THEN $1::numeric::money END";
    check_as("money", "money", exact, &decimals, |text| serde_json::Value::from(text).to_string());
    let numbers =
        ["-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,3})?", "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?e-?[0-9]"];
    check_numbers("money", "money", exact, &numbers);
    let positive = "CASE WHEN $1::numeric >= 0 THEN $1::oid END";
    let oids = [" ?[+-]?[0-9]{1,4} ?", "[0-9]{9,11}", "4294967[0-9]{3}", "[0-9x.]{1,3}"];
    check_as("oid", "oid", positive, &oids, |text| serde_json::Value::from(text).to_string());
}

#[test]
fn addresses() {
    let four = "(25[0-9]|1?[0-9]{1,2})(\\.(25[0-9]|1?[0-9]{1,2})){3}";
    let masked = format!("{four}/[0-9]{{1,2}}");
    let round = "(10|192)\\.[0-9]{1,3}(\\.0|\\.128){2}/(8|16|2[0-9]|3[0-3])".to_owned();
    let six = "([0-9a-f]{0,4}:){1,7}[0-9a-f]{0,4}(/[0-9]{1,3})?".to_owned();
    let short =
        "[0-9a-fA-F]{1,4}(:[0-9a-f]{1,4}){0,5}::([0-9a-f]{1,4})?(/(32|48|64|128|129))?".to_owned();
    let mapped = format!("::(ffff:)?{four}");
    let patterns = [four, &masked, &round, &six, &short, &mapped, "[0-9./:a-f ]{1,9}"];
    check("inet", "inet", &patterns);
    check("cidr", "cidr", &patterns);
    let cards = [
        "[0-9a-fA-F]{2}([:.-][0-9a-fA-F]{2}){5}",
        "[0-9a-f]{2}(:[0-9a-f]{2}){5}",
        "[0-9a-f]{2}(-[0-9a-f]{2}){5,7}",
        "[0-9a-f]{4}(\\.[0-9a-f]{4}){2,3}",
        "[0-9a-f]{2}(:[0-9a-f]{2}){6,8}",
        "[0-9a-f]{11,17}",
        "[0-9a-f]{6}[:-][0-9a-f]{6}",
    ];
    check("macaddr", "macaddr", &cards);
    check("macaddr8", "macaddr8", &cards);
}

#[test]
fn ranges() {
    let whole = "[\\[(] ?-?[0-9]{0,3} ?,(-?[0-9]{1,4}|\"[0-9]{1,3}\")?[\\])]";
    let loose = "[\\[( ]{1,2}[0-9\" ]{0,3},[0-9\" ]{0,3}[\\])]";
    check("int4range", "int4range", &[whole, loose, "(empty|EMPTY) ?"]);
    let several = format!("\\{{ ?({whole}( ?, ?({whole}|empty)){{0,2}})? ?\\}}");
    check("int8multirange", "int8multirange", &[&several, whole, "\\{[\\[(){},0-9 \"]{0,6}\\}"]);
    check(
        "numrange",
        "numrange",
        &["[\\[(]-?[0-9]{0,2}(\\.[0-9]{1,3})?,([0-9]{2,3}(e[0-9])?)?[\\])]"],
    );
    let day = "20[0-9]{2}-0[1-9]-[0-2][1-9]";
    check("daterange", "daterange", &[&format!("[\\[(]({day})?,(203[0-9]-01-01|infinity)?[\\])]")]);
    let moment = format!("{day}[T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{{1,6}})?)?");
    let bounds = format!("[\\[(]\"?({moment})?\"?,(203[0-9]-01-01 10:00)?[\\])]");
    check("tsrange", "tsrange", &[&bounds]);
    let zoned = format!("[\\[(]\"{moment}[+-]0[0-9](:30)?\",(203[0-9]-01-01 10:00Z)?[\\])]");
    check("tstzrange", "tstzrange", &[&bounds, &zoned]);
}
