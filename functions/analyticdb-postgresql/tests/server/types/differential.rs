//! The server as the judge: for many generated texts, what we store is what the server's own
//! text input makes of them, or we refuse.

mod arrays;
mod others;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use tokio_postgres::types::{ToSql, Type};

use super::since;
use crate::support::{INSERT, Stage, UPSERT, configure, deliver, on_stage};

const TEXTS: usize = 1500;

/// The server's own reading of a text, null where it refuses.
const JUDGE: &str = "CREATE FUNCTION judge(given text, conversion text) RETURNS text LANGUAGE plpgsql AS $$ \
     DECLARE result text; BEGIN EXECUTE format('SELECT (%s)::text', conversion) INTO result USING given; \
     RETURN result; EXCEPTION WHEN others THEN RETURN NULL; END $$";

fn texts(patterns: &[&str]) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut texts = Vec::new();
    for pattern in patterns {
        for _ in 0..TEXTS / patterns.len() {
            let tree = Strategy::new_tree(pattern, &mut runner).expect("a pattern that generates");
            texts.push(tree.current());
        }
    }
    texts
}

/// Texts that are JSON strings, in a column of a type.
fn check(name: &str, declared: &str, patterns: &[&str]) {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    check_as(name, declared, &format!("$1::{declared}"), patterns, json);
}

/// The same characters as JSON numbers; `conversion` is what they mean.
fn check_numbers(name: &str, declared: &str, conversion: &str, patterns: &[&str]) {
    check_as(&format!("{name}_numbers"), declared, conversion, patterns, str::to_owned);
}

fn check_as(
    name: &str,
    declared: &str,
    conversion: &str,
    patterns: &[&str],
    json: impl Fn(&str) -> String,
) {
    check_with("milliseconds", name, declared, conversion, patterns, json);
}

fn check_with(
    precision: &str,
    name: &str,
    declared: &str,
    conversion: &str,
    patterns: &[&str],
    json: impl Fn(&str) -> String,
) {
    on_stage(&format!("differential_{name}"), async |stage| {
        let url = stage.url(&[]);
        let mut sink = configure(&[("connection.url", &url), ("unix.precision", precision)])
            .expect("the options are good");
        let texts = texts(patterns);
        stage.sql(&format!("{JUDGE}; CREATE TABLE given (id int PRIMARY KEY, given text)")).await;
        remember(stage, &texts).await;
        for (table, options, portion) in [("copied", INSERT, TEXTS), ("sent", UPSERT, 500)] {
            let create = format!("CREATE TABLE {table} (id int PRIMARY KEY, c {declared})");
            if !stage.sql_since(since(declared), &create).await {
                return;
            }
            let values = texts.iter().enumerate();
            let values = values.map(|(id, text)| format!("{{\"id\":{id},\"c\":{}}}", json(text)));
            let values: Vec<String> = values.collect();
            let mut written = 0;
            for portion in values.chunks(portion) {
                let outcome = deliver(&mut sink, table, options, portion).await;
                written += outcome.expect("no text is a fault").written;
            }
            assert!(written * 20 > texts.len(), "only {written} were taken");
            let disagreements = format!(
                "SELECT given, c::text, judge(given, '{conversion}') FROM given JOIN {table} USING (id) \
                 WHERE c::text IS DISTINCT FROM judge(given, '{conversion}')"
            );
            let rows = stage.rows(&disagreements).await;
            assert!(
                rows.is_empty(),
                "{} {table} in {declared}: given, ours, the server's: {rows:#?}",
                rows.len()
            );
        }
    });
}

async fn remember(stage: &Stage, texts: &[String]) {
    let insert =
        "INSERT INTO given SELECT place - 1, t FROM unnest($1) WITH ORDINALITY AS s(t, place)";
    let parameter: (&(dyn ToSql + Sync), Type) = (&texts, Type::TEXT_ARRAY);
    stage.admin.query_typed(insert, &[parameter]).await.expect("the texts are kept");
}

const INTEGERS: &[&str] =
    &[" ?[+-]?[0-9]{1,6} ?", "[+-]?[0-9]{1,20}", "[+-]?0{0,30}[0-9]{1,10}", "[0-9eE.xX_+-]{1,8}"];
const DECIMALS: &[&str] = &[
    "[ \t\n]?[+-]?[0-9]{0,20}\\.?[0-9]{0,20}[ \t]?",
    "[+-]?[0-9]{1,6}(\\.[0-9]{0,6})?[eE][+-]?[0-9]{1,3}",
    "[+-]?0{0,9}\\.0{0,30}[1-9]{0,9}0{0,30}",
    "[+-]?(nan|NaN|inf|Inf|infinity|INFINITY)",
    "[0-9eE.xX_+-]{1,8}",
];
const JSON_NUMBERS: &[&str] = &[
    "-?(0|[1-9][0-9]{0,19})",
    "-?(0|[1-9][0-9]{0,9})\\.[0-9]{1,9}",
    "-?(0|[1-9][0-9]{0,9})\\.0{1,9}",
    "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,4})?[eE][+-]?[0-9]{1,2}",
    "-?[1-9](\\.[0-9]{1,17})?[eE][+-]?(30[0-9]|31[0-9]|32[0-9]|3[5-9]|4[0-7])",
];
const DAYS: &str = "(0|1|2)[0-9]{3}-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])";
const CLOCK: &str = "([01][0-9]|2[0-5])(:[0-6][0-9]){1,2}(\\.[0-9]{1,8})?";
const ZONE: &str = "(Z|z|[+-](0[0-9]|1[0-7])|[+-](0[0-9]|1[0-7]):?[0-6][0-9])?";

