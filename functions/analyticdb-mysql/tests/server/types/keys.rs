//! Two keys are one key to the connector if, and only if, they are one to the server. What the
//! connector leaves to the server is asked of nobody.

mod collations;

use std::collections::BTreeMap;

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::Sink;

use super::{MARIADB, MYSQL};
use crate::support::{INSERT, Stage, on_stage};

async fn described(stage: &Stage, table: &str) -> Table {
    let mut sink = stage.sink();
    sink.begin().await.expect("the server answers");
    let name = TableName { schema: None, name: table.to_owned() };
    sink.table(&name).await.expect("it can be read").expect("it is there")
}

/// Cells that are one to the connector, by the place of each; none of those it cannot compare.
fn ours(table: &Table, column: usize, cells: &[(usize, Cell<'_>)]) -> Vec<Vec<usize>> {
    let arena = Bump::new();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, cell) in cells {
        if table.shape.can_compare_key(column, *cell) {
            let text = table.shape.key_text(column, *cell, &arena).expect("it is a value");
            groups.entry(text.to_owned()).or_default().push(*place);
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort();
    groups
}

/// What the server says of the same cells: the place of each, and the first that equals it. A
/// GROUP BY would not do, for some servers sort by other rules than they compare by.
async fn theirs(
    stage: &mut Stage,
    texts: &str,
    value: &str,
    known: &[Vec<usize>],
) -> Vec<Vec<usize>> {
    let places: Vec<String> = known.concat().iter().map(usize::to_string).collect();
    if places.is_empty() {
        return Vec::new();
    }
    let (places, other) = (places.join(","), value.replace("a.c", "b.c"));
    let query = format!(
        "SELECT a.id, MIN(b.id) FROM {texts} a JOIN {texts} b ON {value} = {other} \
         WHERE a.id IN ({places}) AND b.id IN ({places}) GROUP BY a.id"
    );
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in stage.rows(&query).await {
        let [place, first] = [&row[0], &row[1]].map(|text| text.parse().expect("a place"));
        groups.entry(first).or_default().push(place);
    }
    groups.values_mut().for_each(|group| group.sort_unstable());
    groups.into_values().collect()
}

/// JSON values as keys of columns of other types.
const COLUMNS: &[(&str, &[&str])] = &[
    ("int", &["1", "1.0", "\"01\"", "10e-1", "10", "-0", "0", "\" 0 \"", "-1"]),
    (
        "bigint unsigned",
        &["18446744073709551615", "1.8446744073709551615e19", "18446744073709551614"],
    ),
    ("tinyint(1)", &["true", "1", "false", "0", "\"1\"", "7"]),
    (
        "decimal(20,5)",
        &["1.5", "1.50", "\"15e-1\"", "1.50001", "-0", "0.0", "100000000000000.00001"],
    ),
    ("double", &["0.1", "1e-1", "0.10000000000000001", "0.1000000000000001", "-0.0", "0", "1e300"]),
    ("float", &["0.1", "0.10000000149011612", "0.1000001", "16777216", "16777217", "-0.0", "0"]),
    ("bit(10)", &["5", "\"101\"", "\"0101\"", "true", "1", "6"]),
    ("year", &["2026", "\"2026\"", "2027", "\"0000\""]),
    ("date", &["\"2026-01-02\"", "\"2026-01-02T00:00:00Z\"", "1767312000000", "\"2026-01-03\""]),
    (
        "time(6)",
        &[
            "\"10:00\"",
            "\"10:00:00.0\"",
            "36000000",
            "\"-10:00\"",
            "\"100:00:00\"",
            "\"10:00:00.000001\"",
        ],
    ),
    (
        "datetime(6)",
        &[
            "\"2026-01-02\"",
            "\"2026-01-02T08:00+08:00\"",
            "1767312000000",
            "\"2026-01-02T00:00:00.000001\"",
        ],
    ),
    (
        "timestamp(6)",
        &["\"2026-01-02\"", "\"2026-01-02T08:00+08:00\"", "1767312000000", "1767312000001"],
    ),
    ("varbinary(9)", &["\"\"", "\"AA==\"", "\"AAA=\"", "\"YQ==\"", "\"QQ==\"", "\"YSA=\""]),
    (
        "binary(3)",
        &["\"\"", "\"AA==\"", "\"AAA=\"", "\"YQ==\"", "\"YQAA\"", "\"QQ==\"", "\"YSA=\""],
    ),
    ("enum('a','b','1')", &["\"a\"", "\"b\"", "1", "\"1\""]),
    ("set('a','b')", &["\"a\"", "\"a,b\"", "\"b,a\""]),
    ("char(9)", &["\"a\"", "\"a \"", "\"A\"", "\"\"", "\" \"", "1", "\"1\"", "true", "\"TRUE\""]),
    (
        "varchar(9)",
        &["\"a\"", "\"a \"", "\"A\"", "\"\"", "\" \"", "1", "\"1\"", "true", "\"TRUE\""],
    ),
];
const MARIADB_COLUMNS: &[(&str, &[&str])] = &[
    (
        "uuid",
        &[
            "\"00112233-4455-6677-8899-aabbccddeeff\"",
            "\"00112233445566778899AABBCCDDEEFF\"",
            "\"00112233445566778899AABBCCDDEEFE\"",
        ],
    ),
    ("inet6", &["\"::1\"", "\"0:0::1\"", "\"::ffff:10.0.0.1\"", "\"::ffff:a00:1\"", "\"::2\""]),
    ("inet4", &["\"10.0.0.1\"", "\"10.0.0.2\""]),
];

#[test]
fn every_spelling_of_other_keys() {
    for server in [MARIADB, MYSQL] {
        on_stage(server, "keys_types", async |stage| {
            let own = if stage.is_mariadb() { MARIADB_COLUMNS } else { &[] };
            for (nth, (declared, spellings)) in COLUMNS.iter().chain(own).enumerate() {
                let name = format!("t{nth}");
                stage.sql(&format!("CREATE TABLE {name} (id int, c {declared})")).await;
                let values = spellings.iter().enumerate();
                let values = values.map(|(id, json)| format!("{{\"id\":{id},\"c\":{json}}}"));
                let outcome = stage.deliver(&name, INSERT, values).await.expect("no fault");
                assert_eq!(outcome.written, spellings.len(), "{declared}: {:?}", outcome.failures);
                let table = described(stage, &name).await;
                let cells: Vec<_> = spellings.iter().map(|json| cell(json)).enumerate().collect();
                let ours = ours(&table, 1, &cells);
                let theirs = theirs(stage, &name, "a.c", &ours).await;
                assert_eq!(ours, theirs, "{declared} ({server})");
                assert_eq!(ours.is_empty(), declared.starts_with("set"), "{declared}");
            }
        });
    }
}

fn cell(json: &'static str) -> Cell<'static> {
    match json {
        "true" => Cell::Bool(true),
        "false" => Cell::Bool(false),
        text if text.starts_with('"') => Cell::Text(text.trim_matches('"')),
        digits => Cell::Number(digits),
    }
}
