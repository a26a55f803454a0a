//! What Kafka Connect's own `JsonConverter` writes for values of each of its types: `tests/vectors`
//! holds the records and, told by the program that made them, what their values are.

use crate::{outcome, value};

const VECTORS: &str = include_str!("../../../../tests/vectors/connect.tsv");

#[test]
fn what_the_json_converter_writes_is_read() {
    let mut read = 0;
    for line in VECTORS.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, expected, record] = columns.as_slice() else { panic!("not a vector: {line}") };
        for (options, record) in readings(name, record) {
            let came = outcome(&options, "a", record.clone());
            let came = came.strip_prefix("a=").unwrap_or_else(|| panic!("{name}: {came}"));
            assert_eq!(came, shown(expected), "{options:?} {line}");
            read += 1;
        }
    }
    assert!(read > 600, "{read} readings");
}

type Reading = (Vec<(&'static str, &'static str)>, sluice_testkit::RecordBuilder);

/// Every way in which a record can be read.
fn readings(name: &str, record: &str) -> Vec<Reading> {
    let formats = |option, formats: &'static [&str]| formats.iter().map(move |it| (option, *it));
    let any = &["json-envelope", "debezium", "auto"];
    if name.starts_with("key ") {
        let asked = ("fields.mapping", "$key:a");
        return formats("key.format", any)
            .map(|it| (vec![it, asked], value("{}").key(record)))
            .collect();
    }
    // Without a schema nothing tells an envelope from a record of two fields.
    let any = if name == "schemaless" { &any[..1] } else { any };
    formats("value.format", any).map(|it| (vec![it], value(record))).collect()
}

/// The expected cell as the test's table of cells writes it.
fn shown(expected: &str) -> String {
    match serde_json::from_str(expected) {
        Ok(serde_json::Value::String(text)) => format!("'{text}'"),
        _ => expected.to_owned(),
    }
}