#[test]
fn integers() {
    check("int2", "int2", INTEGERS);
    check("int4", "int4", INTEGERS);
    check("int8", "int8", INTEGERS);
    let whole = "CASE WHEN $1::numeric = trunc($1::numeric) THEN trunc($1::numeric) END";
    check_numbers("int4", "int4", whole, JSON_NUMBERS);
    check_numbers("int8", "int8", whole, JSON_NUMBERS);
}

#[test]
fn floats() {
    check("float4", "float4", DECIMALS);
    check("float8", "float8", DECIMALS);
    check_numbers("float4", "float4", "$1::float4", JSON_NUMBERS);
    check_numbers("float8", "float8", "$1::float8", JSON_NUMBERS);
}

#[test]
fn decimals() {
    check("numeric", "numeric", DECIMALS);
    check_numbers("numeric", "numeric", "$1::numeric", JSON_NUMBERS);
    // What the column rounds is no longer what was given: such a text must have been refused.
    let exact =
        |to: &str| format!("CASE WHEN $1::numeric::{to} = $1::numeric THEN $1::numeric::{to} END");
    for (name, declared) in [
        ("numeric_scaled", "numeric(10,2)"),
        ("numeric_cut", "numeric(3,-2)"),
        ("numeric_tiny", "numeric(2,4)"),
    ] {
        check_as(name, declared, &exact(declared), DECIMALS, |text| {
            serde_json::Value::from(text).to_string()
        });
        check_numbers(name, declared, &exact(declared), JSON_NUMBERS);
    }
}

#[test]
fn booleans() {
    check(
        "bool",
        "bool",
        &[
            " ?(t|f|y|n|T|F)[rueasloyn]{0,4} ?",
            "o(n|f|ff|N|FF)",
            "[01]{1,2}",
            "(true|FALSE|Yes|no)",
        ],
    );
}

#[test]
fn uuids_and_bytes() {
    check(
        "uuid",
        "uuid",
        &[
            "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            "\\{?[0-9a-f]{31,33}\\}?",
            "[0-9a-f]{8}-?([0-9a-f]{4}-?){3,4}[0-9a-f]{8}",
        ],
    );
    check("bytea", "bytea", &["\\\\x([0-9a-fA-F]{2}){0,20}", "\\\\x[0-9a-f ]{0,9}"]);
    let base64 = "[A-Za-z0-9+/]{0,8}={0,2}";
    check_as("base64", "bytea", "decode($1, ''base64'')", &[base64], |text| {
        serde_json::Value::from(text).to_string()
    });
}

#[test]
fn dates() {
    let with_time = format!("{DAYS}[T ]00:00(:00(\\.0{{1,7}})?)?Z?");
    check(
        "date",
        "date",
        &[
            DAYS,
            &with_time,
            "[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}",
            "-?(infinity|INFINITY)",
            "[0-9]{4,7}-(0[1-9]|1[0-2])-[0-2][0-9]( BC| bc)?",
            "(0[0-9]|4[67])[0-9]{2}-1[01]-[0-2][0-9]( BC|BC| AD)?",
        ],
    );
}

#[test]
fn times() {
    let ends = "2[34]:(00|59)(:(00|59|60)(\\.[05]{1,3})?)?";
    check("time", "time", &[CLOCK, "[0-9:.]{1,9}", ends]);
    let zoned = format!("{CLOCK}{ZONE}");
    let end = format!("{ends}{ZONE}");
    check("timetz", "timetz", &[CLOCK, &zoned, &zoned, &end]);
    check("time_millis", "time(3)", &["([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,5})?"]);
}

#[test]
fn timestamps() {
    let plain = format!("{DAYS}[T ]{CLOCK}");
    let zoned = format!("{DAYS}[Tt ]{CLOCK}{ZONE}");
    let far = format!("[0-9]{{4,6}}-(0[1-9]|1[0-2])-[0-2][0-9][T ]{CLOCK}{ZONE}( BC)?");
    let end = format!("{DAYS}[T ]2[34]:(00|59)(:(00|59|60))?{ZONE}");
    check("timestamp", "timestamp", &[DAYS, &plain, &zoned, &far, &end]);
    check("timestamptz", "timestamptz", &[DAYS, &plain, &zoned, &zoned, &far, &end]);
    check("timestamptz_tenths", "timestamptz(1)", &[&zoned]);
}

/// Judged in days and what is left, for `to_timestamp` counts in floats, as a multiplied interval
/// does.
#[test]
fn epochs() {
    let numbers = [
        "-?[1-9][0-9]{0,12}",
        "-?[1-9][0-9]{0,11}\\.[0-9]{1,7}",
        "-?[1-9]e[0-9]{1,2}",
        "-?[1-9][0-9]{6,15}000",
    ];
    for (precision, micros) in [
        ("seconds", "$1::numeric * 1000000"),
        ("milliseconds", "$1::numeric * 1000"),
        ("microseconds", "$1::numeric"),
        ("nanoseconds", "$1::numeric / 1000"),
    ] {
        let whole = format!("CASE WHEN {micros} = trunc({micros}) THEN ({micros})::bigint END");
        let epoch = format!(
            "timestamptz ''epoch'' + make_interval(days => ({whole} / 86400000000)::int) \
             + ({whole} % 86400000000) * interval ''1 microsecond''"
        );
        let name = format!("epoch_{precision}");
        check_with(precision, &name, "timestamptz", &epoch, &numbers, str::to_owned);
    }
}
